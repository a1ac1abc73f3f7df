"""What every test relies on."""

import gc
from collections.abc import Generator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# The same examples on every run: a test that fails today failed yesterday.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")

# Tracebacks as Python prints them: in colour, with the variables of every frame, which is what
# structlog does by itself where rich is installed, one of them takes half a second and more.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among modules and tests: they stay, and there are thousands of them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()

"""What every test relies on."""

import gc
import os
from collections.abc import Generator
from pathlib import Path

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

# Nothing here speaks TLS to the world, but each HTTP client reads whom it could trust: the hundreds
# of a machine take it 25 ms, this one no time.
if not os.environ.get("RUN_MANUAL_TESTS"):
    os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "fixtures" / "authority.pem")

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

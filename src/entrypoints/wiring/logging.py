"""Logs to standard output: ours and those of libraries through one chain, free of secrets."""

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from entrypoints.wiring.log_output import LogOutput
from entrypoints.wiring.redaction import redacted
from entrypoints.wiring.settings import Settings

_QUIET = (
    "aiomysql",
    "aiosqlite",
    "alembic",
    "asyncio",
    "dishka",
    "httpcore",
    "httpx",
    "httpx2",
    "openai",
    "sqlalchemy",
    "uvicorn.access",
    "websockets",
)
"""Libraries that are heard from warnings upwards only."""
_TELLS_FRAMES = "uvicorn.error"
"""Heard from `info` upwards: at `debug` it tells every frame of a socket, long ones without their
middle, so that a secret may stand there without the name by which it would be known."""
_MUTE = ("client", "mcp")
"""The SDK of MCP: what there is to say of a server that fails we say ourselves, and not in its own
words, with tracebacks around them."""

_OWN_FIELDS = frozenset({"_record", "_from_structlog"})


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide every secret of a log line (a processor; it comes after tracebacks became text)."""
    own = {name: event[name] for name in _OWN_FIELDS if name in event}
    rest = {name: value for name, value in event.items() if name not in own}
    clean: dict[str, Any] = redacted(rest)
    return {**clean, **own}


def configure_logging(settings: Settings) -> None:
    """Set logging up for the whole process; doing it again changes nothing but the settings."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = LogOutput(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(settings),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(_TELLS_FRAMES).setLevel(max(logging.INFO, root.level))
    for name in _MUTE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _renderer(settings: Settings) -> Processor:
    if settings.log_format == "json":
        return structlog.processors.JSONRenderer()
    # Tracebacks are text already: redaction must see all that is printed.
    colors = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return structlog.dev.ConsoleRenderer(
        colors=colors, exception_formatter=structlog.dev.plain_traceback
    )

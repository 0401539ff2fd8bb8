"""The operator's structured log: one JSON line an event, scrubbed of ID numbers, tokens and long digit runs.

Callers never put a name, ID number or token into an event; scrubbing is the second line, for what a library may say.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_SECRETS = re.compile(
    r"(?<!\d)\d{17}[\dXx](?![\dXx])"  # an ID number
    r"|(?<!\d)\d{15}(?!\d)"  # an old one
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"  # a mobile number
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
)


def scrubbed(text: str) -> str:
    """The text with everything that looks like an identifier or a token replaced."""
    return _SECRETS.sub("[removed]", text)


def _scrub(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = scrubbed(value)
        elif isinstance(value, (list, tuple, dict)):
            event[key] = scrubbed(str(value))
    return event


def configure(stream: TextIO = sys.stderr, *, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's loggers to one stream of JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        structlog.processors.format_exc_info,
        _scrub,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # uvicorn's access line holds the URL; ours are told by metrics and the access log.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("alembic.runtime.migration").setLevel(max(level, logging.WARNING))  # two lines each time /readyz is asked
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )

"""Structured logging: one line an event, the run id in every line, secrets redacted by construction.

The console (stderr) shows what a person needs; `outputs/logs/vt.jsonl` keeps everything.
"""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog

from vtlib.settings import make_private

MASK = "[redacted]"
_SHAPES = re.compile(
    r"apify_api_[A-Za-z0-9]{8,}|AIza[0-9A-Za-z_-]{20,}"
    r"|(?<=[?&]token=)[^&\s\"']+|(?<=[?&]key=)[^&\s\"']+|(?<=Bearer )[A-Za-z0-9._-]+"
)


def redactor(secrets: Iterable[str] = ()) -> Any:
    """A function that masks `secrets`, and anything shaped like a key, in text at any depth."""
    known = sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, known), _SHAPES.pattern]))

    def redact(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(MASK, value)
        if isinstance(value, dict):
            return {redact(k): redact(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [redact(v) for v in value]
        return (
            value
            if isinstance(value, (int, float, bool, type(None)))
            else pattern.sub(MASK, str(value))
        )

    return redact


def set_up(
    folder: Path, *, level: str = "INFO", secrets: Iterable[str] = (), run_id: str = ""
) -> None:
    """Send log lines to stderr from `level` up and, all of them, to `folder`/vt.jsonl (5 x 5 MB)."""
    make_private(folder.parent)
    folder.mkdir(exist_ok=True)
    logging.raiseExceptions = (
        False  # a full disk must not print a traceback for each line that is lost
    )
    redact = redactor(secrets)

    def redact_event(_logger: Any, _name: str, event: Any) -> Any:
        return {k: v if k.startswith("_") else redact(v) for k, v in event.items()}

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_event,
    ]
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(level)
    console.setFormatter(
        _formatter(shared, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
    )
    file = logging.handlers.RotatingFileHandler(
        folder / "vt.jsonl", maxBytes=5_000_000, backupCount=5, encoding="utf-8", delay=True
    )
    file.setFormatter(_formatter(shared, structlog.processors.JSONRenderer()))
    root = logging.getLogger("vtlib")
    root.handlers[:] = [console, file]
    root.setLevel(logging.DEBUG)
    root.propagate = False
    structlog.contextvars.bind_contextvars(run_id=run_id)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> Any:
    """The logger of a module: `log.get(__name__).info("imported", found=12)`."""
    return structlog.stdlib.get_logger(name if name.startswith("vtlib") else f"vtlib.{name}")


def _formatter(shared: list[Any], renderer: Any) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )

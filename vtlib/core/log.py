"""Structured logging: one line per event with run id and project, secrets redacted.

The console (stderr) shows what a person needs; `outputs/logs/vt.jsonl` keeps everything.
docs/logs.md lists the events.
"""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vtlib.core import telemetry
from vtlib.core.quick_start import leave_out
from vtlib.core.settings import make_private

with leave_out("rich"):  # 0.1 s, for tracebacks in colour that our formatters do not print
    import structlog

MASK = "[redacted]"
_SHAPES = re.compile(
    r"apify_api_[A-Za-z0-9]{8,}|AIza[0-9A-Za-z_-]{20,}"
    r"|(?<=[?&]token=)[^&\s\"']+|(?<=[?&]key=)[^&\s\"']+|(?<=Bearer )[A-Za-z0-9._-]+"
)


def redactor(secrets: Iterable[str] = ()) -> Any:
    """A function that masks `secrets`, and anything shaped like a key, in text at any depth."""
    literals = sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, literals), _SHAPES.pattern]))

    def redact(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(MASK, value)
        if isinstance(value, dict):
            return {redact(k): redact(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [redact(v) for v in value]
        is_plain = isinstance(value, (int, float, bool, type(None)))
        return value if is_plain else pattern.sub(MASK, str(value))

    return redact


def set_up(
    folder: Path,
    *,
    level: str = "WARNING",
    secrets: Iterable[str] = (),
    run_id: str = "",
    file: Path | None = None,
) -> None:
    """Log to stderr from `level` up; log all events to `folder`/vt.jsonl (5 x 5 MB) and `file`."""
    make_private(folder.parent)
    folder.mkdir(exist_ok=True)
    # A full disk must not print a traceback for each line that is lost.
    logging.raiseExceptions = False
    redact = redactor(secrets)

    def redact_event(_logger: Any, _name: str, event: Any) -> Any:
        return {k: v if k.startswith("_") else redact(v) for k, v in event.items()}

    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _with_context,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_event,
    ]
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(level)
    console.setFormatter(
        _formatter(processors, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
    )
    files: list[logging.Handler] = [
        logging.handlers.RotatingFileHandler(
            folder / "vt.jsonl", maxBytes=5_000_000, backupCount=5, encoding="utf-8", delay=True
        )
    ]
    if file is not None:
        files.append(logging.FileHandler(file, encoding="utf-8", delay=True))
    for one in files:
        one.setFormatter(_formatter(processors, structlog.processors.JSONRenderer()))
    root = logging.getLogger("vtlib")
    for old in root.handlers:
        old.close()
    root.handlers[:] = [console, *files]
    root.setLevel(logging.DEBUG)
    root.propagate = False
    _context.clear()
    about(run_id=run_id)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> Any:
    """The logger of a module: `log.get(__name__).info("imported", found=12)`."""
    return structlog.stdlib.get_logger(name if name.startswith("vtlib") else f"vtlib.{name}")


def about(**facts: Any) -> None:
    """Add run_id, project or other facts to every later event of this process and its threads."""
    _context.update({k: v for k, v in facts.items() if v})


def new_run_id() -> str:
    """The id of a command that is no run of notebooks: all of its events have it."""
    return f"c-{uuid.uuid4().hex[:12]}"


@contextmanager
def timed(event: str, *, level: str = "info", **facts: Any) -> Iterator[dict[str, Any]]:
    """Log an event with seconds and outcome (ok, refused, failed) at the end, and trace it.

    What the block puts into the yielded facts goes with it (an `outcome`, rows, …).
    """
    began, fields = time.monotonic(), dict(facts)
    with telemetry.span(event, fields):
        try:
            yield fields
        except GeneratorExit:
            raise
        except BaseException as error:
            is_refused = isinstance(error, telemetry.REFUSALS)
            fields.setdefault("outcome", "refused" if is_refused else "failed")
            fields.setdefault("error", type(error).__name__)
            raise
        finally:
            fields.setdefault("outcome", "ok")
            fields["seconds"] = round(time.monotonic() - began, 4)
            getattr(get("events"), level)(event, **fields)


_context: dict[str, Any] = {}


def _with_context(_logger: Any, _name: str, event: Any) -> Any:
    return {**_context, **event}


def _formatter(processors: list[Any], renderer: Any) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=processors,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


# Before `set_up` warnings alone are shown, on stderr: a program that only uses a module prints
# nothing of its own.
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=False,
)

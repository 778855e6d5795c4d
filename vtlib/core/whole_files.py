"""Files that a reader finds whole or not at all, and what killed writers left of them."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from glob import escape
from pathlib import Path

_PART = re.compile(r"\.(\d+)-\d+\.part")  # .NAME.PROCESS-THREAD.part


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside `path` and rename it into place; text as UTF-8. Raises OSError.

    What a killed write of the same file left is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path.parent.glob(f".{escape(path.name)}.*.part"))
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def remove_parts(folder: Path) -> None:
    """Remove what processes that are gone left half written in `folder` and below."""
    _remove_abandoned(folder.rglob(".*.part"))


def _remove_abandoned(parts: Iterable[Path]) -> None:
    for part in parts:
        match = _PART.search(part.name)
        if match and not _is_running(int(match.group(1))):
            part.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - seldom

    return bool(psutil.pid_exists(pid))

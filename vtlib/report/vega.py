"""The Vega script for charts, bundled once per version and cached for the user."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import vl_convert

from vtlib.core.settings import make_private


@cache
def vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script (0.9 MB), from vl-convert.

    Bundling takes 2 s; the file kept in `cache_folder` is read only where nobody but the user can
    have written it.
    """
    path = cache_folder() / f"vega-{version('vl-convert-python')}.js"
    with suppress(OSError, UnicodeDecodeError):
        if is_private(path):
            return path.read_text(encoding="utf-8")
    script = str(vl_convert.javascript_bundle())  # type: ignore[call-arg]  # its stub forgets the default
    with suppress(OSError):
        _keep(path, script)
    return script


def cache_folder() -> Path:
    """Where this user's programs keep what can be made again (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "viraltracker"


def is_private(path: Path) -> bool:
    """Whether `path` and its folder belong to this user and nobody else may write them. Raises
    OSError where they are not there.

    Where the system knows no owners (Windows), nothing is private.
    """
    if not hasattr(os, "getuid"):
        return False
    facts = [place.stat() for place in (path, path.parent)]
    return all(f.st_uid == os.getuid() and not f.st_mode & 0o022 for f in facts)


def _keep(path: Path, text: str) -> None:
    make_private(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent)  # its owner alone may read it
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).replace(path)

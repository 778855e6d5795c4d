"""Errors from outside as one sentence with an exit code and a next step."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import TYPE_CHECKING

from vtlib.core.errors import BadInput, DataCheckFailed, VtError

if TYPE_CHECKING:
    import duckdb

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL_WORDS = re.compile(
    r"no space left|disk quota|out of disk|could not write all bytes", re.IGNORECASE
)
_CLOSED_WORDS = re.compile(r"permission denied|read-only file system", re.IGNORECASE)
_BROKEN_WORDS = re.compile(
    r"checksum|corrupt|damaged|failed to load|invalid (block|metadata|bitmap)|could not read|"
    r"failed to deserialize|not a valid duckdb|unexpected end",
    re.IGNORECASE,
)
_MAX_WORDS = 300


def as_error(error: Exception, *, log_file: Path | None = None) -> VtError:
    """`error` as a VtError; `log_file` is named for unexpected ones."""
    if isinstance(error, VtError):
        return error
    import duckdb

    if isinstance(error, duckdb.Error):
        return _of_database(error, log_file)
    if isinstance(error, OSError):
        return _of_system(error, log_file)
    if isinstance(error, MemoryError):
        return VtError(
            "the memory is not enough for this.", todo="Take fewer or smaller files at once."
        )
    if isinstance(error, RecursionError):
        return BadInput("something nests too deeply to be read.", todo=_details(log_file))
    if isinstance(error, UnicodeError):
        return BadInput(
            f"a text cannot be read or written: {_first(error)}.", todo="Save it as UTF-8."
        )
    return VtError(
        f"something of ours went wrong ({type(error).__name__}: {_first(error)}); nothing was "
        "half stored.",
        todo=_details(log_file),
    )


def _of_system(error: OSError, log_file: Path | None) -> VtError:
    place = f" ({error.filename})" if error.filename else ""
    if error.errno in _FULL:
        return _full(place)
    if error.errno in _CLOSED:
        return _closed(place)
    if isinstance(
        error, (FileNotFoundError, IsADirectoryError, NotADirectoryError, FileExistsError)
    ):
        words = error.strerror or _first(error)
        return BadInput(f"{words}{place}.", todo="Check the path, then run the command again.")
    if isinstance(error, ConnectionError):
        return VtError(f"a connection broke off: {_first(error)}.", todo="Run the command again.")
    return VtError(f"the system refused: {_first(error)}{place}.", todo=_details(log_file))


def _of_database(error: duckdb.Error, log_file: Path | None) -> VtError:
    import duckdb

    words = str(error)
    if _FULL_WORDS.search(words):
        return _full("")
    if _CLOSED_WORDS.search(words):
        return _closed("")
    if isinstance(error, duckdb.OutOfMemoryException):
        return VtError(
            "the database ran out of memory.", todo="Close other programs, or take fewer files."
        )
    is_inner = isinstance(error, (duckdb.FatalException, duckdb.InternalException))
    if is_inner or _BROKEN_WORDS.search(words):
        return DataCheckFailed(
            f"the database file is damaged: {_first(error)}.",
            todo="Keep a copy of it, then bring back a backup: vt restore --help.",
        )
    return VtError(f"the database refused: {_first(error)}.", todo=_details(log_file))


def _full(place: str) -> BadInput:
    return BadInput(
        f"the disk is full{place}; what was begun is not half stored.",
        todo="Make room, then run the command again: it goes on where it stopped.",
    )


def _closed(place: str) -> BadInput:
    return BadInput(
        f"this may not be written{place}.",
        todo="Give yourself the right to write there, or name another folder in VT_HOME.",
    )


def _details(log_file: Path | None) -> str:
    return f"Details are in {log_file}." if log_file else "Run it again with VT_LOG_LEVEL=DEBUG."


def _first(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:_MAX_WORDS].rstrip(".")

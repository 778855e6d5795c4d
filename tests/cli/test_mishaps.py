"""Whatever goes wrong outside our own errors ends as one sentence with a code, and as JSON where
asked.
"""

import errno
import json

import duckdb
import pytest

from vtlib.capture import imports as importing
from vtlib.cli.failures import as_error
from vtlib.core.errors import StoreBusy
from vtlib.ops import projects
from vtlib.store import locks


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 2, "the disk is full"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), 2, "may not be written (/x)"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 2, "may not be written"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/x"), 2, "/x"),
        (
            duckdb.IOException("could not write all bytes to file: No space left"),
            2,
            "the disk is full",
        ),
        (duckdb.FatalException("Failure while replaying"), 6, "vt restore"),
        (duckdb.IOException("Corrupt database file: computed checksum 1"), 6, "damaged"),
        (duckdb.OutOfMemoryException("failed to allocate"), 1, "memory"),
        (MemoryError(), 1, "memory"),
        (RecursionError("maximum"), 2, "nests"),
        (KeyError("x"), 1, "KeyError"),
        (StoreBusy("held."), 7, "held"),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, Exception) else "",
)
def test_every_error_is_a_sentence_and_a_code(error: Exception, code: int, words: str) -> None:
    ours = as_error(error)
    assert ours.exit_code == code
    assert words in str(ours)
    assert ours.todo or isinstance(error, StoreBusy)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), ZeroDivisionError("x")])
def test_no_traceback_reaches_the_person(vt, monkeypatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(projects, "open_project", fail)
    said = vt("import", "again", "--project", "p", "--json")
    assert said.code == as_error(error).exit_code
    assert json.loads(said.out)["message"]
    assert "Traceback" not in said.out + said.err
    said = vt("import", "again", "--project", "p")
    assert said.err.startswith("error: ")
    assert "Traceback" not in said.err


def test_a_broken_database_page_is_said(vt, home) -> None:
    vt("project", "create", "P")
    locks.close_idle()
    path = home / "outputs" / "viraltracker.duckdb"
    whole = bytearray(path.read_bytes())
    for start in range(12_288, len(whole), 4_096):
        whole[start + 100 : start + 200] = b"\xff" * 100
    path.write_bytes(whole)
    said = vt("check", "--json")
    assert said.code in {2, 6}
    assert said.data["todo"]
    assert "Traceback" not in said.err


def test_what_the_store_refuses_is_one_problem(vt, tmp_path, monkeypatch) -> None:
    def picky(store, frames):
        if "2" in set(frames["raw_items"]["item_no"].astype(str)) and frames["problems"].empty:
            raise duckdb.ConversionException("no such value")
        return ingest(store, frames)

    ingest = importing.captures.ingest
    monkeypatch.setattr(importing.captures, "ingest", picky)
    vt("project", "create", "P")
    items = [
        {
            "id": f"760000000000000000{n}",
            "playCount": n,
            "webVideoUrl": f"https://www.tiktok.com/@a/video/760000000000000000{n}",
        }
        for n in range(1, 6)
    ]
    (tmp_path / "x.json").write_text(json.dumps(items))
    (one,) = vt("import", "dataset", tmp_path / "x.json", "--project", "p", "--json").data[
        "imports"
    ]
    assert (one["found"], one["mapped"], one["problems"], one["new"]) == (5, 4, 1, 4)

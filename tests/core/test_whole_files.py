"""Files that are there whole or not at all."""

import os
import subprocess
import sys

import pytest

from vtlib.core.whole_files import remove_parts, write_whole


def test_a_reader_finds_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "new" / "page.html"
    write_whole(path, "ä")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").write_text("x")
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def killed_writing(path):
    """The part that a process leaves which is killed before it renames."""
    code = (
        "import os, pathlib; from vtlib.core.whole_files import write_whole\n"
        "pathlib.Path.replace = lambda *_: os._exit(9)\n"
        f"write_whole(pathlib.Path({str(path)!r}), 'half')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    (left,) = path.parent.iterdir()
    return left


def test_what_killed_writers_left_is_removed_and_nothing_else(tmp_path):
    left = killed_writing(tmp_path / "run" / "page.html")
    running = tmp_path / "run" / f".index.html.{os.getpid()}-1.part"
    others = [running, tmp_path / "run" / "notes.part", tmp_path / ".part"]
    for path in others:
        path.write_text("x")
    remove_parts(tmp_path)
    assert not left.exists()
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(others)


def test_the_next_write_of_a_file_removes_what_a_killed_one_left(tmp_path):
    left = killed_writing(tmp_path / "out" / "script [1].md")
    write_whole(tmp_path / "out" / "other.md", "whole")
    assert left.exists()
    write_whole(tmp_path / "out" / "script [1].md", "whole")
    assert sorted(p.name for p in left.parent.iterdir()) == ["other.md", "script [1].md"]

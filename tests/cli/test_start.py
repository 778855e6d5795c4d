"""What a command imports before it does anything, and its help: in the order of the work, no
sentence cut.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from vtlib.cli import FAMILIES, GROUP, WORKFLOW
from vtlib.cli import vt as root
from vtlib.cli.base import summary

# Each takes a third of a second or more to import (python -X importtime, November 2026).
SLOW = {"scipy", "altair", "google.genai", "apify_client", "openpyxl", "IPython", "ipywidgets"}
FRAMES = {"pandas", "numpy", "pyarrow", "tornado", "rich", "jinja2", "nbconvert", "yt_dlp"}
TABLES = FRAMES | {"duckdb", "pydantic", "structlog"}
POST = "https://www.tiktok.com/@a/video/7106594312292453675"
PLAY = """import json, sys
from vtlib.cli import main
sys.argv[0] = "vt"
try:
    main(sys.argv[1:])
except SystemExit as left:
    print(json.dumps([left.code, sorted(sys.modules)]))
"""


GROUPS = [
    (name, one)
    for name in FAMILIES
    if isinstance(one := root.get_command(click.Context(root), name), click.Group)
]


def modules_of(*words: str, **environ: str) -> set[str]:
    """Modules that `vt …` had imported when it left, with 0."""
    done = subprocess.run(
        [sys.executable, "-c", PLAY, *words],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
    )
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert not code, done.stderr
    return set(names)


def test_importing_a_url_imports_nothing_slow(vt) -> None:
    vt("project", "create", "Spring")
    names = modules_of("import", "url", "--project", "spring", "--url", POST)
    assert "vtlib.capture.imports" in names
    assert not names & SLOW


@pytest.mark.parametrize(
    "words", [("script", "list"), ("status",), ("costs",), ("costs", "--by-day")]
)
def test_lists_import_no_frames(vt, words: tuple[str, ...]) -> None:
    vt("project", "create", "Spring")
    vt("script", "create", "--title", "Quiet evenings", "--project", "spring", "--no-forecast")
    assert not modules_of(*words) & (SLOW | FRAMES)


def test_help_imports_no_family(home) -> None:
    names = modules_of("--help")
    assert not names & (SLOW | TABLES)
    assert "vtlib.cli.script" not in names


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_completion_in_a_family_imports_nothing_slow(home, name: str) -> None:
    names = modules_of(_VT_COMPLETE="bash_complete", COMP_WORDS=f"vt {name} -", COMP_CWORD="2")
    assert f"vtlib.cli.{FAMILIES[name][0]}" in names
    assert not names & (SLOW | TABLES)


def test_help_stands_in_the_order_of_the_work(vt) -> None:
    out = vt("--help").out
    listed = [name for lines in WORKFLOW.values() for name in lines]
    assert not FAMILIES.keys() - set(listed)
    assert len(listed) == len(set(listed))
    assert re.findall(r"^(.+):$", out, re.MULTILINE)[1:] == list(WORKFLOW)
    assert [w for w in re.findall(r"^  (\w+)  +", out, re.MULTILINE) if w in listed] == listed


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize(
    ("name", "group"), [("", root), *GROUPS], ids=lambda v: v or "vt" if isinstance(v, str) else ""
)
def test_no_sentence_of_a_help_is_cut(name: str, group: click.Group, width: int) -> None:
    context = click.Context(
        group, info_name=f"vt {name}", terminal_width=width, max_content_width=width
    )
    text = " ".join(group.get_help(context).split())
    if group is root:
        lines = [line for part in WORKFLOW.values() for line in part.values()]
    else:
        lines = [summary(group.commands[n]) for n in group.list_commands(context)]
    assert lines
    for line in lines:
        assert line.endswith((".", "!", "?")), line
        assert line in text
    for one in group.commands.values():
        own = click.Context(one, info_name="vt", terminal_width=width, max_content_width=width)
        shown = one.get_help(own)
        assert not re.search(r"[^.\[\]A-Z)]\.\.\.$", shown, re.MULTILINE), shown


def test_a_command_of_another_package_is_found(home, tmp_path: Path) -> None:
    """A package that is installed in a folder of the path, with an entry point of the group."""
    (tmp_path / "other-1.0.dist-info").mkdir()
    (tmp_path / "other-1.0.dist-info" / "METADATA").write_text("Name: other\nVersion: 1.0\n")
    entry = f"[{GROUP}]\ngreet = other_vt:add\n"
    (tmp_path / "other-1.0.dist-info" / "entry_points.txt").write_text(entry)
    code = """import click
def add(vt):
    vt.add_command(click.Command("greet", help="Say hello. At once.", callback=greet))
def greet():
    print("hello")
"""
    (tmp_path / "other_vt.py").write_text(code)
    start = "from vtlib.cli import main; main()"
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for words, expected in (
        ("--help", "From other packages:\n  greet  Say hello.\n"),
        ("greet", "hello"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", start, words],
            check=True,
            capture_output=True,
            text=True,
            env=environ,
        )
        assert expected in done.stdout, done.stderr

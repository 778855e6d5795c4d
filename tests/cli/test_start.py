"""What a command imports before it does anything: the quick ones load nothing that is slow."""

import json
import subprocess
import sys

import pytest

from vtlib.cli import FAMILIES, SUMMARIES

# Each takes a third of a second or more to import (python -X importtime, November 2026).
SLOW = {"scipy", "altair", "google.genai", "apify_client", "openpyxl", "IPython", "ipywidgets"}
TABLES = {"pandas", "numpy", "duckdb", "pydantic", "structlog"}
POST = "https://www.tiktok.com/@a/video/7106594312292453675"
PLAY = """import json, sys
from vtlib.cli import main
try:
    main(sys.argv[1:])
except SystemExit as left:
    print(json.dumps([left.code, sorted(sys.modules)]))
"""


def modules_of(*words: str) -> set[str]:
    """Modules that `vt …` had imported when it left, with 0."""
    done = subprocess.run(
        [sys.executable, "-c", PLAY, *words], check=True, capture_output=True, text=True
    )
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert not code, done.stderr
    return set(names)


def test_importing_a_url_imports_nothing_slow(vt) -> None:
    vt("project", "create", "Spring")
    names = modules_of("import", "url", "--project", "spring", "--url", POST)
    assert "vtlib.capture.imports" in names
    assert not names & SLOW


@pytest.mark.parametrize("words", [("project", "list"), ("script", "list"), ("costs",)])
def test_lists_import_nothing_slow(home, words: tuple[str, ...]) -> None:
    assert not modules_of(*words) & SLOW


def test_help_imports_no_family(home) -> None:
    names = modules_of("--help")
    assert not names & (SLOW | TABLES)
    assert "vtlib.cli.script" not in names


def test_every_family_has_a_line_in_the_help(vt) -> None:
    out = vt("--help").out
    assert not FAMILIES.keys() - SUMMARIES.keys()
    assert all(line in out for line in SUMMARIES.values())

"""The demo as a stranger meets it: pages that stand by themselves, reproducible, and a client's
copy without names.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from simulator.files import write_exports
from vtlib.core.models import STAGES
from vtlib.run.reproduce import reproduce

ROOT = Path(__file__).parents[1]
HOSTILE = "<script>"


def vt(home: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", "from vtlib.cli import main; main()", *words],
        env={**os.environ, "VT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "params").mkdir()
    (folder / "params" / "demo.yaml").write_text((ROOT / "params" / "demo.yaml").read_text())
    write_exports(folder / "outputs" / "demo" / "exports", seed=7, captures=(0.0, 14.0))
    return folder


@pytest.fixture(scope="module")
def run(home: Path) -> Path:
    done = vt(home, "run", "demo", "--json")
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["index"]).parent


def pages(run: Path) -> list[Path]:
    return sorted(run.glob("*.html"))


def test_seven_notebooks_ten_pages_and_a_record(run: Path) -> None:
    assert [p.name for p in pages(run)][-3:] == ["index.html", "insight.html", "scripts.html"]
    assert len(pages(run)) == 10
    assert len(list(run.glob("*.ipynb"))) == 7
    record = json.loads((run / "run.json").read_text())
    assert record["status"] == "ok"
    assert [s["status"] for s in record["stages"]][:3:2] == ["ok", "ok"]
    assert all(s["reason"] for s in record["stages"] if s["status"] == "skipped")


def test_pages_ask_for_nothing_and_say_simulated(run: Path) -> None:
    assert pages(run)
    for page in pages(run):
        text = page.read_text()
        assert "SIMULATED" in text.upper()
        outside = re.findall(
            r"""(?:src|srcset|data|action)\s*=\s*["']?https?:|@import|<link[^>]+href""", text
        )
        assert not outside, page.name
        assert "Content-Security-Policy" in text


def test_a_step_shows_a_table_or_a_picture_and_no_text_of_an_object(run: Path) -> None:
    shown = [
        (path.name, cell["id"], output)
        for path in run.glob("0*.ipynb")
        for cell in json.loads(path.read_text())["cells"]
        for output in cell.get("outputs", [])
    ]
    assert len(shown) > 20
    bare = [(p, i) for p, i, o in shown if set(o.get("data", {"text/plain": ""})) == {"text/plain"}]
    assert not bare


def test_a_hostile_caption_is_inert(run: Path) -> None:
    body = (run / "03_outliers.html").read_text().split("</head>", 1)[1]
    scripts = re.findall(r"<script[^>]*>", body)
    captions = re.findall(r"&lt;script&gt;", body)
    assert captions, "the world has a hostile caption; it must be shown as text"
    assert all("type=" in s or s == "<script>" for s in scripts)


def test_executed_notebooks_can_be_reproduced(home: Path, run: Path, monkeypatch) -> None:
    monkeypatch.setenv("VT_HOME", str(home))
    names = [run / "03_outliers.ipynb"]
    assert reproduce(names) == {path.name: [] for path in names}


def test_a_clients_copy_names_no_creator_and_has_the_same_numbers(home: Path, run: Path) -> None:
    done = vt(home, "run", "demo", "--profile", "client", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["creators"], told["leaks"]) == ("pseudonyms", [])
    copy = Path(told["index"]).parent
    # own accounts keep their names; every other handle of the world is gone
    named = r"handle: ([\w.]+), role: (?:competitor|reference)"
    handles = set(re.findall(named, (ROOT / "params" / "demo.yaml").read_text()))
    assert len(handles) > 5
    for page in pages(copy):
        text = page.read_text()
        found = {h for h in handles if h in text}
        assert not found, (page.name, found)
        assert '<details class="vt-code"' not in text
    multipliers = re.compile(r"×[\d,.]+ to [\d,.]+")
    one = multipliers.findall((run / "index.html").read_text())
    other = multipliers.findall((copy / "index.html").read_text())
    assert one == other
    assert one


def test_a_notebook_works_by_itself(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "papermill",
                str(ROOT / "notebooks" / "03_outliers.ipynb"),
                str(out),
            ),
            *("-f", str(home / "params" / "demo.yaml")),
        ],
        env={**os.environ, "VT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "application/vnd.vt.result+json" in out.read_text()


def test_a_run_with_nothing_new_does_nothing_and_a_hand_edit_is_new(home: Path, run: Path) -> None:
    """The first run after new data leaves pages of early stages older than late tables; the next
    brings them up to date, and the third finds nothing until somebody writes a row.
    """
    database = home / "outputs" / "viraltracker.duckdb"
    edit = "INSERT INTO script_cuts (script_id, sha256, added_by) VALUES ('s', 'f', 'ann')"
    answers = []
    for sql in ("SELECT 1", "SELECT 1", edit):
        with duckdb.connect(str(database)) as connection:
            connection.execute(sql)
        done = vt(home, "run", "demo", "--json")
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout))
    skipped = [[s["stage"] for s in answer["stages"] if s["origin"]] for answer in answers]
    assert skipped[1] == list(STAGES)
    assert skipped[2] == ["import", "scraping", "outliers", "analysis", "comparison"]
    before, same = (Path(answer["index"]).parent for answer in answers[:2])
    assert {p.name for p in same.iterdir()} == {p.name for p in run.iterdir()}
    assert [p.read_bytes() for p in pages(same)] == [p.read_bytes() for p in pages(before)]
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "SELECT status, count(*) FROM stage_runs WHERE run_id = ? GROUP BY ALL",
            [answers[1]["run_id"]],
        ).fetchall()
    assert rows == [("skipped", 7)]

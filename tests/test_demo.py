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
from tests.report import running_text
from tests.report.catalogues import sentences
from vtlib.core.language import PageReader, reads, retell
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
    return sorted(run.rglob("*.html"))


def test_seven_notebooks_ten_pages_and_a_record(run: Path) -> None:
    beside = sorted(run.glob("*.html"))
    assert [p.name for p in beside][-3:] == ["index.html", "insight.html", "scripts.html"]
    assert len(beside) == 10
    behind = {p.name for p in (run / "pages").glob("*.html")}
    assert {"run.html", "videos.html", "glossary.html"} < behind
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


def test_every_link_between_pages_leads_to_a_page(run: Path) -> None:
    links = [
        (page, href.partition("#"))
        for page in pages(run)
        for href in re.findall(r'href="([^":]+)"', page.read_text())
    ]
    assert len(links) > 100
    ids = {p.resolve(): set(re.findall(r'id="([^"]+)"', p.read_text())) for p in pages(run)}
    broken = {
        (page.name, file, anchor)
        for page, (file, _, anchor) in links
        if (target := (page.parent / file).resolve() if file else page.resolve()) not in ids
        or (anchor and anchor not in ids[target])
    }
    assert not broken


def test_the_index_is_small_and_each_card_has_its_page(run: Path) -> None:
    index = (run / "index.html").read_text()
    cards = re.findall(r'<article class="vt-poster"[^>]*>\s*<a [^>]*href="([^"]+)"', index)
    assert len(cards) == 6
    assert all((run / card).exists() for card in cards)
    assert len(index) < 200_000
    assert max(page.stat().st_size for page in pages(run)) < 3_000_000


def test_running_text_has_no_statistics_and_one_figure_a_fact(run: Path) -> None:
    assert len(pages(run)) > 20
    assert running_text.statistics_in(pages(run)) == []
    shown = running_text.facts_of(pages(run))
    twice = {name for name, figures in shown.items() if len(set().union(*figures.values())) > 1}
    assert {"outliers.breakouts", "outliers.scored", "performance.patterns_tested"} <= twice
    assert sum(name.endswith(".multiplier") for name in twice) > 6
    assert {name: figures for name, figures in shown.items() if len(figures) > 1} == {}


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
    captions = re.findall(r"&lt;script&gt;|\\u003cscript\\u003e", body)
    assert captions, "the world has a hostile caption; it must be shown as text"
    assert "<script>document.title" not in body
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


@pytest.fixture(scope="module")
def german(home: Path, run: Path) -> Path:
    """The same again for a reader of German; `run` is there first."""
    words = ("-p", "report.language=de", "-p", "report.time_zone=Europe/Berlin")
    done = vt(home, "run", "demo", "--again", "--json", *words)
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["index"]).parent


def test_a_run_for_a_german_reader_keeps_no_sentence_in_english(german: Path) -> None:
    known = sentences()
    lines = {p.name: set(running_text.read(p.read_text()).lines) for p in pages(german)}
    assert {name: left for name, texts in lines.items() if (left := texts & known.keys())} == {}
    assert len(set().union(*lines.values()) & set(known.values())) > 100
    with reads(PageReader("de", "Europe/Berlin")):  # of the store, in tables and folded parts too
        left = {
            (page.name, text)
            for page in pages(german)
            for text in running_text.read(page.read_text()).texts
            if text.count(" ") > 1 and retell(text) != text
        }
    assert left == set()
    assert "Times are Berlin." not in (german / "index.html").read_text()
    shown = running_text.facts_of(pages(german))
    assert {name: figures for name, figures in shown.items() if len(figures) > 1} == {}


def test_what_a_german_run_stores_is_english(home: Path, german: Path) -> None:
    translated = {text for text in sentences().values() if text.count(" ") > 2}
    with duckdb.connect(
        str(home / "outputs" / "viraltracker.duckdb"), read_only=True
    ) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() "
            "USING (table_name) WHERE data_type = 'VARCHAR' AND NOT duckdb_columns.internal"
        ).fetchall()
        stored = {
            value
            for table, column in columns
            if table not in ("runs", "stage_runs")  # the headline of a run, as it was shown
            for (value,) in connection.execute(
                f'SELECT DISTINCT "{column}" FROM "{table}"'
            ).fetchall()
        }
    assert len(stored) > 1000
    assert not {value for value in stored if value and any(text in value for text in translated)}


def test_the_dashboard_of_the_brand_has_the_figures_of_its_project(home: Path, run: Path) -> None:
    done = vt(home, "report", "--brand", "quibblewick", "--json")
    assert done.returncode == 0, done.stderr
    page = Path(json.loads(done.stdout)["page"])
    shown = running_text.facts_of([page, *pages(run)])
    mine = {name for name, by in shown.items() if page.name in set().union(*by.values())}
    assert any(name.startswith("pattern.") for name in mine)
    assert {name: by for name, by in shown.items() if len(by) > 1} == {}
    assert running_text.statistics_in([page]) == []
    assert "https:" not in re.sub(r'href="https:[^"]*"', "", page.read_text())
    assert vt(home, "report", "--brand", "nobody").returncode == 2


def test_the_dashboard_is_in_the_language_of_its_readers(home: Path, german: Path) -> None:
    yaml = home / "params" / "demo.yaml"
    yaml.write_text(yaml.read_text() + "\nreport: {language: de}\n")
    done = vt(home, "report", "--brand", "quibblewick", "--json")
    assert done.returncode == 0, done.stderr
    lines = set(running_text.read(Path(json.loads(done.stdout)["page"]).read_text()).lines)
    known = sentences()
    assert lines & known.keys() == set()
    assert len(lines & set(known.values())) > 5

"""One entry point a stage: its notebook, its command and `run` end in the same rows.

Three copies of one small workspace; each goes one way. Ids of runs and times of writing are left
out of the comparison, everything else is not.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from simulator.gemini import Habits
from simulator.server import Settings, running
from tests.adaptation.test_fitting import add_products, fill
from tests.capture.scraped import following
from tests.run.cells import run_cells
from tests.store.frames import account, at, begun, capture
from vtlib.adaptation import fits
from vtlib.adaptation import stage as adaptation
from vtlib.analysis import stage as analysis
from vtlib.capture import imports
from vtlib.capture import stage as scraping
from vtlib.capture import store as captures
from vtlib.cli import main
from vtlib.core.errors import VtError
from vtlib.media import stage as media
from vtlib.ops import projects
from vtlib.outliers import stage as outliers
from vtlib.performance import stage as performance
from vtlib.store.connection import Store
from vtlib.store.project import Project

LEFT_OUT = {
    "run_id",
    "outlier_run_id",
    "pattern_run_id",
    "capture_id",
    "first_capture_id",
    "forecaster",
}
PARAMS = {
    "project": "p",
    "is_simulated": True,
    "importing": {"datasets": ["export.json"]},
    "scraping": {"limit": 3},
    "adaptation": {"limit": 2, "min_score": 0},
    "comparison": {"limit": 3},
    "media": {"parts": []},
}
POST = {
    "id": "7106594312292453675",
    "text": "three quiet kettles",
    "createTimeISO": "2026-01-20T10:00:00.000Z",
    "authorMeta": {"id": "7", "name": "ann", "fans": 900},
    "webVideoUrl": "https://www.tiktok.com/@ann/video/7106594312292453675",
    "playCount": 4_000,
    "diggCount": 120,
    "commentCount": 4,
    "shareCount": 3,
    "collectCount": 2,
}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    clips = tmp_path_factory.mktemp("clips")
    with running(Settings(run_s=0.05, clips=clips, model=Habits(slips=False))) as found:
        yield found


@pytest.fixture(scope="module")
def made(live, tmp_path_factory) -> Path:
    """A workspace with sixty judged-to-be posts, and analysed videos beside three products."""
    home = tmp_path_factory.mktemp("made")
    (home / "params").mkdir()
    (home / "outputs").mkdir()
    params = PARAMS | {"accounts": following("instagram")}
    (home / "params" / "p.yaml").write_text(yaml.safe_dump(params))
    (home / "export.json").write_text(json.dumps([POST]))
    store = Store(home / "outputs" / "viraltracker.duckdb")
    add_products(store)
    fill(store, live.sandbox.world)
    views = np.exp(np.random.default_rng(0).normal(7, 0.8, 60))
    views[:3] *= 60
    batch = capture(
        "c",
        55,
        [account(55, "7", "ann")],
        [(str(i), "tiktok:7", int(v)) for i, v in enumerate(views)],
    )
    batch["posts"]["posted_at"] = [at(i * 0.9) for i in range(60)]
    captures.begin(store, begun("c", 55))
    captures.ingest(store, batch)
    captures.finish(store, "c")
    with store.write() as connection:
        connection.execute("UPDATE posts SET account_id = 'tiktok:7' WHERE account_id IS NULL")
    projects.sync(Project.open("p", home=str(home)))
    return home


@pytest.fixture
def ways(made, live, tmp_path, monkeypatch, capsys) -> Callable[..., dict[str, dict[str, Any]]]:
    """Goes three ways on three copies; tables by way."""

    def go(
        notebook: str, command: tuple[str, ...], run: Callable[[Project], object], tables: str
    ) -> dict[str, dict[str, Any]]:
        ends = {}
        for way in ("notebook", "command", "run"):
            home = tmp_path / way
            shutil.copytree(made, home)
            monkeypatch.setenv("VT_HOME", str(home))
            live.sandbox.gemini.forget(None)
            live.sandbox.clock.set(at=live.sandbox.world.epoch)
            if way == "notebook":
                run_cells(notebook, project="p", home=str(home))
            elif way == "command":
                words = [str(home / w) if w.endswith(".json") else w for w in command]
                with pytest.raises(SystemExit) as left:
                    main([*words, "--json"])
                assert left.value.code in (0, None), capsys.readouterr()
            else:
                run(Project.open("p", home=str(home)))
            store = Project.open("p", home=str(home)).store
            ends[way] = {table: rows(store, table) for table in tables.split()}
        return ends

    return go


def rows(store: Store, table: str) -> list[str]:
    """The rows of a table as text, in order, without ids of runs and times of writing."""
    found = store.query(f"SELECT * FROM {table}")
    times = set(found.select_dtypes(["datetime", "datetimetz"])) - {"posted_at"}
    kept = found.drop(columns=sorted(times | (LEFT_OUT & set(found.columns))))
    return sorted(str(row) for row in kept.astype(object).to_dict("records"))


def same(ends: dict[str, dict[str, Any]]) -> None:
    assert ends["notebook"] == ends["command"]
    assert ends["command"] == ends["run"]


def test_import(ways, made) -> None:
    ends = ways(
        "01_import.ipynb",
        ("import", "dataset", "export.json", "--project", "p"),
        lambda p: imports.run(p, [p.workspace.root / "export.json"]),
        "posts post_snapshots raw_items problems",
    )
    same(ends)
    assert any("three quiet kettles" in row for row in ends["run"]["posts"])


def test_scraping(ways, live, monkeypatch) -> None:
    monkeypatch.setenv("VT_APIFY_URL", live.url)
    monkeypatch.setenv("APIFY_TOKEN", live.token)
    ends = ways(
        "02_scraping.ipynb",
        ("scrape", "--project", "p"),
        scraping.run,
        "project_posts capture_targets",
    )
    same(ends)
    assert len(ends["run"]["capture_targets"]) > 0


def test_outliers(ways) -> None:
    ends = ways(
        "03_outliers.ipynb",
        ("analyze", "outliers", "--project", "p"),
        outliers.run,
        "outlier_runs outlier_scores selections",
    )
    same(ends)
    assert len(ends["run"]["outlier_scores"]) >= 60


def test_analysis(ways) -> None:
    """Picked videos without a file: each way ends in the same outcomes and the same choice."""

    def run(project: Project) -> None:
        media.run(project)
        analysis.run(project, needs_model=False)

    tables = "media measures analysis_choices analyses"
    ends = ways("04_analysis.ipynb", ("analyze", "videos", "--project", "p"), run, tables)
    same(ends)
    assert len(ends["run"]["analysis_choices"]) > 0


@pytest.fixture
def model(live, monkeypatch) -> None:
    monkeypatch.setenv("VT_GEMINI_URL", live.url)
    monkeypatch.setenv("GEMINI_API_KEY", live.token)


@pytest.mark.usefixtures("model")
def test_comparison(ways) -> None:
    ends = ways(
        "06_comparison.ipynb",
        ("analyze", "compare", "--project", "p"),
        fits.run,
        "fits fit_judgements",
    )
    same(ends)
    assert len(ends["run"]["fits"]) > 3


@pytest.mark.usefixtures("model")
def test_adaptation(ways, monkeypatch, made) -> None:
    """The command asks for scripts where fits are known, so it judges them first as 05 does."""

    def run(project: Project) -> None:
        adaptation.run(project)

    words = ("analyze", "videos", "--project", "p", "--all-products")
    ends = ways("05_adaptation.ipynb", words, run, "fits adaptations scripts")
    same(ends)
    assert len(ends["run"]["scripts"]) == PARAMS["adaptation"]["limit"]


def test_performance(ways) -> None:
    def run(project: Project) -> None:
        outliers.renew(project)
        performance.run(project)

    ends = ways(
        "07_performance.ipynb",
        ("analyze", "performance", "--project", "p"),
        run,
        "pattern_runs patterns verdicts",
    )
    for way in ends.values():  # the command judges posts anew first, the notebook follows 03
        way["pattern_runs"] = [len(way["pattern_runs"])]
    same(ends)
    assert ends["run"]["pattern_runs"] == [1]


def test_an_error_of_the_stage_is_one_error(made) -> None:
    with pytest.raises(VtError):
        imports.run(Project.open("p", home=str(made)), [made / "nowhere.json"])

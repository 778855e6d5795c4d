"""vt import table: shown first, stored on a yes, a map or where the same headings are known."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.capture.test_table_match import BASE
from vtlib.capture import imports
from vtlib.capture.tables import waiting
from vtlib.cli import vt
from vtlib.core.settings import load_settings
from vtlib.ops import projects
from vtlib.store.project import Workspace


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p.yaml").write_text("project: p\n")
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str):
    result = CliRunner().invoke(vt, ["import", *words, "--project", "p"], standalone_mode=False)
    return result.return_value, result.output


def write(home: Path, columns: dict[str, list[str]], name: str = "t.csv") -> str:
    rows = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    (home / name).write_text("\n".join(rows))
    return name


def numbers(home: Path, columns: str = "views, likes") -> list[tuple]:
    project = projects.open_project(Workspace(load_settings(home)), "p")
    sql = f"SELECT {columns} FROM post_snapshots JOIN posts USING (post_id) ORDER BY views"
    return [*project.store.query(sql).itertuples(index=False, name=None)]


def test_nothing_is_stored_before_it_was_shown(home: Path) -> None:
    name = write(home, BASE | {"Reach": ["9", "8", "7"]})
    code, text = run("table", name)
    assert code == 2
    assert "nothing was stored: take the match with" in text
    assert "not read: Reach" in text
    assert not numbers(home)
    code, text = run("table", name, "--yes", "--own")
    assert code == 0
    assert numbers(home) == [(5300, 120), (12000, 300), (880000, 41000)]
    assert numbers(home, "posts.post_id IN (SELECT post_id FROM project_posts WHERE is_own)") == [
        (True,)
    ] * len(BASE["url"])
    code, text = run("table", name, "--yes")
    assert "unchanged" in text


def test_an_open_question_is_answered_by_a_map_that_is_remembered(home: Path) -> None:
    name = write(
        home, {"url": BASE["url"], "Views (organic)": BASE["views"], "likes": BASE["likes"]}
    )
    code, text = run("table", name, "--yes")
    assert code == 2
    assert "called views alone" in text
    code, text = run("dataset", name)
    assert code == 2
    assert "vt import table" in text
    assert not numbers(home)
    code, text = run("table", name, "--propose", "map.yaml")
    assert code == 0
    draft = Path("map.yaml").read_text()
    assert "# OPEN: no column is called views alone" in draft
    Path("map.yaml").write_text(draft.replace("fields:\n", 'fields:\n  views: "Views (organic)"\n'))
    code, text = run("table", name, "--map", "map.yaml")
    assert (code, numbers(home)[0]) == (0, (5300, 120))
    more = {
        k: [cell.replace("2", "3") if k != "url" else cell for cell in v]
        for k, v in {
            "url": BASE["url"],
            "Views (organic)": BASE["views"],
            "likes": BASE["likes"],
        }.items()
    }
    code, text = run("dataset", write(home, more, "u.csv"))
    assert code == 0
    assert "its map is remembered" in text


def test_a_map_that_does_not_fit_says_the_nearest_heading(home: Path) -> None:
    name = write(home, BASE)
    Path("map.yaml").write_text("name: mine\nfields: {url: url, views: view}\n")
    code, text = run("table", name, "--map", "map.yaml")
    assert code == 2
    assert "Did you mean 'views'" in text


def test_rows_are_mapped_again_without_the_file(home: Path) -> None:
    name = write(home, BASE | {"Published": ["04/03/2026", "05/03/2026", "06/04/2026"]})
    code, _ = run("dataset", name)
    assert code == 0
    before = numbers(home, "views, likes, posted_at")
    assert str(before[0][2]) == "2026-03-05 00:00:00"
    Path(name).unlink()
    assert run("again")[0] == 0
    assert numbers(home, "views, likes, posted_at") == before


def test_one_document_for_machines(home: Path) -> None:
    code, text = run("table", write(home, BASE), "--json")
    data = json.loads(text)
    assert (code, data["stored"], data["questions"]) == (2, False, [])
    assert {c["column"]: c["target"] for c in data["columns"]} == {n: n for n in BASE}


def test_tables_of_the_parameters_go_in_by_their_maps_and_others_wait(home: Path) -> None:
    write(home, {"url": BASE["url"], "Views (organic)": BASE["views"]})
    Path("map.yaml").write_text('name: mine\nfields: {url: url, views: "Views (organic)"}\n')
    Path("params/p.yaml").write_text(
        "project: p\nimporting: {table_files: [{file: t.csv, map: map.yaml}, {file: u.csv}]}\n"
    )
    write(
        home,
        {"url": BASE["url"], "Views (organic)": BASE["views"], "likes": BASE["likes"]},
        "u.csv",
    )
    project = projects.open_project(Workspace(load_settings(home)), "p")
    reports = imports.import_all(project)
    assert [(one.source, one.status) for one in reports] == [("t.csv", "ok"), ("u.csv", "waits")]
    assert [n for (n,) in numbers(home, "views")] == [5300, 12000, 880000]
    assert [*waiting(project)["read as"]][:3] == ["url", "?", "likes"]

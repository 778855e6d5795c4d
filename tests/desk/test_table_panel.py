"""A table at the desk: its columns shown, chosen and stored."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.capture.test_table_match import BASE
from tests.run.cells import run_cells
from vtlib.cli import main
from vtlib.core.params import Importing, TableFile
from vtlib.core.settings import load_settings
from vtlib.desk.session import DeskSession
from vtlib.desk.table import TableForm, TablePanel, table_form
from vtlib.ops import projects
from vtlib.store.project import Project, Workspace


def workspace(tmp_path: Path) -> Project:
    """A project, and a table of its posts one of whose columns is to be chosen."""
    (tmp_path / "params").mkdir(parents=True)
    (tmp_path / "params" / "p.yaml").write_text("project: p\n")
    columns = {"url": BASE["url"], "Views (organic)": BASE["views"], "likes": BASE["likes"]}
    rows = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    project = projects.open_project(Workspace(load_settings(tmp_path)), "p")
    projects.sync(project)
    return project


@pytest.fixture
def panel(tmp_path: Path) -> TablePanel:
    return TablePanel(DeskSession(workspace(tmp_path), person="Ann"))


def test_columns_are_chosen_and_stored(panel: TablePanel) -> None:
    session = panel._session
    panel.store.click()
    assert "no table is shown" in session.message.value or panel.store.disabled
    panel.file.value = "t.csv"
    panel.show.click()
    assert "1 question open" in session.message.value
    assert "called views alone" in panel.questions.value
    assert {n: c.value for n, c in panel.columns.items()} == {
        "url": "url",
        "Views (organic)": "",
        "likes": "likes",
    }
    panel.columns["Views (organic)"].value = "likes"
    panel.store.click()
    assert "cannot both be likes" in session.message.value
    panel.columns["Views (organic)"].value = "views"
    panel.store.click()
    assert "3 posts in, 3 new" in session.message.value
    frame = session.project.store.query("SELECT views, likes FROM post_snapshots ORDER BY views")
    assert next(frame.itertuples(index=False, name=None)) == (5300, 120)


def test_a_file_that_is_none_says_so(panel: TablePanel) -> None:
    panel.file.value = "nothing.csv"
    panel.show.click()
    assert "no such file" in panel._session.message.value


def stored(home: Path) -> list[tuple[object, ...]]:
    """Posts and their numbers."""
    frame = Project.open("p", home=str(home)).store.query(
        "SELECT post_id, url, views, likes, captured_at FROM posts JOIN post_snapshots "
        "USING (post_id) ORDER BY ALL"
    )
    return list(frame.itertuples(index=False, name=None))


def test_the_form_in_notebook_01_stores_what_the_command_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebook as JupyterLab runs it, the form pressed; beside it `vt import table --map`."""
    for way in ("form", "command"):
        workspace(tmp_path / way)
    times = (1_790_000_000, 1_790_000_000)
    for way in ("form", "command"):
        os.utime(tmp_path / way / "t.csv", times)
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/01_import.ipynb")
    _, shown = run_cells("01_import.ipynb", project="p", home=str(tmp_path / "form"))
    (form,) = shown["table-form"]
    assert isinstance(form, TableForm)
    form.panel.file.value = "t.csv"
    form.panel.show.click()
    assert "1 question open" in form.session.message.value
    form.panel.columns["Views (organic)"].value = "views"
    form.panel.store.click()
    assert "3 posts in, 3 new" in form.session.message.value
    monkeypatch.setenv("VT_HOME", str(tmp_path / "command"))
    monkeypatch.chdir(tmp_path / "command")
    words = ["import", "table", "t.csv", "--project", "p"]
    assert cli(*words, "--propose", "map.yaml") == 0
    proposed = Path("map.yaml").read_text()
    mapped = yaml.safe_load(proposed)
    mapped["fields"]["views"] = "Views (organic)"
    Path("map.yaml").write_text(yaml.safe_dump(mapped))
    assert cli(*words, "--map", "map.yaml") == 0
    assert len(stored(tmp_path / "form")) == 3
    assert stored(tmp_path / "form") == stored(tmp_path / "command")


def cli(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main([*words, "--json"])
    return int(left.value.code or 0)


def test_a_run_shows_no_form_and_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = workspace(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    _, shown = run_cells("01_import.ipynb", project="p", home=str(tmp_path))
    assert shown["table-form"] == [None]
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/01_import.ipynb")
    assert table_form(replace(project, run_id="p-1")) is None
    assert table_form(project) is not None


def test_the_form_begins_with_a_table_that_waits(tmp_path: Path) -> None:
    project = workspace(tmp_path)
    importing = Importing(table_files=[TableFile(file="t.csv")])
    waits = replace(project, params=project.params.model_copy(update={"importing": importing}))
    assert TableForm(waits, by="Ann").panel.file.value == "t.csv"
    assert TableForm(project, by="Ann").panel.file.value == ""

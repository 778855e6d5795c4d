"""A table at the desk: its columns shown, chosen and stored."""

from pathlib import Path

import pytest

from tests.capture.test_table_match import BASE
from vtlib.core.settings import load_settings
from vtlib.desk.session import DeskSession
from vtlib.desk.table import TablePanel
from vtlib.ops import projects
from vtlib.store.project import Workspace


@pytest.fixture
def panel(tmp_path: Path) -> TablePanel:
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p.yaml").write_text("project: p\n")
    columns = {"url": BASE["url"], "Views (organic)": BASE["views"], "likes": BASE["likes"]}
    rows = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    project = projects.open_project(Workspace(load_settings(tmp_path)), "p")
    projects.sync(project)
    return TablePanel(DeskSession(project, person="Ann"))


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

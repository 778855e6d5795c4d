"""A desk of one's own for each test, on a copy of a workspace that is made once a file."""

import shutil
from pathlib import Path

import pytest

from tests.desk.desk_home import workspace
from vtlib.desk import Desk
from vtlib.store.project import Project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace to copy: two seconds of writing."""
    home = tmp_path_factory.mktemp("desk")
    workspace(home)
    return home


@pytest.fixture
def project(tmp_path: Path, made: Path) -> Project:
    shutil.copytree(made, tmp_path / "home")
    return Project.open("p", home=str(tmp_path / "home"))


@pytest.fixture
def desk(project: Project) -> Desk:
    return Desk(project, by="Ann")

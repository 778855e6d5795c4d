"""`vt init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, command

if TYPE_CHECKING:
    from vtlib.store.project import Workspace


@command(vt, "init", example="vt init my-research && cd my-research && vt project create Spring")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def init(_: Workspace, folder: Path) -> Answer:
    """Make a workspace: params/, outputs/, .env and the database. What is there stays as it is."""
    from vtlib.ops import projects

    made = projects.init(folder)
    return Answer({"workspace": made}, f"workspace {made}; next: vt project create NAME")

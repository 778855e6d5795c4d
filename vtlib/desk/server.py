"""The desk alone in a browser's window, without JupyterLab around it: `vt desk`, by Voilà."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat

from vtlib.store.project import Project

# Voilà serves these folders of `outputs` beside the desk, and nothing else of the workspace.
_SERVED = ("media", "scripts", "brands")
# The team's proxy says in it who signed in; Voilà hands it to the kernel as HTTP_X_VT_PERSON.
PERSON_HEADER = "X-Vt-Person"
_CODE = """import os
from urllib.parse import unquote

from vtlib.desk import Desk
from vtlib.store.project import Project

by = unquote(os.environ.get("HTTP_X_VT_PERSON", "")) or {by!r}
Desk(Project.open({slug!r}, home={home!r}), by=by)"""


def serve(
    project: Project,
    *,
    by: str = "",
    port: int = 0,
    has_browser: bool = True,
    proxy_path: str = "",
) -> int:
    """Show the desk until it is interrupted; returns the exit code.

    `port` 0 takes the first free one from 8866 on. Only this machine can open it: it has no login.
    With `proxy_path` (`/desk/`) it stands behind a proxy under that path, which signs people in and
    names them in PERSON_HEADER.
    """
    notebook = _notebook(project, by)
    return subprocess.run(  # noqa: S603 - our own words
        [
            *_command(notebook, project.workspace.outputs, port=port, has_browser=has_browser),
            *_proxy_options(proxy_path),
        ],
        env=_environment(project.workspace.outputs, os.environ),
        check=False,
    ).returncode


def _notebook(project: Project, by: str) -> Path:
    """A notebook of one cell, the desk, in outputs/desk/<project>.ipynb."""
    home = str(project.workspace.root)
    code = _CODE.format(slug=project.slug, home=home, by=by)
    cell = nbformat.v4.new_code_cell(code, id="desk")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    path = project.workspace.outputs / "desk" / f"{project.slug}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def _command(notebook: Path, root: Path, *, port: int, has_browser: bool) -> list[str]:
    allowed = [rf"{folder}/.*" for folder in _SERVED]
    options = [
        "--Voila.ip=127.0.0.1",
        f"--Voila.root_dir={root}",
        f"--VoilaConfiguration.file_allowlist={allowed!r}",
        "--VoilaConfiguration.template=viraltracker",
        "--VoilaConfiguration.show_tracebacks=True",
    ]
    options += [f"--port={port}"] if port else []
    options += [] if has_browser else ["--no-browser"]
    return [sys.executable, "-m", "voila", str(notebook), *options]


def _proxy_options(path: str) -> list[str]:
    if not path:
        return []
    headers = f"--VoilaConfiguration.http_header_envs={[PERSON_HEADER]!r}"
    return [f"--Voila.base_url=/{path.strip('/')}/", headers]


def _environment(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """With the folder that is served, for the desk's links, and where the page's template is."""
    templates = str(Path(__file__).parent / "jupyter")
    paths = [templates, environment.get("JUPYTER_PATH", "")]
    return {
        **environment,
        "VT_DESK_ROOT": str(root),
        "JUPYTER_PATH": os.pathsep.join(p for p in paths if p),
    }

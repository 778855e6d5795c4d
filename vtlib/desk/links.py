"""Links from the desk to files of the workspace, through the server that shows the desk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from vtlib.media.folder import MediaFolder
from vtlib.store.project import Project


def link(path: Path) -> str:
    """The URL under which the desk's own server gives a file; empty where it gives none.

    JupyterLab gives every file below the folder that it was started in. `vt desk` (Voilà) gives
    media and exported scripts. Without a server, as in a report, there is none.
    """
    root, prefix = _served()
    target = path.resolve()
    if root is None or not target.is_relative_to(root) or not target.is_file():
        return ""
    return prefix + quote(target.relative_to(root).as_posix())


def file(path: Path, root: Path, *, is_shown: bool = False) -> Markup:
    """A written file as a link that saves it (`is_shown`: opens it); its path below `root` where
    the desk's server does not give it.
    """
    name = path.relative_to(root)
    if not (url := link(path)):
        return Markup("<code>{}</code>").format(name)
    how = Markup("") if is_shown else Markup(" download")
    return Markup('<a href="{}" target="_blank" rel="noopener"{}>{}</a>').format(
        url, how, name.name
    )


def video(project: Project, facts: Mapping[str, Any]) -> str:
    """The URL of a post's video, the small copy where there is one; empty without a file.

    `facts`: a row of queries/browse_page.sql.
    """
    paths = [facts["small_video"], facts["video"]]
    folder = MediaFolder.of(project)
    return next(filter(None, (link(folder.path(p)) for p in paths if p)), "")


@cache
def _served() -> tuple[Path | None, str]:
    """The folder that the server of this kernel gives files from, and how their URLs begin."""
    if root := os.environ.get("VT_DESK_ROOT"):  # set by `vt desk`
        return Path(root).resolve(), f"{os.environ.get('VOILA_BASE_URL', '/')}voila/files/"
    pid = os.environ.get("JPY_PARENT_PID", "")
    if not pid:
        return None, ""
    from jupyter_server.serverapp import list_running_servers  # noqa: PLC0415 - loads slowly

    for server in list_running_servers():
        if str(server["pid"]) == pid:
            return Path(server["root_dir"]).resolve(), f"{server['base_url']}files/"
    return None, ""

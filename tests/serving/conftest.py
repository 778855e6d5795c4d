"""Two brands with a published and an unpublished report each, shared scripts, and the site on a
port of this machine.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.scripts.samples import PLAIN
from vtlib.report.facts import Page
from vtlib.report.workspace_pages import write_projects
from vtlib.scripts import reviews, store
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.serving import people
from vtlib.serving.guards import SiteOptions
from vtlib.serving.people import Visitor
from vtlib.store import catalog
from vtlib.store import people as project_people
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import save

BRANDS = ("acme", "globex")
STAMPS = ("20260301T080000Z", "20260308T080000Z")


@dataclass(frozen=True)
class Home:
    """A workspace, and the passwords of its people by their names."""

    at: Workspace
    passwords: dict[str, str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("site")
    (root / "params").mkdir()
    at = Project.open("x", home=str(root)).workspace
    for brand in BRANDS:
        _brand(at, brand)
    guests = [
        Visitor("Ann", "approver"),
        Visitor("Vic", "viewer"),
        *(Visitor(f"{role} of {brand}", role, brand) for brand in BRANDS for role in people.ROLES),
    ]
    return Home(at, {g.person: people.invite(at, g, by="Ann") for g in guests})


def _brand(at: Workspace, brand: str) -> None:
    """A project of a brand with two reports for clients, and a script in review that is shared."""
    slug = f"spring-{brand}"
    (at.params_folder / f"{slug}.yaml").write_text(
        f"project: {slug}\nis_simulated: true\nreport:\n  creators: named\n"
    )
    catalog.create_brand(at.store, brand.title())
    catalog.create_product(at.store, brand, {"name": "Deck"})
    project_people.ensure_project(at.store, slug, brand=brand)
    for number, stamp in enumerate(STAMPS, 1):
        folder = at.outputs / slug / "runs" / stamp
        page = Page(f"{slug} report {number}", profile="client")
        write_projects(folder / "index.html", [], page=page)
        write_projects(folder / "pages" / "videos.html", [], page=page)
        (folder / "media").mkdir()
        (folder / "media" / "clip.mp4").write_bytes(b"not a real clip")
        (folder / "media" / "notes.txt").write_text("private")
        (folder / "run.json").write_text('{"params": "competitors"}')
        (folder / "03_outliers.ipynb").write_text("{}")
        (folder / ".hidden.html").write_text("hidden")
        (folder / "out.html").symlink_to(at.root / "secret.html")
        row = {"run_id": f"{slug}-{stamp}", "project_id": slug, "params": {}, "profile": "client"}
        row |= {"folder": folder.relative_to(at.root).as_posix(), "status": "ok"}
        row |= {"started_at": f"2026-03-0{number} 08:00:00"}
        with at.store.write() as connection:
            save(connection, "runs", [row], key=["run_id"])
    (at.root / "secret.html").write_text("a secret of the workspace")
    (at.root / ".env").write_text("GEMINI_API_KEY=secret")
    place = ScriptHome(f"{brand}/deck", slug)
    key = store.create(at.store, PLAIN, Making("Ann"), place=place, script_id=f"quiet-{brand}")
    store.set_status(at.store, key, Move("review", "Ann"))
    reviews.note_shared(at, reviews.shared(at, key), by="Ann")


@contextmanager
def running(at: Workspace, options: SiteOptions) -> Iterator[str]:
    """The site as uvicorn serves it, in a thread; gives its URL."""
    import uvicorn

    from vtlib.serving.site import application

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    config = uvicorn.Config(
        application(at, options), port=port, proxy_headers=False, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < end, "the site did not start"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def site(home: Home) -> Iterator[str]:
    with running(home.at, SiteOptions(allow_drafts=True)) as url:
        yield url

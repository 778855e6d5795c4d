"""A workspace whose provider is a sandbox on loopback, reached by its base URL and token alone."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import duckdb
import yaml

from vtlib.capture import stage as scraping
from vtlib.core.settings import load_settings
from vtlib.ops import projects
from vtlib.store import locks
from vtlib.store.project import Project, Workspace, resolve

SEVEN = [
    {"platform": "instagram", "handle": "sim_snorrelby"},
    {"platform": "instagram", "handle": "sim_quibblewick"},
    {"platform": "tiktok", "handle": "sim_snorrelby"},
    {"platform": "youtube", "handle": "sim_snorrelby"},
    {"platform": "x", "handle": "sim_snorrelby"},
    {"platform": "facebook", "handle": "sim.snorrelby"},
    {"platform": "linkedin", "handle": "https://www.linkedin.com/company/sim-plonkworth"},
    {"platform": "pinterest", "handle": "sim_plonkworth"},
]
# What differs between any two captures: ids made from the time, and this machine's clock.
_NOT_COMPARED = {"capture_id", "first_capture_id", "problem_id", "run_id", "added_at", "ended_at"}
_TABLES = (
    *("accounts", "account_handles", "account_snapshots", "posts", "post_snapshots", "raw_items"),
    *("captures", "problems", "project_posts", "capture_targets"),
)


class World:
    """A running sandbox and workspaces under `folder` that use it; `empty` is a database made
    before.
    """

    def __init__(self, live, folder: Path, monkeypatch, *, empty: Path) -> None:
        self.live, self.folder, self.empty = live, folder, empty
        monkeypatch.setenv("VT_APIFY_URL", live.url)
        monkeypatch.setenv("APIFY_TOKEN", live.token)

    def fault(self, kind: str, where: str = "apify.start", **options) -> None:
        self.live.sandbox.faults.add({"kind": kind, "where": where, **options})

    def advance(self, hours: float) -> None:
        self.live.sandbox.clock.set(advance_s=hours * 3600)

    def log(self) -> dict:
        with urllib.request.urlopen(f"{self.live.url}/control/log") as reply:
            return json.load(reply)

    def count(self, route: str) -> int:
        return self.live.sandbox.journal.counts().get(route, 0)

    def home(self, name: str = "ws", *, accounts=SEVEN, **asked) -> Path:
        """A workspace with a project `p` that follows `accounts`; `asked` is its section
        scraping.
        """
        root = self.folder / name
        base = root / "outputs" / "viraltracker.duckdb"
        (root / "params").mkdir(parents=True, exist_ok=True)
        base.parent.mkdir(exist_ok=True)
        if not base.exists():
            shutil.copy(self.empty, base)
        data = {"project": "p", "accounts": accounts, "scraping": {"limit": 5, **asked}}
        (root / "params" / "p.yaml").write_text(yaml.safe_dump(data, allow_unicode=True))
        return root

    def project(self, name: str = "ws", *, accounts=SEVEN, **asked) -> Project:
        home = self.home(name, accounts=accounts, **asked)
        return projects.open_project(Workspace(load_settings(home)), "p")

    def copy(self, name: str, base: Path) -> Project:
        """Another workspace with the same parameters and a copy of the database `base`."""
        root = self.folder / name
        shutil.copytree(base.parents[1] / "params", root / "params")
        (root / "outputs").mkdir()
        at = Workspace(load_settings(root))
        locks.close_idle()
        shutil.copy(base, at.store.path)
        return Project(at, resolve(at, "p"))

    def scrape(self, *, name: str = "ws", again=False, **asked):
        return scraping.scrape(self.project(name, **asked), again=again)


def following(*platforms: str) -> list[dict]:
    return [a for a in SEVEN if a["platform"] in platforms]


def vt(home: Path, *words: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", "from vtlib.cli import main; main()", *words],
        env={**os.environ, "VT_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def rows(home: Path) -> dict[str, list[str]]:
    """What a workspace holds, table by table, without what differs between any two captures."""
    locks.close_idle()
    with duckdb.connect(str(home / "outputs" / "viraltracker.duckdb"), read_only=True) as base:
        found = {}
        for table in _TABLES:
            frame = base.execute(f"SELECT * FROM {table}").df()
            kept = [c for c in frame.columns if c not in _NOT_COMPARED]
            found[table] = sorted(map(str, frame[kept].to_numpy().tolist()))
        return found

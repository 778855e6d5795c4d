"""A workspace whose picked posts have media on a loopback host: imported from a capture, picked
by hand.
"""

import json
import urllib.request
from datetime import timedelta
from pathlib import Path

import pandas as pd

from simulator.actors import ACTORS
from simulator.exports.frame import Frame
from simulator.server import Running
from vtlib.capture import imports as importing
from vtlib.outliers import store as outliers
from vtlib.store.project import Project

TWINS = ("instagram:DYIWB5PuN_o", "tiktok:7638345006716308321")
ASKED = (
    ("clockworks/tiktok-scraper", {"profiles": ["sim_snorrelby"], "resultsPerPage": 60}),
    (
        "apify/instagram-scraper",
        {"directUrls": ["https://www.instagram.com/sim_snorrelby/"], "resultsLimit": 60},
    ),
)
YAML = """project: p
is_simulated: true
media: {parts: [], timeout_s: 30, retry_gap_h: 0, max_tries: 3, quota_gb: 1}
"""


def workspace(live: Running, home: Path) -> Path:
    """A workspace with one capture of two accounts, whose media URLs are on `live`."""
    (home / "params").mkdir(parents=True)
    (home / "params" / "p.yaml").write_text(YAML)
    world = live.sandbox.world
    frame = Frame(world, world.epoch + timedelta(hours=1), live.url)
    for number, (actor, asked) in enumerate(ASKED):
        items = list(ACTORS[actor].run(frame, asked))
        path = home / f"dataset_{number}_{frame.at:%Y-%m-%dT%H-%M-%S}.json"
        path.write_text(json.dumps(items))
        importing.import_files(opened(home), [path])
    return home


def opened(home: Path, **sections) -> Project:
    return Project.open("p", home=str(home), **sections)


def formats(home: Path) -> dict[str, list[str]]:
    """Post ids by format, newest first."""
    posts = opened(home).frame("posts").sort_values(["posted_at", "post_id"], ascending=False)
    return {str(f): list(g["post_id"]) for f, g in posts.groupby("format")}


def pick(home: Path, **roles: list[str]) -> None:
    """Pick posts: `breakout=[…], control=[…]`."""
    project = opened(home)
    rows = [
        {"post_id": post_id, "role": role, "rule": "test", "picked_at": project.workspace.now()}
        for role, ids in roles.items()
        for post_id in ids
    ]
    outliers.save_selections(project.store, "p", pd.DataFrame(rows))


def asked(live: Running) -> list[str]:
    """The paths of all media requests, in order."""
    with urllib.request.urlopen(f"{live.url}/control/log") as reply:
        log = json.load(reply)
    return [e["path"] for e in log["requests"] if e["route"].startswith("media.")]


def files(home: Path) -> set[str]:
    """Every file of the media folder but the lock."""
    root = home / "outputs" / "media"
    found = (p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
    return {name for name in found if name != ".lock"}

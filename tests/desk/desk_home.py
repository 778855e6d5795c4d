"""A workspace with judged posts, one of them hostile, and a product: enough for a desk."""

from fractions import Fraction
from pathlib import Path

import pandas as pd

from tests.media.measures.rendered_clips import Clip, cutting, render
from tests.store.frames import account, at, begun, capture
from vtlib.capture import store as captures
from vtlib.media import store as media
from vtlib.outliers import store as outliers
from vtlib.store import catalog, people
from vtlib.store.project import Project
from vtlib.store.writes import save

OWNER = "tiktok:77"
HOSTILE = '<img src=x onerror="alert(1)"> = hello \u202e reversed'
MEASURES = {
    "status": "ok",
    "duration_s": 6.0,
    "cuts_s": [2.5],
    "shots": [{"start_s": 0.0, "end_s": 2.5}, {"start_s": 2.5, "end_s": 6.0}],
    "text": {"status": "ok", "items": [{"start_s": 0.5, "end_s": 2.0, "text": "<b>look</b>"}]},
    "speech": {"status": "ok", "segments": [[0.0, 1.5]]},
    "thumbs": [],
}


def workspace(home: Path, n: int = 20) -> Project:
    """Project `p` with posts 1 to n; post 1 is the largest breakout and measured, half of them
    plain.
    """
    (home / "params").mkdir(parents=True, exist_ok=True)
    (home / "params" / "p.yaml").write_text("project: p\nis_simulated: true\n")
    project = Project.open("p", home=str(home))
    store = project.store
    catalog.create_brand(store, "Acme")
    catalog.create_product(store, "acme", {"name": "Core Deck", "audience": "parents"})
    people.ensure_project(store, "p", brand="acme")
    people.add_products(store, "p", ["core-deck"])
    posts = [(str(i), OWNER, 1_000 * (n + 1 - i)) for i in range(1, n + 1)]
    made = capture("c", 1, [account(1, "77", "rival")], posts)
    made["posts"].loc[0, "caption"] = HOSTILE
    captures.begin(store, begun("c", 1))
    captures.ingest(store, made)
    captures.finish(store, "c")
    outliers.save_run(store, _run(n), pd.DataFrame([_score(i, n) for i in range(1, n + 1)]))
    media.save_measures(store, {"post_id": "tiktok:1", **MEASURES})
    _give_video(project)
    return project


def _give_video(project: Project) -> None:
    """A video of two seconds for post 1, as notebook 04 keeps it."""
    path = "media/ab/abcd.mp4"
    target = project.workspace.outputs / path
    target.parent.mkdir(parents=True)
    clip = Clip(cutting([1.0], (90, 160)), duration_s=2.0, fps=Fraction(10))
    render(clip, target)
    row = {"post_id": "tiktok:1", "status": "ok", "kind": "video", "sha256": "abcd", "path": path}
    with project.store.write() as connection:
        save(connection, "media", [{**row, "tries": 1, "fetched_at": at(2)}], key=["post_id"])


def _run(n: int) -> dict:
    row = {"outlier_run_id": "r", "project_id": "p", "method": "calibrated", "n_scored": n}
    return {**row, "params": {}, "strata": [], "created_at": at(2)}


def _score(i: int, n: int) -> dict:
    large = 2.0 * (n + 1 - i)
    row = {"post_id": f"tiktok:{i}", "account_id": OWNER, "platform": "tiktok", "format": "video"}
    row |= {"metric": "views", "value": 1_000 * (n + 1 - i), "n_baseline": 12, "basis": "account"}
    row |= {"multiplier": large, "multiplier_low": large / 2, "multiplier_high": large * 2}
    return {**row, "q_value": 0.01, "tier": "extreme" if i <= n / 2 else "none", "reason": ""}

"""Match posts to scripts: propose, link (by a person, or automatically when sure), undo."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from vtlib.core import log
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.models import Platform, PostRef
from vtlib.ops import projects
from vtlib.performance import match_rule, store
from vtlib.performance.match_rule import FEATURES
from vtlib.performance.store import Decision
from vtlib.scripts import queries
from vtlib.scripts import store as scripts
from vtlib.scripts.lifecycle import link_post, named_post
from vtlib.scripts.script import parse
from vtlib.scripts.store import Move
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import decode_json, naive

MACHINE = "vt (automatic)"
COLUMNS = (
    *("state", "probability", "script", "script_id", "version", "post_id", "handle", "posted_at"),
    *("reasons", "reason", "decided_by", "decided_at", "url"),
)
_logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class MatchUpdate:
    """`new_links` made automatically and `proposals` for people; columns of `listing`."""

    new_links: pd.DataFrame
    proposals: pd.DataFrame

    @property
    def message(self) -> str:
        """One sentence; empty when there is nothing to say."""
        parts = []
        if n := len(self.new_links):
            undo = "vt script unlink undoes it"
            parts.append(f"{number(n, 'post')} linked to scripts by the machine ({undo})")
        if n := len(self.proposals):
            parts.append(f"{number(n, 'post')} may have come of scripts: vt script matches")
        return "; ".join(parts)


def renew(project: Project) -> MatchUpdate:
    """Match new own posts of a project to its scripts in production; link those that are sure,
    propose the likely.

    Linked by itself from `performance.link_from` on, proposed from `performance.propose_from`. A
    pair that was refused or undone is left alone, and a post that is linked keeps its script.
    Linked posts are then captured when due (`scraping.refresh_horizons_h`), as if a person had
    linked them.
    """
    with project.store.session():
        return _renew(project)


def _renew(project: Project) -> MatchUpdate:
    params = project.params.performance
    pairs = _pairs(project)
    likely = pairs[pairs["probability"] >= params.propose_from]
    store.save_proposals(project.store, project.slug, _rows(project, likely))
    sure = likely[likely["probability"] >= (params.link_from or 2.0)].drop_duplicates("post_id")
    for pair in sure.to_dict("records"):
        _link(project, pair)
    rows = listing(project)
    linked_ids = set(sure["post_id"])
    return MatchUpdate(
        rows[rows["state"].eq("link") & rows["post_id"].isin(linked_ids)],
        rows[rows["state"].eq("proposed")],
    )


def listing(project: Project) -> pd.DataFrame:
    """Matches of a project: COLUMNS; proposals first, the likeliest first."""
    rows = project.frame("match_list")
    is_linked = rows["linked_script"].eq(rows["script_id"])
    is_elsewhere = rows["linked_script"].notna() & ~is_linked
    state = rows["state"].mask(is_linked, "link")
    matches = rows.assign(state=state)[~(is_elsewhere & state.eq("proposed"))]
    return matches[[*COLUMNS]].reset_index(drop=True)


def accept(at: Workspace, script: str, post: str, *, by: str, reason: str = "") -> dict[str, Any]:
    """Link a proposed post to its script; returns the link. Raises BadInput for no proposal."""
    pair = _proposal(at, script, post)
    ref = post_of(pair["post_id"], pair["url"])
    link = link_post(at, pair["script_id"], ref, by=by, version=int(pair["version"]))
    _decide(at, pair, "link", by=by, reason=reason)
    return link


def refuse(at: Workspace, script: str, post: str, *, by: str, reason: str = "") -> dict[str, Any]:
    """Reject a proposal: it is not proposed again. Raises BadInput for no such proposal."""
    pair = _proposal(at, script, post)
    _decide(at, pair, "refuse", by=by, reason=reason)
    return pair


def reopen(at: Workspace, script: str, post: str, *, by: str, reason: str = "") -> dict[str, Any]:
    """Withdraw a refusal or an unlink: the pair may be proposed again at the next run."""
    pair = _pair(at, script, post)
    rows = listing(_project(at, pair["script_id"]))
    mine = rows[rows["script_id"].eq(pair["script_id"]) & rows["post_id"].eq(pair["post_id"])]
    if mine.empty or mine["state"].iloc[0] not in store.CLOSING:
        raise BadInput(
            f"{pair['post_id']} was not refused for {pair['script_id']}.", todo="vt script matches"
        )
    _decide(at, pair, "reopen", by=by, reason=reason)
    return pair


def unlink(at: Workspace, script: str, post: str, *, by: str, reason: str = "") -> dict[str, Any]:
    """Undo the link of a post to a script, whoever made it; the machine does not link or propose
    the pair again.

    A published version without any other post becomes produced again. Raises BadInput when there is
    no such link.
    """
    pair = _pair(at, script, post)
    script_id, post_id = pair["script_id"], pair["post_id"]
    with at.store.session():
        row = store.remove_link(at.store, script_id, post_id)
        origin = f"linked by {row['linked_by']} on {row['linked_at']:%Y-%m-%d %H:%M} UTC"
        why = f"{reason}; {origin}" if reason else origin
        _decide(at, {**pair, "version": row["version"]}, "unlink", by=by, reason=why)
        others = queries.publications(at.store, script_id)
        status = queries.get(at.store, script_id, version=int(row["version"]))["status"]
        if status == "published" and all(p["version"] != row["version"] for p in others):
            move = Move("produced", by, f"the link to {post_id} was undone")
            scripts.set_status(at.store, script_id, move, version=int(row["version"]))
    return {**pair, "version": row["version"], "linked_by": row["linked_by"]}


def add_cut(at: Workspace, script: str, file: Path, *, by: str) -> dict[str, Any]:
    """Note the pictures of a video file made of a script, so that its posts are known by them; the
    file stays where it is.

    Returns script_id, name, duration_s, n_hashes. Raises BadInput for an unknown script, and a file
    that is no video.
    """
    from vtlib.media.measures import measure  # noqa: PLC0415 - a decoder loads slowly

    if not file.is_file():
        raise BadInput(f"there is no file {file.name}.", todo="Name the edited video.")
    script_id = queries.find(at.store, script)
    with tempfile.TemporaryDirectory() as folder:
        row = measure(file, thumbs_dir=Path(folder), parts=["light"]).to_row()
    cut = {
        "script_id": script_id,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "name": file.name,
        "duration_s": row["duration_s"],
        "hashes": row["hashes"],
    }
    store.save_cut(at.store, cut, by=by, at=at.now())
    facts = {k: cut[k] for k in ("script_id", "name", "duration_s")}
    return facts | {"n_hashes": len(row["hashes"])}


def _pairs(project: Project) -> pd.DataFrame:
    """Candidate pairs with their probability; refused ones are none."""
    posts = project.frame("match_posts")
    script_rows = decode_json(project.frame("match_scripts"), "structure")
    lines = [_lines(parse(s)) for s in script_rows["structure"]]
    script_rows = script_rows.assign(lines=pd.Series(lines, index=script_rows.index, dtype=object))
    hashes = [
        None if not isinstance(h, (list, tuple, np.ndarray)) else [int(v, 16) for v in h]
        for h in posts["hashes"]
    ]
    posts = posts.assign(
        hashes=pd.Series(hashes, index=posts.index, dtype=object), is_new=~posts["is_linked"]
    )
    context = match_rule.MatchContext(
        store.linked_posts(project.store, project.slug),
        project.frame("match_places"),
        store.script_cuts(project.store, project.slug),
        store.closed_pairs(project.store, project.slug),
    )
    window = project.params.performance.match_window_days
    return match_rule.match(posts, script_rows, context, window_days=window).merge(
        posts[["post_id", "url"]], on="post_id", how="left"
    )


def _lines(script: Any) -> list[str]:
    return [t for beat in script.beats for t in (beat.spoken, beat.overlay) if t]


def _rows(project: Project, pairs: pd.DataFrame) -> list[dict[str, Any]]:
    now = naive(project.workspace.now())
    return [
        {
            "project_id": project.slug,
            **{k: pair[k] for k in ("script_id", "version", "post_id", "reasons")},
            # The order of a sum decides its last digit: the same pair again is the same row.
            "probability": round(pair["probability"], 12),
            "evidence": {name: round(pair[name], 4) for name in FEATURES[1:]},
            "method": match_rule.METHOD,
            "proposed_at": now,
        }
        for pair in pairs.to_dict("records")
    ]


def _link(project: Project, pair: Mapping[Any, Any]) -> None:
    """Link a sure pair; that a script cannot be linked is noted and stops nothing."""
    at, post_id = project.workspace, str(pair["post_id"])
    ref = post_of(post_id, pair["url"])
    try:
        link_post(at, str(pair["script_id"]), ref, by=MACHINE, version=int(pair["version"]))
    except BadInput as error:
        _logger.warning("not linked", post=post_id, script=pair["script_id"], reason=str(error))
        return
    _decide(at, pair, "link", by=MACHINE, reason="; ".join(pair["reasons"]))


def _decide(at: Workspace, pair: Mapping[Any, Any], decision: str, *, by: str, reason: str) -> None:
    chance, version = pair.get("probability"), pair.get("version")
    row = Decision(
        str(pair["script_id"]),
        str(pair["post_id"]),
        decision,
        by,
        reason,
        None if version is None or pd.isna(version) else int(version),
        None if chance is None or pd.isna(chance) else float(chance),
        is_automatic=by == MACHINE,
    )
    store.save_decision(at.store, row, at=at.now())
    _logger.info("match", decision=decision, script=row.script_id, post=row.post_id, by=by)


def post_of(post_id: str, url: str | None) -> PostRef:
    """A stored post as links take it."""
    platform, _, native_id = post_id.partition(":")
    return PostRef(cast("Platform", platform), native_id, url or "")


def _pair(at: Workspace, script: str, post: str) -> dict[str, Any]:
    """Script and post as people name them: an id, a title; an id or a URL."""
    post_id = str(named_post(post).post_id) if "://" in post else post
    return {"script_id": queries.find(at.store, script), "post_id": post_id}


def _proposal(at: Workspace, script: str, post: str) -> dict[str, Any]:
    """The open proposal of a pair. Raises BadInput where there is none."""
    pair = _pair(at, script, post)
    rows = listing(_project(at, pair["script_id"]))
    mine = rows[
        rows["script_id"].eq(pair["script_id"])
        & rows["post_id"].eq(pair["post_id"])
        & rows["state"].eq("proposed")
    ]
    if mine.empty:
        raise BadInput(
            f"{pair['post_id']} is not proposed for {pair['script_id']}.",
            todo="vt script matches lists proposals; vt script track links any post.",
        )
    return {str(k): v for k, v in mine.iloc[0].to_dict().items()}


def _project(at: Workspace, script_id: str) -> Project:
    slug = queries.get(at.store, script_id)["project_id"]
    if not slug:
        raise BadInput(
            f"{script_id} belongs to no project, so no posts are matched to it.",
            todo=f"vt script update {script_id} --project P",
        )
    return projects.open_project(at, str(slug))

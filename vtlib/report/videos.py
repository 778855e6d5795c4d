"""The videos that a run looked at, as its reader may see them: for cards and pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from vtlib.analysis import labelling
from vtlib.analysis.timelines import model_scenes
from vtlib.capture import video_tracks
from vtlib.core.language import say
from vtlib.llm import answers as analyses
from vtlib.media import store as media
from vtlib.media.folder import MediaFolder
from vtlib.media.queue import EXAMPLE_ROLE, PUBLISHED_ROLE, SAMPLE_ROLE
from vtlib.report import script_results
from vtlib.report.answers import breakouts
from vtlib.report.facts import VideoClaim, VideoView
from vtlib.store.project import Project, one_session

CARDS = 6  # breakouts on the index
PAGES_MAX = 40  # videos with a page of their own, cards first
FRAMES_MAX = 16
FOLDER = "pages"  # beside the ten pages of a run: all others
_OURS = ("title", "status", "made_by", "product_id", "reason", "variant")
_PLAIN = re.compile(r"[^\w-]+", re.ASCII)


@one_session
def videos(project: Project) -> tuple[VideoView, ...]:
    """The surest breakouts, then the other posts that were picked, each once, PAGES_MAX at most.

    With pseudonyms without frames, words and links of strangers.
    """
    raw = project.frame("outliers")
    if raw.empty:
        return ()
    roles = _roles(project, raw)
    rows = raw.set_index("post_id", drop=False).rename_axis(None)
    raw_rows = rows[rows["account_id"].isin(rows.loc[list(roles), "account_id"])]
    shown = project.visible(rows.loc[list(roles)], ours=("reason",))
    sources = _Sources.of(project, list(roles))
    pairs = _ordinary_posts(raw_rows, roles)
    views = []
    for post_id, role in roles.items():
        facts = {str(k): v for k, v in shown.loc[post_id].items()}
        views.append(
            VideoView(
                post_id,
                page_name(project, post_id),
                role,
                facts,
                **sources.about(post_id, facts),
                account=_account_posts(raw_rows, post_id),
                ordinary=pairs.get(post_id, ""),
            )
        )
    return tuple(views)


def page_name(project: Project, post_id: str) -> str:
    """Address of a post's page from the run's folder; with pseudonyms it names nobody."""
    name = post_id if project.names_creators else project.visible_id("post", post_id)
    return f"{FOLDER}/{_PLAIN.sub('-', name)}.html"


def video_pages(project: Project) -> dict[str, str]:
    """Address of a video's page from the run's folder -> its post, as `videos` would write now."""
    scores = project.frame("outliers")
    roles = _roles(project, scores) if len(scores) else {}
    return {page_name(project, post_id): post_id for post_id in roles}


def _roles(project: Project, scores: pd.DataFrame) -> dict[str, str]:
    """post_id -> role, in the order of the pages: cards first."""
    picks = project.frame("selected")
    picks = picks[~picks["role"].isin((EXAMPLE_ROLE, PUBLISHED_ROLE, SAMPLE_ROLE))]
    role_of = dict(zip(picks["post_id"], picks["role"], strict=True))
    first = breakouts(scores)["post_id"].head(CARDS)
    known = set(scores["post_id"])
    ids = dict.fromkeys([*first, *(p for p in role_of if p in known)])
    return {str(p): str(role_of.get(p, "breakout")) for p in list(ids)[:PAGES_MAX]}


def _ordinary_posts(rows: pd.DataFrame, roles: Mapping[str, str]) -> dict[str, str]:
    """post_id -> an ordinary post of the same account and format: a picked one, else the one
    nearest to the account's usual.
    """
    plain = rows[rows["tier"].eq("none") & rows["reason"].eq("")]
    plain = plain.assign(
        _picked=[roles.get(p) != "control" for p in plain["post_id"]],
        _off=(pd.to_numeric(plain["multiplier"]) - 1).abs(),
    ).sort_values(["_picked", "_off", "post_id"])
    nearest = plain.drop_duplicates(["account_id", "format"])
    by_place = dict(
        zip(
            zip(nearest["account_id"], nearest["format"], strict=True),
            nearest["post_id"],
            strict=True,
        )
    )
    places = {p: by_place.get((rows.at[p, "account_id"], rows.at[p, "format"])) for p in roles}
    return {p: str(other) for p, other in places.items() if other and other != p}


def _account_posts(rows: pd.DataFrame, post_id: str) -> pd.DataFrame:
    own = rows.loc[post_id]
    same = rows["account_id"].eq(own["account_id"]) & rows["format"].eq(own["format"])
    same &= rows["metric"].eq(own["metric"])
    return rows.loc[same, ["post_id", "posted_at", "value", "tier"]].reset_index(drop=True)


@dataclass(frozen=True)
class _Sources:
    """What is stored about the posts of a project's pages, read once."""

    project: Project
    measures: Mapping[str, Mapping[str, Any]]
    numbers: Mapping[str, pd.DataFrame]
    paths: Mapping[str, str]  # of kept videos, relative to outputs
    answers: Mapping[str, Mapping[str, Any]]
    scripts: tuple[Mapping[str, Any], ...]
    posts_of: Mapping[str, str]  # script_id -> post that came of it

    @classmethod
    def of(cls, project: Project, post_ids: Sequence[str]) -> _Sources:
        numbers = project.frame("video_numbers", posts=list(post_ids))
        answers = labelling.answers(project)
        answers = answers[answers["post_id"].isin(post_ids)]
        results = script_results.sums(project.frame("insight_verdicts"))
        scripts = project.frame("insight_scripts").join(results, on="script_id")
        if not project.shows("drafts"):
            scripts = scripts[~scripts["status"].isin(("draft", "review"))]
        links = dict(zip(scripts["script_id"], scripts["post_id"], strict=True))
        sources = scripts["source_post_id"]
        visible = project.visible(scripts, ours=_OURS).assign(source_post_id=sources)
        return cls(
            project,
            _measured(project, list(post_ids)),
            {str(p): project.visible(rows) for p, rows in numbers.groupby("post_id")},
            media.video_paths(project.store, list(post_ids)),
            {
                str(a["post_id"]): {str(k): v for k, v in a.items()}
                for a in answers.to_dict("records")
            },
            tuple({str(k): v for k, v in s.items()} for s in visible.to_dict("records")),
            {str(s): str(p) for s, p in links.items() if isinstance(p, str)},
        )

    def about(self, post_id: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of VideoView that come of measures, answers, snapshots and scripts."""
        answer = self.answers.get(post_id)
        row = self.measures.get(post_id)
        scripts = [s for s in self.scripts if s["source_post_id"] == post_id]
        scripts += [s for s in self.scripts if self.posts_of.get(str(s["script_id"])) == post_id]
        own = {
            "preview": self._preview(post_id),
            "link": self._link(post_id),
            "measures": _without_words(row) if row and not self.project.names_creators else row,
            "numbers": self.numbers.get(post_id, pd.DataFrame()),
            "scripts": tuple(scripts),
            "words": _first_words(facts),
        }
        if answer is None or not self.project.names_creators:
            return own | {"frames": self._frames(post_id, row)}
        hook = answer["answer"].get("hook") or {}
        return own | {
            "frames": self._frames(post_id, row),
            "words": own["words"] or hook.get("spoken") or hook.get("overlay_text") or "",
            "hook_types": tuple(t["type"] for t in hook.get("types") or []),
            "reasons": self._reasons(answer),
            "scenes": tuple(model_scenes(self.project, answer)),
        }

    def _preview(self, post_id: str) -> bytes | None:
        report = self.project.params.report
        if not report.previews or not self.project.names_creators:
            return None
        return MediaFolder.of(self.project).preview(self.paths.get(post_id))

    def _link(self, post_id: str) -> tuple[str, str]:
        hours = self.project.params.report.media_link_h
        if not hours or not self.project.names_creators:
            return "", ""
        end = datetime.now(UTC) + timedelta(hours=hours)  # of the signature: no simulated clock
        link = MediaFolder.of(self.project).link(self.paths.get(post_id), hours=hours)
        return link, f"{end:%Y-%m-%d %H:%M} UTC"

    def _frames(
        self, post_id: str, row: Mapping[str, Any] | None
    ) -> tuple[tuple[float, bytes], ...]:
        """Frames of a measured video, or the pictures of a photo post at second 0."""
        if not self.project.names_creators:
            return ()
        folder = MediaFolder.of(self.project)
        if row is None:
            stills = folder.stills(media.picture_paths(self.project.store, post_id)[:FRAMES_MAX])
            return tuple((0.0, still) for still in stills if still)
        thumbs = list(row["thumbs"] or [])
        step = max(1, -(-len(thumbs) // FRAMES_MAX))
        return tuple(folder.thumbnails(row["thumbs_path"], thumbs[::step]))

    def _reasons(self, answer: Mapping[str, Any]) -> tuple[VideoClaim, ...]:
        rows = analyses.claims(self.project.store, str(answer["analysis_id"]))
        held = {c["path"]: c["held"] for c in rows}
        return tuple(
            VideoClaim(str(claim["text"]), held.get(f"explanation.{n}", ""))
            for n, claim in enumerate(answer["answer"].get("explanation") or [])
            if claim.get("text")
        )


def _measured(project: Project, post_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Measures by post, with the replays and subtitles that a platform gives (media/timeline)."""
    heatmaps = video_tracks.heatmaps_of(project.store, post_ids)
    subtitles = video_tracks.subtitles_of(project.store, post_ids)
    return {
        m["post_id"]: {
            **m,
            "replays": heatmaps.get(m["post_id"]),
            "subtitles": subtitles.get(m["post_id"]),
        }
        for m in media.measures(project.store, post_ids)
    }


def _without_words(row: Mapping[str, Any]) -> dict[str, Any]:
    reason = {"status": "not_shown", "reason": say("in a report with pseudonyms")}
    return {**row, "text": reason, "subtitles": None}


def _first_words(facts: Mapping[str, Any]) -> str:
    """The first line of a post's title or caption."""
    texts = (facts.get(name) for name in ("title", "caption"))
    text = next((t for t in texts if isinstance(t, str) and t.strip()), "")
    return text.strip().splitlines()[0] if text else ""

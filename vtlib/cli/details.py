"""`vt post show`, `vt account show`, `vt video show`: one thing with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, by_option, command, table
from vtlib.cli.catalog import facts_text
from vtlib.core.models import BREAKOUT_TIERS, METRICS

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

_BARS = "▁▂▃▄▅▆▇█"
_ROWS = 20  # of a list on a terminal; --json has all
Row = dict[str, Any]


@vt.group(cls=Group)
def post() -> None:
    """One post: numbers over time, tier and why, video, duplicates, scripts."""


@vt.group(cls=Group)
def account() -> None:
    """One account: followers over time, its posts and breakouts."""


@vt.group(cls=Group)
def video() -> None:
    """One video: its file, its measures, and every post that shows it."""


@command(vt, "desk", example="vt desk demo")
@click.argument("name", metavar="PROJECT")
@by_option
@click.option("--port", type=click.IntRange(1024, 65535), help="Default: the first free one.")
@click.option("--browser/--no-browser", "has_browser", default=True, show_default=True)
@click.option(
    "--proxy-path",
    default="",
    metavar="PATH",
    help="It stands behind the team's proxy under this path, e.g. /desk/ (docs/team.md).",
)
def show_desk(
    at: Workspace, name: str, by: str, port: int | None, has_browser: bool, proxy_path: str
) -> Answer:
    """Open the desk in a window of its own, until Ctrl-C: posts to keep or reject, scripts, the
    board. Only this machine can reach it.
    """
    from vtlib.desk import server
    from vtlib.ops import projects

    project = projects.open_project(at, name)
    code = server.serve(
        project, by=by, port=port or 0, has_browser=has_browser, proxy_path=proxy_path
    )
    return Answer({"project": project.slug}, "The desk is closed.", code)


@command(post, "show", example="vt post show tiktok:7106594312292453675")
@click.argument("name", metavar="POST")
def show_post(at: Workspace, name: str) -> Answer:
    """All that is known of a post, in every project. POST is its id, its native id or its URL."""
    from vtlib.desk import details

    parts = details.post(at.store, name)
    return Answer(parts, "\n".join(_post_lines(parts)))


@command(account, "show", example="vt account show @some_handle")
@click.argument("name", metavar="ACCOUNT")
def show_account(at: Workspace, name: str) -> Answer:
    """All that is known of an account. ACCOUNT is @handle, platform:handle, its id or its
    profile's URL.
    """
    from vtlib.desk import details

    parts = details.account(at.store, name)
    return Answer(parts, "\n".join(_account_lines(parts)))


@command(video, "show", example="vt video show tiktok:7106594312292453675")
@click.argument("name", metavar="VIDEO")
def show_video(at: Workspace, name: str) -> Answer:
    """A fetched video: file, measures, and the posts that show it. VIDEO is one of its posts, or
    the first digits of its SHA-256.
    """
    from vtlib.desk import details

    parts = details.video(at.store, name)
    (facts,) = parts["video"]
    file = {**facts, "path": at.outputs / facts["path"] if facts["path"] else None}
    lines = [
        *_video_lines(file, with_measures=True),
        *_track_lines(parts),
        *_section(
            "Posts that show it",
            parts["posts"],
            ("post_id", "handle", "posted_at", "views", "share", "url"),
        ),
        *_section("Answers of models", parts["analyses"], _ANALYSES),
        *_section("Fits", parts["fits"], _FITS),
        *_section("Scripts", parts["scripts"], _SCRIPTS),
    ]
    return Answer(parts, "\n".join(lines))


_ANALYSES = ("analysis_id", "task", "model", "status", "grounding_share", "answered_at")
_FITS = ("product_id", "score", "confidence", "is_model_choice", "reason")
_SCRIPTS = ("link", "script_id", "title", "status", "version")


def sparkline(values: Sequence[float | None]) -> str:
    """Numbers as a line of bars from the least to the greatest; a space where one is not known."""
    numbers = [v for v in values if v is not None]
    if not numbers:
        return ""
    low, span = min(numbers), max(numbers) - min(numbers)
    top = len(_BARS) - 1
    return "".join(
        " " if v is None else _BARS[round((v - low) / span * top) if span else 0] for v in values
    )


def _post_lines(parts: Row) -> list[str]:
    facts = parts["post"]
    head = {
        "post": facts["post_id"],
        "link": facts["url"],
        "creator": _name(facts),
        "format": facts["format"],
        "posted": _time(facts["posted_at"]),
        "caption": _line(facts["title"] or facts["caption"]),
        "sound": _line(facts["audio_title"]),
    }
    return [
        facts_text(head),
        *_numbers(parts["snapshots"]),
        *(line for row in parts["projects"] for line in _tier_lines(row)),
        *_video_lines(parts["video"][0] if parts["video"] else None, with_measures=False),
        *_track_lines(parts),
        *_section("Duplicates", parts["duplicates"], ("post_id", "handle", "posted_at", "views", "url")),  # noqa: E501
        *_section("Answers of models", parts["analyses"], _ANALYSES),
        *_section("Fits", parts["fits"], _FITS),
        *_section("Scripts", parts["scripts"], _SCRIPTS),
        *_section("Verdicts", parts["verdicts"], ("script_id", "target", "status", "percentile", "reason")),  # noqa: E501
    ]  # fmt: skip


def _numbers(snapshots: list[Row]) -> list[str]:
    """Counts at each capture, with a sparkline a metric; metrics never counted are left out."""
    if not snapshots:
        return ["", "Numbers over time: never captured"]
    metrics = [m for m in METRICS if any(s[m] is not None for s in snapshots)]
    hidden_metrics = [
        m for m in METRICS if m not in metrics and snapshots[-1][f"{m}_state"] == "hidden"
    ]
    bars = [
        f"  {m:<12}{sparkline([s[m] for s in snapshots])}  {_change(snapshots, m)}" for m in metrics
    ]
    rows = [
        {"captured": _time(s["captured_at"]), "age": _age(s["age_h"]), **{m: s[m] for m in metrics}}
        for s in snapshots
    ]
    note = [f"  hidden by the platform: {', '.join(hidden_metrics)}"] if hidden_metrics else []
    return [*_section("Numbers over time", rows[-_ROWS:], tuple(rows[0])), *bars, *note]


def _tier_lines(row: Row) -> list[str]:
    """A project's verdict on the post: tier, multiplier with interval, pick, decision."""
    lines = ["", f"Project {row['project_id']}" + (", own post" if row["is_own"] else "")]
    if row["tier"] is None:
        return [*lines, f"  not judged yet: vt analyze outliers --project {row['project_id']}"]
    level = ""
    if row["multiplier"] is not None:
        level = (
            f", {row['multiplier']:.3g}x its level ({row['multiplier_low']:.3g} to "
            f"{row['multiplier_high']:.3g}), "
            f"{row['value']:,} {row['metric']} where {row['expected'] or 0:,.0f} were expected "
            f"from {row['n_baseline']} posts"
        )
    lines += [f"  tier {row['tier']}{level}"]
    why = [row["why"], row["score_notes"]]
    lines += [f"  why: {_line(text)}" for text in why if text]
    pick_lines = [f"picked as {row['picked_as']}"] if row["picked_as"] else []
    decision_lines = (
        [
            (
                f"{row['decision']} by {row['reviewer'] or 'nobody named'}: "
                f"{_line(row['decision_reason']) or '-'}"
            )
        ]
        if row["decision"]
        else []
    )
    return lines + [f"  {text}" for text in (*pick_lines, *decision_lines)]


def _video_lines(facts: Row | None, *, with_measures: bool) -> list[str]:
    if facts is None:
        return ["", "Video: not fetched (vt process videos fetches those of picked posts)"]
    shape = f"{facts['width']}x{facts['height']}" if facts["width"] else None
    length = f"{facts['duration_s']:.1f} s" if facts["duration_s"] else None
    size = f"{facts['bytes'] / 1e6:,.1f} MB" if facts["bytes"] else None
    summary = " ".join(t for t in (length, shape, facts["codec"], size) if t)
    state = (
        facts["status"] if facts["purged_at"] is None else f"removed {_time(facts['purged_at'])}"
    )
    lines = ["", f"Video: {state}" + (f", {summary}" if summary else "")]
    if facts["reason"] and facts["status"] != "ok":
        lines.append(f"  because {_line(facts['reason'])}")
    if facts["sha256"]:
        lines.append(f"  sha256 {facts['sha256']}")
    if isinstance(facts["path"], Path):
        lines.append(f"  file {facts['path']}")
    if facts["measured"] == "ok":
        lines.append(f"  measured {_time(facts['measured_at'])}: {facts['n_cuts'] or 0} cuts")
        if with_measures:
            lines += _measures(facts)
    elif facts["measured"]:
        lines.append(f"  not measured: {_line(facts['not_measured_because'])}")
    return lines


def _track_lines(parts: Row) -> list[str]:
    """The most replayed stretch, and the subtitles with where their words came from."""
    from vtlib.capture.video_tracks import replay_words

    rows = [
        {**s, "words": _line(s["text"])[:60] if s["text"] else "only listed"}
        for s in parts["subtitles"]
    ]
    return [
        *(f"  most replayed: {replay_words(one)}" for one in parts["most_replayed"]),
        *_section("Subtitles", rows, ("language", "source", "file", "words")),
    ]


def _measures(facts: Row) -> list[str]:
    plain = {
        "cuts at": ", ".join(f"{s:.1f} s" for s in (facts["cuts_s"] or [])[:_ROWS]),
        "frames/s": facts["fps"],
        "motion": facts["motion"],
        "brightness": facts["brightness"],
        "colorfulness": facts["colorfulness"],
    }
    texts = {k: f"{v:.3g}" if isinstance(v, float) else v for k, v in plain.items()}
    return [f"  {line}" for line in facts_text(texts).splitlines()]


def _account_lines(parts: Row) -> list[str]:
    facts = parts["account"]
    earlier = [h["handle"] for h in parts["handles"] if h["handle"] != facts["handle"]]
    head = {
        "account": facts["account_id"],
        "handle": f"@{facts['handle']}" if facts["handle"] else None,
        "name": _line(facts["display_name"]),
        "link": facts["url"],
        "earlier handles": ", ".join(earlier),
        "followers": None if facts["followers"] is None else f"{facts['followers']:,}",
        "first seen": _time(facts["first_seen_at"]),
        "last captured": _time(facts["last_captured_at"]),
        "projects": ", ".join(f"{p['project_id']} ({p['role']})" for p in parts["projects"]),
        "breakouts": ", ".join(
            (
f"{t['n']} {t['tier']} in "
f"{t['project_id']}"
) for t in parts["tiers"] if t["tier"] in BREAKOUT_TIERS
        ),
    }  # fmt: skip
    history = [{**f, "captured": _time(f["captured_at"])} for f in parts["followers"]]
    posts = [{**p, "caption": _line(p["caption"])[:40]} for p in parts["posts"]]
    lines = [facts_text(head)]
    lines += _section(
        "Followers over time", history[-_ROWS:], ("captured", "followers", "following", "posts")
    )
    if history:
        lines.append(
            f"  {sparkline([h['followers'] for h in history])}  {_change(history, 'followers')}"
        )
    lines += _section(
        "Posts by format",
        parts["formats"],
        ("format", "n_posts", "median_views", "most_views", "last_posted_at"),
    )
    lines += _section(
        "Newest posts",
        posts,
        ("post_id", "posted_at", "views", "tier", "multiplier", "caption", "url"),
    )
    return lines + _section(
        "Scripts that became its posts",
        parts["scripts"],
        ("script_id", "title", "status", "post_id"),
    )


def _section(title: str, rows: list[Row], columns: tuple[str, ...]) -> list[str]:
    """A titled table of the first rows; nothing at all where there are none."""
    import pandas as pd

    if not rows:
        return []
    cells = pd.DataFrame(rows[:_ROWS], dtype=object).reindex(columns=list(columns))
    for name in columns:
        if name.endswith("_at"):
            cells[name] = [_time(v) for v in cells[name]]
        else:
            cells[name] = [f"{v:,}" if type(v) is int else v for v in cells[name]]
    rest = len(rows) - _ROWS
    more = [f"  and {rest} more (--json has all)"] if rest > 0 else []
    heads = cells.rename(columns=lambda c: c.removesuffix("_at"))
    return ["", title, table(heads.astype(object).where(cells.notna().to_numpy(), None)), *more]


def _change(rows: list[Row], name: str) -> str:
    """From the first known number to the last."""
    values = [r[name] for r in rows if r[name] is not None]
    if not values:
        return "not known"
    return f"{values[0]:,}" if len(values) == 1 else f"{values[0]:,} -> {values[-1]:,}"


def _name(facts: Row) -> str:
    handle = f"@{facts['handle']}" if facts["handle"] else facts["account_id"]
    return " ".join(
        t
        for t in (handle, f"({_line(facts['display_name'])})" if facts["display_name"] else "")
        if t
    )


def _age(hours: float | None) -> str | None:
    day_h = 48
    if hours is None:
        return None
    return f"{hours:.0f} h" if hours < day_h else f"{hours / 24:.1f} d"


def _time(moment: Any) -> str | None:
    import pandas as pd

    return None if moment is None or pd.isna(moment) else f"{moment:%Y-%m-%d %H:%M} UTC"


def _line(text: str | None) -> str:
    """Text of others on one line, without terminal control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split())[:300]

"""`vt process videos` and `vt purge`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, progress, table
from vtlib.cli.imports import posts_option, project_option
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.media import downloads
    from vtlib.media import purge as media_purge
    from vtlib.store.project import Workspace

POST_COLUMNS = [
    "post_id",
    "role",
    "outcome",
    "kind",
    "duration_s",
    "mb",
    "cuts",
    "measured",
    "tries",
]


@vt.group(cls=Group)
def process() -> None:
    """Fetch and measure what was picked."""


@command(process, "videos", example="vt process videos --project spring --limit 10")
@project_option
@click.option(
    "--limit",
    type=click.IntRange(0),
    help="The newest so many picked posts. Default: analysis.limit of the params.",
)
@click.option(
    "--again", is_flag=True, help="Measure anew what was measured; nothing is downloaded twice."
)
@click.option(
    "--sample",
    type=click.IntRange(0),
    help="So many videos measured in all for patterns, drawn at random. Default: media.sample of "
    "the params.",
)
@posts_option
def videos(
    at: Workspace,
    project: str,
    limit: int | None,
    again: bool,
    sample: int | None,
    posts: tuple[str, ...],
) -> Answer:
    """Download the newest picked posts, and those drawn for patterns (vt process plan --sample),
    and measure them. Run again, it goes on where it stopped.
    """
    from vtlib.media import queue as media_queue
    from vtlib.media import stage as media_stage
    from vtlib.ops import projects
    from vtlib.performance import video_samples

    view = {"limit": limit, "posts": list(posts) or None}
    over: dict[str, Any] = {"analysis": {k: v for k, v in view.items() if v is not None}}
    over |= {"media": {"sample": sample}} if sample is not None else {}
    current = projects.open_project(at, project, over=over)
    video_samples.draw(current, current.params.media.sample)
    with progress("downloading", unit="posts") as tick:
        stage_result = media_stage.run(current, again=again, progress=tick)
    result, rows = stage_result.media, media_queue.overview(stage_result.posts)
    conclusion = media_queue.conclude(rows, stage_result.duplicates)
    n_failed = _n_failed(result, rows)
    rest = [f"{name} rests for now: {why}" for name, why in sorted(result.pauses.items())]
    if n_failed:
        rest.append(
            f"{n_failed} {'post' if n_failed == 1 else 'posts'} failed or wait; run the command "
            "again later"
        )
    lines = [*conclusion.headline, *rest, *([result.stop_reason] if result.stop_reason else [])]
    data = {
        "fetched": dict(result.counts_by_status),
        "measured": result.n_measured,
        "resting": result.pauses,
        "stopped": result.stop_reason,
        "headline": conclusion.headline,
        "skipped": conclusion.reason,
        "failed": n_failed,
        "posts": rows[
            [*POST_COLUMNS, "status", "reason", "sha256", "path", "came_by", "next_try_at"]
        ],
    }
    text = "\n".join([table(rows[POST_COLUMNS], empty="no posts are picked"), *lines])
    reason = f"\nskipped: {conclusion.reason}" if conclusion.status == "skipped" else ""
    return Answer(data, text + reason, result.exit_code(n_failed))


@command(process, "covers", example="vt process covers --project spring --limit 500")
@project_option
@click.option(
    "--limit", type=click.IntRange(0), help="At most so many posts. Default: media.covers."
)
def covers(at: Workspace, project: str, limit: int | None) -> Answer:
    """Fetch the still pictures that captures name, for posts that have no other: the desk and pages
    show them. Breakouts come first. Run it soon after a capture: addresses are signed for about a
    day.
    """
    from vtlib.media import covers as media_covers
    from vtlib.ops import projects

    current = projects.open_project(at, project)
    with progress("fetching covers", unit="posts") as tick:
        result = media_covers.run(current, limit=limit, progress=tick)
    counts = dict(result.counts_by_status)
    n = counts.pop("photo", 0)
    others = ", ".join(f"{word}: {count}" for word, count in sorted(counts.items()))
    lines = [f"{number(n, 'cover')} fetched{f'; not fetched: {others}' if others else ''}"]
    lines += [f"{name} rests for now: {why}" for name, why in sorted(result.pauses.items())]
    lines += [result.stop_reason] if result.stop_reason else []
    data = {"fetched": n, "failed": counts, "resting": result.pauses, "stopped": result.stop_reason}
    return Answer(data, "\n".join(lines))


@command(process, "plan", example="vt process plan --project spring --sample")
@project_option
@click.option(
    "--effect",
    type=click.FloatRange(1.05, 20),
    default=1.5,
    show_default=True,
    help="The effect that is to be found, as a ratio of views.",
)
@click.option("--films", type=click.IntRange(0), help="So many measured videos in all.")
@click.option("--sample", is_flag=True, help="Draw them: half breakouts, half ordinary posts.")
def plan(at: Workspace, project: str, effect: float, films: int | None, sample: bool) -> Answer:
    """Plan how many more videos to measure, or to ask a model about, before each pattern can be
    tested; and what that takes.

    Videos needed: measured in all, half of them breakouts, for power .8 at the p that one more
    claim needs. Time, bytes and dollars are means of what this workspace took so far. --sample
    draws the videos; vt process videos measures them.
    """
    from vtlib.ops import projects
    from vtlib.performance import video_samples

    current = projects.open_project(at, project)
    sample_plan = video_samples.plan(current, effect=effect, films=films)
    new = video_samples.draw(current, sample_plan.size) if sample else 0
    lines = sample_plan.words
    if sample:
        lines = [*lines, f"{number(new, 'video')} drawn: vt process videos --project {project}"]
    data = {
        **{
            k: getattr(sample_plan, k) for k in ("patterns", "measure", "ask", "available", "rates")
        },
        "drawn": sample_plan.n_drawn + new,
        "new": new,
        "headline": lines,
    }
    cells = sample_plan.patterns.rename(columns=lambda c: c.replace("_", " "))
    empty = "no posts are judged yet: vt analyze outliers"
    return Answer(data, "\n".join([table(cells, empty=empty), *lines]))


@command(vt, "purge", example="vt purge --project spring --dry-run")
@click.option("--project", help="Take media.keep_days and media.quota_gb from its params.")
@click.option("--keep-days", type=click.IntRange(0), help="Remove media fetched longer ago.")
@click.option("--quota-gb", type=click.FloatRange(0), help="Remove media until so much is left.")
@click.option(
    "--personal",
    is_flag=True,
    help="Remove bios, names, contact data and pictures of persons, and comments.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def purge(
    at: Workspace,
    project: str | None,
    keep_days: int | None,
    quota_gb: float | None,
    personal: bool,
    dry_run: bool,
) -> Answer:
    """Remove media by age or quota, or personal data, of the whole workspace. All numbers stay."""
    from vtlib.core.params import Params
    from vtlib.media import purge as media_purge
    from vtlib.store.project import resolve

    media = (resolve(at, project) if project else Params(project="none")).media
    if project is None and keep_days is None and quota_gb is None and not personal:
        raise BadInput(
            "say what is to go.", todo="Add --project, --keep-days, --quota-gb or --personal."
        )
    request = media_purge.PurgeRequest(
        keep_days if keep_days is not None or not project else media.keep_days,
        quota_gb if quota_gb is not None or not project else media.quota_gb,
        personal,
    )
    result = (media_purge.preview if dry_run else media_purge.purge)(at, request)
    return Answer(media_purge.report(result, dry_run=dry_run), _purge_text(result, dry_run=dry_run))


def _n_failed(result: downloads.MediaResult, posts: pd.DataFrame) -> int:
    """Posts that failed in this call or still wait for a retry."""
    return len(result.failed_ids | set(posts.loc[posts["state"].eq("fetch"), "post_id"]))


def _purge_text(result: media_purge.Purge, *, dry_run: bool) -> str:
    verb = "would go" if dry_run else "removed"
    files = result.files[["why", "path", "bytes", "fetched_at"]]
    lines = [table(files, empty=f"no media {verb}")]
    if result.orphans:
        lines.append(f"{number(len(result.orphans), 'file')} that no row names {verb}")
    lines += [f"{name.replace('_', ' ')}: {n:,}" for name, n in result.personal.items()]
    lines.append(
        f"{result.freed_bytes / 1e6:,.1f} MB of {result.held_bytes / 1e6:,.1f} MB {verb}; all "
        "numbers stay"
    )
    return "\n".join(lines)

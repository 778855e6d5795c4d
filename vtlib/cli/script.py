"""`vt script`: scripts as assets, from the first draft to the post."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, by_option, command, table
from vtlib.cli.catalog import facts_text
from vtlib.cli.script_text import (
    numbered,
    script_data,
    summary_text,
)
from vtlib.core.errors import BadInput
from vtlib.scripts import workflow
from vtlib.scripts.origins import TEMPLATES

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

LIST_COLUMNS = (
    *("script_id", "title", "status", "version", "product_id", "assignee", "waiting_for"),
    *("due_on", "shoot_on", "publish_on", "duration_s", "open_comments", "updated_at"),
)
FILE = click.Path(path_type=Path, dir_okay=False)


@vt.group(cls=Group)
def script() -> None:
    """Scripts: versions, review, production, export, and the post that came of them."""


notes_option = click.option("--notes", default="", help="Why this version, in words.")
seen_option = click.option(
    "--seen",
    "base_version",
    type=int,
    help="The version you started from; default: the current one.",
)
version_option = click.option("--version", type=int, help="Default: the current version.")
product_option = click.option("--product", help="Slug of the product (or brand/slug).")
project_option = click.option("--project", help="Slug of the project.")


script_argument = click.argument("ref", metavar="SCRIPT")


@command(
    script,
    "create",
    example='vt script create --from-post tiktok:7106594312292453675 --product core-deck --title "Quiet evenings"',  # noqa: E501
)
@click.option("--title", default="", help="Default: the file's, or whose post it follows.")
@product_option
@project_option
@click.option(
    "--from-post",
    "post",
    default="",
    help="Post id or URL: its analysis, else its measures and caption.",
)
@click.option(
    "--analysis", default="", help="Id of an analysis (vt analyze show POST): that answer."
)
@click.option(
    "--from-adaptation",
    "adaptation",
    default="",
    help="Id of an adaptation or of its script: as it was written first.",
)
@click.option(
    "--from-pattern",
    "pattern",
    default="",
    help="Name of a pattern of --project's library (vt patterns), on --template's beats.",
)
@click.option("--template", type=click.Choice(TEMPLATES), default=None)
@click.option("--from-file", "file", type=FILE, help="Markdown, Fountain or JSON.")
@click.option(
    "--forecast/--no-forecast",
    "has_forecast",
    default=True,
    show_default=True,
    help="With --project: what is expected of it (some seconds).",
)
@notes_option
@by_option
def create(at: Workspace, by: str, **options: Any) -> Answer:
    """Make a script: from a post, an analysis, an adaptation, a pattern, a template, a file, or
    empty.

    From an analysed post everything is filled that the analysis says: beats, kinds, words,
    patterns, difficulty; with --product its name as a prop; with --project what is expected of it.
    An --analysis brings its project, and the product that is the project's only one, or was
    recommended for the video.
    """
    from vtlib.adaptation import drafts
    from vtlib.adaptation.drafts import DraftRequest
    from vtlib.scripts.forecast_text import prediction_lines
    from vtlib.scripts.picture import time_line

    row = drafts.create(
        at, DraftRequest(**{k: v for k, v in options.items() if v is not None}), by=by
    )
    head = f"script {row['script_id']} from {row['origin']}, version 1, draft"
    place = f"product {row['product_id'] or '-'}, project {row['project_id'] or '-'}"
    lines = [head, place, time_line(row["script"]), *prediction_lines(row["script"].prediction)]
    return Answer(script_data(row), "\n".join(lines))


@command(script, "list", example="vt script list --product core-deck --status draft")
@product_option
@click.option("--brand", help="Slug of the brand.")
@project_option
@click.option("--status", type=click.Choice(workflow.STATUSES))
@click.option("--assignee", help="Who writes it.")
@click.option("--search", help="Words in the title or the text.")
@click.option(
    "--waiting-for", "person", metavar="NAME", help="Only those whose next step is that person's."
)
@click.option("--archived", is_flag=True, help="Archived ones too.")
def list_(at: Workspace, **filters: Any) -> Answer:
    """Scripts with their current versions, the last changed first; whose step is next; due, shoot
    and publish dates.

    A draft waits for its writer, one in review for reviewers and approvers, from approved on for
    producers (vt script assign).
    """
    from vtlib.scripts import queries as script_queries

    rows = script_queries.listing(at.store, **filters)
    empty = f"no script waits for {filters['person']}" if filters["person"] else "nothing yet"
    return Answer(rows, table(rows, columns=LIST_COLUMNS, empty=empty))


@command(script, "forecast", example="vt script forecast quiet-evenings-3fa2c1")
@click.argument("refs", nargs=-1, required=True, metavar="SCRIPT...")
def make_forecast(at: Workspace, refs: tuple[str, ...]) -> Answer:
    """Make the forecast of scripts that were created without one (some seconds each), and keep it
    with the script.
    """
    from vtlib.adaptation import drafts
    from vtlib.scripts.forecast_text import prediction_lines

    rows = [drafts.forecast(at, ref) for ref in refs]
    facts = [{"script_id": r["script_id"], "prediction": r["script"].prediction} for r in rows]
    texts = ["\n".join(prediction_lines(f["prediction"])) or "There is none." for f in facts]
    named = [f"{f['script_id']}: {text}" for f, text in zip(facts, texts, strict=True)]
    return Answer(facts[0] if len(facts) == 1 else facts, "\n".join(named if named[1:] else texts))


@command(
    script,
    "dates",
    example="vt script dates quiet-evenings-3fa2c1 --due 2026-05-02 --publish 2026-05-11",
)
@script_argument
@click.option(
    "--due", "due_on", metavar="DAY", help="When the script has to be ready; none takes it away."
)
@click.option(
    "--publish", "publish_on", metavar="DAY", help="When the post is to go out; none takes it away."
)
def dates(at: Workspace, ref: str, **days: str | None) -> Answer:
    """Set when a script is due and when its post goes out, or show its dates. Shoots are planned by
    vt script schedule.

    They stand in vt script list, on the board, and in calendars (schedule --ics, export --format
    ics).
    """
    from vtlib.scripts import queries as script_queries
    from vtlib.scripts import store as script_store

    script_id = script_queries.find(at.store, ref)
    changes = {name: _day(text) for name, text in days.items() if text is not None}
    if changes:
        script_store.set_dates(at.store, script_id, changes)
    rows = script_queries.listing(at.store, archived=True)
    (row,) = [r for r in rows if r["script_id"] == script_id]
    facts = {name: row[name] for name in ("script_id", "due_on", "shoot_on", "publish_on")}
    return Answer(facts, facts_text(facts))


@command(script, "show", example="vt script show quiet-evenings-3fa2c1 --full")
@script_argument
@version_option
@click.option("--full", is_flag=True, help="The whole text, with numbers of its lines.")
@click.option("--picture", is_flag=True, help="Only pictures: beats on the time line, versions.")
def show(at: Workspace, ref: str, version: int | None, full: bool, picture: bool) -> Answer:
    """One script: what it is, its beats on a time line, versions, comments, posts.

    SCRIPT is its id, a beginning of it (3 letters or more), or its title.
    """
    from vtlib.scripts import queries as script_queries
    from vtlib.scripts.picture import history_lines, time_line

    row = script_queries.get(at.store, ref, version=version)
    if full:
        return Answer(script_data(row), numbered(row["content"]))
    parts = script_queries.parts(at.store, row["script_id"])
    if picture:
        pictures = [
            time_line(row["script"]),
            "",
            history_lines(parts["versions"], parts["history"]),
        ]
        return Answer({**script_data(row), **parts}, "\n".join(pictures))
    return Answer({**script_data(row), **parts}, summary_text(row, parts))


@command(
    script, "status", example='vt script status quiet-evenings-3fa2c1 draft --reason "hook is slow"'
)
@script_argument
@click.argument("to", type=click.Choice(workflow.STATUSES), metavar="STATUS", required=False)
@click.option("--reason", default="", help="Needed on the way back and into the archive.")
@version_option
@by_option
def status(
    at: Workspace, ref: str, to: str | None, reason: str, version: int | None, by: str
) -> Answer:
    """Move a version on, or back with a reason; without STATUS say where it can go and what it
    lacks.

    draft -> review -> approved -> in_production -> produced -> published; archived from anywhere.
    What goes into production is predicted, and the prediction frozen.
    """
    from vtlib.performance import publication
    from vtlib.scripts import queries as script_queries
    from vtlib.scripts.store import Move

    row = script_queries.get(at.store, ref, version=version)
    if to is None:
        return _next_statuses(at, row)
    change, prediction = publication.move(
        at, row["script_id"], Move(to, by, reason), version=version
    )
    warnings = workflow.warnings(row["script"]) if to in ("review", "approved") else ()
    lines = [f"{row['script_id']} version {change['version']}: {change['from']} -> {to}", *warnings]
    data = {**change, "warnings": warnings, "prediction": prediction}
    return Answer(data, "\n".join([*lines, *([prediction] if prediction else [])]))


@command(script, "comment", example='vt script comment quiet-evenings-3fa2c1 "Too slow" --beat b1')
@script_argument
@click.argument("text", required=False)
@click.option("--beat", default="", help="Id of the beat it is about.")
@click.option("--line", type=int, help="Line of the text it is about (see show --full).")
@version_option
@click.option("--resolve", metavar="COMMENT", help="Id of a comment that is dealt with.")
@by_option
def comment(
    at: Workspace,
    ref: str,
    text: str | None,
    beat: str,
    line: int | None,
    version: int | None,
    resolve: str | None,
    by: str,
) -> Answer:
    """Comment on a script, a beat or a line; resolve a comment; or list them."""
    import pandas as pd

    from vtlib.scripts import comments
    from vtlib.scripts import queries as script_queries

    script_id = script_queries.find(at.store, ref)
    if resolve:
        comments.resolve(at.store, script_id, resolve, by=by)
    if text:
        comments.add(at.store, script_id, text, by=by, place=(version, beat, line))
    comment_rows = comments.listing(at.store, script_id)
    frame = pd.DataFrame(
        comment_rows,
        columns=["comment_id", "version", "beat_id", "line", "author", "body", "resolved_by"],
    )
    return Answer(comment_rows, table(frame, empty="no comments"))


@command(script, "assign", example="vt script assign quiet-evenings-3fa2c1 Zoe --role approver")
@script_argument
@click.argument("person", required=False)
@click.option("--role", type=click.Choice(workflow.ROLES), default="writer", show_default=True)
@click.option("--remove", is_flag=True, help="Take the role away.")
def assign(at: Workspace, ref: str, person: str | None, role: str, remove: bool) -> Answer:
    """Give a person a role, or list who has which. Where there are approvers, only they approve;
    where there are producers, only they start and end production.
    """
    import pandas as pd

    from vtlib.scripts import queries as script_queries
    from vtlib.scripts import store as script_store

    script_id = script_queries.find(at.store, ref)
    if person and remove:
        script_store.unassign(at.store, script_id, person, role=role)
    elif person:
        script_store.assign(at.store, script_id, person, role=role)
    people = script_queries.people(at.store, script_id)
    return Answer(
        people,
        table(pd.DataFrame(people, columns=["person", "role", "assigned_at"]), empty="nobody"),
    )


@command(
    script,
    "track",
    example="vt script track quiet-evenings-3fa2c1 --post-url "
    "https://www.tiktok.com/@us/video/7106594312292453675",
)
@script_argument
@click.option("--post-url", required=True, help="URL of the post that came of it, in any form.")
@click.option("--version", type=int, help="Default: the approved version, else the current one.")
@click.option("--variant", help="Which variant it is, for a comparison: A, B, …")
@by_option
def track(
    at: Workspace, ref: str, post_url: str, version: int | None, variant: str | None, by: str
) -> Answer:
    """Link a script to the post that came of it; a produced one becomes published.

    The post is captured again at 24 h, 72 h, 7 d and 30 d by vt scrape --due, and by vt run.
    """
    from vtlib.performance import publication
    from vtlib.scripts import lifecycle

    link = lifecycle.track(at, ref, post_url, by=by, version=version)
    if variant:
        publication.set_variant(at, link["script_id"], link["post_id"], variant)
    head = f"{link['script_id']} version {link['version']} ({link['status']}) is {link['post_id']}"
    return Answer({**link, "variant": variant}, "\n".join([head, link["forecast"]]))


@command(
    script,
    "archive",
    example='vt script archive quiet-evenings-3fa2c1 --reason "product is discontinued"',
)
@script_argument
@click.option("--reason", required=True)
@by_option
def archive(at: Workspace, ref: str, reason: str, by: str) -> Answer:
    """Put a script away; it stays, lists leave it out, `status draft` brings it back."""
    from vtlib.scripts import queries as script_queries
    from vtlib.scripts import store as script_store
    from vtlib.scripts.store import Move

    script_id = script_queries.find(at.store, ref)
    change = script_store.set_status(at.store, script_id, Move("archived", by, reason))
    return Answer(change, f"{script_id} is archived")


@command(script, "delete", example="vt script delete quiet-evenings-3fa2c1")
@script_argument
def delete(at: Workspace, ref: str) -> Answer:
    """Remove a script that was never in production, with its versions and comments."""
    from vtlib.scripts import queries as script_queries
    from vtlib.scripts import store as script_store

    script_id = script_queries.find(at.store, ref)
    script_store.delete(at.store, script_id)
    return Answer({"deleted": script_id}, f"{script_id} is deleted")


def _next_statuses(at: Workspace, row: dict[str, Any]) -> Answer:
    from vtlib.scripts import queries as script_queries

    posts = script_queries.publications(at.store, row["script_id"])
    has_post = any(p["version"] == row["version"] for p in posts)
    situation = workflow.Situation(row["script"], row["status"], has_post=has_post)
    ways = {to: workflow.missing(situation, to) for to in workflow.allowed(row["status"])}
    lines = [f"{row['script_id']} version {row['version']} is {row['status']}; it can become:"]
    lines += [
        f"  {to}" + (f", but lacks {'; '.join(lacks)}" if lacks else "")
        for to, lacks in ways.items()
    ]
    return Answer(
        {
            "script_id": row["script_id"],
            "version": row["version"],
            "status": row["status"],
            "next": ways,
        },
        "\n".join(lines),
    )


def _day(text: str) -> date | None:
    """A day as people write it, 2026-05-02; `none` is no day. Raises BadInput for anything else."""
    if text.strip().lower() == "none":
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{text!r} is no day.", todo="Write it as 2026-05-02, or none.") from None

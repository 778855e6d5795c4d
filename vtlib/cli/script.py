"""`vt script`: scripts as assets, from the first draft to the post."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, table
from vtlib.cli.catalog import facts_text
from vtlib.cli.script_text import (
    diff_data,
    diff_text,
    made_text,
    numbered,
    script_data,
    summary_text,
    taken_text,
)
from vtlib.core.errors import BadInput
from vtlib.scripts import workflow
from vtlib.scripts.origins import TEMPLATES
from vtlib.scripts.script import DIFFICULTIES, KINDS

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

LISTED = (
    *("script_id", "title", "status", "version", "product_id", "assignee", "waiting_for"),
    *("due_on", "shoot_on", "publish_on", "duration_s", "open_comments", "updated_at"),
)
FILE = click.Path(path_type=Path, dir_okay=False)


@vt.group(cls=Group)
def script() -> None:
    """Scripts: versions, review, production, export, and the post that came of them."""


def _me() -> str:
    from vtlib.core.settings import person

    return person()


by_option = click.option(
    "--by",
    envvar="VT_PERSON",
    default=_me,
    help="Who does it; default: VT_PERSON, else the login.",
)
notes_option = click.option("--notes", default="", help="Why this version, in words.")
seen_option = click.option(
    "--seen", type=int, help="The version you started from; default: the current one."
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
def create(at: Workspace, by: str, **wanted: Any) -> Answer:
    """Make a script: from a post, an analysis, an adaptation, a pattern, a template, a file, or
    empty.

    From an analysed post everything is filled that the analysis says: beats, kinds, words,
    patterns, difficulty; with --product its name as a prop; with --project what is expected of it.
    An --analysis brings its project, and the product that is the project's only one, or was
    recommended for the video.
    """
    from vtlib.adaptation import drafts
    from vtlib.adaptation.drafts import DraftRequest
    from vtlib.scripts.forecast_text import expected
    from vtlib.scripts.picture import time_line

    made = drafts.create(
        at, DraftRequest(**{k: v for k, v in wanted.items() if v is not None}), by=by
    )
    head = f"script {made['script_id']} from {made['origin']}, version 1, draft"
    place = f"product {made['product_id'] or '-'}, project {made['project_id'] or '-'}"
    told = [head, place, time_line(made["script"]), *expected(made["script"].prediction)]
    return Answer(script_data(made), "\n".join(told))


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
def list_(at: Workspace, **wanted: Any) -> Answer:
    """Scripts with their current versions, the last changed first; whose step is next; due, shoot
    and publish dates.

    A draft waits for its writer, one in review for reviewers and approvers, from approved on for
    producers (vt script assign).
    """
    from vtlib.scripts import queries as script_reading

    found = script_reading.listing(at.store, **wanted)
    empty = f"no script waits for {wanted['person']}" if wanted["person"] else "nothing yet"
    return Answer(found, table(found, columns=LISTED, empty=empty))


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
    from vtlib.scripts import queries as script_reading
    from vtlib.scripts import store as scripts

    script_id = script_reading.find(at.store, ref)
    changed = {name: _day(text) for name, text in days.items() if text is not None}
    if changed:
        scripts.set_dates(at.store, script_id, changed)
    rows = script_reading.listing(at.store, archived=True)
    (row,) = [r for r in rows if r["script_id"] == script_id]
    found = {name: row[name] for name in ("script_id", "due_on", "shoot_on", "publish_on")}
    return Answer(found, facts_text(found))


@command(script, "show", example="vt script show quiet-evenings-3fa2c1 --full")
@script_argument
@version_option
@click.option("--full", is_flag=True, help="The whole text, with numbers of its lines.")
@click.option("--picture", is_flag=True, help="Only pictures: beats on the time line, versions.")
def show(at: Workspace, ref: str, version: int | None, full: bool, picture: bool) -> Answer:
    """One script: what it is, its beats on a time line, versions, comments, posts.

    SCRIPT is its id, a beginning of it (3 letters or more), or its title.
    """
    from vtlib.scripts import queries as script_reading
    from vtlib.scripts.picture import history_lines, time_line

    row = script_reading.get(at.store, ref, version=version)
    if full:
        return Answer(script_data(row), numbered(row["content"]))
    parts = script_reading.parts(at.store, row["script_id"])
    if picture:
        drawn = [time_line(row["script"]), "", history_lines(parts["versions"], parts["history"])]
        return Answer({**script_data(row), **parts}, "\n".join(drawn))
    return Answer({**script_data(row), **parts}, summary_text(row, parts))


@command(
    script,
    "update",
    example='vt script update quiet-evenings-3fa2c1 --beat b1 --set "spoken=Nobody talks at our table." --notes "shorter hook"',  # noqa: E501
)
@script_argument
@click.option("--title")
@click.option("--logline")
@click.option("--cta", "call_to_action", help="What the viewer shall do.")
@click.option("--audience")
@click.option("--difficulty", type=click.Choice(DIFFICULTIES))
@click.option("--kind", type=click.Choice(KINDS))
@click.option("--language", help="BCP 47, e.g. en or ar.")
@click.option(
    "--claim", "claims", multiple=True, help="Add a claim that has to be cleared. May be repeated."
)
@click.option(
    "--clear",
    "cleared",
    type=int,
    multiple=True,
    help="Number of a claim that is cleared. May be repeated.",
)
@click.option("--beat", help="Id of the beat that --set changes.")
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="FIELD=VALUE",
    help="E.g. spoken=..., duration_s=3. May be repeated.",
)
@product_option
@project_option
@notes_option
@seen_option
@by_option
def update(at: Workspace, ref: str, by: str, notes: str, seen: int | None, **facts: Any) -> Answer:
    """Change facts, claims or a beat; what is said changes in a new version."""
    from vtlib.scripts import lifecycle as flow
    from vtlib.scripts.store import Making

    facts["values"] = dict(_pair(v) for v in facts["values"])
    if facts["values"] and not facts["beat"]:
        raise BadInput("--set needs the beat it changes.", todo="Add --beat, e.g. --beat b1.")
    made = flow.change(at, ref, facts, Making(by, notes or _changed(facts)), seen=seen)
    return Answer(script_data(made), made_text(made))


@command(
    script,
    "version",
    example='vt script version quiet-evenings-3fa2c1 --from-file edited.md --notes "updated hook timing"',  # noqa: E501
)
@script_argument
@click.option(
    "--from-file", "file", type=FILE, help="Markdown, Fountain or JSON; without it a copy."
)
@notes_option
@seen_option
@by_option
def version(
    at: Workspace, ref: str, file: Path | None, notes: str, seen: int | None, by: str
) -> Answer:
    """Make the next version, a draft; the one before stays as it is."""
    from vtlib.scripts import lifecycle as flow
    from vtlib.scripts.store import Making

    made = flow.revise(at, ref, Making(by, notes), file=file, seen=seen)
    return Answer(script_data(made), made_text(made))


@command(script, "diff", example="vt script diff quiet-evenings-3fa2c1 1 3")
@script_argument
@click.argument("before", type=int, required=False)
@click.argument("after", type=int, required=False)
@click.option("--lines", is_flag=True, help="Line by line as well.")
def diff(at: Workspace, ref: str, before: int | None, after: int | None, lines: bool) -> Answer:
    """What changed between two versions: beats, times and, if asked, lines.

    BEFORE and AFTER are numbers of versions; by default the current one and the one before it.
    """
    from vtlib.scripts import lifecycle as flow

    one, two, found = flow.difference(at, ref, before, after)
    return Answer(
        {"before": one, "after": two, **diff_data(found)}, diff_text(one, two, found, lines)
    )


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
    from vtlib.scripts import queries as script_reading
    from vtlib.scripts.store import Move

    row = script_reading.get(at.store, ref, version=version)
    if to is None:
        return _ways(at, row)
    moved, said = publication.move(at, row["script_id"], Move(to, by, reason), version=version)
    warned = workflow.warnings(row["script"]) if to in ("review", "approved") else ()
    lines = [f"{row['script_id']} version {moved['version']}: {moved['from']} -> {to}", *warned]
    data = {**moved, "warnings": warned, "prediction": said}
    return Answer(data, "\n".join([*lines, *([said] if said else [])]))


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
    from vtlib.scripts import queries as script_reading

    script_id = script_reading.find(at.store, ref)
    if resolve:
        comments.resolve(at.store, script_id, resolve, by=by)
    if text:
        comments.add(at.store, script_id, text, by=by, place=(version, beat, line))
    found = comments.listing(at.store, script_id)
    shown = pd.DataFrame(
        found, columns=["comment_id", "version", "beat_id", "line", "author", "body", "resolved_by"]
    )
    return Answer(found, table(shown, empty="no comments"))


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

    from vtlib.scripts import queries as script_reading
    from vtlib.scripts import store as scripts

    script_id = script_reading.find(at.store, ref)
    if person and remove:
        scripts.unassign(at.store, script_id, person, role=role)
    elif person:
        scripts.assign(at.store, script_id, person, role=role)
    found = script_reading.people(at.store, script_id)
    return Answer(
        found, table(pd.DataFrame(found, columns=["person", "role", "assigned_at"]), empty="nobody")
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
    from vtlib.scripts import lifecycle as flow

    made = flow.track(at, ref, post_url, by=by, version=version)
    if variant:
        publication.set_variant(at, made["script_id"], made["post_id"], variant)
    head = f"{made['script_id']} version {made['version']} ({made['status']}) is {made['post_id']}"
    return Answer({**made, "variant": variant}, "\n".join([head, made["forecast"]]))


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
    from vtlib.scripts import queries as script_reading
    from vtlib.scripts import store as scripts
    from vtlib.scripts.store import Move

    script_id = script_reading.find(at.store, ref)
    moved = scripts.set_status(at.store, script_id, Move("archived", by, reason))
    return Answer(moved, f"{script_id} is archived")


@command(script, "delete", example="vt script delete quiet-evenings-3fa2c1")
@script_argument
def delete(at: Workspace, ref: str) -> Answer:
    """Remove a script that was never in production, with its versions and comments."""
    from vtlib.scripts import queries as script_reading
    from vtlib.scripts import store as scripts

    script_id = script_reading.find(at.store, ref)
    scripts.delete(at.store, script_id)
    return Answer({"deleted": script_id}, f"{script_id} is deleted")


@command(
    script,
    "import",
    example="vt script import quiet-evenings-3fa2c1-v2.md --notes 'edited by the client'",
)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@product_option
@project_option
@notes_option
@by_option
def import_(
    at: Workspace,
    files: tuple[Path, ...],
    product: str | None,
    project: str | None,
    notes: str,
    by: str,
) -> Answer:
    """Take in edited exports (Markdown, Fountain, JSON, CSV of many scripts) or new scripts.

    Edits of others since are kept; where both contradict, nothing of that script is written, the
    conflicts are shown and the exit code is 2.
    """
    from vtlib.scripts import files as script_texts
    from vtlib.scripts.store import Making, ScriptHome

    found = []
    for path in files:
        place = ScriptHome(product, project, origin=path.suffix.lstrip(".").lower() or "file")
        found += script_texts.take_in(
            at, path, Making(by, notes or f"edited in {path.name}"), place=place
        )
    conflicts = sum(t.status == "conflict" for t in found)
    data = [
        {
            "status": t.status,
            "script_id": t.script_id,
            "title": t.title,
            "version": t.version,
            "conflicts": [script_texts.shown(c) for c in t.conflicts],
        }
        for t in found
    ]
    lines = [taken_text(t) for t in found]
    if conflicts:
        lines.append(
            f"{conflicts} of {len(found)} scripts were not taken in: edit the current version, "
            "or correct the file"
        )
    return Answer(data, "\n".join(lines), BadInput.exit_code if conflicts else 0)


def _ways(at: Workspace, row: dict[str, Any]) -> Answer:
    from vtlib.scripts import queries as script_reading

    posts = script_reading.publications(at.store, row["script_id"])
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


def _pair(text: str) -> tuple[str, str]:
    name, sep, value = text.partition("=")
    if not sep:
        raise BadInput(f"--set {text}: write it as field=value", todo='E.g. --set "spoken=Hello"')
    return name.strip(), value


def _changed(facts: dict[str, Any]) -> str:
    names = [
        n.replace("_", " ")
        for n, v in facts.items()
        if v and n not in ("values", "product", "project")
    ]
    return f"changed {', '.join(names)}" if names else ""

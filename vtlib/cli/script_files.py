"""`vt script export|stale|schedule|assets|asset`: documents, and what shooting needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from vtlib.cli.base import Answer, by_option, command, table
from vtlib.cli.run import profile_option
from vtlib.cli.script import product_option, project_option, script, version_option
from vtlib.core.errors import BadInput, DataCheckFailed
from vtlib.core.models import ASSET_KINDS, RELEASES
from vtlib.scripts import workflow
from vtlib.scripts.formats import FORMATS, RATES

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.scripts.schedule import Shoot
    from vtlib.store.project import Workspace

FILE = click.Path(path_type=Path, dir_okay=False)
_CLOCK = re.compile(r"\d{1,2}:\d{2}")


@command(
    script,
    "export",
    example="vt script export quiet-evenings-3fa2c1 --format pdf --format otio --out deliver/",
)
@click.argument("refs", nargs=-1, metavar="SCRIPT...")
@click.option(
    "--format",
    "formats",
    multiple=True,
    default=("pdf",),
    show_default=True,
    help=f"May be repeated: {', '.join(FORMATS)}.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="File or folder; default: outputs/scripts/."
)
@version_option
@product_option
@project_option
@click.option(
    "--status",
    type=click.Choice(workflow.STATUSES),
    help="With --product or --project instead of SCRIPT.",
)
@click.option(
    "--fps", default="30", show_default=True, type=click.Choice(list(RATES)), help="For timelines."
)
@click.option(
    "--proxy",
    type=FILE,
    help="Source video that source_start_s refers to; default: the stored one of the script's "
    "post.",
)
@click.option("--logo", type=FILE, help="PNG or JPEG; default: templates/logo.* of the workspace.")
@profile_option
def export(
    at: Workspace,
    refs: tuple[str, ...],
    formats: tuple[str, ...],
    out: Path | None,
    version: int | None,
    product: str | None,
    project: str | None,
    status: str | None,
    fps: str,
    proxy: Path | None,
    logo: Path | None,
    profile: str | None,
) -> Answer:
    """Write documents of one version: its number, status and date are on each.

    Without SCRIPT all scripts of --product, --project or --status. `--format pack` writes
    everything. For a reader to whom creators go by pseudonyms (report.creators) without frames of
    the source, and without texts that name a creator.
    """
    from vtlib.scripts import queries as script_queries
    from vtlib.scripts.formats import rate_of

    filters = {"product": product, "project": project, "status": status}
    if not refs and any(filters.values()):
        refs = tuple(r["script_id"] for r in script_queries.listing(at.store, **filters))
        if not refs:
            raise BadInput("no script is meant by that.", todo="See: vt script list")
    if not refs:
        raise BadInput("which script?", todo="Name one, or --product, --project, --status.")
    from vtlib.scripts import exports

    options = exports.ExportOptions(formats, out, version, rate_of(fps), proxy, logo, profile or "")
    files = exports.export(at, refs, options)
    lines = [f"{f.format:<14} {f.path}" for f in files]
    lines += [f"  {f.format}: {w}" for f in files for w in f.warnings]
    return Answer(files, "\n".join(lines))


@command(script, "stale", example="vt script stale deliver/*")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
def stale(at: Workspace, files: tuple[Path, ...]) -> Answer:
    """Hold exported copies against the store; exit code 6 when one is not of the current
    version.
    """
    import pandas as pd

    from vtlib.scripts import exports

    copies = exports.check_copies(at, files)
    bad = [f for f in copies if f["state"] != "current"]
    frame = pd.DataFrame(copies, columns=["state", "script_id", "version", "current", "file"])
    return Answer(copies, table(frame), DataCheckFailed.exit_code if bad else 0)


@command(
    script, "page", example="vt script page spring --profile client --out deliver/scripts.html"
)
@click.argument("project")
@click.option("--out", type=FILE, help="Default: outputs/scripts/PROJECT.html.")
@profile_option
def page(at: Workspace, project: str, out: Path | None, profile: str | None) -> Answer:
    """Scripts of PROJECT as one page that opens anywhere: board, beats and versions as pictures,
    register.

    A run writes the same page beside its index. For a client it names neither people nor, unless
    report.creators is named, creators.
    """
    from vtlib.ops import projects
    from vtlib.run.pages import write_script_page

    over = {"report": {"profile": profile}} if profile else {}
    current = projects.open_project(at, project, over=over)
    path = out or at.outputs / "scripts" / f"{current.slug}.html"
    write_script_page(current, path)
    return Answer({"page": path}, str(path))


@command(
    script,
    "schedule",
    example='vt script schedule quiet-evenings-3fa2c1 --starts "2026-05-04 09:00" --ends "2026-05-04 12:00" --tz Europe/Berlin --location Kitchen --talent Mia',  # noqa: E501
)
@click.argument("ref", metavar="SCRIPT", required=False)
@click.option("--starts", help="Local time of --tz: 2026-05-04 09:00.")
@click.option("--ends", help="Local time of --tz.")
@click.option("--tz", default="UTC", show_default=True, help="IANA name, e.g. Europe/Berlin.")
@click.option("--location", default="")
@click.option("--beat", "beats", multiple=True, help="Only these beats. May be repeated.")
@click.option("--talent", multiple=True, help="May be repeated; default: that of the beats.")
@click.option(
    "--prop", "props", multiple=True, help="May be repeated; default: those of the beats."
)
@click.option("--notes", default="")
@click.option(
    "--call", metavar="HH:MM", help="When everybody has to be there, local; default: the start."
)
@click.option(
    "--crew",
    multiple=True,
    metavar="NAME,ROLE,CONTACT,HH:MM",
    help='Who works there, e.g. "Ann, camera, +49 30 1234, 08:15". May be repeated; all but NAME may be left out.',  # noqa: E501
)
@version_option
@click.option("--cancel", metavar="SHOOT", help="Take a shoot off the schedule.")
@click.option("--ics", type=FILE, help="Write what is shown as a calendar, too.")
@project_option
@by_option
def schedule(
    at: Workspace,
    ref: str | None,
    starts: str | None,
    ends: str | None,
    tz: str,
    cancel: str | None,
    ics: Path | None,
    project: str | None,
    by: str,
    **facts: Any,
) -> Answer:
    """Plan a shoot, cancel one, or show the schedule with its conflicts: of SCRIPT, of --project,
    or of all.

    A shoot is of the approved version, else the current one. Times stand in the zone of the shoots;
    of several zones in UTC. With due and publish dates (vt script dates), and as a calendar with
    --ics. What the register does not have is a conflict.
    """
    from vtlib.scripts import production
    from vtlib.scripts import queries as script_queries
    from vtlib.scripts.production import conflicts, deadlines

    script_id = script_queries.find(at.store, ref) if ref else None
    lines = []
    if cancel:
        production.cancel(at.store, cancel)
        lines.append(f"shoot {cancel} is off the schedule")
    if starts or ends:
        times: dict[str, Any] = {
            "starts_at": _moment(starts, tz, "--starts"),
            "ends_at": _moment(ends, tz, "--ends"),
            "time_zone": tz,
        }
        lines.append(_shoot(at, script_id, {**facts, **times}, by=by))
    plan = production.shoots(at.store, script_id=script_id, project=project)
    clashes = conflicts(at, plan)
    days = deadlines(at, script_id=script_id, project=project)
    if ics:
        from vtlib.scripts.exports import write_calendar

        write_calendar(at, plan, ics, days=days)
    lines += [
        table(_shoot_rows(plan), empty="no shoot is planned"),
        *(f"{d.on} {d.kind}: {d.title}" for d in days),
        *(f"CONFLICT {c.kind}: {c.reason}" for c in clashes),
    ]
    return Answer({"shoots": plan, "days": days, "conflicts": clashes}, "\n".join(lines))


def _shoot(at: Workspace, script_id: str | None, facts: dict[str, Any], *, by: str) -> str:
    """Plan the shoot and say so. Raises BadInput when no script was named."""
    from vtlib.scripts import production

    if script_id is None:
        raise BadInput(
            "which script is shot?", todo="Name it: vt script schedule SCRIPT --starts ..."
        )
    times = {name: facts[name] for name in ("starts_at", "ends_at", "time_zone")}
    times["call_at"] = _call(facts["call"], times["starts_at"])
    crew = [_crew_member(text) for text in facts["crew"]]
    needs = {**_needs(at, script_id, facts), **times, "crew": crew}
    return _shoot_text(at, script_id, production.plan(at.store, script_id, needs, by=by))


def _shoot_rows(plan: Sequence[Shoot]) -> pd.DataFrame:
    """A row a shoot, times in the one zone of all, else UTC."""
    import pandas as pd

    from vtlib.scripts.schedule import common_zone

    zone = common_zone(plan)
    rows = [
        {
            "shoot": s.shoot_id,
            f"call ({zone})": f"{s.call_local.astimezone(ZoneInfo(zone)):%H:%M}",
            f"starts ({zone})": f"{s.starts_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}",
            f"ends ({zone})": f"{s.ends_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}",
            "title": s.title,
            "version": s.version,
            "location": s.location,
            "talent": list(s.talent),
            "crew": [p["name"] for p in s.crew],
            "beats": list(s.beat_ids) or "all",
        }
        for s in plan
    ]
    return pd.DataFrame(rows)


@command(script, "assets", example="vt script assets --kind talent")
@click.option("--kind", type=click.Choice(ASSET_KINDS))
def assets(at: Workspace, kind: str | None) -> Answer:
    """Props, locations and talent: the register, and where current versions use each."""
    import pandas as pd

    from vtlib.scripts import production

    rows_of_kind = [a for a in production.assets(at.store) if kind in (None, a["kind"])]
    rows = [
        {
            "kind": a["kind"],
            "name": a["name"],
            "release": a.get("release_status") or "not registered",
            "available": len(a.get("available") or []) or "always",
            "contact": a.get("contact"),
            "picture": a.get("picture_path"),
            "used in": [f"{u['script_id']} v{u['version']}" for u in a["used_in"]],
        }
        for a in rows_of_kind
    ]
    return Answer(rows_of_kind, table(pd.DataFrame(rows), empty="nothing is registered or used"))


@command(
    script,
    "asset",
    example='vt script asset Mia --kind talent --release signed --available "2026-05-04T08:00+02:00/2026-05-04T18:00+02:00"',  # noqa: E501
)
@click.argument("name")
@click.option("--kind", type=click.Choice(ASSET_KINDS), required=True)
@click.option("--details")
@click.option(
    "--release",
    "release_status",
    type=click.Choice(RELEASES),
    help="State of the release form.",
)
@click.option("--release-file", "release_path", help="Where the signed form is kept.")
@click.option("--contact", help="Telephone or e-mail, for the call sheet.")
@click.option("--picture", "picture", type=FILE, help="PNG or JPEG of it, for the page of scripts.")
@click.option(
    "--available",
    multiple=True,
    metavar="FROM/TO",
    help="ISO 8601 with offset; several replace those before.",
)
def asset(
    at: Workspace,
    name: str,
    kind: str,
    available: tuple[str, ...],
    picture: Path | None,
    **facts: Any,
) -> Answer:
    """Register a prop, location or talent, or change what is known of it."""
    from vtlib.scripts import production

    windows = [_window(text) for text in available] or None
    if picture:
        facts["picture_path"] = str(_picture_file(picture))
    key = production.register(at.store, kind, name, {**facts, "available": windows})
    return Answer({"asset_id": key}, f"{kind} {name} is {key}")


def _shoot_text(at: Workspace, script_id: str, shoot_id: str) -> str:
    """The planned shoot and its version, with a note when that is not an approved one."""
    from vtlib.scripts import production
    from vtlib.scripts import queries as script_queries

    shoot = next(
        s for s in production.shoots(at.store, script_id=script_id) if s.shoot_id == shoot_id
    )
    row = script_queries.get(at.store, script_id, version=shoot.version)
    odd = ""
    if row["status"] in ("draft", "review"):
        odd = ", which is not approved"
    elif row["status"] in ("produced", "published", "archived"):
        odd = f", which is {row['status']} already"
    return f"shoot {shoot_id} of {script_id} version {shoot.version}{odd}"


def _needs(at: Workspace, script_id: str, facts: dict[str, Any]) -> dict[str, Any]:
    """What a shoot needs: from the options, else from its beats."""
    from vtlib.scripts import queries as script_queries

    row = script_queries.get(at.store, script_id)
    version = facts["version"] or row["approved_version"] or row["version"]
    content = script_queries.get(at.store, script_id, version=int(version))["script"]
    beats = [b for b in content.beats if not facts["beats"] or b.beat_id in facts["beats"]]
    talent = list(dict.fromkeys(t for b in beats for t in b.talent))
    props = list(dict.fromkeys(p for b in beats for p in b.props))
    return {
        "version": int(version),
        "location": facts["location"],
        "beat_ids": list(facts["beats"]),
        "talent": list(facts["talent"]) or talent,
        "props": list(facts["props"]) or props,
        "notes": facts["notes"],
    }


def _call(text: str | None, starts_at: datetime) -> datetime | None:
    """HH:MM on the day of the start; the day before where it would be later than the start."""
    if not text:
        return None
    moment = datetime.combine(starts_at.date(), _clock(text), tzinfo=starts_at.tzinfo)
    return moment if moment <= starts_at else moment - timedelta(days=1)


def _crew_member(text: str) -> dict[str, str]:
    """`Ann, camera, +49 30 1234, 08:15` -> name, role, contact, call (the part that is a time)."""
    parts = [part.strip() for part in text.split(",")]
    calls = [part for part in parts if _CLOCK.fullmatch(part)]
    fields = [part for part in parts if part not in calls]
    names = ("name", "role", "contact")
    if not fields or not fields[0] or len(fields) > len(names) or len(calls) > 1:
        raise BadInput(f"--crew {text!r} cannot be read.", todo="Write NAME, ROLE, CONTACT, HH:MM.")
    call = f"{_clock(calls[0]):%H:%M}" if calls else ""
    return {**dict.fromkeys(names, ""), **dict(zip(names, fields, strict=False)), "call": call}


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text.strip().zfill(5))
    except ValueError:
        raise BadInput(f"{text!r} is no time of day.", todo="Write it as 08:15.") from None


def _picture_file(path: Path) -> Path:
    """The absolute path of a PNG or JPEG. Raises BadInput for a file that is none."""
    try:
        head = path.read_bytes()[:8]
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=str(path)) from None
    if not head.startswith((b"\x89PNG", b"\xff\xd8")):
        raise BadInput("is neither PNG nor JPEG.", file=str(path), todo="Save it as one of these.")
    return path.expanduser().resolve()


def _moment(text: str | None, tz: str, option: str) -> datetime:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=ZoneInfo(tz))
    except (ValueError, KeyError, OSError):
        raise BadInput(
            f"{option} {text!r} in {tz!r} is no time.",
            todo='Write "2026-05-04 09:00" and an IANA zone.',
        ) from None


def _window(text: str) -> dict[str, str]:
    starts, _, ends = text.partition("/")
    try:
        both = datetime.fromisoformat(starts), datetime.fromisoformat(ends)
    except ValueError:
        raise BadInput(
            f"{text!r} is no span of time.", todo="Write FROM/TO, each as 2026-05-04T08:00+02:00."
        ) from None
    if any(t.tzinfo is None for t in both) or both[0] >= both[1]:
        raise BadInput(f"{text!r}: both need an offset, and the end comes later.")
    return {"starts_at": starts, "ends_at": ends}

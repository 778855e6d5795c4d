"""`vt script update|version|diff|beat|hook|adapt|import`: new versions of a script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, by_option, command, progress, table
from vtlib.cli.compare import adaptation_rows, product_slugs, products_options
from vtlib.cli.script import (
    FILE,
    notes_option,
    product_option,
    project_option,
    script,
    script_argument,
    seen_option,
)
from vtlib.cli.script_text import diff_data, diff_text, import_text, script_data, version_text
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.scripts.script import DIFFICULTIES, KINDS

if TYPE_CHECKING:
    from vtlib.adaptation.stage import ScriptRequest
    from vtlib.store.project import Workspace


@command(script, "beat", example="vt script beat quiet-evenings-3fa2c1 --move b3 --to 1")
@script_argument
@click.option("--add", is_flag=True, help="Add an empty beat; --after says where.")
@click.option("--after", default="", help="Id of the beat it follows; default: the last one.")
@click.option("--remove", help="Id of a beat to take out.")
@click.option("--move", help="Id of a beat to move; --to says where.")
@click.option("--to", type=int, help="Its new number, from 1.")
@notes_option
@seen_option
@by_option
def beat(
    at: Workspace,
    ref: str,
    add: bool,
    after: str,
    remove: str | None,
    move: str | None,
    to: int | None,
    notes: str,
    base_version: int | None,
    by: str,
) -> Answer:
    """Add, take out or move a beat, in a new version; what a beat says changes by `update
    --beat`.
    """
    from vtlib.scripts import beats as script_beats
    from vtlib.scripts.picture import time_line
    from vtlib.scripts.store import Making

    if sum(map(bool, (add, remove, move))) != 1:
        raise BadInput("one thing at a time.", todo="Give --add, --remove BEAT or --move BEAT.")
    if add:
        row, key = script_beats.add(
            at, ref, Making(by, notes or "a beat added"), after=after, base_version=base_version
        )
        return Answer({**script_data(row), "beat_id": key}, f"beat {key}: {version_text(row)}")
    if remove:
        row = script_beats.remove(
            at, ref, remove, Making(by, notes or f"without {remove}"), base_version=base_version
        )
    elif to is None:
        raise BadInput("where to?", todo="Give --to NUMBER.")
    else:
        row = script_beats.move(
            at,
            ref,
            (str(move), to),
            Making(by, notes or f"{move} moved"),
            base_version=base_version,
        )
    return Answer(script_data(row), f"{version_text(row)}\n{time_line(row['script'])}")


@command(script, "hook", example="vt script hook quiet-evenings-3fa2c1 --take B")
@script_argument
@click.option("--take", metavar="LETTER", help="Make a version that opens with this variant.")
@notes_option
@seen_option
@by_option
def hook(
    at: Workspace, ref: str, take: str | None, notes: str, base_version: int | None, by: str
) -> Answer:
    """Show the hooks that were written with a script, or open it with another one in a new version.

    Shoot the versions you want to compare, and link each post with its own --version and --variant:
    notebook 07 and vt analyze performance then compare the variants.
    """
    from vtlib.adaptation import hooks
    from vtlib.scripts.picture import time_line
    from vtlib.scripts.store import Making

    if take is None:
        current, variants = hooks.variants(at, ref)
        return Answer({"script_id": current["script_id"], "hooks": variants}, _hooks_text(variants))
    row = hooks.take(
        at, ref, take, Making(by, notes or f"hook {take.upper()}"), base_version=base_version
    )
    link = (
        f"vt script track {row['script_id']} --version {row['version']} --variant "
        f"{take.upper()} --post-url URL"
    )
    return Answer(
        {**script_data(row), "variant": take.upper()},
        f"{version_text(row)}\n{time_line(row['script'])}\nIts post is linked by: {link}",
    )


def _hooks_text(variants: list[dict[str, Any]]) -> str:
    lines = []
    for one in variants:
        parts = [f'"{one["spoken"]}"' if one["spoken"] else "", one["overlay"], one["visual"]]
        text = " / ".join(s for s in parts if s)
        lines.append(f"{one['variant']}  {one['type'].replace('_', ' ')}: {text}")
        lines.append(f"   tests {one['tests']}")
    return "\n".join(lines)


ADAPTATION_COLUMNS = [
    "script_id",
    "title",
    "reason",
    "claims",
    "flagged",
    "structure_pct",
    "copied_pct",
]


@command(
    script,
    "adapt",
    example="vt script adapt --project spring --video tiktok:7106594312292453675 --product "
    "core-deck",
)
@click.option("--project", required=True, help="Slug of the project.")
@click.option(
    "--video", default="", help="A post with an analysis. Default: the pairs that fit best."
)
@click.option(
    "--from-patterns", is_flag=True, help="From facts and patterns alone, without a video."
)
@products_options
@click.option("--max-cost", type=click.FloatRange(0), help="Cap on this run, US dollars.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked, and what it may take.")
def adapt(at: Workspace, project: str, video: str, dry_run: bool, **options: Any) -> Answer:
    """Let a model write scripts, each once, as drafts: claims held against the facts, wording
    against the source.

    The same video, product and facts give the same script: what people changed in it stays.
    """
    import pandas as pd

    # The model's client and scipy take seconds that no other command of scripts needs.
    from vtlib.adaptation import fits as product_fits
    from vtlib.adaptation import stage as adaptation_stage
    from vtlib.adaptation import summary
    from vtlib.llm import text_requests
    from vtlib.ops import projects

    current = projects.open_project(at, project)
    slugs = product_slugs(current, options)
    if video and options["from_patterns"]:
        raise BadInput("a script follows a video or patterns, not both.")
    if (video or options["from_patterns"]) and slugs is None:
        raise BadInput("for which product?", todo="Give --product S or --all-products.")
    if options["max_cost"] is not None:
        text_requests.require_price(current, product_fits.model_of(current))
    orders = _requests(current, slugs or [], video, from_patterns=options["from_patterns"])
    rest = text_requests.unanswered(current, [o.request for o in orders])
    lacks = "" if orders or video else adaptation_stage.shortfall(current, slugs=slugs or [])
    if dry_run:
        estimate = text_requests.estimate(current, rest)
        message = (
            f"{number(len(rest), 'script')} would be written, {len(orders) - len(rest)} are; "
            f"{text_requests.upper_bound_text(estimate)}"
        )
        message = "\n".join([message, *([lacks] if lacks else [])])
        return Answer(
            text_requests.upper_bound(estimate)
            | {"questions": len(rest), "known": len(orders) - len(rest)},
            message,
        )
    with progress("writing", unit="scripts") as tick:
        result = adaptation_stage.adapt(
            current, orders, max_cost_usd=options["max_cost"], progress=tick
        )
    keys = {o.request.key for o in orders}
    rows = [r for r in adaptation_stage.load(current) if r["analysis_id"] in keys]
    empty = lacks or "no script was written"
    text = table(pd.DataFrame(summary.overview(rows))[ADAPTATION_COLUMNS], empty=empty)
    data = {
        "outcomes": dict(result.outcomes),
        "known": result.n_answered_before,
        "left": result.n_open,
    }
    data |= {
        "stopped": result.stop_reason,
        "tokens": result.tokens,
        "usd": result.usd,
        "possibly_paid_usd": result.possibly_usd,
        "scripts": adaptation_rows(rows),
        "waits": lacks,
    }
    return Answer(data, f"{text_requests.summary_text(result)}\n\n{text}", result.exit_code)


def _requests(
    project: Any, slugs: list[str], video: str, *, from_patterns: bool
) -> list[ScriptRequest]:
    from vtlib.adaptation import fits as product_fits
    from vtlib.adaptation import stage as adaptation_stage

    if from_patterns:
        return adaptation_stage.originals(project, slugs=slugs)
    if video:
        return adaptation_stage.for_products(
            project, post_id=product_fits.post_of(video), slugs=slugs
        )
    return adaptation_stage.pairs(project, slugs=slugs)


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
def update(
    at: Workspace, ref: str, by: str, notes: str, base_version: int | None, **facts: Any
) -> Answer:
    """Change facts, claims or a beat; what is said changes in a new version."""
    from vtlib.scripts import lifecycle
    from vtlib.scripts.store import Making

    facts["values"] = dict(_pair(v) for v in facts["values"])
    if facts["values"] and not facts["beat"]:
        raise BadInput("--set needs the beat it changes.", todo="Add --beat, e.g. --beat b1.")
    row = lifecycle.change(
        at, ref, facts, Making(by, notes or _change_note(facts)), base_version=base_version
    )
    return Answer(script_data(row), version_text(row))


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
    at: Workspace, ref: str, file: Path | None, notes: str, base_version: int | None, by: str
) -> Answer:
    """Make the next version, a draft; the one before stays as it is."""
    from vtlib.scripts import lifecycle
    from vtlib.scripts.store import Making

    row = lifecycle.revise(at, ref, Making(by, notes), file=file, base_version=base_version)
    return Answer(script_data(row), version_text(row))


@command(script, "diff", example="vt script diff quiet-evenings-3fa2c1 1 3")
@script_argument
@click.argument("before", type=int, required=False)
@click.argument("after", type=int, required=False)
@click.option("--lines", is_flag=True, help="Line by line as well.")
def diff(at: Workspace, ref: str, before: int | None, after: int | None, lines: bool) -> Answer:
    """What changed between two versions: beats, times and, if asked, lines.

    BEFORE and AFTER are numbers of versions; by default the current one and the one before it.
    """
    from vtlib.scripts import lifecycle

    one, two, difference = lifecycle.difference(at, ref, before, after)
    return Answer(
        {"before": one, "after": two, **diff_data(difference)},
        diff_text(one, two, difference, lines),
    )


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
    from vtlib.scripts import files as script_files
    from vtlib.scripts.store import Making, ScriptHome

    results = []
    for path in files:
        place = ScriptHome(product, project, origin=path.suffix.lstrip(".").lower() or "file")
        results += script_files.take_in(
            at, path, Making(by, notes or f"edited in {path.name}"), place=place
        )
    conflicts = sum(t.status == "conflict" for t in results)
    data = [
        {
            "status": t.status,
            "script_id": t.script_id,
            "title": t.title,
            "version": t.version,
            "conflicts": [script_files.shown(c) for c in t.conflicts],
        }
        for t in results
    ]
    lines = [import_text(t) for t in results]
    if conflicts:
        lines.append(
            f"{conflicts} of {len(results)} scripts were not taken in: edit the current version, "
            "or correct the file"
        )
    return Answer(data, "\n".join(lines), BadInput.exit_code if conflicts else 0)


def _pair(text: str) -> tuple[str, str]:
    name, sep, value = text.partition("=")
    if not sep:
        raise BadInput(f"--set {text}: write it as field=value", todo='E.g. --set "spoken=Hello"')
    return name.strip(), value


def _change_note(facts: dict[str, Any]) -> str:
    names = [
        n.replace("_", " ")
        for n, v in facts.items()
        if v and n not in ("values", "product", "project")
    ]
    return f"changed {', '.join(names)}" if names else ""

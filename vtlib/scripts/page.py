"""Data of a project's script page: each script with its pictures, as its reader may see it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image, ImageOps

from vtlib.core.errors import BadInput
from vtlib.core.language import marked, say, word
from vtlib.scripts import production, queries, workflow
from vtlib.scripts.comments import place_text
from vtlib.scripts.forecast_text import prediction_lines, sentences
from vtlib.scripts.lifecycle import being_shot
from vtlib.scripts.script import Script, call_to_action, needs, parse, plain
from vtlib.scripts.svg import beats_svg, versions_svg
from vtlib.scripts.text import clock
from vtlib.scripts.timing import spans
from vtlib.store.project import Project, one_session

# Names of a script's facts, as its page shows them.
_LABELS = marked(
    (
        *("product", "modelled on", "idea", "call to action", "audience", "difficulty"),
        *(
            "call_to_action",
            "patterns",
            "claims",
            "posts",
            "props",
            "locations",
            "talent",
            "easy",
            "medium",
            "hard",
        ),
    )
)

_PICTURE_PX = (240, 240)


@dataclass(frozen=True, slots=True)
class ScriptView:
    """A script on the page. `facts`: label -> text; `beats`: rows of start, length, kind, seen,
    heard, written; `pictures`: SVG of beats and versions; `expected`: sentences; notes, comments
    and people only for analysts.
    """

    script_id: str
    title: str
    status: str
    version: int
    length: str
    assignee: str
    open_comments: int
    dates: str
    waiting_for: str
    being_shot: str
    facts: Mapping[str, str]
    beats: tuple[Mapping[str, str], ...]
    pictures: tuple[str, str]
    forecast_lines: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: str
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """All scripts of a project in the order of their status, and the register with where each is
    used; `hidden`: drafts that the reader is not shown; `pictures`: (name, small JPEG) of
    registered assets, for analysts.
    """

    views: tuple[ScriptView, ...]
    assets: pd.DataFrame
    n_hidden_drafts: int = 0
    pictures: tuple[tuple[str, bytes], ...] = ()


@one_session
def script_shelf(project: Project) -> Shelf:
    """The project's scripts, archived ones left out; for a client without people and comments,
    and without drafts unless `report.client_shows` names them; with pseudonyms a text that names
    a stranger is not shown.
    """
    try:
        rows = queries.listing(project.store, project=project.slug)
    except BadInput:  # a run that failed before its project came to be has an index, too
        rows = []
    order = {s: n for n, s in enumerate(workflow.STATUSES)}
    every = len(rows)
    if not project.shows("drafts"):
        rows = [r for r in rows if r["status"] not in workflow.DRAFTS]
    n_hidden = every - len(rows)
    rows = sorted(rows, key=lambda r: (-order[r["status"]], str(r["title"]).casefold()))
    ids = {r["script_id"] for r in rows}
    pictures = () if project.is_client else _pictures(project, ids)
    return Shelf(tuple(_view(project, r) for r in rows), _assets(project, ids), n_hidden, pictures)


def dates_text(row: Mapping[str, Any]) -> str:
    """The dates of a row of queries.listing: due 2 May · shoot 4 May · publish 11 May; ""
    = none.
    """
    days = ((name, row.get(f"{name}_on")) for name in ("due", "shoot", "publish"))
    return " · ".join(f"{name} {day:%-d %b %Y}" for name, day in days if day)


def _view(project: Project, summary: Mapping[str, Any]) -> ScriptView:
    script_id = str(summary["script_id"])
    row = queries.get(project.store, script_id)
    parts = queries.parts(project.store, script_id)
    reader = _Reader(project)
    script = as_read(project, row["script"])
    needed_assets = {k: ", ".join(v) for k, v in needs(script).items()}
    frozen = [p for p in parts["predictions"] if p["version"] == row["approved_version"]]
    names = {
        "product": row["product_id"],
        "modelled on": None if project.is_client or not project.names_creators else row["post_id"],
    }
    facts = {
        **{k: v or "" for k, v in names.items()},
        "idea": script.logline,
        "call to action": call_to_action(script),
        "audience": script.audience,
        "difficulty": say(script.difficulty or ""),
        **needed_assets,
        "patterns": ", ".join(map(word, script.source_patterns)),
        "claims": "; ".join(
            f"{c.text} ({say('cleared') if c.is_cleared else say('NOT CLEARED')})"
            for c in script.claims
        ),
        "posts": ", ".join(p["url"] for p in parts["publications"]),
    }
    return ScriptView(
        project.visible_id("script", script_id),
        script.title,
        row["status"],
        int(row["version"]),
        clock(row["duration_s"] or 0),
        "" if project.is_client else row["assignee"] or "",
        0 if project.is_client else row["open_comments"] or 0,
        dates_text(summary),
        "" if project.is_client else ", ".join(summary["waiting_for"]),
        being_shot(row),
        {k: v for k, v in facts.items() if v},
        tuple(_beat(s) for s in spans(script)),
        (beats_svg(script), versions_svg(*reader.people(parts["versions"], parts["history"]))),
        tuple(map(reader.clean, sentences(frozen) or prediction_lines(script.prediction))),
        tuple(map(reader.clean, workflow.warnings(script))),
        "" if project.is_client else script.notes,
        () if project.is_client else tuple(reader.clean(_comment(c)) for c in parts["comments"]),
    )


def as_read(project: Project, script: Script) -> Script:
    """A script as the project's reader may see it: each text whole, or not at all where it names
    a stranger.
    """
    return script if project.names_creators else parse(_Reader(project).clean(plain(script)))


class _Reader:
    """Texts as the reader of a project's page may see them."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def clean(self, value: Any) -> Any:
        """JSON-able values with every text as `Project.told` gives it."""
        if self.project.names_creators:
            return value
        if isinstance(value, str):
            return self.project.visible_text(value)
        if isinstance(value, Mapping):
            return {k: v if k in _WORDS else self.clean(v) for k, v in value.items()}
        return [self.clean(v) for v in value] if isinstance(value, (list, tuple)) else value

    def people(
        self, versions: list[dict[str, Any]], history: list[dict[str, Any]]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Versions and history; for a client without who made and moved them."""
        if not self.project.is_client:
            return [self.clean(v) for v in versions], [self.clean(h) for h in history]
        blank = {"made_by": "", "changed_by": "", "reason": ""}
        public_versions = [{**v, **blank, "notes": self.clean(v["notes"] or "")} for v in versions]
        return public_versions, [{**h, **blank} for h in history]


_WORDS = frozenset(
    {"beat_id", "kind", "difficulty", "language", "account_id", "platform", "format"}
)


def _beat(span: Any) -> dict[str, str]:
    one = span.beat
    about = ", ".join(t for t in (one.shot_size, one.shot_angle, one.location) if t)
    return {
        "start": clock(span.start_s),
        "length": f"{'~' if span.is_estimated else ''}{span.duration_s:g} s",
        "kind": one.kind,
        "seen": one.visual,
        "how": about,
        "written": one.overlay,
        "heard": one.spoken,
    }


def _comment(row: Mapping[str, Any]) -> str:
    resolution = (
        say(" (resolved by {resolved_by})", resolved_by=row["resolved_by"])
        if row["resolved_at"] is not None
        else ""
    )
    return say(
        "{author} on version {version}, {place}: {body}{resolution}",
        author=row["author"],
        version=row["version"],
        place=place_text(row),
        body=row["body"],
        resolution=resolution,
    )


def _assets(project: Project, ids: set[Any]) -> pd.DataFrame:
    """kind, name, release, available, used_in (titles): what the project's scripts name."""
    rows = []
    for one in production.assets(project.store):
        uses = [u for u in one["used_in"] if u["script_id"] in ids]
        if uses:
            rows.append(
                {
                    "kind": one["kind"],
                    "name": one["name"],
                    "release": one.get("release_status") or say("not registered"),
                    "available": say(
                        "{n_available} times", n_available=len(one.get("available") or [])
                    )
                    if one.get("available")
                    else "always",
                    "contact": "" if project.is_client else one.get("contact") or "",
                    "used_in": "; ".join(
                        say("{title} (version {version})", title=u["title"], version=u["version"])
                        for u in uses
                    ),
                }
            )
    frame = pd.DataFrame(
        rows, columns=["kind", "name", "release", "available", "contact", "used_in"]
    )
    return project.visible(frame, ours=tuple(frame.columns))


def _pictures(project: Project, ids: set[Any]) -> tuple[tuple[str, bytes], ...]:
    """(name, small JPEG) of the assets that the project's scripts name; a file that is gone or
    no picture is left out.
    """
    pictures = [
        (str(one["name"]), _small(Path(one["picture_path"])))
        for one in production.assets(project.store)
        if one.get("picture_path") and any(u["script_id"] in ids for u in one["used_in"])
    ]
    return tuple((name, small) for name, small in pictures if small)


def _small(path: Path) -> bytes | None:
    target = io.BytesIO()
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail(_PICTURE_PX)
            upright.save(target, "JPEG", quality=80)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return target.getvalue()

"""A script as Markdown that people edit: facts on top as YAML, a heading a beat, a labelled line a
field.

`read(write(script)) == script`. Text of other origin is read too: a heading becomes a beat, a
paragraph without a label is what is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import yaml

from vtlib.core.errors import BadInput, nearest
from vtlib.scripts.script import BEAT_KINDS, PlannedBeat, Script, parse
from vtlib.scripts.text import clean, clean_line, slug_of

LABELS = {
    "speaker": "Speaker",
    "spoken": "Spoken",
    "visual": "Visual",
    "overlay": "Overlay",
    "audio": "Audio",
    "shot_size": "Shot size",
    "shot_angle": "Angle",
    "shot_movement": "Movement",
    "lens": "Lens",
    "location": "Location",
    "props": "Props",
    "talent": "Talent",
    "transition": "Transition",
    "source_start_s": "Source start (s)",
    "notes": "Notes",
}
_ATTRIBUTES = {label.lower(): name for name, label in LABELS.items()}
_HEADING = re.compile(r"^##\s+(?P<text>.*?)\s*(?:\{(?P<facts>[^{}]*)\})?\s*$")
_FIELD = re.compile(r"^[-*]\s+\*\*(?P<label>[^*]{1,40}?):?\*\*:?(?:\s(?P<text>.*))?$")
_LOOSE_FIELD = re.compile(r"^(?:[-*]\s+)?(?P<label>[A-Za-z ()]{1,40}):\s(?P<text>.*)$")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*s\b")
_LOOSE_SPAN = re.compile(
    r"[,(\[]?\s*(?P<a>\d+:\d{2}(?:\.\d+)?|\d+(?:\.\d+)?)\s*s?\s*[-–]\s*"
    r"(?P<b>\d+:\d{2}(?:\.\d+)?|\d+(?:\.\d+)?)\s*s?\s*[)\]]?\s*$"
)
_LOOSE_LENGTH = re.compile(r"[,(\[]\s*(\d+(?:\.\d+)?)\s*s(?:ec)?\s*[)\]]?\s*$")
_NUMBER = re.compile(r"^(?:(?:scene|beat|shot)\s*)?\d+\s*[.):·–-]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MarkdownScript:
    """What a text says: the script, and which script and version it was taken from, if it says
    so.
    """

    script: Script
    script_id: str = ""
    version: int | None = None


@dataclass(slots=True)
class _Open:
    """A beat that is being read: lines by field."""

    line: int
    facts: dict[str, Any]
    lines: dict[str, list[str]] = field(default_factory=dict)


def write(script: Script, *, stamp: Mapping[str, Any] | None = None) -> str:
    """`script` as Markdown; `stamp` (script_id, version, ...) goes on top of its facts."""
    facts = {k: v for k, v in asdict(script).items() if k not in ("title", "beats")}
    values = {k: _listed(v) for k, v in facts.items() if v not in ("", (), None)}
    top = yaml.safe_dump(
        {**(stamp or {}), **values}, allow_unicode=True, sort_keys=False, width=10_000
    )
    parts = [f"---\n{top}---\n", f"# {script.title}\n"]
    return "\n".join(parts + [_beat(b) for b in script.beats])


def read(text: str, *, title: str = "", file: str = "") -> MarkdownScript:
    """A script from Markdown; `title` is for a text without one.

    Raises BadInput naming the line for a label or fact that does not exist.
    """
    facts, body, offset = _front_matter(_lines(text), file)
    head, beats = _body(body, offset, file)
    own = facts.pop("title", "")
    stamp = {k: facts.pop(k, None) for k in ("script_id", "version")}
    for extra in ("status", "date", "fingerprint", "exported_at"):
        facts.pop(extra, None)
    facts["title"] = clean_line(head.title or own or title or "Untitled")
    if head.prose and not facts.get("logline"):
        facts["logline"] = head.prose
    try:
        script = parse({**facts, "beats": beats})
    except BadInput as error:
        raise BadInput(error.message, todo=error.todo, file=file) from None
    version = stamp["version"]
    return MarkdownScript(script, str(stamp["script_id"] or ""), int(version) if version else None)


@dataclass(slots=True)
class _Head:
    title: str = ""
    prose: str = ""


def _beat(beat: PlannedBeat) -> str:
    length = (
        "" if beat.duration_s is None else f" {beat.duration_s:.3f}".rstrip("0").rstrip(".") + " s"
    )
    name = f": {beat.name}" if beat.name else ""
    lines = [f"## {beat.kind}{name} {{#{beat.beat_id}{length}}}", ""]
    for attribute, label in LABELS.items():
        value = getattr(beat, attribute)
        if value not in ("", (), None):
            text = "; ".join(value) if isinstance(value, tuple) else str(value)
            lines.append(f"- **{label}:** " + text.replace("\n", "\n  "))
    return "\n".join(line.rstrip() for line in "\n".join(lines).split("\n")) + "\n"


def _listed(value: Any) -> Any:
    """Tuples as lists, all the way down: YAML knows no tuples."""
    if isinstance(value, (tuple, list)):
        return [_listed(v) for v in value]
    return {k: _listed(v) for k, v in value.items()} if isinstance(value, dict) else value


def _lines(text: str) -> list[str]:
    return re.sub(r"\r\n|\r", "\n", text.removeprefix("\ufeff")).split("\n")


def _front_matter(lines: list[str], file: str) -> tuple[dict[str, Any], list[str], int]:
    """(facts, the lines below them, how many lines they took)."""
    if lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        return {}, lines, 0
    end = next(i for i, line in enumerate(lines) if i and line.strip() == "---")
    try:
        facts = yaml.safe_load("\n".join(lines[1:end])) or {}
    except yaml.YAMLError as error:
        raise BadInput(f"the facts on top are no YAML: {error}", file=file) from None
    if not isinstance(facts, dict):
        raise BadInput("the facts on top are no list of `name: value`.", file=file)
    names = {f.name for f in fields(Script)} | {"script_id", "version", "status", "date"}
    for name in facts:
        if name not in names | {"fingerprint", "exported_at"}:
            near = nearest(str(name), sorted(names))
            todo = f"Did you mean {near}?" if near else f"Known: {', '.join(sorted(names))}."
            raise BadInput(f"there is no fact {name}.", todo=todo, file=file)
    return facts, lines[end + 1 :], end + 1


def _body(lines: list[str], offset: int, file: str) -> tuple[_Head, list[dict[str, Any]]]:
    head, prose = _Head(), []
    beats: list[_Open] = []
    current = ""
    for number, line in enumerate(lines, offset + 1):
        if line.startswith("# ") and not beats:
            head.title = head.title or line[2:].strip()
        elif match := _HEADING.match(line):
            beats.append(_Open(number, _heading(match)))
            current = ""
        elif not beats:
            prose.append(line)
        else:
            current = _take(beats[-1], line, current, (number, file))
    head.prose = clean("\n".join(prose))
    return head, list(_closed(beats, file))


def _take(beat: _Open, line: str, current: str, place: tuple[int, str]) -> str:
    """Put a line into its field; returns the field that the next line goes on with."""
    match = _FIELD.match(line)
    if not match and (loose := _LOOSE_FIELD.match(line)):
        match = loose if loose["label"].strip().lower() in _ATTRIBUTES else None
    if match:
        name = _attribute(match["label"], place)
        beat.lines.setdefault(name, []).append(match["text"] or "")
        return name
    if line.startswith("  ") or not line.strip():
        if current:
            beat.lines[current].append(line[2:])
        return current
    name = current if current and beat.lines[current][-1].strip() else "spoken"
    beat.lines.setdefault(name, []).append(line)
    return name


def _attribute(label: str, place: tuple[int, str]) -> str:
    name = _ATTRIBUTES.get(label.strip().rstrip(":").lower())
    if name:
        return name
    near = nearest(label.lower(), list(_ATTRIBUTES))
    todo = (
        f"Did you mean {LABELS[_ATTRIBUTES[near]]}?"
        if near
        else f"Known: {', '.join(LABELS.values())}."
    )
    raise BadInput(f"there is no field {label}.", todo=todo, file=place[1], row=place[0])


def _heading(match: re.Match[str]) -> dict[str, Any]:
    text, facts = match["text"], match["facts"]
    out: dict[str, Any] = {}
    if facts is not None:
        if part := re.search(r"#([\w-]+)", facts):
            out["beat_id"] = part[1]
        if part := _SECONDS.search(re.sub(r"#[\w-]+", "", facts)):
            out["duration_s"] = float(part[1])
    else:
        text = _NUMBER.sub("", text)
        text, out = _loose_length(text)
    kind, _, name = text.partition(":")
    if slug_of(kind, otherwise="") in BEAT_KINDS or (
        facts is not None and re.fullmatch(r"[a-z0-9-]+", kind)
    ):
        return {**out, "kind": kind, "name": name}
    return {**out, "kind": "beat", "name": text}


def _loose_length(text: str) -> tuple[str, dict[str, Any]]:
    """A heading of other origin without its time, and the duration that the time gives."""
    if (span := _LOOSE_SPAN.search(text)) and (
        length := _clock_s(span["b"]) - _clock_s(span["a"])
    ) > 0:
        return text[: span.start()].strip(), {"duration_s": length}
    if duration := _LOOSE_LENGTH.search(text):
        return text[: duration.start()].strip(), {"duration_s": float(duration[1])}
    return text, {}


def _clock_s(text: str) -> float:
    minutes, _, seconds = text.rpartition(":")
    return 60 * float(minutes or 0) + float(seconds)


def _closed(beats: list[_Open], file: str) -> Iterator[dict[str, Any]]:
    for number, beat in enumerate(beats, 1):
        out: dict[str, Any] = {"beat_id": f"b{number}", **beat.facts}
        for name, lines in beat.lines.items():
            text = clean("\n".join(lines))
            out[name] = tuple(text.split(";")) if name in ("props", "talent") else text
        if start := out.pop("source_start_s", ""):
            try:
                out["source_start_s"] = float(start)
            except ValueError:
                raise BadInput(
                    f"{start!r} is no number of seconds.",
                    file=file,
                    row=beat.line,
                    field="source_start_s",
                ) from None
        yield out

"""A script as Fountain screenplay text (fountain.io/syntax), and back.

A scene is a beat: its heading carries the place, its number the beat's id; what is seen is action,
what is said is dialogue, and the rest stands in notes `[[Label: text]]`, which screenwriting
programs keep but do not print. Markup in the text is escaped; `[[` and `]]` in it become `[ [` and
`] ]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vtlib.scripts.markdown import LABELS, MarkdownScript
from vtlib.scripts.script import DIFFICULTIES, KINDS, PlannedBeat, Script, parse
from vtlib.scripts.text import clean, clean_line

NARRATOR = "NARRATOR"
NOWHERE = "SOMEWHERE"
_IN_NOTES = {
    **{
        n: label
        for n, label in LABELS.items()
        if n not in ("speaker", "spoken", "visual", "location", "transition")
    },
    "kind": "Kind",
    "name": "Name",
    "duration_s": "Duration (s)",
}
_FROM_NOTES = {label.lower(): name for name, label in _IN_NOTES.items()}
_FORCED = re.compile(r"^([.@!>~=#])")
_SCENE = re.compile(
    r"^(?:\.(?=[^.\s])|(?=(?:INT|EXT|EST|I/E|INT\.?/EXT)[. ]))(?P<place>.*?)(?:\s+#(?P<id>[\w-]+)#)?\s*$",  # noqa: E501
    re.IGNORECASE,
)
_NOTE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_BONEYARD = re.compile(r"/\*.*?\*/", re.DOTALL)
_TITLE = re.compile(r"^([A-Za-z][A-Za-z ]*):[ \t]*(.*)$")
_MARKUP = re.compile(r"([\\*_])")


def write(script: Script, *, stamp: Mapping[str, Any] | None = None) -> str:
    """`script` as Fountain; `stamp` (script_id, version, date, ...) stands on its title page."""
    title = {"Title": script.title, "Credit": "script", **_stamp(stamp or {})}
    facts = {
        "Logline": script.logline,
        "Type": script.kind,
        "Difficulty": script.difficulty,
        "Language": script.language,
        "Call to action": script.call_to_action,
        "Audience": script.audience,
        "Talent": "; ".join(script.talent),
        "Props": "; ".join(script.props),
        "Locations": "; ".join(script.locations),
        "Source patterns": "; ".join(script.source_patterns),
    }
    lines = [(k, str(v)) for k, v in {**title, **facts}.items() if v]
    page = "\n".join(f"{k}: " + _escape(v).replace("\n", "\n    ") for k, v in lines)
    return "\n\n".join([page, *(_scene(b) for b in script.beats)]) + "\n"


def read(text: str, *, title: str = "") -> MarkdownScript:
    """A script from Fountain, ours or any; a scene without a duration stays undecided.

    Sections and synopses become notes; what is in the boneyard is left out.
    """
    body = _BONEYARD.sub("", re.sub(r"\r\n|\r", "\n", text.removeprefix("\ufeff")))
    facts, body = _title_page(body)
    beats = [b.facts() for b in _scenes(body) if not b.is_empty]
    names = ("props", "talent", "locations", "source patterns")
    lists = {n.replace(" ", "_"): tuple(facts.get(n, "").split(";")) for n in names}
    kind = facts.get("type", "").lower()
    difficulty = facts.get("difficulty", "").lower()
    script = parse(
        {
            "title": clean_line(facts.get("title")) or title or "Untitled",
            "beats": beats,
            "kind": kind if kind in KINDS else "original",
            "difficulty": difficulty if difficulty in DIFFICULTIES else None,
            **{
                k: facts.get(k.replace("_", " "), "")
                for k in ("logline", "call_to_action", "audience", "language")
            },
            **lists,
        }
    )
    version = facts.get("version", "")
    return MarkdownScript(
        script, facts.get("script id", ""), int(version) if version.isdigit() else None
    )


@dataclass(slots=True)
class _Scene:
    """A scene that is being read."""

    place: str = ""
    beat_id: str = ""
    action: list[str] = field(default_factory=list)
    dialogue: list[str] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)
    transition: str = ""
    notes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.place or self.action or self.dialogue or self.notes)

    def facts(self) -> dict[str, Any]:
        """What a beat is made of."""
        out: dict[str, Any] = {n: "\n".join(texts) for n, texts in self.notes.items()}
        for name in ("props", "talent"):
            out[name] = tuple(out.get(name, "").split(";"))
        for name in ("duration_s", "source_start_s"):
            if name in out:
                out[name] = _number(out[name])
        one = len(set(self.speakers)) == 1
        speaker = self.speakers[0] if one and self.speakers[0] != NARRATOR else ""
        lines = (
            self.dialogue
            if one
            else [f"{w}: {s}" for w, s in zip(self.speakers, self.dialogue, strict=True)]
        )
        return {
            "beat_id": self.beat_id or "b1",
            **out,
            "location": "" if self.place == NOWHERE else self.place,
            "visual": "\n\n".join(self.action),
            "speaker": speaker,
            "spoken": "\n".join(lines),
            "transition": self.transition,
        }


def _stamp(stamp: Mapping[str, Any]) -> dict[str, str]:
    names = {
        "script_id": "Script id",
        "version": "Version",
        "date": "Draft date",
        "fingerprint": "Fingerprint",
    }
    return {names[k]: str(v) for k, v in stamp.items() if k in names and v}


def _scene(beat: PlannedBeat) -> str:
    parts = [f".{_escape(beat.location or NOWHERE)} #{beat.beat_id}#"]
    parts += [note for n, label in _IN_NOTES.items() if (note := _note(label, getattr(beat, n)))]
    if beat.visual:
        parts.append(_lines(beat.visual, first="!"))
    if beat.spoken:
        parts.append(f"@{_escape(beat.speaker or NARRATOR)}\n" + _lines(beat.spoken, first=""))
    if beat.transition:
        parts.append(f"> {_escape(beat.transition)}")
    return "\n\n".join(parts)


def _note(label: str, value: Any) -> str:
    if value in ("", (), None):
        return ""
    text = "; ".join(value) if isinstance(value, tuple) else str(value)
    # Fountain ends a note at an empty line unless it holds two spaces.
    return f"[[{label}: " + _escape(text).replace("\n\n", "\n  \n") + "]]"


def _lines(text: str, *, first: str) -> str:
    """Text whose every line is action (`!`) or dialogue; an empty line in dialogue is two
    spaces.
    """
    lines = _escape(text).split("\n")
    if first:
        return "\n".join(first + line if line else "!" for line in lines)
    return "\n".join(_inert(line) if line else "  " for line in lines)


def _inert(line: str) -> str:
    """A line of dialogue that cannot be taken for a parenthetical or a forced element."""
    return "\\" + line if _FORCED.match(line) or line.startswith("(") else line


def _escape(text: str) -> str:
    apart = text.replace("[[", "[ [").replace("]]", "] ]").replace("/*", "/ *").replace("*/", "* /")
    return _MARKUP.sub(r"\\\1", apart)


def _unescape(text: str) -> str:
    return re.sub(r"\\([\\*_.@!>~=#(])", r"\1", text)


def _title_page(text: str) -> tuple[dict[str, str], str]:
    lines = text.lstrip("\n").split("\n")
    if not _TITLE.match(lines[0]) or _SCENE.match(lines[0]):
        return {}, text
    end = next((i for i, line in enumerate(lines) if not line.strip()), len(lines))
    facts: dict[str, str] = {}
    key = ""
    for line in lines[:end]:
        match = _TITLE.match(line)
        if match and not line.startswith((" ", "\t")):
            key = match[1].strip().lower()
            facts[key] = _unescape(match[2].strip())
        elif key:
            facts[key] = f"{facts[key]}\n{_unescape(line.strip())}".strip()
    return facts, "\n".join(lines[end:])


def _scenes(body: str) -> Iterator[_Scene]:
    scene = _Scene()
    for block in re.split(r"\n{2,}", _with_notes_apart(body)):
        lines = block.strip("\n").split("\n")
        match = _SCENE.match(lines[0])
        if match:
            yield scene
            scene = _Scene(clean_line(_unescape(match["place"])), match["id"] or "")
            lines = lines[1:]
        if any(line.strip() for line in lines):
            _take(scene, lines)
    yield scene


def _with_notes_apart(body: str) -> str:
    """The text with every note as a block of its own, its empty lines kept from parting it."""

    def apart(match: re.Match[str]) -> str:
        return "\n\n[[" + re.sub(r"\n[ \t]*\n", "\n  \n", match[1]) + "]]\n\n"

    return _NOTE.sub(apart, body)


def _take(scene: _Scene, lines: list[str]) -> None:
    first = lines[0].strip()
    if first.startswith("[["):
        _take_note(scene, "\n".join(lines))
    elif first.startswith(("#", "=")):
        scene.notes.setdefault("notes", []).append(clean_line(first.lstrip("#= ")))
    elif first.startswith(">"):
        text = clean_line(_unescape(first[1:]))
        if first.endswith("<"):
            scene.action.append(text.rstrip("< "))
        else:
            scene.transition = text
    elif len(lines) == 1 and re.fullmatch(r"[A-Z ]+TO:", first):
        scene.transition = first
    elif len(lines) > 1 and _is_character(first):
        _take_dialogue(scene, lines)
    else:
        plain = [line.removeprefix("!") for line in lines]
        scene.action.append(clean(_unescape("\n".join(plain))))


def _take_note(scene: _Scene, block: str) -> None:
    text = block.strip()[2:-2]
    label, sep, body = text.partition(":")
    name = _FROM_NOTES.get(label.strip().lower(), "notes") if sep else "notes"
    body = body if name != "notes" or label.strip().lower() == "notes" else text
    scene.notes.setdefault(name, []).append(clean(_unescape(body)))


def _take_dialogue(scene: _Scene, lines: list[str]) -> None:
    speaker = re.sub(r"\s*\((?:V\.?O\.?|O\.?S\.?|CONT'?D)[^)]*\)\s*|\^$", "", lines[0].strip())
    body = "\n".join(lines[1:])
    if body.strip():
        scene.speakers.append(clean_line(_unescape(speaker.removeprefix("@"))))
        scene.dialogue.append(clean(_unescape(body)))


def _is_character(line: str) -> bool:
    name = re.sub(r"\([^)]*\)", "", line)
    return line.startswith("@") or (name == name.upper() and any(c.isalpha() for c in name))


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ".").removesuffix("s"))
    except ValueError:
        return None

"""Prompt files, read and filled. A prompt and the schema of its answer are one versioned thing.

A file is `<task>.md`: a head with `task` and `version`, then sections: `# system`, `# ask`, any
number of `# when <topic>`, of which those that fit are added, and `# patterns`, added where
patterns are known. There are no placeholders: facts and strangers' texts go in as data, behind a
fence that nothing inside can close or step over. Two walls: the data is one line of JSON in which
line ends, invisible signs and angle brackets are escaped, so that no text can be a line of its own
or hold the fence's brackets; and the fence carries a random word, new for every prompt, that no
stranger can know.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from vtlib.core.errors import BadInput

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file: its sections by name. `sha256` of the whole file."""

    task: str
    version: int
    sha256: str
    sections: Mapping[str, str]

    @property
    def name(self) -> str:
        """`task/version`, as stored with every answer."""
        return f"{self.task}/{self.version}"

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(s.removeprefix("when ") for s in self.sections if s.startswith("when "))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt ready to be sent. `data_sha256` of what was filled in, without the fence's random
    word and without patterns measured before, whose version is `patterns_version` ("" = none).
    """

    system: str
    text: str
    version: str
    sha256: str
    data_sha256: str
    patterns_version: str = ""

    def with_retry_note(self, reason: str) -> Rendered:
        """The same prompt, with the reason why the last answer could not be used."""
        note = (
            f"\n\nYour last answer could not be used: {reason}\nAnswer again, with the JSON alone."
        )
        return replace(self, text=self.text + note)


@cache
def load_prompt(task: str, *, folder: Path = FOLDER) -> Prompt:
    """The prompt of a task. Raises BadInput when there is none or its file is malformed."""
    path = folder / f"{task}.md"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        tasks = ", ".join(sorted(p.stem for p in folder.glob("*.md")))
        raise BadInput(f"there is no prompt {task}", todo=f"There are: {tasks}.") from None
    match = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    head = yaml.safe_load(match.group(1)) if match else None
    if not match or not isinstance(head, dict) or head.get("task") != task:
        raise BadInput("a head with task and version is expected", file=path.name)
    pieces = re.split(r"^# (.+)$", match.group(2), flags=re.MULTILINE)
    sections = {
        name.strip(): body.strip() for name, body in zip(pieces[1::2], pieces[2::2], strict=True)
    }
    if missing := {"system", "ask"} - set(sections):
        raise BadInput(f"without a section {', '.join(sorted(missing))}", file=path.name)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Prompt(task, int(head["version"]), digest, sections)


def render(
    prompt: Prompt,
    *,
    topics: Sequence[str] = (),
    facts: Mapping[str, Any] | None = None,
    strangers: Mapping[str, Any] | None = None,
    patterns: Mapping[str, Any] | None = None,
) -> Rendered:
    """The prompt with the sections of those `topics` it has, our own `facts`, and strangers' text,
    fenced.

    Values may be None or missing: a post without account, views or caption is a post (pitfall 32).
    `patterns`: patterns measured before, with their `version`. They are context and no part of the
    request's identity, so a newer version does not make a new request that would be paid again.
    """
    parts = [prompt.sections["ask"]]
    parts += [prompt.sections[f"when {t}"] for t in topics if f"when {t}" in prompt.sections]
    for title, data in (("What is known", facts), ("What strangers wrote", strangers)):
        if data:
            parts.append(f"{title}, as data:\n{fence(data)}")
    if patterns:
        parts.append(prompt.sections["patterns"])
        parts.append(f"What was measured before, as data:\n{fence(patterns)}")
    inputs = inert({"topics": list(topics), "facts": facts or {}, "strangers": strangers or {}})
    return Rendered(
        system=prompt.sections["system"],
        text="\n\n".join(parts),
        version=prompt.name,
        sha256=prompt.sha256,
        data_sha256=hashlib.sha256(inputs.encode()).hexdigest(),
        patterns_version=str(patterns["version"]) if patterns else "",
    )


MAX_CHARS = 6_000  # of one text; longer ones are cut, and say so
_CUT = " [cut]"


def fence(data: Mapping[str, Any], *, word: str = "") -> str:
    """`data` (JSON values) between two fence lines. `word` is for tests; default: random."""
    body = inert(data)
    word = word or secrets.token_hex(16)
    while word in body:
        word = secrets.token_hex(16)
    return f"<<<data {word} begins>>>\n{body}\n<<<data {word} ends>>>"


def inert(data: Mapping[str, Any]) -> str:
    """`data` as one line of JSON; reading it as JSON gives the texts back, cut at MAX_CHARS."""
    text = json.dumps(_cut_texts(data), ensure_ascii=False, sort_keys=True)
    return "".join(_escape(c) if _is_risky(c) else c for c in text)


def _is_risky(char: str) -> bool:
    # C: control, invisible and direction signs, halves of pairs; Z: line ends, and spaces that are
    # no space.
    return char in "<>" or (unicodedata.category(char)[0] in "CZ" and char != " ")


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _cut_texts(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MAX_CHARS else value[: MAX_CHARS - len(_CUT)] + _CUT
    if isinstance(value, Mapping):
        return {str(k): _cut_texts(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cut_texts(v) for v in value]
    return value

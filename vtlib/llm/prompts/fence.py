"""Strangers' text as data in a prompt: behind a fence that nothing inside can close or step over.

Two walls. The data is one line of JSON in which line ends, invisible signs and angle brackets are
escaped, so that no text of it can be a line of its own or hold the fence's brackets. And the fence
carries a random word, new for every prompt, that no stranger can know.
"""

from __future__ import annotations

import json
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any

MAX_CHARS = 6_000  # of one text; longer ones are cut, and say so
_CUT = " [cut]"


def fenced(data: Mapping[str, Any], *, word: str = "") -> str:
    """`data` (JSON values) between two fence lines. `word` is for tests; default: random, and
    not in the data.
    """
    body = inert(data)
    word = word or secrets.token_hex(16)
    while word in body:
        word = secrets.token_hex(16)
    return f"<<<data {word} begins>>>\n{body}\n<<<data {word} ends>>>"


def inert(data: Mapping[str, Any]) -> str:
    """`data` as one line of JSON; reading it as JSON gives the texts back, cut at MAX_CHARS."""
    text = json.dumps(_short(data), ensure_ascii=False, sort_keys=True)
    return "".join(_escaped(c) if _is_risky(c) else c for c in text)


def _is_risky(char: str) -> bool:
    # C: control, invisible and direction signs, halves of pairs; Z: line ends, and spaces that are
    # no space.
    return char in "<>" or (unicodedata.category(char)[0] in "CZ" and char != " ")


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MAX_CHARS else value[: MAX_CHARS - len(_CUT)] + _CUT
    if isinstance(value, Mapping):
        return {str(k): _short(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_short(v) for v in value]
    return value

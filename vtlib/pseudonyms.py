"""The client's view: creators become "Creator 01", own accounts keep their names, numbers stay.

What a text says about a person is replaced; that a post is recognised by its numbers cannot be prevented.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from vtlib.errors import BadInput

OTHER = "another creator"  # an account outside the project
SOMEONE = "someone"  # a mention of an account outside the project
LINK = "[link]"
MIN_BARE = 5  # a shorter handle is taken for a name only after an @
_IDS = ("account_id", "handle", "display_name")
_WITHHELD = ("native_id", "payload", "source_sha256", "audio_id")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_TOKEN = re.compile(r"@?\w[\w.:@-]*")
_END = ".:-"


@dataclass(frozen=True)
class Pseudonyms:
    """The names of one project; make it with `for_project`."""

    by_account: Mapping[str, str]
    own: frozenset[str] = frozenset()
    _by_word: Mapping[str, str] = field(default_factory=dict)
    _phrases: re.Pattern[str] | None = None
    _by_phrase: Mapping[str, str] = field(default_factory=dict)
    _salt: str = ""

    def name(self, account_id: str) -> str:
        """The pseudonym of an account; `another creator` for one the project does not know."""
        return self.by_account.get(account_id, OTHER)

    def text(self, text: str) -> str:
        """`text` without creators' names: known ones by pseudonym, other mentions and links neutral."""
        clean = _URL.sub(LINK, text)
        if self._phrases is not None:
            clean = self._phrases.sub(lambda m: self._by_phrase[m[0].lower()], clean)
        return _TOKEN.sub(self._token, clean)

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`frame` as a client may see it; the numbers, times and rows are the same.

        account_id, handle, display_name become the pseudonym (own accounts keep theirs), post_id a code
        that is stable within the project, url and native ids are withheld, every other text and list of
        texts is cleaned. Rows of own accounts (by account_id, else by handle) keep all of it but strangers'
        names in their texts.
        """
        own = self._is_own(frame)
        who = self._who(frame)
        out = {name: self._column(frame[name], who=who, own=own) for name in frame.columns}
        return pd.DataFrame(out, index=frame.index, columns=frame.columns)

    def _column(self, column: pd.Series, *, who: list[str], own: list[bool]) -> pd.Series:
        name = str(column.name)
        if name in _IDS:
            values: list[Any] = [
                v if o or _none(v) else w for v, o, w in zip(column, own, who, strict=True)
            ]
        elif name == "post_id":
            values = [
                v if o or _none(v) else self._post(v) for v, o in zip(column, own, strict=True)
            ]
        elif name in _WITHHELD or name == "url" or name.endswith("_url"):
            values = [v if o else None for v, o in zip(column, own, strict=True)]
        elif name == "mentions":
            values = [v if _none(v) else [self._mention(str(w)) for w in v] for v in column]
        elif pd.api.types.is_string_dtype(column) or column.dtype == object:
            values = [self._value(v) for v in column]
        else:
            return column
        return pd.Series(values, index=column.index, dtype="object")

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._value(k): self._value(v) for k, v in value.items()}
        if isinstance(value, (list, tuple, np.ndarray)):
            return [self._value(v) for v in value]
        return value

    def _mention(self, handle: str) -> str:
        found = self._by_word.get("@" + handle.lower().lstrip("@"), SOMEONE)
        return found or handle

    def _who(self, frame: pd.DataFrame) -> list[str]:
        if "account_id" in frame:
            return [self.name(str(v)) for v in frame["account_id"]]
        handles = frame["handle"] if "handle" in frame else [""] * len(frame)
        return [self._by_word.get(f"@{str(v).lower().lstrip('@')}", OTHER) for v in handles]

    def _is_own(self, frame: pd.DataFrame) -> list[bool]:
        if "account_id" in frame:
            return [str(v) in self.own for v in frame["account_id"]]
        if "handle" in frame:
            return [f"@{str(v).lower().lstrip('@')}" in self.own for v in frame["handle"]]
        return [False] * len(frame)

    def _post(self, post_id: str) -> str:
        return "post " + _digest(self._salt, str(post_id))[:8]

    def _token(self, match: re.Match[str]) -> str:
        word = match[0].rstrip(_END)
        tail = match[0][len(word) :]
        found = self._by_word.get(word.lower())
        if found is not None:
            return (word if found == "" else found) + tail
        if word.startswith("@"):
            return SOMEONE + tail
        inner = re.split(r"([:@])", word)
        if len(inner) > 1:
            parts = zip(inner[::2], ["", *inner[1::2]], strict=True)
            return "".join(self._part(part, before) for part, before in parts) + tail
        return match[0]

    def _part(self, part: str, before: str) -> str:
        if before == "@" and part:
            found = self._by_word.get(f"@{part}".lower())
            return SOMEONE if found is None else found or f"@{part}"
        return before + (self._by_word.get(part.lower()) or part)


def for_project(accounts: pd.DataFrame, *, project: str) -> Pseudonyms:
    """Pseudonyms for the accounts of a project.

    `accounts`: account_id, and where known handle, display_name, role (`own` keeps its name) and added_at
    or first_seen_at. Numbers follow the time of adding, then a hash of the id, never a rank: an account
    added later gets a later number and changes nobody else's. Give all of the project's accounts each
    time. Raises BadInput when account_id is missing.
    """
    if "account_id" not in accounts.columns:
        raise BadInput("pseudonyms need the column account_id", todo="Give the project's accounts.")
    rows = accounts.drop_duplicates("account_id")
    role = rows["role"] if "role" in rows else pd.Series("", index=rows.index)
    own_rows, others = rows[role == "own"], rows[role != "own"]
    names = _numbered(others, project)
    own_words = {word: "" for _, word in _words(own_rows)}
    words = {**{word: names[account] for account, word in _words(others)}, **own_words}
    phrases = {phrase: names[account] for account, phrase in _display_names(others)}
    kept = {phrase: phrase for _, phrase in _display_names(own_rows)}
    phrases = {p: n for p, n in phrases.items() if p not in kept}
    longest = sorted(phrases, key=lambda p: (-len(p), p))
    pattern = r"(?<!\w)(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)"
    own_ids = own_rows["account_id"].astype(str)
    return Pseudonyms(
        {**names, **_own_names(own_rows)},
        frozenset([*own_ids, *(w for w in own_words if w.startswith("@"))]),
        words,
        re.compile(pattern, re.IGNORECASE) if phrases else None,
        phrases,
        project,
    )


def _numbered(accounts: pd.DataFrame, project: str) -> dict[str, str]:
    since = next((c for c in ("added_at", "first_seen_at") if c in accounts), None)
    times = [""] * len(accounts) if since is None else [str(t) for t in accounts[since]]
    ids = [str(a) for a in accounts["account_id"]]
    order = sorted(zip(times, [_digest(project, a) for a in ids], ids, strict=True))
    width = max(2, len(str(len(order))))
    return {account: f"Creator {n:0{width}d}" for n, (_, _, account) in enumerate(order, 1)}


def _own_names(rows: pd.DataFrame) -> dict[str, str]:
    handles = rows["handle"] if "handle" in rows else rows["account_id"]
    pairs = zip(rows["account_id"], handles, strict=True)
    return {str(a): str(a) if _none(h) else str(h) for a, h in pairs}


def _words(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Each account with the words that name it: its id, its native id, @handle, and a longer bare handle."""
    handles: Sequence[Any] = list(rows["handle"]) if "handle" in rows else [None] * len(rows)
    for account, handle in zip(rows["account_id"].astype(str), handles, strict=True):
        yield account, account.lower()
        native = account.partition(":")[2].lower()
        if len(native) >= MIN_BARE:
            yield account, native
        if not _none(handle) and str(handle):
            word = str(handle).lower().lstrip("@")
            yield account, f"@{word}"
            if len(word) >= MIN_BARE:
                yield account, word


def _display_names(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    if "display_name" not in rows:
        return
    for account, name in zip(rows["account_id"].astype(str), rows["display_name"], strict=True):
        if not _none(name) and len(str(name).strip()) >= MIN_BARE:
            yield account, str(name).strip().lower()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def _none(value: Any) -> bool:
    return value is None or (
        not isinstance(value, (list, dict, np.ndarray)) and bool(pd.isna(value))
    )

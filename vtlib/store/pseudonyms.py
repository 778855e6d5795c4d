"""A client's view of strangers: numbers, times, our own words, "creator 7, 120k followers".

Texts of strangers are withheld, not cleaned. A column passes if it is on the list below or if the
caller declares its texts as ours; all other texts of a stranger's row are missing, also those of
columns added later. Own accounts keep everything. A post may still be recognised by its numbers.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd

import vtlib
from vtlib.core.errors import BadInput
from vtlib.core.models import HOOK_TYPES, METRICS
from vtlib.core.settings import make_private
from vtlib.store.connection import Store
from vtlib.store.leaks import Needles, make_needles

OTHER = "another creator"  # an account outside the project
WITHHELD = "(not shown: it names a creator)"
NAMES = ("account_id", "handle", "display_name", "creator")
WORDS = ("caption", "title")  # of a post; replaced by what is known of it
# Columns that hold a word of ours: from a list in this package, a count of ours in words, a slug of
# the workspace.
OUR_WORDS = frozenset(
    [
        *("platform", "format", "language", "tier", "tier_before", "status", "state", "role"),
        *("side", "metric", "basis", "method", "kind", "stage", "ask", "unit", "by", "task"),
        *("design", "winner", "measured", "outcome", "done", "decided_by", "hook_types", "sense"),
        *("when", "file", "held", "agree", "claims", "confidence", "difficulty", "interval"),
        *("cost", "followers_state", "model", "prompt_version", "project_id", "product_id"),
        *("brand", "script_id", "between", "target", "prediction", "captured_at_basis", "change"),
        *("measure", "trend", "replicates", "outlier_run_id", "run_id", "provider", "what"),
        *(f"{metric}_state" for metric in METRICS),
    ]
)
_CODES = {"post_id": "post", "creative_id": "film"}
_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def _unknown(_: str) -> bool:
    """Without the project's needles no text of ours is known to be free of strangers."""
    return False


@dataclass(frozen=True)
class Pseudonyms:
    """The names of one project; make it with `for_project`.

    `is_ours`: whether a text of our own names no stranger. `about`: post_id -> what is known of it.
    """

    by_account: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    by_handle: Mapping[str, str] = field(default_factory=dict)
    is_ours: Callable[[str], bool] = _unknown
    about: Mapping[str, str] = field(default_factory=dict)
    salt: str = ""

    def name(self, account_id: str) -> str:
        """The pseudonym of an account; `another creator` for one the project does not know."""
        return self.by_account.get(account_id, OTHER)

    def told(self, text: str) -> str:
        """A text of ours as it is, or none of it where it names a stranger."""
        return text if self.is_ours(text) else WITHHELD

    def code(self, what: str, known_id: str) -> str:
        """A stable code for an id: the same in all copies of the project."""
        return f"{what} {_digest(self.salt, what, known_id)[:8]}"

    def apply(self, frame: pd.DataFrame, ours: Collection[str] = ()) -> pd.DataFrame:
        """`frame` as a client may see it; numbers, times and rows are the same.

        account_id is the pseudonym, handle and display_name the pseudonym with its followers,
        post_id a code of this workspace, caption and title what is known of the post. Texts of
        OUR_WORDS pass, those of the columns `ours` where they name no stranger; all other texts are
        missing. Rows of own accounts (by account_id, else by handle) keep their names, ids, links
        and words, these where they name no stranger.
        """
        rows = [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
        accounts = [self._account(row) for row in rows]
        out = {
            name: self._column(frame[name], rows, accounts, is_ours=name in ours)
            for name in frame.columns
        }
        return pd.DataFrame(out, index=frame.index, columns=frame.columns)

    def _column(
        self, column: pd.Series, rows: list[dict[str, Any]], accounts: list[str], *, is_ours: bool
    ) -> pd.Series:
        name = str(column.name)
        is_text = pd.api.types.is_string_dtype(column) or column.dtype == object
        if not is_text and not name.endswith("native_id"):
            return column
        values = [
            _each(v, self.told)
            if who in self.own
            else self._value(name, v, row, who, is_ours=is_ours)
            for v, row, who in zip(column, rows, accounts, strict=True)
        ]
        return pd.Series(values, index=column.index, dtype="object")

    def _value(
        self, name: str, value: Any, row: Mapping[str, Any], account: str, *, is_ours: bool
    ) -> Any:
        if _none(value):
            return None
        if is_ours:
            return _each(value, self.told)
        if name == "account_id":
            return self.name(account)
        if name in NAMES:
            return self.labels.get(account, OTHER)
        if name in _CODES:
            return self.code(_CODES[name], str(value))
        if name in WORDS:
            return self._known(row)
        if name in OUR_WORDS:
            return _each(value, str)
        return value if _is_plain(value) and not name.endswith("_id") else None

    def _known(self, row: Mapping[str, Any]) -> str | None:
        """What is known of a post, in our words."""
        if (description := self.about.get(str(row.get("post_id")))) is not None:
            return description
        kind, length = row.get("format"), row.get("duration_s")
        words = [] if _none(kind) else [str(kind)]
        words += [] if _none(length) else [f"{float(str(length)):.0f} s"]
        return ", ".join(words) or None

    def _account(self, row: Mapping[str, Any]) -> str:
        """The account of a row by its id, else by its handle (and platform); else ''."""
        if not _none(row.get("account_id")):
            return str(row["account_id"])
        if _none(row.get("handle")):
            return ""
        handle = str(row["handle"]).lower().lstrip("@")
        platform = row.get("platform")
        return self.by_handle.get(f"{'' if _none(platform) else platform}@{handle}", "")


def for_project(
    accounts: pd.DataFrame,
    *,
    salt: str,
    is_ours: Callable[[str], bool] = _unknown,
    about: Mapping[str, str] | None = None,
) -> Pseudonyms:
    """Pseudonyms for the accounts of a project.

    `accounts`: account_id, and where known handle, platform, role (`own` keeps its name), followers
    and added_at or first_seen_at. Numbers follow the time of adding, then a digest of `salt` and
    id, never a rank: an account added later gets a later number and changes nobody else's. Give all
    of the project's accounts each time. `salt`: of the workspace and project, so that no list of
    known ids can be tried against the codes. Raises BadInput when account_id is missing.
    """
    if "account_id" not in accounts.columns:
        raise BadInput("pseudonyms need the column account_id", todo="Give the project's accounts.")
    rows = accounts.drop_duplicates("account_id")
    role = rows["role"] if "role" in rows else pd.Series("", index=rows.index)
    own_rows, others = rows[role == "own"], rows[role != "own"]
    names = _numbers(others, salt)
    return Pseudonyms(
        {**names, **_own_names(own_rows)},
        _labels(others, names),
        frozenset(own_rows["account_id"].astype(str)),
        _handles(pd.concat([others, own_rows])),
        is_ours,
        about or {},
        salt,
    )


def _numbers(accounts: pd.DataFrame, salt: str) -> dict[str, str]:
    since = next((c for c in ("added_at", "first_seen_at") if c in accounts), None)
    times = [""] * len(accounts) if since is None else [str(t) for t in accounts[since]]
    ids = [str(a) for a in accounts["account_id"]]
    order = sorted(zip(times, [_digest(salt, a) for a in ids], ids, strict=True))
    return {account: f"creator {n}" for n, (_, _, account) in enumerate(order, 1)}


def _own_names(rows: pd.DataFrame) -> dict[str, str]:
    handles = rows["handle"] if "handle" in rows else rows["account_id"]
    pairs = zip(rows["account_id"], handles, strict=True)
    return {str(a): str(a) if _none(h) else str(h) for a, h in pairs}


def _labels(rows: pd.DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    """`creator 7, 120k followers`: rounded to two digits, so that the count identifies nobody."""
    counts = rows["followers"] if "followers" in rows else [None] * len(rows)
    return {
        str(a): names[str(a)] if _none(n) else f"{names[str(a)]}, {round_count(float(n))} followers"
        for a, n in zip(rows["account_id"], counts, strict=True)
    }


def round_count(count: float) -> str:
    """A count in two digits: `120k`."""
    near = float(f"{count:.2g}")
    for size, letter in _UNITS:
        if near >= size:
            return f"{near / size:.3g}{letter}"
    return f"{near:.0f}"


def _handles(rows: pd.DataFrame) -> dict[str, str]:
    """Account by `@handle` and `platform@handle`; strangers' before own ones."""
    if "handle" not in rows:
        return {}
    platforms = rows["platform"] if "platform" in rows else [""] * len(rows)
    by_handle: dict[str, str] = {}
    for account, handle, platform in zip(
        rows["account_id"].astype(str), rows["handle"], platforms, strict=True
    ):
        if not _none(handle):
            word = str(handle).lower().lstrip("@")
            by_handle.setdefault(f"@{word}", account)
            by_handle.setdefault(f"{platform}@{word}", account)
    return by_handle


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """`change` applied to every text in a value and its keys."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_each(k, change): _each(v, change) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_each(v, change) for v in value]
    return value


def _is_plain(value: Any) -> bool:
    """A number, a time, yes or no, or a list of such."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return all(_is_plain(v) for v in value)
    return isinstance(value, (Number, date, np.generic, pd.Timedelta)) and not isinstance(
        value, str
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def _none(value: Any) -> bool:
    return value is None or (
        not isinstance(value, (list, dict, np.ndarray)) and bool(pd.isna(value))
    )


SALT = "pseudonyms.salt"
# Keys of answers and measures whose values quote a video word for word.
_WORD_KEYS = ("text", "spoken", "speech", "overlay", "overlay_text")
_TOKEN = re.compile(r"[^\W_]+")
_NAMES = ("own handle", "own name", "own id", "own url")


def project_needles(store: Store, project: str, *, own: Sequence[str] = ()) -> Needles:
    """Everything that leads to a stranger of `project`. `own`: texts of the project's YAML."""
    rows = store.query_file("strangers", project=project)
    texts = list(zip(rows["account_id"], rows["kind"], rows["text"], strict=True))
    split = [(a, k.replace("json", "text"), t) for a, k, raw in texts for t in _texts(k, raw)]
    return make_needles(
        (row for row in split if not row[1].startswith("own")),
        own=[*own, *(t for _, k, t in split if k == "own text")],
        own_names=[t for _, k, t in split if k in _NAMES],
        common=program_words().__contains__,
    )


def post_descriptions(store: Store, project: str) -> dict[str, str]:
    """Post id -> "result first hook, 23 s, fits Moon spatula": words of our lists and numbers."""
    rows = store.query_file("known_of_posts", project=project)
    return {
        str(row["post_id"]): ", ".join(words)
        for row in rows.to_dict("records")
        if (words := list(_known({str(k): v for k, v in row.items()})))
    }


@cache
def program_words() -> frozenset[str]:
    """Words of this package's own sources: labels, names of columns, styles."""
    root = Path(vtlib.__file__).parent
    files = [
        p for p in root.rglob("*") if p.suffix in (".py", ".sql", ".j2", ".css", ".js", ".json")
    ]
    files += (root.parent / "notebooks").glob("*.ipynb")
    texts = (p.read_text(encoding="utf-8") for p in files)
    return frozenset(w for t in texts for w in _TOKEN.findall(t.casefold().replace("_", " ")))


def workspace_salt(outputs: Path) -> str:
    """The salt in `outputs/pseudonyms.salt`, made once and readable by its owner alone."""
    make_private(outputs)
    path = outputs / SALT
    if not path.exists():
        part = path.with_name(f".{SALT}.{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(secrets.token_hex(16), encoding="ascii")
        with contextlib.suppress(FileExistsError):  # of two at once the first stays
            os.link(part, path)
        part.unlink()
    return path.read_text(encoding="ascii").strip()


def _texts(kind: str, text: str) -> Iterator[str]:
    if not kind.endswith("json"):
        yield text
        return
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield text
        return
    yield from _words(value)


def _words(value: Any) -> Iterator[str]:
    """Texts that quote a video, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                if key in _WORD_KEYS:
                    yield inner
            else:
                yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def _known(row: dict[str, Any]) -> Iterator[str]:
    hooks = orjson.loads(row["hooks"]) if isinstance(row["hooks"], str) else []
    guesses = [h for h in hooks if isinstance(h, dict) and h.get("type") in HOOK_TYPES]
    if guesses:
        best = max(guesses, key=lambda h: float(h.get("probability") or 0))
        yield f"{best['type'].replace('_', ' ')} hook"
    if not guesses and isinstance(row["format"], str):
        yield row["format"]
    if row["duration_s"] == row["duration_s"] and row["duration_s"] is not None:
        yield f"{row['duration_s']:.0f} s"
    if isinstance(row["product"], str):
        yield f"fits {row['product']}"

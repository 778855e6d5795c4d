"""A client's view of strangers: numbers, times, our own words for things, and "creator 7, 120k
followers".

Nothing is cleaned: what a stranger wrote is not there. A column passes because it is on the list
below, or because the caller says that its texts are ours; every other text of a stranger's row is
withheld, also one that is added to a query tomorrow. Own accounts keep all of it. That a post is
recognised by its numbers cannot be prevented.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS

OTHER = "another creator"  # an account outside the project
WITHHELD = "(not shown: it names a creator)"
NAMES = ("account_id", "handle", "display_name", "creator")
WORDS = ("caption", "title")  # of a post: what is known of it stands in their place
# Columns that hold a word of ours: from a list in this package, a count of ours in words, a slug of
# the workspace.
OUR_WORDS = frozenset(
    [
        *(
            "platform",
            "format",
            "language",
            "tier",
            "tier_before",
            "status",
            "state",
            "role",
            "side",
        ),
        *(
            "metric",
            "basis",
            "method",
            "kind",
            "stage",
            "ask",
            "unit",
            "by",
            "task",
            "design",
            "winner",
        ),
        *(
            "measured",
            "outcome",
            "done",
            "decided_by",
            "hook_types",
            "sense",
            "when",
            "file",
            "held",
        ),
        *("agree", "claims", "confidence", "difficulty", "interval", "cost", "followers_state"),
        *("model", "prompt_version", "project_id", "product_id", "brand", "script_id", "between"),
        *("target", "prediction", "captured_at_basis", "change", "measure", "trend", "replicates"),
        *(f"{metric}_state" for metric in METRICS),
        *("outlier_run_id", "run_id", "provider", "what"),
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
        """A code for an id that leads somewhere: the same in all of a workspace's copies of the
        project.
        """
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
            self._own(v) if who in self.own else self._value(name, v, row, who, is_ours=is_ours)
            for v, row, who in zip(column, rows, accounts, strict=True)
        ]
        return pd.Series(values, index=column.index, dtype="object")

    def _own(self, value: Any) -> Any:
        return _each(value, self.told)

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
        if (known := self.about.get(str(row.get("post_id")))) is not None:
            return known
        kind, length = row.get("format"), row.get("duration_s")
        said = [] if _none(kind) else [str(kind)]
        said += [] if _none(length) else [f"{float(str(length)):.0f} s"]
        return ", ".join(said) or None

    def _account(self, row: Mapping[str, Any]) -> str:
        """The account a row is of: by its id, else by its handle (on its platform where that is
        told); else ''.
        """
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
    names = _numbered(others, salt)
    return Pseudonyms(
        {**names, **_own_names(own_rows)},
        _labels(others, names),
        frozenset(own_rows["account_id"].astype(str)),
        _handles(pd.concat([others, own_rows])),
        is_ours,
        about or {},
        salt,
    )


def _numbered(accounts: pd.DataFrame, salt: str) -> dict[str, str]:
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
    """`creator 7, 120k followers`: rounded to two digits, so that the count leads to nobody."""
    counts = rows["followers"] if "followers" in rows else [None] * len(rows)
    return {
        str(a): names[str(a)] if _none(n) else f"{names[str(a)]}, {rounded(float(n))} followers"
        for a, n in zip(rows["account_id"], counts, strict=True)
    }


def rounded(count: float) -> str:
    """A count in two digits: `120k`."""
    near = float(f"{count:.2g}")
    for size, letter in _UNITS:
        if near >= size:
            return f"{near / size:.3g}{letter}"
    return f"{near:.0f}"


def _handles(rows: pd.DataFrame) -> dict[str, str]:
    """Account by `@handle`, by `platform@handle` where platforms are told; strangers' before own
    ones.
    """
    if "handle" not in rows:
        return {}
    platforms = rows["platform"] if "platform" in rows else [""] * len(rows)
    found: dict[str, str] = {}
    for account, handle, platform in zip(
        rows["account_id"].astype(str), rows["handle"], platforms, strict=True
    ):
        if not _none(handle):
            word = str(handle).lower().lstrip("@")
            found.setdefault(f"@{word}", account)
            found.setdefault(f"{platform}@{word}", account)
    return found


def _each(value: Any, told: Callable[[str], str]) -> Any:
    """`told` on every text in a value, in its keys too."""
    if isinstance(value, str):
        return told(value)
    if isinstance(value, Mapping):
        return {_each(k, told): _each(v, told) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_each(v, told) for v in value]
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

"""The error tree, drawn with its exit codes.

VtError                       1  something of ours went wrong
├── BadInput                  2  a file, row, field, parameter or URL that cannot be used
├── CredentialsMissing        3  a key or a login that is missing or refused
├── SourceFailed              4  a platform, provider or download that did not deliver
├── ModelFailed               5  a model that did not answer usably
├── DataCheckFailed           6  a check found rows that must not exist
├── StoreBusy                 7  the database file is held by somebody else
└── BudgetReached             8  going on would cost more than was allowed

Every error says what is wrong and, in `todo`, what to do next.
"""

from __future__ import annotations

import difflib

# What to do where a package of the extra `team` is missing; the package is on no registry.
GET_TEAM_EXTRA = "In the checkout's folder, run: .venv/bin/python -m pip install -e '.[team]'"


def sentence(text: str) -> str:
    """`text` with one full stop at its end, also where it quotes a service that sent one."""
    bare = text.rstrip()
    return bare if bare.endswith(("!", "?", "…")) else bare.rstrip(".") + "."


class VtError(Exception):
    """Base of every error of this package; `todo` is the next step for the reader."""

    exit_code = 1

    def __init__(self, message: str, *, todo: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.todo = todo

    def __str__(self) -> str:
        return f"{self.message} {self.todo}".strip()


class BadInput(VtError):
    """Input that cannot be used; says the file, the row and the field where there are any."""

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        todo: str = "",
        file: str = "",
        row: int | None = None,
        field: str = "",
    ) -> None:
        parts = (file, "" if row is None else f"row {row}", f"field {field}" if field else "")
        place = ", ".join(part for part in parts if part)
        super().__init__(f"{place}: {message}" if place else message, todo=todo)
        self.file, self.row, self.field = file, row, field


class Overtaken(BadInput):
    """Somebody else wrote the next version first; nothing was written."""


class CredentialsMissing(VtError):
    """A key or login is missing or was refused."""

    exit_code = 3


class SourceFailed(VtError):
    """A platform or provider did not deliver what was asked."""

    exit_code = 4


class ModelFailed(VtError):
    """A model did not give a usable answer."""

    exit_code = 5


class DataCheckFailed(VtError):
    """A check on the database found offending rows."""

    exit_code = 6


class StoreBusy(VtError):
    """The database stayed locked by another process for longer than we wait."""

    exit_code = 7


class PlaceTaken(StoreBusy):
    """Another process does the same work, or works in the same folder: wait until it has ended."""


class BudgetReached(VtError):
    """The next step would pass the cap on money."""

    exit_code = 8


def article(noun: str) -> str:
    """`an authority`, `a hook`: the noun with its article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def nearest(word: str, words: list[str]) -> str:
    """The word of `words` most like `word` but not `word` itself, or ''."""
    words = [w for w in words if w != word]
    by_leaf = {w.rsplit(".", 1)[-1]: w for w in words}
    hit = difflib.get_close_matches(word, words, 1, 0.6) or [
        by_leaf[m]
        for m in difflib.get_close_matches(word.rsplit(".", 1)[-1], list(by_leaf), 1, 0.6)
    ]
    return hit[0] if hit else ""

"""The result of a stage: a status, a reason, and sentences made from numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vtlib.core.errors import sentence
from vtlib.core.language import figure, marked, say, say_n

MIMETYPE = "application/vnd.vt.result+json"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A stage's result; shown as sentences, and read by the runner out of the executed notebook.

    `counts` are whole numbers by name; `reason` says why a stage was skipped and what to set.
    """

    stage: str
    headline: tuple[str, ...] = ()
    status: Literal["ok", "skipped"] = "ok"
    reason: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        first = f"skipped: {self.reason}" if self.status == "skipped" else ""
        return "\n".join(line for line in (first, *self.headline) if line)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {
            MIMETYPE: {
                "stage": self.stage,
                "status": self.status,
                "reason": self.reason,
                "headline": list(self.headline),
                "counts": dict(self.counts),
            },
            "text/plain": repr(self),
        }


def finish_stage(stage: str, headline: Sequence[str], **counts: int) -> Conclusion:
    """A stage that did its work."""
    return Conclusion(stage, tuple(headline), counts=counts)


def skip_stage(stage: str, reason: str, headline: Sequence[str] = ()) -> Conclusion:
    """A stage with nothing to do; `reason` says why and what to set."""
    return Conclusion(stage, tuple(headline), status="skipped", reason=reason)


def both(first: Conclusion, second: Conclusion) -> Conclusion:
    """Two halves of a stage as one; when only one was skipped, the headline says why."""
    if first.status == second.status == "skipped":
        reason = "; ".join(dict.fromkeys([first.reason, second.reason]))
        return skip_stage(first.stage, reason, [*first.headline, *second.headline])
    waits = [sentence(f"Skipped: {c.reason}") for c in (first, second) if c.status == "skipped"]
    lines = [*first.headline, *second.headline, *waits]
    return finish_stage(first.stage, lines, **{**first.counts, **second.counts})


_ONE = marked({"are": "is", "were": "was", "have": "has", "stand": "stands", "repeat": "repeats"})
_MANY = marked(("are", "were", "have", "stand", "repeat"))


def verb(count: float, plural: str) -> str:
    """The verb after `number`: `1 post was`, `2 posts were`."""
    return say(_ONE[plural] if count == 1 else plural)


def number(count: float, noun: str = "", plural: str = "") -> str:
    """`1 post`, `2,345 posts`: a count with its noun."""
    word = say_n(noun, plural or f"{noun}s", count) if noun else ""
    return f"{figure(f'{count:,.0f}')} {word}".strip()


def product_name(row: Any) -> str:
    """Name of a product, else its slug, else its id. `row`: a mapping or a row of a frame."""
    for key in ("product_name", "product", "product_id"):
        value = row.get(key)
        if isinstance(value, str) and value:
            return value
    return ""

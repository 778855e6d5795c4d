"""Statuses of a script, who may move it where, and what must be there first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from vtlib.core.errors import BadInput, nearest
from vtlib.core.language import marked, say
from vtlib.scripts.script import Script, call_to_action
from vtlib.scripts.timing import word_rates

Status = Literal[
    "draft", "review", "approved", "in_production", "produced", "published", "archived"
]
STATUSES: tuple[str, ...] = get_args(Status)
IN_PRODUCTION = ("draft", "review", "approved", "in_production", "produced")  # not yet published
_WORDS = marked(
    ("draft", "review", "approved", "in production", "produced", "published", "archived")
)
ROLES = ("writer", "reviewer", "approver", "producer")
FORWARD = {
    "draft": "review",
    "review": "approved",
    "approved": "in_production",
    "in_production": "produced",
    "produced": "published",
}
BACK = {
    "review": ("draft",),
    "approved": ("review", "draft"),
    "in_production": ("approved", "draft"),
    "produced": ("in_production",),
    "published": ("produced",),
    "archived": ("draft",),
}
DRAFTS = ("draft", "review", "archived")  # what nobody has approved, or nobody wants any more
# Statuses that show that money was spent on a version: such a script is never deleted.
PRODUCED = ("in_production", "produced", "published")
# Whose step it is in each status: the roles that the next step waits for.
_NEXT = {
    "draft": ("writer",),
    "review": ("reviewer", "approver"),
    "approved": ("producer",),
    "in_production": ("producer",),
    "produced": ("producer",),
}
_WHO = {"approved": "approver", "in_production": "producer", "produced": "producer"}


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides whether a move is allowed. `people` maps a role to the people who hold it;
    `has_post`: linked.
    """

    script: Script
    status: str
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_post: bool = False


def allowed(status: str) -> tuple[str, ...]:
    """Where a script may go from `status`: forward first, then back, then the archive."""
    ahead = (FORWARD[status],) if status in FORWARD else ()
    archive = () if status == "archived" else ("archived",)
    return ahead + BACK.get(status, ()) + archive


def waiting_for(
    status: str, people: Mapping[str, tuple[str, ...]], *, assignee: str | None = None
) -> tuple[str, ...]:
    """Whose step is next: those who hold the role of the step, each once; empty when nobody does or
    nothing is left.

    A draft also waits for its `assignee`.
    """
    names = [name for role in _NEXT.get(status, ()) for name in people.get(role, ())]
    own = [assignee] if assignee and status == "draft" else []
    return tuple(dict.fromkeys([*own, *names]))


def missing(situation: Situation, to: str) -> tuple[str, ...]:
    """What a script lacks for `to`, in words; empty when nothing."""
    script, out = situation.script, []
    has_content = any(b.spoken or b.visual or b.overlay for b in script.beats)
    if to in ("review", "approved", "in_production") and not has_content:
        out.append("a beat that says or shows something")
    if to in ("approved", "in_production"):
        if untimed_ids := [b.beat_id for b in script.beats if not b.duration_s]:
            out.append(f"a duration for {', '.join(untimed_ids[:5])}")
        if not call_to_action(script):
            out.append("a call to action (a fact of the script, or a beat of kind cta)")
        if open_ := [c.text for c in script.claims if not c.is_cleared]:
            out.append(f"clearance of {len(open_)} claim(s): {'; '.join(open_)[:200]}")
    if to == "published" and not situation.has_post:
        out.append("a linked post (vt script track)")
    return tuple(out)


def require_move(situation: Situation, to: str, *, by: str, reason: str = "") -> None:
    """Raise BadInput with the reason unless `by` may move the script to `to`.

    A way back and the archive need a reason. Where people hold the role that a step needs
    (approver, producer), only they may take it; where nobody does, anybody may.
    """
    if to not in STATUSES:
        near = nearest(to, list(STATUSES))
        todo = f"Did you mean {near}?" if near else f"One of: {', '.join(STATUSES)}."
        raise BadInput(f"there is no status {to}.", todo=todo)
    ways = allowed(situation.status)
    if to == situation.status:
        raise BadInput(f"it is {to} already.", todo=f"It can become: {', '.join(ways)}.")
    if to not in ways:
        todo = f"From there: {', '.join(ways)}."
        raise BadInput(f"a script that is {situation.status} cannot become {to}.", todo=todo)
    if to != FORWARD.get(situation.status) and not reason.strip():
        raise BadInput(
            f"going from {situation.status} to {to} needs a reason.", todo="Give --reason."
        )
    holders = situation.people.get(_WHO.get(to, ""), ())
    if holders and by not in holders:
        raise BadInput(
            f"only {', '.join(holders)} may make it {to}, not {by or 'nobody'}.",
            todo="See: vt script assign",
        )
    if lacks := missing(situation, to):
        raise BadInput(f"for {to} it lacks {'; '.join(lacks)}.", todo="Make a version that has it.")


def warnings(script: Script) -> tuple[str, ...]:
    """What a reviewer should look at although it stops nothing: words that do not fit into their
    seconds.
    """
    return tuple(
        say(
            "#{beat_id}: {words:g} words in {duration_s:g} s are {words_per_s:g} words/s; they "
            "need {least_s:g} s",
            beat_id=r.beat_id,
            words=r.words,
            duration_s=r.duration_s,
            words_per_s=r.words_per_s,
            least_s=r.least_s,
        )
        for r in word_rates(script)
        if r.is_too_fast
    )

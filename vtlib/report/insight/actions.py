"""Three things to do next: shoot, test, stop, with gain, how sure, and command. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.core.conclusion import number, product_name
from vtlib.core.finding import sure_text
from vtlib.core.language import marked, say, word
from vtlib.report.insight.facts import Facts
from vtlib.report.insight.next_steps import OPEN, script_command

_KINDS = marked(("Shoot", "Test", "Stop"))  # what templates show
UNKNOWN = marked("not known yet")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do; `command` "" = nothing to type, `href` "" = no page."""

    kind: str
    title: str
    expected: str = UNKNOWN
    sure: str = ""
    why: str = ""
    command: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class HookSource:
    """A breakout whose hook may be tested: first words, kinds of hook, the address of its page."""

    post_id: str
    words: str
    kinds: tuple[str, ...]
    href: str


def actions(facts: Facts, *, project: str, hook: HookSource | None = None) -> tuple[Action, ...]:
    """Shoot, test, stop, in this order, of what is stored.

    Each is the first advice of its kind (the surest first, `advise`), for shoot the first with a
    script where one has a script. Without advice: the script nearest to being shot, the hook of the
    surest breakout, and that nothing is surely below the usual; then the gain is not known yet.
    `hook` None = the reader sees no posts, or no model has read a breakout.
    """
    return (
        _shoot(facts, project),
        _test(facts, project, hook),
        _advised(facts, ("stop",), "Stop") or Action("Stop", _no_stop(facts), sure=""),
    )


def _shoot(facts: Facts, project: str) -> Action:
    if action := _advised(facts, ("shoot", "repeat"), "Shoot"):
        return action
    scripts = facts.scripts
    if len(scripts):
        waiting = scripts[scripts["status"].isin(OPEN) & scripts["posts"].eq(0)]
        nearest = waiting.assign(place=waiting["status"].map(OPEN.index))
        nearest = nearest.sort_values("place", ascending=False, kind="stable")
        if len(nearest):
            row = nearest.iloc[0]
            why = say(
                "The script nearest to being shot: {status}.",
                status=word(row["status"]),
            )
            script = str(row["script_id"])
            return Action(
                "Shoot",
                str(row["title"]),
                sure=say("nothing measured yet"),
                why=why,
                command=script_command(script),
                href=f"scripts.html#{script}",
            )
    why = facts.advice_lacks[0] if facts.advice_lacks else say("There is no script yet.")
    command = shlex.join(("vt", "script", "create", "--project", project)) if project else ""
    return Action("Shoot", say("No script is ready"), why=why, command=command)


def _test(facts: Facts, project: str, hook: HookSource | None) -> Action:
    if action := _advised(facts, ("test",), "Test"):
        return action
    if hook is None:
        if len(facts.grounding):
            why = say("Which one is not named in this copy.")
            return Action("Test", say("A hook of the breakouts"), why=why)
        return Action(
            "Test", say("No hook to test yet"), why=say("No model has read a breakout yet.")
        )
    words = ["vt", "script", "adapt", "--project", project, "--video", hook.post_id]
    fits = facts.fits
    mine = fits[fits["post_id"].eq(hook.post_id)] if len(fits) else fits
    if len(mine):
        words += ["--product", str(mine.iloc[0].get("product_id")).rpartition("/")[2]]
    kinds = ", ".join(map(word, hook.kinds))
    why = say("How the surest breakout that a model has read opens: {kinds}", kinds=kinds)
    end = (
        say(", for {product_name}.", product_name=product_name(mine.iloc[0])) if len(mine) else "."
    )
    return Action(
        "Test",
        say("The hook of “{words}”", words=hook.words),
        sure=say("nothing measured yet"),
        why=why + end,
        command=shlex.join(words),
        href=hook.href,
    )


def _no_stop(facts: Facts) -> str:
    if facts.patterns.empty and facts.verdicts.empty:
        return say("Nothing yet: no pattern was tested and no script has posts")
    return say("Nothing: no pattern, script or product is surely below the usual")


def _advised(facts: Facts, kinds: tuple[str, ...], kind: str) -> Action | None:
    rows = facts.advice
    mine = rows[rows["kind"].isin(kinds)] if len(rows) else rows
    if mine.empty:
        return None
    ready = mine[mine["script_id"].notna()] if kind == "Shoot" else mine.iloc[:0]
    row = (ready if len(ready) else mine).iloc[0]
    pattern = row["pattern"] if isinstance(row["pattern"], str) else ""
    meaning = _definition(facts, pattern) if pattern else ""
    script = row["script_id"] if isinstance(row["script_id"], str) else ""
    title = _script_title(facts, script) if kind == "Shoot" else ""
    reason = f"{str(row['why']).partition('; the script ')[0].rstrip('.')}."
    return Action(
        kind,
        title
        or (f"{say(_VERBS[row['kind']])}: {_lower(meaning)}" if meaning else str(row["what"])),
        _expected(row),
        _sure(row),
        f"{meaning}. {reason}" if title and meaning else reason,
        str(row["how"]),
        f"scripts.html#{script}" if script else "",
    )


_VERBS = marked({"shoot": "With", "repeat": "Keep", "stop": "Leave out", "test": "With"})


def _script_title(facts: Facts, script_id: str) -> str:
    scripts = facts.scripts
    mine = scripts[scripts["script_id"].eq(script_id)] if len(scripts) else scripts
    return str(mine.iloc[0]["title"]) if len(mine) else ""


def _definition(facts: Facts, pattern: str) -> str:
    """What a pattern means, without its full stop; else its name."""
    table = facts.patterns
    rows = table[table["pattern"].eq(pattern)] if len(table) else table
    return (say(str(rows.iloc[0]["definition"])) if len(rows) else word(pattern)).rstrip(".")


def _lower(text: str) -> str:
    """The first letter small, unless the word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _expected(row: Mapping[str, Any] | pd.Series) -> str:
    """The gain with its interval: a ratio, and views a post where the level is known."""
    if pd.notna(row["ratio"]):
        ratio = say(
            "×{ratio:.1f} the views ({ratio_low:.1f} to {ratio_high:.1f})",
            ratio=row["ratio"],
            ratio_low=row["ratio_low"],
            ratio_high=row["ratio_high"],
        )
        if pd.isna(row["gain_views"]):
            return ratio
        return say(
            "{ratio}, {gain_views:+,.0f} a post ({gain_low:+,.0f} to {gain_high:+,.0f})",
            ratio=ratio,
            gain_views=row["gain_views"],
            gain_low=row["gain_low"],
            gain_high=row["gain_high"],
        )
    if pd.notna(row["saved_usd"]):
        ends = say(
            "${saved_low:,.2f} to ${saved_high:,.2f}",
            saved_low=row["saved_low"],
            saved_high=row["saved_high"],
        )
        return say("${saved_usd:,.2f} saved ({ends})", saved_usd=row["saved_usd"], ends=ends)
    return UNKNOWN


def _sure(row: Mapping[str, Any] | pd.Series) -> str:
    posts = number(int(row["n"]), "post")
    if pd.isna(row["q_value"]):
        return posts
    return say(
        "{q_value}, from {posts}",
        q_value=say("open") if row["kind"] == "test" else sure_text(row["q_value"]),
        posts=posts,
    )

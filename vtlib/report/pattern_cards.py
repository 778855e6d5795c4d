"""Patterns as picture cards: frames, the effect in words, where it holds, how sure, whether it
fades; and the page of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib import tables
from vtlib.core.conclusion import number
from vtlib.core.figures import ratio_text
from vtlib.core.finding import sure_text
from vtlib.core.language import retell, say, word
from vtlib.performance import library
from vtlib.report import assembly
from vtlib.report.facts import Page
from vtlib.report.posters import platform
from vtlib.store.project import Project, one_session

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """An example: a data URL ("" = none), its words, the original ("" = not shown)."""

    picture: str
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class PatternCard:
    """A pattern in words; `kind`: more, fewer or "" (nothing can be claimed)."""

    pattern: str
    name: str
    definition: str
    kind: str
    figure: str
    effect: str
    sure: str
    where: str
    fades: str
    basis: str
    note: str
    frames: tuple[Frame, ...]
    facts: Mapping[str, str]


@one_session
def pattern_cards(project: Project) -> tuple[PatternCard, ...]:
    """A card for each pattern of the latest library, claims first; with pseudonyms no frames."""
    rows = project.visible(project.frame("patterns"), ours=library.PATTERN_TEXTS)
    if rows.empty:
        return ()
    platforms = project.visible(project.frame("pattern_platforms"), ours=library.PATTERN_TEXTS)
    claims = rows[rows["claim"].ne("")]
    examples = library.examples(project, claims.to_dict("records"), each=EXAMPLES)
    return tuple(
        card(
            {str(k): v for k, v in row.items()},
            platforms[platforms["pattern"].eq(row["pattern"])] if len(platforms) else platforms,
            examples.get(str(row["pattern"]), ()),
        )
        for row in rows.to_dict("records")
    )


def card(
    row: Mapping[str, Any], platforms: pd.DataFrame, examples: Sequence[tables.Example]
) -> PatternCard:
    """The card of a row of `patterns_latest`; `platforms`: its rows of pattern_platforms."""
    ratio = ratio_text(row["ratio"])
    return PatternCard(
        str(row["pattern"]),
        word(row["pattern"]).capitalize(),
        say(str(row["definition"])),
        {"more views": "more", "fewer views": "fewer"}.get(str(row["claim"]), ""),
        say("×{ratio} views", ratio=ratio),
        say(
            "In four cases of five between ×{low} and ×{high} of the views without it.",
            low=ratio_text(row["ratio_low"]),
            high=ratio_text(row["ratio_high"]),
        ),
        sure_text(row["q_value"]),
        _where(platforms),
        _fades(row),
        _basis(row),
        retell(str(row["note"] or "")),
        tuple(
            Frame(tables.picture_url(e.picture) if e.picture else "", e.words, e.url)
            for e in examples
        ),
        {f"pattern.{row['pattern']}.ratio": ratio},
    )


def _where(platforms: pd.DataFrame) -> str:
    """On which platforms it can be claimed of their posts alone, and where it differs."""
    if platforms.empty:
        return say("Not tested on a platform alone.")
    claims = platforms[platforms["claim"].ne("")]
    if claims.empty:
        return say("Over all platforms; on none alone yet.")
    names = [
        f"{platform({'platform': name})} ×{ratio_text(ratio)}"
        for name, ratio in zip(claims["platform"], claims["ratio"], strict=True)
    ]
    return say("Holds alone on {names}.", names=", ".join(names))


def _fades(row: Mapping[str, Any]) -> str:
    trend = str(row["trend"])
    if trend == "fading" and pd.notna(row["half_life_days"]):
        return say("Fading: half of it is gone in {days:,.0f} days.", days=row["half_life_days"])
    return {
        "fading": say("Fading."),
        "growing": say("Growing."),
        "steady or unknown": say("Steady, or too slow a change to be seen."),
    }.get(trend, say("Too little data to say whether it fades."))


def _basis(row: Mapping[str, Any]) -> str:
    text = say(
        "{posts} of {accounts} with it, {without} without; {replicates}; {known_by}.",
        posts=number(row["n_with"], "post"),
        accounts=number(row["accounts_with"], "account"),
        without=number(row["n_without"]),
        replicates=say(str(row["replicates"])),
        known_by=word(row["kind"]),
    )
    needed = row["posts_needed"]
    if row["claim"] or needed is None or pd.isna(needed) or not needed:
        return text
    return text + say(" About {posts} more would settle it.", posts=number(int(needed), "post"))


def write_patterns(path: Path, cards: Sequence[PatternCard], *, page: Page) -> Path:
    """Write the cards as the self-contained page `path`; returns it."""
    groups = [
        (say("What goes with more views"), [c for c in cards if c.kind == "more"]),
        (say("What goes with fewer views"), [c for c in cards if c.kind == "fewer"]),
    ]
    rest = [c for c in cards if not c.kind]
    content = {
        **assembly.shell(page, with_charts=False, is_folded=True),
        "lead": lead(cards),
        "lead_facts": {"performance.patterns_tested": number(len(cards))} if cards else {},
        "groups": [(title, group) for title, group in groups if group],
        "rest": rest,
    }
    return assembly.write_page(path, "patterns.html.j2", content)


def lead(cards: Sequence[PatternCard]) -> str:
    """How many patterns hold, of how many tested."""
    if not cards:
        return say("No pattern was tested yet: 07 tests them once posts are judged.")
    claims = number(sum(bool(c.kind) for c in cards))
    return say(
        "{claims} of {tested} patterns tested hold. They go with views; whether they cause them is "
        "not shown.",
        claims=claims,
        tested=number(len(cards)),
    )

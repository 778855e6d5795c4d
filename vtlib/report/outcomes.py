"""The answers below the breakouts: why, what fits, what to shoot, did it work, what it cost;
each where there are rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from vtlib.analysis.summary import count_claims
from vtlib.core.conclusion import number
from vtlib.core.finding import q_text
from vtlib.core.proportions import rate
from vtlib.llm.bill import bill
from vtlib.report.answers import Card
from vtlib.report.insight.facts import Facts

_HREFS = {
    "why": "insight.html#sure",
    "fits": "06_comparison.html",
    "shoot": "scripts.html",
    "worked": "insight.html#worked",
    "spent": "insight.html#cost",
}
_OPEN = ("approved", "in_production", "review", "draft", "produced", "published")


def outcomes(facts: Facts, *, spend: pd.DataFrame | None) -> list[Card]:
    """The cards in reading order; a card without rows is left out; money is told unless `spend`
    is None.
    """
    cards = [why(facts), fits(facts), shoot(facts), did_it_work(facts)]
    cards += [None if spend is None else spent(spend)]
    return [card for card in cards if card is not None]


def why(facts: Facts) -> Card | None:
    """The surest pattern that may be claimed, else that there is none; and how far models agree
    with the files.
    """
    said: list[str] = []
    figure = ""
    if len(facts.patterns):
        posts = number(facts.pattern_run.get("n_posts") or 0, "post")
        claims = facts.claims
        if len(claims):
            row = claims.iloc[0]
            name = str(row["pattern"]).replace("_", " ").capitalize()
            figure = f"{name}: ×{row['ratio']:.2f} views"
            said.append(
                f"{row['ratio_low']:.2f} to {row['ratio_high']:.2f}, "
                f"{number(row['n_with'], 'post')}, {q_text(row['q_value'])}; "
                f"{number(len(claims), 'pattern')} of {len(facts.patterns):,} tested can be "
                "claimed."
            )
        else:
            figure = "No pattern can be claimed"
            said.append(f"{number(len(facts.patterns), 'feature')} tested on {posts}.")
    if len(facts.grounding):
        count = count_claims(facts.grounding)
        told = f"{number(count.answers, 'video')} read by a model"
        if count.checked:
            held = rate(count.supported, count.checked, interval=facts.interval)
            told += (
                f": {held.share:.0%} of {number(count.checked, 'claim')} agree with the file "
                f"({held.low:.0%} to {held.high:.0%})"
            )
        said.append(f"{told}.")
    if not said:
        return None
    return Card("why", "Why we think so", figure, said, href=_HREFS["why"])


def fits(facts: Facts) -> Card | None:
    """The product that most videos are recommended for, and the best pair, by the one rule; a
    model's opinion, and told so.
    """
    table = facts.fits
    if table.empty:
        return None
    chosen = table[table["is_recommended"].eq(True)]
    videos = table["post_id"].nunique()
    said = [
        (
            f"{number(len(table), 'pair')} of {number(videos, 'video')} judged by a model: opinions, "  # noqa: E501
            "0 to 5."
        )
    ]
    best = table.iloc[0]
    said.append(f"Best: {best['product']} with {best['handle']}, {best['score']:.1f}.")
    differ = int(table["disagreement"].fillna("").ne("").sum()) if "disagreement" in table else 0
    if differ:
        said.append(
            f"For {differ:,} of {number(videos, 'video')} pairs or the model's own choice differ."
        )
    if chosen.empty:
        said.append(f"None reaches {facts.min_fit:g} (adaptation.min_score).")
        return Card(
            "fits", "What fits which product", "No product recommended", said, href=_HREFS["fits"]
        )
    counts = chosen["product"].value_counts()
    figure = f"{counts.index[0]}: {int(counts.iloc[0]):,} of {number(videos, 'video')}"
    return Card("fits", "What fits which product", figure, said, href=_HREFS["fits"])


def shoot(facts: Facts) -> Card | None:
    """Scripts by status, and the titles nearest to being shot."""
    scripts = facts.scripts
    if scripts.empty:
        return None
    counts = scripts["status"].value_counts()
    told = [f"{int(counts[s]):,} {s.replace('_', ' ')}" for s in _OPEN if s in counts]
    rank = {status: place for place, status in enumerate(_OPEN)}
    ready = scripts.assign(place=scripts["status"].map(rank)).dropna(subset=["place"])
    ready = ready[ready["posts"].eq(0)].sort_values("place", kind="stable").head(2)
    figure = number(len(scripts), "script")
    said = [", ".join(told) + "."] if told else []
    return Card("shoot", "What to shoot", figure, said, _titles(ready), _HREFS["shoot"])


def did_it_work(facts: Facts) -> Card | None:
    """Matured posts of scripts against their own median; under the least number nothing is
    claimed.
    """
    if facts.verdicts.empty:
        return None
    held = facts.matured
    early = int(facts.verdicts["status"].eq("too early").sum())
    waiting = f"; {early:,} too early" if early else ""
    if len(held) < facts.min_matured:
        told = f"{number(len(held), 'matured post')} of {facts.min_matured:,} needed{waiting}."
        return Card(
            "worked", "Did it work", "Nothing can be claimed yet", [told], href=_HREFS["worked"]
        )
    beats = rate(int(held["beats_median"].sum()), len(held), interval=facts.interval)
    told = (
        f"{beats.share:.0%} ({beats.low:.0%} to {beats.high:.0%}); chance would give half{waiting}."
    )
    figure = f"{beats.k:,} of {beats.n:,} beat their own median"
    return Card("worked", "Did it work", figure, [told], href=_HREFS["worked"])


def spent(spend: pd.DataFrame) -> Card:
    """All money of the project so far; what has no known price is said to have none, never shown
    as 0.
    """
    if spend.empty:
        return Card("spent", "What it cost", "$0.00", ["Nothing was bought."])
    found = bill(spend)
    split = f"US dollars: {found.split}."
    return Card("spent", "What it cost", found.figure, [split], href=_HREFS["spent"])


def _titles(scripts: pd.DataFrame) -> Sequence[str]:
    return [f"{r['title']} ({str(r['status']).replace('_', ' ')})" for _, r in scripts.iterrows()]

"""The conclusion of 06 and its tables: sentences from numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vtlib.adaptation.comparison.ranking import Disagreement
from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage
from vtlib.core.language import marked, say
from vtlib.core.proportions import Rate

SURE_P = 0.9
BEST_COLUMNS = marked(
    {
        "handle": "after",
        "product_name": "take",
        "recommended": "recommended",
        "score": "score, 0 to 5",
        "ahead": "ahead by",
        "confidence": "how sure",
        "why": "why",
        "disagreement": "where judgements differ",
        "obstacle": "what stands in the way",
        "best_use": "what to borrow",
        "url": "post",
    }
)
PAIR_COLUMNS = marked(
    {
        "handle": "after",
        "product_name": "product",
        "score": "score, 0 to 5",
        "hook_relevance": "hook",
        "audience_match": "audience",
        "transition_ease": "transition",
        "replicability": "replicable",
        "confidence": "how sure",
        "reason": "why",
        "n_judged": "times judged",
        "score_low": "lowest",
        "score_high": "highest",
    }
)
FORMATS = {"score": ".1f", "ahead": ".1f", "score_low": ".1f", "score_high": ".1f"}
RANK_FORMATS = {"chance": "pct", "mean_score": ".1f"}
RANK_COLUMNS = marked(
    {
        "rank": "rank",
        "ranks": "rank, 80 %",
        "product": "product",
        "chance": "probability of rank 1",
        "won": "pairs won",
        "lost": "lost",
        "even": "even",
        "mean_score": "mean score",
        "first_in": "best in videos",
        "n_videos": "videos",
    }
)


def pair_table(fits: pd.DataFrame) -> pd.DataFrame:
    """`fits` (adaptation/store) with a column a score, as PAIR_COLUMNS."""
    if fits.empty:
        return pd.DataFrame(columns=["account_id", *PAIR_COLUMNS])
    scores = pd.DataFrame(list(fits["scores"]), index=fits.index)
    return pd.concat([fits, scores], axis=1)


def best_table(rows: pd.DataFrame) -> pd.DataFrame:
    """For each video the product of rank 1, as BEST_COLUMNS: `ahead` of the next one (None: alone).

    `rows`: recommendation.rank_products.
    """
    if rows.empty:
        return pd.DataFrame(columns=["account_id", *BEST_COLUMNS])
    best = rows.drop_duplicates("post_id")
    next_ = rows[rows.groupby("post_id").cumcount() == 1].set_index("post_id")["score"]
    ways = [obstacles(ways) for ways in best["obstacles"]]
    return best.assign(
        recommended=best["is_recommended"].map({True: "yes", False: say("under the threshold")}),
        ahead=best["score"] - best["post_id"].map(next_),
        obstacle=pd.Series(ways, index=best.index, dtype=object),
    )


def obstacles(items: Sequence[Mapping[str, Any]] | None) -> str | None:
    """Obstacles as text; None when there are none."""
    parts = [f"{o['kind'].replace('_', ' ')}: {o['what']}" for o in items or []]
    return "; ".join(parts) or None


def rank_table(ranks: pd.DataFrame) -> pd.DataFrame:
    """`ranks` (ranking.over_videos) with the interval of the rank as text, as RANK_COLUMNS."""
    spans = [
        say("{rank_low} to {rank_high}", rank_low=r.rank_low, rank_high=r.rank_high)
        for r in ranks.itertuples()
    ]
    texts = pd.Series(spans, index=ranks.index, dtype=object)
    return ranks.assign(ranks=texts, chance=100 * ranks["p_first"].astype(float))


def conclude(
    fits: pd.DataFrame,
    ranks: pd.DataFrame,
    disagreement: Disagreement,
    *,
    has_key: bool,
    waits: str = "",
) -> Conclusion:
    """The end of 06. `waits`: why nothing could be judged, "" when something could be."""
    if fits.empty:
        reason = waits if has_key else say("set GEMINI_API_KEY")
        return skip_stage("comparison", reason or say("no video has been judged for a product yet"))
    n_videos, n_products = fits["post_id"].nunique(), fits["product_id"].nunique()
    n_judged = int((ranks["won"] + ranks["lost"] + ranks["even"]).sum() // 2)
    lines = [
        (
            say(
                "{products} judged for {videos}: {pairs}, {direct_comparisons} of products.",
                products=number(n_products, "product"),
                videos=number(n_videos, "video"),
                pairs=number(len(fits), "pair"),
                direct_comparisons=number(n_judged, "direct comparison"),
            )
        ),
        order(ranks, n_judged),
    ]
    lines += disagreements(disagreement)
    lines += _of_pictures(fits)
    lines.append(say("Scores are opinions of a model on anchored rubrics, not measurements."))
    counts = {"videos": n_videos, "products": n_products, "pairs": len(fits)}
    return finish_stage("comparison", [line for line in lines if line], **counts)


def _of_pictures(fits: pd.DataFrame) -> list[str]:
    """What is not known of posts of pictures among `fits` (column is_pictures)."""
    n = (
        int(fits.loc[fits["is_pictures"].astype(bool), "post_id"].nunique())
        if "is_pictures" in fits
        else 0
    )
    if not n:
        return []
    head = say(
        "{posts} of these {word} pictures and no video, judged by",
        posts=number(n, "post"),
        word="is" if n == 1 else "are",
    )
    return [
        say(
            "{head} what was described, not measured: cuts, speech and seconds played no part.",
            head=head,
        )
    ]


def order(ranks: pd.DataFrame, n_judged: int) -> str:
    """Which product fits best over all videos, and whether that may be said."""
    if ranks.empty:
        return ""
    if len(ranks) == 1:
        return say(
            "{iloc} was the only product judged, so there is no ranking.",
            iloc=ranks["product"].iloc[0],
        )
    if not n_judged:
        return say("No two products were compared directly, so they cannot be ranked.")
    first = ranks.iloc[0]
    level = ranks.loc[ranks["rank"].eq(1), "product"]
    if len(level) > 1:
        return say("{level} are tied over all videos.", level=say(" and ").join(level))
    text = say(
        "{p_first:.0%} probability of rank 1, rank {rank_low} to {rank_high} (80 %)",
        p_first=first["p_first"],
        rank_low=first["rank_low"],
        rank_high=first["rank_high"],
    )
    if first["p_first"] >= SURE_P:
        return say(
            "{product} fits best over all videos: {text}.", product=first["product"], text=text
        )
    return say(
        "{product} is ahead over all videos, not surely: {text}.",
        product=first["product"],
        text=text,
    )


def disagreements(disagreement: Disagreement) -> list[str]:
    """Sentences on how far judgements agree; nothing about rates without cases."""
    lines = []
    if disagreement.against_scores.n:
        lines.append(
            say(
                "{of} pairs were judged against their own scores.",
                of=_of(disagreement.against_scores),
            )
        )
    if disagreement.minority.n:
        lines.append(
            say("{of} judgements go against the majority of videos.", of=_of(disagreement.minority))
        )
    if disagreement.circles:
        lines.append(
            say(
                "{circles:,} of {triads:,} triples of products go in a circle.",
                circles=disagreement.circles,
                triads=disagreement.triads,
            )
        )
    first = disagreement.first_named
    if first.n and not first.low <= 0.5 <= first.high:
        lines.append(
            say(
                "The product that was named first won {of} pairs: the order of naming may matter.",
                of=_of(first),
            )
        )
    return lines


def _of(ratio: Rate) -> str:
    return say(
        "{k:,} of {n:,} ({share:.0%}; 80 %: {low:.0%} to {high:.0%})",
        k=ratio.k,
        n=ratio.n,
        share=ratio.share,
        low=ratio.low,
        high=ratio.high,
    )

"""Sentences on reach, patterns, forecasts and verdicts, each with its n and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage
from vtlib.core.errors import sentence
from vtlib.core.finding import platform_sentence, sure_text
from vtlib.performance.forecasts import VIEWS, Forecaster
from vtlib.performance.patterns import Library
from vtlib.performance.reach import WITH_LEARNED, Range
from vtlib.performance.verdicts import counted

MOST = 3


@dataclass(frozen=True, slots=True)
class InsightSentence:
    """A sentence and the rows behind it: `table` names the frame they are in, `rows` its keys."""

    kind: str
    said: str
    table: str = ""
    rows: tuple[str, ...] = field(default=())


def reach_insights(groups: pd.DataFrame, days: Range) -> list[InsightSentence]:
    """Reach of own posts of the range: in all, by product, brand and script type."""
    if days.since is None or days.until is None:
        return [InsightSentence("reach", "No own post has been judged yet.", "groups")]
    when = f"{days.since:%Y-%m-%d} to {days.until:%Y-%m-%d}"
    overall = groups[groups["by"].eq("all") & groups["n"].gt(0)]
    if overall.empty:
        text = (
            f"Of own posts published {when} none is 7 days old with 5 earlier ones to compare with."
        )
        return [InsightSentence("reach", text, "groups")]
    rows = groups[groups["by"].isin(["product", "script type"]) & groups["n"].gt(1)]
    lines = [
        InsightSentence(
            "reach", f"Own posts published {when}: {_reached(overall.iloc[0])}.", "groups"
        )
    ]
    return lines + [
        InsightSentence(
            "reach", f"{row['by']} {row['group']}: {_reached(row)}.", "groups", (str(row["group"]),)
        )
        for _, row in rows.head(MOST * 2).iterrows()
    ]


def learned_insights(groups: pd.DataFrame) -> list[InsightSentence]:
    """Scripts written with learned patterns at hand against scripts without."""
    subset = groups[groups["by"].eq("learned") & groups["n"].gt(0)]
    rows = {str(row["group"]): row for _, row in subset.iterrows()}
    if WITH_LEARNED not in rows:
        return []
    text = f"Scripts made {WITH_LEARNED}: {_reached(rows[WITH_LEARNED])}"
    if "without" not in rows:
        return [InsightSentence("learned", f"{text}; none were made without.", "groups")]
    one, two = rows[WITH_LEARNED], rows["without"]
    apart = one["ratio_low"] > two["ratio_high"] or one["ratio_high"] < two["ratio_low"]
    word = (
        "the intervals lie apart" if apart else "the intervals overlap, so no difference is claimed"
    )
    return [InsightSentence("learned", f"{text}; without: {_reached(two)}; {word}.", "groups")]


def pattern_insights(library: Library) -> list[InsightSentence]:
    """What the library may claim, and what it may not; always says how many were tested."""
    table = library.table
    if table.empty:
        why = "no feature is known of enough posts" if library.n_posts else "no posts to compare"
        return [InsightSentence("pattern", f"No pattern could be tested: {why}.", "patterns")]
    claims = library.claimed
    lines = [
        InsightSentence(
            "pattern",
            f"{number(len(table), 'feature')} tested on {number(library.n_posts, 'post')} of "
            f"{number(library.n_accounts, 'account')}: {number(len(claims), 'pattern')} can be "
            f"claimed; at most {library.rules.claim_q:.0%} of them are expected to be wrong.",
            "patterns",
        )
    ]
    lines += [_claim(row) for _, row in claims.head(MOST * 2).iterrows()]
    lines += _on_platforms(library)
    if claims.empty:
        lines += _nearest(table)
    names = library.untested.loc[
        library.untested["reason"].str.startswith("no variance"), "pattern"
    ]
    if len(names):
        text = ", ".join(names.head(5))
        lines.append(
            InsightSentence(
                "dropped", f"Without variance, so not tested: {text}.", "dropped", tuple(names)
            )
        )
    return lines


def forecaster_insights(learnt: Forecaster) -> list[InsightSentence]:
    """Whether the model may speak, and what its trial on unseen accounts and times showed."""
    lift, hits = learnt.lift, learnt.breakout
    if lift.stands:
        text = (
            "Features known before publication beat the own level alone on "
            f"{number(lift.n_tested, 'post')} of "
            f"accounts and times not seen: loss {lift.gain.value / lift.naive_loss:.1%} smaller "
            f"({lift.gain.low / lift.naive_loss:.1%} to {lift.gain.high / lift.naive_loss:.1%}, "
            "80 %)."
        )
    else:
        text = sentence(f"Forecasts are the own level: the model stands down, {lift.reason}")
    lines = [InsightSentence("forecast", text, "forecaster")]
    if hits.stands:
        lines.append(
            InsightSentence(
                "forecast",
                f"Chances of a breakout are forecast better than by their share alone "
                f"({number(hits.n_tested, 'post')} not seen).",
                "forecaster",
            )
        )
    elif lift.stands:
        lines.append(
            InsightSentence(
                "forecast",
                sentence(f"No chance of a breakout is given: {hits.reason}"),
                "forecaster",
            )
        )
    return lines


def verdict_insights(verdicts: pd.DataFrame, page: Sequence[str]) -> list[InsightSentence]:
    """The calibration page's sentences, then the scripts furthest from their prediction."""
    lines = [InsightSentence("calibration", line, "verdicts") for line in page]
    rows = verdicts[verdicts["status"].eq("matured") & verdicts["difference_pct"].notna()]
    order = rows.sort_values("difference_pct", ascending=False)
    ends = order if len(order) <= 2 else pd.concat([order.head(1), order.tail(1)])
    lines += [
        InsightSentence("verdict", _verdict(row), "verdicts", (str(row["prediction_id"]),))
        for _, row in ends.iterrows()
    ]
    return lines


def conclude(
    insights: Sequence[InsightSentence], *, verdicts: pd.DataFrame, library: Library
) -> Conclusion:
    """The stage's conclusion; without posts and without predictions there is nothing to say."""
    if not len(verdicts) and not library.n_posts:
        return skip_stage(
            "performance", "no judged posts and no linked scripts: vt script track links a post"
        )
    return finish_stage(
        "performance",
        [i.said for i in insights],
        predictions=int(verdicts["target"].eq(VIEWS).sum()),
        matured=len(counted(verdicts[verdicts["target"].eq(VIEWS)])),
        patterns_tested=len(library.table),
        patterns_claimed=len(library.claimed),
    )


def _reached(row: pd.Series) -> str:
    posts = f"{number(row['n'], 'matured post')} of {number(row['accounts'], 'account')}"
    interval = (
        f" ({row['ratio_low']:.2f} to {row['ratio_high']:.2f}, 80 %)"
        if pd.notna(row["ratio_low"])
        else " (one post: no interval)"
    )
    text = f"x{row['ratio']:.2f} of their own level{interval}, {posts}"
    if not isinstance(row.get("top_post"), str):
        return text
    return (
        f"{text}; {row['top_post']} alone makes {row['top_share']:.0%} of their views, "
        f"without it x{row['ratio_without']:.2f}"
    )


def _claim(row: pd.Series) -> InsightSentence:
    name = str(row["pattern"])
    last = f", {row['trend']}" if row["trend"] in ("fading", "growing") else ""
    text = (
        f"{name}: x{row['ratio']:.2f} views ({row['ratio_low']:.2f} to {row['ratio_high']:.2f}; "
        f"{row['n_with']:,} posts of {row['accounts_with']} accounts, {sure_text(row['q_value'])}, "
        f"{row['replicates']}{last}); {row['kind']}"
        + (f"; {row['note']}" if row["note"] else "")
        + "."
    )
    return InsightSentence("pattern", text, "patterns", (str(row["pattern_id"]),))


def _on_platforms(library: Library) -> list[InsightSentence]:
    """Claims that differ by platform or hold on one alone; nothing with one platform."""
    table = library.platforms
    if table.empty or table["platform"].nunique() < 2:
        return []
    is_own = table["claim"].ne("") & (
        table["differs"].ne("") | ~table["pattern"].isin(library.claimed["pattern"])
    )
    own, n = table[is_own], number(int(table["claim"].ne("").sum()), "effect")
    head = (
        f"By platform: {n} of {number(len(table), 'test')} on "
        f"{number(table['platform'].nunique(), 'platform')} can be claimed; "
        f"{number(int(table['differs'].ne('').sum()), 'effect')} differ from the other platforms'."
    )
    return [
        InsightSentence("pattern", head, "patterns by platform"),
        *(
            InsightSentence(
                "pattern",
                platform_sentence({str(k): v for k, v in row.items()}),
                "patterns by platform",
                (str(row["pattern"]),),
            )
            for _, row in own.head(MOST * 2).iterrows()
        ),
    ]


def _nearest(table: pd.DataFrame) -> list[InsightSentence]:
    """Without a claim: the least p, and how many more posts would settle it."""
    row = table.sort_values(["p_value", "pattern"]).iloc[0]
    more = row["posts_needed"]
    need = f"about {int(more):,} more posts with it would settle it" if pd.notna(more) else ""
    need = need or "nothing yet to look for"
    text = (
        f"Nearest: {row['pattern']}, x{np.exp(row['shift_ln']):.2f} as seen, "
        f"x{row['ratio']:.2f} as believed, {sure_text(row['q_value'])}, "
        f"{number(row['n_with'], 'post')} with it; {need}."
    )
    return [InsightSentence("pattern", text, "patterns", (str(row["pattern_id"]),))]


def _verdict(row: pd.Series) -> str:
    word = "above" if row["difference_pct"] > 0 else "below"
    inside = "inside" if row["is_inside"] else "outside"
    text = (
        f"{row['script_id']} version {row['version']}: {np.expm1(row['actual_ln']):,.0f} views, "
        "predicted "
        f"{np.expm1(row['predicted_ln']):,.0f} ({np.expm1(row['low_ln']):,.0f} to "
        f"{np.expm1(row['high_ln']):,.0f}): {abs(row['difference_pct']):,.0f} % {word}, {inside} "
        "the interval"
    )
    if pd.notna(row["percentile"]):
        text += f", percentile {row['percentile']:.0f} of the account's own posts"
    return text + "."

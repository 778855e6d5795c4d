"""Sentences on reach, patterns, forecasts and verdicts, each with its n and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage
from vtlib.core.errors import sentence
from vtlib.core.finding import platform_sentence, sure_text
from vtlib.core.language import retell, say
from vtlib.performance.forecasts import VIEWS, Forecaster
from vtlib.performance.patterns import Library
from vtlib.performance.patterns.known_posts import MAX_DRAWN
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
        return [InsightSentence("reach", say("No own post has been judged yet."), "groups")]
    when = f"{days.since:%Y-%m-%d} to {days.until:%Y-%m-%d}"
    overall = groups[groups["by"].eq("all") & groups["n"].gt(0)]
    if overall.empty:
        text = say(
            "Of own posts published {when} none is 7 days old with 5 earlier ones to compare with.",
            when=when,
        )
        return [InsightSentence("reach", text, "groups")]
    rows = groups[groups["by"].isin(["product", "script type"]) & groups["n"].gt(1)]
    lines = [
        InsightSentence(
            "reach",
            say(
                "Own posts published {when}: {reached}.",
                when=when,
                reached=_reached(overall.iloc[0]),
            ),
            "groups",
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
    text = say(
        "Scripts made {with_learned}: {reached}",
        with_learned=WITH_LEARNED,
        reached=_reached(rows[WITH_LEARNED]),
    )
    if "without" not in rows:
        return [
            InsightSentence("learned", say("{text}; none were made without.", text=text), "groups")
        ]
    one, two = rows[WITH_LEARNED], rows["without"]
    apart = one["ratio_low"] > two["ratio_high"] or one["ratio_high"] < two["ratio_low"]
    word = (
        say("the intervals lie apart")
        if apart
        else say("the intervals overlap, so no difference is claimed")
    )
    return [
        InsightSentence(
            "learned",
            say("{text}; without: {reached}; {word}.", text=text, reached=_reached(two), word=word),
            "groups",
        )
    ]


def pattern_insights(library: Library) -> list[InsightSentence]:
    """What the library may claim, and what it may not; always says how many were tested."""
    table = library.table
    if table.empty:
        why = (
            say("no feature is known of enough posts")
            if library.n_posts
            else say("no posts to compare")
        )
        return [
            InsightSentence(
                "pattern", say("No pattern could be tested: {why}.", why=why), "patterns"
            )
        ]
    claims = library.claimed
    lines = [
        InsightSentence(
            "pattern",
            say(
                "{features} tested on {posts} of {accounts}: {patterns} can be claimed; at most "
                "{claim_q:.0%} of them are expected to be wrong.",
                features=number(len(table), "feature"),
                posts=number(library.n_posts, "post"),
                accounts=number(library.n_accounts, "account"),
                patterns=number(len(claims), "pattern"),
                claim_q=library.rules.claim_q,
            ),
            "patterns",
        )
    ]
    if (table[["n_with", "n_without"]] > MAX_DRAWN).any(axis=None):
        text = say(
            "Of more than {most} with or without a feature so many are drawn for its shift, trend "
            "and halves of time; counts and agreement are of all.",
            most=number(MAX_DRAWN, "post"),
        )
        lines.append(InsightSentence("pattern", text, "patterns"))
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
                "dropped",
                say("Without variance, so not tested: {text}.", text=text),
                "dropped",
                tuple(names),
            )
        )
    return lines


def forecaster_insights(learnt: Forecaster) -> list[InsightSentence]:
    """Whether the model may speak, and what its trial on unseen accounts and times showed."""
    lift, hits = learnt.lift, learnt.breakout
    if lift.stands:
        text = say(
            "Features known before publication beat the own level alone on {posts} of accounts "
            "and times not seen: loss {value:.1%} smaller ({low:.1%} to {high:.1%}, 80 %).",
            posts=number(lift.n_tested, "post"),
            value=lift.gain.value / lift.naive_loss,
            low=lift.gain.low / lift.naive_loss,
            high=lift.gain.high / lift.naive_loss,
        )
    else:
        text = sentence(
            say(
                "Forecasts are the own level: the model stands down, {reason}",
                reason=retell(lift.reason),
            )
        )
    lines = [InsightSentence("forecast", text, "forecaster")]
    if learnt.n < learnt.n_matured:
        text = say(
            "Learnt and tried on {posts} of {matured}: all own accounts, and others drawn at "
            "random.",
            posts=number(learnt.n, "post"),
            matured=number(learnt.n_matured),
        )
        lines.append(InsightSentence("forecast", text, "forecaster"))
    if hits.stands:
        lines.append(
            InsightSentence(
                "forecast",
                say(
                    "Chances of a breakout are forecast better than by their share alone ({posts} "
                    "not seen).",
                    posts=number(hits.n_tested, "post"),
                ),
                "forecaster",
            )
        )
    elif lift.stands:
        lines.append(
            InsightSentence(
                "forecast",
                sentence(
                    say("No chance of a breakout is given: {reason}", reason=retell(hits.reason))
                ),
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
            "performance",
            say("no judged posts and no linked scripts: vt script track links a post"),
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
    posts = say(
        "{matured_posts} of {accounts}",
        matured_posts=number(row["n"], "matured post"),
        accounts=number(row["accounts"], "account"),
    )
    interval = (
        say(
            " ({ratio_low:.2f} to {ratio_high:.2f}, 80 %)",
            ratio_low=row["ratio_low"],
            ratio_high=row["ratio_high"],
        )
        if pd.notna(row["ratio_low"])
        else say(" (one post: no interval)")
    )
    text = say(
        "×{ratio:.2f} of their own level{interval}, {posts}",
        ratio=row["ratio"],
        interval=interval,
        posts=posts,
    )
    if not isinstance(row.get("top_post"), str):
        return text
    return say(
        "{text}; {top_post} alone makes {top_share:.0%} of their views, without it "
        "×{ratio_without:.2f}",
        text=text,
        top_post=row["top_post"],
        top_share=row["top_share"],
        ratio_without=row["ratio_without"],
    )


def _claim(row: pd.Series) -> InsightSentence:
    name = str(row["pattern"])
    last = f", {say(row['trend'])}" if row["trend"] in ("fading", "growing") else ""
    text = (
        say(
            "{name}: ×{ratio:.2f} views ({ratio_low:.2f} to {ratio_high:.2f}; {n_with:,} posts of "
            "{accounts_with} accounts, {q_value}, {replicates}{last}); {kind}",
            name=name,
            ratio=row["ratio"],
            ratio_low=row["ratio_low"],
            ratio_high=row["ratio_high"],
            n_with=row["n_with"],
            accounts_with=row["accounts_with"],
            q_value=sure_text(row["q_value"]),
            replicates=say(row["replicates"]),
            last=last,
            kind=say(row["kind"]),
        )
        + (f"; {retell(str(row['note']))}" if row["note"] else "")
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
    head = say(
        "By platform: {n} of {tests} on {platforms} can be claimed; {effects} differ from the "
        "other platforms'.",
        n=n,
        tests=number(len(table), "test"),
        platforms=number(table["platform"].nunique(), "platform"),
        effects=number(int(table["differs"].ne("").sum()), "effect"),
    )
    return [
        InsightSentence("pattern", head, say("patterns by platform")),
        *(
            InsightSentence(
                "pattern",
                platform_sentence({str(k): v for k, v in row.items()}),
                say("patterns by platform"),
                (str(row["pattern"]),),
            )
            for _, row in own.head(MOST * 2).iterrows()
        ),
    ]


def _nearest(table: pd.DataFrame) -> list[InsightSentence]:
    """Without a claim: the least p, and how many more posts would settle it."""
    row = table.sort_values(["p_value", "pattern"]).iloc[0]
    more = row["posts_needed"]
    need = (
        say("about {more:,} more posts with it would settle it", more=int(more))
        if pd.notna(more)
        else ""
    )
    need = need or say("nothing yet to look for")
    text = say(
        "Nearest: {pattern}, ×{shift_ln:.2f} as seen, ×{ratio:.2f} as believed, {q_value}, "
        "{posts} with it; {need}.",
        pattern=row["pattern"],
        shift_ln=np.exp(row["shift_ln"]),
        ratio=row["ratio"],
        q_value=sure_text(row["q_value"]),
        posts=number(row["n_with"], "post"),
        need=need,
    )
    return [InsightSentence("pattern", text, "patterns", (str(row["pattern_id"]),))]


def _verdict(row: pd.Series) -> str:
    word = "above" if row["difference_pct"] > 0 else "below"
    inside = "inside" if row["is_inside"] else "outside"
    text = say(
        "{script_id} version {version}: {actual_ln:,.0f} views, predicted {predicted_ln:,.0f} "
        "({low_ln:,.0f} to {high_ln:,.0f}): {difference_pct:,.0f} % {word}, {inside} the interval",
        script_id=row["script_id"],
        version=row["version"],
        actual_ln=np.expm1(row["actual_ln"]),
        predicted_ln=np.expm1(row["predicted_ln"]),
        low_ln=np.expm1(row["low_ln"]),
        high_ln=np.expm1(row["high_ln"]),
        difference_pct=abs(row["difference_pct"]),
        word=word,
        inside=inside,
    )
    if pd.notna(row["percentile"]):
        text += say(
            ", percentile {percentile:.0f} of the account's own posts", percentile=row["percentile"]
        )
    return text + "."

"""The cards of a run's index: short answers made from numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from vtlib.analysis.summary import count_claims
from vtlib.core.conclusion import number
from vtlib.core.figures import ratio_text, share, times
from vtlib.core.language import clip, marked, say, word
from vtlib.core.models import BREAKOUT_TIERS, VIDEO_FORMATS
from vtlib.core.proportions import rate
from vtlib.llm.bill import bill
from vtlib.outliers.messages import chance_range
from vtlib.report.facts import IndexFacts
from vtlib.report.insight.facts import Facts, claim_facts

_NO_SCORES = marked("No post has been judged in this run, so nothing can be said about breakouts.")


@dataclass(frozen=True, slots=True)
class Card:
    """A short answer: title, figure, sentences or points, a link; `facts` as a Finding's."""

    id: str
    title: str
    figure: str = ""
    sentences: Sequence[str] = ()
    points: Sequence[str] = ()
    href: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def breakouts(scores: pd.DataFrame) -> pd.DataFrame:
    """Posts of tier breakout or extreme, sorted by the lower end of the interval.

    Videos first; photos, carousels and text posts are a list of their own after them.
    """
    if scores.empty:
        return scores
    hit = scores[scores["tier"].isin(BREAKOUT_TIERS)].copy()
    for name in ("multiplier", "multiplier_low", "multiplier_high"):
        hit[name] = pd.to_numeric(hit[name], errors="coerce")
    hit["_apart"] = ~hit["format"].isin(VIDEO_FORMATS) if "format" in hit else False
    order = ["_apart", "multiplier_low", "multiplier", "post_id"]
    ranking = hit.sort_values(order, ascending=[True, False, False, True], na_position="last")
    return ranking.drop(columns="_apart")


def creators(posts: pd.DataFrame) -> list[str]:
    """The handle, else the account id."""
    handles = posts["handle"] if "handle" in posts else posts["account_id"]
    pairs = zip(handles, posts["account_id"], strict=True)
    return [str(h) if isinstance(h, str) and h else str(a) for h, a in pairs]


def interval(low: float, high: float) -> str:
    """`×3.1 to 12`, or "none stated"."""
    if math.isnan(low) or math.isnan(high):
        return say("none stated")
    return say("×{low} to {high}", low=times(low), high=times(high))


def lead(breakout_posts: pd.DataFrame, run: Mapping[str, Any]) -> str:
    """The headline of the page."""
    if not run:
        return say(_NO_SCORES)
    if breakout_posts.empty:
        return say(
            "None of {n_scored} posts judged broke out of its account's own level.",
            n_scored=_n(run.get("n_scored")),
        )
    extreme = int((breakout_posts["tier"] == "extreme").sum())
    posts, accounts = len(breakout_posts), breakout_posts["account_id"].nunique()
    rest = (
        say(
            "; {of_them} extreme",
            of_them=number(extreme, "of them is", "of them are"),
        )
        if extreme
        else ""
    )
    whose = number(accounts, "account")
    return say(
        "{posts} of {whose} stood far above what is usual for their account{rest}.",
        posts=number(posts, "post"),
        whose=whose,
        rest=rest,
    )


def lead_facts(breakout_posts: pd.DataFrame, run: Mapping[str, Any]) -> dict[str, str]:
    """The facts of `lead`."""
    n = len(breakout_posts)
    return {"outliers.breakouts": number(n)} if run and n else {}


def no_breakouts(run: Mapping[str, Any]) -> str:
    """Why the list of breakouts is empty."""
    if not run:
        return say(_NO_SCORES)
    return say(
        "None of {n_scored} posts judged reached the tier breakout.",
        n_scored=_n(run.get("n_scored")),
    )


def cards(facts: IndexFacts, posts: pd.DataFrame) -> list[Card]:
    """How sure, since when and where: the scope of the list."""
    return [
        _how_sure(facts.outlier_run, len(posts)),
        _since_when(facts.places),
        _where(facts.places),
    ]


def _how_sure(run: Mapping[str, Any], n_breakouts: int) -> Card:
    card = Card("sure", say("How sure"))
    if not run:
        return replace(card, figure=say("Nothing judged"))
    n_scored, n_not_scored = run.get("n_scored"), run.get("n_not_scored")
    card = replace(card, facts={"outliers.scored": _n(n_scored)})
    method = word(run.get("method", "unknown"))
    rest = (
        say("; {n_not_scored} posts could not be judged", n_not_scored=_n(n_not_scored))
        if _has(n_not_scored) and int(n_not_scored or 0)
        else ""
    )
    sentences = [say("Method: {method}{rest}.", method=method, rest=rest)]
    false_alarms = run.get("expected_false_alarms")
    if not _has(false_alarms) or not _has(n_scored):
        note = say("This method states no false-alarm rate.")
        return replace(
            card,
            figure=say("{n_scored} posts judged", n_scored=_n(n_scored)),
            sentences=[note, *sentences],
        )
    low, words = run.get("expected_false_alarms_low"), run.get("chance_words")
    sentence = say("{n_scored} posts were scored.", n_scored=_n(n_scored))
    if n_breakouts:
        chance_words = [] if words is None else [str(w) for w in words]
        sentence += (
            f" {chance_range(n_breakouts, _number(low), float(false_alarms or 0), chance_words)}"
        )
    figure = _by_chance(n_breakouts, _number(low), float(false_alarms or 0))
    return replace(card, figure=figure, sentences=[sentence, *sentences])


def _number(value: Any) -> float | None:
    return float(value) if _has(value) else None


def _by_chance(n_breakouts: int, low: float | None, high: float) -> str:
    if n_breakouts == 0:
        return say("Nothing to be wrong about")
    if high >= n_breakouts and not low:
        return say("Leads, not findings: all may be chance")
    return say(
        "{low:,.0f} to {high:,.0f} of {n_breakouts:,} by chance",
        low=low or 0,
        high=min(high, n_breakouts),
        n_breakouts=n_breakouts,
    )


def _since_when(places: pd.DataFrame) -> Card:
    card = Card("when", say("Since when"))
    post_span = _span(places, "first_posted_at", "last_posted_at")
    capture_span = _span(places, "first_captured_at", "last_captured_at")
    if not post_span and not capture_span:
        return replace(card, figure=say("Nothing captured"))
    n = int(places["captures"].sum()) if "captures" in places else 0
    n_text = f", {number(n, 'capture')}" if n else ""
    sentences = (
        [say("Counts captured {capture_span}{n_text}.", capture_span=capture_span, n_text=n_text)]
        if capture_span
        else []
    )
    return replace(
        card,
        figure=say("Posts of {post_span}", post_span=post_span)
        if post_span
        else say("Posts without dates"),
        sentences=sentences,
    )


def _where(places: pd.DataFrame) -> Card:
    card = Card("where", say("Where"))
    if places.empty:
        return replace(card, figure=say("No platform yet"))
    accounts, posts = int(places["accounts"].sum()), int(places["posts"].sum())
    rows = places.sort_values(["posts", "platform"], ascending=[False, True])
    each = [f"{p} {_n(n)}" for p, n in zip(rows["platform"], rows["posts"], strict=True)]
    figure = say(
        "{posts} of {accounts}", posts=number(posts, "post"), accounts=number(accounts, "account")
    )
    marks = {"data.posts": number(posts), "data.accounts": number(accounts)}
    sentences = [say("Posts: ") + ", ".join(each) + "."]
    return replace(card, figure=figure, sentences=sentences, facts=marks)


def skipped(facts: IndexFacts) -> Card:
    """Stages that were skipped or failed, with why (a client reads no reason, which is about our
    set-up), and items that could not be used.
    """
    card = Card("skipped", say("What was skipped, and why"))
    stages = [s for s in facts.stages if s.status != "ok"]
    groups: dict[tuple[str, str], list[str]] = {}
    for stage in stages:
        reason = "" if facts.page.profile == "client" else stage.reason
        groups.setdefault((stage.status, reason), []).append(stage.title)
    points = [
        f"{', '.join(titles)}: {status}" + (f", {reason}" if reason else "")
        for (status, reason), titles in groups.items()
    ]
    items = int(facts.problems["n"].sum()) if len(facts.problems) else 0
    if items:
        points.append(
            say(
                "{items} could not be used: {kinds}",
                items=number(items, "item"),
                kinds=_kinds(facts.problems),
            )
        )
    figure = say("Nothing") if not points else ""
    return replace(card, figure=figure, points=points)


def _kinds(problems: pd.DataFrame) -> str:
    by = problems.groupby("kind")["n"].sum().reset_index()
    rows = by.sort_values(["n", "kind"], ascending=[False, True]).head(4)
    return ", ".join(f"{word(k)} {_n(n)}" for k, n in zip(rows["kind"], rows["n"], strict=True))


def _span(places: pd.DataFrame, first: str, last: str) -> str:
    if places.empty or first not in places or last not in places:
        return ""
    starts, ends = pd.to_datetime(places[first]).dropna(), pd.to_datetime(places[last]).dropna()
    if starts.empty or ends.empty:
        return ""
    start, end = starts.min(), ends.max()
    a, b = f"{start:%Y-%m-%d}", f"{end:%Y-%m-%d}"
    return say("on {a}", a=a) if a == b else say("{a} to {b}", a=a, b=b)


def _has(value: Any) -> bool:
    return value is not None and not pd.isna(value)


def _n(value: Any) -> str:
    return number(int(value)) if _has(value) else say("an unknown number of")


_HREFS = {
    "why": "insight.html#sure",
    "fits": "06_comparison.html",
    "shoot": "scripts.html",
    "worked": "insight.html#worked",
    "spent": "insight.html#cost",
}
_OPEN = ("approved", "in_production", "review", "draft", "produced", "published")


def outcomes(facts: Facts, *, spend: pd.DataFrame | None) -> list[Card]:
    """Cards in reading order; empty ones are left out, costs too if `spend` is None."""
    cards = [why(facts), fits(facts), shoot(facts), did_it_work(facts)]
    cards += [None if spend is None else spent(spend)]
    return [card for card in cards if card is not None]


def why(facts: Facts) -> Card | None:
    """The surest claimed pattern, and the share of models' claims that files support."""
    sentences: list[str] = []
    marks: dict[str, str] = {}
    figure = ""
    if len(facts.patterns):
        n_tested, n_claimed = number(len(facts.patterns)), number(len(facts.claims))
        marks |= {"performance.patterns_tested": n_tested}
        if len(facts.claims):
            row = facts.claims.iloc[0]
            name = word(row["pattern"]).capitalize()
            figure = say("{name}: ×{ratio:.2f} views", name=name, ratio=row["ratio"])
            sentences.append(
                say(
                    "{ratio_low:.2f} to {ratio_high:.2f}, from {posts}: {definition}",
                    ratio_low=row["ratio_low"],
                    ratio_high=row["ratio_high"],
                    posts=number(row["n_with"], "post"),
                    definition=say(str(row["definition"])),
                )
            )
            marks |= {"performance.patterns_claimed": n_claimed}
            marks |= {f"pattern.{row['pattern']}.ratio": ratio_text(row["ratio"])}
            sentences.append(
                say(
                    "{n_claimed} of {n_tested} patterns tested hold. They go with views; whether "
                    "they cause them is not shown.",
                    n_claimed=n_claimed,
                    n_tested=n_tested,
                )
            )
        else:
            figure = say("No pattern can be claimed")
            posts = number(facts.pattern_run.get("n_posts") or 0, "post")
            sentences.append(
                say("{n_tested} features tested on {posts}.", n_tested=n_tested, posts=posts)
            )
    if len(facts.grounding):
        sentences.append(_read_by_model(facts))
        marks |= claim_facts(count_claims(facts.grounding))
    if not sentences:
        return None
    return Card("why", say("Why we think so"), figure, sentences, href=_HREFS["why"], facts=marks)


def _read_by_model(facts: Facts) -> str:
    """How many videos a model read, and how much of what it says the files support."""
    tally = count_claims(facts.grounding)
    sentence = say("{videos} read by a model", videos=number(tally.answers, "video"))
    if tally.n_checked:
        agreement = rate(tally.n_supported, tally.n_checked, interval=facts.interval)
        sentence += say(
            ": {share} of {claims} agree with the file ({low} to {high})",
            share=share(agreement.share),
            claims=number(tally.n_checked, "claim"),
            low=share(agreement.low),
            high=share(agreement.high),
        )
    return f"{sentence}."


def fits(facts: Facts) -> Card | None:
    """The product recommended most often and the best pair; a model's opinion."""
    table = facts.fits
    if table.empty:
        return None
    recommendations = table[table["is_recommended"].eq(True)]
    videos = table["post_id"].nunique()
    sentences = [
        (
            say(
                "{pairs} of {videos} judged by a model: opinions, 0 to 5.",
                pairs=number(len(table), "pair"),
                videos=number(videos, "video"),
            )
        )
    ]
    best = table.iloc[0]
    reason = best.get("why")
    sentences.append(
        say(
            "Rank 1: {product} with {handle}, {score:.1f} of 5{reason}.",
            product=best["product"],
            handle=best["handle"],
            score=best["score"],
            reason=f": {clip(reason, 90).rstrip('.')}"
            if isinstance(reason, str) and reason
            else "",
        )
    )
    differ = int(table["disagreement"].fillna("").ne("").sum()) if "disagreement" in table else 0
    if differ:
        sentences.append(
            say(
                "For {differ:,} of {videos} pairs or the model's own choice differ.",
                differ=differ,
                videos=number(videos, "video"),
            )
        )
    if recommendations.empty:
        sentences.append(
            say("None reaches {min_fit:g} (adaptation.min_score).", min_fit=facts.min_fit)
        )
        return Card(
            "fits",
            say("What fits which product"),
            say("No product recommended"),
            sentences,
            href=_HREFS["fits"],
        )
    counts = recommendations["product"].value_counts()
    figure = say(
        "{index}: {iloc:,} of {videos}",
        index=counts.index[0],
        iloc=int(counts.iloc[0]),
        videos=number(videos, "video"),
    )
    return Card("fits", say("What fits which product"), figure, sentences, href=_HREFS["fits"])


def shoot(facts: Facts) -> Card | None:
    """Scripts by status, and the titles nearest to being shot."""
    scripts = facts.scripts
    if scripts.empty:
        return None
    counts = scripts["status"].value_counts()
    states = [f"{number(int(counts[s]))} {word(s)}" for s in _OPEN if s in counts]
    rank = {status: place for place, status in enumerate(_OPEN)}
    ready = scripts.assign(place=scripts["status"].map(rank)).dropna(subset=["place"])
    ready = ready[ready["posts"].eq(0)].sort_values("place", kind="stable").head(2)
    figure = number(len(scripts), "script")
    sentences = [", ".join(states) + "."] if states else []
    marks = {"scripts.count": number(len(scripts))}
    return Card(
        "shoot", say("What to shoot"), figure, sentences, _titles(ready), _HREFS["shoot"], marks
    )


def did_it_work(facts: Facts) -> Card | None:
    """Matured posts of scripts against their account's median; no claim below min_matured."""
    if facts.verdicts.empty:
        return None
    verdicts = facts.matured
    early = int(facts.verdicts["status"].eq("too early").sum())
    waiting = say("; {early:,} too early", early=early) if early else ""
    if len(verdicts) < facts.min_matured:
        sentence = say(
            "{matured_posts} of {min_matured:,} needed{waiting}.",
            matured_posts=number(len(verdicts), "matured post"),
            min_matured=facts.min_matured,
            waiting=waiting,
        )
        return Card(
            "worked",
            say("Did it work"),
            say("Nothing can be claimed yet"),
            [sentence],
            href=_HREFS["worked"],
        )
    beats = rate(int(verdicts["beats_median"].sum()), len(verdicts), interval=facts.interval)
    sentence = say(
        "{share} ({low} to {high}); chance would give half{waiting}.",
        share=share(beats.share),
        low=share(beats.low),
        high=share(beats.high),
        waiting=waiting,
    )
    figure = say("{k:,} of {n:,} beat their own median", k=beats.k, n=beats.n)
    facts_shown = {
        "verdicts.beat": say("{k:,} of {n:,}", k=beats.k, n=beats.n),
        "performance.matured": number(len(verdicts)),
    }
    return Card(
        "worked", say("Did it work"), figure, [sentence], href=_HREFS["worked"], facts=facts_shown
    )


def spent(spend: pd.DataFrame) -> Card:
    """All money of the project by kind; what has no price or was not noted is said so."""
    if spend.empty:
        return Card("spent", say("What it cost"), "$0.00", [say("Nothing was bought.")])
    total = bill(spend)
    split = say("US dollars: {split}.", split=total.split)
    href = _HREFS["spent"]
    cost = {"money.total": total.figure}
    return Card("spent", say("What it cost"), total.figure, [split], href=href, facts=cost)


def _titles(scripts: pd.DataFrame) -> Sequence[str]:
    return [f"{r['title']} ({word(r['status'])})" for _, r in scripts.iterrows()]

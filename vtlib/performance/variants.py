"""Variants of a script against one another, groups of posts against their own level, and money."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.language import marked_n, say
from vtlib.core.proportions import Estimate, mean_by_group, rate
from vtlib.performance import abtest, money

ALIKE = float(np.log(1.5))  # of the scales of accounts that are as volatile
MOST_VISIBLE = float(np.log(100))  # a difference beyond x100 is none that anybody tests for
_UNITS = {
    "paired": marked_n("more pair", "more pairs"),
    "unpaired": marked_n("more post a variant", "more posts a variant"),
    "by account": marked_n("more account a variant", "more accounts a variant"),
}
VARIANT_COLUMNS = [
    *("script_id", "a", "b", "design", "n_a", "n_b", "n_pairs", "ratio", "ratio_low", "ratio_high"),
    *("p_value", "p_any_time", "winner", "least_visible_ratio", "posts_needed", "said"),
]
GROUP_COLUMNS = [
    *("group", "n", "accounts", "ratio", "ratio_low", "ratio_high", "above_median"),
    *("above_low", "above_high", "breakouts", "engagement_rate", "n_engagement", "share_rate"),
    *("save_rate", "not_counted", "top_post", "top_share", "ratio_without"),
]
ROI_COLUMNS = [
    *("product_id", "n", "incremental_views", "low", "high", "by_luck", "luck_high", "signed"),
    *(
        "cost",
        "cost_per_thousand",
        "cost_low",
        "cost_high",
        "value",
        "net",
        "net_low",
        "net_high",
        "top_post",
        "top_share",
        "without",
        "without_low",
        "without_high",
        "cost_per_thousand_without",
        "net_without",
        "said",
    ),
]


def compare_variants(runs: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Every two variants of a script, VARIANT_COLUMNS.

    `runs`: script_id, variant, account_id, posted_at, lift_ln (ln over own level, NaN until
    matured). Paired by account and week where at least 5 such pairs are there; on different
    accounts by account, or without a verdict. `winner` only with evidence that holds however often
    one looks; else '' and `said` gives what is missing. One variant alone gives no row.
    """
    rows = []
    for script, mine in runs.dropna(subset=["variant"]).groupby("script_id"):
        names = sorted(mine["variant"].unique())
        rows += [_pair(str(script), mine, pair, alpha) for pair in combinations(names, 2)]
    return pd.DataFrame(rows, columns=VARIANT_COLUMNS)


def by_group(posts: pd.DataFrame, group: str) -> pd.DataFrame:
    """Reach against the own level by a column of `posts`: GROUP_COLUMNS, most posts first.

    `posts`: account_id, lift_ln (NaN = not matured), is_breakout, engagement_rate, share_rate,
    save_rate (NaN = not observed; shown are medians), and `group`. `ratio` = exp of the mean lift
    with its 80 % interval, Student's t with (accounts - 1) degrees of freedom, over posts where
    there is one account. A group of one post has no interval. `not_counted`: posts too young, paid,
    pinned, or with under 5 earlier posts. `top_post` makes more than half of their views (where
    x7_ln is there), `ratio_without` is the ratio without it.
    """
    rows = [_group(str(key), mine) for key, mine in posts.groupby(group, dropna=True)]
    table = pd.DataFrame(rows, columns=GROUP_COLUMNS)
    return table.sort_values(["n", "group"], ascending=[False, True]).reset_index(drop=True)


def roi(
    posts: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    past: pd.DataFrame | None = None,
    value_per_thousand: float | None = None,
) -> pd.DataFrame:
    """Incremental views and what they cost, by product: ROI_COLUMNS.

    `posts`: product_id, x7_ln, own_ln, own_scale_ln, own_error_ln (matured, plain). `costs`:
    product_id, cost (in the user's currency; scraping, tokens, production). `past`: `history`'s
    frame, from which the scatter of ordinary posts is learnt. No cost known: NaN, never 0.
    `by_luck` is what ordinary posts would have shown on average, `luck_high` what they would pass
    in one case of ten: only gains beyond that are called more than luck. `top_post` makes more than
    half of the views; every figure is there without it too.
    """
    cost_by_product = dict(zip(costs["product_id"], costs["cost"].astype(float), strict=True))
    products = sorted({*posts["product_id"].dropna(), *cost_by_product})
    rows = []
    for product in products:
        mine = posts[posts["product_id"].eq(product)]
        shape = None if past is None else _shape(past, mine)
        cost = cost_by_product.get(product, float("nan"))
        rows.append(_roi(product, mine, cost, value_per_thousand, shape))
    return pd.DataFrame(rows, columns=ROI_COLUMNS)


def _pair(script: str, mine: pd.DataFrame, names: tuple[str, str], alpha: float) -> dict[str, Any]:
    both = mine[mine["variant"].isin(names)]
    week = pd.to_datetime(both["posted_at"]).dt.strftime("%G-%V")
    block = (both["account_id"].astype(str) + week).factorize()[0].astype(np.int64)
    test = abtest.compare(
        both["lift_ln"].to_numpy(float),
        both["variant"].eq(names[1]).to_numpy(bool),
        block,
        account=both["account_id"].factorize()[0].astype(np.int64),
        alpha=alpha,
    )
    return {
        "script_id": script,
        "a": names[0],
        "b": names[1],
        "design": test.design,
        "n_a": test.n_a,
        "n_b": test.n_b,
        "n_pairs": test.n_pairs,
        "ratio": np.exp(test.shift),
        "ratio_low": np.exp(test.low),
        "ratio_high": np.exp(test.high),
        "p_value": test.p,
        "p_any_time": test.p_any_time,
        "winner": {"A": names[0], "B": names[1]}.get(test.winner, ""),
        "least_visible_ratio": np.exp(test.least_visible),
        "posts_needed": test.units_needed,
        "said": _said(test, names),
    }


def _said(test: abtest.VariantTest, names: tuple[str, str]) -> str:
    return _no_comparison(test, names) or _outcome(test, names)


def _no_comparison(test: abtest.VariantTest, names: tuple[str, str]) -> str:
    """Why the two cannot be compared, "" = they can."""
    if test.design == "too little data":
        return say(
            "No winner: {names} has {matured_posts}, {names_2} {n_b}; {MIN_POSTS} of each are "
            "needed to compare at all.",
            names=names[0],
            matured_posts=number(test.n_a, "matured post"),
            names_2=names[1],
            n_b=test.n_b,
            MIN_POSTS=abtest.MIN_POSTS,
        )
    if test.design == "accounts differ":
        return say(
            "No verdict: {names} and {names_2} ran on different accounts ({accounts_a} and "
            "{accounts_b}), so accounts and variants cannot be told apart; run both on the same "
            "accounts, or each on {MIN_ACCOUNTS} accounts or more.",
            names=names[0],
            names_2=names[1],
            accounts_a=test.accounts_a,
            accounts_b=test.accounts_b,
            MIN_ACCOUNTS=abtest.MIN_ACCOUNTS,
        )
    return ""


def _outcome(test: abtest.VariantTest, names: tuple[str, str]) -> str:
    size = say(
        "×{shift:.2f} ({low:.2f} to {high:.2f})",
        shift=np.exp(test.shift),
        low=np.exp(test.low),
        high=np.exp(test.high),
    )
    what = {
        "paired": say("{pairs} in the same account and week", pairs=number(test.n_pairs, "pair")),
        "unpaired": say("{n_a} and {n_b} posts of the same accounts", n_a=test.n_a, n_b=test.n_b),
        "by account": (
            say(
                "{n_a} and {n_b} posts, {accounts_a} and {accounts_b} accounts",
                n_a=test.n_a,
                n_b=test.n_b,
                accounts_a=test.accounts_a,
                accounts_b=test.accounts_b,
            )
        ),
    }[test.design]
    p_text = say("p {p_any_time:.3f} however often one looks", p_any_time=test.p_any_time)
    if test.winner:
        winner = names[1] if test.winner == "B" else names[0]
        return say(
            "{winner} wins: {names} against {names_2} {size}, {what}, {p_text}.",
            winner=winner,
            names=names[1],
            names_2=names[0],
            size=size,
            what=what,
            p_text=p_text,
        )
    one, many = _UNITS[test.design]
    more = (
        say("; {units_needed} would show x1.5", units_needed=number(test.units_needed, one, many))
        if test.units_needed
        else ""
    )
    detectable = (
        (
            say(
                "so many name a winner at a true difference of ×{least_visible:.2f} in four cases "
                "of five",
                least_visible=np.exp(test.least_visible),
            )
        )
        if test.least_visible < MOST_VISIBLE
        else say("so few can name no winner")
    )
    return say(
        "No winner: {names} against {names_2} {size}, {what}, {p_text}; {detectable}{more}.",
        names=names[1],
        names_2=names[0],
        size=size,
        what=what,
        p_text=p_text,
        detectable=detectable,
        more=more,
    )


def _group(name: str, mine: pd.DataFrame) -> dict[str, Any]:
    lift = mine["lift_ln"].to_numpy(float)
    code = mine["account_id"].factorize()[0].astype(np.int64)
    usable = np.isfinite(lift)
    mean = mean_by_group(lift[usable], code[usable])
    above = rate(int((lift[usable] > 0).sum()), int(usable.sum()))
    rates = mine["engagement_rate"].dropna()
    return {
        "group": name,
        "n": int(usable.sum()),
        "accounts": int(mine.loc[usable, "account_id"].nunique()),
        "ratio": np.exp(mean.value),
        "ratio_low": np.exp(mean.low),
        "ratio_high": np.exp(mean.high),
        "above_median": above.share,
        "above_low": above.low,
        "above_high": above.high,
        "breakouts": int(mine["is_breakout"].sum()),
        "engagement_rate": float(rates.astype(float).median()),
        "n_engagement": len(rates),
        "share_rate": float(mine["share_rate"].astype(float).median()),
        "save_rate": float(mine["save_rate"].astype(float).median()),
        "not_counted": int((~usable).sum()),
        **_carried(mine[usable], lift[usable], code[usable]),
    }


def _carried(mine: pd.DataFrame, lift: np.ndarray, code: np.ndarray) -> dict[str, Any]:
    """The post with over half of the group's 7-day views, and the ratio without it."""
    views = np.exp(mine["x7_ln"].to_numpy(float)) if "x7_ln" in mine else np.full(len(mine), np.nan)
    top, share = money.most_of(views)
    if top < 0:
        return {"top_post": None, "top_share": np.nan, "ratio_without": np.nan}
    rest = np.arange(len(mine)) != top
    return {
        "top_post": _post(mine, top),
        "top_share": share,
        "ratio_without": float(np.exp(mean_by_group(lift[rest], code[rest]).value)),
    }


def _post(mine: pd.DataFrame, position: int) -> str:
    return (
        str(mine["post_id"].iloc[position])
        if "post_id" in mine
        else say("post {position}", position=position + 1)
    )


def _shape(past: pd.DataFrame, mine: pd.DataFrame) -> np.ndarray:
    """How posts other than `mine` scatter about their own level, in their scales, of accounts as
    volatile where they are many.
    """
    rest = past[past["lift_ln"].notna() & ~past["post_id"].isin(mine["post_id"])]
    scale = rest["own_scale_ln"].to_numpy(float)
    off = rest["lift_ln"].to_numpy(float) / np.hypot(scale, rest["own_error_ln"].to_numpy(float))
    with np.errstate(invalid="ignore"):
        alike = np.abs(np.log(scale / mine["own_scale_ln"].astype(float).median())) < ALIKE
    return off[alike] if alike.sum() >= money.MIN_SHAPE else off


def _roi(
    product: str,
    mine: pd.DataFrame,
    cost: float,
    worth: float | None,
    shape: np.ndarray | None,
) -> dict[str, Any]:
    gain = money.incremental(
        mine["x7_ln"].to_numpy(float),
        mine["own_ln"].to_numpy(float),
        scale=mine["own_scale_ln"].to_numpy(float),
        error=mine["own_error_ln"].to_numpy(float),
        shape=shape,
    )
    back = money.returns(gain.total, cost, value_per_thousand=worth)
    rest = money.returns(gain.without, cost, value_per_thousand=worth)
    return {
        "product_id": product,
        "n": gain.n,
        "incremental_views": gain.total.value,
        "low": gain.total.low,
        "high": gain.total.high,
        "by_luck": gain.by_luck,
        "luck_high": gain.luck_high,
        "signed": gain.net_sum,
        "cost": cost,
        "cost_per_thousand": back.cost_per_thousand.value,
        "cost_low": back.cost_per_thousand.low,
        "cost_high": back.cost_per_thousand.high,
        "value": back.value.value,
        "net": back.net.value,
        "net_low": back.net.low,
        "net_high": back.net.high,
        "top_post": _post(mine, gain.top) if gain.top >= 0 else None,
        "top_share": gain.top_share,
        "without": gain.without.value,
        "without_low": gain.without.low,
        "without_high": gain.without.high,
        "cost_per_thousand_without": rest.cost_per_thousand.value,
        "net_without": rest.net.value,
        "said": _money_said(product, gain, _post(mine, gain.top) if gain.top >= 0 else ""),
    }


def _money_said(product: str, gain: money.Gain, top: str) -> str:
    if not gain.n:
        return say(
            "{product}: no matured posts, so nothing can be said of its return.", product=product
        )
    more = "more" if gain.total.low > gain.luck_high else say("not surely more")
    text = say(
        "{product}: {sum_said} beyond the own level in {posts}; ordinary posts would show "
        "{by_luck:,.0f} by luck, in one case of ten over {luck_high:,.0f}, so this is {more} than "
        "luck.",
        product=product,
        sum_said=_sum_said(gain.total),
        posts=number(gain.n, "post"),
        by_luck=gain.by_luck,
        luck_high=gain.luck_high,
        more=more,
    )
    if not top:
        return text
    return say(
        "{text} One post, {top}, makes {top_share:.0%} of it: {sum_said} without it.",
        text=text,
        top=top,
        top_share=gain.top_share,
        sum_said=_sum_said(gain.without),
    )


def _sum_said(total: Estimate) -> str:
    if np.isnan(total.low):
        return say("{value:,.0f} views (one post: no interval)", value=total.value)
    return say(
        "{value:,.0f} views ({low:,.0f} to {high:,.0f})",
        value=total.value,
        low=total.low,
        high=total.high,
    )

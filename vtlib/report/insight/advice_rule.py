"""What to shoot, repeat, stop and test: from claimed patterns, fits, verdicts and variants, each
with what it may bring. Pure.

docs/method.md ("Advice") states rules, formulas and order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.performance.effects import selected_interval
from vtlib.report.insight.commands import (
    variant_command,
    way_of_pattern,
    way_of_product,
    way_of_script,
)
from vtlib.report.insight.evidence import MIN_RUNS, Evidence, by_script

Floats = NDArray[np.float64]
KINDS = ("shoot", "repeat", "stop", "test")
RULE = "by the lower end of the gain's interval: sure and large first"
ADVICE_COLUMNS = [
    *("place", "kind", "what", "pattern", "script_id", "product_id", "ratio", "ratio_low"),
    *("ratio_high", "gain_views", "gain_low", "gain_high", "n", "accounts", "q_value", "source"),
    *("usd", "usd_per_thousand", "usd_low", "usd_high", "saved_usd", "saved_low", "saved_high"),
    *("why", "how"),
]
SURE = ("repeatable", "untried in time")  # not of one account or hit, not mixed between accounts
USUAL_SHARE = 0.8  # a pattern that so many of the own posts carry is one to keep, not to begin
USUAL_POSTS = 5
TEST_MOST = 100  # more posts than this are no test that anybody runs
TESTS = 3


def advise(known: Evidence) -> pd.DataFrame:
    """ADVICE_COLUMNS, the surest and largest gain first (RULE); empty where nothing passes its
    rule.

    `ratio` to `ratio_high`: expected views of a post that follows the advice over those of one that
    does not, with an interval corrected for having been picked; `gain_views` = level x (ratio - 1);
    for "stop" the ratio is turned over. Of a product that surely loses money the gain is money:
    `saved_usd`; it has no ratio and stands last. `usd`: cost of a post; `usd_per_thousand` of a
    thousand of the gained views.
    """
    rows = [*_from_patterns(known), *_from_scripts(known), *_from_variants(known), *_tests(known)]
    rows += _from_money(known)
    table = pd.DataFrame(rows, columns=ADVICE_COLUMNS)
    if table.empty:
        return table
    for name, ratio in (("views", "ratio"), ("low", "ratio_low"), ("high", "ratio_high")):
        table[f"gain_{name}"] = known.level * (table[ratio].astype(float) - 1)
    table = _with_costs(table, known.usd)
    order = table.sort_values(["ratio_low", "ratio", "what"], ascending=[False, False, True])
    return order.assign(place=np.arange(1, len(order) + 1)).reset_index(drop=True)


def missing(known: Evidence) -> list[str]:
    """What is missing before anything can be advised, in sentences; for an empty list of advice."""
    found = known.patterns
    lines = []
    if found.empty:
        lines.append(
            f"No pattern was tested: vt analyze performance --project {known.project} tests them."
        )
    elif not found["claim"].ne("").any():
        lines.append(
            f"Of {len(found):,} patterns tested none can be claimed (q <= {known.claim_q:.2f}): "
            f"{_nearest(found)}."
        )
    else:
        n = int(found["claim"].ne("").sum())
        lines.append(
            f"{n:,} of {len(found):,} patterns tested can be claimed, none with a gain that is "
            "sure once "
            "corrected for having been picked."
        )
    if known.runs.empty:
        lines.append(
            "No post of a script is 7 days old: vt script track --script S --post-url U links "
            "posts."
        )
    else:
        lines.append(
            f"{known.runs['script_id'].nunique():,} scripts have posts of 7 days, "
            f"{len(by_script(known)):,} of them the "
            f"{MIN_RUNS} that a verdict on a script takes; none is surely above or below what "
            "its accounts usually reach."
        )
    if np.isnan(known.level):
        lines.append("No own account has 5 posts of 7 days (role: own): gains have no views.")
    return lines


def _from_patterns(known: Evidence) -> list[dict[str, Any]]:
    """Claimed patterns that no single account makes and that do not fade, and what they ask for:
    shoot, repeat or stop.
    """
    table = known.patterns
    if table.empty:
        return []
    claimed = table[table["claim"].ne("")]
    low, high = _corrected(claimed, known, picked=(len(claimed), len(table)))
    uses = known.uses.set_index("pattern") if len(known.uses) else pd.DataFrame()
    rows = []
    for row, a, b in zip(claimed.to_dict("records"), low, high, strict=True):
        use = uses.loc[row["pattern"]] if row["pattern"] in uses.index else None
        kind = _kind(row, use)
        sign = -1 if kind == "stop" else 1
        ends = sorted((sign * a, sign * b))
        if kind and ends[0] > 0:
            rows.append(_pattern_row(known, row, kind, (sign * row["effect_ln"], *ends), use))
    return rows


def _kind(row: dict[Any, Any], use: pd.Series | None) -> str:
    """What a claimed pattern asks for; "" where it asks for nothing."""
    if row["replicates"] not in SURE:
        return ""
    n_own, n_known = (0, 0) if use is None else (int(use["n_own"]), int(use["n_known"]))
    if row["claim"] == "fewer views":
        return "stop" if n_own or not n_known else ""
    if row["trend"] == "fading":
        return ""
    usual = n_known >= USUAL_POSTS and n_own >= USUAL_SHARE * n_known
    return "repeat" if usual else "shoot"


def _pattern_row(
    known: Evidence,
    row: dict[Any, Any],
    kind: str,
    effect: tuple[float, float, float],
    use: pd.Series | None,
) -> dict[str, Any]:
    name = _words(row["pattern"])
    what = {
        "shoot": f"Shoot with {name}",
        "repeat": f"Keep {name}",
        "stop": f"Leave out {name}",
    }[kind]
    way = way_of_pattern(known.project, row, kind, fits=known.fits, scripts=known.scripts)
    ours = "" if use is None else f", {int(use['n_own']):,} of {int(use['n_known']):,} own posts"
    lead = "Posts with it fall behind" if kind == "stop" else "It goes with more views"
    why = (
        f"{lead}: {int(row['n_with']):,} posts of {int(row['accounts_with']):,} accounts{ours}, "
        f"{row['replicates']}{way.note}"
    )
    return _row(
        kind,
        what,
        effect,
        pattern=row["pattern"],
        n=row["n_with"],
        accounts=row["accounts_with"],
        q_value=row["q_value"],
        source="patterns",
        why=why,
        how=way.command,
        script_id=way.script_id,
        product_id=way.product_id,
    )


def _from_scripts(known: Evidence) -> list[dict[str, Any]]:
    """Scripts whose posts are surely above or below their accounts' level."""
    table = by_script(known)
    if table.empty:
        return []
    sure = table[table["q_value"].le(known.claim_q)]
    low, high = _corrected(sure, known, picked=(len(sure), len(table)))
    rows = []
    for row, a, b in zip(sure.to_dict("records"), low, high, strict=True):
        sign = 1 if row["effect_ln"] > 0 else -1
        ends = sorted((sign * a, sign * b))
        if ends[0] <= 0:
            continue
        kind = "repeat" if sign > 0 else "stop"
        title = row["title"] or row["script_id"]
        rows.append(
            _row(
                kind,
                f"{'Film again' if sign > 0 else 'Do not film again'}: {title}",
                (sign * row["effect_ln"], *ends),
                n=row["n"],
                accounts=row["accounts"],
                q_value=row["q_value"],
                source="verdicts",
                script_id=row["script_id"],
                why=f"Its posts reached x{np.exp(row['shift_ln']):.2f} of what their accounts "
                "usually reach",
                how=way_of_script(row["script_id"]),
            )
        )
    return rows


def _from_variants(known: Evidence) -> list[dict[str, Any]]:
    """Variants that won."""
    table = known.variants
    won = table[table["winner"].ne("")] if len(table) else table
    rows = []
    for row in won.to_dict("records"):
        sign = 1 if row["winner"] == row["b"] else -1
        ends = sorted(sign * np.log([row["ratio_low"], row["ratio_high"]]))
        loser = row["a"] if sign > 0 else row["b"]
        rows.append(
            _row(
                "repeat",
                f"Take variant {row['winner']}, not {loser}, of {_title(known, row['script_id'])}",
                (sign * np.log(row["ratio"]), *ends),
                n=row["n_a"] + row["n_b"],
                q_value=row["p_any_time"],
                source="variants",
                script_id=row["script_id"],
                why=str(row["said"]),
                how=variant_command(row["script_id"], row["winner"]),
            )
        )
    return [r for r in rows if r["ratio_low"] > 1]


def _from_money(known: Evidence) -> list[dict[str, Any]]:
    """Products whose views beyond the own level are surely worth less, at the user's value, than
    they cost.
    """
    table = known.returns
    if table.empty:
        return []
    loses = table[table["n"].ge(MIN_RUNS) & table["net_high"].astype(float).lt(0)]
    nothing = float("nan")
    return [
        {
            **_row("stop", f"Stop paying for posts of {row['product_id']}", (nothing,) * 3),
            "n": row["n"],
            "source": "spend",
            "product_id": row["product_id"],
            "saved_usd": -float(row["net"]),
            "saved_low": -float(row["net_high"]),
            "saved_high": -float(row["net_low"]),
            "why": str(row["said"]),
            "how": way_of_product(str(row["product_id"])),
        }
        for row in loses.to_dict("records")
    ]


def _tests(known: Evidence) -> list[dict[str, Any]]:
    """At most TESTS things that a stated number of posts would settle; their interval includes
    no gain.
    """
    rows = [*_pattern_tests(known), *_variant_tests(known)]
    return sorted(rows, key=lambda r: (r["posts"], r["what"]))[:TESTS]


def _pattern_tests(known: Evidence) -> list[dict[str, Any]]:
    table = known.patterns
    if table.empty:
        return []
    n_claimed = int(table["claim"].ne("").sum())
    needed = pd.to_numeric(table["posts_needed"], errors="coerce")
    open_ones = table[
        table["claim"].eq("") & table["effect_ln"].gt(0) & needed.between(1, TEST_MOST)
    ]
    low, high = _corrected(
        open_ones, known, picked=(n_claimed + 1, len(table)), share=known.claim_q
    )
    rows = []
    for row, a, b in zip(open_ones.to_dict("records"), low, high, strict=True):
        way = way_of_pattern(known.project, row, "test", fits=known.fits, scripts=known.scripts)
        posts, name = int(row["posts_needed"]), _words(row["pattern"])
        made = _row(
            "test",
            f"Test {name}",
            (row["effect_ln"], a, b),
            pattern=row["pattern"],
            n=row["n_with"],
            accounts=row["accounts_with"],
            q_value=row["q_value"],
            source="patterns",
            why=f"About {posts:,} more {'post' if posts == 1 else 'posts'} with it would settle "
            f"whether it helps{way.note}",
            how=way.command,
            script_id=way.script_id,
            product_id=way.product_id,
        )
        rows.append({**made, "posts": posts})
    return rows


def _variant_tests(known: Evidence) -> list[dict[str, Any]]:
    table = known.variants
    if table.empty:
        return []
    needed = pd.to_numeric(table["posts_needed"], errors="coerce")
    p = table["p_any_time"].astype(float)
    rows = []
    for row in table[table["winner"].eq("") & needed.between(1, TEST_MOST) & p.lt(1)].to_dict(
        "records"
    ):
        effect = np.array([abs(np.log(row["ratio"]))])
        se = np.array([np.log(row["ratio_high"] / row["ratio_low"]) / 2 / 1.2816])
        low, high = selected_interval(
            effect, se, picked=(1, 1), interval=0.95, p=np.array([row["p_any_time"]])
        )
        ahead = row["b"] if row["ratio"] > 1 else row["a"]
        made = _row(
            "test",
            f"Finish the test of {row['a']} against {row['b']}: {_title(known, row['script_id'])}",
            (effect[0], low[0], high[0]),
            n=row["n_a"] + row["n_b"],
            q_value=row["p_any_time"],
            source="variants",
            script_id=row["script_id"],
            why=f"{ahead} is ahead; {row['said']!s}",
            how=variant_command(row["script_id"], ahead),
        )
        rows.append({**made, "posts": int(row["posts_needed"])})
    return rows


def _corrected(
    rows: pd.DataFrame,
    known: Evidence,
    *,
    picked: tuple[int, int],
    share: float | None = None,
) -> tuple[Floats, Floats]:
    """Intervals of effects that were picked; with `share` (what may be claimed wrongly) also no
    narrower than p says.
    """
    return selected_interval(
        rows["effect_ln"].to_numpy(float),
        rows["effect_se_ln"].to_numpy(float),
        picked=picked,
        interval=known.interval if share is None else 1 - share,
        p=None if share is None else rows["p_value"].to_numpy(float),
    )


def _row(kind: str, what: str, effect: tuple[float, float, float], **more: Any) -> dict[str, Any]:
    ratio, low, high = (float(np.exp(e)) for e in effect)
    return {
        "kind": kind,
        "what": what,
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        **more,
    }


def _with_costs(table: pd.DataFrame, usd: float) -> pd.DataFrame:
    """`usd` a post, and of a thousand gained views (infinite at an end where none is gained)."""
    out = table.assign(usd=usd)
    for name, gain in (("per_thousand", "views"), ("low", "high"), ("high", "low")):
        views = table[f"gain_{gain}"].astype(float)
        price = np.where(views > 0, 1000 * usd / views.where(views > 0), np.inf)
        out[f"usd_{name}"] = pd.Series(price, index=out.index).where(views.notna() & ~np.isnan(usd))
    free = table["kind"].eq("stop")
    names = ["usd", "usd_per_thousand", "usd_low", "usd_high"]
    out.loc[free, names] = np.nan  # leaving something out costs nothing that is known
    return out


def _nearest(table: pd.DataFrame) -> str:
    needed = pd.to_numeric(table["posts_needed"], errors="coerce")
    if not needed.gt(0).any():
        return "no number of further posts is in sight that would change this"
    row = table.assign(_needed=needed)[needed.gt(0)].sort_values("_needed").iloc[0]
    return (
        f"the nearest is {_words(row['pattern'])}, about {int(row['posts_needed']):,} more "
        "posts with it"
    )


def _title(known: Evidence, script_id: str) -> str:
    rows = (
        known.scripts[known.scripts["script_id"].eq(script_id)]
        if len(known.scripts)
        else known.scripts
    )
    return str(rows["title"].iloc[0]) if len(rows) else script_id


def _words(pattern: Any) -> str:
    return str(pattern).replace("_", " ")

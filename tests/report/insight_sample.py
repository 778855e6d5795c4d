"""Facts of a project that has everything, small enough to be read: scripts, verdicts, patterns,
money.
"""

import numpy as np
import pandas as pd

from tests.report import sample
from vtlib.report.insight import Facts
from vtlib.report.insight.advice_rule import advise
from vtlib.report.insight.evidence import Evidence

DAY = pd.Timestamp("2026-03-01")


def scripts() -> pd.DataFrame:
    rows = [
        ("a", "Lid drops", "published", "kettle", 2, 1, 3),
        ("b", "Colander folds", "review", "colander", 1, 0, 0),
        ("c", "Night kettle", "approved", "kettle", 1, 0, 0),
        ("d", sample.HOSTILE, "produced", "kettle", 1, 1, 0),
    ]
    names = ["script_id", "title", "status", "product_id", "version", "forecasts", "posts"]
    return pd.DataFrame(rows, columns=names).assign(kind="adaptation", updated_at=DAY)


def verdicts(matured: int, beats: int) -> pd.DataFrame:
    n = matured + 1
    actual = np.where(np.arange(n) < beats, 9.0, 6.0)
    return pd.DataFrame(
        {
            "prediction": [f"p{i}" for i in range(n)],
            "script_id": [f"s{i}" for i in range(n)],
            "post_id": [f"tiktok:{i}" for i in range(n)],
            "title": [f"Script {i}" for i in range(n)],
            "version": 1,
            "handle": "ours",
            "platform": "tiktok",
            "status": ["matured"] * matured + ["too early"],
            "is_plain": True,
            "actual_ln": actual,
            "actual": np.expm1(actual),
            "predicted_ln": 7.0,
            "predicted": np.expm1(7.0),
            "predicted_low": np.expm1(6.2),
            "predicted_high": np.expm1(7.8),
            "low_ln": 6.2,
            "high_ln": 7.8,
            "naive_ln": 7.0,
            "difference_pct": 100 * np.expm1(actual - 7),
            "is_inside": False,
            "beats_median": actual > 7,
            "percentile": 60.0,
            "posted_at": DAY,
        }
    )


def patterns() -> pd.DataFrame:
    rows = [
        ("hook_result_first", "more views", 1.9, 1.3, 2.7, 0.02, 80, None),
        ("weekend", "fewer views", 0.7, 0.6, 0.85, 0.04, 120, None),
        ("caption_emoji", "", 1.05, 0.9, 1.2, 0.6, 200, 340.0),
    ]
    names = ["pattern", "claim", "ratio", "ratio_low", "ratio_high", "q_value", "n_with"]
    frame = pd.DataFrame(rows, columns=[*names, "posts_needed"])
    facts = {"accounts_with": 9, "n_without": 500, "replicates": "repeatable", "trend": "steady"}
    return frame.assign(kind=["model", "measured", "measured"], definition="What it says.", **facts)


def advice() -> pd.DataFrame:
    """What two claims and a test advise, by the rules themselves."""
    table = patterns()
    ends = np.log(table["ratio_high"] / table["ratio_low"]) / 2 / 1.2816
    library = table.assign(
        effect_ln=np.log(table["ratio"]), effect_se_ln=ends, p_value=table["q_value"]
    )
    library.loc[2, "posts_needed"] = 34
    uses = pd.DataFrame({"pattern": ["weekend"], "n_own": [7], "n_known": [60]})
    return advise(Evidence("demo", patterns=library, uses=uses, level=2000.0, usd=8.0))


def facts(*, matured: int = 24, beats: int = 18) -> Facts:
    found = sample.scores(accounts=9, posts=60)
    own = found[found["account_id"].eq(found["account_id"].iloc[0])]
    variants = pd.DataFrame(
        {
            "script_id": ["a", "b"],
            "a": "one",
            "b": "two",
            "winner": ["two", ""],
            "said": ["two wins: two against one x1.80 (1.30 to 2.50), 9 pairs.", "No winner."],
        }
    )
    returns = pd.DataFrame(
        {
            "product_id": ["kettle"],
            "n": [24],
            "said": ["kettle: 9,000 views beyond the own level (7,000 to 11,000) in 24 posts."],
            "cost": [90.0],
            "cost_per_thousand": [10.0],
            "cost_low": [8.2],
            "cost_high": [np.inf],
        }
    )
    spend = pd.DataFrame(
        {
            "kind": ["data", "model"],
            "provider": ["apify", "gemini"],
            "what": ["posts", "tokens"],
            "n": [4, 9],
            "usd": [7.5, None],
        }
    )
    grounding = pd.DataFrame(
        {
            "model": ["m"],
            "prompt_version": ["analysis/1"],
            "answers": [7],
            "supported": [31],
            "drifted": [2],
            "unsupported": [2],
            "not_checked": [71],
            "cuts_invented": [1],
        }
    )
    return Facts(
        scripts=scripts(),
        verdicts=verdicts(matured, beats),
        production=pd.DataFrame(
            {
                "what": ["shoot"],
                "title": ["Lid drops"],
                "hours": [6.0],
                "amount": [80.0],
                "currency": ["USD"],
            }
        ),
        own=own.assign(reason=""),
        scores=found,
        patterns=patterns(),
        advice=advice(),
        variants=variants,
        returns=returns,
        spend=spend,
        problems=pd.DataFrame({"stage": ["import"], "kind": ["no_items"], "n": [3]}),
        grounding=grounding,
        outlier_run={
            "method": "calibrated",
            "n_scored": 540,
            "expected_false_alarms": 5.0,
            "expected_false_alarms_low": 1.0,
            "chance_words": [],
        },
        pattern_run={"n_posts": 580, "n_accounts": 9},
        stages=(("What to shoot", "skipped", "no model key: set GEMINI_API_KEY"),),
    )

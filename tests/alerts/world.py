"""A world of nights: ordinary posts, hits where they are asked for, captured once a night.

Log-normal views about an account's level (statistics.md: ln-sd .6 to 1.6), or Student's t with 4
degrees of freedom; each post grows at a pace of its own, unlike the curve it is judged by.
"""

import numpy as np
import pandas as pd

DAY0 = pd.Timestamp("2026-03-01")
NO_PAIRS = pd.DataFrame(
    {"post_id": [], "metric": [], "captured_at": pd.to_datetime([]), "value": []}
)
HIT_LN = np.log(20)


def world(
    seed: int, *, tail: str = "normal", hits: float = 0.0, accounts: int = 80
) -> pd.DataFrame:
    """post_id, account_id, day, ln_views at 7 days, tau_d of growth, is_hit; 100 days."""
    rng, parts = np.random.default_rng(seed), []
    for account in range(accounts):
        n = rng.poisson(35)
        scatter = rng.normal(size=n) if tail == "normal" else rng.standard_t(4, n) / np.sqrt(2)
        is_hit = rng.uniform(size=n) < hits
        ln_views = rng.normal(9.5, 1.0) + rng.uniform(0.6, 1.6) * scatter + HIT_LN * is_hit
        parts.append(
            pd.DataFrame(
                {
                    "post_id": [f"instagram:{account}x{i}" for i in range(n)],
                    "account_id": f"instagram:{account}",
                    "day": np.sort(rng.uniform(0, 100, n)),
                    "ln_views": ln_views,
                    "tau_d": 3.0 * np.exp(rng.normal(0, 0.25, n)),
                    "is_hit": is_hit,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def posts_of_night(posts: pd.DataFrame, night: float) -> pd.DataFrame:
    """The posts as outliers/judgement.judge takes them, captured at the end of a day."""
    there = posts[posts["day"] < night].reset_index(drop=True)
    age_d, tau_d = night - there["day"], there["tau_d"]
    grown = np.log(-np.expm1(-age_d / tau_d)) - np.log(-np.expm1(-7 / tau_d))
    captured_at = DAY0 + pd.Timedelta(days=night)
    unknown = pd.array([pd.NA] * len(there), dtype="Int64")
    return pd.DataFrame(
        {
            "post_id": there["post_id"],
            "account_id": there["account_id"],
            "platform": "instagram",
            "format": "reel",
            "posted_at": (DAY0 + pd.to_timedelta(there["day"], unit="D")).astype("datetime64[us]"),
            **dict.fromkeys(("is_pinned", "is_paid", "is_coauthored"), False),
            "duration_s": 20.0,
            "followers": np.nan,
            "views": np.rint(np.exp(there["ln_views"] + grown)).astype("int64"),
            "views_at": captured_at,
            **dict.fromkeys(("plays", "impressions", "engagement"), unknown),
            **dict.fromkeys(("plays_at", "impressions_at", "engagement_at"), pd.NaT),
        }
    )

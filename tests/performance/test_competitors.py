"""Own accounts against competitors: percentiles, pace and shares that can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from vtlib.performance import competitors, creatives

NOW = pd.Timestamp("2026-06-01")
HOOKS = pd.DataFrame(columns=["post_id", "feature", "value"])


def posts(
    account: str, side: str, x7: list[float], *, every_days: float = 3, **facts
) -> pd.DataFrame:
    n = len(x7)
    return pd.DataFrame(
        {
            "post_id": [f"tiktok:{account}{i}" for i in range(n)],
            "account_id": f"tiktok:{account}",
            "handle": account,
            "platform": "tiktok",
            "format": "video",
            "metric": "views",
            "role": side,
            "is_own": side == "own",
            "posted_at": [NOW - pd.Timedelta(days=8 + every_days * i) for i in range(n)],
            "captured_at": NOW,
            "age_h": 200.0,
            "x7_ln": x7,
            "tier": "none",
            "reason": "",
            "is_pinned": None,
            "is_paid": None,
            "likes": 10.0,
            "comments": 0.0,
            "engagement_rate": 0.05,
            "hashtags": [["lid"]] * n,
            **facts,
        }
    )


def compared(
    *parts: pd.DataFrame, days: int = 90, hooks: pd.DataFrame = HOOKS
) -> competitors.CompetitorComparison:
    return competitors.compare(pd.concat(parts, ignore_index=True), hooks, days=days, interval=0.8)


def test_a_percentile_is_among_the_other_sides_posts_of_the_format() -> None:
    found = compared(posts("us", "own", [5.5] * 4), posts("rival", "competitor", list(range(10))))
    (row,) = found.platforms.to_dict("records")
    assert row["percentile"] == pytest.approx(60)  # above 6 of 10
    assert (row["ranked"], row["ranked_against"]) == (4, 10)
    others = found.accounts.set_index("handle")["percentile"]
    assert others.isna()["rival"]  # under five own posts there is nothing to rank among


def test_young_paid_and_pinned_posts_are_not_ranked() -> None:
    ours = posts("us", "own", [9.0] * 3, age_h=[100.0, 200.0, 200.0], is_paid=[None, True, None])
    found = compared(ours, posts("rival", "competitor", list(range(10))))
    assert found.platforms["ranked"].tolist() == [1]


def test_formats_are_never_mixed() -> None:
    found = compared(
        posts("us", "own", [5.0] * 6, format="photo"), posts("rival", "competitor", [1.0] * 6)
    )
    assert found.platforms["percentile"].isna().all()
    assert "too few mature posts of one format" in competitors.findings(found)[0].sentence


def test_pace_counts_the_window_or_only_what_capture_reaches() -> None:
    long = posts("us", "own", [1.0] * 40, every_days=3)  # back beyond 90 days: 28 in the window
    short = posts("rival", "competitor", [1.0] * 8, every_days=7)  # oldest 57 days ago
    pace = compared(long, short).accounts.set_index("handle")
    assert pace.loc["us", "per_week"] == pytest.approx(28 / (90 / 7))
    assert pace.loc["rival", "per_week"] == pytest.approx(7 / (57 / 7))
    assert (pace["per_week_low"] < pace["per_week"]).all()
    assert (pace["per_week"] < pace["per_week_high"]).all()


def test_share_of_engagement_and_breakouts() -> None:
    ours = posts("us", "own", [1.0] * 10, likes=30.0, tier=["breakout"] * 2 + ["none"] * 8)
    likes = [None] * 20 + [30.0] * 10
    rival = posts("rival", "competitor", [1.0] * 30, every_days=2, likes=likes)
    found = compared(ours, rival)
    (row,) = found.platforms.to_dict("records")
    assert row["engagement_share"] == pytest.approx(0.5)
    assert row["engaged"] == 20  # posts without likes are passed over, not taken as 0
    assert row["breakout_own"] == pytest.approx(0.2)
    assert row["engagement_low"] <= 0.5 <= row["engagement_high"]


def test_the_post_that_makes_most_of_all_likes_is_named_and_left_out_once() -> None:
    ours = posts("us", "own", [1.0] * 4, likes=[1000.0, 10.0, 10.0, 10.0])
    found = compared(ours, posts("rival", "competitor", [1.0] * 3, likes=30.0))
    (row,) = found.platforms.to_dict("records")
    assert (row["top_post"], row["top_side"]) == ("tiktok:us0", "own")
    assert row["top_share"] == pytest.approx(1000 / 1120)
    assert row["engagement_share_without"] == pytest.approx(30 / 120)
    said = " ".join(f.sentence for f in competitors.findings(found))
    assert "one own post, tiktok:us0, makes 89% of all; without it 25%" in said
    even = compared(posts("us", "own", [1.0] * 4), posts("rival", "competitor", [1.0] * 4))
    assert even.platforms["top_post"].tolist() == [None]
    assert "of all; without it" not in " ".join(f.sentence for f in competitors.findings(even))


def test_a_difference_in_what_posts_are_made_of_is_named_with_its_n() -> None:
    hooks = pd.DataFrame(
        {
            "post_id": ["tiktok:us0", "tiktok:rival0"],
            "feature": "hook_open_question",
            "value": [1.0, 0.0],
        }
    )
    ours = posts("us", "own", [1.0] * 20, hashtags=[["fold"]] * 20)
    found = compared(ours, posts("rival", "competitor", [1.0] * 20), hooks=hooks)
    said = [f.sentence for f in competitors.findings(found)]
    assert any(
        s.startswith("In hashtags: #fold 100% of 20 own, 0% of 20 of competitors") for s in said
    )
    assert (
        "In hooks, as a model read them: too few posts to compare (1 own, 1 of competitors)."
        in said
    )


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([posts("us", "own", [1.0])], "no competitors' posts in the last 90 days"),
        ([posts("rival", "competitor", [1.0])], "no own posts in the last 90 days"),
        ([posts("us", "own", [1.0]).head(0)], "no post has been judged yet"),
        ([posts("some", "reference", [1.0])], "no own posts"),
    ],
)
def test_a_side_that_is_missing_is_said(parts, reason) -> None:
    found = compared(*parts)
    assert reason in found.reason
    (only,) = competitors.findings(found)
    assert reason in only.sentence
    assert found.accounts.empty


def films(n: int, lift: float, *, tiktok_only: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.2, n)
    rows = []
    for i in range(n):
        for platform in ("tiktok",) if tiktok_only else ("instagram", "tiktok"):
            up = lift if platform == "tiktok" else 0.0
            rows.append(
                {
                    "creative_id": f"f{i}",
                    "post_id": f"{platform}:{i}",
                    "account_id": f"tiktok:{i % 6}",
                    "platform": platform,
                    "lift_ln": up + (noise[i] if platform == "tiktok" else 0),
                    "reason": "",
                }
            )
    columns = ["creative_id", "post_id", "account_id", "platform", "lift_ln", "reason"]
    return pd.DataFrame(rows, columns=columns)


FILMS = [
    (12, np.log(3), "The same video went further on tiktok than on instagram: ×0."),
    (12, 0.0, "No difference between instagram and tiktok that is more than luck"),
    (3, np.log(3), "instagram and tiktok share 3 videos: 5 are needed"),
    (0, 0.0, "No video of this project is known on two platforms"),
]


@pytest.mark.parametrize(("n", "lift", "said"), FILMS)
def test_the_same_film_on_two_platforms(n, lift, said) -> None:
    made = films(n, lift)
    found = creatives.findings(made, creatives.across(made, interval=0.8))
    assert found[0].sentence.startswith(said)
    assert len(found[0].rows) == len(made)


def test_platforms_without_a_difference_are_seldom_told_apart() -> None:
    rng = np.random.default_rng(5)
    claimed = 0
    for _ in range(60):
        made = films(12, 0.0)
        made["lift_ln"] = rng.normal(0, 0.5, len(made))
        claimed += (creatives.across(made, interval=0.8)["q_value"] <= creatives.CLAIM_Q).any()
    assert claimed <= 12  # at q .10 and one pair: about 6 of 60

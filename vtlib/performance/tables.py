"""Tables of notebook 07: source, columns and formats, as `tables.show` takes them."""

from __future__ import annotations

from typing import Any

from vtlib.core.language import marked

_REACH = marked(
    (
        *("by", "group", "n", "accounts", "ratio", "ratio_low", "ratio_high", "breakouts"),
        *(
            "engagement_rate",
            "share_rate",
            "save_rate",
            "not_counted",
            "top_post",
            "top_share",
            "ratio_without",
        ),
    )
)
_VERDICTS = marked(
    (
        *("title", "variant", "post_id", "status", "predicted", "low", "high", "actual"),
        *("difference_pct", "is_inside", "percentile", "source_percentile", "reason"),
    )
)
_CALIBRATION = marked(
    ("measure", "forecast", "low", "high", "naive", "naive_low", "naive_high", "n")
)
_VARIANTS = marked(
    (
        *(
            "script_id",
            "a",
            "b",
            "design",
            "n_a",
            "n_b",
            "n_pairs",
            "ratio",
            "ratio_low",
            "ratio_high",
        ),
        *("p_any_time", "winner", "least_visible_ratio", "posts_needed"),
    )
)
_PAIRS = marked(
    (*("a", "b", "films", "accounts", "unit", "ratio", "ratio_low", "ratio_high", "q_value"),)
)
_RETURNS = marked(
    {
        "product_id": "product",
        "n": "posts",
        "incremental_views": "views beyond own level",
        "low": "low",
        "high": "high",
        "by_luck": "by luck alone",
        "luck_high": "by luck, 1 in 10",
        "cost": "cost (USD)",
        "cost_per_thousand": "cost of 1,000 (USD)",
        "cost_low": "cost of 1,000, low (USD)",
        "cost_high": "cost of 1,000, high (USD)",
        "value": "value (USD)",
        "net": "net (USD)",
        "net_low": "net, low (USD)",
        "net_high": "net, high (USD)",
        "top_post": "post with most of them",
        "top_share": "its part",
        "without": "views without it",
        "without_low": "without it, low",
        "without_high": "without it, high",
        "cost_per_thousand_without": "cost of 1,000 without it (USD)",
        "net_without": "net without it (USD)",
    }
)
VARIANT_TEXTS = (
    "script_id",
    "a",
    "b",
    "design",
    "winner",
)  # written by this project or this package
_FORMATS = {
    **dict.fromkeys(("ratio", "ratio_low", "ratio_high", "least_visible_ratio"), "multiplier"),
    "common_ratio": "multiplier",
    **dict.fromkeys(("engagement_rate", "share_rate", "save_rate"), ".2%"),
    **dict.fromkeys(("share_ordinary", "share_breakout"), ".0%"),
    **dict.fromkeys(("predicted", "low", "high", "actual", "incremental_views"), ",.0f"),
    **dict.fromkeys(("by_luck", "luck_high", "difference_pct", "half_life_days"), ",.0f"),
    **dict.fromkeys(("percentile", "source_percentile"), ".0f"),
    **dict.fromkeys(("cost", "cost_per_thousand", "cost_low", "cost_high"), ",.2f"),
    **dict.fromkeys(("value", "net", "net_low", "net_high"), ",.2f"),
    **dict.fromkeys(("cost_per_thousand_without", "net_without"), ",.2f"),
    "ratio_without": "multiplier",
    "top_share": ".0%",
    **dict.fromkeys(("without", "without_low", "without_high"), ",.0f"),
    "p_any_time": "p",
}
_CALIBRATED = dict.fromkeys(("forecast", "low", "high", "naive", "naive_low", "naive_high"), ",.2f")
_PATTERNS = marked(
    (
        *(
            "pattern",
            "claim",
            "ratio",
            "ratio_low",
            "ratio_high",
            "q_value",
            "n_with",
            "accounts_with",
        ),
        *("share_ordinary", "share_breakout", "replicates", "trend", "half_life_days", "kind"),
        *("posts_needed",),
    )
)

_PLATFORMS = marked(
    (
        *("pattern", "platform", "claim", "ratio", "ratio_low", "ratio_high", "common_ratio"),
        *("q_value", "differs", "difference_q", "n_with", "accounts_with", "replicates"),
    )
)


def _calibration(source: str) -> dict[str, Any]:
    return {"source": source, "columns": _CALIBRATION, "formats": _CALIBRATED}


def _table(source: str, columns: tuple[str, ...] | dict[str, str]) -> dict[str, Any]:
    return {"source": source, "columns": columns, "formats": _FORMATS}


REACH = _table("own posts of these days, by group", _REACH)
VERDICTS = _table("verdicts", _VERDICTS)
VIEWS_PAGE = _calibration("matured predictions of views")
RATE_PAGE = _calibration("matured predictions of engagement rate")
TRIAL_PAGE = _calibration("the forecaster, on posts it had not seen")
PATTERNS = _table("patterns", _PATTERNS)
PLATFORM_PATTERNS = _table("patterns by platform", _PLATFORMS)
VARIANTS = _table("variants of scripts", _VARIANTS)
PAIRS = _table("twins, outlier_scores", _PAIRS)
RETURNS = _table("posts of scripts, spend, production_costs, media", _RETURNS)

"""Tables of notebook 07: source, columns and formats, as `tables.show` takes them."""

from __future__ import annotations

from typing import Any

_REACH = (
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
_VERDICTS = (
    *("title", "variant", "post_id", "status", "predicted", "low", "high", "actual"),
    *("difference_pct", "is_inside", "percentile", "source_percentile", "reason"),
)
_CALIBRATION = ("measure", "forecast", "low", "high", "naive", "naive_low", "naive_high", "n")
_VARIANTS = (
    *("script_id", "a", "b", "design", "n_a", "n_b", "n_pairs", "ratio", "ratio_low", "ratio_high"),
    *("p_any_time", "winner", "least_visible_ratio", "posts_needed"),
)
_PAIRS = (*("a", "b", "films", "accounts", "unit", "ratio", "ratio_low", "ratio_high", "q_value"),)
_RETURNS = {
    **{
        k: k
        for k in ("product_id", "n", "incremental_views", "low", "high", "by_luck", "luck_high")
    },
    **{
        k: f"{k} (USD)"
        for k in ("cost", "cost_per_thousand", "cost_low", "cost_high", "value", "net", "net_low")
    },
    "net_high": "net_high (USD)",
    **{k: k for k in ("top_post", "top_share", "without", "without_low", "without_high")},
    **{k: f"{k} (USD)" for k in ("cost_per_thousand_without", "net_without")},
}
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
_PATTERNS = (
    *("pattern", "claim", "ratio", "ratio_low", "ratio_high", "q_value", "n_with", "accounts_with"),
    *("share_ordinary", "share_breakout", "replicates", "trend", "half_life_days", "kind"),
    *("posts_needed",),
)

_PLATFORMS = (
    *("pattern", "platform", "claim", "ratio", "ratio_low", "ratio_high", "common_ratio"),
    *("q_value", "differs", "difference_q", "n_with", "accounts_with", "replicates"),
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

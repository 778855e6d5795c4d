"""Stages whose services are not joined yet: they show what is there and say what they wait for."""

from __future__ import annotations

import pandas as pd

from vtlib.stages.conclusion import Conclusion, number, skipped


def products(stage: str, rows: list[dict[str, object]], *, has_key: bool) -> Conclusion:
    """05 and 06: which products wait to be fitted."""
    line = (
        f"{number(len(rows), 'product')} of the project wait."
        if rows
        else "The project has no products."
    )
    need = "" if has_key else "set GEMINI_API_KEY; "
    return skipped(stage, f"{need}{stage} is not part of this version", [line])


def performance(own: pd.DataFrame) -> Conclusion:
    """07: which posts of ours could be measured."""
    line = f"{number(len(own), 'post')} of our own are known."
    return skipped(
        "performance", "no script has been published yet: link a post to a script", [line]
    )

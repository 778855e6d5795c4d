"""Stages whose services are not joined yet: they show what is there and say what they wait for."""

from __future__ import annotations

import pandas as pd

from vtlib.stages.conclusion import Conclusion, number, skipped


def performance(own: pd.DataFrame) -> Conclusion:
    """07: which posts of ours could be measured."""
    line = f"{number(len(own), 'post')} of our own are known."
    return skipped(
        "performance", "no script has been published yet: link a post to a script", [line]
    )

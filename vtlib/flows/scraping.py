"""02 scraping: which actor would be asked what for the accounts a project follows."""

from __future__ import annotations

import pandas as pd

from vtlib.project import Project
from vtlib.sources import SOURCES


def orders(project: Project, accounts: pd.DataFrame) -> pd.DataFrame:
    """One row a platform with followed accounts: platform, actor, accounts, posts_each (None = no limit).

    Empty without followed accounts; `scraping.platforms` narrows it.
    """
    asked = project.params.scraping
    followed = accounts[accounts["role"].notna()]
    rows = [
        {
            "platform": name,
            "actor": next((a.name for a in source.ACTORS if "accounts" in a.asks), None),
            "accounts": int((followed["platform"] == name).sum()),
            "posts_each": asked.limit,
        }
        for name, source in SOURCES.items()
        if not asked.platforms or name in asked.platforms
    ]
    found = pd.DataFrame(rows, columns=["platform", "actor", "accounts", "posts_each"])
    return found[found["accounts"] > 0].reset_index(drop=True)

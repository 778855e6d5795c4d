"""Products side by side for the videos of a project, for people who choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.adaptation import fits
from vtlib.adaptation.comparison import ranking, summary
from vtlib.adaptation.comparison.recommendation import rank_products
from vtlib.store import catalog, people
from vtlib.store.project import Project


@dataclass(frozen=True, slots=True)
class ProductTable:
    """Products, their fits to videos (ranked by the one rule) and ranks over all videos, as
    notebook 06 has them.

    `waits_for` says why nothing was judged yet, "" once something was.
    """

    products: list[dict[str, Any]]
    fits: pd.DataFrame
    ranks: pd.DataFrame
    waits_for: str = ""


def comparison(project: Project) -> ProductTable:
    """What was judged so far; nothing is asked of a model."""
    own = products(project)
    fit_rows, judgements = fits.load(project)
    if fit_rows.empty:
        why = fits.waits(project) or "run notebook 06, or vt analyze compare"
        return ProductTable(own, fit_rows, pd.DataFrame(), why)
    over = ranking.over_videos(fit_rows, judgements, interval=project.params.outliers.interval)
    order = rank_products(fit_rows, judgements, min_score=project.params.adaptation.min_score)
    return ProductTable(own, order, summary.rank_table(over))


def products(project: Project) -> list[dict[str, Any]]:
    """The project's products; if it has none, all of its brand or workspace."""
    own = people.project_products(project.store, project.slug)
    return own or catalog.listing(project.store, "products")

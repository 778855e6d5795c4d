"""06 comparison: which product fits which video, product ranks, and disagreements."""

from vtlib.adaptation.comparison.answer import RUBRICS, Duel, Fit, ProductFits, mean_score

__all__ = ["RUBRICS", "Duel", "Fit", "ProductFits", "mean_score"]

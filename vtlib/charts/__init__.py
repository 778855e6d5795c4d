"""Charts: frames in, Altair charts out, in one theme for light, dark and print.

For: notebooks, pages and the desk.
Owns: the theme and the renderer that keeps charts in a notebook without the network.
Entry points: one function a chart; `enable`, `theme.finish`. Every chart carries its source table
and n under its title; an empty frame gives a small chart that says why there is nothing to show.
"""

from vtlib.core.quick_start import GRAMMAR, leave_out

with leave_out(GRAMMAR):  # which altair would build by jsonschema: a second of a kernel's start
    import altair as alt

from vtlib.charts.captures import capture_history, coverage, problems_per_day, spend_per_day
from vtlib.charts.fits import fit_matrix, product_ranks
from vtlib.charts.linked import linked
from vtlib.charts.outliers import account_posts, accounts_over_time, growth, multipliers
from vtlib.charts.performance import pattern_effects, predictions, reach, returns, standing
from vtlib.charts.theme import COLOURS, MIMETYPE, TIER_COLOURS, enable, nothing

__all__ = [
    "COLOURS",
    "MIMETYPE",
    "TIER_COLOURS",
    "account_posts",
    "accounts_over_time",
    "alt",
    "capture_history",
    "coverage",
    "enable",
    "fit_matrix",
    "growth",
    "linked",
    "multipliers",
    "nothing",
    "pattern_effects",
    "predictions",
    "problems_per_day",
    "product_ranks",
    "reach",
    "returns",
    "spend_per_day",
    "standing",
]

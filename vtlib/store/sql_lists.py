"""SQL files name lists of core/models.py: a new metric or platform changes no SQL.

In views, checks, queries and comments (never in migrations):

- `{{platforms}}` becomes `'instagram', 'tiktok', …`; every name of LISTS can stand there;
- `{{platforms in words}}` becomes `instagram, tiktok, … or pinterest`, for comments;
- `{{each metric: s.<metric>, s.<metric>_state}}` is repeated for every metric, with commas between,
  or as statements where it ends in `;`. Also `each reach metric`, `each rate metric`. `<meaning>`
  is the metric's.

Own code and not Jinja: every command reads these files, and importing Jinja alone takes 0.3 s of
CPU.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vtlib.core import models

LISTS: Mapping[str, Sequence[str]] = {
    "metrics": models.METRICS,
    "reach metrics": models.REACH_METRICS,
    "rate metrics": models.RATE_METRICS,
    "platforms": models.PLATFORMS,
    "formats": models.FORMATS,
    "states": models.STATES,
    "tiers": models.TIERS,
    "breakout tiers": models.BREAKOUT_TIERS,
    "alert kinds": models.ALERT_KINDS,
    "message states": models.MESSAGE_STATES,
}
_LIST = re.compile(r"\{\{([a-z ]+?)( in words)?\}\}")
_EACH = re.compile(r"\{\{each ([a-z ]+):\s*(.*?)\s*\}\}", re.DOTALL)


def read_sql(path: Path) -> str:
    """The SQL of a file, lists filled in. Raises KeyError for an unknown list."""
    return fill_lists(path.read_text(encoding="utf-8"))


def fill_lists(sql: str) -> str:
    """`sql` with its lists filled in. Raises KeyError when it names a list that is not there."""
    sql = _LIST.sub(lambda m: models.in_words(LISTS[m[1]]) if m[2] else quoted(LISTS[m[1]]), sql)
    return _EACH.sub(lambda m: _repeated(m[2], LISTS[f"{m[1]}s"]), sql)


def quoted(names: Sequence[str]) -> str:
    """`'a', 'b', 'c'`, as SQL lists texts."""
    return ", ".join("'" + name.replace("'", "''") + "'" for name in names)


def _repeated(text: str, metrics: Sequence[str]) -> str:
    """`text` once a metric, with `<metric>` and `<meaning>` filled in."""
    meaning = {name: models.METRIC_MEANINGS[name].replace("'", "''") for name in metrics}
    parts = (text.replace("<metric>", m).replace("<meaning>", meaning[m]) for m in metrics)
    return ("\n" if text.endswith(";") else ", ").join(parts)

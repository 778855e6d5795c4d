"""Which judged posts `vt analyze outliers` lists, and how they stand on a terminal and in CSV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli.base import table
from vtlib.core.models import BREAKOUT_TIERS, VIDEO_FORMATS

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.outliers.trials import Standing
    from vtlib.store.project import Project

SHOWN = ("tier", "x level", "80 % interval", "views", "creator", "caption", "link", "notes")
_CAPTION = 40


@dataclass(frozen=True, slots=True)
class Filters:
    """Which posts are listed: `tiers` empty = breakout and extreme; `is_since_last`: whose tier
    is new since the judgement before; `limit` on a terminal (None: 25).
    """

    tiers: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    is_since_last: bool = False
    limit: int | None = None


def listed(
    project: Project, run: dict[str, object], standing: Standing | None, filters: Filters
) -> pd.DataFrame:
    """The scores of a stored run with creator, caption and link that `filters` let through, sure
    and large first.
    """
    scores = project.frame("outliers_of_run", outlier_run=run["outlier_run_id"])
    scores = scores[scores["tier"].isin(filters.tiers or BREAKOUT_TIERS)]
    if filters.platforms:
        scores = scores[scores["platform"].isin(filters.platforms)]
    if filters.is_since_last and standing is not None:
        before = project.frame("outliers_of_run", outlier_run=standing.outlier_run_id)
        tiers = before.set_index("post_id")["tier"]
        scores = scores[scores["tier"].ne(scores["post_id"].map(tiers))]
    return project.shown(scores.reset_index(drop=True), ours=("reason", "look", "notes"))


def lines(scores: pd.DataFrame, filters: Filters) -> list[str]:
    """Tables for people: videos first, then what is no video; a last line counts what is left
    out.
    """
    limit = filters.limit or 25
    is_video = scores["format"].isin(VIDEO_FORMATS)
    empty = "no breakouts" if not filters.tiers else "no such posts"
    if filters.is_since_last:
        empty += " that are new since the judgement before"
    parts = [table(_columns(scores[is_video]).head(limit), empty=empty)]
    if not is_video.all():
        parts += [
            "",
            "Photos, carousels and text posts:",
            table(_columns(scores[~is_video]).head(limit)),
        ]
    hidden = sum(max(int(n) - limit, 0) for n in (is_video.sum(), (~is_video).sum()))
    return [
        *parts,
        *([f"and {hidden:,} more: --limit {limit + hidden}, or --csv FILE"] if hidden else []),
    ]


def write_csv(scores: pd.DataFrame, target: str, limit: int | None) -> str:
    """CSV that a spreadsheet opens safely, to a file or, for `-`, as the text that is returned."""
    from vtlib.tables.csv_safe import to_csv_safe

    text = to_csv_safe(scores.head(limit) if limit else scores)
    if target == "-":
        return text.rstrip("\n")
    path = Path(target)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}", param_hint="--csv") from None
    return f"{len(scores):,} posts in {path}"


def _columns(scores: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    ends = zip(scores["multiplier_low"], scores["multiplier_high"], strict=True)
    frame = pd.DataFrame(
        {
            "tier": scores["tier"],
            "x level": scores["multiplier"],
            "80 % interval": [
                None if pd.isna(low) or pd.isna(high) else f"{low:,.3g} to {high:,.3g}"
                for low, high in ends
            ],
            "views": [None if pd.isna(v) else f"{int(v):,}" for v in scores["value"]],
            "creator": _text(scores, "handle", "creator").map(
                lambda h: f"@{h}" if h and " " not in h else h
            ),
            "caption": _text(scores, "caption", "title").map(_short),
            "link": _text(scores, "url", "post"),
            "notes": _text(scores, "notes").map(_short),
        },
        columns=list(SHOWN),
    )
    return frame.dropna(axis="columns", how="all") if len(frame) else frame


def _text(scores: pd.DataFrame, *names: str) -> pd.Series:
    """The first of the columns that is there and known, row by row; None where none is."""
    import pandas as pd

    text = pd.Series([None] * len(scores), index=scores.index, dtype=object)
    for name in names:
        if name in scores:
            text = text.where(text.notna(), scores[name].astype(object))
    return text.where(text.notna(), None)


def _short(text: str | None) -> str | None:
    line = " ".join(str(text).split()) if text else ""
    return (line if len(line) <= _CAPTION else line[: _CAPTION - 1] + "…") or None

"""Plan and draw the videos to measure or to analyse next, with what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.membership import is_in
from vtlib.media import store
from vtlib.performance import stage as performance
from vtlib.performance import video_sample
from vtlib.performance.patterns import Feature, measured_features
from vtlib.store.project import Project

UNKNOWN = "not known yet"
OPTIONAL = ("speech", "text", "faces")  # parts of measuring that media.parts names


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """`patterns`: performance/video_sample.PLAN_COLUMNS; `measure`, `ask`: videos still to be
    measured, to be asked about (those the most demanding pattern of each kind needs, or as many
    as were asked for); `drawn`: posts drawn and not measured yet; `available`: breakouts and
    ordinary posts with videos not held yet; `rates`: film_rates, a row.
    """

    patterns: pd.DataFrame
    measure: int
    ask: int
    n_drawn: int
    available: dict[str, int]
    rates: dict[str, Any]
    size: int

    @property
    def words(self) -> list[str]:
        """What is needed and what it takes, in sentences."""
        rates = self.rates
        size = _times(rates["bytes"], self.measure, lambda v: f"{v / 1e6:,.0f} MB")
        took = _times(rates["measure_s"], self.measure, _duration)
        price = _times(rates["ask_usd"], self.ask, lambda v: f"${v:,.2f}")
        wait = _times(rates["ask_s"], self.ask, _duration)
        have = self.available
        return [
            (
                f"To measure: {number(self.measure, 'video')} more; to download {size} "
                f"(mean of {rates['n_bytes']:,} here), to measure {took} (mean of "
                f"{rates['n_measure']:,}), no money."
            ),
            (
                f"To ask a model about: {number(self.ask, 'video')} more; {price} (mean of "
                f"{rates['n_usd']:,} answers with a price), {wait} one after the other (mean "
                f"of {rates['n_ask']:,})."
            ),
            (
                f"At hand and not measured: {number(have['breakout'], 'breakout')} and "
                f"{number(have['ordinary'], 'ordinary post')} with a video; {self.n_drawn:,} more "
                "are drawn and wait for vt process videos."
            ),
        ]


def plan(project: Project, *, effect: float = 1.5, films: int | None = None) -> SamplePlan:
    """What patterns of videos need to be tested, at an effect of `effect` (a ratio of views);
    nothing is asked or drawn.

    `films`: so many measured videos in all, whatever patterns need. An empty plan without judged
    posts.
    """
    inputs, knowledge = performance.knowledge(project)
    posts = video_sample.film_posts(inputs.posts)
    features = _film_features(inputs.features)
    table = video_sample.film_plan(posts, inputs.values, features, knowledge.library, effect=effect)
    table = _without_parts(table, features, project.params.media.parts)
    films_state = project.frame("film_held")
    counts = _unavailable_rows(films_state)
    rest = posts[~is_in(posts["post_id"], counts["post_id"])]
    n_measured = int(
        is_in(posts["post_id"], films_state.loc[films_state["is_measured"], "post_id"]).sum()
    )
    more = {k: _most(table[table["kind"].eq(k)]) for k in ("measured", "model")}
    measure = more["measured"] if films is None else max(0, films - n_measured)
    return SamplePlan(
        table,
        measure,
        more["model"] if films is None else max(0, films - _n_known(table, "model")),
        int(
            (films_state["is_drawn"] & ~films_state["is_measured"] & ~films_state["is_lost"]).sum()
        ),
        {
            "breakout": int(rest["is_hit"].sum()),
            "ordinary": int((~rest["is_hit"]).sum()),
        },
        {str(k): v for k, v in project.frame("film_rates").iloc[0].to_dict().items()},
        n_measured + measure,
    )


def draw(project: Project, size: int) -> int:
    """Draw videos until `size` in all are measured or drawn, and keep the draw; how many are new.

    The same again draws nothing; a larger `size` adds to what was drawn. vt process videos then
    fetches and measures them.
    """
    if not size:
        return 0
    films = video_sample.film_posts(project.frame("performance_posts"))
    films_state = project.frame("film_held")
    counts = _unavailable_rows(films_state)
    unavailable = counts.loc[counts["is_lost"] & ~counts["is_measured"], "post_id"]
    # What cannot be had stands for nothing: it is left out of both the count and the draw.
    rows = video_sample.draw(
        films[~films["post_id"].isin(unavailable)],
        size,
        previous_ids=list(counts["post_id"]),
        seed=project.slug,
    )
    store.save_film_sample(
        project.store, project.slug, rows, rule=video_sample.RULE, at=project.workspace.now()
    )
    return len(rows)


def _unavailable_rows(films_state: pd.DataFrame) -> pd.DataFrame:
    """Rows of film_held that are measured, drawn or cannot be had."""
    return films_state[
        films_state["is_measured"] | films_state["is_drawn"] | films_state["is_lost"]
    ]


def _without_parts(
    table: pd.DataFrame, features: Sequence[Feature], parts: Sequence[str]
) -> pd.DataFrame:
    """Patterns of a part that is not measured need no videos: they need the part."""
    off = {f.name: f.source for f in features if f.source in OPTIONAL and f.source not in parts}
    is_off = table["pattern"].isin(list(off))
    reason = table["pattern"].map(off)
    table.loc[is_off, "reason"] = "media.parts leaves out " + reason[is_off].astype(str)
    table.loc[is_off, ["films_needed", "films_more"]] = pd.NA
    return table


def _film_features(features: Sequence[Feature]) -> list[Feature]:
    names = {f.name for f in measured_features(pd.DataFrame(columns=_MEASURES))[1]}
    return [f for f in features if f.name in names or f.kind == "model"]


_MEASURES = ["post_id", "duration_s", "cuts_s", "windows"]


def _most(rows: pd.DataFrame) -> int:
    """The videos that the most demanding pattern needs that can be had with 1,000 at all."""
    counts = rows["films_more"].dropna()
    return int(counts.max()) if len(counts) else 0


def _n_known(table: pd.DataFrame, kind: str) -> int:
    counts = table.loc[table["kind"].eq(kind), "films_known"]
    return int(counts.max()) if len(counts) else 0


def _times(rate: Any, count: int, show: Any) -> str:
    return UNKNOWN if rate is None or pd.isna(rate) else str(show(float(rate) * count))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

"""Input of the pages, filled by `run/`; nothing here reads a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from vtlib.core.models import BREAKOUT_TIERS
from vtlib.media.timeline import Scene
from vtlib.report.insight.actions import Action
from vtlib.report.insight.facts import Facts
from vtlib.tables import HtmlTable

Profile = Literal["analyst", "client"]
Naming = Literal["named", "pseudonyms"]
Link = tuple[str, str]  # text, relative address


@dataclass(frozen=True)
class Page:
    """Title, navigation and provenance around a page's content.

    `nav`: (text, relative address) of the run's other pages, in order; the page's own has the
    address "". `provenance`: label -> value (text, number, list or mapping), shown in the footer in
    this order: code version, params, data counts, model and prompt versions, spend, run id, time.
    `root` leads from the page to its run's folder, where the glossary is; None = it is of no run.
    `secrets` are masked wherever they stand in the notebook. `creators`: how they stand on it; with
    pseudonyms a page takes results, charts and tables from a notebook, no pictures, streams or
    messages of errors. None = as the profile asks for.
    """

    title: str
    profile: Profile = "analyst"
    creators: Naming | None = None
    is_simulated: bool = False
    nav: tuple[Link, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    root: str | None = None

    @property
    def names_creators(self) -> bool:
        """Whether creators are named on it."""
        return (self.creators or ("pseudonyms" if self.profile == "client" else "named")) == "named"


@dataclass(frozen=True)
class StageLink:
    """A stage of the run; `href` "" = no page, `status`: ok, skipped or failed."""

    stage: str
    title: str
    href: str
    status: str
    reason: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Drawer:
    """A sentence with the table behind it, folded; `n` rows in all; `facts` as a Finding's."""

    text: str
    table: HtmlTable | None = None
    n: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PageSection:
    """A section of a page: sentences, drawers, a table, a chart."""

    title: str
    sentences: tuple[str, ...] = ()
    table: HtmlTable | None = None
    chart: Any = None
    drawers: tuple[Drawer, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True)
class VideoClaim:
    """Why a video may have worked, as a model says; `held`: supported, drifted, unsupported,
    not_checked or "" (not compared with the file).
    """

    text: str
    held: str = ""


@dataclass(frozen=True)
class VideoView:
    """A video as the reader may see it; texts are "" where nothing is known or may be shown.

    `facts`: a row of query outliers. `frames`: (time in s, small JPEG). `measures`: a row of
    `measures`. `numbers`: its snapshots (query video_numbers). `account`: posted_at, value, tier of
    its account's posts of that format. `scripts`: rows of query insight_scripts modelled on it, or
    that became it, with `actual`, `predicted` where there is a verdict. `ordinary`: post id of the
    ordinary post beside it, "" = none. `preview`: a short MP4. `link`: a signed address of the
    file in S3, and until when it opens.
    """

    post_id: str
    href: str
    role: str
    facts: Mapping[str, Any]
    words: str = ""
    hook_types: tuple[str, ...] = ()
    reasons: tuple[VideoClaim, ...] = ()
    frames: tuple[tuple[float, bytes], ...] = ()
    measures: Mapping[str, Any] | None = None
    scenes: tuple[Scene, ...] = ()
    numbers: pd.DataFrame = field(default_factory=pd.DataFrame)
    account: pd.DataFrame = field(default_factory=pd.DataFrame)
    scripts: tuple[Mapping[str, Any], ...] = ()
    ordinary: str = ""
    preview: bytes | None = None
    link: tuple[str, str] = ("", "")

    @property
    def is_breakout(self) -> bool:
        return self.facts.get("tier") in BREAKOUT_TIERS


def _frame() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True)
class IndexFacts:
    """All that the index of a run shows; frames may be empty.

    `scores`: outlier_scores of the run joined with posts and accounts, at least every post of tier
    breakout or extreme: post_id, account_id, handle, platform, format, posted_at, captured_at,
    value, metric, multiplier, multiplier_low, multiplier_high, tier, caption, url. `outlier_run`:
    the row of outlier_runs (method, n_scored, n_not_scored, expected_false_alarms, n_watch,
    n_breakout, n_extreme) or empty. `places`: platform, accounts, posts, first_posted_at,
    last_posted_at, captures, first_captured_at, last_captured_at, one row a platform. `problems`:
    stage, kind, n, reason (an example), counted. `spend`: priced lines of money (llm/bill.py); None
    = not for this reader. `videos`: those looked at, the cards of the index first; `actions`: what
    to do next. `insight`: what the answers beyond the breakouts are made of. For a
    client, frames come through `pseudonyms` first.
    """

    page: Page
    scores: pd.DataFrame = field(default_factory=_frame)
    outlier_run: Mapping[str, Any] = field(default_factory=dict)
    places: pd.DataFrame = field(default_factory=_frame)
    problems: pd.DataFrame = field(default_factory=_frame)
    spend: pd.DataFrame | None = field(default_factory=_frame)
    stages: tuple[StageLink, ...] = ()
    sections: tuple[PageSection, ...] = ()
    insight: Facts = field(default_factory=Facts)
    videos: tuple[VideoView, ...] = ()
    actions: tuple[Action, ...] = ()
    top: int = 10

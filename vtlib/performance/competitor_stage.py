"""Own accounts against competitors, and the same video on several platforms."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pandas as pd

from vtlib.performance import competitors as stage
from vtlib.performance import creatives
from vtlib.performance.competitors import CompetitorComparison
from vtlib.performance.history import with_rates
from vtlib.performance.patterns import analysed_features
from vtlib.store.project import Project, one_session


@one_session
def comparison(project: Project) -> CompetitorComparison:
    """The comparison over `insight.days` as its reader may see it; the numbers are the same.

    With pseudonyms hashtags are left out of the mix: strangers wrote them.
    """
    posts = with_rates(project.frame("performance_posts"))
    comparison = stage.compare(
        posts,
        _hooks(project),
        days=project.params.insight.days,
        interval=project.params.outliers.interval,
    )
    mix = comparison.mix
    if not project.names_creators and len(mix):
        mix = mix[mix["of"].ne("hashtag")].reset_index(drop=True)
    return replace(
        comparison,
        accounts=project.visible(comparison.accounts, ours=("formats",)),
        platforms=_platforms(project, comparison.platforms),
        mix=project.visible(mix, ours=("of", "name")),
    )


@one_session
def films(project: Project) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(posts, pairs) of videos that stand on several platforms."""
    posts = project.frame("creatives_across")
    pairs = creatives.across(posts, interval=project.params.outliers.interval)
    return project.visible(posts, ours=("reason",)), pairs


def _platforms(project: Project, platforms: pd.DataFrame) -> pd.DataFrame:
    """The table of platforms, a stranger's post in it under its code."""
    names = platforms[["top_post", "top_account"]].dropna()
    names = names.rename(columns={"top_post": "post_id", "top_account": "account_id"})
    public = project.visible(names).reindex(platforms.index)
    return platforms.assign(top_post=public["post_id"], top_account=public["account_id"])


def _hooks(project: Project) -> pd.DataFrame:
    analyses = project.frame("performance_analyses")
    read = [orjson.loads(v) if isinstance(v, str) else v for v in analyses["answer"]]
    values, _ = analysed_features(analyses.assign(answer=pd.Series(read, dtype=object)))
    return values

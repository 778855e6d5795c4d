"""The index of a run: what broke out, what to do next, what was learnt and what it cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib import tables
from vtlib.core import log
from vtlib.core.language import clip, marked, say
from vtlib.report import answers, assembly, posters
from vtlib.report.facts import IndexFacts
from vtlib.report.insight.next_steps import next_steps
from vtlib.report.sections import drawer, section_content

CARDS = 6  # breakouts shown as cards, whatever the size of the project
# The order of importance: a phone shows the first few.
_COLUMNS = marked(
    {
        "picture": "picture",
        "words": "caption",
        "multiplier": "× level",
        "value": "views",
        "creator": "creator",
        "interval": "80 % interval",
        "tier": "tier",
        "posted_at": "posted",
        "platform": "platform",
        "format": "format",
        "notes": "to know",
    }
)
CAPTION_CHARS = 60  # of a caption in the list
_FORMATS = {"posted_at": "date", "value": "int"}


def write_index(folder: Path, *, facts: IndexFacts) -> Path:
    """Write `folder`/index.html for a run and return its path.

    What is missing is said in words; keys in reasons and provenance are masked. Stages, problems
    and the like are on a page of their own (run_page). A client has no use for our commands, nor
    for what of our set-up was missing.
    """
    is_client = facts.page.profile == "client"
    redact = log.redactor(facts.page.secrets)
    posts = answers.breakouts(facts.scores)
    sections = [section_content(section) for section in facts.sections]
    has_charts = any(s["chart"] for s in sections)
    content = {
        **assembly.shell(facts.page, with_charts=has_charts, is_folded=True),
        "lead": answers.lead(posts, facts.outlier_run),
        "lead_facts": answers.lead_facts(posts, facts.outlier_run),
        "posters": _posters(facts, len(posts)),
        "breakouts": _table(posts, facts) if len(posts) else None,
        "no_breakouts": answers.no_breakouts(facts.outlier_run),
        "more": _more(len(posts), facts.top),
        "outliers": next((s.href for s in facts.stages if s.stage == "outliers"), ""),
        "actions": [replace(a, command="") if is_client else a for a in facts.actions],
        "advice": advice_drawers(facts),
        "outcomes": answers.outcomes(facts.insight, spend=facts.spend),
        "cards": answers.cards(facts, posts),
        "sections": sections,
        "run": redact(_run_line(facts)),
        "is_client": is_client,
    }
    return assembly.write_page(folder / "index.html", "index.html.j2", content)


def _posters(facts: IndexFacts, n_breakouts: int) -> list[posters.Poster]:
    is_bounded = posters.is_bounded(facts.outlier_run, n_breakouts)
    first = [v for v in facts.videos if v.is_breakout][:CARDS]
    return [posters.poster(view, is_bounded=is_bounded) for view in first]


def advice_drawers(facts: IndexFacts) -> dict[str, Any]:
    """All advice with its rows, or what is missing before anything can be advised."""
    chapter = next_steps(facts.insight)
    if facts.insight.advice.empty:
        return {"sentences": [f.sentence for f in chapter.findings], "drawers": []}
    drawers = [drawer(finding) for finding in chapter.findings if finding.source]
    return {"sentences": [chapter.findings[-1].sentence], "drawers": drawers[: facts.top]}


def _run_line(facts: IndexFacts) -> str:
    """What of the run was skipped or failed; its page has the rest."""
    return "; ".join(answers.skipped(facts).points) or say("every stage ended well")


def _table(posts: pd.DataFrame, facts: IndexFacts) -> tables.HtmlTable:
    """The list of breakouts; a creator's name leads to the post where its address may be shown."""
    ends = zip(posts["multiplier_low"], posts["multiplier_high"], strict=True)
    frames = {v.post_id: v.frames[0][1] for v in facts.videos if v.frames}
    pictures = [frames.get(str(post)) for post in posts["post_id"]]
    captions = posts["caption"] if "caption" in posts else [""] * len(posts)
    cells = posts.assign(
        picture=pd.Series(pictures, index=posts.index, dtype=object),
        words=[clip(str(text or ""), CAPTION_CHARS) for text in captions],
        creator=answers.creators(posts),
        interval=[answers.interval(*pair) for pair in ends],
    )
    columns = {name: head for name, head in _COLUMNS.items() if name in cells}
    if set(cells.get("metric", ["views"])) - {"views"}:
        columns["value"] = "views / reactions"
    table = tables.show(
        cells, source="outlier_scores", columns=columns, formats=_FORMATS, max_rows=facts.top
    )
    urls = cells["url"].head(facts.top) if "url" in cells else [None] * len(table.rows)
    at = list(columns).index("creator")
    rows = [
        tuple(
            replace(cell, kind="text", href=tables.cell(url, "link").href) if n == at else cell
            for n, cell in enumerate(row)
        )
        for row, url in zip(table.rows, urls, strict=True)
    ]
    return replace(table, rows=tuple(rows))


def _more(n_posts: int, top: int) -> str:
    if n_posts <= top:
        return (
            say("Sorted by the lower end of the interval: sure and large first.") if n_posts else ""
        )
    return say(
        "The surest {top} of {n_posts:,}, by the lower end of the interval; the outliers page has "
        "all.",
        top=top,
        n_posts=n_posts,
    )

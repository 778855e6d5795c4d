"""The index of a run: the answers on one screen, the stages, and where all of it comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib import charts, tables
from vtlib.core import log
from vtlib.core.whole_files import write_whole
from vtlib.report import answers, assembly
from vtlib.report.facts import IndexFacts, PageSection
from vtlib.report.insight.next_steps import NOTE, next_steps
from vtlib.report.sections import drawer, environment, section_content

# The order of importance: a phone shows the first few.
_COLUMNS = {
    "creator": "creator",
    "multiplier": "× level",
    "interval": "80 % interval",
    "tier": "tier",
    "value": "views",
    "posted_at": "posted",
    "platform": "platform",
    "format": "format",
    "notes": "to know",
}
_FORMATS = {"posted_at": "date", "value": "int"}


def write_index(folder: Path, *, facts: IndexFacts) -> Path:
    """Write `folder`/index.html for a run and return its path.

    What is missing is said in words; keys in reasons and provenance are masked.
    """
    redact = log.redactor(facts.page.secrets)
    facts = _mask(facts, redact)
    posts = answers.breakouts(facts.scores)
    chart = _chart(posts)
    sections = [section_content(section) for section in facts.sections]
    has_charts = bool(chart or any(s["chart"] for s in sections))
    content = {
        **assembly.shell(facts.page, with_charts=has_charts),
        "lead": answers.lead(posts, facts.outlier_run),
        "breakouts": _table(posts, facts.top) if len(posts) else None,
        "no_breakouts": answers.no_breakouts(facts.outlier_run),
        "more": _more(len(posts), facts.top),
        "cards": answers.cards(facts, posts),
        "outcomes": answers.outcomes(facts.insight, spend=facts.spend),
        "chart": chart,
        "sections": sections,
        "stages": facts.stages,
        "next": section_content(_next_steps(facts)),
        "problems": _problems(facts.problems) if len(facts.problems) else None,
    }
    body = environment().get_template("index.html.j2").render(resources={"vt": content})
    path = folder / "index.html"
    write_whole(path, body)
    return path


def _next_steps(facts: IndexFacts) -> PageSection:
    """The last word of the page: what to shoot, repeat, stop and test, or what is missing before
    that can be said.
    """
    chapter = next_steps(facts.insight)
    if facts.insight.advice.empty:
        return PageSection(
            chapter.title, tuple(f.sentence for f in chapter.findings), id=chapter.id
        )
    drawers = [drawer(finding) for finding in chapter.findings if finding.source]
    return PageSection(chapter.title, (NOTE,), drawers=tuple(drawers[: facts.top]), id=chapter.id)


def _mask(facts: IndexFacts, redact: Any) -> IndexFacts:
    """Reasons come from errors, and errors may quote an address with its key."""
    stages = tuple(replace(stage, reason=redact(stage.reason)) for stage in facts.stages)
    problems = facts.problems.map(lambda v: redact(v) if isinstance(v, str) else v)
    return replace(facts, stages=stages, problems=problems)


def _table(posts: pd.DataFrame, top: int) -> tables.HtmlTable:
    """The list of breakouts; a creator's name leads to the post where its address may be shown."""
    ends = zip(posts["multiplier_low"], posts["multiplier_high"], strict=True)
    cells = posts.assign(
        creator=answers.creators(posts), interval=[answers.interval(*pair) for pair in ends]
    )
    columns = {name: head for name, head in _COLUMNS.items() if name in cells}
    if set(cells.get("metric", ["views"])) - {"views"}:
        columns["value"] = "views / reactions"
    table = tables.show(
        cells, source="outlier_scores", columns=columns, formats=_FORMATS, max_rows=top
    )
    urls = cells["url"].head(top) if "url" in cells else [None] * len(table.rows)
    rows = [
        (replace(row[0], kind="text", href=tables.cell(url, "link").href), *row[1:])
        for row, url in zip(table.rows, urls, strict=True)
    ]
    return replace(table, rows=tuple(rows))


def _more(n_posts: int, top: int) -> str:
    if n_posts <= top:
        return "Sorted by the lower end of the interval: sure and large first." if n_posts else ""
    return (
        f"The surest {top} of {n_posts:,}, by the lower end of the interval; the outliers page "
        "has all."
    )


def _chart(posts: pd.DataFrame) -> assembly.Chart | None:
    if posts.empty:
        return None
    return assembly.chart(charts.multipliers(posts, limit=15).to_dict())


def _problems(problems: pd.DataFrame) -> tables.HtmlTable:
    columns = {"stage": "stage", "kind": "kind", "n": "items", "reason": "reason (an example)"}
    heads = {k: v for k, v in columns.items() if k in problems}
    return tables.show(problems, source="problems", columns=heads, max_rows=20)

"""A page of sections under a headline; the insight page is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vtlib import tables
from vtlib.core import log
from vtlib.core.language import say
from vtlib.report import assembly
from vtlib.report.facts import Drawer, Page, PageSection
from vtlib.report.insight import Chapter, Finding


def write_sections(
    path: Path, *, page: Page, lead: str, sections: Sequence[PageSection], in_columns: bool = False
) -> Path:
    """Write `sections` as the self-contained page `path` and return it.

    The page's secrets are masked in the sentence and the provenance; what sections hold must be
    masked before. `in_columns` sets short ones side by side where there is room. The file is
    written whole or not at all.
    """
    redact = log.redactor(page.secrets)
    parts = [section_content(section) for section in sections]
    content = {
        **assembly.shell(page, with_charts=any(s["chart"] for s in parts)),
        "lead": redact(lead),
        "sections": parts,
        "in_columns": in_columns,
    }
    return assembly.write_page(path, "sections.html.j2", content)


def section_content(section: PageSection) -> dict[str, Any]:
    """A section as templates expect it."""
    chart = assembly.chart(section.chart.to_dict()) if section.chart is not None else None
    content = {"id": section.id, "title": section.title, "sentences": section.sentences}
    return {**content, "drawers": section.drawers, "table": section.table, "chart": chart}


MAX_ROWS = 50  # a drawer is for looking, the database for working


def write_insight(path: Path, chapters: Sequence[Chapter], *, page: Page) -> Path:
    """Write the chapters as the self-contained page `path` and return it."""
    sections = [
        PageSection(c.title, drawers=tuple(map(drawer, c.findings)), chart=c.chart, id=c.id)
        for c in chapters
    ]
    return write_sections(path, page=page, lead=lead(chapters), sections=sections, in_columns=True)


def drawer(finding: Finding) -> Drawer:
    """A sentence with its rows as a table; columns that the rows lack are left out."""
    columns = {k: v for k, v in finding.columns.items() if k in finding.rows}
    if not columns or finding.rows.empty:
        return Drawer(finding.sentence, facts=finding.facts)
    table = tables.show(
        finding.rows, source=finding.source, columns=columns, max_rows=MAX_ROWS, formats=_FORMATS
    )
    return Drawer(finding.sentence, table, len(finding.rows), finding.facts)


def lead(chapters: Sequence[Chapter]) -> str:
    """Headline: the first sentence on successes and on failures."""
    by_id = {c.id: c for c in chapters}
    parts = [by_id[name].findings[0].sentence for name in ("worked", "failed") if name in by_id]
    return " ".join(parts) or say("Nothing is known yet.")


_FORMATS = {
    **dict.fromkeys(("ratio", "ratio_low", "ratio_high", "half_life_days"), ",.2f"),
    **dict.fromkeys(("percentile", "percentile_low", "percentile_high"), ".0f"),
    **dict.fromkeys(("per_week", "per_week_low", "per_week_high", "hours"), ",.1f"),
    **dict.fromkeys(("actual", "predicted", "predicted_low", "predicted_high"), "int"),
    **dict.fromkeys(("incremental_views", "low", "high", "by_luck"), "int"),
    **dict.fromkeys(("without", "without_low", "without_high"), "int"),
    **dict.fromkeys(("cost_per_thousand_without", "net_without"), ",.2f"),
    **dict.fromkeys(("top_share", "engagement_share_without"), ".0%"),
    **dict.fromkeys(("engagement_share", "engagement_low", "engagement_high"), ".0%"),
    **dict.fromkeys(("cost", "cost_per_thousand", "cost_low", "cost_high", "amount"), ",.2f"),
    **dict.fromkeys(("net", "net_low", "net_high"), ",.2f"),
    **dict.fromkeys(("breakout_share", "breakout_low", "breakout_high"), ".1%"),
    **dict.fromkeys(("own", "own_low", "own_high", "engagement_rate"), ".1%"),
    **dict.fromkeys(("competitor", "competitor_low", "competitor_high"), ".1%"),
    "difference_pct": "pct",
    "p_any_time": "p",
    "posted_at": "date",
    "multiplier_before": "multiplier",
    "p_value": "p",
    "q_value": "p",
}

"""A page that is sections under one leading sentence; and how a section is made ready, for the
index too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from vtlib.core import log
from vtlib.report import assembly
from vtlib.report.facts import Page, PageSection
from vtlib.report.pages import write_whole


def write_sections(
    path: Path, *, page: Page, lead: str, sections: Sequence[PageSection], in_columns: bool = False
) -> Path:
    """Write `sections` as the self-contained page `path` and return it.

    The page's secrets are masked in the sentence and the provenance; what sections hold must be
    masked before. `in_columns` sets short ones side by side where there is room. The file is
    written whole or not at all.
    """
    redact = log.redactor(page.secrets)
    drawn = [drawn_section(section) for section in sections]
    known = {
        **assembly.shell(page, with_charts=any(s["chart"] for s in drawn)),
        "lead": redact(lead),
        "sections": drawn,
        "in_columns": in_columns,
    }
    body = environment().get_template("sections.html.j2").render(resources={"vt": known})
    write_whole(path, body)
    return path


def environment() -> jinja2.Environment:
    """Where templates are found; everything is escaped that is not ours, and a missing name is
    an error.
    """
    loader = jinja2.FileSystemLoader(assembly.TEMPLATES)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)


def drawn_section(section: PageSection) -> dict[str, Any]:
    """A section as templates take it."""
    drawn = assembly.chart(section.chart.to_dict()) if section.chart is not None else None
    said = {"id": section.id, "title": section.title, "sentences": section.sentences}
    return {**said, "drawers": section.drawers, "table": section.table, "chart": drawn}

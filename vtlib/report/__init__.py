"""Pages to hand on: one self-contained HTML a stage, and the index of a run. No request leaves a page."""

from vtlib.report.facts import Drawer, IndexFacts, Page, Section, StageLink
from vtlib.report.index import write_index
from vtlib.report.insight_page import write_insight
from vtlib.report.pages import render_stage
from vtlib.report.sections import write_sections

__all__ = [
    "Drawer",
    "IndexFacts",
    "Page",
    "Section",
    "StageLink",
    "render_stage",
    "write_index",
    "write_insight",
    "write_sections",
]

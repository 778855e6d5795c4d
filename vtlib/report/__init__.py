"""Reports: pages that open anywhere, what changed since the last, and what to do next.

For: the pages of `vt run`, `vt report`, `vt advice`, `vt overview`.
Owns: YAML sections `report` and `insight`; the templates in `template/`; tables shared_reports,
report_reviews, report_comments.
Entry points: `render_stage`, `write_index`, `write_insight`; `advice`, `history` (what changed),
`projects` (all at once), `reviews` (what clients answer).
Files: `insight/` turns frames into sentences (pure); `assembly` puts a page together; the others
are a page or a part each. No request leaves a page.
"""

from vtlib.report.facts import Drawer, IndexFacts, Page, PageSection, StageLink
from vtlib.report.index import write_index
from vtlib.report.pages import render_stage
from vtlib.report.sections import write_insight, write_sections

__all__ = [
    "Drawer",
    "IndexFacts",
    "Page",
    "PageSection",
    "StageLink",
    "render_stage",
    "write_index",
    "write_insight",
    "write_sections",
]

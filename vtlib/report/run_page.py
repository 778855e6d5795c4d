"""What stands behind the pages: how the run went (stages, seconds, problems), and the glossary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib import tables
from vtlib.core import log
from vtlib.core.language import marked, say
from vtlib.report import answers, assembly
from vtlib.report.facts import IndexFacts, Page
from vtlib.report.glossary import terms

_COLUMNS = marked({"stage": "stage", "kind": "kind", "n": "items", "reason": "reason (an example)"})


def write_run(path: Path, *, facts: IndexFacts, page: Page) -> Path:
    """Write the stages and problems of a run as the self-contained page `path`; returns it.

    `page` is the page's own, one folder below those that `facts.stages` name. Keys in reasons are
    masked.
    """
    facts = _mask(facts, log.redactor(page.secrets))
    skipped = answers.skipped(facts)
    content = {
        **assembly.shell(page, with_charts=False),
        "lead": skipped.figure or ". ".join(skipped.points) + ".",
        "stages": facts.stages,
        "seconds": sum(stage.seconds or 0 for stage in facts.stages),
        "problems": _problems(facts.problems) if len(facts.problems) else None,
    }
    return assembly.write_page(path, "run.html.j2", content)


def write_glossary(path: Path, *, page: Page) -> Path:
    """Write what the words mean as the self-contained page `path`; returns it."""
    content = {
        **assembly.shell(page, with_charts=False, is_folded=True),
        "lead": say(
            "The words of these pages, in plain terms; the statistics are one click behind."
        ),
        "terms": terms(),
    }
    return assembly.write_page(path, "glossary.html.j2", content)


def _mask(facts: IndexFacts, redact: Any) -> IndexFacts:
    """Reasons come from errors, and errors may quote an address with its key."""
    stages = tuple(replace(stage, reason=redact(stage.reason)) for stage in facts.stages)
    problems = facts.problems.map(lambda v: redact(v) if isinstance(v, str) else v)
    return replace(facts, stages=stages, problems=problems)


def _problems(problems: pd.DataFrame) -> tables.HtmlTable:
    heads = {k: v for k, v in _COLUMNS.items() if k in problems}
    return tables.show(problems, source="problems", columns=heads, max_rows=20)

"""What the words of the pages mean, each with an address that pages link to."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from markupsafe import Markup, escape

from vtlib.report import assembly
from vtlib.report.facts import Page

_BY_WORD = {
    "times its usual": "times",
    "breakout": "breakout",
    "breakouts": "breakout",
    "broke out": "breakout",
    "by chance": "chance",
    "agree with the file": "agrees",
    "matured": "matured",
    "patterns tested": "pattern",
    "interval": "interval",
}


@cache
def terms() -> dict[str, dict[str, str]]:
    """Address -> name, meaning, and (not of all) statistics."""
    text = (Path(__file__).parent / "glossary.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def write_glossary(path: Path, *, page: Page) -> Path:
    """Write the terms as the self-contained page `path`; returns it."""
    content = {
        **assembly.shell(page, with_charts=False, is_folded=True),
        "lead": "The words of these pages, in plain terms; the statistics are one click behind.",
        "terms": terms(),
    }
    return assembly.write_page(path, "glossary.html.j2", content)


_WORDS = re.compile(rf"\b({'|'.join(sorted(_BY_WORD, key=len, reverse=True))})\b", re.IGNORECASE)


def linked(text: str, root: str = "") -> Markup:
    """`text` escaped, the first of each term in it a link to the glossary; `root` leads to the
    run's folder.
    """
    met: set[str] = set()

    def link(match: re.Match[str]) -> str:
        key = _BY_WORD[match[0].lower()]
        if key in met:
            return match[0]
        met.add(key)
        return f'<a class="vt-term" href="{root}pages/glossary.html#{key}">{match[0]}</a>'

    return assembly.trusted(_WORDS.sub(link, str(escape(text))))

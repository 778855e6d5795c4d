"""What the words of the pages mean, and links to it. Pure."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from markupsafe import Markup, escape

from vtlib.core.language import reader, say


@cache
def terms() -> dict[str, dict[str, Any]]:
    """Address -> name, meaning; of most `words` (which pages link), `statistics`."""
    text = (files("vtlib.report") / "glossary.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def linked(text: object, root: str = "") -> Markup:
    """`text` escaped, the first of each term in it a link to the glossary.

    `root` leads to the run's folder, "" = the page is in it. HTML that is safe already stays as it
    is.
    """
    html = escape(text)
    if isinstance(text, Markup):
        return html
    met: set[str] = set()

    keys, words = _words(reader().language)

    def link(match: re.Match[str]) -> str:
        key = keys[match[0].lower()]
        if key in met:
            return match[0]
        met.add(key)
        return f'<a class="vt-term" href="{root}pages/glossary.html#{key}">{match[0]}</a>'

    return Markup(words.sub(link, str(html)))  # noqa: S704 - escaped above


@cache
def _words(_language: str) -> tuple[dict[str, str], re.Pattern[str]]:
    """Word -> address of its term, and what finds them, in the reader's language."""
    keys = {
        say(word).lower(): key for key, term in terms().items() for word in term.get("words", [])
    }
    longest_first = sorted(keys, key=len, reverse=True)
    return keys, re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)

"""What a reader of a page sees without a click: its running text, and the facts marked in it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

# Statistics have their place: tables, the glossary, and what is one click behind.
STATISTICS = re.compile(
    r"\bq\b|\bBrier\b|\bln\b|log-odds|\bnull\b|\bprior\b|\bp[ -]values?\b|\bStudent\b|\de[+-]\d\d",
    re.IGNORECASE,
)
_NO_TEXT = {"script", "style", "title", "noscript", "code", "details", "table", "pre"}
_NO_READING = {"script", "style", "title", "noscript", "code", "pre"}
_EMPTY = {"img", "input", "br", "hr", "meta", "link", "col", "wbr"}


class _Reader(HTMLParser):
    """Running text line by line; `texts`: all that is shown at a click, too, tables and what is
    folded; `marked`: (facts, all text of the element that has them).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, int | None]] = []
        self.lines: list[str] = []
        self.texts: list[str] = []
        self.marked: list[tuple[dict[str, str], list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _EMPTY:
            return
        facts = dict(attrs).get("data-facts")
        if facts:
            self.marked.append((dict(f.split("=", 1) for f in facts.split("|")), []))
        self.stack.append((tag, len(self.marked) - 1 if facts else None))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An SVG element without content."""

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if not words:
            return
        for _, number in self.stack:
            if number is not None:
                self.marked[number][1].append(words)
        if not _NO_READING & {tag for tag, _ in self.stack}:
            self.texts.append(words)
        if not _NO_TEXT & {tag for tag, _ in self.stack}:
            self.lines.append(words)


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


def statistics_in(pages: Iterable[Path]) -> list[tuple[str, str]]:
    """(page, line) of running text that needs a statistician; the glossary explains them."""
    return [
        (page.name, line)
        for page in pages
        if page.name != "glossary.html"
        for line in read(page.read_text()).lines
        if STATISTICS.search(line)
    ]


def facts_of(pages: Iterable[Path]) -> dict[str, dict[str, set[str]]]:
    """fact -> its figure -> the pages that show it so. Fails where a page marks a figure that its
    text does not show.
    """
    facts: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for page in pages:
        for marked, words in read(page.read_text()).marked:
            for name, figure in marked.items():
                assert figure in " ".join(words), (page.name, name, figure, words)
                facts[name][figure].add(page.name)
    return {name: dict(figures) for name, figures in facts.items()}

"""Parts of a page: style, scripts with hashes, charts as data, sanitised HTML."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bleach  # type: ignore[import-untyped]  # ships no types; comes with nbconvert
import jinja2
from markupsafe import Markup, escape

from vtlib.core import log
from vtlib.core.conclusion import number
from vtlib.core.figures import marks
from vtlib.core.language import marked, reader, say, say_n, word, zone_words
from vtlib.core.whole_files import write_whole
from vtlib.report.glossary import linked
from vtlib.report.vega import vega

if TYPE_CHECKING:
    from vtlib.report.facts import Page

TEMPLATES = Path(__file__).parent / "template"
_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "blockquote",
        "br",
        "caption",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
)
# The exact form of our own tables, escaped text only: what matches whole needs no cleaning, which
# is slow.
_TEXT = r"[^<>]*"
_CELL = (
    r'<td class="vt-[a-z]+" data-sort="[^"<>]*"(?: dir="auto")?>(?:'
    rf'{_TEXT}|<a href="https?://[^"<>]*" rel="noopener noreferrer" target="_blank">{_TEXT}</a>'
    rf'|<span class="[a-z_ -]+">{_TEXT}</span>'
    r'|<img src="data:image/jpeg;base64,[\w+/=]+" alt="">)</td>'
)
_OWN_TABLE = re.compile(
    rf'<div class="vt-table-box"><table class="vt-table"><caption>{_TEXT}</caption>\s*<thead><tr>'
    rf'(?:<th scope="col" class="vt-[a-z]+">{_TEXT}</th>)*</tr></thead>\s*<tbody>\s*'
    rf"(?:<tr>(?:{_CELL})*</tr>\s*)*</tbody></table></div>\s*"
)
_OWN_CLASS = re.compile(r"(vt-[a-z_-]+\s*)+")
_NOT_WORDS = re.compile(r"<(style|script)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_PICTURE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SPANS = ("colspan", "rowspan")


def trusted(html: str) -> Markup:
    """HTML that templates do not escape: our own, sanitised or already escaped."""
    return Markup(html)  # noqa: S704 - the one place


@cache
def text(name: str) -> str:
    """A file of the template folder."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def write_page(path: Path, template: str, content: Mapping[str, Any]) -> Path:
    """Write `content` in a template as the page `path`, whole or not at all; returns it."""
    html = (
        environment(content["page"].root).get_template(template).render(resources={"vt": content})
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, html)
    return path


@cache  # templates are compiled once, not for each of a run's pages
def environment(root: str | None = None) -> jinja2.Environment:
    """Jinja environment: autoescape on, undefined names raise; `root` as Page's."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    env = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    dress(env, root)
    return env


# What page.js says; it stands in the page only where the reader's language is not English.
_SCRIPT_WORDS = marked(
    (
        "This chart could not be drawn:",
        "Filter rows",
        "As a table",
        "more column",
        "more columns",
        "more rows",
    )
)


def dress(env: jinja2.Environment, root: str | None) -> None:
    """Filters and functions of our templates: terms, marks, n (a count); `_` and `ngettext` say a
    sentence in the reader's language.
    """
    env.filters |= {"terms": term_links(root), "marks": marks, "n": number}
    env.globals |= {
        "_": say,
        "ngettext": say_n,
        "word": word,
        "language": lambda: reader().language,
        "zone": zone_words,
        "js_words": _script_words,
    }


def _script_words() -> str:
    words = {} if reader().language == "en" else {text: say(text) for text in _SCRIPT_WORDS}
    return json.dumps(words, ensure_ascii=False)


def term_links(root: str | None) -> Callable[[object], Markup]:
    """The filter of templates that links words to the glossary of a run; escapes alone where
    `root` is None: a page without a run has no glossary beside it.
    """
    return escape if root is None else partial(linked, root=root)


def scripts(*, with_charts: bool) -> list[Markup]:
    """The page's scripts, in order."""
    return [trusted(s) for s in ((vega(), text("page.js")) if with_charts else (text("page.js"),))]


def shell(page: Page, *, with_charts: bool, is_folded: bool = False) -> dict[str, Any]:
    """What every page begins with: page, style, scripts, policy and provenance, keys masked;
    `is_folded`: provenance is behind a click.
    """
    page_scripts = scripts(with_charts=with_charts)
    return {
        "page": page,
        "style": trusted(text("page.css")),
        "scripts": page_scripts,
        "policy": policy(page_scripts),
        "is_folded": is_folded,
        "provenance": provenance_rows(log.redactor(page.secrets)(dict(page.provenance))),
    }


def policy(page_scripts: list[Markup]) -> str:
    """A content security policy: nothing is fetched, and of scripts only `used`, by hash, may run.

    Styles stay inline because Vega-Embed sets them; `blob:` is its "save as picture".
    """
    sources = " ".join(map(script_hash, page_scripts))
    return (
        f"default-src 'none'; script-src {sources}; style-src 'unsafe-inline'; img-src data: "
        "blob:; media-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def script_hash(code: str) -> str:
    """A script as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart for a page: its title and subtitle as text, which wrap, and the rest as data."""

    title: str
    under: str
    data: Markup


def chart(spec: Mapping[str, Any]) -> Chart:
    """A Vega-Lite spec as a page takes it; its data cannot end their own script element."""
    heading = spec.get("title") or {}
    title, under = (
        (heading, [])
        if isinstance(heading, str)
        else (heading.get("text", ""), heading.get("subtitle", []))
    )
    body = {k: v for k, v in spec.items() if k not in ("$schema", "title")}
    return Chart(_line(title, " "), _line(under, " · "), trusted(inert_json(body)))


def inert_json(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the script element it stands in."""
    text_json = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text_json = text_json.replace(sign, f"\\u{ord(sign):04x}")
    return text_json


def _line(text: Any, between: str) -> str:
    return text if isinstance(text, str) else between.join(map(str, text or []))


def harmless(html: str, *, with_pictures: bool = True) -> Markup:
    """HTML of a notebook, sanitised: only tables, text, http links and inline images remain."""
    if _OWN_TABLE.fullmatch(html) and (with_pictures or "<img" not in html):
        return trusted(html)
    # The cleaner keeps the words inside what it strips; a style sheet's are of no use to a reader.
    clean = _cleaner().clean(_NOT_WORDS.sub("", html))
    return trusted(clean if with_pictures else _PICTURE.sub("", clean))


def provenance_rows(provenance: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Label, value as text, and whether it is long enough to be folded."""
    rows = []
    for label, value in provenance.items():
        short = value if isinstance(value, str) else _plain(value)
        rows.append((word(label), short, len(short) > 160 or short.count("\n") > 5))
    return rows


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{say(key)}: {_plain_leaf(leaf)}" for key, leaf in _leaves(value))
    return _plain_leaf(value)


def _leaves(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _plain_leaf(value: Any) -> str:
    if isinstance(value, (list, tuple, Mapping)):
        return ", ".join(map(str, value)) or "none"
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


@cache
def _cleaner() -> Any:
    return bleach.Cleaner(
        tags=_TAGS,
        attributes=_is_allowed,
        protocols=frozenset({"http", "https", "data"}),
        strip=True,
        strip_comments=True,
    )


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return bool(_OWN_CLASS.fullmatch(value))
    if tag == "a":
        return (name == "href" and value.startswith(("http://", "https://", "#"))) or name in (
            "rel",
            "target",
        )
    if tag == "img":
        picture = value.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
        return (name == "src" and picture) or name == "alt"
    if tag in ("td", "th"):
        return name in ("data-sort", "scope", "dir", *_SPANS)
    return name == "open" and tag == "details"

"""The reader's language and time zone: sentences from one catalogue, figures and days by its rules.

Sentences are written in English where they are made, as `say("{n} of {posts} ...", n=3, ...)`; the
catalogue `vtlib/locale/<language>/LC_MESSAGES/vtlib.po` has them in every other language
(.ci/catalogue.py collects them). What people and models wrote stays as it is. English needs no
catalogue, and none is read for it. A sentence for the store is `stored("plays are x{n} ...", n=2)`,
English whoever runs it, and `retell` to its reader: its form is in the catalogue, so rows of any
age are read.
"""

from __future__ import annotations

import io
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, wraps
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LANGUAGES = ("en", "de")
_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PageReader:
    """Who reads: the language of pages and scripts, and the time zone of their times (IANA)."""

    language: str = "en"
    time_zone: str = "UTC"


_NOBODY = PageReader()
_reader: ContextVar[PageReader | None] = ContextVar("reader", default=None)
_of_process = _NOBODY


def reader() -> PageReader:
    """Whom the sentences are for: of this context, else of the process, else English and UTC."""
    return _reader.get() or _of_process


@contextmanager
def reads(who: PageReader) -> Iterator[None]:
    """Sentences, figures and times within are for `who`."""
    token = _reader.set(who)
    try:
        yield
    finally:
        _reader.reset(token)


def read_by(who: PageReader) -> None:
    """From now on the process writes for `who`: a notebook's cells share no context."""
    global _of_process  # noqa: PLW0603
    _of_process = who


def in_english(work: Callable[_P, _T]) -> Callable[_P, _T]:
    """`work` writes English whoever reads: what is stored, and what a model is asked, must not
    depend on the language of a page.
    """

    @wraps(work)
    def plain(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with reads(PageReader()):
            return work(*args, **kwargs)

    return plain


def marked(words: _T) -> _T:
    """`words` as they are: text, or a list or mapping of texts, that is translated where it is
    shown and collected here.
    """
    return words


def marked_n(one: str, many: str) -> tuple[str, str]:
    """One and many of a noun that is counted where it is shown."""
    return one, many


@cache
def _catalogue(language: str) -> Catalog:
    from babel.messages.pofile import read_po  # noqa: PLC0415 - English needs none of it

    text = files("vtlib") / "locale" / language / "LC_MESSAGES" / "vtlib.po"
    with text.open("rb") as stream:
        return read_po(stream, locale=language)


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language."""
    if language == "en":
        return NullTranslations()
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - English needs none of it

    compiled = io.BytesIO()
    write_mo(compiled, _catalogue(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


class _Local(string.Formatter):
    """`str.format`, with figures as the reader writes them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "dat":
            return _dative(str(value))
        text = str(format(value, format_spec))
        if isinstance(value, (str, date)) or not format_spec:
            return text
        return figure(text)


_LOCAL = _Local()


def _dative(amount: str) -> str:
    """`29 reife Beiträge` after a German preposition: `29 reifen Beiträgen`."""
    head, *middle, noun = amount.split(" ")
    is_many = head != "1" and bool(middle or noun)
    words = [re.sub(r"(er|es|e)$", "en", word) if word[:1].islower() else word for word in middle]
    return " ".join([head, *words, f"{noun}n" if is_many and noun[-1] not in "ns" else noun])


def say(text: str, /, **values: Any) -> str:
    """`text` in the reader's language with `values` in the places that it names, as `str.format`.

    A text that the catalogue does not have stays as it is.
    """
    if reader().language == "en":
        return text.format(**values) if values else text
    own = translations(reader().language).gettext(text) if text else text
    return _LOCAL.vformat(own, (), values) if values else own


def say_n(one: str, many: str, n: float, /, **values: Any) -> str:
    """`one` or `many` by the reader's rule of plurals for `n`."""
    if reader().language == "en":
        text = one if n == 1 else many
        return text.format(**values) if values else text
    count = int(n) if float(n).is_integer() else 2  # a fraction is many in both languages
    own = translations(reader().language).ngettext(one, many, count)
    return _LOCAL.vformat(own, (), values) if values else own


def stored(text: str, /, **values: Any) -> str:
    """A sentence for the store: `text` with `values` in its places, English whoever reads."""
    return text.format(**values) if values else text


STORED = "stored"  # a comment in the catalogue on the form of a sentence of the store
_PLACE = re.compile(r"\{(\w+)[^}]*\}")
_FIGURE = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?%?")


class _Verbatim(str):
    """A value that is text already, whatever form its place asks for."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return str(self)


def retell(text: str) -> str:
    """A sentence of the store in the reader's language; several with `; ` between them one by one.
    Whatever is none of ours stays as it is.
    """
    if reader().language == "en" or not text:
        return text
    return _retell_one(text) or "; ".join(_retell_one(part) or part for part in text.split("; "))


def _retell_one(text: str) -> str:
    """`retell` of one sentence; "" = it is none of ours."""
    language = reader().language
    own = translations(language).gettext(text) if text else text  # "" is the catalogue's own head
    if own != text:
        return own
    for form, template in _stored_forms(language):
        if match := form.fullmatch(text):
            return say(template, **{name: _value(part) for name, part in match.groupdict().items()})
    return ""


def _value(text: str) -> _Verbatim:
    """A value of such a sentence: a figure, a count of something, a sentence of its own, or as it
    is.
    """
    n, _, noun = text.partition(" ")
    if _FIGURE.fullmatch(text):
        return _Verbatim(figure(text))
    if (names := _nouns(reader().language).get(noun)) and _FIGURE.fullmatch(n):
        return _Verbatim(f"{figure(n)} {say_n(*names, float(n.replace(',', '')))}")
    return _Verbatim(retell(text))


@cache
def _nouns(language: str) -> dict[str, tuple[str, str]]:
    """One and many of each noun that is counted, by either."""
    pairs = [(str(m.id[0]), str(m.id[1])) for m in _catalogue(language) if isinstance(m.id, tuple)]
    return {form: pair for pair in pairs for form in pair if "{" not in form}


@cache
def _stored_forms(language: str) -> list[tuple[re.Pattern[str], str]]:
    """(what sentences of a form look like, the form), those with the most words of ours first."""
    messages = (m for m in _catalogue(language) if STORED in m.auto_comments)
    texts = [str(m.id) for m in messages if "{" in m.id]
    texts.sort(key=lambda text: -len(_PLACE.sub("", text)))
    return [(re.compile(_look(text), re.DOTALL), text) for text in texts]


def _look(text: str) -> str:
    literals = _PLACE.split(text)  # literal, name, literal, name, …, literal
    names = [f"(?P<{name}>.+?)" for name in literals[1::2]]
    fixed = [re.escape(part) for part in literals[::2]]
    return "".join(part for pair in zip(fixed, [*names, ""], strict=True) for part in pair)


def word(code: object) -> str:
    """A word of the data (`in_production`) as people read it."""
    return say(str(code).replace("_", " "))


@cache
def _signs(language: str) -> tuple[dict[int, str], str]:
    """(point and comma of English figures -> the language's, what stands before %)."""
    from babel import Locale  # noqa: PLC0415

    numbers = Locale.parse(language)
    symbols: Mapping[str, str] = numbers.number_symbols["latn"]
    percent = numbers.percent_formats[None].pattern.rstrip("%")[-1]
    return str.maketrans({",": symbols["group"], ".": symbols["decimal"]}), percent.strip(
        "0#"
    ) or ""


def figure(text: str) -> str:
    """A figure written as English does (`1,234.5`, `91%`), as the reader writes it."""
    if reader().language == "en":
        return text
    signs, before_percent = _signs(reader().language)
    return text.translate(signs).replace("%", f"{before_percent}%")


def local(at: datetime) -> datetime:
    """A moment (UTC where it names no zone) in the reader's zone, without a zone."""
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    zone = reader().time_zone
    return at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone)).replace(tzinfo=None)


def zone_words() -> str:
    """The zone of times as people name it: `UTC`, `Berlin`."""
    return reader().time_zone.rpartition("/")[2].replace("_", " ")


def moment(at: datetime) -> str:
    """`2026-05-03 14:10 UTC`: a time in the reader's zone, with its name."""
    return f"{local(at):%Y-%m-%d %H:%M} {zone_words()}"


def day(at: datetime | date) -> str:
    """A day as the reader writes it (`3 May 2026`); of a moment, that of the reader's zone."""
    at = local(at) if isinstance(at, datetime) else at
    if reader().language == "en":
        return f"{at.day} {at:%b %Y}"
    from babel.dates import format_date  # noqa: PLC0415

    return format_date(at, "d. MMM y" if reader().language == "de" else "medium", reader().language)


_JOINER = "\u200d"
_MARKS = ("Mn", "Me", "Mc")  # accents, vowel signs, variation selectors
_TONES = range(0x1F3FB, 0x1F400)  # of skin
_TAGS = range(0xE0020, 0xE0080)  # that spell the flag of a region
_LETTERS = range(0x1F1E6, 0x1F200)  # two of them are a flag


def clip(text: str, most: int) -> str:
    """The first `most` characters of `text` or a few less: an emoji or a letter with its marks is
    never cut in two (after the clusters of Unicode's annex 29).
    """
    end = most
    while 0 < end < len(text) and _is_inside(text, end):
        end -= 1
    return text[:end]


def _is_inside(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or unicodedata.category(after) in _MARKS:
        return True
    if ord(after) in _TONES or ord(after) in _TAGS:
        return True
    run = len(text[:at]) - len(text[:at].rstrip("".join(map(chr, _LETTERS))))
    return ord(after) in _LETTERS and run % 2 == 1

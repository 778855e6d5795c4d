"""Readers of foreign fields: numbers as text, times in every form, flags that may be absent.

Each returns None when the field is absent or blank (unknown), and raises ValueError when it is
there and cannot be read, so that a changed shape is noticed and not taken for a missing value.
While an item is mapped (`leniently`), the value is noted instead and counts as unknown: one bad
field does not cost a post.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from vtlib.core.models import METRICS, NOT_EXPOSED, Metric

MAX_COUNT = (
    10**15
)  # a hundred thousand times the most-seen video on earth: sums of counts fit 64 bits
MAX_SECONDS = 400 * 86_400
_YEARS = range(1900, 2101)
_LONGEST = 100  # characters of a count, a flag, a time or a length
_LONGEST_KEY = 1_000
_MAX_STEPS = 30
_T = TypeVar("_T")
_NOTED: ContextVar[list[tuple[Any, str]] | None] = ContextVar("_NOTED", default=None)

_ROUNDED = re.compile(r"^(\d+(?:[.,]\d+)?)\s*([KMB])$", re.IGNORECASE)
# As a spreadsheet shows a number too wide for its column: 1.2E+06.
_POWER = re.compile(r"^\d(?:[.,]\d+)?[eE]\+\d{1,2}$")
_GROUPED = re.compile(r"^\d{1,3}(?:[.,\s]\d{3})+$")
_COUNTED = (*(m.removesuffix("s") for m in METRICS), "video", "subscriber", "follower", "post")
_UNIT = re.compile(rf"\s+({'|'.join(_COUNTED)})s?$", re.IGNORECASE)
_HASHTAG = re.compile(r"(?<!&)#(\w*[^\W\d_]\w*)")
_LINK = re.compile(r"https?://\S+")
_STAMP = re.compile(r"\d{9,13}(\.\d+)?")
_ISO_LENGTH = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_SCALE = {"K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class leniently:  # noqa: N801 - a context manager; one made of a generator costs ten times as much
    """Within, a field that cannot be read counts as unknown; (value, reason) of each is given in
    the list.
    """

    __slots__ = ("_token",)
    _token: Token[list[tuple[Any, str]] | None]

    def __enter__(self) -> list[tuple[Any, str]]:
        notes: list[tuple[Any, str]] = []
        self._token = _NOTED.set(notes)
        return notes

    def __exit__(self, *_: object) -> None:
        _NOTED.reset(self._token)


def _field(unknown: Any) -> Callable[[Callable[[Any], _T]], Callable[[Any], _T]]:
    """A reader of one value that raises ValueError alone, and within `leniently` gives
    `unknown`, as for None.
    """

    def decorate(function: Callable[[Any], _T]) -> Callable[[Any], _T]:
        @functools.wraps(function)
        def read(value: Any) -> _T:
            if value is None:
                return unknown
            try:
                if not isinstance(value, (bool, int, float)):
                    _refuse_misfits(value)
                return function(value)
            except (ValueError, OverflowError, OSError) as error:
                notes = _NOTED.get()
                if notes is None:
                    raise ValueError(str(error)) from error
                notes.append((value, str(error)))
                return unknown

        return read

    return decorate


def _refuse_misfits(value: Any) -> None:
    if isinstance(value, (dict, list)):
        raise ValueError("a list or an object where one value should be")  # noqa: TRY004 - as for any misfit
    if isinstance(value, str) and len(value) > _LONGEST and value.strip():
        raise ValueError(f"{value[:20]!r}… is a text of {len(value):,} characters")


def dig(item: Any, *path: str | int) -> Any:
    """The value at `path` in nested mappings and lists ("0" is a list's first), or None where a
    step is missing.
    """
    for step in path:
        if isinstance(item, dict):
            item = item.get(step)
            continue
        if item is None:
            return None
        is_place = isinstance(step, int) or step.isdigit()
        if not (isinstance(item, list) and is_place and -len(item) <= int(step) < len(item)):
            return None
        item = item[int(step)]
    return item


def text(value: Any) -> str | None:
    """Text with something in it, or None."""
    if type(value) is not str:
        if value is None or isinstance(value, (dict, list)):
            return None
        value = str(value)
    if "\x00" in value:
        value = value.replace("\x00", "")
    return value.strip() or None


@_field(None)
def whole(value: Any) -> int | None:
    """A whole number from an int, a float, "149,998", "63K", "1.2E+06" or "1.2M views"; negative
    too (-1 = hidden).
    """
    if value is None or value == "" or isinstance(value, bool):
        return None
    number = _whole(value)
    if abs(number) > MAX_COUNT:
        raise ValueError(f"{str(value)[:40]} is larger than any count")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no count")
        return round(value)
    word = _UNIT.sub("", str(value).strip())
    if _GROUPED.match(word):  # before fractions: a count has none, so 5.000 is five thousand
        return int(re.sub(r"\D", "", word))
    if re.fullmatch(r"[+-]?\d+(\.0+)?", word):
        return int(float(word)) if "." in word else int(word)
    if _POWER.match(word):
        return round(float(word.replace(",", ".")))
    match = _ROUNDED.match(word)
    if not match:
        raise ValueError(f"{word!r} is no count")
    return round(float(match.group(1).replace(",", ".")) * _SCALE[match.group(2).upper()])


def is_rounded(value: Any) -> bool:
    """Whether a count is written rounded, as in "63K" or "1.2E+06"."""
    if not isinstance(value, str):
        return False
    word = _UNIT.sub("", value.strip())
    return bool(_ROUNDED.match(word) or _POWER.match(word))


@_field(NOT_EXPOSED)
def count(value: Any) -> Metric:
    """A count as a Metric: absent = not exposed, negative = hidden, "63K" = estimated."""
    if type(value) is int and 0 <= value <= MAX_COUNT:  # as nearly all are
        return _observed(value)
    number = whole(value)
    if number is None:
        return NOT_EXPOSED
    if number < 0:
        return Metric(None, "hidden")
    return Metric(number, "estimated" if is_rounded(value) else "observed")


_observed = functools.lru_cache(maxsize=16_384)(lambda value: Metric(value, "observed"))


@_field(None)
def flag(value: Any) -> bool | None:
    """True, False, or None when the field is absent; "true"/"false" as CSV exports write them."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "1", "yes"):
        return True
    if word in ("false", "0", "no"):
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def any_flag(item: dict[str, Any], *keys: str) -> bool | None:
    """True when one of `keys` is, False when one is known and none is, None when all are absent;
    "a.b" digs.

    A list or mapping counts by having something in it.
    """
    values = (_at(item, key) for key in keys)
    flags = [bool(v) if isinstance(v, (list, dict)) else flag(v) for v in values]
    present = [v for v in flags if v is not None]
    return any(present) if present else None


@_field(None)
def moment(value: Any) -> datetime | None:
    """A UTC time from seconds or milliseconds since 1970, ISO 8601, RFC 2822 or X's own form; 0 is
    None.

    A text without a zone is refused: it cannot be told from local time (LinkedIn's `date` is
    Pacific).
    """
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) or _STAMP.fullmatch(str(value).strip()):
        stamp = float(value)
        if not math.isfinite(stamp):
            raise ValueError(f"{value} is no time")
        stamp = stamp / 1000 if stamp > 1e11 else stamp
        return _within(datetime.fromtimestamp(stamp, UTC)) if stamp else None
    word = str(value).strip().strip('"')  # a CSV can hold the JSON of a text
    time = _iso(word) or _named(word)
    if time is None:
        raise ValueError(f"{word!r} is no time")
    if time.tzinfo is None:
        raise ValueError(f"{word!r} has no time zone")
    return _within(time.astimezone(UTC))


def _within(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueError(f"{moment:%Y-%m-%d} is no time of a post")
    return moment


@_field(None)
def seconds(value: Any) -> float | None:
    """Seconds from a number, "HH:MM:SS", "MM:SS" or "PT1M3S"; 0 and blanks are None (no length,
    a placeholder).
    """
    if value is None or value == "":
        return None
    length_s = _seconds(value)
    if not 0 <= length_s <= MAX_SECONDS:
        raise ValueError(f"{str(value)[:40]} is no length")
    return length_s or None


def _seconds(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    spelt = _ISO_LENGTH.fullmatch(str(value).strip())
    if spelt:
        pairs = zip(spelt.groups(), (86_400, 3_600, 60, 1), strict=True)
        return sum(float(n or 0) * scale for n, scale in pairs)
    parts = [float(p) for p in str(value).strip().split(":")]
    return sum(p * 60**i for i, p in enumerate(reversed(parts)))


def words(value: Any, *keys: str) -> tuple[str, ...]:
    """A list of texts from a list of texts or of objects (first of `keys` that is there), in
    order, once.
    """
    items = value if isinstance(value, list) else []
    texts = (
        text(next((i[k] for k in keys if i.get(k)), None)) if isinstance(i, dict) else text(i)
        for i in items
    )
    return tuple(dict.fromkeys(w.lstrip("#@") for w in texts if w))


def first(item: Any, *keys: str) -> Any:
    """The value of the first of `keys` that holds something, or None; "a.b" digs.

    Empty texts, lists and mappings hold nothing; 0 and False do.
    """
    if type(item) is not dict:
        # One that notes what is asked for: alternatives are no unread fields.
        values = [_at(item, key) for key in keys]
        return next((v for v in values if v is not None and v not in ("", [], {})), None)
    for key in keys:
        value = dig(item, *_steps(key)) if "." in key else item.get(key)
        if value is not None and value not in ("", [], {}):
            return value
    return None


_steps = functools.lru_cache(maxsize=1024)(lambda key: tuple(key.split(".")))


def _at(item: Any, key: str) -> Any:
    """The value at a key, or at a path "a.b"."""
    if "." not in key and isinstance(item, dict):
        return item.get(key)
    return dig(item, *key.split("."))


def keys_of(item: dict[str, Any]) -> AbstractSet[str]:
    """The keys of an item, not copied; one that notes what is asked for notes all of them."""
    return item.keys() if type(item) is dict else set(item)


def hashtags_in(caption: str | None) -> tuple[str, ...]:
    """The hashtags a caption carries, as written, in order, once; URLs and bare numbers are
    none.
    """
    if not caption or "#" not in caption:
        return ()
    return tuple(dict.fromkeys(_HASHTAG.findall(_LINK.sub(" ", caption))))


def zeeschuimer(item: dict[str, Any]) -> tuple[str, dict[str, Any], Any] | None:
    """Source platform, raw item and capture time (ms) of a Zeeschuimer line or a 4CAT export, else
    None.

    Zeeschuimer wraps the raw item in `data`; 4CAT lays it open and keeps the wrapper as
    `__import_meta`.
    """
    meta, data = item.get("__import_meta"), item
    if isinstance(item.get("data"), dict) and "source_platform" in item:
        meta, data = item, item["data"]
    if not isinstance(meta, dict):
        return None
    return str(meta.get("source_platform") or "").lower(), data, meta.get("timestamp_collected")


def nested(item: dict[str, Any]) -> dict[str, Any]:
    """An item whose keys are flat paths ("authorMeta/name", "authorMeta.name") as nested objects.

    Apify flattens with "/" in CSV and with "." when asked for `flatten`, as pandas does. Others are
    given back as they are.
    """
    names = "".join(item)
    if "/" not in names and "." not in names:
        return item
    return unflatten((path_of_key(key), value) for key, value in item.items())


def unflatten(cells: Iterable[tuple[tuple[str | int, ...], Any]]) -> dict[str, Any]:
    """A row with paths such as ("hashtags", 0, "name") as nested objects; blanks are left out.

    A blank cell cannot be told from null, so both mean "not there".
    """
    root: dict[Any, Any] = {}
    for path, value in cells:
        if value == "":
            continue
        node = root
        for step in path[:-1]:
            inner = node.setdefault(step, {})
            node = inner if isinstance(inner, dict) else node
        node[path[-1]] = value
    return {str(k): _listed(v) for k, v in root.items()}


def path_of_key(key: str, separators: str = "/.") -> tuple[str | int, ...]:
    """The steps of a flat key; one of more than _MAX_STEPS is a name and no path."""
    steps = re.split(f"[{separators}]", key.strip()) if len(key) <= _LONGEST_KEY else [key]
    if len(steps) > _MAX_STEPS:
        return (key,)
    return tuple(int(s) if len(s) < 9 and s.isdecimal() and str(int(s)) == s else s for s in steps)


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    inner = {k: _listed(v) for k, v in node.items()}
    if inner and all(isinstance(k, int) for k in inner):
        return [inner[k] for k in sorted(inner)]
    return {str(k): v for k, v in inner.items()}


def _iso(word: str) -> datetime | None:
    try:
        return datetime.fromisoformat(word)
    except ValueError:
        return None


def _named(word: str) -> datetime | None:
    # strptime's %b follows the locale; the month is put in as a number first.
    match = re.fullmatch(r"\w{3} (\w{3}) (\d{2}) (\d{2}:\d{2}:\d{2}) ([+-]\d{4}) (\d{4})", word)
    if match and match.group(1) in _MONTHS:
        month = _MONTHS.index(match.group(1)) + 1
        day, clock, zone, year = match.group(2, 3, 4, 5)
        time = _iso(f"{year}-{month:02}-{day}T{clock}Z") if zone == "+0000" else None
        if time:  # as X writes all of them; strptime takes five times as long
            return time
        return datetime.strptime(f"{year}-{month}-{day} {clock} {zone}", "%Y-%m-%d %H:%M:%S %z")
    try:
        return parsedate_to_datetime(word)
    except (ValueError, IndexError, TypeError):
        return None

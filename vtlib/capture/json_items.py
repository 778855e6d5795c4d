"""Items out of JSON text of any damage: arrays, lines, and answers that wrap a list.

An item that cannot be decoded loses itself alone. A sound array is decoded by stretches of whole
elements; from the first stretch with damage on, the ends of its elements are found by a scanner of
quotes and brackets, and each is decoded by itself. Nothing here recurses.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import IO, Any

import orjson

from vtlib.capture.headings import by_platform, meanings
from vtlib.core.models import METRICS, UnreadableItem
from vtlib.platforms import layouts, recognise, try_post_ref
from vtlib.tables.encodings import UTF8, Encoding, decode_bytes, utf8

BLOCK_BYTES = 1 << 20
HEAD_BYTES = 64_000
MAX_HEAD_BYTES = 1 << 25
MAX_ITEM_BYTES = 1 << 28  # one item; the largest export known to us is 80 MB for 20,000 items
STRETCH_BYTES = 1 << 22  # decoded at once, while all is well
BORDERS_TRIED = 4  # ends of a stretch: the last may lie within an element
MAX_DAMAGES = 500  # each may cost a look through the rest of the file
SAMPLE_LINES = 20
# Levels kept of an item that nests deeper than a decoder goes: more than orjson writes (254), so
# that platforms/sanitise.py cuts the item and says so.
_NESTED_MAX = 300
_LISTS = ("items", "collector", "itemList")
_WRAPPER_FIELDS = 30  # an item has more of its own than an answer that wraps a list has
_CAPTURED = "source_platform"  # of a line of Zeeschuimer
_EDGE_FIELDS = 3
_WRAPPER_DEPTH = 4
_SAMPLE_MEMBERS = 20
# Fields that hold other things than an answer's posts: what people say below them, other posts.
_OTHER_THINGS = re.compile(
    r"comment|repl(y|ies)|related|similar|suggest|recommend|more_|quoted|child"
)
# What a file is called, by what reads it.
FORMS = {"array_items": "JSON list", "line_items": "JSON lines", "object_items": "JSON"}
_MARKS = re.compile(rb'["\[\]{}]')
_MARKS_AND_COMMA = re.compile(rb'["\[\]{},]')
_OPENING = re.compile(rb'\{\s*"((?:[^"\\\n]|\\.)*)"\s*:')
_LONG_NUMBER = re.compile(rb"[:\[,]\s*(?:\d{20}|-\d{19})")  # from 10^19; below -10^18
_DIGITS_AS_0 = bytes(
    ord("0") if chr(sign).isdecimal() else sign if chr(sign) == "-" else 32 for sign in range(256)
)
_WRAPPED = re.compile(rb'"(?:items|collector|itemList|data)"\s*:\s*\[')
_PAIRS = {ord("]"): ord("["), ord("}"): ord("{")}
_STRING_REST = re.compile(rb'(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SEPARATORS = b" \t\r\n,"
_BLANKS = b" \t\r\n"


def reader(
    stream: IO[bytes], encoding: Encoding = UTF8
) -> Callable[[IO[bytes], Encoding], Iterator[Any]] | None:
    """What reads the items of a file, by its first lines; None when it is no JSON.

    A reader takes the stream as `tables/encodings.utf8` gives it, and the encoding of the file.
    """
    text = utf8(stream, encoding)
    head = text.read(HEAD_BYTES)
    first = head.lstrip(_BLANKS)[:1]
    while first != b"[" and head.count(b"\n") < 3 and len(head) < MAX_HEAD_BYTES:
        more = text.read(BLOCK_BYTES)
        head += more
        if not more:
            break
    if _is_lines(head, encoding):
        return line_items
    return {b"[": array_items, b"{": object_items}.get(first)


def array_items(stream: IO[bytes], encoding: Encoding = UTF8) -> Iterator[Any]:
    """The elements of a JSON array, one at a time, those that are answers taken apart; a damaged
    one is a Broken.
    """
    shapes: set[tuple[str, ...]] = set()
    for item in _Array(stream, encoding).items():
        yield from _members(item, shapes)


def _members(item: Any, shapes: set[tuple[str, ...]]) -> list[Any]:
    """The posts in an element that is an answer, or an account with its posts; else the element,
    or what it is wrapped around. `shapes`: keys of elements that were posts, which is asked once.
    """
    if not isinstance(item, dict) or len(item) > _WRAPPER_FIELDS or _CAPTURED in item:
        return [item]
    keys = tuple(item)
    if keys in shapes or not any(isinstance(one, (list, dict)) for one in item.values()):
        return [item]
    if _is_post(item):
        shapes.add(keys)
        return [item]
    return _longest_list(item) or [_inner_item(item)]


def line_items(stream: IO[bytes], encoding: Encoding = UTF8) -> Iterator[Any]:
    """The objects of a file of lines; a line that is none is a Broken."""
    shapes: set[tuple[str, ...]] = set()
    while line := stream.readline(MAX_ITEM_BYTES):
        if len(line) == MAX_ITEM_BYTES and not line.endswith(b"\n"):
            yield UnreadableItem(f"the line is longer than {MAX_ITEM_BYTES:,} bytes")
            while (rest := stream.readline(BLOCK_BYTES)) and not rest.endswith(b"\n"):
                pass
        elif word := line.strip():
            yield from _of_text(word, "the line is no JSON", encoding, shapes)


def object_items(stream: IO[bytes], encoding: Encoding = UTF8) -> Iterator[Any]:
    """The items of one object written over several lines."""
    yield from _of_text(stream.read(), "the JSON breaks off or is damaged", encoding)


def decode(text: bytes, encoding: Encoding = UTF8) -> Any:
    """The value of a JSON text, or a Broken with the reason; what is no UTF-8 is of `encoding`.

    NaN and Infinity are floats, halves of surrogate pairs stay in texts, numbers keep all digits,
    and what nests deeper than a decoder goes is null: whoever stores the value must look at it
    (platforms/sanitise.py).
    """
    try:
        if _has_long_number(text):
            return _loads(text.decode())
        return orjson.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return _loads(decode_bytes(text, encoding))
    except RecursionError:
        return decode(_pruned(text), encoding)
    except ValueError as error:
        return UnreadableItem(f"{error}", text[:500].decode("utf-8", "replace"))


def unwrapped(value: Any) -> list[Any]:
    """The items of an answer whose layout is known, or of one such as {"data": {"items": [...]}} or
    TikTok's {"itemList": [...]}.
    """
    if isinstance(value, dict) and _CAPTURED in value:
        return [value]  # a line of Zeeschuimer: its `data` is one item, whatever stands in it
    known = layouts.unwrapped(value)
    if known is not None:
        return known
    inner: Any = value.get("data") if isinstance(value, dict) else None
    for box in (inner, value):
        members: Any = box
        if isinstance(box, dict) and len(box) <= 10:
            members = next((box[k] for k in _LISTS if box.get(k)), None)
        # An empty list, or one of texts, is a field of an item and not a list of items.
        if isinstance(members, list) and any(isinstance(one, dict) for one in members):
            return [_inner_item(one) for one in members]
    return _posts_within(value) or [value]


def _posts_within(value: Any) -> list[Any]:
    """The posts inside an object that is none itself, however the tool calls them: the longest
    list of them ({"query": …, "pins": […]}, {"data": {"edges": [{"node": …}]}}), else the one
    object ({"aweme_detail": {…}}); [] where there is none.
    """
    if not isinstance(value, dict) or len(value) > _WRAPPER_FIELDS or _is_post(value):
        return []
    return _longest_list(value) or _lone_post(value, _WRAPPER_DEPTH)


def _longest_list(value: dict[str, Any]) -> list[Any]:
    lists = [[_inner_item(one) for one in members] for members in _lists_of(value, _WRAPPER_DEPTH)]
    posts = [one for one in lists if any(_is_post(item) for item in one[:_SAMPLE_MEMBERS])]
    return max(posts, key=len, default=[])


def _lists_of(box: dict[str, Any], depth: int) -> Iterator[list[Any]]:
    """The lists of objects in an object, outer ones first, without those of other things."""
    boxes = {name: inner for name, inner in box.items() if not _OTHER_THINGS.search(name)}
    for inner in boxes.values():
        if isinstance(inner, list) and any(isinstance(one, dict) for one in inner):
            yield inner
    for inner in boxes.values():
        if isinstance(inner, dict) and depth:
            yield from _lists_of(inner, depth - 1)


def _lone_post(box: dict[str, Any], depth: int) -> list[Any]:
    """The one object inside an object that is a post, as a list; [] for none or several."""
    boxes = [one for name, one in box.items() if not _OTHER_THINGS.search(name)]
    inner = [one for one in boxes if isinstance(one, dict)]
    posts = [one for one in inner if _is_post(one)]
    if posts or not depth:
        return posts if len(posts) == 1 else []
    deeper = [post for one in inner for post in _lone_post(one, depth - 1)]
    return deeper if len(deeper) == 1 else []


def _inner_item(member: Any) -> Any:
    """The object that a member of a list is wrapped around ({"node": …}, {"aweme_info": …}), else
    the member.
    """
    if not isinstance(member, dict) or len(member) > _EDGE_FIELDS or _is_post(member):
        return member
    inner = [one for one in member.values() if isinstance(one, dict)]
    return inner[0] if len(inner) == 1 and _is_post(inner[0]) else member


def _is_post(item: Any) -> bool:
    """Whether an object is an item that is known, links to a post or has a count of one."""
    if not isinstance(item, dict):
        return False
    if layouts.recognise(item) or recognise(item):
        return True
    plain = {k: v for k, v in item.items() if isinstance(v, (str, int, float))}
    stats = (one for one in item.values() if isinstance(one, dict) and _is_of_numbers(one))
    names = [*plain, *(name for one in stats for name in one)]
    links = (v for v in plain.values() if isinstance(v, str) and v.startswith("http"))
    return any(map(try_post_ref, links)) or sum(map(_is_count, names)) > 1


def _is_of_numbers(box: dict[str, Any]) -> bool:
    """Whether an object holds numbers, as one of counts does, and at most one other thing."""
    rest = [v for v in box.values() if not isinstance(v, (int, float)) and not str(v).isdigit()]
    return len(rest) <= 1 < len(box)


def _is_count(name: str) -> bool:
    concepts = (*METRICS, *by_platform())
    return any(one.kind == "target" and one.concept in concepts for one in meanings(name))


class _Array:
    """A scanner over a stream that begins with an array; what follows the array is read on when
    it is another.
    """

    def __init__(self, stream: IO[bytes], encoding: Encoding = UTF8, *, alone: bool = True) -> None:
        self.stream, self.encoding = stream, encoding
        self.text = stream.read(BLOCK_BYTES)
        self.at = self.text.find(b"[") + 1
        self.alone = alone
        self.damages = 0

    def items(self) -> Iterator[Any]:
        yield from self._sound_items()
        item: Any = None
        while (start := self._element()) is not None:
            end = self._end(start)
            item = decode(self.text[start:end], self.encoding) if end else None
            if end and not isinstance(item, UnreadableItem):
                yield item
                self.at = end
                continue
            item = self._damaged(start, end, item)
            yield item
            if self.damages > MAX_DAMAGES:
                yield UnreadableItem(
                    f"damaged in more than {MAX_DAMAGES} places: the rest is not read"
                )
                return
        yield from self._ending(item)

    def _sound_items(self) -> Iterator[Any]:
        """The elements up to the first stretch that cannot be decoded at once."""
        self._next_mark()
        opening = _OPENING.match(self.text, self.at)
        border = _border_before(opening)
        while opening:
            self.text, self.at = self.text[self.at :], 0
            while len(self.text) < STRETCH_BYTES and self._more():
                pass
            for end in self._stretch_ends(border):
                members = _sound_list(self.text[:end])
                if members is not None:
                    yield from members
                    self.at = end
                    self._next_mark()
                    break
            else:
                return

    def _stretch_ends(self, border: re.Pattern[bytes]) -> list[int]:
        """Where the text in hand may be cut between two elements, the last place first."""
        if len(self.text) < STRETCH_BYTES:  # all that is left
            end = len(self.text.rstrip(_BLANKS)) - 1
            return [end] if self.text[end : end + 1] == b"]" and end > 0 else []
        ends = [match.start() + 1 for match in border.finditer(self.text)]
        return ends[: -BORDERS_TRIED - 1 : -1]

    def _element(self) -> int | None:
        """Where the next element begins; None at the end of the array, or of the file."""
        if self.at > BLOCK_BYTES:
            self.text, self.at = self.text[self.at :], 0
        mark = self._next_mark()
        while mark == b"]" and self.alone:
            closing = self.at
            self.at += 1
            if self._next_mark() != b"[":
                self.at = closing
                return None
            self.at += 1
            mark = self._next_mark()
        return self.at if mark not in (b"", b"]") else None

    def _next_mark(self) -> bytes:
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SEPARATORS:
                self.at += 1
            if self.at < len(self.text) or not self._more():
                return self.text[self.at : self.at + 1]

    def _ending(self, last: Any) -> Iterator[UnreadableItem]:
        if self.text[self.at : self.at + 1] != b"]":
            if not isinstance(last, UnreadableItem):
                yield UnreadableItem("the JSON breaks off here: its list is never closed")
        elif self.alone:
            self.at += 1
            if self._next_mark():
                excerpt = self.text[self.at : self.at + 500].decode("utf-8", "replace")
                yield UnreadableItem("something stands after the end of the JSON", excerpt)

    def _end(self, start: int) -> int | None:
        """Where the element that begins at `start` ends, or None when quotes and brackets do not
        match.
        """
        at, brackets = start, bytearray()
        while True:
            marks = _MARKS if brackets else _MARKS_AND_COMMA
            match = marks.search(self.text, at)
            if match is None:
                at = len(self.text)
                if not self._more():
                    return at if not brackets and self.text[start:at].strip() else None
                continue
            mark, at = self.text[match.start()], match.end()
            if mark == 0x22:
                closing = self._closing_quote(at)
                if closing is None:
                    return None
                at = closing + 1
            elif mark in b"[{":
                brackets.append(mark)
            elif not brackets:  # a comma or the array's own end, after a bare value
                return max(match.start(), start + 1)
            elif brackets.pop() != _PAIRS.get(mark):
                return None
            elif not brackets:
                return at

    def _closing_quote(self, first: int) -> int | None:
        """Where the text that begins at `first` ends; a line break in it means that it never
        does.
        """
        at = first
        while True:
            quote = self.text.find(b'"', at)
            end = quote if quote >= 0 else len(self.text)
            if self.text.find(b"\n", at, end) >= 0:
                return None
            at = end
            if quote < 0:
                if not self._more():
                    return None
                continue
            while at > first and self.text[at - 1] == 0x5C:
                at -= 1
            if (quote - at) % 2 == 0:
                return quote
            at = quote + 1

    def _damaged(self, start: int, end: int | None, item: Any) -> UnreadableItem:
        """Step over a damaged element: to its end, else to the next that opens with the same
        key.
        """
        self.damages += 1
        self.at = end or self._border(start)
        reason = (
            item.reason if isinstance(item, UnreadableItem) else "quotes and brackets do not match"
        )
        excerpt = self.text[start : min(self.at, start + 500)].decode("utf-8", "replace")
        return UnreadableItem(f"the JSON breaks off or is damaged here: {reason}", excerpt)

    def _border(self, start: int) -> int:
        border = _border_before(_OPENING.match(self.text, start))
        while not (match := border.search(self.text, start + 1)):
            if not self._more():
                return len(self.text)
        return match.end()

    def _more(self) -> bool:
        """Read on, by blocks that grow with the element in hand; False at the end, or when it is
        too long.
        """
        if len(self.text) - self.at > MAX_ITEM_BYTES:
            return False
        block = self.stream.read(max(BLOCK_BYTES, len(self.text)))
        self.text += block
        return bool(block)


def _border_before(opening: re.Match[bytes] | None) -> re.Pattern[bytes]:
    """What stands between two elements of which the next opens as `opening` does."""
    key = rb'"' + re.escape(opening.group(1)) + rb'"\s*:' if opening else rb'"'
    return re.compile(rb"\}\s*,\s*(?=\{\s*" + key + rb")")


def _sound_list(text: bytes) -> list[Any] | None:
    """The elements of a text that is nothing but whole ones; None where it is anything else.

    What decodes between brackets is a list, so that no element and no text can be cut.
    """
    if _has_long_number(text):
        return None
    try:
        members: list[Any] = orjson.loads(b"[" + text + b"]")
    except ValueError:
        return None
    return members


def _has_long_number(text: bytes) -> bool:
    """Whether some number may pass 64 bits: orjson makes a float of it. The search for 20 digits in
    a row, which few texts have, is eight times as fast as that for a number.
    """
    digits = text.translate(_DIGITS_AS_0)
    may_be = b"0" * 20 in digits or b"-" + b"0" * 19 in digits
    return may_be and bool(_LONG_NUMBER.search(text))


def _is_lines(head: bytes, encoding: Encoding) -> bool:
    """Whether a file is one object a line, by most of its first lines: the first may be damaged."""
    lines = [word for line in head.split(b"\n") if (word := line.strip(_BLANKS))]
    sample = (lines[:-1] or lines)[:SAMPLE_LINES]
    objects = sum(isinstance(decode(line, encoding), dict) for line in sample if line[:1] == b"{")
    return bool(sample) and 2 * objects >= len(sample)


def _of_text(
    text: bytes, fault: str, encoding: Encoding, shapes: set[tuple[str, ...]] | None = None
) -> Iterator[Any]:
    """The items in a text; `shapes` as in `_members`."""
    value = decode(text, encoding)
    keys = tuple(value) if isinstance(value, dict) else ()
    if shapes and keys in shapes:
        yield value
        return
    if not isinstance(value, UnreadableItem):
        members = unwrapped(value)
        if shapes is not None and members[0] is value and _is_post(value):
            shapes.add(keys)
        yield from members
        return
    match = _WRAPPED.search(text[:100_000])
    if match:
        rest = io.BytesIO(text[match.end() - 1 :])
        yield from _Array(rest, encoding, alone=False).items()
    else:
        yield UnreadableItem(f"{fault}: {value.reason}", value.text)


def _loads(text: str) -> Any:
    return json.loads(text, strict=False, parse_int=_integer)


def _integer(digits: str) -> int | float:
    """Python refuses to read more than 4,300 digits."""
    return int(digits) if len(digits) < 1_000 else float(digits)


def _pruned(text: bytes) -> bytes:
    """A JSON text without what nests deeper than _NESTED_MAX: null stands there."""
    parts, depth, at, start = [], 0, 0, 0
    while match := _MARKS.search(text, at):
        mark, at = text[match.start()], match.end()
        if mark == 0x22:
            closing = _STRING_REST.match(text, at)
            at = closing.end() if closing else len(text)
        elif mark in b"[{":
            depth += 1
            if depth == _NESTED_MAX + 1:
                parts += [text[start : match.start()], b"null"]
        else:
            depth -= 1
            if depth == _NESTED_MAX:
                start = at
    parts.append(text[start:] if depth < _NESTED_MAX else b"")
    return b"".join(parts)

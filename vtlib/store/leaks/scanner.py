"""Search every byte of a folder for strangers: unpacked, decoded and unescaped."""

from __future__ import annotations

import base64
import binascii
import bisect
import html
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from vtlib.store.leaks.needles import Needles, fold

DEEPEST = 4  # files in files
LARGEST = 200_000_000  # bytes that one packed part may unpack to
NOISE = 8  # letters that a name in a picture's bytes must have
_RUN = re.compile(rb"[\x20-\x7e\xa0-\xff]{8,}")
_BASE64 = re.compile(
    r"(?:data:[\w/+.-]*(?:;[\w=-]+)*;base64,\s*)?[A-Za-z0-9+/_-]{16,}(?:\\n|\s[A-Za-z0-9+/_-]{60,})*={0,2}"
)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){8,}(?![0-9A-Za-z])")
_ESCAPE = re.compile(r"\\(?:u\{?([0-9a-fA-F]{4,6})\}?|x([0-9a-fA-F]{2})|([/nrtbf\"']))")
_CSS = re.compile(r"\\([0-9a-fA-F]{2,6})\s?")
_TAG = re.compile(r"<[^<>]*>")
_STEPS = 4  # escapes within escapes


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that leads to a stranger: file (relative), place in it, kind, what, words around."""

    file: str
    place: str
    kind: str
    what: str
    around: str


def scan_folder(folder: Path, needles: Needles, *, ours: Sequence[str] = ()) -> list[Hit]:
    """Hits in every file below `folder`, and in their names. `ours`: texts of the program that
    pages hold as they are (styles, scripts); these very letters are not searched.
    """
    hits: list[Hit] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        hits += _Search(needles, name).search_text(name, "its name")
        hits += scan_bytes(path.read_bytes(), needles, file=name, ours=ours)
    return hits


def scan_bytes(
    data: bytes, needles: Needles, *, file: str = "", ours: Sequence[str] = ()
) -> list[Hit]:
    """Hits in the bytes of one file, each needle once, in its plainest form."""
    hits = _Search(needles, file, tuple(ours)).search_bytes(data)
    first: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        first.setdefault((hit.kind, hit.what), hit)
    return list(first.values())


@dataclass(frozen=True, slots=True)
class _Search:
    """One file being read."""

    needles: Needles
    file: str
    ours: tuple[str, ...] = ()

    def search_bytes(self, data: bytes, layer: str = "", depth: int = 0) -> Iterator[Hit]:
        """Hits in bytes and in what is packed in them; `layer` says how they were reached."""
        if depth > DEEPEST or not data:
            return
        text = _text(data)
        if text is not None:
            yield from self._layers(text, layer, depth)
        else:
            for bare in dict.fromkeys((data, data.replace(b"\0", b""))):  # wide letters, too
                runs = "\n".join(r.decode("latin-1") for r in _RUN.findall(bare))
                yield from self.search_text(runs, f"{layer}bytes", shortest=NOISE)
        for name, part in _parts(data):
            yield from self.search_text(name, f"{layer}{name} (its name)")
            yield from self.search_bytes(part, f"{layer}{name} > ", depth + 1)

    def _layers(self, text: str, layer: str, depth: int) -> Iterator[Hit]:
        for own in self.ours:
            text = text.replace(own, " ")
        clear, parts = _split_encoded(text)
        forms = [("", clear, parts)]
        forms += [(name, *_split_encoded(form)) for name, form in _forms(clear)]
        lines_before: set[str] = set()
        for name, form, inside in forms:
            lines = form.split("\n")
            fresh = "\n".join("" if line in lines_before else line for line in lines)
            yield from self.search_text(fresh, f"{layer}{name}")
            lines_before.update(lines)
            for line, kind, data in inside:
                place = f"{layer}{name} {kind} in line {line} > ".lstrip()
                yield from self.search_bytes(data, place, depth + 1)

    def search_text(self, text: str, place: str, *, shortest: int = 0) -> Iterator[Hit]:
        """Hits in a text as it is."""
        form = fold(text)
        for kind, what, at in self.needles.within_folded(form, shortest=shortest):
            offset = form.places[max(0, bisect.bisect_right(form.starts, at) - 1)]
            line = form.source.count("\n", 0, offset) + 1
            around = " ".join(form.source[max(0, offset - 30) : offset + 50].split())
            yield Hit(self.file, f"{place}, line {line}".lstrip(", "), kind, what, around)


def _forms(text: str) -> Iterator[tuple[str, str]]:
    """The text with entities, percent signs and escapes undone, and each form without tags."""
    steps: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("plain", lambda t: t),
        ("entities", html.unescape),
        ("percent", unquote),
        ("escapes", _unescape),
        ("CSS escapes", lambda t: _CSS.sub(lambda m: _char(m[1]), t)),
        ("quoted-printable", _unquote),
    )
    shapes = {text}
    for name, step in steps:
        form = step(text)
        for _ in range(_STEPS if form != text else 0):  # what one step shows may hide another
            form, before = _unescape(unquote(html.unescape(form))), form
            if form == before:
                break
        for label, shape in ((name, form), (f"{name} without tags", _TAG.sub("", form))):
            if shape not in shapes:
                shapes.add(shape)
                yield label, shape


def _unquote(text: str) -> str:
    def plain(run: re.Match[str]) -> str:
        return bytes.fromhex(run[0].replace("=", "")).decode("utf-8", "replace")

    return re.sub(r"(?:=[0-9A-F]{2})+", plain, text.replace("=\n", ""))


def _unescape(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        if match[3]:
            return match[3] if match[3] in "/\"'" else " "
        return _char(match[1] or match[2])

    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(letter, text)
    # two halves of one character make it
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _char(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number < 0x110000 else ""


def _split_encoded(text: str) -> tuple[str, list[tuple[int, str, bytes]]]:
    """The text without base64 and hex runs that decode, and those as (line, name, bytes)."""
    parts: list[tuple[int, str, bytes]] = []

    def take(match: re.Match[str], name: str, data: bytes | None) -> str:
        if data is None:
            return match[0]
        parts.append((text.count("\n", 0, match.start()) + 1, name, data))
        # a word that only looks like base64 stays searchable; a picture's letters do not
        return match[0] if len(match[0]) < 200 else " "

    clear = _BASE64.sub(lambda m: take(m, "base64", _decode(m[0])), text)
    for match in _HEX.finditer(text):
        take(match, "hex", bytes.fromhex(match[0]))
    return clear, parts


def _decode(run: str) -> bytes | None:
    body = (
        re.sub(r"^data:.*?;base64,|\\n|\s", "", run).rstrip("=").replace("-", "+").replace("_", "/")
    )
    if len(body) < 16:
        return None
    try:
        data = base64.b64decode(body[: len(body) - (len(body) % 4 == 1)] + "=" * (-len(body) % 4))
    except (ValueError, binascii.Error):
        return None
    if len(run) >= 200 or run.startswith("data:"):
        return data
    readable = sum(32 <= b < 127 or b >= 0xC2 for b in data)
    return data if readable >= 0.9 * len(data) else None


def _parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Files inside a file: members of a zip, gzip and zlib data, texts and profiles of a PNG."""
    if data[:4] == b"PK\x03\x04":
        yield from _members(data)
    elif data[:2] == b"\x1f\x8b" or data[:2] in (b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
        if (out := _inflate(data, 47)) is not None:
            yield "packed", out
    elif data[:4] == b"\x89PNG":
        yield from _png(data)
    elif data[:5] == b"%PDF-":
        for n, match in enumerate(re.finditer(rb"stream\r?\n(.*?)endstream", data, re.DOTALL)):
            if (out := _inflate(match[1], 15)) is not None:
                yield f"stream {n}", out


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Members of a zip that are not larger than LARGEST; none of a damaged or locked one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.file_size <= LARGEST:
                    yield member.filename, archive.read(member)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
        return


def _png(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 8
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        if kind in (b"tEXt", b"eXIf"):
            yield kind.decode("latin-1"), body.replace(b"\0", b" ")
        elif kind in (b"zTXt", b"iTXt"):
            tail = body.partition(b"\0")[2]
            for start in (1, 2 + len(tail[2:].split(b"\0", 2)[0]) + 1):
                if (out := _inflate(tail[start:].lstrip(b"\0"), 15)) is not None:
                    yield kind.decode("latin-1"), out
            yield kind.decode("latin-1"), body.replace(b"\0", b" ")
        at += 12 + size


def _inflate(data: bytes, window: int) -> bytes | None:
    try:
        return zlib.decompressobj(window).decompress(data, LARGEST)
    except zlib.error:
        return None


def _text(data: bytes) -> str | None:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if text.count("\0") * 20 < len(text) + 1 else None

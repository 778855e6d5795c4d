"""The encoding of a text file: its mark, valid UTF-8, zeros, else charset-normalizer.

charset-normalizer tells scripts apart (Cyrillic, Greek, Japanese, …) but not the code pages of one
script in a few short captions: it reads "Café" in cp1252 as Arabic. So Latin words are told by
their form, and among the Latin code pages the one counts whose letters make words; cp1252 when
nothing speaks against it, as spreadsheets write it most.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import IO, Any

from charset_normalizer import from_bytes

from vtlib.core.errors import BadInput

BLOCK = 1 << 20
SAMPLE = 100_000  # bytes of words with other than ASCII letters; more make the answer no better
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATIN = ("cp1252", "cp1254", "cp1250")
# Code pages that spreadsheets and old exports write, beside the Latin ones.
_SINGLE_BYTE = ("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256")
_OTHERS = (*_SINGLE_BYTE, "cp932", "gb18030", "big5", "cp949")
_WORDS = re.compile(rb"[A-Za-z'\x80-\xff]*[\x80-\xff][A-Za-z'\x80-\xff]*")
_HIGH = re.compile(rb"[\x80-\xff]+")
_SEQUENCES = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b]")
_ESCAPED = re.compile("[\udc80-\udcff]+")
MAX_MESS = 0.2  # charset-normalizer's `chaos`: from here on it is unsure itself


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name and how it is known: `mark`, `valid`, `detected`, `option` or `unknown`.

    `is_broken`: UTF-8 with some bytes that are none.
    """

    name: str
    basis: str
    is_broken: bool = False

    @property
    def errors(self) -> str:
        """How the codec is to treat bytes that it has not."""
        return "surrogateescape" if self.is_broken else "replace"

    @property
    def note(self) -> str:
        """A clause for people; empty for plain UTF-8."""
        if self.is_broken:
            return "UTF-8 with bytes that are none (read as cp1252 where single, else as �)"
        if self.basis == "unknown":
            return "bytes of no known encoding, read as �"
        plain = self.name.startswith("utf-8") and self.basis != "option"
        return "" if plain else f"read as {self.name.upper().replace('CP', 'cp')} ({self.basis})"


UTF8 = Encoding("utf-8", "valid", is_broken=True)
_UNKNOWN = Encoding("utf-8", "unknown")


def detect_encoding(stream: IO[bytes], *, file: str = "", option: str = "") -> Encoding:
    """The encoding of all of `stream`, read in blocks; memory stays flat.

    `option` is what a person says it is. Raises BadInput for an unknown codec, for bytes that are
    no text, and where neither the marks, nor UTF-8, nor charset-normalizer can tell.
    """
    if option:
        return Encoding(_codec(option, file), "option")
    head = stream.read(BLOCK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, "mark")
    if b"\x00" in head[:4096]:
        return Encoding(_wide(head[:4096], file), "detected")
    valid, sample = _scan(head, stream)
    if valid:
        return Encoding("utf-8", "valid")
    return _guess(sample, file)


def json_encoding(stream: IO[bytes]) -> Encoding:
    """The encoding of all of a JSON `stream`, read in blocks and set back to its start.

    Nothing is refused: what cannot be told is `unknown`, UTF-8 with � for bytes that are none.
    """
    head = stream.read(4)
    stream.seek(0)
    if _is_wide_json(head):
        return Encoding(json.detect_encoding(head), "detected")
    try:
        return detect_encoding(stream)
    except BadInput:
        return _UNKNOWN
    finally:
        stream.seek(0)


def utf8(stream: IO[bytes], encoding: Encoding = UTF8) -> IO[bytes]:
    """The stream of `encoding` as UTF-8 without a mark at its start.

    One in a single-byte code page is given back as it is, for `decode_bytes` to read by parts: its
    quotes and brackets are those of ASCII, and a line that another program appended may be UTF-8.
    """
    head = stream.read(4)
    stream.seek(0)
    if head.startswith(codecs.BOM_UTF8):
        stream.seek(len(codecs.BOM_UTF8))
        return stream
    marked = head.startswith(tuple(mark for mark, _ in _MARKS))
    name = json.detect_encoding(head) if marked or _is_wide_json(head) else encoding.name
    if name.startswith("utf-8") or name in (*_LATIN, *_SINGLE_BYTE):
        return stream
    return io.BufferedReader(_Recoded(stream, name), BLOCK)


def decode_bytes(text: bytes, encoding: Encoding = UTF8) -> str:
    """Bytes of a stream that `utf8` gave: UTF-8 where they are valid, else the file's encoding."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return mend_escaped(text.decode(encoding.name, encoding.errors))


class _Recoded(io.RawIOBase):
    """The bytes of a stream of another encoding, as UTF-8."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._text = codecs.getreader(encoding)(stream, "replace")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._rest:
            words = self._text.read(BLOCK)
            if not words:
                return 0
            self._rest = words.lstrip("\ufeff").encode("utf-8", "replace")
        size = min(len(target), len(self._rest))
        target[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _is_wide_json(head: bytes) -> bool:
    """UTF-16 or UTF-32 without a mark: text in it has NULs where JSON has none."""
    return len(head) == 4 and head.count(0) in (2, 3) and any(b in head for b in b"[{")


def mend_escaped(text: str) -> str:
    """Repair `surrogateescape` text: a single byte is cp1252, several are U+FFFD."""
    return _ESCAPED.sub(_mend, text) if _ESCAPED.search(text) else text


def _mend(match: re.Match[str]) -> str:
    raw = bytes(ord(c) - 0xDC00 for c in match.group())
    return raw.decode("cp1252", "replace") if len(raw) == 1 else "\ufffd"


def _codec(name: str, file: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise BadInput(
            f"there is no encoding {name}.", todo="E.g. utf-8, utf-16, cp1252, cp1251.", file=file
        ) from None


def _wide(head: bytes, file: str) -> str:
    """UTF-16 without a mark: zeros at every other byte of what is mostly ASCII."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    name = "utf-16-le" if odd > even else "utf-16-be"
    is_mostly_ascii = max(odd, even) > 0.4 * half and min(odd, even) < 0.1 * half
    if is_mostly_ascii and not _CONTROLS.search(head[: len(head) // 2 * 2].decode(name, "replace")):
        return name
    raise BadInput("this is not text", todo="Export as JSON, JSONL or CSV.", file=file)


def _scan(head: bytes, stream: IO[bytes]) -> tuple[bool, bytes]:
    """Whether all is valid UTF-8, and words with other than ASCII letters."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, sample = True, bytearray()
    block = head
    while block:
        if valid:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                valid = False
        if len(sample) < SAMPLE and not block.isascii():
            sample += b"\n".join(_WORDS.findall(block)[: SAMPLE // 10]) + b"\n"
        block = stream.read(BLOCK)
    if valid:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            valid = False
    return valid, bytes(sample[:SAMPLE])


def _guess(sample: bytes, file: str) -> Encoding:
    sequences = _SEQUENCES.findall(sample)
    n_odd = len(_HIGH.findall(_SEQUENCES.sub(b" ", sample)))
    if len(sequences) > n_odd:
        return Encoding("utf-8", "valid", is_broken=True)
    if _is_latin(sample):
        return Encoding(min(_LATIN, key=lambda name: _oddness(sample, name)), "detected")
    results = from_bytes(
        sample, cp_isolation=[*_OTHERS], enable_fallback=False, preemptive_behaviour=False
    )
    best = results.best()
    if best is None or best.chaos > MAX_MESS:
        raise BadInput(
            "its encoding cannot be told: it is no UTF-8.",
            todo="Save it as UTF-8, or say which it is: --encoding cp1252.",
            file=file,
        )
    return Encoding(best.encoding, "detected")


def _is_latin(sample: bytes) -> bool:
    """Whether most words with high bytes are ASCII letters with one or two high bytes in a row."""
    words = [w for w in sample.split() if len(w) > 1] or sample.split()
    runs = _HIGH.findall(b" ".join(words))
    high = sum(map(len, runs))
    n_leads = sum(r[0] in _LEADS and len(r) == 1 for r in runs)
    few = high < 0.6 * sum(map(len, words)) or len(words[0]) == 1
    return bool(runs) and few and high <= 1.7 * len(runs) and n_leads <= 0.5 * len(runs)


# Bytes that begin a Japanese kana pair in cp932; in cp1252 they are signs no word is made of.
_LEADS = frozenset((0x81, 0x82, 0x83))
_ICELANDIC = frozenset("áíóúæÁÍÓÚÆ")


def _oddness(sample: bytes, name: str) -> float:
    """Characters that belong into no word, read as `name`; infinite if it cannot be decoded."""
    try:
        text = sample.decode(name)
    except UnicodeDecodeError:
        return float("inf")
    strange = sum(
        len(word) > 1 and _is_strange(c) for word in text.split() for c in word if ord(c) > 127
    )
    if name == "cp1252" and not _ICELANDIC & set(text):
        strange += sum(text.count(c) for c in "ðÐþÞÝý")  # Turkish ğ, ş and İ in cp1254
    return strange


def _is_strange(character: str) -> bool:
    """A sign that no word has: superscript, fraction, accent alone; quotes and dashes do."""
    return unicodedata.category(character) in ("No", "Sk", "So", "Sc", "Sm") or character in "¿¡ªºƒ"

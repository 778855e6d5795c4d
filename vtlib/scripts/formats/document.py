"""The input of an exporter: one version with its product, schedule and frames; and the stamp of
copies.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.core.language import PageReader, say, word
from vtlib.scripts.schedule import Clash, PlannedDay, Shoot
from vtlib.scripts.script import Script, fingerprint

_STAMP = re.compile(rb"vt-script=([\w.-]+);version=(\d+);fingerprint=([0-9a-f]{10})")
_FACTS = re.compile(
    rb"^script_id: '?([\w.-]+)'?\nversion: (\d+)\nstatus: \w+\ndate: .*\nfingerprint: '?([0-9a-f]{10})'?$",  # noqa: E501
    re.MULTILINE,
)
_FILE_NAME = re.compile(r"^(?P<id>.+)-v(?P<version>\d+)(?:[._-].*)?$")
_MEMBER_MAX = 20_000_000
# The frame rates that edit lists know, as people call them.
RATES = {
    "23.976": Fraction(24000, 1001),
    "24": Fraction(24),
    "25": Fraction(25),
    "29.97": Fraction(30000, 1001),
    "30": Fraction(30),
    "50": Fraction(50),
    "59.94": Fraction(60000, 1001),
    "60": Fraction(60),
}


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a script as an exporter needs it.

    `exported_at` aware; `rate` frames/s, exact; `frames` are pictures (PNG or JPEG bytes) by beat
    id; `media` is the source proxy that the beats' `source_start_s` refer to, `media_s` its length
    in s; `contacts`: contact and details of talent and places, by name in lower case; `being_shot`
    says which approved version is in production while this one is not it.
    """

    script: Script
    script_id: str
    version: int
    status: str
    exported_at: datetime
    made_by: str = ""
    notes: str = ""
    being_shot: str = ""
    product: Mapping[str, Any] = field(default_factory=dict)
    brand: str = ""
    project: str = ""
    rate: Fraction = Fraction(30)
    frames: Mapping[str, bytes] = field(default_factory=dict)
    media: Path | None = None
    media_s: float = 0.0
    slates: str = ""
    logo: Path | None = None
    templates: Path | None = None
    shoots: tuple[Shoot, ...] = ()
    clashes: tuple[Clash, ...] = ()
    deadlines: tuple[PlannedDay, ...] = ()
    contacts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reader: PageReader = field(default_factory=PageReader)

    @property
    def date(self) -> str:
        return self.exported_at.strftime("%Y-%m-%d")

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.script)

    @property
    def stamp(self) -> dict[str, Any]:
        """What a copy says of itself, for formats with facts of their own."""
        return {
            "script_id": self.script_id,
            "version": self.version,
            "status": self.status,
            "date": self.date,
            "fingerprint": self.fingerprint,
        }

    @property
    def stamp_text(self) -> str:
        """The stamp for people: version, status, date, which script."""
        shot = f" · {self.being_shot}" if self.being_shot else ""
        return say(
            "version {version} ({word}) · {date} · {script_id} · {fingerprint}{shot}",
            version=self.version,
            word=word(self.status),
            date=self.date,
            script_id=self.script_id,
            fingerprint=self.fingerprint,
            shot=shot,
        )

    @property
    def stamp_token(self) -> str:
        """The stamp for machines: `read_stamp` finds it in any file that holds it as bytes."""
        return f"vt-script={self.script_id};version={self.version};fingerprint={self.fingerprint}"

    @property
    def file_stem(self) -> str:
        return f"{self.script_id}-v{self.version}"


@dataclass(frozen=True, slots=True)
class FormattedDocument:
    """A file's bytes, and warnings for its reader (a missing font, a clip that does not fit)."""

    data: bytes
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how a file's name ends, what it is, and what writes it."""

    suffix: str
    what: str
    write: Callable[[Document], FormattedDocument]

    def file_name(self, stem: str, name: str) -> str:
        """`stem` with this format's ending, and its `name` between where the ending does not say
        it.
        """
        is_said = name in (self.suffix[1:], "markdown")
        return f"{stem}{self.suffix}" if is_said else f"{stem}-{name}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a copy says of itself; `fingerprint` is empty where only the file's name says it."""

    script_id: str
    version: int
    fingerprint: str = ""


def rate_of(text: str) -> Fraction:
    """The exact frame rate people call `text`. Raises BadInput for one that edit lists do not
    know.
    """
    if text not in RATES:
        raise BadInput(
            f"{text} is no frame rate of edit lists.", todo=f"One of: {', '.join(RATES)}."
        )
    return RATES[text]


def read_stamp(data: bytes, *, name: str = "") -> Stamp | None:
    """The stamp in a file of any format, else in its name; None when there is none."""
    for text in _texts(data):
        if match := _STAMP.search(text) or _FACTS.search(text):
            return Stamp(match[1].decode(), int(match[2]), match[3].decode())
    if name_match := _FILE_NAME.match(name):
        return Stamp(name_match["id"], int(name_match["version"]))
    return None


def _texts(data: bytes) -> list[bytes]:
    """The bytes themselves or, of a zip archive, its members (office files are such)."""
    if not data.startswith(b"PK\x03\x04"):
        return [data.replace(b"\r\n ", b"").replace(b"\r\n", b"\n")]  # iCalendar folds long lines
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            small = [m for m in archive.infolist() if m.file_size < _MEMBER_MAX]
            return [archive.read(m) for m in small]
    except zipfile.BadZipFile:
        return []

"""Pages set by typst: templates of ours or of an agency, the data beside them as JSON.

Text reaches typst as data, never as markup, so that nothing in it is run (pitfall 51). Compilation
happens in a folder of its own: a template reads what lies there and nothing else.
"""

from __future__ import annotations

import io
import json
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import typst
from fontTools.ttLib import TTFont, TTLibError
from PIL import Image, UnidentifiedImageError

from vtlib.core.errors import BadInput, VtError
from vtlib.core.language import marked, say
from vtlib.scripts.formats.document import FormattedDocument

OURS = Path(__file__).parent / "templates"
# Words of our templates; an agency's may use them too: own("Time").
_LABELS = marked(
    (
        *("The product", "The idea", "Must be in it", "May be said", "Beat by beat", "For"),
        *("Not to be said (not cleared)", "Length", "Model", "First seconds", "Call to action"),
        *("Bring", "Where", "Conflicts", "No shoot is planned yet.", "Name", "Role", "Call"),
        *("Contact", "Location", "Contact there", "Props", "Beats", "Notes", "Difficulty"),
        *("Audience", "Product", "Talent", "Locations", "Time", "Video", "Audio", "Claims", "#"),
        *("Start", "What is seen", "Size", "Angle", "Movement", "Lens", "to", "Words", "Script"),
        *("Storyboard", "Shot list", "Voice-over", "Call sheet", "Brief"),
    )
)
_PICTURE_MAX = (1080, 1920)
# In order of preference; the first that is there sets plain text, the others fill its gaps. Noto
# Sans and Noto Emoji come with the package manimgx-fonts (the Noto project's files, OFL).
_SANS = (
    "Noto Sans",
    "Inter",
    "DejaVu Sans",
    "Liberation Sans",
    "Arial",
    "Helvetica",
    "Libertinus Serif",
    "Noto Color Emoji",
    "Noto Emoji",
)
_PACKAGES = (
    ("EMOJI", "fonts-noto-color-emoji"),
    ("CJK HIRAGANA KATAKANA HANGUL BOPOMOFO", "fonts-noto-cjk"),
    ("", "fonts-noto-core"),
)
# The fonts inside typst (Libertinus Serif, New Computer Modern) have no file to look into; they
# draw these.
_EMBEDDED = (
    frozenset(range(0x20, 0x250)) | frozenset(range(0x370, 0x400)) | frozenset(range(0x400, 0x460))
)
_EMBEDDED_SIGNS = frozenset(map(ord, "–—‘’“”„†‡•…‰‹›€™−"))


@dataclass(frozen=True, slots=True)
class TypstDocument:
    """One document to set: template `name`.typ, its data, pictures by the file name the data
    uses.
    """

    name: str
    data: Mapping[str, Any]
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    templates: Path | None = None
    made_at: datetime | None = None


def pdf(job: TypstDocument) -> FormattedDocument:
    """The document as PDF. Raises VtError when the template is broken, with typst's own words."""
    pages, warnings = _compile(job, "pdf")
    return FormattedDocument(pages[0], warnings)


def images(job: TypstDocument, *, ppi: float = 72) -> tuple[bytes, ...]:
    """Each page as PNG at `ppi` pixels an inch (72: one pixel a typst point)."""
    return _compile(job, "png", ppi=ppi)[0]


def count_pages(job: TypstDocument) -> int:
    """How many pages the document takes."""
    return len(_compile(job, "svg")[0])


def readable_picture(data: bytes) -> bytes | None:
    """A picture as clean JPEG of at most 1080 x 1920 pixels; None when it is none."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            plain = picture.convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return None
    plain.thumbnail(_PICTURE_MAX)
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=85)
    return out.getvalue()


def logo_picture(path: Path) -> bytes:
    """A logo as `readable_picture` has it. Raises BadInput for a file that is none."""
    if not path.is_file():
        raise BadInput(f"there is no logo {path}.", todo="Name a PNG or JPEG file.")
    picture = readable_picture(path.read_bytes())
    if picture is None:
        raise BadInput("the logo is no picture.", file=str(path), todo="Name a PNG or JPEG file.")
    return picture


def _compile(
    job: TypstDocument, form: Literal["pdf", "png", "svg"], *, ppi: float = 72
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    data = {"fonts": families(), "labels": {w: say(w) for w in _LABELS}, **job.data}
    with tempfile.TemporaryDirectory(prefix="vt-typst-") as directory:
        folder = Path(directory)
        main = _lay_out(folder, job)
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        options: dict[str, Any] = {"ppi": ppi} if form == "png" else {}
        if form == "pdf" and job.made_at is not None:
            options["timestamp"] = job.made_at.replace(microsecond=0)
        try:
            output, messages = typst.compile_with_warnings(
                main, root=folder, format=form, font_paths=_fonts(), **options
            )
        except typst.TypstError as error:
            raise VtError(
                f"the template {job.name}.typ could not be set: {error}",
                todo="Correct the template in the workspace's templates/, or move it away to use "
                "ours.",
            ) from None
    pages = tuple(output) if isinstance(output, list) else (output,)
    warnings = [str(getattr(w, "message", w)) for w in messages]
    text = json.dumps(job.data, ensure_ascii=False)
    return pages, tuple(dict.fromkeys(warnings)) + font_warning(text)


def _lay_out(folder: Path, job: TypstDocument) -> Path:
    """Put templates (an agency's over ours) and pictures into `folder`; returns the main file."""
    places = [OURS] + ([job.templates] if job.templates and job.templates.is_dir() else [])
    for path in (p for place in places for p in sorted(place.glob("*.typ"))):
        (folder / path.name).write_bytes(path.read_bytes())
    for name, picture in job.pictures.items():
        (folder / Path(name).name).write_bytes(picture)
    main = folder / f"{job.name}.typ"
    if not main.exists():
        raise BadInput(f"there is no template {job.name}.typ.", todo=f"Ours are in {OURS.name}/.")
    return main


@cache
def _fonts() -> typst.Fonts:
    """The fonts of typst, of this machine and of the package."""
    package = find_spec("manimgx_fonts")
    places = list(package.submodule_search_locations or ()) if package else []
    return typst.Fonts(font_paths=places)


@cache
def families() -> tuple[str, ...]:
    """Names of the fonts that are there to set text in, preferred first; never empty (typst brings
    some).
    """
    there = set(_fonts().families())
    return tuple(n for n in _SANS if n in there)


def undrawable(text: str) -> str:
    """The characters of `text`, each once and sorted, that no installed font can draw."""
    codes = {ord(c) for c in text if _is_drawn(c)} - _EMBEDDED - _EMBEDDED_SIGNS
    for path, index in _files():
        if not codes:
            break
        codes -= _coverage(path, index)
    return "".join(map(chr, sorted(codes)))


def font_warning(text: str) -> tuple[str, ...]:
    """What to tell the reader of a document when fonts are missing: which writing, what to
    install.
    """
    characters = undrawable(text)
    if not characters:
        return ()
    kinds = sorted({_writing(c) for c in characters})
    packages = sorted({next(p for names, p in _PACKAGES if not names or k in names) for k in kinds})
    sentence = (
        f"no installed text font has {len(characters)} character(s) of {', '.join(kinds)}; boxes "
        "or odd signs stand for them."
    )
    return (f"{sentence} Install e.g. {' '.join(packages)}.",)


@cache
def _files() -> tuple[tuple[str, int], ...]:
    """One file a family is enough: its regular face; big ones last."""
    faces = sorted(_fonts().fonts(), key=lambda f: (f.family.startswith("Noto Sans CJK"), f.family))
    plain = [f for f in faces if f.path and f.style == "normal" and 350 <= f.weight <= 450]
    return tuple(dict.fromkeys((str(f.path), f.index) for f in plain))


@cache
def _coverage(path: str, index: int) -> frozenset[int]:
    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or {})
    except (OSError, TTLibError):
        return frozenset()


def _is_drawn(char: str) -> bool:
    category = unicodedata.category(char)
    return category not in ("Cf", "Cc", "Zs", "Zl", "Zp") and not "\ufe00" <= char <= "\ufe0f"


def _writing(char: str) -> str:
    """The writing system as the character's Unicode name begins; pictographs are EMOJI."""
    if ord(char) >= 0x1F000 and unicodedata.category(char) in ("So", "Sk", "Cn"):
        return "EMOJI"
    return unicodedata.name(char, "UNKNOWN").split()[0]

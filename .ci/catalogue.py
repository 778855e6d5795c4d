"""Collect the sentences of pages and scripts' documents; bring the catalogues up to date.

    python .ci/catalogue.py           write vtlib/locale/<language>/LC_MESSAGES/vtlib.po anew
    python .ci/catalogue.py --check   say what a catalogue lacks; exit code 1 if anything

Sentences stand in Python as say("..."), stored("..."), say_n("one", "many", n),
number(n, "noun", "plural"), marked(...); in templates as _("...") and ngettext("one", "many", n);
in the glossary; and in the notebooks' markdown.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de",)
_SINCE = datetime(2026, 11, 28, tzinfo=UTC)
Message = str | tuple[str, str]  # one text, or (one, many)


class Stored(str):
    """The form of a sentence of the store: the catalogue says so beside it."""

    __slots__ = ()


_HEADING = re.compile(r"^#+ +")


def catalogue_path(language: str) -> Path:
    """The catalogue of a language."""
    return ROOT / "vtlib" / "locale" / language / "LC_MESSAGES" / "vtlib.po"


def collect() -> dict[Message, list[str]]:
    """Each message with the files that it stands in, in the order of the files."""
    places: dict[Message, list[str]] = {}
    for path, message in _all():
        name = path.relative_to(ROOT).as_posix()
        if isinstance(message, Stored):  # a key that is there keeps its type
            places[message] = places.pop(message, [])
        if name not in places.setdefault(message, []):
            places[message].append(name)
    several = {m[0]: m for m in places if isinstance(m, tuple)}
    for text in [m for m in places if m in several]:  # gettext keeps one entry a text
        places[several[str(text)]] += places.pop(text)
    return places


def _all() -> Iterator[tuple[Path, Message]]:
    for path in sorted((ROOT / "vtlib").rglob("*.py")):
        for message in python_messages(path.read_text(encoding="utf-8")):
            yield path, message
    for path in sorted((ROOT / "vtlib").rglob("*.j2")):
        for message in template_messages(path.read_text(encoding="utf-8")):
            yield path, message
    path = ROOT / "vtlib" / "report" / "glossary.yaml"
    for term in yaml.safe_load(path.read_text(encoding="utf-8")).values():
        for text in (term["name"], term["meaning"], term.get("statistics"), *term.get("words", [])):
            if text:
                yield path, text
    for path in sorted((ROOT / "notebooks").glob("0*.ipynb")):
        for text in notebook_messages(json.loads(path.read_text(encoding="utf-8"))):
            yield path, text


def python_messages(source: str) -> Iterator[Message]:
    """Messages of a module."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        texts = [_text(argument) for argument in node.args]
        if name in ("say", "stored") and texts and texts[0]:
            yield texts[0] if name == "say" else Stored(texts[0])
        elif name in ("say_n", "marked_n") and len(texts) > 1 and texts[0] and texts[1]:
            yield texts[0], texts[1]
        elif name in ("number", "count_of") and len(texts) > 1 and texts[1]:
            yield texts[1], (len(texts) > 2 and texts[2]) or f"{texts[1]}s"
        elif name == "finish_stage":
            yield from (_label(k.arg) for k in node.keywords if k.arg)
        elif name in ("Feature", "_fact") and len(texts) > 1:
            yield from filter(None, (_label(texts[0]), texts[1]))
        elif name == "marked":
            yield from filter(None, _marked(node.args[0]))


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _marked(node: ast.expr) -> Iterator[str]:
    """Texts of a literal: values of a mapping, items of a list; a list of the field's words by name
    (core/models.py).
    """
    if isinstance(node, ast.Dict):
        children = node.values
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        children = node.elts
    elif isinstance(node, ast.Starred) and isinstance(node.value, ast.Name):
        from vtlib.core import models  # noqa: PLC0415

        words: Any = getattr(models, node.value.id)
        yield from (str(word).replace("_", " ") for word in words)
        return
    elif isinstance(node, ast.Starred):
        children = [node.value]
    else:
        text = _text(node)
        is_column = re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", text)
        yield _label(text) if is_column else text
        return
    for child in children:
        yield from _marked(child)


def _label(name: str) -> str:
    from vtlib.tables.html import plain_label  # noqa: PLC0415

    return plain_label(name)


def template_messages(source: str) -> Iterator[Message]:
    """Messages of a template."""
    env = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for _, function, texts in env.extract_translations(source):
        found = [texts] if isinstance(texts, str) else [t for t in texts or () if t]
        if not found:
            continue
        yield (found[0], found[1]) if function == "ngettext" else found[0]


def notebook_messages(notebook: dict[str, Any]) -> Iterator[str]:
    """Each line of its markdown, without the sign of a heading; titles and columns of its code."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.keyword) and node.arg in ("columns", "title"):
                    yield from filter(None, _marked(node.value))
        if cell["cell_type"] == "markdown":
            for line in "".join(cell["source"]).splitlines():
                if line.strip():
                    yield _HEADING.sub("", line.strip())


def renew(language: str) -> Catalog:
    """The catalogue of a language with today's messages; translations stay, old messages go."""
    path = catalogue_path(language)
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as stream:
            known = read_po(stream, locale=language)
    fresh = Catalog(
        locale=language, project="ViralTracker", header_comment="", charset="utf-8", fuzzy=False
    )
    fresh.creation_date = fresh.revision_date = _SINCE  # the same again is the same file
    for message, files in collect().items():
        key = message[0] if isinstance(message, tuple) else message
        old = known.get(key)
        text: Any = old.string if old else ("" if isinstance(message, str) else ("", ""))
        if isinstance(message, tuple) != isinstance(text, tuple):
            text = ("", "") if isinstance(message, tuple) else ""
        remarks = ["stored"] if isinstance(message, Stored) else []
        places = [(name, None) for name in sorted(set(files))]
        fresh.add(message, text, locations=places, auto_comments=remarks)
    return fresh


def write(language: str) -> None:
    """Write a catalogue anew."""
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = renew(language)
    with path.open("wb") as stream:
        write_po(stream, catalogue, width=100, sort_output=True, omit_header=False)


def lacks(language: str) -> list[str]:
    """What is missing or wrong in a catalogue, a line each."""
    catalogue = renew(language)
    lines = []
    for message in catalogue:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        if not all(texts):
            lines.append(f"not translated: {ids[0]}")
            continue
        lines += [
            f"other places: {ids[0]} -> {text}"
            for text in texts
            if _places(text) != _places(ids[-1]) and _places(text) != _places(ids[0])
        ]
        if len(ids) != len(texts):
            lines.append(f"plural forms: {ids[0]}")
    return lines


def _places(text: str) -> set[str]:
    return set(re.findall(r"(?<!\{)\{(\w+)", text))


if __name__ == "__main__":
    if "--check" in sys.argv:
        faults = [line for language in LANGUAGES for line in lacks(language)]
        print("\n".join(faults))
        sys.exit(1 if faults else 0)
    for each in LANGUAGES:
        write(each)

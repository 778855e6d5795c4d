"""Text formats: Markdown, Fountain, JSON, and the texts of Jinja templates (teleprompter,
voice-over).
"""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import TemplateError

from vtlib.core.errors import BadInput
from vtlib.scripts import fountain as fountain_text
from vtlib.scripts import markdown as markdown_text
from vtlib.scripts.formats import page_data
from vtlib.scripts.formats.document import Document, FormattedDocument
from vtlib.scripts.formats.template_limits import LimitedEnvironment
from vtlib.scripts.script import plain

OURS = Path(__file__).parent / "templates"


def markdown(document: Document) -> FormattedDocument:
    """The script as Markdown, to edit and import again."""
    text = markdown_text.write(document.script, stamp=document.stamp)
    return _written(text)


def fountain(document: Document) -> FormattedDocument:
    """The script as Fountain screenplay text, to edit and import again."""
    text = fountain_text.write(document.script, stamp=document.stamp)
    return _written(f"{text}\n/* {document.stamp_token} */\n")


def as_json(document: Document) -> FormattedDocument:
    """The script whole, with its stamp."""
    data = {**document.stamp, "stamp": document.stamp_token, "script": plain(document.script)}
    return _written(json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def teleprompter(document: Document) -> FormattedDocument:
    """Only what is said, in short lines."""
    return _templated(document, "teleprompter.txt.j2")


def voiceover(document: Document) -> FormattedDocument:
    """What is said with times and the rate of words."""
    return _templated(document, "voiceover.txt.j2")


def _templated(document: Document, name: str) -> FormattedDocument:
    """A text from a template, an agency's over ours; text is data and is not run."""
    own = document.templates / name if document.templates else None
    path = own if own and own.is_file() else OURS / name
    machine = LimitedEnvironment(autoescape=False, trim_blocks=True, lstrip_blocks=True)
    try:
        data = page_data.voiceover(document)
        text = machine.from_string(path.read_text(encoding="utf-8")).render(d=data)
    except (
        TemplateError,
        ArithmeticError,
        TypeError,
        ValueError,
        LookupError,
        MemoryError,
        RecursionError,
    ) as error:
        raise BadInput(
            f"the template {name} could not be used: {error}",
            todo="Correct it in the workspace's templates/, or move it away to use ours.",
        ) from None
    return _written(text.rstrip() + "\n")


def _written(text: str) -> FormattedDocument:
    return FormattedDocument(text.encode("utf-8"))

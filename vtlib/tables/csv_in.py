"""Spreadsheets that people filled in, read as they come: with commas or semicolons, with or without a BOM."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from vtlib.errors import BadInput


def rows_of(path: Path, *, needed: Sequence[str], todo: str = "") -> list[dict[str, str]]:
    """The rows of a CSV. Raises BadInput when it cannot be read or lacks one of the columns `needed`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {error}", file=str(path)) from None
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(
        io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ","
    )
    if missing := set(needed) - set(reader.fieldnames or ()):
        named = ", ".join(sorted(missing))
        raise BadInput(f"the columns {named} are missing", todo=todo, file=path.name)
    return list(reader)

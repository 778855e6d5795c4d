"""What the store holds of strangers to a project, made ready to be sought; and what may be said
of their posts.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson

import vtlib
from vtlib.core.models import HOOK_TYPES
from vtlib.core.settings import make_private
from vtlib.store.connection import Store
from vtlib.store.leaks import Needles, make_needles

SALT = "pseudonyms.salt"
_WORD_KEYS = (
    "text",
    "spoken",
    "speech",
    "overlay",
    "overlay_text",
)  # word for word, in answers and measures
_TOKEN = re.compile(r"[^\W_]+")
_NAMES = ("own handle", "own name", "own id", "own url")


def needles(store: Store, project: str, *, own: Sequence[str] = ()) -> Needles:
    """All that leads to a stranger of `project`, from the whole workspace. `own`: texts of the
    project's YAML.
    """
    rows = store.query_file("strangers", project=project)
    found = list(zip(rows["account_id"], rows["kind"], rows["text"], strict=True))
    split = [(a, k.replace("json", "text"), t) for a, k, raw in found for t in _texts(k, raw)]
    return make_needles(
        (row for row in split if not row[1].startswith("own")),
        own=[*own, *(t for _, k, t in split if k == "own text")],
        own_names=[t for _, k, t in split if k in _NAMES],
        common=program_words().__contains__,
    )


def known_of_posts(store: Store, project: str) -> dict[str, str]:
    """Post id -> "result first hook, 23 s, fits Moon spatula": words from our lists, and
    numbers.
    """
    rows = store.query_file("known_of_posts", project=project)
    return {
        str(row["post_id"]): ", ".join(said)
        for row in rows.to_dict("records")
        if (said := list(_known({str(k): v for k, v in row.items()})))
    }


@cache
def program_words() -> frozenset[str]:
    """Words of this package's own sources: labels, names of columns, styles."""
    root = Path(vtlib.__file__).parent
    files = [
        p for p in root.rglob("*") if p.suffix in (".py", ".sql", ".j2", ".css", ".js", ".json")
    ]
    files += (root.parent / "notebooks").glob("*.ipynb")
    texts = (p.read_text(encoding="utf-8") for p in files)
    return frozenset(w for t in texts for w in _TOKEN.findall(t.casefold().replace("_", " ")))


def salt(outputs: Path) -> str:
    """The workspace's salt, `outputs/pseudonyms.salt`, made once and readable by its owner
    alone.
    """
    make_private(outputs)
    path = outputs / SALT
    if not path.exists():
        part = path.with_name(f".{SALT}.{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(secrets.token_hex(16), encoding="ascii")
        with contextlib.suppress(FileExistsError):  # of two at once the first stays
            os.link(part, path)
        part.unlink()
    return path.read_text(encoding="ascii").strip()


def _texts(kind: str, text: str) -> Iterator[str]:
    if not kind.endswith("json"):
        yield text
        return
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield text
        return
    yield from _words(value)


def _words(value: Any) -> Iterator[str]:
    """Texts that quote a film, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                if key in _WORD_KEYS:
                    yield inner
            else:
                yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def _known(row: dict[str, Any]) -> Iterator[str]:
    hooks = orjson.loads(row["hooks"]) if isinstance(row["hooks"], str) else []
    guesses = [h for h in hooks if isinstance(h, dict) and h.get("type") in HOOK_TYPES]
    if guesses:
        best = max(guesses, key=lambda h: float(h.get("probability") or 0))
        yield f"{best['type'].replace('_', ' ')} hook"
    if not guesses and isinstance(row["format"], str):
        yield row["format"]
    if row["duration_s"] == row["duration_s"] and row["duration_s"] is not None:
        yield f"{row['duration_s']:.0f} s"
    if isinstance(row["product"], str):
        yield f"fits {row['product']}"

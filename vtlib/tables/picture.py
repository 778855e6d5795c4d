"""A small JPEG inside the page that shows it."""

from __future__ import annotations

import base64
from html import escape


def inline(jpeg: bytes, about: str) -> str:
    """An <img> that holds the picture itself; `about` is its alternative text, as it is."""
    data = base64.b64encode(jpeg).decode("ascii")
    return f'<img alt="{escape(about, quote=True)}" src="data:image/jpeg;base64,{data}">'

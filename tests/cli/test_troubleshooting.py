"""Every message that docs/troubleshooting.md quotes is one that the code says."""

import re
from pathlib import Path

import pytest

import vtlib

ROOT = Path(vtlib.__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
# What stands in the first column of a table and is not said by our own code.
FOREIGN = {"Address already in use", "token is not valid"}


def quoted() -> list[str]:
    first = [line.split("|")[1] for line in PAGE.splitlines() if re.match(r"\| .*`", line)]
    return sorted({word for cell in first for word in re.findall(r"`([^`]+)`", cell)} - FOREIGN)


def said() -> str:
    """All source as one text: quotes and line ends of literals that continue are taken out."""
    files = [*sorted((ROOT / "vtlib").rglob("*.py")), ROOT / "Makefile"]
    text = "\n".join(f.read_text(encoding="utf-8") for f in files)
    return " ".join(re.sub(r'"\s*\n\s*f?"', "", text).split())


SAID = said()


@pytest.mark.parametrize("words", quoted())
def test_the_code_says_it(words: str) -> None:
    parts = [p for p in re.split(r"\d+|: Address already in use", words) if p.strip()]
    assert all(part.strip() in SAID for part in parts), f"no code says {words!r} (any more)"

"""A command, parameter or table that is not in the docs does not exist."""

import re
from pathlib import Path

import pytest

from vtlib.cli import docs, vt
from vtlib.cli.base import Command

DOCS = Path(__file__).parents[2] / "docs"
README = Path(__file__).parents[2] / "README.md"
COMMANDS = docs.walk(vt, ("vt",))
IDS = [" ".join(path) for path, _ in COMMANDS]


@pytest.mark.parametrize("name", list(docs.pages()))
def test_generated_pages_are_as_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == docs.pages()[name], "run: make docs"


@pytest.mark.parametrize(("path", "one"), COMMANDS, ids=IDS)
def test_help_says_what_it_does_and_ends_in_an_example(path, one) -> None:
    assert isinstance(one, Command)
    assert one.help
    assert one.example.startswith("vt ")
    assert any(line.startswith(" ".join(path)) for line in one.example.split(" && "))
    assert any("--json" in p.opts for p in one.params)


def test_the_readme_names_every_family_of_commands() -> None:
    text = README.read_text()
    missing = {path[1] for path, _ in COMMANDS if f"vt {path[1]}" not in text}
    assert not missing


def test_links_between_pages_lead_somewhere() -> None:
    links = [
        (page, target)
        for page in [README, *DOCS.glob("*.md")]
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    ]
    assert len(links) > 20
    for page, target in links:
        assert (page.parent / target).exists(), f"{page.name} -> {target}"

"""What hand-written pages tell people to type exists: each command, and each of its options."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from vtlib.cli import vt

ROOT = Path(__file__).parents[2]
GENERATED = ("commands.md", "parameters.md", "schema.md")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"] + [
    page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in GENERATED
]


def command_lines(text: str) -> Iterator[str]:
    """Each command in `text`: lines of code blocks without their remarks, and inline code."""
    for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL):
        yield from (line.split("#")[0] for line in block.split("\n") if line.startswith("vt "))
    yield from re.findall(r"`(vt [a-z][^`\n]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def unknown_words(line: str) -> list[str]:
    """Words of `line` that name no command, or no option of the command it calls."""
    words = re.split(r"[\s|]+", line.strip())[1:]
    command, n_names = resolve(words)
    if n_names == 0:
        return words[:1]
    options = option_names(command)
    flags = [word.split("=")[0].rstrip("],.") for word in words if word.startswith("--")]
    return [flag for flag in flags if flag not in options]


def resolve(words: list[str]) -> tuple[click.Command, int]:
    """The command that `words` begin with, and how many of them are its name."""
    command: click.Command = vt
    for n, word in enumerate(words):
        below = None
        if isinstance(command, click.Group):
            below = command.get_command(click.Context(command), word)
        if below is None:
            return command, n
        command = below
    return command, len(words)


def option_names(command: click.Command) -> set[str]:
    """Options of a command; of a group those of all its commands (`vt report P` is `vt report
    show P`).
    """
    names = {name for param in command.params for name in param.opts + param.secondary_opts}
    if isinstance(command, click.Group):
        return names.union(*(option_names(below) for below in command.commands.values()))
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_on_a_page_exist(page: Path) -> None:
    lines = command_lines(page.read_text("utf-8"))
    assert {line: bad for line in lines if (bad := unknown_words(line))} == {}


def test_a_word_that_is_no_command_or_option_is_noticed() -> None:
    text = "`vt scrap x`\n```\nvt scrape --frob 1  # --no\nvt scrape --limit 1\n```\n"
    assert [unknown_words(line) for line in command_lines(text)] == [["--frob"], [], ["scrap"]]


def test_links_of_contributing_lead_somewhere() -> None:
    page = ROOT / "CONTRIBUTING.md"
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert len(links) > 3
    assert [link for link in links if not (page.parent / link).exists()] == []

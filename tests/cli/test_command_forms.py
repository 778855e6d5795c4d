"""Commands as people type them: SCRIPT or --script, URL or --url, lists with commas."""

import click
import pytest

from vtlib.cli import docs
from vtlib.cli import vt as root

POST = "https://www.tiktok.com/@a/video/7106594312292453675"


def script_commands() -> list[str]:
    group = root.get_command(click.Context(root), "script")
    assert isinstance(group, click.Group)
    names = [n for n, c in group.commands.items() if getattr(c, "subject", None) is not None]
    assert len(names) >= 18
    return sorted(names)


def test_each_command_has_help_of_its_own(vt) -> None:
    """`vt report share --help` was the help of `vt report show`, which may leave its name out."""
    paths = [path for path, _ in docs.walk(root, ())]
    assert len(paths) > 100
    first = {path: vt(*path, "--help").out.split("\n")[0] for path in paths}
    other = {p: line for p, line in first.items() if f"Usage: vt {' '.join(p)} " not in f"{line} "}
    assert other == {}


@pytest.fixture
def script_id(vt) -> str:
    vt("brand", "create", "Yakety Pack")
    vt("project", "create", "Spring", "--brand", "yakety-pack")
    made = vt(
        *("script", "create", "--template", "result-first", "--title", "Quiet"),
        *("--project", "spring", "--no-forecast", "--json"),
    )
    name = made.data["script_id"]
    for beat in ("b1", "b2", "b3"):
        vt("script", "update", name, "--beat", beat, "--set", "spoken=Words.")
    return name


@pytest.mark.parametrize("name", script_commands())
def test_every_script_command_offers_the_option(vt, name: str) -> None:
    assert "--script" in vt("script", name, "--help").out


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        (("show",), ()),
        (("version",), ("--notes", "Updated hook timing")),
        (("status",), ("review",)),
        (("comment",), ("Too slow", "--beat", "b1")),
        (("assign",), ("Zoe", "--role", "approver")),
        (("diff",), ()),
        (("export",), ("--format", "markdown")),
        (("move", "review"), ()),
        (("beat",), ("--move", "b3", "--to", "1")),
        (("cost",), ("--hours", "2")),
        (("track",), ("--post-url", POST)),
    ],
)
def test_both_forms_mean_the_same(vt, script_id: str, words, rest) -> None:
    if words[0] == "track":
        vt("import", "url", POST, "--project", "spring")
    if words[0] == "diff":
        vt("script", "version", script_id)
    as_option = vt("script", *words, "--script", script_id, *rest, "--json")
    assert as_option.code == 0, as_option.err
    assert script_id in as_option.out or words[0] in ("comment", "assign", "diff", "cost")
    after = vt("script", words[0], "--script=", "--help")
    assert after.code == 0
    if words[0] in ("show", "diff", "comment", "assign"):
        assert vt("script", *words, script_id, "--json").code == 0


def test_two_different_names_are_refused(vt, script_id: str) -> None:
    assert vt("script", "show", "other", "--script", script_id).code == 2
    assert vt("script", "show").code == 2


def test_a_url_as_an_option(vt) -> None:
    vt("project", "create", "Spring")
    found = vt("import", "url", "--project", "spring", "--url", POST, "--json")
    assert (found.code, found.data["imports"][0]["status"]) == (0, "ok")


def test_lists_as_people_type_them(vt) -> None:
    vt("brand", "create", "Yakety Pack")
    made = vt(
        *("product", "create", "Core Deck", "--brand", "yakety-pack", "--json"),
        *("--benefits", (
"calm evenings, no "
"screens"
), "--problem", "noise", "--problem", "late, tired"),
    )  # fmt: skip
    assert made.data["benefits"] == ["calm evenings", "no screens"]
    assert made.data["problems"] == ["noise", "late, tired"], "repeated: each as it stands"


def test_an_unknown_analysis_is_refused(vt) -> None:
    refused = vt("script", "create", "--analysis", "nope", "--title", "x")
    assert (refused.code, "vt analyze show" in refused.err) == (2, True)
    both = vt("script", "create", "--analysis", "nope", "--from-post", POST, "--title", "x")
    assert "not from post and analysis" in both.err

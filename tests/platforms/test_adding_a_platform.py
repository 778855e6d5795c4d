"""The starter file of docs/adding-a-platform.md runs as it stands there, on the cases beside it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import test_sources as runner  # the same runner as for the seven

from vtlib import platforms

DOC = Path(__file__).parents[2] / "docs" / "adding-a-platform.md"


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    return found


CASES = json.loads(block("json"))


@pytest.fixture(autouse=True)
def starter(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The starter as a registered platform."""
    module = ModuleType("vtlib.platforms.threads")
    exec(compile(block("python"), str(DOC), "exec"), module.__dict__)
    monkeypatch.setitem(platforms.SOURCES, "threads", module)
    monkeypatch.setitem(runner.DATA, "threads", CASES)
    monkeypatch.setitem(runner.ORACLES, "threads", [])
    return module


def test_it_offers_what_the_protocol_asks() -> None:
    runner.test_a_source_offers_what_the_protocol_asks("threads")
    runner.test_no_host_belongs_to_two_platforms()


@pytest.mark.parametrize("case", CASES["urls"], ids=lambda c: c["url"])
def test_its_urls(case: dict[str, Any]) -> None:
    runner.test_a_url_leads_to_one_post_offline("threads", case)


@pytest.mark.parametrize("case", CASES["items"], ids=lambda c: c["name"])
def test_its_items(case: dict[str, Any]) -> None:
    runner.test_an_item_means_what_its_case_says("threads", case)
    runner.test_a_mapped_post_is_found_again_by_its_url("threads", case)
    runner.test_a_flattened_row_means_the_same_as_its_item("threads", case)
    runner.test_no_other_platform_claims_the_item("threads", case)
    runner.test_no_field_of_the_wrong_kind_raises("threads", case)


@pytest.mark.parametrize("case", CASES["actors"])
def test_its_actors(case: dict[str, Any]) -> None:
    runner.test_the_input_an_actor_takes("threads", case)

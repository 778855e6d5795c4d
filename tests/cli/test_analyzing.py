"""`vt analyze videos` where there is nothing to ask, or nobody to ask."""

import pytest


@pytest.fixture
def project(home):
    (home / "params" / "spring.yaml").write_text("project: spring\n")
    return "spring"


def test_a_dry_run_says_what_it_would_take(vt, project):
    said = vt("analyze", "videos", "--project", project, "--dry-run", "--json")
    assert said.code == 0
    assert (said.data["questions"], said.data["usd_max"], said.data["posts"]) == (0, None, [])


def test_a_cap_in_dollars_needs_a_price(vt, project, home):
    said = vt("analyze", "videos", "--project", project, "--max-cost", "1", "--json")
    assert (said.code, said.data["error"]) == (2, "BadInput")
    price = (
        "{model: gemini-3.8-flash, since: 2026-01-01, usd_per_million_in: 1, "
        "usd_per_million_out: 2}"
    )
    (home / "params" / "spring.yaml").write_text(f"project: spring\nprices: [{price}]\n")
    assert vt("analyze", "videos", "--project", project, "--max-cost", "1").code == 0


def test_nothing_picked_is_nothing_asked(vt, project):
    said = vt("analyze", "videos", "--project", project, "--json")
    assert said.code == 0
    assert said.data["outcomes"] == {}

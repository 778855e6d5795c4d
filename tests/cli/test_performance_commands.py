"""`vt analyze performance`, `vt patterns`, `vt script predict|performance|cost|move|links`, `vt
import analytics`.
"""

from pathlib import Path

import pytest

from vtlib.cli.performance import days
from vtlib.core.errors import BadInput

DRAFT = """{"title": "Hum", "call_to_action": "Look",
"beats": [{"beat_id": "b1", "duration_s": 3, "spoken": "Why does it hum?"}]}"""


@pytest.fixture
def scripted(vt, tmp_path: Path) -> str:
    """A project with one script and nothing else; the script's id."""
    vt("brand", "create", "Acme")
    vt("project", "create", "Spring", "--brand", "acme")
    vt("product", "create", "Deck", "--brand", "acme")
    path = tmp_path / "hum.json"
    path.write_text(DRAFT)
    made = vt("script", "import", path, "--project", "spring", "--product", "deck", "--json")
    assert made.code == 0, made.err
    return made.data[0]["script_id"]


@pytest.mark.parametrize(
    ("text", "expected"), [("30d", 30), ("8w", 56), ("3m", 90), ("1y", 365), (" 7 ", 7)]
)
def test_spans_of_days(text: str, expected: int) -> None:
    assert days(text) == expected


@pytest.mark.parametrize("text", ["", "0d", "d", "-3d", "30 days"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no span"):
        days(text)


def test_an_empty_project_gets_an_honest_answer(vt, scripted: str) -> None:
    found = vt("analyze", "performance", "--project", "spring", "--json")
    assert found.code == 0, found.err
    assert found.data["status"] == "skipped"
    assert (found.data["patterns_tested"], found.data["verdicts"]) == (0, [])
    assert "no patterns yet" in vt("patterns").out
    assert vt("patterns", "caption_question").code == 2
    said = vt("script", "performance", scripted)
    assert said.code == 0, said.err
    assert "Neither predicted nor published" in said.out
    assert vt("script", "predict", "--script", scripted).code == 2
    assert vt("check").code == 0


def test_a_product_names_its_project(vt, scripted: str) -> None:
    assert "no project with product" in vt("analyze", "performance", "--product", "deck").err
    vt("project", "add-products", "spring", "deck")
    found = vt("analyze", "performance", "--product", "deck", "--date-range", "8w", "--json")
    assert found.data["project"] == "spring"
    vt("project", "create", "Autumn")
    vt("project", "add-products", "autumn", "acme/deck")
    assert "several projects" in vt("analyze", "performance", "--product", "deck").err


def test_a_script_without_history_goes_into_production_unpredicted(vt, scripted: str) -> None:
    for status in ("review", "approved"):
        assert vt("script", "move", status, scripted).code == 0
    moved = vt("script", "status", scripted, "in_production", "--json")
    assert moved.code == 0
    assert moved.data["prediction"].startswith("not predicted: nothing to predict")
    again = vt("script", "move", "in_production", scripted, "--json")
    assert again.code == 2
    assert "in_production already" in again.data[0]["said"]


def test_a_script_is_named_once(vt, scripted: str) -> None:
    url = "https://youtu.be/dQw4w9WgXcQ?si=1"
    made = vt(
        "script", "track", "--script", scripted, "--post-url", url, "--variant", "A", "--json"
    )
    assert made.data["post_id"] == "youtube:dQw4w9WgXcQ"
    assert "not predicted before" in vt("script", "performance", "--script", scripted).out
    assert vt("script", "performance").code == 2
    assert vt("script", "performance", scripted, "--script", "other").code == 2


def test_costs_and_own_numbers_stand_beside_the_verdict(vt, scripted: str, tmp_path: Path) -> None:
    assert "no costs" in vt("script", "cost", scripted).out
    noted = vt("script", "cost", scripted, "--hours", 2.5, "--what", "editing", "--json")
    assert [row["hours"] for row in noted.data] == [2.5]
    vt("script", "track", scripted, "--post-url", "https://youtu.be/dQw4w9WgXcQ")
    path = tmp_path / "Table data.csv"
    path.write_text(
        "Content,Video title,Views,Watch time (hours),Mood\ndQw4w9WgXcQ,x,120,1.5,good\n"
    )
    taken = vt("import", "analytics", path, "--project", "spring")
    assert taken.code == 0, taken.err
    assert "2 numbers of 1 post" in taken.out
    assert "Mood" in taken.out
    found = vt("script", "performance", scripted, "--json").data
    assert {n["metric"]: n["value"] for n in found["native"]} == {"views": 120, "watch_time": 5400}
    assert [c["what"] for c in found["costs"]] == ["editing"]


def test_track_says_at_once_that_a_post_is_no_test(vt, scripted: str) -> None:
    """TikTok's ids hold the time they were given out; this one is of June 2022."""
    url = "https://www.tiktok.com/@a/video/7106594312292453675"
    said = vt("script", "track", "--script", scripted, "--post-url", url)
    assert "No forecast was frozen for version 1, so this post tests none" in said.out
    out = vt("script", "performance", scripted).out
    assert "missing: tiktok:7106594312292453675" in out
    assert "not captured yet" in out
    assert "Verdict: cannot be told yet" in out


def test_a_look_at_a_part_is_not_kept(vt, scripted: str) -> None:
    vt("project", "add-products", "spring", "deck")
    part = vt("analyze", "performance", "--product", "deck", "--json").data
    assert not part["is_kept"]
    assert "--adopt keeps it" in vt("analyze", "performance", "--product", "deck").out
    assert vt("analyze", "performance", "--product", "deck", "--adopt", "--json").data["is_kept"]
    assert vt("analyze", "performance", "--project", "spring", "--json").data["is_kept"]
    assert "1y" in vt("analyze", "performance", "--help").out

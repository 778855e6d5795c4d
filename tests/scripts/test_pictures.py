"""Pictures of scripts: well-formed, inert, and telling the versions' statuses in order."""

from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from tests.scripts.samples import SAMPLES
from vtlib.scripts.picture import history_lines, stretches
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.svg import STATUS_COLOURS, beats_svg, versions_svg
from vtlib.scripts.workflow import STATUSES

T0 = datetime(2026, 5, 4, 9)
SVG = "{http://www.w3.org/2000/svg}"


def change(version: int, before: str | None, to: str, hours: float) -> dict:
    return {
        "version": version,
        "from_status": before,
        "to_status": to,
        "changed_by": "Ann",
        "reason": "<script>x</script>",
        "changed_at": T0 + timedelta(hours=hours),
    }


HISTORY = [
    change(1, None, "draft", 0),
    change(1, "draft", "review", 1),
    change(1, "review", "approved", 2),
    change(2, None, "draft", 3),
]
VERSIONS = [
    {
        "version": n,
        "parent_version": n - 1 or None,
        "status": status,
        "duration_s": 12.0,
        "made_by": "Ann",
        "notes": "<b>why</b>",
        "created_at": T0,
    }
    for n, status in ((1, "approved"), (2, "draft"))
]


@pytest.mark.parametrize("name", SAMPLES)
def test_beats_are_drawn_and_nothing_in_them_is_markup(name: str) -> None:
    script = SAMPLES[name]
    root = ET.fromstring(beats_svg(script))
    assert len(root.findall(f".//{SVG}rect")) == len(script.beats)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        *("svg", "g", "title", "rect", "text", "line"),
    }


def test_bars_stand_on_their_seconds() -> None:
    script = Script("x", (PlannedBeat("b1", duration_s=3), PlannedBeat("b2", duration_s=1)))
    root = ET.fromstring(beats_svg(script))
    one, two = (
        (float(r.get("x", 0)), float(r.get("width", 0))) for r in root.findall(f".//{SVG}rect")
    )
    assert two[0] == pytest.approx(one[0] + one[1], abs=0.2)
    assert one[1] == pytest.approx(3 * two[1], abs=0.3)
    assert "no beats yet" in beats_svg(Script("x"))


def test_a_version_is_a_lane_of_its_statuses() -> None:
    assert [(s.version, s.status, s.until) for s in stretches(HISTORY)] == [
        (1, "draft", T0 + timedelta(hours=1)),
        (1, "review", T0 + timedelta(hours=2)),
        (1, "approved", None),
        (2, "draft", None),
    ]
    drawn = versions_svg(VERSIONS, HISTORY)
    root = ET.fromstring(drawn)
    fills = [r.get("fill") for r in root.findall(f"./{SVG}g/{SVG}rect")]
    assert fills == [STATUS_COLOURS[s] for s in ("draft", "review", "approved", "draft")]
    assert len(root.findall(f"./{SVG}line")) == 1, "version 2 hangs on version 1"
    assert "<script>" not in drawn
    assert set(STATUS_COLOURS) == set(STATUSES)
    assert "no versions yet" in versions_svg([], [])


def test_a_terminal_shows_the_same_in_rows() -> None:
    one, two = history_lines(VERSIONS, HISTORY).split("\n")
    bars = [line[5:41] for line in (one, two)]
    assert bars == ["░" * 9 + "▒" * 9 + "▓" * 18, " " * 27 + "░" * 9]
    assert "approved" in one
    assert "from v1" in two

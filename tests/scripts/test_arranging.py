"""Beats added, taken out and moved: what stays keeps its id and its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scripts.samples import PLAIN
from vtlib.core.errors import BadInput
from vtlib.scripts.beat_table import with_beat, with_beat_at, without_beat
from vtlib.scripts.script import PlannedBeat, Script


def ids(script: Script) -> list[str]:
    return [b.beat_id for b in script.beats]


def test_a_new_beat_follows_the_one_named_and_has_a_free_id() -> None:
    script = Script("t", (PlannedBeat("b1"), PlannedBeat("b3")))
    made, new = with_beat(script, after="b1")
    assert (ids(made), new) == (["b1", "b2", "b3"], "b2")
    assert ids(with_beat(script)[0])[:2] == ["b1", "b3"]
    assert with_beat(Script("t"))[1] == "b1"


@given(st.data())
def test_moving_loses_nothing_and_goes_back(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 8))
    script = Script("t", tuple(PlannedBeat(f"b{i}", spoken=f"word {i}") for i in range(1, n + 1)))
    beat_id, to = data.draw(st.sampled_from(ids(script))), data.draw(st.integers(1, n))
    moved = with_beat_at(script, beat_id, to)
    assert moved.beats[to - 1].beat_id == beat_id
    assert set(moved.beats) == set(script.beats)
    assert with_beat_at(moved, beat_id, ids(script).index(beat_id) + 1) == script


@given(st.data())
def test_an_added_beat_taken_out_leaves_the_script_as_it_was(data: st.DataObject) -> None:
    after = data.draw(st.sampled_from(["", *ids(PLAIN)]))
    made, new = with_beat(PLAIN, after=after)
    assert without_beat(made, new) == PLAIN


@pytest.mark.parametrize(
    "change",
    [
        lambda: with_beat(PLAIN, after="x"),
        lambda: without_beat(PLAIN, "x"),
        lambda: with_beat_at(PLAIN, "x", 1),
        lambda: with_beat_at(PLAIN, "b1", 0),
        lambda: with_beat_at(PLAIN, "b1", len(PLAIN.beats) + 1),
    ],
)
def test_what_is_not_there_is_named(change) -> None:
    with pytest.raises(BadInput, match=r"there is no beat x|is no place"):
        change()

"""A difference as people read it: every line, every beat's row, every sentence."""

from dataclasses import replace

import pytest

from vtlib.scripts.diff import Conflict, compare, merge, summary
from vtlib.scripts.script import PlannedBeat, Script

ONE = PlannedBeat("b1", "hook", duration_s=3, spoken="one")
TWO = PlannedBeat("b2", "demo", duration_s=4.5, spoken="two")
THREE = PlannedBeat("b3", "cta", duration_s=2.5, visual="a cup")
BASE = Script("T", (ONE, TWO, THREE))


def lettered(letters: str) -> Script:
    """One beat of 2 s a letter."""
    return Script("T", tuple(PlannedBeat(i, "beat", duration_s=2) for i in letters))


def rows(before: Script, after: Script) -> list[tuple]:
    """id, change, numbers, starts and durations of every beat."""
    return [
        (
            *(c.beat_id, c.change, (c.number_before, c.number_after)),
            *((c.start_before_s, c.start_after_s), (c.duration_before_s, c.duration_after_s)),
        )
        for c in compare(before, after).beats
    ]


def said(before: Script, after: Script) -> list[str]:
    return [summary(c) for c in compare(before, after).beats]


def test_lines_are_the_unified_difference_with_two_lines_about_a_change() -> None:
    after = replace(BASE, beats=(replace(ONE, spoken="uno"), TWO, THREE))
    assert compare(BASE, after, names=("v1", "v2")).lines == (
        "--- v1",
        "+++ v2",
        "@@ -7,5 +7,5 @@",
        " ## hook {#b1 3 s}",
        " ",
        "-- **Spoken:** one",
        "+- **Spoken:** uno",
        " ",
        " ## demo {#b2 4.5 s}",
    )
    assert compare(BASE, after).lines[:2] == ("--- before", "+++ after")


def test_a_beat_taken_away_one_added_and_what_that_does_to_the_others() -> None:
    new = PlannedBeat("b9", "proof", duration_s=1, spoken="nine")
    after = replace(BASE, beats=(TWO, new, replace(THREE, visual="a pot")))
    assert rows(BASE, after) == [
        ("b1", "removed", (1, None), (0.0, None), (3.0, None)),
        ("b2", "retimed", (2, 1), (3.0, 0.0), (4.5, 4.5)),
        ("b9", "added", (None, 2), (None, 4.5), (None, 1.0)),
        ("b3", "changed", (3, 3), (7.5, 5.5), (2.5, 2.5)),
    ]
    assert [c.values for c in compare(BASE, after).beats] == [
        *({}, {}, {}),
        {"visual": ("a cup", "a pot")},
    ]
    assert said(BASE, after) == [
        "0:00.0  removed  hook #b1",
        "0:00.0  retimed  demo #b2  place 2 -> 1  starts 0:03.0 -> 0:00.0",
        "0:04.5  added    proof #b9",
        "0:05.5  changed  cta #b3  starts 0:07.5 -> 0:05.5  (visual)",
    ]
    assert said(after, BASE) == [
        "0:00.0  added    hook #b1",
        "0:04.5  removed  proof #b9",
        "0:03.0  retimed  demo #b2  place 1 -> 2  starts 0:00.0 -> 0:03.0",
        "0:07.5  changed  cta #b3  starts 0:05.5 -> 0:07.5  (visual)",
    ]


def test_lengths_and_fields_of_one_beat() -> None:
    after = replace(BASE, beats=(replace(ONE, duration_s=4), replace(TWO, spoken="dos"), THREE))
    assert said(BASE, after) == [
        "0:00.0  retimed  hook #b1  3 s -> 4 s",
        "0:04.0  changed  demo #b2  starts 0:03.0 -> 0:04.0  (spoken)",
        "0:08.5  retimed  cta #b3  starts 0:07.5 -> 0:08.5",
    ]
    assert said(after, BASE) == [
        "0:00.0  retimed  hook #b1  4 s -> 3 s",
        "0:03.0  changed  demo #b2  starts 0:04.0 -> 0:03.0  (spoken)",
        "0:07.5  retimed  cta #b3  starts 0:08.5 -> 0:07.5",
    ]
    last = replace(THREE, duration_s=3, audio="rain", visual="a pot")
    assert said(BASE, replace(BASE, beats=(ONE, TWO, last))) == [
        "0:00.0  same     hook #b1",
        "0:03.0  same     demo #b2",
        "0:07.5  changed  cta #b3  2.5 s -> 3 s  (visual, audio)",
    ]


def test_a_length_that_is_decided_as_it_was_estimated_is_a_change() -> None:
    undecided = Script("T", (PlannedBeat("b1", visual="a cup"),))  # drawn as 2 s
    decided = Script("T", (PlannedBeat("b1", visual="a cup", duration_s=2),))
    assert [c.change for c in compare(undecided, decided).beats] == ["retimed"]
    assert said(undecided, decided) == ["0:00.0  retimed  beat #b1"]


@pytest.mark.parametrize(
    ("before", "after", "moved", "order"),
    [
        ("abcde", "bcdae", "a", "bcdae"),
        ("abcde", "abdec", "c", "abdec"),
        ("abcde", "eabcd", "e", "eabcd"),
        ("abcdefg", "abgcdef", "g", "abgcdef"),
        ("abcdefgh", "adefgbch", "bc", "adefgbch"),
        ("abcd", "bda", "a", "bdca"),
        ("abcd", "ad", "", "abcd"),
        ("abcd", "", "", "abcd"),
    ],
)
def test_the_longest_run_stays_and_the_others_moved(before, after, moved, order) -> None:
    found = compare(lettered(before), lettered(after)).beats
    assert "".join(c.beat_id for c in found if c.change == "moved") == moved
    assert "".join(c.beat_id for c in found) == order
    assert "".join(c.beat_id for c in found if c.change == "removed") == "".join(
        i for i in before if i not in after
    )


@pytest.mark.parametrize(
    "after",
    [
        replace(BASE, audience="parents"),
        replace(BASE, beats=(TWO, ONE, THREE)),
        replace(BASE, beats=(ONE, TWO)),
        replace(BASE, beats=(ONE, TWO, replace(THREE, visual="a pot"))),
    ],
)
def test_a_fact_a_place_or_a_beat_alone_is_a_difference(after: Script) -> None:
    assert not compare(BASE, after).is_empty
    assert not compare(after, BASE).is_empty
    assert compare(after, after).is_empty


@pytest.mark.parametrize(
    ("mine", "theirs", "order"),
    [
        ("abcdn", "abcd", "abcdn"),
        ("nabcd", "abcd", "nabcd"),
        ("abncd", "abcd", "abncd"),
        ("ambncd", "abtcdu", "ambtncdu"),
        ("mnabcd", "tabcd", "tmnabcd"),
        ("dcba", "abcdt", "dtcba"),
        ("abcd", "dcbat", "dcbat"),
        ("bcd", "abcdt", "bcdt"),
        ("cdab", "badc", "badc"),
        ("", "abcdt", "t"),
        ("n", "t", "tn"),
    ],
)
def test_the_order_of_two_edits(mine: str, theirs: str, order: str) -> None:
    merged, conflicts = merge(lettered("abcd"), lettered(mine), lettered(theirs))
    assert ("".join(b.beat_id for b in merged.beats), conflicts) == (order, ())


def test_the_order_is_theirs_however_ids_sort() -> None:
    merged, _ = merge(lettered("dcba"), lettered("cdba"), lettered("abcd"))
    assert "".join(b.beat_id for b in merged.beats) == "abcd"
    merged, _ = merge(lettered("dcba"), lettered("dcab"), lettered("dcba"))
    assert "".join(b.beat_id for b in merged.beats) == "dcab"


def fresh(script: Script, **facts) -> Script:
    """An equal script of other objects, as one read from a file."""
    return replace(script, **{"beats": tuple(replace(b) for b in script.beats)} | facts)


def test_each_side_s_fields_are_kept_and_only_what_both_changed_is_a_conflict() -> None:
    base = fresh(BASE, logline="long before", audience="parents", notes="n")
    mine = fresh(
        BASE, logline="long before", audience="children", notes="mine",
        call_to_action="buy",
    )  # fmt: skip
    theirs = fresh(
        BASE, logline="theirs", audience="parents", notes="theirs",
        call_to_action="buy",
    )  # fmt: skip
    merged, conflicts = merge(base, mine, theirs)
    assert (merged.logline, merged.audience, merged.notes) == ("theirs", "children", "theirs")
    assert merged.call_to_action == "buy"
    assert conflicts == (Conflict("script", "notes", "n", "mine", "theirs"),)


def test_a_beat_that_one_took_away_and_the_other_left_alone_is_gone() -> None:
    assert merge(BASE, fresh(BASE, beats=BASE.beats[:2]), fresh(BASE))[0].beats == (ONE, TWO)
    assert merge(BASE, fresh(BASE), fresh(BASE, beats=BASE.beats[1:]))[0].beats == (TWO, THREE)


def test_the_same_beat_added_by_both_is_no_conflict() -> None:
    one, other = (PlannedBeat("b9", "proof", spoken="nine") for _ in range(2))
    mine, theirs = (replace(BASE, beats=(*BASE.beats, b)) for b in (one, other))
    assert merge(BASE, mine, theirs) == (theirs, ())


def test_fields_of_one_beat_that_two_edited() -> None:
    mine = replace(ONE, spoken="mine", visual="a cup", duration_s=4)
    theirs = replace(ONE, spoken="theirs", audio="rain", duration_s=4)
    merged, conflicts = merge(BASE, *(replace(BASE, beats=(b, TWO, THREE)) for b in (mine, theirs)))
    assert merged.beats[0] == replace(theirs, visual="a cup")
    assert conflicts == (Conflict("b1", "spoken", "one", "mine", "theirs"),)

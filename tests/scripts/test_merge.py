"""Two people edit one version: nothing of either is lost, moved or doubled."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.scripts.samples import PLAIN
from vtlib.scripts.diff import Conflict, merge
from vtlib.scripts.script import PlannedBeat, Script

A, B, C, D = (replace(PLAIN.beats[0], beat_id=i, spoken=f"line {i}") for i in "abcd")
BASE = replace(PLAIN, beats=(A, B, C, D))


def script(*beats: PlannedBeat) -> Script:
    return replace(BASE, beats=beats)


def ids(of: Script) -> str:
    return "".join(b.beat_id for b in of.beats)


def new(beat_id: str, spoken: str = "new") -> PlannedBeat:
    return replace(A, beat_id=beat_id, spoken=spoken)


def test_both_add_and_each_addition_follows_the_beat_it_followed() -> None:
    merged, conflicts = merge(BASE, script(A, new("m"), B, C, D), script(A, B, C, new("t"), D))
    assert (ids(merged), conflicts) == ("ambctd", ())


def test_mine_at_the_very_front_stays_in_front() -> None:
    merged, _ = merge(BASE, script(new("m"), A, B, C, D), script(A, B, C, D, new("t")))
    assert ids(merged) == "mabcdt"


def test_theirs_reordered_while_mine_was_edited() -> None:
    edited = replace(B, spoken="my words")
    merged, conflicts = merge(BASE, script(A, edited, C, D), script(D, A, B, C))
    assert (ids(merged), conflicts) == ("dabc", ())
    assert merged.beats[2].spoken == "my words"


def test_mine_reordered_while_theirs_was_edited() -> None:
    edited = replace(B, spoken="their words")
    merged, conflicts = merge(BASE, script(D, A, B, C), script(A, edited, C, D, new("t")))
    assert (ids(merged), conflicts) == ("dtabc", ()), "what they added follows D, as at theirs"
    assert merged.beats[3].spoken == "their words"


def test_both_reordered_and_theirs_leads() -> None:
    merged, _ = merge(BASE, script(B, A, C, D), script(A, B, D, C))
    assert ids(merged) == "abdc"


def test_both_added_one_id() -> None:
    mine, theirs = script(A, B, C, D, new("n", "mine")), script(A, B, C, D, new("n", "theirs"))
    merged, conflicts = merge(BASE, mine, theirs)
    assert ids(merged) == "abcdn"
    assert merged.beats[-1].spoken == "theirs"
    assert conflicts == (Conflict("n", "beat", None, mine.beats[-1], theirs.beats[-1]),)
    assert merge(BASE, mine, mine) == (mine, ())


def test_one_removed_what_the_other_edited() -> None:
    edited = replace(B, spoken="edited")
    merged, conflicts = merge(BASE, script(A, C, D), script(A, edited, C, D))
    assert (ids(merged), conflicts) == ("abcd", (Conflict("b", "beat", B, None, edited),))
    merged, conflicts = merge(BASE, script(A, edited, C, D), script(A, C, D))
    assert (ids(merged), conflicts) == ("acd", (Conflict("b", "beat", B, edited, None),))
    merged, conflicts = merge(BASE, script(A, C, D), script(A, B, D))
    assert (ids(merged), conflicts) == ("ad", ())


LINES = st.sampled_from(["line a", "line b", "other", ""])
EDITS = st.lists(
    st.sampled_from("abcdxyz"), unique=True, max_size=7
).flatmap(lambda order: st.tuples(*(st.builds(new, st.just(i), LINES) for i in order))).map(
    lambda beats: script(*beats)
)  # fmt: skip


@given(mine=EDITS, theirs=EDITS)
def test_nothing_is_doubled_and_an_edit_alone_wins(mine: Script, theirs: Script) -> None:
    merged, conflicts = merge(BASE, mine, theirs)
    assert len(set(ids(merged))) == len(merged.beats)
    added = {i for s in (mine, theirs) for i in ids(s)} - set("abcd")
    assert added <= set(ids(merged)), "what either added is there"
    named = {c.place for c in conflicts}
    gone = {i for i in "abcd" if i not in ids(mine) or i not in ids(theirs)}
    assert set("abcd") - gone <= set(ids(merged))
    assert all(i in named for i in gone & set(ids(merged))), "kept though one removed it: said"
    assert merge(BASE, BASE, theirs) == (theirs, ())
    assert merge(BASE, mine, BASE) == (mine, ())

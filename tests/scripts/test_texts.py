"""Scripts as text: what is written is read back as it was; texts of other origin are understood."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scripts.samples import SAMPLES
from vtlib.core.errors import BadInput
from vtlib.scripts import fountain, markdown
from vtlib.scripts.script import PlannedBeat, Script, ScriptClaim, fingerprint, parse, plain

words = st.text(st.characters(codec="utf-8"), max_size=40)
names = st.lists(words, max_size=3).map(tuple)
seconds = st.none() | st.floats(0, 600).map(lambda s: round(s, 3))
beats = st.builds(
    PlannedBeat,
    *(words, words, words, seconds),
    **dict.fromkeys(("speaker", "spoken", "visual", "overlay", "audio", "lens", "notes"), words),
    location=words,
    props=names,
    talent=names,
    transition=words,
    source_start_s=seconds,
)
scripts = st.builds(
    Script,
    words.map(lambda t: f"T{t}"),
    st.lists(beats, max_size=4).map(tuple),
    logline=words,
    call_to_action=words,
    claims=st.lists(st.builds(ScriptClaim, words, st.booleans(), words), max_size=2).map(tuple),
    references=names,
    notes=words,
)


@given(scripts)
@settings(max_examples=150, deadline=None)
def test_markdown_and_json_bring_back_every_script(script: Script) -> None:
    assert markdown.read(markdown.write(script)).script == script
    assert parse(plain(script)) == script


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_come_back_from_markdown_with_their_stamp(name: str) -> None:
    found = markdown.read(markdown.write(SAMPLES[name], stamp={"script_id": "s-1", "version": 4}))
    assert (found.script, found.script_id, found.version) == (SAMPLES[name], "s-1", 4)


@pytest.mark.parametrize("name", ["plain", "world"])
def test_beats_come_back_from_fountain(name: str) -> None:
    script = SAMPLES[name]
    found = fountain.read(fountain.write(script, stamp={"script_id": "s-1", "version": 4}))
    assert found.script.beats == script.beats
    assert (found.script.title, found.script_id, found.version) == (script.title, "s-1", 4)


def test_hostile_text_does_not_make_fountain_scenes() -> None:
    found = fountain.read(fountain.write(SAMPLES["hostile"])).script
    assert [b.beat_id for b in found.beats] == ["b1", "b2"]
    assert (
        found.beats[1].spoken == "[ [note] ] / * gone * / INT. FAKE - DAY\n\nBOB\nhi\n\n> CUT TO:"
    )
    assert not found.beats[1].transition


def test_markdown_of_other_origin_is_understood() -> None:
    text = """# My idea
A family stops talking.

## Hook (0:00-0:03)
Nobody talks at our table.
Visual: four phones

## Scene 2: The card [4 s]
- **Overlay**: One question
Then we tried *one* question.

## 3. CTA
Link in bio.
"""
    found = markdown.read(text).script
    assert (found.title, found.logline) == ("My idea", "A family stops talking.")
    assert [(b.kind, b.name, b.duration_s) for b in found.beats] == [
        ("hook", "", 3.0),
        ("beat", "The card", 4.0),
        ("cta", "", None),
    ]
    assert found.beats[0].spoken == "Nobody talks at our table."
    assert found.beats[0].visual == "four phones"


def test_fountain_of_other_origin_is_understood() -> None:
    text = """Title: Night
Author: X

INT. KITCHEN - NIGHT

Rain. A phone lights up.

MIA (V.O.)
(whispering)
Not again.

JON
Again.

CUT TO:

EXT. GARDEN - DAY #7#

/* not this */ Birds.

[[Props: spade; hat]]
"""
    first, second = fountain.read(text).script.beats
    assert first.location == "INT. KITCHEN - NIGHT"
    assert (first.visual, first.transition) == ("Rain. A phone lights up.", "CUT TO:")
    assert first.spoken == "MIA: (whispering)\nNot again.\nJON: Again."
    assert (second.beat_id, second.visual, second.props) == ("7", "Birds.", ("spade", "hat"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\ndificulty: hard\n---\n# x\n", "Did you mean difficulty"),
        ("---\n: [\n---\n# x\n", "no YAML"),
        ("# x\n## hook {#b1}\n- **Visaul:** y\n", r"row 3.*Did you mean Visual"),
        ("# x\n## hook {#b1}\n- **Source start (s):** soon\n", "no number of seconds"),
        ("---\ndifficulty: harsh\n---\n# x\n", "difficulty"),
    ],
)
def test_a_mistake_in_markdown_is_named(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        markdown.read(text)


def test_beats_never_share_an_id() -> None:
    script = Script("x", (PlannedBeat("b1"), PlannedBeat("b1"), PlannedBeat("b2")))
    assert [b.beat_id for b in script.beats] == ["b1", "b3", "b2"]


def test_the_fingerprint_follows_every_field() -> None:
    script = SAMPLES["plain"]
    other = parse({**plain(script), "claims": []})
    assert fingerprint(script) != fingerprint(other)
    assert fingerprint(script) == fingerprint(parse(plain(script)))

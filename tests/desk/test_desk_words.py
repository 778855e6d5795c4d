"""What people type at the desk is kept: no form is filled over, leaving asks, two people see
each other.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.desk.desk_home import workspace
from vtlib.desk import Desk
from vtlib.outliers import reviews
from vtlib.scripts import beats as beat_edits
from vtlib.scripts import lifecycle as scripts_flow
from vtlib.scripts import queries
from vtlib.scripts.store import Making
from vtlib.store.project import Project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one script after the largest breakout, to copy."""
    home = tmp_path_factory.mktemp("desk")
    desk = Desk(workspace(home), by="Ann")
    desk.posts.rows[0].open.click()
    desk.posts.post.title.value = "Calm lid"
    desk.posts.post.create.click()
    return home


def said(desk: Desk) -> str:
    return desk.session.message.value


def script(desk: Desk) -> dict[str, Any]:
    return queries.get(desk.session.project.store, desk.session.place.script_id)


def others(project: Project, desk: Desk, facts: dict[str, Any]) -> None:
    scripts_flow.change(project.workspace, desk.session.place.script_id, facts, Making("Ben"))


def fields_with_words(desk: Desk) -> dict[str, Any]:
    """Every field of the script view, typed into after each part was looked at."""
    panel = desk.script
    for side in panel.sides:
        panel.tabs.value = side
    found = {
        "spoken": panel.beats.fields["spoken"],
        "notes": panel.beats.fields["notes"],
        "logline": panel.facts.fields["logline"],
        "claim": panel.facts.claim,
        "comment": panel.comments.body,
    }
    for name, field in found.items():
        field.value = f"typed {name}"
    return found


PRESSES = {
    "comment": lambda d: d.script.comments.send.click(),
    "facts": lambda d: d.script.facts.save.click(),
    "beat": lambda d: d.script.beats.save.click(),
    "claim": lambda d: d.script.facts.add.click(),
    "side": lambda d: setattr(d.script.tabs, "value", "Versions"),
    "view": lambda d: setattr(d.tabs, "value", "board"),
    "review": lambda d: d.script.transitions.buttons["review"].click(),
    "move": lambda d: d.script.beats.down.click(),
    "add": lambda d: d.script.beats.add.click(),
    "next post": lambda d: d.posts.post.skip.click(),
    "person": lambda d: setattr(d.person, "value", "Ben"),
    "export": lambda d: d.script.documents.write.click(),
}
SAVED_BY = {"comment": {"comment"}, "facts": {"logline"}, "beat": {"spoken", "notes"}, "claim": {"claim"}}  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("press", PRESSES)
def test_words_outlive_every_press(desk: Desk, press: str) -> None:
    fields = fields_with_words(desk)
    PRESSES[press](desk)
    desk.tabs.value = "script"
    for side in desk.script.sides:
        desk.script.tabs.value = side
    left = {n: f.value for n, f in fields.items() if n not in SAVED_BY.get(press, ())}
    assert left == {n: f"typed {n}" for n in left}
    assert len(left) >= 3
    assert script(desk)["status"] == "draft"


def test_what_is_sent_to_review_has_the_words_or_is_not_sent(desk: Desk) -> None:
    fields_with_words(desk)
    review = desk.script.transitions.buttons["review"]
    question = desk.session.question
    review.click()
    assert "not saved yet: Spoken, Notes; Logline; New claim" in said(desk)
    assert question.view.layout.display is None
    question.stay.click()
    assert (script(desk)["status"], question.view.layout.display) == ("draft", "none")
    review.click()
    question.save.click()
    row = script(desk)
    assert "draft to review" in said(desk)
    assert (row["status"], row["script"].logline) == ("review", "typed logline")
    assert row["script"].beats[0].spoken == "typed spoken"
    assert [c.text for c in row["script"].claims] == ["typed claim"]
    assert desk.script.comments.body.value == "typed comment"


def test_discard_lets_the_words_go_and_goes_on(desk: Desk) -> None:
    spoken = script(desk)["script"].beats[0].spoken
    desk.script.beats.fields["spoken"].value = "Never mind"
    desk.script.beats.list.value = "b2"
    assert desk.script.beats.beat_id == "b1"
    desk.session.question.discard.click()
    assert desk.script.beats.beat_id == "b2"
    desk.script.beats.list.value = "b1"
    assert desk.script.beats.fields["spoken"].value == spoken


def test_another_script_is_not_laid_open_over_words(desk: Desk) -> None:
    first = desk.session.place.script_id
    desk.tabs.value = "outliers"
    desk.posts.post.title.value = "Second"
    desk.posts.post.create.click()
    second = desk.session.place.script_id
    desk.script.comments.body.value = "about the second"
    desk.script.script.value = first
    assert (desk.session.place.script_id, desk.script.script.value) == (second, second)
    desk.session.question.save.click()
    assert desk.session.place.script_id == first != second
    sql = "SELECT script_id, body FROM script_comments"
    found = desk.session.project.store.query(sql).to_numpy().tolist()
    assert found == [[second, "about the second"]]


def test_notes_on_a_post_are_not_carried_to_the_next(desk: Desk) -> None:
    desk.tabs.value = "outliers"
    post = desk.posts.post
    post.notes.value = "the pause"
    post.skip.click()
    assert desk.session.place.post_id == "tiktok:1"
    desk.session.question.save.click()
    assert "stored with a decision" in said(desk)
    assert post.notes.value == "the pause"
    post.keep.click()
    assert (desk.session.place.post_id, post.notes.value) == ("tiktok:2", "")


def test_a_refused_save_shows_both_and_discard_takes_the_stored_one(
    desk: Desk, project: Project
) -> None:
    beats = desk.script.beats
    beats.fields["spoken"].value = "Mine."
    others(project, desk, {"beat": "b1", "values": {"spoken": "Theirs."}})
    beats.save.click()
    assert "nothing was written" in said(desk)
    assert "vt " not in said(desk)
    assert beats.fields["spoken"].value == "Mine."
    assert beats.beside.view.layout.display is None
    assert "Theirs." in beats.beside.html.value
    assert "Mine." in beats.beside.html.value
    beats.discard.click()
    assert (beats.fields["spoken"].value, beats.beside.view.layout.display) == ("Theirs.", "none")
    beats.fields["spoken"].value = "Mine again."
    others(project, desk, {"beat": "b1", "values": {"spoken": "Theirs again."}})
    beats.save.click()
    beats.beside.over.click()
    assert (script(desk)["script"].beats[0].spoken, script(desk)["version"]) == ("Mine again.", 4)


def test_facts_too_and_what_does_not_contradict_is_laid_together(
    desk: Desk, project: Project
) -> None:
    desk.script.tabs.value = "Facts"
    facts = desk.script.facts
    facts.fields["logline"].value = "Mine."
    others(project, desk, {"audience": "parents"})
    facts.save.click()
    row = script(desk)["script"]
    assert (row.logline, row.audience, facts.fields["audience"].value) == (
        *("Mine.", "parents", "parents"),
    )
    facts.fields["logline"].value = "Mine again."
    others(project, desk, {"logline": "Theirs."})
    facts.save.click()
    assert "Theirs." in facts.beside.html.value
    facts.discard.click()
    assert facts.fields["logline"].value == "Theirs."


def test_a_beat_that_others_removed_keeps_its_words(desk: Desk, project: Project) -> None:
    beats = desk.script.beats
    beats.fields["spoken"].value = "Mine."
    beat_edits.remove(project.workspace, desk.session.place.script_id, "b1", Making("Ben"))
    beats.save.click()
    assert beats.fields["spoken"].value == "Mine."
    assert "the beat was removed" in beats.beside.html.value
    beats.discard.click()
    assert beats.beat_id == "b2"


@pytest.mark.parametrize("stamp", ["", "script_id: another\n"])
def test_a_text_without_its_script_id_is_no_edit(desk: Desk, stamp: str) -> None:
    text = desk.script.text
    desk.script.tabs.value = "Whole text"
    pasted = f"---\n{stamp}logline: new\n---\n# Pasted\n\n## Hook\nHello.\n"
    text.area.value = pasted
    text.save.click()
    assert "no edit of Calm lid; nothing was written" in said(desk)
    assert text.area.value == pasted
    assert len(queries.listing(desk.session.project.store)) == 1
    text.new.click()
    found = queries.listing(desk.session.project.store, project="p")
    assert {s["title"] for s in found} == {"Calm lid", "Pasted"}
    assert script(desk)["title"] == "Pasted"


def test_a_text_that_contradicts_stands_beside_the_stored_one(desk: Desk, project: Project) -> None:
    text = desk.script.text
    desk.script.tabs.value = "Whole text"
    others(project, desk, {"title": "Theirs"})
    text.area.value = text.area.value.replace("# Calm lid", "# Mine")
    text.save.click()
    assert "nothing was written" in said(desk)
    assert "# Theirs" in text.stored.value
    assert "# Mine" in text.area.value
    text.discard.click()
    assert "# Theirs" in text.area.value
    text.area.value = text.area.value.replace("# Theirs", "# Mine")
    others(project, desk, {"title": "Theirs again"})
    text.save.click()
    text.over.click()
    assert script(desk)["title"] == "Mine"


def test_two_reviewers_stand_side_by_side(desk: Desk, project: Project) -> None:
    desk.tabs.value = "outliers"
    reviews.decide(project, "tiktok:1", "reject", reviewer="Ben", reason="length", notes="so long")
    post = desk.posts.post
    post.keep.click()
    assert "overrules Ben (reject, length)" in said(desk)
    desk.posts.rows[0].open.click()
    shown = post.decisions.value
    assert shown.index("Ann") < shown.index("<b>Ben")
    assert "overruled by Ann" in shown
    assert "so long" in shown
    assert post.notes.value == ""  # Ben's words are Ben's
    rows = project.store.query("SELECT reviewer, notes FROM reviews ORDER BY 1").fillna("")
    assert rows.to_numpy().tolist() == [["Ann", ""], ["Ben", "so long"]]


def test_a_second_press_while_a_button_works_does_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats, real, seen = desk.script.beats, beat_edits.add, []

    def slow(*given: Any, **more: Any) -> Any:
        seen.append(beats.add.disabled)
        beats.add.click()
        return real(*given, **more)

    monkeypatch.setattr("vtlib.desk.beats.beat_edits.add", slow)
    beats.add.click()
    assert (seen, beats.add.disabled) == ([True], False)
    assert script(desk)["version"] == 2


def test_presses_that_waited_for_a_kernel_do_nothing(desk: Desk) -> None:
    async def pressed() -> None:
        desk.script.beats.add.click()
        desk.script.beats.add.click()  # was sent while the first worked
        await asyncio.sleep(0.5)
        desk.script.beats.add.click()

    asyncio.run(pressed())
    assert script(desk)["version"] == 3


def test_a_kernel_that_started_again_is_said(project: Project) -> None:
    assert "As you left it" in said(Desk(project, by="Ann"))
    assert said(Desk(project, by="Ben")) == ""

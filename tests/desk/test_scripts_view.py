"""Scripts at the desk: written at once, forecast after; found, reviewed, moved, downloaded."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vtlib.desk import Desk, links
from vtlib.scripts import lifecycle, queries, reviews, store
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.store.project import Project

ONE = Script("Calm lid", beats=(PlannedBeat("b1", "hook", duration_s=2.0, spoken="Look"),))


def current(desk: Desk) -> dict:
    return queries.get(desk.session.project.store, desk.session.place.script_id)


def test_a_script_is_there_before_its_forecast(desk: Desk) -> None:
    desk.posts.rows[0].open.click()
    labels = []
    desk.posts.post.create.observe(lambda c: labels.append(c["new"]), "description")
    desk.posts.post.create.click()
    assert labels == ["Write a script …", "Write a script"]
    assert "forecast is being made" in desk.session.message.value
    assert current(desk)["script"].prediction is None
    (command,) = desk.session.waiting
    beats = desk.script.beats
    beats.fields["spoken"].value = "Meanwhile."
    beats.save.click()
    asyncio.run(command())
    row = current(desk)
    assert "no own account" in row["script"].prediction["reason"]  # why there is none
    assert (row["version"], row["script"].beats[0].spoken) == (2, "Meanwhile.")
    assert "Forecast of" in desk.session.news.value
    assert "no own account" in desk.session.news.value


def test_a_forecast_that_fails_says_so(desk: Desk) -> None:
    desk.session.later(["script", "forecast", "none-such"], str)
    desk.session.message.value = "of another press"
    asyncio.run(desk.session.waiting.pop()())
    assert "none-such" in desk.session.news.value
    assert 'role="alert"' in desk.session.news.value
    assert desk.session.message.value == "of another press"


def test_a_forecast_closes_no_question(desk: Desk) -> None:
    desk.posts.rows[0].open.click()
    desk.posts.post.create.click()
    desk.script.beats.fields["spoken"].value = "Not saved."
    desk.script.transitions.buttons["review"].click()
    asyncio.run(desk.session.waiting.pop()())
    assert desk.session.question.view.layout.display is None
    assert desk.script.beats.fields["spoken"].value == "Not saved."
    desk.session.question.save.click()
    assert current(desk)["status"] == "review"


def reviewed(project: Project) -> str:
    name = store.create(project.store, ONE, Making("Ann"), place=ScriptHome(project="p"))
    facts = {"claims": ["8 and up", "made of tin"], "call_to_action": "Look"}
    lifecycle.change(project.workspace, name, facts, Making("Ann"))
    store.set_status(project.store, name, Move("review", "Ann"))
    return name


def test_a_claim_that_is_cleared_leaves_the_script_in_review(desk: Desk, project: Project) -> None:
    name = reviewed(project)
    desk.session.act(lambda: desk.session.go(script_id=name, view="script"))()
    desk.script.tabs.value = "Facts"
    facts = desk.script.facts
    for _ in range(2):
        facts.note.value = "legal"
        facts.clear.click()
    assert "still in review" in desk.session.message.value
    row = current(desk)
    assert (row["status"], row["version"]) == ("review", 4)
    assert [c.is_cleared for c in row["script"].claims] == [True, True]
    desk.script.transitions.buttons["approved"].click()
    assert current(desk)["status"] == "approved"


def test_any_other_change_in_review_is_a_draft_again(project: Project) -> None:
    name = reviewed(project)
    for facts in (
        {"cleared": [1], "title": "Other"},
        {"claims": ["new"]},
        {"beat": "b1", "values": {"spoken": "Other"}},
    ):
        if queries.get(project.store, name)["status"] == "draft":
            store.set_status(project.store, name, Move("review", "Ann"))
        row = lifecycle.change(project.workspace, name, facts, Making("Ann"))
        assert row["status"] == "draft", facts


def test_scripts_are_found_and_every_card_can_be_reached(desk: Desk, project: Project) -> None:
    for n in range(30):
        script = Script(f"Lid number {n}", beats=ONE.beats)
        store.create(project.store, script, Making("Ann"), place=ScriptHome(project="p"))
    desk.tabs.value = "script"
    desk.script.find.value = "NUMBER 17 draft"
    assert [text for text, _ in desk.script.script.options] == [
        "choose (1 of 30)",
        "Lid number 17 · draft · v1",
    ]
    desk.script.script.value = desk.script.script.options[1][1]
    assert current(desk)["title"] == "Lid number 17"
    desk.tabs.value = "board"
    column, more = desk.board.columns["draft"], desk.board.more["draft"]
    assert (len(desk.board.cards), more.description) == (12, "12 more of 18")
    desk.board.more["draft"].click()
    desk.board.more["draft"].click()
    assert len(desk.board.cards) == 30
    assert more not in column.children
    last = list(desk.board.cards)[-1]
    desk.board.cards[last].click()
    desk.board.transitions.buttons["review"].click()
    assert queries.get(project.store, last)["status"] == "review"


def test_documents_are_links_where_the_server_gives_them(
    desk: Desk, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = reviewed(project)
    desk.session.act(lambda: desk.session.go(script_id=name, view="script"))()
    documents = desk.script.documents
    desk.script.tabs.value = "Documents"
    documents.formats.value = ("markdown",)
    documents.write.click()
    assert "<a " not in documents.files.value
    root = project.workspace.root.resolve()
    monkeypatch.setattr(links, "_served", lambda: (root, "/files/"))
    documents.write.click()
    (file,) = project.workspace.outputs.glob("scripts/*.md")
    assert f'href="/files/outputs/scripts/{file.name}"' in documents.files.value
    assert links.link(Path("/etc/hosts")) == ""
    assert links.link(root / "not-there.md") == ""


def _upload(name: str, content: bytes) -> dict:
    """As the browser's part of ipywidgets gives a file."""
    moment = datetime(2026, 5, 2, tzinfo=UTC)
    facts = {"name": name, "type": "application/json", "size": len(content)}
    return {**facts, "last_modified": moment, "content": memoryview(content)}


def test_the_client_s_page_and_answer(desk: Desk, project: Project) -> None:
    """The answer is the file that the page's form saves: tests/report/test_review_page.py."""
    whole = replace(ONE, call_to_action="Look")
    name = store.create(project.store, whole, Making("Ann"), place=ScriptHome(project="p"))
    store.set_status(project.store, name, Move("review", "Ann"))
    desk.session.act(lambda: desk.session.go(script_id=name, view="script"))()
    desk.script.tabs.value = "Client"
    client = desk.script.client
    client.share.click()
    page = project.workspace.outputs / "scripts" / f"{name}-v1-review.html"
    assert "approve it or send it back" in desk.session.message.value
    assert page.name in client.page.value
    assert "Approve version 1" in page.read_text()
    answer = {"form": reviews.FORM, "script_id": name, "version": 1}
    answer |= {"words": reviews.words_fingerprint(current(desk)["script"]), "reviewer": "Mia"}
    answer |= {"reviewed_on": "2026-05-02", "decision": "approve"}
    answer["notes"] = [{"beat_id": "b1", "text": "Calmer"}]
    client.file.value = (_upload("mia.json", json.dumps(answer).encode()),)
    assert "is approved by Mia" in desk.session.message.value, desk.session.message.value
    assert queries.get(project.store, name)["status"] == "approved"
    assert "Mia" in client.answers.value
    assert client.file.value == ()
    client.file.value = (_upload("other.json", b"{}"),)
    assert 'role="alert"' in desk.session.message.value


def test_the_dashboard_of_the_brand_is_linked(desk: Desk, project: Project) -> None:
    desk.tabs.value = "products"
    desk.products.draw.click()
    assert "dashboard of acme is being drawn" in desk.session.message.value
    asyncio.run(desk.session.waiting.pop()())
    page = project.workspace.outputs / "brands" / "acme.html"
    assert page.is_file(), desk.session.news.value
    assert "acme.html" in desk.products.dashboard.value

"""Answers of clients: what they may hold, and what comes of them."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.scripts.samples import HOSTILE, PLAIN
from vtlib.core.errors import BadInput
from vtlib.scripts import queries, reviews, store
from vtlib.scripts.reviews import words_fingerprint
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.store import catalog, people
from vtlib.store.data_checks import run_checks
from vtlib.store.project import Project

Answer = Callable[..., bytes]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "params").mkdir()
    opened = Project.open("p", home=str(tmp_path))
    catalog.create_brand(opened.store, "Acme")
    catalog.create_product(opened.store, "acme", {"name": "Core Deck"})
    people.ensure_project(opened.store, "p", brand="acme")
    return opened


@pytest.fixture
def script_id(project: Project) -> str:
    home = ScriptHome("core-deck", "p")
    key = store.create(project.store, PLAIN, Making("Ann"), place=home, script_id="quiet")
    store.set_status(project.store, key, Move("review", "Ann"))
    return key


def answer(**changes: Any) -> bytes:
    """An answer as the page saves it."""
    facts = {
        "form": reviews.FORM,
        "script_id": "quiet",
        "version": 1,
        "words": words_fingerprint(PLAIN),
        "reviewer": "Mia of Acme",
        "reviewed_on": "2026-11-28",
        "decision": "approve",
        "notes": [],
    }
    return json.dumps(facts | changes).encode()


def take_in(project: Project, **changes: Any) -> reviews.ReviewOutcome:
    review = reviews.read(answer(**changes))
    return reviews.take_in(project.workspace, review, by="Ann")


def statuses(project: Project) -> list[tuple[int, str]]:
    rows = queries.versions(project.store, "quiet")
    return [(row["version"], row["status"]) for row in rows]


def comments(project: Project) -> list[tuple[Any, ...]]:
    rows = queries.parts(project.store, "quiet")["comments"]
    return [(r["version"], r["beat_id"], r["at_s"], r["body"], r["author"]) for r in rows]


def test_an_approval_stands_under_the_name_on_it_and_once(project: Project, script_id: str) -> None:
    notes = [{"beat_id": "b1", "text": "Lovely"}, {"at_s": 4.2, "text": "Too late"}]
    first = take_in(project, notes=notes)
    again = take_in(project, notes=notes)
    assert (first.outcome, first.n_new, first.is_known) == ("approved", 2, False)
    assert (again.outcome, again.n_new, again.is_known) == ("approved", 0, True)
    assert statuses(project) == [(1, "approved")]
    assert sorted(comments(project)) == [
        (1, "b1", None, "Lovely", "Mia of Acme"),
        (1, "b2", 4.2, "Too late", "Mia of Acme"),
    ]
    (*_, last) = queries.parts(project.store, script_id)["history"]
    assert (last["to_status"], last["changed_by"]) == ("approved", "Mia of Acme")
    assert "taken in by Ann" in last["reason"]
    found = run_checks(project.store)
    assert found.loc[found["n"] > 0, "check"].tolist() == []


def test_an_approval_of_one_version_never_approves_the_next(
    project: Project, script_id: str
) -> None:
    other = replace(PLAIN, title="Loud evenings")
    store.add_version(project.store, script_id, other, Making("Zoe"), base_version=1)
    store.set_status(project.store, script_id, Move("review", "Zoe"))
    outcome = take_in(project, notes=[{"text": "Good"}])
    assert outcome.outcome == "refused"
    assert "version 2 has come since" in outcome.refusal
    assert statuses(project) == [(1, "review"), (2, "review")]
    assert comments(project) == [(1, None, None, "Good", "Mia of Acme")]
    with pytest.raises(BadInput, match="reads otherwise"):
        take_in(project, version=2)
    assert statuses(project)[1] == (2, "review")


def test_only_who_may_approve_does(project: Project, script_id: str) -> None:
    store.assign(project.store, script_id, "Lea", role="approver")
    refused = take_in(project)
    assert refused.outcome == "refused"
    assert "only Lea may" in refused.refusal
    assert statuses(project) == [(1, "review")]
    # The refusal of a decision is no end: with the role the same answer counts.
    store.assign(project.store, script_id, "Mia of Acme", role="approver")
    assert take_in(project).outcome == "approved"
    assert len(reviews.listing(project.workspace, script_id)) == 1


def test_a_refusal_sends_it_back_with_the_reason(project: Project, script_id: str) -> None:
    outcome = take_in(project, decision="send_back", notes=[{"text": "Slower, please"}])
    assert outcome.outcome == "sent_back"
    assert statuses(project) == [(1, "draft")]
    (*_, last) = queries.parts(project.store, script_id)["history"]
    assert last["reason"].endswith("Slower, please")
    late = take_in(project, reviewer="Lea")
    assert "this one is draft" in late.refusal


def test_a_forecast_that_came_later_does_not_make_the_answer_stale(
    project: Project, script_id: str
) -> None:
    store.add_version(
        project.store, script_id, replace(PLAIN, prediction=None), Making("A"), base_version=1
    )
    store.set_status(project.store, script_id, Move("review", "A"))
    store.set_prediction(project.store, script_id, {"target": "views"})
    assert take_in(project, version=2).outcome == "approved"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"script_id": "other"}, "no script other"),
        ({"version": 7}, "no version 7"),
        ({"version": 0}, "version"),
        ({"reviewer": " \u202e\x00 "}, "name of who"),
        ({"reviewer": "x" * 81}, "reviewer"),
        ({"decision": "publish"}, "decision"),
        ({"decision": "comment"}, "neither a comment nor"),
        ({"reviewed_on": "soon"}, "reviewed_on"),
        ({"notes": [{"beat_id": "b9", "text": "x"}]}, "no beat 'b9'"),
        ({"notes": [{"at_s": 99, "text": "x"}]}, "ends at 10 s"),
        ({"notes": [{"at_s": -1, "text": "x"}]}, "at_s"),
        ({"notes": [{"text": "x" * 4001}]}, "text"),
        ({"notes": [{"text": "x"}] * 301}, "notes"),
        ({"notes": [{"text": "x", "status": "approved"}]}, "status"),
        ({"by": "Ann"}, "by"),
        ({"form": "other"}, "form"),
    ],
)
def test_a_wrong_answer_says_what_is_wrong_and_writes_nothing(
    project: Project, script_id: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        take_in(project, **changes)
    assert statuses(project) == [(1, "review")]
    assert comments(project) == []
    assert reviews.listing(project.workspace, script_id) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe\x00", b'{"version": 1e999}'],
    ids=str,
)
def test_a_file_that_is_no_answer_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(BadInput, match=r"x\.json"):
        reviews.read_file(tmp_path / "x.json")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with path.open("wb") as file:
        file.truncate(reviews.FILE_MAX_BYTES + 1)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        reviews.read_file(path)


@pytest.mark.parametrize("before", ["", "> "], ids=["as sent", "quoted in a reply"])
def test_a_mail_is_taken_in_as_text(tmp_path: Path, before: str) -> None:
    body = base64.urlsafe_b64encode(answer(reviewer="Müller 🎬")).decode().rstrip("=")
    lines = [body[i : i + 70] for i in range(0, len(body), 70)]
    mail = "\r\n".join(f"{before}{line}" for line in [f"{reviews.FORM}:{lines[0]}", *lines[1:]])
    (tmp_path / "mail.eml").write_text(f"Subject: hello\r\n\r\nApproved\r\n{mail}:end\r\nregards")
    assert reviews.read_file(tmp_path / "mail.eml").reviewer == "Müller 🎬"


def test_words_that_would_drive_a_terminal_or_a_page_are_cleaned(
    project: Project, script_id: str
) -> None:
    text = "\x1b[31mred\u202e <script>alert(1)</script>"
    take_in(project, notes=[{"text": text}], reviewer="<b>Mia</b>\x1b[0m")
    ((_, _, _, body, author),) = comments(project)
    assert body == "[31mred <script>alert(1)</script>"  # escaped where it is shown
    assert author == "<b>Mia</b>[0m"


def test_a_text_that_names_a_creator_is_not_shared(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create(
        project.store,
        HOSTILE,
        Making("Ann"),
        place=ScriptHome("core-deck", "p"),
        script_id="hostile",
    )
    assert reviews.shared(project.workspace, "hostile").can_decide is False
    monkeypatch.setattr(Project, "visible_text", lambda _, text: text.replace("[[note]]", ""))
    with pytest.raises(BadInput, match="names a creator"):
        reviews.shared(project.workspace, "hostile")

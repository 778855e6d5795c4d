"""The desk without a browser: what is pressed becomes rows, what is shown comes from rows."""

from dataclasses import replace
from pathlib import Path

import pytest

from vtlib.core.errors import BadInput
from vtlib.desk import Desk
from vtlib.scripts import lifecycle as scripts_flow
from vtlib.scripts import queries
from vtlib.scripts.store import Making
from vtlib.store.connection import Store
from vtlib.store.data_checks import run_checks
from vtlib.store.project import Project
from vtlib.store.writes import save


@pytest.fixture
def written(desk: Desk) -> Desk:
    """A desk with a script after the largest breakout."""
    desk.posts.rows[0].open.click()
    desk.posts.post.title.value = "Calm lid"
    desk.posts.post.product.value = "acme/core-deck"
    desk.posts.post.create.click()
    return desk


def said(desk: Desk) -> str:
    return desk.session.message.value


def script(desk: Desk) -> dict:
    return queries.get(desk.session.project.store, desk.session.place.script_id)


def go(desk: Desk, **wish: object) -> None:
    """Show a list, as the filters do."""
    desk.session.act(lambda: desk.session.go(wish=replace(desk.session.place.wish, **wish)))()


def shown(desk: Desk) -> list[str]:
    return [r.post.post_id for r in desk.posts.rows if r.view.layout.display != "none"]


def decisions(desk: Desk) -> list[list[str]]:
    sql = "SELECT post_id, decision, reason, notes, reviewer FROM reviews ORDER BY post_id"
    return desk.session.project.store.query(sql).fillna("").to_numpy().tolist()


def test_pages_are_cut_by_the_database_and_filters_begin_at_the_first(desk: Desk) -> None:
    assert "20 posts · page 1 of 1" in desk.posts.count.value
    go(desk, size=8)
    desk.posts.next.click()
    desk.posts.next.click()
    assert shown(desk) == ["tiktok:17", "tiktok:18", "tiktok:19", "tiktok:20"]
    assert desk.posts.next.disabled
    desk.posts.previous.click()
    assert shown(desk)[0] == "tiktok:9"
    desk.posts.filters["tier"].value = "broke_out"
    assert "10 posts · page 1 of 2" in desk.posts.count.value
    desk.posts.filters["is_ascending"].value = True
    assert shown(desk)[0] == "tiktok:10"
    desk.posts.filters["search"].value = "no such words"
    assert "No post matches" in desk.posts.count.value
    desk.posts.clear.click()
    assert "20 posts" in desk.posts.count.value


def test_one_press_decides_and_opens_the_next_post(desk: Desk) -> None:
    desk.posts.rows[0].open.click()
    post = desk.posts.post
    post.notes.value = "the pause"
    post.keep.click()
    assert desk.session.place.post_id == "tiktok:2"
    post.rejects["celebrity"].click()
    post.skip.click()
    assert desk.session.place.post_id == "tiktok:4"
    assert decisions(desk) == [
        ["tiktok:1", "keep", "", "the pause", "Ann"],
        ["tiktok:2", "reject", "celebrity", "", "Ann"],
    ]
    assert "rejected by Ann" in desk.posts.rows[1].html.value
    assert "<kbd>k</kbd> keep" in post.keys.value
    post.close.click()
    assert desk.session.place.post_id == ""
    assert post.view.layout.display == "none"


def test_a_post_shows_what_clients_said_of_it_in_their_answers(desk: Desk) -> None:
    place = {"run_id": "p-1", "project_id": desk.session.project.slug, "post_id": "tiktok:1"}
    said_by = {"author": "Mia", "at_s": 4.2, "body": "<b>Cut</b> here", "comment_id": "c1"}
    with desk.session.project.store.write("report") as connection:
        save(connection, "report_comments", [place | said_by], key=["comment_id"])
    desk.posts.rows[0].open.click()
    html = desk.posts.post.decisions.value
    assert "<b>Mia</b> at 4.2 s · &lt;b&gt;Cut&lt;/b&gt; here · report p-1" in html
    desk.posts.rows[1].open.click()
    assert "Mia" not in desk.posts.post.decisions.value


def test_undo_takes_back_the_last_ten_actions_and_opens_their_posts(desk: Desk) -> None:
    desk.posts.rows[0].open.click()
    post = desk.posts.post
    post.notes.value = "first"
    post.keep.click()
    for _ in range(10):
        post.rejects["length"].click()
    desk.posts.rows[0].open.click()
    post.rejects["other"].click()  # over what stood there
    assert decisions(desk)[0][:3] == ["tiktok:1", "reject", "other"]
    post.undo.click()
    assert decisions(desk)[0] == ["tiktok:1", "keep", "", "first", "Ann"]
    for _ in range(9):
        post.undo.click()
    assert [r[0] for r in decisions(desk)] == ["tiktok:1", "tiktok:2"]
    assert desk.session.place.post_id == "tiktok:3"
    assert post.undo.disabled
    post.undo.click()
    assert "nothing to take back" in said(desk)
    assert len(decisions(desk)) == 2


def test_next_turns_the_page_where_it_ends(desk: Desk) -> None:
    go(desk, size=8)
    desk.posts.rows[7].open.click()
    desk.posts.post.skip.click()
    assert (desk.session.place.post_id, desk.session.place.wish.page) == ("tiktok:9", 2)


@pytest.mark.parametrize("is_ascending", [False, True])
def test_a_skipped_post_stays_behind_though_decisions_shorten_the_list(
    desk: Desk, is_ascending: bool
) -> None:
    go(desk, size=3, decision="open", is_ascending=is_ascending)
    order = [f"tiktok:{n}" for n in range(1, 21)]
    order = order[::-1] if is_ascending else order
    desk.posts.rows[0].open.click()
    opened = [desk.session.place.post_id]
    for number in range(19):
        post = desk.posts.post
        (post.skip if number % 3 == 0 else post.keep).click()
        opened.append(desk.session.place.post_id)
    assert opened == order
    desk.posts.post.keep.click()
    assert "last post of this list" in said(desk)
    assert desk.session.place.post_id == ""  # it left the list
    assert len(decisions(desk)) == 13


def test_a_filter_never_leaves_a_post_open_that_is_not_in_the_list(desk: Desk) -> None:
    desk.posts.rows[14].open.click()
    desk.posts.filters["platform"].value = "tiktok"
    assert desk.session.place.post_id == "tiktok:15"
    desk.posts.post.notes.value = "not saved"
    desk.posts.filters["tier"].value = "extreme"
    assert "not saved yet: Notes" in said(desk)
    desk.session.question.discard.click()
    assert (desk.session.place.post_id, desk.session.place.wish.tier) == ("", "extreme")


def test_what_strangers_wrote_is_inert(desk: Desk) -> None:
    desk.posts.rows[0].open.click()
    post = desk.posts.post
    for html in (desk.posts.rows[0].html.value, post.head.value, post.film.value):
        assert "<img src=x" not in html
        assert "<b>look" not in html
    assert "&lt;img src=x" in post.head.value
    assert "\u202e" not in desk.posts.rows[0].html.value
    assert "<img src=x" not in desk._repr_mimebundle_()["text/html"]


def test_a_script_starts_from_the_open_post(written: Desk) -> None:
    row = script(written)
    assert (row["title"], row["origin"], row["post_id"]) == ("Calm lid", "measures", "tiktok:1")
    assert (row["product_id"], row["project_id"], row["made_by"]) == ("acme/core-deck", "p", "Ann")
    assert written.tabs.value == "script"
    assert [key for _, key in written.script.beats.list.options] == ["b1", "b2"]


def test_a_beat_is_saved_as_the_next_version_and_the_difference_shown(written: Desk) -> None:
    beats = written.script.beats
    beats.fields["spoken"].value = "Nobody talks <i>here</i>."
    beats.fields["props"].value = "lid; table"
    beats.why.value = "shorter hook"
    beats.save.click()
    written.script.tabs.value = "Versions"
    row = script(written)
    assert (row["version"], row["notes"]) == (2, "shorter hook")
    assert row["script"].beats[0].props == ("lid", "table")
    assert "&lt;i&gt;here" in written.script.versions.diff.value
    beats.save.click()
    assert "Nothing was changed" in said(written)


def test_a_beat_with_unsaved_words_is_not_left(written: Desk) -> None:
    beats = written.script.beats
    beats.fields["spoken"].value = "Half a"
    beats.list.value = "b2"
    assert "not saved" in said(written)
    assert (beats.beat_id, beats.fields["spoken"].value) == ("b1", "Half a")
    beats.add.click()
    assert "not saved" in said(written)
    beats.discard.click()
    beats.list.value = "b2"
    assert beats.beat_id == "b2"


def test_beats_are_added_moved_and_removed(written: Desk) -> None:
    beats = written.script.beats
    beats.add.click()
    assert (beats.beat_id, [b.beat_id for b in script(written)["script"].beats]) == (
        "b3",
        ["b1", "b3", "b2"],
    )
    beats.up.click()
    beats.up.click()
    assert "at that end already" in said(written)
    assert [b.beat_id for b in script(written)["script"].beats] == ["b3", "b1", "b2"]
    beats.remove.click()
    assert [b.beat_id for b in script(written)["script"].beats] == ["b1", "b2"]
    assert script(written)["version"] == 4


def test_of_two_desks_the_second_is_told_and_nothing_is_overwritten(
    written: Desk, project: Project
) -> None:
    other = {"beat": "b1", "values": {"spoken": "Theirs."}}
    ref = written.session.place.script_id
    scripts_flow.change(project.workspace, ref, other, Making("Ben"))
    written.script.beats.fields["spoken"].value = "Mine."
    written.script.beats.save.click()
    assert "Ben" in said(written)
    assert "nothing was written" in said(written)
    assert script(written)["script"].beats[0].spoken == "Theirs."


def test_the_whole_text_is_laid_on_what_others_did(written: Desk, project: Project) -> None:
    text = written.script.text
    written.script.tabs.value = "Whole text"
    ref = written.session.place.script_id
    other = {"beat": "b1", "values": {"spoken": "Theirs."}}
    scripts_flow.change(project.workspace, ref, other, Making("Ben"))
    text.area.value = text.area.value.replace("# Calm lid", "# Calm lids")
    text.save.click()
    row = script(written)
    assert "merged with other people" in said(written)
    assert (row["title"], row["script"].beats[0].spoken, row["version"]) == (
        "Calm lids",
        "Theirs.",
        3,
    )


def test_comments_are_about_the_chosen_beat_and_resolved(written: Desk) -> None:
    comments = written.script.comments
    comments.send.click()
    assert "a comment needs words" in said(written)
    comments.body.value = "Too <u>slow</u>"
    comments.send.click()
    assert "&lt;u&gt;slow" in comments.list.children[0].children[0].value
    comments.list.children[0].children[1].click()
    sql = "SELECT beat_id, author, resolved_by FROM script_comments"
    assert written.session.project.store.query(sql).to_numpy().tolist() == [["b1", "Ann", "Ann"]]


def test_the_board_moves_a_script_and_says_what_it_lacks(written: Desk) -> None:
    facts = written.script.facts
    written.script.tabs.value = "Facts"
    facts.claim.value = "8 and up"
    facts.add.click()
    written.tabs.value = "board"
    moving = written.board.transitions
    moving.buttons["review"].click()
    assert moving.buttons["approved"].disabled
    assert "call to action" in moving.lacks.value
    assert "clearance of 1 claim" in moving.lacks.value
    moving.buttons["draft"].click()
    assert "needs a reason" in said(written)
    written.tabs.value = "script"
    facts.fields["call_to_action"].value = "Link in bio"
    facts.save.click()
    facts.clear.click()
    assert "who cleared it" in said(written)
    facts.note.value = "legal"
    facts.clear.click()
    written.tabs.value = "board"
    for to in ("review", "approved"):
        moving.buttons[to].click()
    assert script(written)["status"] == "approved"
    (card,) = written.board.columns["approved"].children[1:]
    assert card.description.startswith("Calm lid")


def test_documents_are_written_with_their_version(written: Desk) -> None:
    documents = written.script.documents
    written.script.tabs.value = "Documents"
    documents.formats.value = ("markdown", "srt")
    documents.write.click()
    assert "2 files written" in said(written)
    (file,) = written.session.project.workspace.outputs.glob("scripts/*-v1.md")
    assert file.name in documents.files.value


def test_a_kernel_that_starts_again_finds_the_same_desk(written: Desk, project: Project) -> None:
    written.script.beats.add.click()
    written.posts.filters["tier"].value = "broke_out"
    again = Desk(project, by="Ann")
    assert again.session.place == written.session.place
    assert again.tabs.value == "script"
    assert again.script.beats.list.options == written.script.beats.list.options
    assert again.posts.filters["tier"].value == "broke_out"
    assert Desk(project, by="Ben").tabs.value == "outliers"
    found = run_checks(project.store)
    assert list(found[(found["n"] > 0) & found["check"].str.contains("desk|script")]["check"]) == []


def test_a_place_of_another_version_of_the_desk_is_the_beginning(project: Project) -> None:
    with project.store.write() as connection:
        connection.execute(
            "INSERT INTO desk_places VALUES ('p', 'Ann', '{\"wish\": 7, \"view\": \"x\"}', "
            "now()::TIMESTAMP)"
        )
    assert Desk(project, by="Ann").tabs.value == "outliers"


@pytest.mark.usefixtures("unshared")
def test_a_busy_database_is_said_and_the_desk_goes_on(desk: Desk, project: Project) -> None:
    desk.posts.rows[0].open.click()
    workspace_ = replace(project.workspace)
    workspace_.__dict__["store"] = replace(project.store, wait_s=0.2)
    desk.session.project = replace(project, workspace=workspace_)
    with Store(project.store.path).write():
        desk.posts.post.keep.click()
    assert "was held by" in said(desk)
    desk.posts.post.keep.click()
    assert "Kept" in said(desk)


def test_what_nobody_foresaw_is_said_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("<odd>")

    desk.posts.rows[0].open.click()
    monkeypatch.setattr("vtlib.outliers.reviews.decide", broken)
    desk.posts.post.keep.click()
    assert "RuntimeError: &lt;odd&gt;" in said(desk)


def test_simulated_data_is_called_so(desk: Desk) -> None:
    assert "SIMULATED DATA" in desk._label.value


def test_without_fits_the_products_say_so(desk: Desk) -> None:
    desk.tabs.value = "products"
    assert "Core Deck" in desk.products.products.value
    assert "No fit was judged yet" in desk.products.matrix.value


def test_an_empty_project_is_a_desk_too(tmp_path: Path) -> None:
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p.yaml").write_text("project: p\n")
    desk = Desk(Project.open("p", home=str(tmp_path)), by="Ann")
    assert "No post matches" in desk.posts.count.value
    for view in ("products", "script", "board"):
        desk.tabs.value = view
        assert said(desk) == ""
    with pytest.raises(BadInput, match="there is no project q"):
        Desk(Project.open("q", home=str(tmp_path)))


def test_a_page_without_a_kernel_shows_the_same(written: Desk) -> None:
    bundle = written._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    for text in (
        "×40",
        "Calm lid",
        "20 posts",
        "Source: script_versions",
        "No fit was judged yet",
    ):
        assert text in bundle["text/html"]

"""The list of posts at the desk: filters, counts, order, many at once, boards."""

from pathlib import Path

import pandas as pd
import pytest

from tests.desk.desk_home import workspace
from vtlib.core.errors import BadInput
from vtlib.desk import Desk, browse
from vtlib.desk.browse import PostQuery
from vtlib.store import people
from vtlib.store.data_checks import run_checks
from vtlib.store.project import Project

ANSWER = """{"hook": {"types": [{"type": "open_question", "probability": 0.9}]},
    "transcript": [{"start_s": 1.5, "text": "Never <b>iron</b> a left-handed lid"}],
    "overlays": [{"text": "ÉTÉ 茶"}]}"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 posts of one account: 1 to 10 extreme, 1 measured, 3 analysed and photo, 4 own."""
    home = tmp_path_factory.mktemp("desk")
    project = workspace(home)
    with project.store.write() as c:
        c.execute(
            "INSERT INTO analyses (analysis_id, post_id, task, status, answer, answered_at) "
            f"VALUES ('a', 'tiktok:3', 'analysis', 'ok', '{ANSWER}', '2026-03-01')"
        )
        c.execute("UPDATE posts SET format = 'photo' WHERE post_id = 'tiktok:3'")
        c.execute("UPDATE posts SET posted_at = '2026-01-01 23:59' WHERE post_id = 'tiktok:5'")
        c.execute("UPDATE project_posts SET is_own = true WHERE post_id = 'tiktok:4'")
        c.execute("DELETE FROM outlier_scores WHERE post_id = 'tiktok:20'")
    return home


def ids(project: Project, **wish: object) -> list[int]:
    """Numbers of the posts in a list."""
    return [int(r.post_id[7:]) for r in browse.page(project, PostQuery(**wish)).rows]  # type: ignore[arg-type]


ALL = list(range(1, 21))


@pytest.mark.parametrize(
    ("wish", "numbers"),
    [
        ({}, ALL),
        ({"platform": "youtube"}, []),
        ({"format": "photo"}, [3]),
        ({"tier": "extreme"}, ALL[:10]),
        ({"tier": "not_scored"}, [20]),
        ({"multiplier": "×30"}, [1, 2, 3, 4, 5, 6]),
        ({"views": "18k"}, [1, 2, 3]),
        ({"posted_to": "2026-01-01"}, [5]),
        ({"posted_from": "2026-01-02", "tier": "extreme"}, [1, 2, 3, 4, 6, 7, 8, 9, 10]),
        ({"account": "RIV"}, ALL),
        ({"account": "nobody"}, []),
        ({"role": "own"}, [4]),
        ({"hook": "open_question"}, [3]),
        ({"hook": "open_question", "tier": "none"}, []),
        ({"script": "yes"}, []),
        ({"search": "lid IRON"}, [3]),  # both words are said in it, in another order
        ({"search": "été 茶"}, [3]),  # on screen, as the model read it
        ({"search": "look"}, [1]),  # on screen, as it was measured
        ({"search": "rival lid"}, [3]),  # one word of the account, one of the speech
        ({"search": "100%_"}, []),  # no wildcards
        ({"sort": "posted", "is_ascending": True, "tier": "extreme", "size": 1}, [5]),
        ({"sort": "views", "is_ascending": True, "size": 2}, [20, 19]),
        ({"sort": "account", "size": 2}, [1, 10]),
    ],
)
def test_filters_and_orders(project: Project, wish: dict, numbers: list[int]) -> None:
    assert ids(project, **wish) == numbers


def test_what_is_no_number_is_refused(desk: Desk) -> None:
    desk.posts.filters["views"].value = "many"
    assert "many is no number of views" in desk.session.message.value
    desk.posts.filters["posted_to"].value = "31.3."
    assert "posted to 31.3. is no day" in desk.session.message.value
    assert desk.session.place.wish == PostQuery()  # nothing that cannot be read is stored
    with pytest.raises(BadInput, match="no number of multiplier"):
        browse.page(desk.session.project, PostQuery(multiplier="x"))


def test_the_count_beside_a_choice_is_what_it_shows(project: Project) -> None:
    """Each count is held against the list that its choice gives, beside two other filters."""
    people.save_reviews(project.store, "p", [{"post_id": "tiktok:2", "decision": "keep"}])
    wish = PostQuery(tier="extreme", views="14k")
    counts = browse.page(project, wish).counts
    pairs = [(n, v) for n, values in browse.CHOICES.items() for v in values]
    shown = {
        (n, v): len(ids(project, **{"tier": "extreme", "views": "14k", n: v})) for n, v in pairs
    }
    expected = {pair: counts[pair[0]][pair[1]] for pair in pairs if pair != ("hook", "")}
    shown.pop(("hook", ""))
    assert shown == expected
    assert (counts["tier"]["extreme"], counts["tier"]["none"], counts["tier"][""]) == (7, 0, 7)
    assert (counts["format"]["photo"], counts["decision"]["keep"]) == (1, 1)


def test_filters_show_their_counts_and_survive_a_refresh(desk: Desk) -> None:
    desk.posts.filters["format"].value = "photo"
    labels = {v: k for k, v in desk.posts.filters["tier"].options}
    assert labels == {"": "all (1)", "extreme": "extreme (1)", "broke_out": "broke out (1)"}
    desk.posts.filters["tier"].value = "extreme"
    assert {n: desk.posts.filters[n].value for n in ("format", "tier")} == {
        "format": "photo",
        "tier": "extreme",
    }
    assert "1 post ·" in desk.posts.count.value


def test_the_view_is_posters_or_a_list(desk: Desk) -> None:
    posts = desk.posts
    assert "vt-poster" in posts.rows[0].html.value
    assert "×40" in posts.rows[0].html.value
    assert "@rival" in posts.rows[0].html.value
    assert "views: 20,000" in posts.rows[0].html.value
    posts.layout.value = "list"
    assert "vt-poster" not in posts.rows[0].html.value
    assert "×40" in posts.rows[0].html.value
    again = Desk(desk.session.project, by="Ann")
    assert again.posts.layout.value == "list"


def decided(project: Project) -> list[list[str]]:
    sql = "SELECT post_id, decision, reason, notes FROM reviews ORDER BY 1"
    return project.store.query(sql).fillna("").to_numpy().tolist()


def test_many_are_decided_at_once_and_undone_at_once(desk: Desk, project: Project) -> None:
    row = {"post_id": "tiktok:2", "decision": "keep", "notes": "the pause", "reviewer": "Ann"}
    people.save_reviews(project.store, "p", [row])
    many = desk.posts.selection
    assert many._more.layout.display == "none"
    for place in (0, 1):
        desk.posts.rows[place].chosen.value = True
    assert "2 posts selected" in many.n.value
    many.reason.value = "length"
    many.reject.click()
    assert decided(project) == [
        ["tiktok:1", "reject", "length", ""],
        ["tiktok:2", "reject", "length", "the pause"],
    ]
    assert not desk.session.chosen
    desk.posts.post.undo.click()
    assert decided(project) == [["tiktok:2", "keep", "", "the pause"]]
    desk.posts.filters["format"].value = "photo"
    many.page.click()
    many.keep.click()
    assert decided(project)[1] == ["tiktok:3", "keep", "", ""]
    many.page.click()
    many.none.click()
    assert not desk.session.chosen
    assert desk.posts.rows[0].chosen.value is False


def test_boards_hold_posts_with_notes(desk: Desk, project: Project) -> None:
    many, post = desk.posts.selection, desk.posts.post
    desk.posts.rows[0].chosen.value = desk.posts.rows[2].chosen.value = True
    many.tag.value = "  Hooks to  steal "
    many.add.click()
    desk.posts.rows[2].open.click()
    post.boards.name.value, post.boards.note.value = "hooks to STEAL", "the <i>lid</i>"
    post.boards.add.click()
    sql = "SELECT post_id, tag, note, added_by FROM post_tags ORDER BY post_id"
    rows = project.store.query(sql)
    assert rows.astype(object).where(rows.notna(), None).to_numpy().tolist() == [
        ["tiktok:1", "Hooks to steal", None, "Ann"],
        ["tiktok:3", "Hooks to steal", "the <i>lid</i>", "Ann"],
    ]
    assert "<i>lid" not in post.boards.rows.children[0].children[0].value
    assert {v: k for k, v in desk.posts.filters["tag"].options}["Hooks to steal"].endswith("(2)")
    desk.posts.filters["tag"].value = "Hooks to steal"
    assert "2 posts" in desk.posts.count.value
    assert "Hooks to steal" in desk.posts.rows[0].html.value
    post.boards.removes["Hooks to steal"].click()
    assert "1 post ·" in desk.posts.count.value
    post.undo.click()  # of the many: only those that it had put there
    assert pd.isna(project.store.query(sql)["tag"]).sum() == 0
    assert len(project.store.query(sql)) == 0
    checks = run_checks(project.store).set_index("check")["n"]
    assert checks["post_tags"] == 0

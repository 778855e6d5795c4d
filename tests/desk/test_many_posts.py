"""Saved views, what is done with many posts, side by side, and planning: each ends in rows."""

import datetime as dt

import pytest

from vtlib.desk import Desk, browse
from vtlib.desk.browse import PostQuery
from vtlib.scripts import queries
from vtlib.store import people
from vtlib.store.project import Project
from vtlib.store.writes import save


def views(project: Project) -> list:
    rows = project.store.query("SELECT name, person FROM desk_views ORDER BY name, person")
    return rows.to_numpy().tolist()


def select(desk: Desk, *numbers: int) -> None:
    for n in numbers:
        desk.posts.rows[n].chosen.value = True


def test_a_view_is_saved_chosen_by_all_and_removed_by_its_owner(project: Project) -> None:
    desk = Desk(project, by="Ann")
    desk.posts.filters["tier"].value = "extreme"
    desk.posts.layout.value = "list"
    saved = desk.posts.saved
    saved.save.click()
    assert "needs a name" in desk.session.message.value
    saved.name.value = " Extreme  ones "
    saved.save.click()
    assert views(project) == [["Extreme ones", "Ann"]]
    assert saved.choice.label == "Extreme ones"
    desk.posts.clear.click()
    assert saved.choice.label == "none"
    other = Desk(project, by="Zoe")
    other.posts.saved.choice.value = ("Ann", "Extreme ones")
    place = other.session.place
    assert (place.wish.tier, place.layout, place.post_id) == ("extreme", "list", "")
    other.posts.saved.remove.click()
    assert "Its owner can remove it" in other.session.message.value
    assert len(views(project)) == 1
    again = Desk(project, by="Ann")
    again.posts.saved.choice.value = ("Ann", "Extreme ones")
    again.posts.saved.remove.click()
    assert views(project) == []


def test_fetch_keeps_what_is_open_and_runs_the_command(desk: Desk, project: Project) -> None:
    select(desk, 0, 1)
    desk.posts.rows[0].open.click()
    desk.posts.post.keep.click()
    words = []
    desk.session.later = lambda command, told: words.append(command)
    desk.posts.selection.fetch.click()
    rows = project.store.query("SELECT post_id, decision FROM reviews ORDER BY 1").to_numpy()
    assert sorted(map(list, rows)) == [["tiktok:1", "keep"], ["tiktok:2", "keep"]]
    expected = ["--post", "tiktok:1", "--post", "tiktok:2", "--json"]
    assert words == [["process", "videos", "--project", "p", *expected]]


def test_ask_shows_the_price_first(desk: Desk) -> None:
    select(desk, 0)
    words = []
    desk.session.later = lambda command, told: words.append(command)
    desk.posts.selection.ask.click()
    assert "Press Ask a model again" in desk.session.message.value
    assert words == []
    desk.posts.selection.ask.click()
    assert words == [["analyze", "videos", "--project", "p", "--post", "tiktok:1", "--json"]]


def test_scripts_from_these(desk: Desk, project: Project) -> None:
    select(desk, 0, 2)
    desk.session.later = lambda command, told: None
    desk.posts.selection.product.value = "acme/core-deck"
    desk.posts.selection.scripts.click()
    rows = project.store.query("SELECT post_id, product_id FROM scripts ORDER BY post_id")
    assert rows.to_numpy().tolist() == [
        ["tiktok:1", "acme/core-deck"],
        ["tiktok:3", "acme/core-deck"],
    ]
    assert desk.session.chosen == set()


def test_two_to_four_side_by_side(desk: Desk) -> None:
    select(desk, 0)
    desk.posts.selection.compare.click()
    assert "Two to 4" in desk.session.message.value
    select(desk, 1, 2)
    desk.posts.selection.compare.click()
    html = desk.posts.compare.html.value
    assert html.count("<section>") == 3
    assert desk.posts.compare.view.layout.display is None
    desk.posts.compare.close.click()
    assert desk.posts.compare.view.layout.display == "none"


def test_a_post_beside_an_ordinary_one_of_its_account(desk: Desk, project: Project) -> None:
    desk.posts.rows[0].open.click()
    desk.posts.post.beside.click()
    post, ordinary = desk.session.compared
    sql = "SELECT tier FROM outlier_latest WHERE post_id = ?"
    with project.store.read() as connection:
        tiers = [connection.execute(sql, [p]).fetchall()[0][0] for p in (post, ordinary)]
    assert (post, tiers) == ("tiktok:1", ["extreme", "none"])


def test_product_fit_filters_counts_and_sorts(project: Project) -> None:
    fit = {"product_id": "acme/core-deck", "status": "ok", "answered_at": dt.datetime(2026, 3, 3)}
    rows = [
        {**fit, "fit_id": f"f{n}", "post_id": f"tiktok:{n}", "score": score}
        for n, score in ((3, 4.5), (4, 3.0), (5, 2.0))
    ]
    with project.store.write() as connection:
        names = [c[0] for c in connection.execute("DESCRIBE fits").fetchall()]
        kept = [{k: v for k, v in row.items() if k in names} for row in rows]
        save(connection, "fits", kept, key=["post_id", "product_id"])
    page = browse.page(project, PostQuery(fit="acme/core-deck", sort="fit"))
    assert [r.post_id for r in page.rows] == ["tiktok:3", "tiktok:4"]
    assert page.counts["fit"]["acme/core-deck"] == 2
    few = browse.page(project, PostQuery(account="nobody"))
    assert few.counts["fit"] == {}
    people.tag_posts(project.store, "p", ["tiktok:4"], {"tag": "lids", "added_by": "Ann"})
    both = browse.page(project, PostQuery(fit="acme/core-deck"))
    assert both.counts["tag"] == {"lids": 1}


@pytest.fixture
def script(desk: Desk) -> str:
    desk.session.later = lambda command, told: None
    desk.posts.rows[0].open.click()
    desk.posts.post.title.value = "Lid"
    desk.posts.post.create.click()
    desk.script.tabs.value = "Planning"
    return desk.session.place.script_id


def test_assign_schedule_and_link_at_the_desk(desk: Desk, project: Project, script: str) -> None:
    plan = desk.script.planning
    plan.assign.click()
    assert "needs a name" in desk.session.message.value
    plan.person.value, plan.role.value = "Zoe", "approver"
    plan.assign.click()
    people_of = queries.people(project.store, script)
    assert [(p["person"], p["role"]) for p in people_of] == [("Zoe", "approver")]
    plan.removes["Zoe", "approver"].click()
    assert queries.people(project.store, script) == []
    plan.dates["due_on"].value = dt.date(2026, 5, 2)
    plan.dates["publish_on"].value = dt.date(2026, 5, 11)
    plan.schedule.click()
    sql = "SELECT due_on::VARCHAR, publish_on::VARCHAR FROM scripts"
    assert project.store.query(sql).to_numpy().tolist() == [["2026-05-02", "2026-05-11"]]
    desk.script.tabs.value = "Comments"
    desk.script.tabs.value = "Planning"
    assert plan.dates["due_on"].value == dt.date(2026, 5, 2)
    plan.link.click()
    assert "Paste its link" in desk.session.message.value
    plan.url.value = "https://www.tiktok.com/@us/video/7106594312292453675"
    plan.link.click()
    linked = queries.publications(project.store, script)
    assert [p["post_id"] for p in linked] == ["tiktok:7106594312292453675"]
    assert "7106594312292453675" in plan.posts.value


def test_a_card_that_is_dropped_moves_its_script(desk: Desk, project: Project, script: str) -> None:
    desk.tabs.value = "board"
    desk.board.drop.value = f"{script} review"
    assert queries.get(project.store, script)["status"] == "review"
    desk.board.drop.value = f"{script} published"
    assert "does not go there" in desk.session.message.value
    desk.board.drop.value = f"{script} draft"  # a move back waits for its reason
    assert queries.get(project.store, script)["status"] == "review"
    assert "alert" in desk.session.message.value
    assert desk.session.place.script_id == script

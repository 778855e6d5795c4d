"""Every button of the desk is pressed by a test, and the rows are looked at after."""

import ast
import re
from pathlib import Path

import vtlib.desk
from vtlib.core.models import REASONS
from vtlib.desk import Desk
from vtlib.scripts import queries, store
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.store import Making, ScriptHome
from vtlib.store.project import Project

TESTS = Path(__file__).parent
PANELS = Path(vtlib.desk.__file__).parent


def buttons() -> set[str]:
    """Names that the panels give their buttons: attributes, and locals of a row of buttons."""
    names: set[str] = set()
    for path in PANELS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            calls = [ast.unparse(c.func) for c in ast.walk(node.value) if isinstance(c, ast.Call)]
            if "controls.button" in calls:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                names |= {a.attr for a in ast.walk(target) if isinstance(a, ast.Attribute)}
    return names


def test_every_button_is_pressed_by_a_test() -> None:
    text = "\n".join(p.read_text() for p in TESTS.glob("test_*.py"))
    pressed = set(re.findall(r"\.(\w+)(?:\[[^\n]*?\])?\.click\(\)", text))
    pressed |= set(re.findall(r"\(post\.(\w+) if", text))  # (post.skip if … else …).click()
    assert len(buttons()) > 25
    assert buttons() - pressed == set()


def test_each_reason_has_its_button(desk: Desk, project: Project) -> None:
    desk.posts.rows[0].open.click()
    for reason in REASONS:
        desk.posts.post.rejects[reason].click()
    rows = project.store.query("SELECT reason FROM reviews ORDER BY decided_at, post_id")
    assert rows["reason"].tolist() == list(REASONS)


def test_a_card_goes_all_ways_of_the_board(desk: Desk, project: Project) -> None:
    beats = (PlannedBeat("b1", "cta", duration_s=2.0, spoken="Look"),)
    place = ScriptHome(project="p")
    name = store.create(project.store, Script("Lid", beats=beats), Making("Ann"), place=place)
    desk.tabs.value = "board"
    desk.board.cards[name].click()
    moves = desk.board.transitions
    for status in ("review", "approved", "in_production", "produced"):
        moves.buttons[status].click()
        assert queries.get(project.store, name)["status"] == status
    assert moves.buttons["published"].disabled  # no post is linked
    store.link(project.store, name, {"post_id": "tiktok:1", "url": "https://x.y/1"}, by="Ann")
    desk.board.edit.click()
    assert (desk.tabs.value, desk.script.open.row["script_id"]) == ("script", name)
    desk.script.transitions.buttons["published"].click()
    assert queries.get(project.store, name)["status"] == "published"
    for status in ("archived", "draft"):
        desk.script.transitions.reason.value = "over"
        desk.script.transitions.buttons[status].click()
        assert queries.get(project.store, name)["status"] == status
    sql = "SELECT reason FROM script_status_changes WHERE to_status = 'archived'"
    assert project.store.query(sql)["reason"].tolist() == ["over"]


def test_a_video_of_the_products_is_opened(desk: Desk, project: Project) -> None:
    desk.tabs.value = "products"
    products = desk.products
    products.post.options = [("@rival", "tiktok:5")]
    products.post.value = "tiktok:5"
    products.open.click()
    assert (desk.tabs.value, desk.session.place.post_id) == ("outliers", "tiktok:5")
    places = project.store.query("SELECT place->>'post_id' AS post FROM desk_places")
    assert places["post"].tolist() == ["tiktok:5"]

"""05 and 06 against the sandbox: asked once, read out whole, each script once, nobody's edit
overwritten.
"""

import json
from dataclasses import replace
from random import Random

import pandas as pd
import pytest
from PIL import Image

from simulator.clips import plan as film_plan
from simulator.gemini import Habits
from simulator.gemini.analyst import picture_analysis, video_analysis
from simulator.gemini.strategist import data_of
from simulator.gemini.viewer import Watched
from simulator.server import Settings, running
from vtlib.adaptation import fits as fitting
from vtlib.adaptation import hooks, source, storyboards, summary
from vtlib.adaptation import stage as adapting
from vtlib.adaptation.comparison import ranking
from vtlib.adaptation.comparison import summary as comparison
from vtlib.analysis import stage as flow
from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.llm import answers as analyses
from vtlib.llm import text_requests
from vtlib.llm.answers import DATA
from vtlib.media import store as media
from vtlib.scripts import queries as script_reading
from vtlib.scripts import store as scripts
from vtlib.scripts.script import parse
from vtlib.scripts.store import Making
from vtlib.store import catalog, people
from vtlib.store.connection import Store
from vtlib.store.data_checks import require_sound
from vtlib.store.project import Project
from vtlib.store.writes import save

VIDEOS, PRODUCTS = 3, ("kettle", "lamp", "bowl")
FACTS = {"audience": "cooks", "problems": ["noise"], "benefits": ["falls silent", "folds flat"]}
SMALL = {"limit": VIDEOS, "min_score": 0}

# A row of the library: a claim.
CLAIMED = {
    "pattern": "open_question",
    "definition": "d",
    "kind": "hook",
    "claim": "more views",
    "ratio": 2.0,
    "ratio_low": 1.5,
    "ratio_high": 2.5,
    "q_value": 0.01,
}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    clips = tmp_path_factory.mktemp("clips")
    with running(Settings(clips=clips, model=Habits(slips=False))) as found:
        yield found
    patch.undo()


@pytest.fixture(scope="module")
def filled(live, tmp_path_factory):
    """A database with analysed videos and products, made once and copied for each test."""
    store = Store(tmp_path_factory.mktemp("db") / "made.duckdb")
    add_products(store)
    fill(store, live.sandbox.world)
    return store.path


@pytest.fixture
def opened(served):
    return Project.open("p", home=str(served), adaptation=SMALL, model={"attempts": 2})


def add_products(store):
    """The project p with its products."""
    people.ensure_project(store, "p", brand="b")
    for slug in PRODUCTS:
        catalog.create_product(store, "b", {"name": slug.title(), **FACTS}, slug=slug)
    people.add_products(store, "p", PRODUCTS)


def fill(store, world):
    """Picked posts and what a model said of them, without their films."""
    able = [p for p in world.posts if p.is_video and len(film_plan(p, world.seed)["cuts_s"]) > 2]
    films = sorted(able, key=lambda p: p.post_id)[:VIDEOS]
    held = {t: [] for t in ("posts", "project_posts", "selections", "analyses")}
    for n, post in enumerate(films):
        key = {"post_id": post.post_id}
        facts = {"platform": post.platform, "native_id": post.native_id, "format": post.format}
        held["posts"].append(key | facts | {"caption": post.caption, "url": f"https://e.x/{n}"})
        held["project_posts"].append(key | {"project_id": "p", "came_from": "import"})
        role = "control" if n == VIDEOS - 1 else "breakout"
        held["selections"].append(key | {"project_id": "p", "role": role})
        watched = Watched("x", film_plan(post, world.seed), post)
        told = video_analysis(watched, Random(n), "")
        said = {"analysis_id": f"a{n}", "task": "analysis", "status": "ok", "answer": told}
        held["analyses"].append(key | said | {"project_id": "p"})
    with store.write() as connection:
        for table, rows in held.items():
            save(connection, table, rows, key=["post_id"])
        connection.execute("UPDATE analyses SET answered_at = '2026-01-01'")


def changed(project, section, **values):
    new = getattr(project.params, section).model_copy(update=values)
    return replace(project, params=project.params.model_copy(update={section: new}))


def asked(live):
    return json.loads(live.sandbox.gemini.show_asked(None).body)


def test_each_video_is_judged_once_for_all_products(opened, live):
    done = fitting.judge(opened)
    assert (done.outcomes["ok"], done.n_open, done.exit_code) == (VIDEOS - 1, 0, 0), "no controls"
    fits, judgements = fitting.load(opened)
    assert len(fits) == len(judgements) == (VIDEOS - 1) * 3
    assert fits["score"].between(0, 5).all()
    assert {o["kind"] for found in fits["obstacles"] for o in found} >= {"age_fit"}
    assert len({tuple(g["product_id"]) for _, g in fits.groupby("position")}) > 1, "order by lot"
    assert len(ranking.over_videos(fits, judgements)) == 3
    require_sound(opened.store)
    before = asked(live)["answered"]
    again = fitting.judge(opened)
    assert (again.n_answered_before, sum(again.outcomes.values())) == (VIDEOS - 1, 0)
    assert asked(live)["answered"] == before


def test_a_few_products_are_not_asked_about_where_all_were(opened, live):
    fitting.judge(opened)
    before = asked(live)["answered"]
    assert fitting.judge(opened, slugs=["lamp"]).n_answered_before == VIDEOS - 1
    assert asked(live)["answered"] == before
    with pytest.raises(BadInput, match="no product nix"):
        fitting.plan(opened, slugs=["nix"])
    with pytest.raises(BadInput, match="no analysis"):
        fitting.plan(opened, post_id="tiktok:1")


def test_other_facts_or_another_model_are_rows_beside_the_old(opened):
    fitting.judge(opened)
    catalog.update_product(opened.store, "lamp", {"audience": "readers"})
    fitting.judge(opened)
    fitting.judge(changed(opened, "model", scripts="gemini-3.5-flash-lite"))
    rows = opened.store.query("SELECT * FROM fits")
    assert len(rows) == 3 * 3 * (VIDEOS - 1)
    assert rows["model"].nunique() == 2
    fits, _ = fitting.load(opened)
    assert len(fits) == 3 * (VIDEOS - 1)
    assert fits["n_judged"].eq(3).all()


def test_pairs_become_drafts_once_and_people_keep_what_they_change(opened, live):
    found = adapting.run(opened)
    assert len(found.rows) == VIDEOS - 1
    assert all(len(r["hooks"]) >= 3 and r["distance"]["structure_ratio"] > 0 for r in found.rows)
    assert {r["status"] for r in found.rows} == {"draft"}
    first, second, *_ = (r["script_id"] for r in found.rows)
    held = script_reading.get(opened.store, first)
    mine = replace(held["script"], title="As people want it")
    scripts.add_version(opened.store, first, mine, Making("ann"), base_version=1)
    scripts.delete(opened.store, second)
    before = asked(live)["answered"]
    again = adapting.run(opened)
    assert asked(live)["answered"] == before
    assert asked(live)["answered_twice"] == 0
    by_id = {r["script_id"]: r for r in again.rows}
    assert (by_id[first]["title"], by_id[first]["version_by"]) == ("As people want it", "ann")
    assert by_id[second]["title"] is None, "what people deleted is not made again"
    assert "1 script deleted" in " ".join(
        summary.conclude(again.rows, again.outcomes, has_key=True).headline
    )
    require_sound(opened.store)


def test_killed_anywhere_nothing_is_paid_twice_and_nothing_is_missing(opened, live, monkeypatch):
    def dies(*_args, **_kept):
        raise KeyboardInterrupt

    places = [
        (text_requests, "save"),
        (fitting.store, "save_fits"),
        (adapting.scripts, "create"),
        (adapting.store, "save_adaptation"),
    ]
    for module, name in places:
        with monkeypatch.context() as patch:
            patch.setattr(module, name, dies)
            with pytest.raises(KeyboardInterrupt):
                adapting.run(changed(opened, "model", concurrency=1))
    found = adapting.run(opened)
    assert len(found.rows) == VIDEOS - 1
    assert asked(live)["answered_twice"] == 0
    assert opened.store.query("SELECT count(*) FROM scripts").iloc[0, 0] == VIDEOS - 1
    assert opened.store.query("SELECT max(current_version) FROM scripts").iloc[0, 0] == 1
    require_sound(opened.store)


def test_what_people_corrected_is_what_is_asked_about(opened):
    before = fitting.plan(opened).requests[0]
    video = fitting.videos(opened)[0]
    said = {"corrected_by": "ann", "value": "a riddle about steam"}
    analyses.correct(opened.store, video["analysis_id"], "narrative.summary", **said)
    after = fitting.plan(opened).requests[0]
    assert "a riddle about steam" in after.request.prompt.text
    assert after.key != before.key


def test_a_cap_in_dollars_needs_a_price(opened):
    with pytest.raises(BadInput, match="price"):
        fitting.judge(changed(opened, "comparison", max_cost_usd=1.0))
    with pytest.raises(BadInput, match="price"):
        adapting.adapt(changed(opened, "adaptation", max_cost_usd=1.0), [])


def test_a_person_names_a_pair(opened):
    post_id = fitting.plan(opened).requests[0].post_id
    orders = adapting.for_products(opened, post_id=post_id, slugs=["bowl"])
    adapting.adapt(opened, orders)
    (row,) = adapting.load(opened)
    assert (row["product_id"], row["post_id"], row["reason"]) == (
        "b/bowl",
        post_id,
        "named by a person",
    )
    assert row["scores"] is None


def test_a_hook_variant_becomes_a_version_to_test(opened):
    post_id = fitting.plan(opened).requests[0].post_id
    adapting.adapt(opened, adapting.for_products(opened, post_id=post_id, slugs=["bowl"]))
    (row,) = adapting.load(opened)
    at = opened.workspace
    held, known = hooks.variants(at, row["script_id"])
    assert [v["variant"] for v in known][:3] == ["A", "B", "C"]
    made = hooks.take(
        at, row["script_id"], "b", Making("ann", "hook B"), base_version=held["version"]
    )
    assert made["version"] == held["version"] + 1
    opening, before = made["script"].beats[0], held["script"].beats[0]
    assert (opening.spoken, opening.overlay) == (
        known[1]["spoken"] or "",
        known[1]["overlay"] or "",
    )
    assert (opening.beat_id, opening.duration_s) == (before.beat_id, before.duration_s)
    assert made["script"].beats[1:] == held["script"].beats[1:]
    again = hooks.take(at, row["script_id"], "B", Making("ann", ""))
    assert again["version"] == made["version"], "it opens so already"
    with pytest.raises(BadInput, match="no hook Z"):
        hooks.take(at, row["script_id"], "Z", Making("ann", ""))
    with pytest.raises(BadInput, match="version"):
        hooks.take(at, row["script_id"], "C", Making("bob", ""), base_version=held["version"])


def test_a_library_is_stored_before_scripts_are_made_with_it(opened):
    adapting.originals(opened)
    assert opened.store.query("SELECT count(*) FROM pattern_runs").iloc[0, 0] == 1


def test_a_script_from_patterns_alone(opened, monkeypatch):
    assert adapting.originals(opened) == [], "no pattern, no order"
    monkeypatch.setattr(adapting, "_library", lambda _: pd.DataFrame([CLAIMED]))
    orders = adapting.originals(opened, slugs=["kettle"])
    adapting.adapt(opened, orders)
    (row,) = adapting.load(opened)
    script = parse(row["structure"])
    assert (row["origin"], row["post_id"], row["distance"]) == ("original", None, None)
    assert script.source_patterns == ("open_question",)
    assert script.kind == "original"
    (board,) = storyboards.boards(opened, [row])
    assert all(not p.source for p in board.panels)
    require_sound(opened.store)


def test_learned_effects_reach_adaptations_and_their_run_is_kept(opened, live, monkeypatch):
    post_id = fitting.plan(opened).requests[0].post_id
    (bare,) = adapting.for_products(opened, post_id=post_id, slugs=["bowl"])
    assert "associations, not causes" not in bare.request.request.prompt.text
    assert bare.learned_version is None
    monkeypatch.setattr(adapting, "_library", lambda _: pd.DataFrame([CLAIMED]))
    monkeypatch.setattr(adapting.library, "learned_context", lambda _: {"version": "r1"})
    orders = adapting.for_products(opened, post_id=post_id, slugs=["bowl"])
    text = orders[0].request.request.prompt.text
    assert "associations, not causes" in text
    assert data_of(text)["patterns"] == [
        {
            "pattern": "open_question",
            "definition": "d",
            "kind": "hook",
            "direction": "more views",
            "is_claim": True,
        }
    ]
    assert orders[0].request.key != bare.request.key
    adapting.adapt(opened, orders)
    versions = opened.store.query("SELECT learned_version FROM script_versions")
    assert versions["learned_version"].tolist() == ["r1"]
    (made,) = adapting.load(opened)
    assert "open_question" in made["beat_map"][0]["why"], "the model was told"
    before = asked(live)["answered"]
    monkeypatch.setattr(adapting.library, "learned_context", lambda _: {"version": "r2"})
    again = adapting.for_products(opened, post_id=post_id, slugs=["bowl"])
    adapting.adapt(opened, again)
    assert asked(live)["answered"] == before, "a new run that says the same asks nothing"


def test_seeded_mistakes_are_caught(opened):
    everything = [
        adapting.for_products(opened, post_id=w.post_id) for w in fitting.plan(opened).requests
    ]
    adapting.adapt(opened, [o for orders in everything for o in orders])
    rows = adapting.load(opened)
    assert any(c["held"] == "unfounded" for r in rows for c in r["claims"])
    assert any(c["held"] == "founded" for r in rows for c in r["claims"])
    assert any(r["distance"]["is_copied"] for r in rows)
    assert not all(r["distance"]["is_copied"] for r in rows)
    for row in rows:
        cleared = [c.is_cleared for c in parse(row["structure"]).claims]
        assert cleared.count(False) == row["n_unfounded"]


@pytest.mark.parametrize(
    ("kind", "status", "is_data"),
    [
        ("prompt_blocked", "blocked", False),
        ("wrong_shape", "invalid", False),
        ("trailing_comma", "repaired", True),
        ("max_tokens", "partial", True),
        ("quota_day", "quota_day", False),
    ],
)
def test_what_goes_wrong_has_a_name_and_is_never_data(opened, live, kind, status, is_data):
    live.sandbox.faults.add({"kind": kind, "where": "gemini.generate", "times": None})
    done = fitting.judge(opened)
    assert done.outcomes[status] >= 1
    assert (done.exit_code == 0) == (status in DATA)
    assert (len(fitting.load(opened)[0]) > 0) == is_data
    require_sound(opened.store)


def test_half_a_script_is_none_and_is_said(opened, live):
    fitting.judge(opened)
    live.sandbox.faults.add({"kind": "max_tokens", "where": "gemini.generate", "times": None})
    found = adapting.run(opened)
    assert found.rows == []
    assert any(o["task"] == "adaptation" and o["status"] == "partial" for o in found.outcomes)
    assert opened.store.query("SELECT count(*) FROM scripts").iloc[0, 0] == 0


def test_without_a_key_nothing_pretends(opened, monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY")
    bare = Project.open("p", home=str(opened.workspace.root))
    with pytest.raises(CredentialsMissing):
        fitting.judge(bare)
    found = adapting.run(bare)
    assert summary.conclude(found.rows, found.outcomes, has_key=bare.has_model).reason == (
        "set GEMINI_API_KEY"
    )
    assert fitting.known(bare).fits.empty


def test_a_cap_stops_before_it_is_passed(opened):
    done = fitting.judge(changed(opened, "model", max_tokens_run=8_000, concurrency=1))
    assert (done.exit_code, done.stop_reason.split(":")[0]) == (8, "budget")
    assert done.n_open > 0


def test_boards_show_the_source_to_an_analyst_and_not_to_a_client(opened):
    found = adapting.run(opened)
    board = storyboards.boards(opened, found.rows)[0]
    html = board._repr_html_()
    assert html.count('class="vt-panel') >= len(board.panels)
    assert any(p.source.startswith("beat 1") for p in board.panels)
    client = changed(opened, "report", profile="client")
    for one in storyboards.boards(client, found.rows):
        assert all(p.picture is None and not p.source_words for p in one.panels)


STILLS = "instagram:stills"


@pytest.fixture
def with_pictures(opened):
    """The project with a slideshow of three pictures, of which the model described a fourth."""
    key = {"post_id": STILLS}
    folder = opened.workspace.outputs / "media"
    folder.mkdir()
    for n in range(3):
        Image.new("RGB", (8, 8), (80 * n, 0, 0)).save(folder / f"{n}.jpg")
    images = [{"path": f"media/{n}.jpg", "sha256": str(n)} for n in range(3)]
    kept = {**key, **images[0], "status": "photo", "n_files": 3}
    media.save_media(opened.store, kept, images)
    told = picture_analysis([Watched("x", {}, None)] * 4, Random(1))
    told["pictures"][1]["overlay"] = "Nobody tells you this"
    facts = {"platform": "instagram", "native_id": "stills", "format": "carousel"}
    said = {"analysis_id": "stills", "task": "pictures", "status": "ok", "answer": told}
    rows = {
        "posts": key | facts | {"caption": "three steps", "url": "https://e.x/s"},
        "project_posts": key | {"project_id": "p", "came_from": "import"},
        "selections": key | {"project_id": "p", "role": "breakout"},
        "analyses": key | said | {"project_id": "p", "answered_at": "2026-01-01"},
    }
    with opened.store.write() as connection:
        for table, row in rows.items():
            save(connection, table, [row], key=["post_id"])
    flow.recheck(opened)
    return opened


def test_pictures_are_judged_by_what_they_show_and_nothing_else_is_asked(with_pictures, live):
    planned = {w.post_id: w for w in fitting.plan(with_pictures).requests}
    asked_of = planned[STILLS].request.prompt
    assert "It is no video" in asked_of.text
    assert "duration_s" not in asked_of.text
    told = data_of(asked_of.text)["analysis"]
    assert [p["number"] for p in told["pictures"]] == [1, 2, 3], "the fourth is not there"
    films = [w for p, w in planned.items() if p != STILLS]
    assert all("It is no video" not in w.request.prompt.text for w in films)
    result = fitting.run(with_pictures)
    fits, pairs = result.fits, result.judgements
    assert fits.loc[fits["is_pictures"], "post_id"].tolist() == [STILLS] * 3
    ranks, found = ranking.over_videos(fits, pairs), ranking.disagreement(fits, pairs)
    lines = comparison.conclude(fits, ranks, found, has_key=True).headline
    assert any(line.startswith("1 post of these is pictures and no video") for line in lines)
    before = asked(live)["answered"]
    fitting.judge(with_pictures)
    assert asked(live)["answered"] == before
    require_sound(with_pictures.store)


def test_a_script_after_pictures_follows_them_by_number_and_has_no_pace(with_pictures):
    orders = adapting.for_products(with_pictures, post_id=STILLS, slugs=["bowl"])
    adapting.adapt(with_pictures, orders)
    (row,) = adapting.load(with_pictures)
    far = row["distance"]
    assert (far["structure_ratio"], far["pace_ratio"]) == (1.0, None), (
        "the invented fourth does not count"
    )
    script = parse(row["structure"])
    assert all(beat.source_start_s is None for beat in script.beats)
    assert "of the source" in script.beats[0].notes
    assert "after picture 1" in script.beats[0].notes
    (board,) = storyboards.boards(with_pictures, [row])
    assert [p.source for p in board.panels] == [f"picture {n}, graphic" for n in (1, 2, 3)]
    assert all(p.picture for p in board.panels)
    assert "pictures are followed" in board.caption
    client = changed(with_pictures, "report", profile="client")
    (hidden,) = storyboards.boards(client, [row])
    assert all(p.picture is None and not p.source_words for p in hidden.panels)


def test_words_on_pictures_may_not_be_taken_over(with_pictures):
    (video,) = fitting.videos(with_pictures, post_id=STILLS)
    assert "Nobody tells you this" in source.source_lines(video["answer"], video["caption"])

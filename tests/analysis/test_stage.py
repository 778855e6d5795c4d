"""04, second half, against the sandbox: asked once, saved as it comes, checked, and never paid
twice.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from PIL import Image

from simulator import clips
from simulator.gemini import Habits
from simulator.gemini.analyst import LABEL
from simulator.server import Settings, running
from vtlib.analysis import answers as showing
from vtlib.analysis import labelling
from vtlib.analysis import stage as flow
from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.llm.answers import DATA
from vtlib.media.measures import measure
from vtlib.store import people
from vtlib.store.connection import Store
from vtlib.store.data_checks import require_sound
from vtlib.store.project import Project
from vtlib.store.writes import save

FILMS = 4
MEASURED = ("duration_s", "cuts_s", "sound", "speech", "text", "faces", "tempo", "version")


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path_factory.mktemp("clips")
    with running(Settings(clips=folder, model=Habits(slips=False, ready_s=0.02))) as found:
        yield found
    patch.undo()


@pytest.fixture(scope="module")
def films(live):
    """The shortest films of the world: (post, path, measures without words and faces)."""
    world, folder = live.sandbox.world, live.sandbox.host.folder
    able = [p for p in world.posts if p.is_video and p.platform in ("tiktok", "youtube")]
    chosen = sorted(able, key=lambda p: (p.duration_s, p.post_id))[:FILMS]
    made = [(p, clips.film(world, p, folder)) for p in chosen]
    return [(p, path, measure(path, parts=["speech"]).to_row()) for p, path in made]


@pytest.fixture(scope="module")
def filled(films, tmp_path_factory):
    """A database with the posts, made once and copied for each test."""
    store = Store(tmp_path_factory.mktemp("db") / "made.duckdb")
    people.ensure_project(store, "p")
    fill(store, films)
    return store.path


@pytest.fixture
def opened(served):
    return Project.open("p", home=str(served), model={"attempts": 2})


def fill(store, films):
    """Posts that were picked, downloaded and measured."""
    held = {t: [] for t in ("posts", "project_posts", "selections", "media", "measures")}
    for n, (post, path, row) in enumerate(films):
        key, sha256 = {"post_id": post.post_id}, hashlib.sha256(path.read_bytes()).hexdigest()
        facts = {"platform": post.platform, "native_id": post.native_id, "format": post.format}
        held["posts"].append(key | facts | {"caption": post.caption, "url": f"https://e.x/{n}"})
        held["project_posts"].append(key | {"project_id": "p", "came_from": "import"})
        role = "control" if n % 3 == 2 else "breakout"
        held["selections"].append(key | {"project_id": "p", "role": role})
        file = {"status": "ok", "kind": "video", "path": str(path), "sha256": sha256}
        held["media"].append(key | file | {"container": "mov,mp4", "duration_s": row["duration_s"]})
        kept = {k: v for k, v in row.items() if k in MEASURED}
        held["measures"].append(key | kept | {"sha256": sha256, "status": "ok"})
    with store.write() as connection:
        for table, rows in held.items():
            save(connection, table, rows, key=["post_id"])
        connection.execute("UPDATE measures SET measured_at = '2026-01-01'")


def changed(project, **values):
    model = project.params.model.model_copy(update=values)
    return replace(project, params=project.params.model_copy(update={"model": model}))


def count(project, sql):
    return project.store.query(sql).iloc[0, 0]


def test_each_film_is_asked_once_checked_and_on_record(opened, live):
    done = flow.analyze(changed(opened, inline_max_mb=0.0))
    assert (done.outcomes["ok"], done.n_open, done.exit_code) == (FILMS, 0, 0)
    assert done.usd is None, "no price, no cost"
    found = flow.load(opened)
    assert len(found) == FILMS
    assert found["grounding_share"].notna().any()
    assert found[["hook_types", "hook_strength", "overall", "cuts_invented"]].notna().all(axis=None)
    assert found["explanation"].str.startswith(LABEL).all()
    assert set(found["role"]) == {"breakout", "control"}
    assert count(opened, "SELECT sum(tokens_thinking) FROM spend") > 0
    assert count(opened, "SELECT count(*) FROM model_calls WHERE status = 'ok'") == FILMS
    assert not live.sandbox.gemini.files.files, "nothing is left at the service"
    require_sound(opened.store)


def test_a_repeated_run_makes_no_call(opened, live):
    flow.analyze(opened)
    live.sandbox.journal.entries.clear()
    done = flow.analyze(opened)
    assert (done.n_answered_before, sum(done.outcomes.values())) == (FILMS, 0)
    assert not live.sandbox.journal.entries


def test_killed_anywhere_it_goes_on_and_pays_nothing_twice(opened, live, monkeypatch):
    saved = []
    whole = flow.outcomes.save

    def dying(project, *rest):
        whole(project, *rest)
        saved.append(1)
        if len(saved) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(flow.outcomes, "save", dying)
        with pytest.raises(KeyboardInterrupt):
            flow.analyze(changed(opened, concurrency=1))
    flow.analyze(opened)
    assert count(opened, "SELECT count(*) FROM analyses") == FILMS
    assert json.loads(live.sandbox.gemini.show_asked(None).body)["answered_twice"] == 0


def test_killed_by_the_system_no_answer_that_came_is_asked_for_again(opened, live):
    """SIGKILL while questions are out: at most the call in flight is lost, and `lost` is what it
    is called.
    """
    live.sandbox.gemini.habits = Habits(slips=False, ready_s=0.02, latency_s=0.5)
    words = ("analyze", "videos", "--project", "p")
    (opened.workspace.root / "params" / "p.yaml").write_text(
        "project: p\ngemini: {concurrency: 1}\n"
    )
    try:
        for n in (1, 3):
            process = subprocess.Popen(
                [sys.executable, "-c", "from vtlib.cli import main; main()", *words],
                env={**os.environ, "VT_HOME": str(opened.workspace.root)},
                stdout=subprocess.DEVNULL,
            )
            while len(live.sandbox.gemini.asked) < n and process.poll() is None:
                time.sleep(0.02)
            process.kill()
            process.wait()
    finally:
        live.sandbox.gemini.habits = Habits(slips=False, ready_s=0.02)
    flow.analyze(opened)
    assert count(opened, "SELECT count(*) FROM analyses WHERE status = 'ok'") == FILMS
    came = "SELECT count(*) FROM model_calls WHERE status = 'ok'"
    assert count(opened, came) == FILMS, "an answer that came is never paid again"
    n_lost = count(opened, "SELECT count(*) FROM model_calls WHERE status = 'lost'")
    assert json.loads(live.sandbox.gemini.show_asked(None).body)["answered_twice"] <= n_lost <= 2
    live.sandbox.journal.entries.clear()
    flow.analyze(opened)
    assert not live.sandbox.journal.entries


def test_an_answer_that_came_and_was_not_saved_is_taken_from_the_record(opened, live):
    flow.analyze(opened)
    before = flow.load(opened).drop(columns=["explanation"])
    with opened.store.write() as connection:
        connection.execute("DELETE FROM analyses")
    live.sandbox.journal.entries.clear()
    assert not flow.analyze(opened).outcomes
    assert not live.sandbox.journal.entries
    after = flow.load(opened).drop(columns=["explanation"])
    assert after.sort_values("post_id").equals(before.sort_values("post_id"))


def test_another_model_is_another_row_beside_the_old(opened):
    flow.analyze(opened)
    model = opened.params.model.model_copy(update={"name": "gemini-3.5-flash-lite"})
    analysis = opened.params.analysis.model_copy(update={"limit": 2})
    params = opened.params.model_copy(update={"analysis": analysis, "model": model})
    assert flow.analyze(replace(opened, params=params)).outcomes["ok"] == 2
    assert count(opened, "SELECT count(*) FROM analyses") == FILMS + 2
    assert len(opened.frame("analysis_grounding")) == 2


@pytest.mark.parametrize(
    ("kind", "status", "asked_again"),
    [
        ("prompt_blocked", "blocked", False),
        ("answer_withheld", "withheld", False),
        ("wrong_shape", "invalid", True),
        ("max_tokens", "partial", False),
        ("quota_day", "quota_day", True),
        ("invalid_key", "bad_key", True),
    ],
)
def test_what_goes_wrong_is_a_row_with_its_name_and_never_data(
    opened, live, kind, status, asked_again
):
    live.sandbox.faults.add({"kind": kind, "where": "gemini.generate", "times": None})
    done = flow.analyze(opened)
    assert done.outcomes[status] >= 1
    assert (done.exit_code == 0) == (status in DATA)
    stops = status in ("quota_day", "bad_key")
    assert bool(done.stop_reason) == stops
    rows = opened.store.query("SELECT status, answer, raw_answer FROM analyses")
    assert set(rows["status"]) == (set() if stops else {status})
    assert rows["answer"].notna().all() == (status in DATA or rows.empty)
    require_sound(opened.store)
    live.sandbox.faults.clear()
    assert (sum(flow.analyze(opened).outcomes.values()) > 0) is asked_again


def test_a_cap_stops_before_it_is_passed(opened):
    cap = 15_000
    done = flow.analyze(changed(opened, max_tokens_run=cap, concurrency=1))
    assert done.stop_reason.startswith("budget")
    assert (done.exit_code, done.tokens <= cap) == (8, True), done
    assert 0 < done.outcomes["ok"] < FILMS


def test_the_plan_asks_nobody_and_knows_what_it_may_take(opened, live):
    live.sandbox.journal.entries.clear()
    planned = flow.plan(opened)
    estimate = planned.estimate(now=opened.workspace.now())
    assert len(estimate) == FILMS
    assert estimate["usd_max"].isna().all()
    assert (estimate["tokens_in"] > 0).all()
    assert not live.sandbox.journal.entries
    with pytest.raises(BadInput, match="price"):
        flow.require_price(opened, planned)


def test_more_posts_than_places_get_a_first_look_and_the_choice_is_kept(opened, live):
    params = opened.params.analysis.model_copy(update={"full": 2, "controls_share": 0.5})
    small = replace(opened, params=opened.params.model_copy(update={"analysis": params}))
    before = flow.plan(small)
    assert (len(before.looks), len(before.questions)) == (FILMS, 2)
    done = flow.analyze(small)
    assert (done.looks["ok"], done.outcomes["ok"]) == (FILMS, 2)
    kept = flow.choices(small)
    assert kept["state"].tolist() == ["full", "full", "looked_at", "looked_at"]
    assert kept["role"].tolist()[:2] == ["breakout", "control"]
    assert kept.loc[kept["role"] == "breakout", "worth"].is_monotonic_decreasing
    assert len(flow.load(small)) == 2, "a first look is no analysis"
    live.sandbox.journal.entries.clear()
    flow.analyze(small)
    assert not live.sandbox.journal.entries


def test_the_same_film_twice_is_asked_once(opened):
    with opened.store.write() as connection:
        connection.execute(
            """INSERT INTO twins (post_id, twin_post_id, share)
            SELECT min(post_id), max(post_id), 1 FROM measures"""
        )
    done = flow.analyze(opened)
    assert done.outcomes["ok"] == FILMS - 1
    twin = flow.choices(opened).query("state == 'twin'")
    assert len(twin) == 1
    assert "shows the same as" in twin["note"].iloc[0]


def test_posts_of_pictures_are_asked_about_as_pictures(opened, tmp_path):
    path = tmp_path / "outputs" / "a.jpg"
    Image.new("RGB", (64, 64)).save(path)
    post = opened.frame("analysis_wanted")["post_id"][0]
    with opened.store.write() as connection:
        connection.execute("UPDATE media SET status = 'photo' WHERE post_id = ?", [post])
        connection.execute("DELETE FROM measures WHERE post_id = ?", [post])
        for position in (1, 2):
            connection.execute(
                "INSERT INTO media_images (post_id, position, sha256, path) VALUES (?, ?, ?, "
                "'a.jpg')",
                [post, position, f"sha{position}"],
            )
    done = flow.analyze(opened)
    assert done.outcomes["ok"] == FILMS
    row = flow.load(opened).set_index("post_id").loc[post]
    assert (row["prompt_version"], row["status"]) == ("pictures/2", "ok")
    assert row["hook_strength"] > 0
    found = opened.store.query("SELECT version FROM analysis_checks WHERE version LIKE 'pictures%'")
    assert len(found) == 1
    require_sound(opened.store)


def test_a_cap_that_cannot_hold_is_refused_with_words(opened):
    capped = changed(opened, max_cost_day_usd=1.0)
    with pytest.raises(BadInput, match="no price of"):
        flow.analyze(capped)
    assert count(opened, "SELECT count(*) FROM model_calls") == 0


def test_a_persons_word_counts_in_statistics_and_the_models_stays(opened):
    flow.analyze(opened)
    post = flow.load(opened)["post_id"][0]
    who = {"corrected_by": "ada"}
    labelling.correct(opened, post, "hook.types", ["humor_gag"], **who)
    held = opened.frame("performance_analyses")
    laid = labelling.correct_frame(opened, held).set_index("post_id").loc[post, "answer"]
    assert laid["hook"]["types"] == [{"type": "humor_gag", "probability": 1.0}]
    found = labelling.answers(opened).set_index("post_id").loc[post]
    assert found["corrected"] == ["hook.types"]
    assert found["model_answer"]["hook"]["types"] != found["answer"]["hook"]["types"]
    with pytest.raises(BadInput, match="no answer"):
        labelling.correct(opened, "tiktok:0", "hook.types", [], **who)
    _, fields = showing.newest(opened, post)
    assert fields.set_index("field").loc["hook.types.0", "model_said"]
    assert list(showing.versions(opened, post).columns) == ["field", "answer 1"]


def test_labels_of_two_people_come_from_blind_sheets(opened, tmp_path):
    flow.analyze(opened)
    sheet = tmp_path / "labels.csv"
    assert labelling.export_sheet(opened, sheet) == FILMS
    text = sheet.read_text(encoding="utf-8-sig")
    assert LABEL not in text
    rows = list(csv.DictReader(text.splitlines()))
    for row in rows:
        row["overall.score"], row["hook.types"] = "3", "none"
    with sheet.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for name in ("ada", "bob"):
        assert labelling.import_sheet(opened, sheet, by=name) == 2 * FILMS
    found = labelling.agreement(opened).set_index(["field", "between"])
    assert set(found.index.get_level_values("field")) == {"overall.score", "hook.types"}
    assert found.loc[("overall.score", "people"), "observed"] == 1
    assert set(found["verdict"]) == {"too early"}
    assert labelling.answers(opened)["corrected"].map(len).sum() == 0, "labels change nothing"
    assert not labelling.barred(opened)
    sheet.write_text("post_id,overall.score\n" + rows[0]["post_id"] + ",9\n")
    with pytest.raises(BadInput, match=r"row 2, field overall\.score"):
        labelling.import_sheet(opened, sheet, by="ada")


def test_without_a_key_nothing_pretends(opened, monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY")
    bare = Project.open("p", home=str(opened.workspace.root))
    with pytest.raises(CredentialsMissing):
        flow.analyze(bare)
    assert count(opened, "SELECT count(*) FROM analyses") == 0


def test_slips_of_the_model_are_mended_or_marked(opened, live):
    live.sandbox.gemini.habits = Habits(slips=True, ready_s=0.02)
    try:
        done = flow.analyze(opened)
    finally:
        live.sandbox.gemini.habits = Habits(slips=False, ready_s=0.02)
    assert sum(n for s, n in done.outcomes.items() if s in DATA) == FILMS

"""`vt analyze videos` against a second Gemini, written by somebody else: money, loss and hostile
answers.
"""

import hashlib
import json
import os
import subprocess
import sys
from random import Random
from types import SimpleNamespace

import pytest

from simulator.gemini.analyst import filled
from tests.peers import base
from tests.peers.gemini import Answer, GeminiMock, quota
from vtlib.analysis.answer import VideoAnalysis
from vtlib.llm import session as asking
from vtlib.llm.failures import quota_reset
from vtlib.llm.request import schema_of
from vtlib.run import project as vt_run
from vtlib.store import people
from vtlib.store.connection import Store
from vtlib.store.project import Project
from vtlib.store.writes import save

LENGTH_S = 12.0
NOT_MEASURED = {"status": "no_extra", "reason": "not measured"}
# 100 tokens in and 20 out cost $0.003; a whole answer of 16,384 tokens could cost half of $0.08.
PRICED = (
    "prices: [{model: gemini-3.8-flash, since: 2020-01-01,"
    " usd_per_million_in: 0.0001, usd_per_million_out: 2.44}]\n"
)


def analysis(end_s=LENGTH_S):
    """A whole answer whose every span ends at `end_s`."""

    def timed(node):
        if isinstance(node, dict):
            times = {"start_s": 0.0, "end_s": end_s, "payoff_s": 1.0, "duration_s": LENGTH_S}
            return {k: times.get(k, timed(v)) for k, v in node.items()}
        return [timed(v) for v in node] if isinstance(node, list) else node

    return json.dumps(timed(filled(schema_of(VideoAnalysis), Random(1))))


def good(_=None):
    return Answer(analysis(), prompt_tokens=100, output_tokens=1230)


def fill(home, n):
    """A project with `n` picked films that are downloaded and measured."""
    store = Store(home / "outputs" / "viraltracker.duckdb")
    people.ensure_project(store, "p")
    tables = {t: [] for t in ("posts", "project_posts", "selections", "media", "measures")}
    for k in range(n):
        path = home / "outputs" / f"{k}.mp4"
        path.write_bytes(b"film %d" % k)
        key, sha256 = {"post_id": f"tiktok:{k}"}, hashlib.sha256(path.read_bytes()).hexdigest()
        tables["posts"].append(key | {"platform": "tiktok", "native_id": str(k), "format": "short"})
        tables["project_posts"].append(key | {"project_id": "p", "came_from": "import"})
        tables["selections"].append(key | {"project_id": "p", "role": "breakout"})
        tables["media"].append(
            key
            | {"status": "ok", "kind": "video", "path": str(path), "sha256": sha256}
            | {"container": "mov,mp4", "duration_s": LENGTH_S}
        )
        parts = dict.fromkeys(("sound", "speech", "text", "faces", "tempo"), NOT_MEASURED)
        tables["measures"].append(
            {"sha256": sha256, "status": "ok", "duration_s": LENGTH_S, "cuts_s": [], "version": "1"}
            | parts
            | key
        )
    with store.write() as connection:
        for table, rows in tables.items():
            save(connection, table, rows, key=["post_id"])
        connection.execute("UPDATE measures SET measured_at = '2026-01-01'")
    return store


@pytest.fixture
def gemini(home, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (home / "outputs").mkdir()
    with GeminiMock() as mock:
        monkeypatch.setenv("VT_GEMINI_URL", mock.url)
        monkeypatch.setenv("GEMINI_API_KEY", mock.key)
        mock.default = good
        yield mock


def params(home, text="", **asked):
    lines = "".join(f"  {k}: {v}\n" for k, v in asked.items())
    (home / "params" / "p.yaml").write_text(
        "project: p\nanalysis: {limit: 60, full: 60, controls_share: 0}\ngemini:\n  attempts: "
        f"5\n{lines}{text}"
    )


def posted(gemini):
    return sum(":generateContent" in r.path for r in gemini.requests)


def test_nearly_all_of_a_cap_is_spent(vt, home, gemini):
    fill(home, 29)
    params(home, PRICED)
    said = vt("analyze", "videos", "--project", "p", "--max-cost", "0.08", "--json")
    assert (said.code, said.data["outcomes"]["budget"] >= 1) == (8, True)
    assert 0.9 * 0.08 <= said.data["usd"] <= 0.08
    assert said.data["usd"] == pytest.approx(len(gemini.charged) * 0.003, rel=0.01)
    assert vt("costs", "--json").data["total_usd"] == pytest.approx(said.data["usd"])


def test_a_cap_that_equals_the_default_is_a_cap(vt, home, gemini):
    fill(home, 1)
    params(home)
    (home / "params" / "p.yaml").write_text("project: p\nanalysis: {max_cost_usd: 5.0}\n")
    refused = vt("analyze", "videos", "--project", "p")
    assert (refused.code, "no price" in refused.err) == (2, True)
    (home / "params" / "p.yaml").write_text("project: p\n")
    assert vt("analyze", "videos", "--project", "p").code == 0
    assert len(gemini.charged) == 1


def test_a_run_passes_on_what_was_set_and_nothing_else(home, monkeypatch):
    """A default that is handed on as if it had been set would be an order: a cap that no price
    lets hold.
    """
    plans = []

    def run_project(plan, _hooks):
        plans.append(plan)
        return SimpleNamespace(run_id="r")

    monkeypatch.setattr(vt_run, "run_project", run_project)
    for text in ("project: p\n", "project: p\nanalysis: {max_cost_usd: 5.0}\n"):
        (home / "params" / "p.yaml").write_text(text)
        vt_run.run(Project.open("p", home=str(home)), on_event=print)
    (home / "params" / "p.yaml").write_text("project: p\n")
    bare, capped = (Project.open("p", home=str(home), **own(plan)) for plan in plans)
    assert [asking.is_capped(p, "analysis") for p in (bare, capped)] == [False, True]
    assert plans[0].params["analysis"]["max_cost_usd"] == 5.0, "the record has them all"


def own(plan):
    """The sections that the notebook of the analysis gets."""
    given = plan.parameters("analysis")
    return {name: given[name] for name in ("media", "analysis", "model") if name in given}


@pytest.mark.parametrize(
    "fault",
    [base.lost_reply(), base.malformed(), base.truncate(), base.html(), base.never(work=True)],
    ids=["lost_reply", "malformed", "truncate", "html", "never"],
)
def test_a_question_sends_two_requests_whose_replies_are_lost(vt, home, gemini, fault):
    fill(home, 1)
    params(home, PRICED, timeout_s=0.5)
    gemini.fail("generate", fault, always=True)
    said = vt("analyze", "videos", "--project", "p", "--json")
    assert (said.code, said.data["outcomes"]) == (5, {"lost": 1})
    assert posted(gemini) == 2


def test_what_may_have_been_paid_is_known_at_once(vt, home, gemini):
    store = fill(home, 1)
    params(home, PRICED)
    gemini.fail("generate", base.lost_reply(), always=True)
    said = vt("analyze", "videos", "--project", "p", "--json")
    costs = vt("costs", "--json").data
    assert len(costs["possibly_paid"]) == 2
    assert costs["possibly_paid_usd"] == pytest.approx(said.data["possibly_paid_usd"])
    assert costs["possibly_paid_usd"] == pytest.approx(2 * 16_384 * 2.44e-6, rel=0.01)
    assert "possibly paid besides, at most $0.0" in vt("costs").out
    checked = vt("check")
    assert (checked.code, "possibly_paid" in checked.out) == (0, True)
    assert store.query("SELECT status, usd FROM analyses").iloc[0].isna().tolist() == [False, True]
    gemini.fail("generate")
    assert vt("analyze", "videos", "--project", "p").code == 0
    assert posted(gemini) == 3


def test_a_call_cut_by_a_kill_is_known_at_once(vt, home, gemini):
    fill(home, 2)
    params(home, PRICED, concurrency=1)
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from vtlib.cli import main; main()",
            *["analyze", "videos", "--project", "p"],
        ],
        env=os.environ.copy(),
        stdout=subprocess.DEVNULL,
    )
    gemini.events.on("model_answered:before_reply", lambda _: (process.kill(), process.wait()), n=2)
    process.wait(timeout=120)
    assert len(gemini.charged) == 2
    (cut,) = vt("costs", "--json").data["possibly_paid"]
    assert cut["reason"] == "in flight, or cut by a kill"
    assert 0.03 < cut["estimate_usd"] < 0.05
    assert "cut by a kill" in vt("check").out
    said = vt("analyze", "videos", "--project", "p", "--json")
    assert (said.code, said.data["outcomes"], said.data["known"]) == (0, {"ok": 1}, 1)
    assert len(gemini.charged) == 3, "only what was in flight is asked again"


def test_what_may_have_been_paid_counts_against_the_day(vt, home, gemini):
    fill(home, 1)
    params(home, PRICED, timeout_s=0.5, max_cost_day_usd=0.09)
    gemini.fail("generate", base.lost_reply(), always=True)
    assert vt("analyze", "videos", "--project", "p").code == 5
    gemini.fail("generate")
    said = vt("analyze", "videos", "--project", "p")
    assert (said.code, "day's" in said.out) == (8, True)
    assert posted(gemini) == 2


DEEP = 20_000
HOSTILE = {
    "nested": (Answer('{"beats": ' + "[" * DEEP + "]" * DEEP + "}"), "unreadable"),
    "a loop": (Answer('{"duration_s": 3, "beats": ' + "[" * DEEP, "MAX_TOKENS"), "truncated"),
    "NaN": (Answer('{"duration_s": NaN}'), "invalid"),
    "half an emoji": (Answer('{"language": "\ud83d"}'), "invalid"),
    "a deep body": (Answer(raw=b'{"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 9}, "x": '  # noqa: E501
                           + b"[" * DEEP + b"]" * DEEP + b"}"), "unreadable"),
    "a broken body": (Answer(raw=b'{"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 9}, '), "unreadable"),  # noqa: E501
    "a number": (Answer("1e999"), "invalid"),
    "late": (Answer(analysis(LENGTH_S + 30)), "partial"),
    "late, in fences": (Answer(f"```json\n{analysis(LENGTH_S + 30)}\n```"), "partial"),
    "in time": (Answer(analysis()), "ok"),
}  # fmt: skip


def test_what_a_model_sends_is_an_outcome_with_its_cost(vt, home, gemini):
    """All of it in one batch: nothing stops it, each call's cost is booked, and late times are
    never `ok`.
    """
    store = fill(home, len(HOSTILE))
    params(home, PRICED, reasks=0, concurrency=1)
    gemini.script(*(answer for answer, _ in HOSTILE.values()))
    said = vt("analyze", "videos", "--project", "p", "--json")
    statuses = store.query("SELECT status FROM analyses ORDER BY asked_at")["status"]
    assert dict(zip(HOSTILE, statuses, strict=True)) == {k: v for k, (_, v) in HOSTILE.items()}
    assert (said.code, said.data["usd"] > 0) == (5, True)
    assert not vt("costs", "--json").data["possibly_paid"]
    booked = store.query("SELECT count(*) AS n, count(usd) AS priced FROM spend").iloc[0].tolist()
    assert booked == [len(HOSTILE)] * 2
    late = store.query(
        "SELECT reason FROM analyses WHERE status = 'partial' AND answer IS NOT NULL"
    )
    assert len(late) == 2
    assert late["reason"].str.contains("lie behind the end (12.0 s)", regex=False).all()


def test_a_used_up_quota_of_the_day_says_when_to_go_on(vt, home, gemini):
    fill(home, 3)
    params(home, concurrency=1)
    gemini.fail("generate", quota(per_day=True), always=True)
    said = vt("analyze", "videos", "--project", "p")
    assert (said.code, posted(gemini)) == (8, 1)
    assert f"{quota_reset():%Y-%m-%d %H:%M} UTC" in said.out
    assert "aise the cap" not in said.out


def test_messages_name_the_setting_and_the_key(vt, home, gemini, monkeypatch):
    fill(home, 1)
    (home / "params" / "p.yaml").write_text("project: p\nanalysis: {model: gemini-9-flash}\n")
    said = vt("analyze", "videos", "--project", "p")
    assert (said.code, "Set model.name." in said.err) == (2, True)
    assert "Did you mean gemini-3.8-flash?" in said.err
    params(home)
    gemini.fail(
        "generate", base.status(404, {"error": {"code": 404, "message": "gone"}}), always=True
    )
    said = vt("analyze", "videos", "--project", "p")
    assert "model.name" in vt("problems").out + said.out
    gemini.fail("generate", base.status(401), always=True)
    said = vt("analyze", "videos", "--project", "p")
    assert (said.code, f"GEMINI_API_KEY was refused by {gemini.url}" in said.out) == (3, True)
    monkeypatch.setenv("GEMINI_API_KEY", "another-key")
    said = vt("analyze", "videos", "--project", "p")
    assert (said.code, f"GEMINI_API_KEY was refused by {gemini.url}" in said.err) == (3, True)

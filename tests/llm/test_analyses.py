"""Analyses: data or a named reason, calls on record, spend once, corrections in rows of their
own.
"""

from datetime import datetime

import pytest

from vtlib.core.errors import BadInput
from vtlib.llm import answers as analyses
from vtlib.store.data_checks import run_checks

AT = datetime(2026, 6, 1, 12)


@pytest.fixture
def store(new_store):
    return new_store()


def row(status="ok", **given):
    answer = {"overall": {"score": 3}} if status in analyses.DATA else None
    base = {"analysis_id": "a1", "post_id": "tiktok:1", "project_id": "p", "task": "analysis"}
    base |= {"model": "m", "status": status, "answer": answer, "answered_at": AT, "n_calls": 1}
    return base | given


def call(status="ok", **given):
    base = {"call_id": "c1", "analysis_id": "a1", "project_id": "p", "model": "m"}
    return base | {"status": status, "started_at": AT, "ended_at": AT} | given


def one(store, sql):
    return store.query(sql).iloc[0, 0]


def test_an_answer_is_kept_and_read_back(store):
    analyses.save_analysis(store, row(repairs=["trailing commas"], options={"fps": 2.0}))
    found = analyses.get(store, "a1")
    assert found["answer"] == {"overall": {"score": 3}}
    assert found["options"] == {"fps": 2.0}
    assert list(found["repairs"]) == ["trailing commas"]
    assert analyses.statuses(store, ["a1", "a2"]) == {"a1": "ok"}
    assert analyses.get(store, "a2") is None


@pytest.mark.parametrize("wrong", [row("ok", answer=None), row("blocked", answer={})])
def test_a_status_that_does_not_fit_the_answer_is_refused(store, wrong):
    with pytest.raises(BadInput):
        analyses.save_analysis(store, wrong)


def test_a_failure_does_not_replace_an_answer_and_an_answer_replaces_a_failure(store):
    analyses.save_analysis(store, row("unavailable"))
    analyses.save_analysis(store, row("ok"))
    analyses.save_analysis(store, row("rate_limited"))
    assert analyses.get(store, "a1")["status"] == "ok"


def test_calls_are_booked_once_and_only_when_tokens_are_known(store):
    analyses.save_call(store, call("lost"))
    assert one(store, "SELECT count(*) FROM spend") == 0
    for _ in range(2):
        analyses.save_call(store, call(tokens_in=100, tokens_out=20, tokens_thinking=5, usd=0.25))
    assert one(store, "SELECT count(*) FROM model_calls") == 1
    assert one(store, "SELECT tokens_thinking FROM spend") == 5
    analyses.save_call(store, call(call_id="c2", tokens_in=7, project_id="q"))
    assert analyses.spend_so_far(store) == (0.25, 132)
    assert analyses.spend_so_far(store, project="q") == (0.0, 7)
    assert analyses.spend_so_far(store, since=datetime(2026, 6, 2)) == (0.0, 0)


def test_tokens_a_second_need_enough_calls_that_differ(store):
    with store.write() as connection:
        for n in range(10):
            connection.execute(
                "INSERT INTO measures (post_id, sha256, duration_s) VALUES (?, ?, ?)",
                [f"p{n}", f"h{n}", 10.0 + n],
            )
    options = {"fps": 2.0, "resolution": None}
    for n in range(10):
        given = {"analysis_id": f"a{n}", "media_sha256": f"h{n}", "tokens_in": 900 + 300 * (10 + n)}
        analyses.save_analysis(store, row(**given, options=options))
        rate = analyses.tokens_per_second(store, model="m", options=options)
        assert rate == (pytest.approx(300) if n >= 7 else None)
    assert analyses.tokens_per_second(store, model="m", options={"fps": 1.0}) is None


def test_checks_replace_checks(store):
    analyses.save_analysis(store, row())
    claim = {"position": 0, "path": "beats.1", "kind": "cut", "held": "drifted", "drift_s": 0.9}
    for n in (2, 1):
        claims = [claim | {"position": i} for i in range(n)]
        check = {"version": "1", "grounding_share": 0.5, "flags": [], "cuts": {"n_invented": 1}}
        analyses.save_check(store, "a1", row=check, claims=claims)
    assert one(store, "SELECT count(*) FROM analysis_claims") == 1
    assert one(store, "SELECT cuts ->> '$.n_invented' FROM analyses_latest") == "1"


def test_people_correct_in_rows_of_their_own(store):
    analyses.save_analysis(store, row())
    for n, value in enumerate((4, 5, None)):
        at = datetime(2026, 6, 2 + n)
        analyses.correct(store, "a1", "overall.score", value, corrected_by="ada", corrected_at=at)
    analyses.correct(store, "a1", "overall.score", 'a "text"', corrected_by="bob", corrected_at=AT)
    found = analyses.corrections(store, ["a1"])
    assert [(c["corrected_by"], c["value"]) for c in found] == [("bob", 'a "text"'), ("ada", None)]
    assert one(store, "SELECT count(*) FROM analysis_corrections") == 4
    assert analyses.get(store, "a1")["answer"] == {"overall": {"score": 3}}
    with pytest.raises(BadInput):
        analyses.correct(store, "nothing", "x", 1, corrected_by="ada")
    with pytest.raises(BadInput):
        analyses.correct(store, "a1", "x", 1)


def test_checks_find_what_must_not_be(store):
    with store.write() as connection:
        connection.execute(
            "INSERT INTO analyses (analysis_id, post_id, status) VALUES ('x', 'tiktok:9', 'fine')"
        )
        connection.execute(
            "INSERT INTO model_calls (call_id, status, started_at) VALUES ('c', 'lost', "
            "'2020-01-01')"
        )
        connection.execute("INSERT INTO analysis_claims (analysis_id, held) VALUES ('y', 'maybe')")
    found = run_checks(store).set_index("check")["n"]
    assert found["analysis_words"] == 2
    assert found["orphan_analyses"] == 2
    assert found["possibly_paid"] == 1
    assert found["analyses_without_answer"] == 0

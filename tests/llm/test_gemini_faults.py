"""The fault tour: every line of failures that the real client shows, each with the outcome that
names it.
"""

import socket
from datetime import datetime, timedelta

import pytest

from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.core.rate_limits import CircuitBreaker
from vtlib.llm.failures import quota_reset
from vtlib.llm.outcomes import DATA
from vtlib.llm.retries import Retries

# fault, options, outcome while it lasts, outcome when it happens once
ANSWERS = [
    ("quota_minute", {"retry_s": 0.05}, "rate_limited", "ok"),
    ("rate_limited", {"retry_after_s": 0.05}, "rate_limited", "ok"),
    ("quota_day", {}, "quota_day", "quota_day"),
    ("invalid_key", {}, "bad_key", "bad_key"),
    ("refused", {"status": 401}, "bad_key", "bad_key"),
    ("refused", {"status": 403}, "bad_key", "bad_key"),
    ("refused", {"status": 404}, "not_found", "not_found"),
    ("refused", {"status": 413}, "too_large", "too_large"),
    ("invalid_argument", {}, "refused", "refused"),
    ("failed_precondition", {}, "not_allowed", "not_allowed"),
    ("server_error", {"status": 500}, "unavailable", "ok"),
    ("server_error", {"status": 502}, "unavailable", "ok"),
    ("server_error", {"status": 503}, "unavailable", "ok"),
    ("server_error", {"status": 504}, "lost", "ok"),
    ("html", {}, "lost", "ok"),
    ("bad_json", {}, "lost", "ok"),
    ("dropped", {}, "lost", "ok"),
    ("lost_reply", {}, "lost", "ok"),
    ("empty_body", {}, "lost", "ok"),
    ("no_candidates", {}, "empty", "ok"),
    ("prompt_blocked", {}, "blocked", "blocked"),
    ("answer_withheld", {}, "withheld", "withheld"),
    ("max_tokens", {"share": 0.6}, "partial", "ok"),
    ("continuation", {"share": 0.6}, "partial", "ok"),
    ("max_tokens", {"share": 0.01}, "truncated", "ok"),
    ("only_thinking", {}, "truncated", "ok"),
    ("unknown_finish", {}, "ok", "ok"),
    ("trailing_comma", {}, "repaired", "repaired"),
    ("code_fences", {}, "repaired", "repaired"),
    ("prose", {}, "repaired", "repaired"),
    ("not_json", {}, "unreadable", "ok"),
    ("wrong_shape", {}, "invalid", "ok"),
    ("no_usage", {}, "ok", "ok"),
]


@pytest.mark.filterwarnings("ignore:.*A_NEW_REASON:UserWarning")
@pytest.mark.parametrize(("kind", "options", "lasting", "once"), ANSWERS)
def test_an_answer_that_goes_wrong_has_a_name(lab, kind, options, lasting, once):
    for times, expected in ((None, lasting), (1, once)):
        lab.fault(kind, times=times, **options)
        with lab.gemini() as gemini:
            outcome = gemini.ask(lab.question())
        lab.sandbox.faults.clear()
        assert outcome.status == expected, outcome.reason
        assert outcome.has_data == (outcome.value is not None) == (expected in DATA)
        assert outcome.reason or expected in ("ok", "repaired")


def test_nobody_there(lab):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: refused
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with lab.gemini(base_url=url) as gemini:
            outcome = gemini.ask(lab.question())
    assert outcome.status == "unavailable"
    assert [c.status for c in outcome.calls] == ["unavailable"] * 3


def test_no_answer_in_time(lab):
    lab.fault("slow", times=None, delay_s=0.6)
    with lab.gemini(timeout_s=0.2, attempts=2) as gemini:
        outcome = gemini.ask(lab.question())
    assert [c.status for c in outcome.calls] == ["lost"] * 2
    assert (outcome.status, outcome.usd) == ("lost", 0)


@pytest.mark.parametrize("kind", ["lost_reply", "dropped", "html", "bad_json", "empty_body"])
def test_two_requests_whose_replies_got_lost_are_all(lab, kind):
    """Any of them can have been paid: a question sends no third, however patient the client is."""
    lab.fault(kind, times=None)
    with lab.gemini(attempts=9, reasks=3) as gemini:
        outcome = gemini.ask(lab.question())
    assert (outcome.status, lab.counts()["gemini.generate"]) == ("lost", 2)
    assert all(c.is_possibly_paid and c.estimate_tokens > 4096 for c in outcome.calls)


def test_failures_that_are_not_paid_do_not_count_as_lost(lab):
    lab.fault("lost_reply", times=1)
    lab.fault("server_error", times=3, skip=1)
    with lab.gemini(attempts=5) as gemini:
        outcome = gemini.ask(lab.question())
    assert outcome.status == "ok"
    assert [c.status for c in outcome.calls] == ["lost", *["unavailable"] * 3, "ok"]


def test_a_lost_reply_among_failures_is_said(lab):
    lab.fault("lost_reply", times=1)
    lab.fault("server_error", times=None, skip=1)
    with lab.gemini(attempts=3) as gemini:
        outcome = gemini.ask(lab.question())
    assert (outcome.status, [c.status for c in outcome.calls].count("lost")) == ("lost", 1)


def test_a_lost_answer_to_the_second_question_leaves_the_first(lab):
    lab.fault("max_tokens", times=1, share=0.6)
    lab.fault("lost_reply", times=None, skip=1)
    with lab.gemini(attempts=9) as gemini:
        outcome = gemini.ask(lab.question())
    assert outcome.status == "partial"
    assert [c.status for c in outcome.calls] == ["partial", "lost", "lost"]


def test_a_redirect_is_followed(lab):
    lab.fault("redirect", "gemini.model")
    with lab.gemini() as gemini:
        assert gemini.check_model("gemini-3.8-flash").output_token_limit == 65_536


# Uploads: fault, route, outcome while it lasts (None = once is enough to see it)
UPLOADS = [
    ("server_error", "gemini.upload", "unavailable"),
    ("no_upload_url", "gemini.upload", "unavailable"),
    ("html", "gemini.upload", "unavailable"),
    ("file_failed", "gemini.bytes", "file_failed"),
    ("server_error", "gemini.file", "unavailable"),
    ("refused", "gemini.upload", "bad_key"),
]


@pytest.mark.parametrize(("kind", "where", "expected"), UPLOADS)
def test_an_upload_that_goes_wrong_has_a_name_and_leaves_nothing(lab, kind, where, expected):
    lab.fault(kind, where, times=None)
    with lab.gemini(inline=False) as gemini:
        outcome = gemini.ask(lab.question())
    assert outcome.status == expected, outcome.reason
    assert not lab.calls
    assert not lab.sandbox.gemini.files.files


def test_bytes_that_get_no_upload_status(lab):
    """The client itself tries three times with waits of 1, 2 and 4 s: nothing we can turn off."""
    lab.fault("upload_unconfirmed", "gemini.bytes", times=None, status=403)
    with lab.gemini(inline=False, attempts=1) as gemini:
        outcome = gemini.ask(lab.question())
    assert outcome.status == "bad_key"
    assert not lab.sandbox.gemini.files.files


def test_a_file_that_never_gets_ready_meets_the_deadline(lab):
    lab.fault("file_stuck", "gemini.bytes", times=None)
    with lab.gemini(inline=False, ready_wait_s=0.2) as gemini:
        outcome = gemini.ask(lab.question())
    assert outcome.status == "timed_out"
    assert "0.2 s" in outcome.reason
    assert not lab.sandbox.gemini.files.files


def test_files_go_away_whatever_comes_of_the_question(lab):
    for kind in ("", "prompt_blocked", "invalid_key", "server_error", "lost_reply"):
        if kind:
            lab.fault(kind, times=None)
        with lab.gemini(inline=False) as gemini:
            gemini.ask(lab.question())
        lab.sandbox.faults.clear()
        assert not lab.sandbox.gemini.files.files, kind
    assert lab.counts()["gemini.delete"] >= 5


def test_a_lost_upload_is_deleted_by_its_name(lab):
    lab.fault("lost_reply", "gemini.upload", times=1, skip=1)  # the bytes came, the answer did not
    with lab.gemini(inline=False) as gemini:
        assert gemini.ask(lab.question()).status == "ok"
    assert not lab.sandbox.gemini.files.files


def test_what_a_killed_run_left_is_swept(lab):
    with lab.gemini(inline=False) as gemini:
        model = gemini.model
        with model.attached(lab.question(), retries=Retries(gemini.limiter), end_s=1e12):
            assert lab.sandbox.gemini.files.files
            assert gemini.sweep() == 0, "another run may still need it"
            assert model.sweep(older_than=timedelta(0)) == 1
    assert not lab.sandbox.gemini.files.files


def test_keys_and_models_are_checked_by_name(lab):
    named = {"gemini-3.8-flsh": "model.first_pass"}
    with lab.gemini(settings=named) as gemini, pytest.raises(BadInput) as refused:
        gemini.check_model("gemini-3.8-flsh")
    assert "Set model.first_pass. Did you mean gemini-3.8-flash?" in str(refused.value)
    with lab.gemini(key="wrong") as gemini, pytest.raises(CredentialsMissing) as denied:
        gemini.check_model("gemini-3.8-flash")
    assert f"GEMINI_API_KEY was refused by {lab.url}" in str(denied.value)


def test_no_suggestion_repeats_the_name_that_failed(lab):
    """Listed by the service, and 404 when it is called: as with a version of the API that does
    not serve it.
    """
    model = "gemini-3.8-flash"
    lab.fault("refused", "gemini.model", times=None, status=404)
    lab.fault("refused", "gemini.generate", times=None, status=404)
    with lab.gemini(settings={model: "model.name"}) as gemini:
        with pytest.raises(BadInput) as refused:
            gemini.check_model(model)
        outcome = gemini.ask(lab.question())
    assert f"Did you mean {model}?" not in str(refused.value)
    assert "model.api_version" in str(refused.value)
    assert (outcome.status, "model.name" in outcome.reason) == ("not_found", True)


@pytest.mark.parametrize(
    ("now", "reset"),
    [
        ("2026-11-27T13:00Z", "2026-11-28T08:00Z"),
        ("2026-11-28T07:59Z", "2026-11-28T08:00Z"),
        ("2026-07-01T12:00Z", "2026-07-02T07:00Z"),
    ],
)
def test_a_days_quota_begins_anew_at_midnight_in_california(now, reset):
    assert quota_reset(datetime.fromisoformat(now)) == datetime.fromisoformat(reset)


def test_a_used_up_day_says_when_to_go_on_and_nothing_of_caps(lab):
    lab.fault("quota_day", times=None)
    with lab.gemini() as gemini:
        reason = gemini.ask(lab.question()).reason
    assert f"{quota_reset():%Y-%m-%d %H:%M} UTC" in reason
    assert "cap" not in reason


def test_a_key_that_no_header_can_carry(lab):
    with lab.gemini(key="schlüssel") as gemini:
        outcome = gemini.ask(lab.question())
    assert (outcome.status, "GEMINI_API_KEY" in outcome.reason) == ("bad_key", True)


def test_the_days_quota_stops_the_rest(lab):
    lab.fault("quota_day", times=None)
    with lab.gemini() as gemini:
        answers = list(gemini.ask_all([lab.question()] * 20, concurrency=2))
    assert 1 <= len(answers) <= 3
    assert lab.counts()["gemini.generate"] <= 3


def test_the_circuit_opens_and_tries_again(lab):
    now = [0.0]
    breaker = CircuitBreaker(failures_max=2, open_s=30, clock=lambda: now[0])
    lab.fault("server_error", times=None)
    with lab.gemini(breaker=breaker, attempts=1) as gemini:
        seen = [gemini.ask(lab.question()).status for _ in range(4)]
        assert seen == ["unavailable", "unavailable", "circuit_open", "circuit_open"]
        lab.sandbox.faults.clear()
        now[0] = 31
        assert gemini.ask(lab.question()).status == "ok"
        assert gemini.ask(lab.question()).status == "ok"


def test_a_missing_file_is_said_before_anything_is_sent(lab, tmp_path):
    with lab.gemini() as gemini:
        outcome = gemini.ask(lab.question(file=tmp_path / "gone.mp4"))
    assert outcome.status == "file_failed"
    assert not lab.counts()

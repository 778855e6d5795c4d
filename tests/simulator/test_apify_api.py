"""The Apify API, spoken to by the unmodified apify-client."""

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import impit
import pytest
from apify_client.errors import (
    InvalidRequestError,
    InvalidResponseBodyError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnauthorizedError,
)

REELS = {"directUrls": ["https://www.instagram.com/sim_snorrelby/"], "resultsLimit": 30}
INSTAGRAM = "apify/instagram-scraper"


def call(live, actor=INSTAGRAM, run_input=REELS, **options):
    return live.client().actor(actor).call(run_input=run_input, logger=None, **options)


def items(live, run):
    return list(live.client().dataset(run.default_dataset_id).iterate_items())


def test_a_run_from_start_to_items(live):
    client = live.client()
    run = client.actor(INSTAGRAM).start(run_input=REELS)
    assert run.status == "READY"
    ended = client.run(run.id).wait_for_finish()
    assert ended.status == "SUCCEEDED"
    assert ended.started_at == live.sandbox.world.epoch
    assert ended.usage_total_usd == pytest.approx(30 * 0.0015)
    assert ended.charged_event_counts == {"result": 30}
    found = list(client.dataset(ended.default_dataset_id).iterate_items(chunk_size=7))
    assert len(found) == len({i["id"] for i in found}) == 30
    assert list(client.run(run.id).iterate_dataset_items()) == found
    page = client.dataset(run.id).list_items(offset=28, limit=7, fields=["id"])
    assert (page.total, page.offset, page.count, page.limit, page.desc) == (30, 28, 2, 7, False)
    assert page.items == [{"id": i["id"]} for i in found[28:]]
    assert client.run(run.id).dataset().get().item_count == 30
    assert b"videoPlayCount" in client.dataset(run.id).get_items_as_bytes(item_format="csv")


def test_input_record_and_lists_let_a_lost_start_be_found(live):
    client = live.client()
    run = call(live)
    assert (
        client.key_value_store(run.default_key_value_store_id).get_record("INPUT")["value"] == REELS
    )
    assert client.key_value_store(run.id).record_exists("INPUT")
    assert client.key_value_store(run.id).get_record("OUTPUT") is None
    since = datetime.now(UTC) - timedelta(minutes=1)
    listed = client.actor(INSTAGRAM).runs().list(desc=True, started_after=since)
    assert [r.id for r in listed.items] == [run.id]
    assert client.actor("apidojo/tweet-scraper").runs().list().total == 0
    assert client.runs().list(status="FAILED").total == 0


def test_tokens(live):
    assert live.client().user().get().username == "simulated"
    with pytest.raises(UnauthorizedError):
        live.client("wrong").user().get()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{live.url}/v2/users/me?token={live.token}")
    assert live.token not in str(live.control("log"))


def test_unknown_things(live):
    client = live.client()
    with pytest.raises(NotFoundError):
        client.actor("nobody/nothing").start(run_input={})
    assert client.run("nope").get() is None
    with pytest.raises(NotFoundError):
        client.dataset("nope").list_items()


@pytest.mark.parametrize(
    ("actor", "run_input", "found"),
    [
        ("clockworks/tiktok-scraper", {"profiles": ["sim_snorrelby"]}, 1),  # the default of one
        ("clockworks/tiktok-scraper", {"profiles": ["sim_snorrelby"], "resultsPerPage": 9}, 9),
        (
            "streamers/youtube-scraper",
            {"startUrls": [{"url": "https://www.youtube.com/@sim_snorrelby"}]},
            1,
        ),
        (INSTAGRAM, {"urls": ["https://www.instagram.com/sim_snorrelby/"]}, 0),  # wrong field name
        ("apidojo/tweet-scraper", {"handles": ["sim_snorrelby"]}, 0),
        ("apidojo/tweet-scraper", {"twitterHandles": ["sim_nobody"]}, 10),  # fillers
        (INSTAGRAM, REELS | {"onlyPostsNewerThan": "2026-05-25"}, 4),  # two pinned, the newer ones
        (
            "apify/facebook-posts-scraper",
            {"startUrls": [{"url": "https://www.facebook.com/sim.snorrelby"}]},
            20,
        ),
        ("apimaestro/linkedin-company-posts", {"company_name": "sim-plonkworth", "limit": 3}, 14),
    ],
)
def test_inputs_are_taken_as_the_real_actors_take_them(live, actor, run_input, found):
    run = call(live, actor, run_input)
    assert run.status == "SUCCEEDED"
    got = items(live, run)
    if "onlyPostsNewerThan" in run_input:
        assert got
        assert all(i["timestamp"] >= "2026-05-25" for i in got)
    else:
        assert len(got) == found


@pytest.mark.parametrize(
    ("actor", "run_input", "word"),
    [
        ("apify/instagram-reel-scraper", {"usernames": ["sim_x"]}, "input.username is required"),
        (INSTAGRAM, REELS | {"resultsLimit": "30"}, "must be integer"),
        (INSTAGRAM, {"directUrls": "https://www.instagram.com/x"}, "must be array"),
        (INSTAGRAM, REELS | {"onlyPostsNewerThan": "soon"}, "is no date"),
    ],
)
def test_refused_inputs(live, actor, run_input, word):
    with pytest.raises(InvalidRequestError, match=word):
        call(live, actor, run_input)


def test_caps(live):
    by_money = call(live, max_total_charge_usd=Decimal("0.009"))
    assert (len(items(live, by_money)), by_money.usage_total_usd) == (6, pytest.approx(0.009))
    by_number = call(live, max_items=5)
    assert (len(items(live, by_number)), by_number.usage_total_usd) == (5, pytest.approx(0.0075))
    # Pitfall 18: this actor goes on beyond the maximum, which caps the charge alone.
    asked = {"profiles": ["sim_snorrelby"], "resultsPerPage": 9}
    more = call(live, "clockworks/tiktok-scraper", asked, max_items=4)
    assert (len(items(live, more)), more.usage_total_usd) == (9, pytest.approx(0.016))


def test_a_big_body_is_gzipped_and_read(live):
    urls = [f"https://www.instagram.com/sim_nobody_{n}/" for n in range(80)]
    assert len(items(live, call(live, run_input={"directUrls": urls}))) == 80


def test_the_clock_moves_the_numbers(live):
    def views():
        return {i["id"]: i["videoViewCount"] for i in items(live, call(live)) if "videoUrl" in i}

    before = views()
    now = live.control("clock", {"advance_days": 7})["now"]
    assert now.startswith("2026-06-08T06:00")
    after = views()
    both = before.keys() & after.keys()
    assert sum(after[k] for k in both) > sum(before[k] for k in both)
    live.control("clock", {"factor": 86_400})
    assert live.control("clock")["now"] != now


@pytest.mark.parametrize(
    ("fault", "status"),
    [("run_failed", "FAILED"), ("run_timed_out", "TIMED-OUT"), ("run_aborted", "ABORTED")],
)
def test_runs_that_end_badly_keep_what_they_have(live, fault, status):
    live.fault(fault, "apify.start", share=0.2)
    run = call(live)
    assert run.status == status
    assert len(items(live, run)) == 6
    assert run.usage_total_usd == pytest.approx(6 * 0.0015)


def test_a_stuck_run_can_be_aborted(live):
    live.fault("run_stuck", "apify.start")
    run = call(live, wait_duration=timedelta(milliseconds=600))
    assert run.status == "RUNNING"
    aborted = live.client().run(run.id).abort()
    assert aborted.status == "ABORTED"
    assert 0 < len(items(live, run)) <= 15
    assert live.client().run(run.id).get().finished_at is not None


def test_a_run_longer_than_its_own_limit_times_out(live):
    live.sandbox.api.run_s = 5.0
    try:
        run = call(live, run_timeout=timedelta(seconds=1))
    finally:
        live.sandbox.api.run_s = 0.05
    assert run.status == "TIMED-OUT"
    assert 0 < len(items(live, run)) < 30


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("rate_limited", {"times": 2}),
        ("rate_limited", {"retry_after_s": 30}),
        ("server_error", {"status": 500}),
        ("server_error", {"times": 3}),
        ("dropped", {}),
    ],
)
def test_what_passes_is_survived_and_nothing_is_started_twice(live, fault, options):
    live.fault(fault, "apify.start", **options)
    assert call(live).status == "SUCCEEDED"
    log = live.control("log")
    assert log["counts"]["apify.start"] == options.get("times", 1) + 1
    assert len(log["runs"]) == 1
    assert log["paid_twice"] == 0


def test_a_lost_reply_makes_a_blind_client_pay_twice(live):
    """What the client does by default, and the sandbox must be able to see."""
    live.fault("lost_reply", "apify.start")
    call(live)
    log = live.control("log")
    assert (len(log["runs"]), log["paid_twice"]) == (2, 1)
    assert log["charged_usd"] == pytest.approx(2 * 30 * 0.0015)


def test_the_same_capture_a_week_later_is_not_paid_twice(live):
    call(live)
    live.control("clock", {"advance_days": 7})
    call(live)
    log = live.control("log")
    assert (len(log["runs"]), log["paid_twice"]) == (2, 0)


def test_a_lost_reply_leaves_one_run_to_be_found(live):
    live.fault("lost_reply", "apify.start")
    careful = live.client(max_retries=0)
    with pytest.raises(impit.HTTPError):
        careful.actor(INSTAGRAM).start(run_input=REELS)
    assert careful.actor(INSTAGRAM).runs().list().total == 1


@pytest.mark.parametrize(
    ("fault", "options", "error"),
    [
        ("rate_limited", {}, RateLimitError),
        ("server_error", {}, ServerError),
        ("bad_json", {}, InvalidResponseBodyError),
        ("html", {}, InvalidResponseBodyError),
    ],
)
def test_faults_as_the_client_names_them(live, fault, options, error):
    live.fault(fault, "apify.user", **options)
    with pytest.raises(error):
        live.client(max_retries=0).user().get()


def test_slow_answers(live):
    live.fault("slow", "apify.user", delay_s=0.4)
    with pytest.raises(impit.TimeoutException):
        live.client(max_retries=0).user().get(timeout=timedelta(seconds=0.1))


def test_a_limit_per_second(live):
    live.fault("rate_limit", "apify.user", per_s=3, times=None)
    client = live.client(max_retries=0)
    for _ in range(3):
        client.user().get()
    with pytest.raises(RateLimitError):
        client.user().get()


def test_spoilt_datasets(live):
    live.control(
        "faults",
        [{"kind": k} for k in ("partial_dataset", "error_items", "renamed_fields")],
    )
    partial, errors, renamed = (call(live) for _ in range(3))
    assert {r.status for r in (partial, errors, renamed)} == {"SUCCEEDED"}
    assert len(items(live, partial)) == 15
    assert all("error" in i for i in items(live, errors))
    assert all("id" not in i and "idNew" in i for i in items(live, renamed))


def test_dice_throw_the_same_for_a_seed(live):
    def met():
        live.control("log", method="DELETE")
        live.control("faults", {"seed": 5, "rate": 0.3, "kinds": ["server_error", "rate_limited"]})
        for _ in range(12):
            live.client().user().get()
        return [r["fault"] for r in live.control("log")["requests"]]

    first = met()
    assert first == met()
    assert {"", "server_error", "rate_limited"} == set(first)


def test_an_unknown_fault_is_refused(live):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        live.fault("gremlins")
    assert live.control("faults")["orders"] == []


def test_orders_can_wait_and_choose(live):
    live.fault("server_error", "apify", match="users/me", skip=1)
    client = live.client(max_retries=0)
    client.user().get()
    client.runs().list()
    with pytest.raises(ServerError):
        client.user().get()
    client.user().get()

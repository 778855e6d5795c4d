"""Hosts that drip, stall and lie, a second media host among them: each costs its own deadline
and no more.
"""

import gzip
import threading
import time
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator import clips
from simulator.build import build_world
from tests.peers.base import drip, never, status
from tests.peers.host import HostMock
from vtlib.core.deadline import Deadline, Meter, TooSlow, call_within
from vtlib.media.download import (
    AddressRefused,
    DownloadRequest,
    DownloadRules,
    UrlAllowlist,
    connection,
    direct,
    fetch,
)
from vtlib.media.download import url_allowlist as gate_module
from vtlib.media.download.outcome import DownloadFailed

WORLD = build_world(seed=7)
CLIP = next(p for p in WORLD.posts if p.is_video and p.exists(WORLD.epoch) and p.duration_s < 5)
DRIPS = ["body", "chunked", "header"]
DEADLINE_S, SILENCE_S, SLACK_S = 3.0, 1.0, 2.0


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return clips.film(WORLD, CLIP, tmp_path_factory.mktemp("film")).read_bytes()


@pytest.fixture
def host(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HostMock() as mock:
        yield mock


@pytest.fixture
def ask(host, tmp_path):
    rules = DownloadRules(UrlAllowlist.of([host.url]), timeout_s=SILENCE_S, deadline_s=DEADLINE_S)

    def call(*urls, page=None, is_still=False):
        start = time.monotonic()
        answer = fetch(DownloadRequest("x", page, urls, is_still, is_fresh=True), tmp_path, rules)
        return answer, time.monotonic() - start

    return call


@pytest.mark.parametrize("is_still", [False, True])
@pytest.mark.parametrize("mode", DRIPS)
def test_a_dripping_media_address_ends_within_its_deadline(host, ask, video, mode, is_still):
    urls = [host.serve(f"/{n}.mp4", video) for n in range(3)]
    host.fail("*", drip(mode, interval_s=0.2), always=True)
    answer, took_s = ask(*urls, is_still=is_still)
    assert (answer.status, answer.files) == ("broken", ())
    assert "too slow" in answer.reason
    assert took_s < DEADLINE_S + SLACK_S


@pytest.mark.parametrize("mode", DRIPS)
@pytest.mark.parametrize("where", ["page", "file"])
def test_a_dripping_page_ends_within_its_deadline(host, ask, video, mode, where):
    host.serve("/film.mp4", video)
    page = host.serve_html("/watch/1", '<video><source src="/film.mp4" type="video/mp4"></video>')
    host.fail("/watch/1" if where == "page" else "/film.mp4", drip(mode, 0.2), always=True)
    answer, took_s = ask(page=page)
    assert (answer.status, answer.came_by) == ("broken", "page")
    assert "too slow" in answer.reason
    assert took_s < DEADLINE_S + SLACK_S


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
def test_a_dripping_text_is_no_place_to_wait(host, ask, content_type):
    url = host.serve("/a.mp4", b"x" * 9000, content_type)
    host.fail("*", drip("body", 0.2), always=True)
    answer, took_s = ask(url)
    assert answer.status == "broken"
    assert took_s < DEADLINE_S + SLACK_S


def test_silence_is_a_drip_without_drops(host, ask, video):
    host.serve("/a.mp4", video)
    host.fail("*", never(), always=True)
    answer, took_s = ask(host.url + "/a.mp4")
    assert answer.status == "broken"
    assert took_s < SILENCE_S + SLACK_S


def test_a_steady_slow_host_is_waited_for_as_long_as_it_keeps_the_rate(host, ask, video):
    url = host.serve("/a.mp4", video, pause_s=0.1)
    answer, _ = ask(url)
    assert answer.status == "ok", answer.reason
    assert answer.files[0].path.read_bytes() == video


@pytest.mark.parametrize("code", [404, 410])
@pytest.mark.parametrize("is_still", [False, True])
def test_only_the_page_says_that_a_post_is_gone(host, ask, code, is_still):
    url = host.serve_json("/a.mp4", {"message": "This video was removed"}, status=code)
    there = host.serve_html("/post/1", "<p>Log in to see</p>")
    assert ask(url, is_still=is_still)[0].status == "expired"
    assert ask(url, page=there, is_still=is_still)[0].status == "expired"
    assert ask(url, page=host.url + "/post/2", is_still=is_still)[0].status == "removed"


def test_json_with_200_is_no_verdict_on_the_post(host, ask, video):
    host.serve("/film.mp4", video)
    page = host.serve_html("/watch/1", '<video><source src="/film.mp4" type="video/mp4"></video>')
    for content_type in ("application/json", "video/mp4"):
        url = host.serve("/a.mp4", b'{"error": "deleted"}', content_type)
        assert ask(url)[0].status in ("broken", "expired")
        answer, _ = ask(url, page=page)
        assert (answer.status, answer.came_by) == ("ok", "page")
        answer.files[0].path.unlink()


def test_a_media_file_of_a_page_that_is_gone_is_no_verdict_either(host, ask):
    page = host.serve_html("/watch/1", '<video><source src="/film.mp4" type="video/mp4"></video>')
    assert ask(page=page)[0].status == "expired"
    assert ask(page=host.url + "/watch/2")[0].status == "removed"


@pytest.mark.parametrize("expired_status", [403, 404, 410])
def test_a_signature_that_ran_out_waits_for_a_new_capture(host, ask, video, expired_status):
    host.serve("/a.mp4", video, expired_status=expired_status)
    signed = host.sign("/a.mp4", requests=1)
    assert ask(signed)[0].status == "ok"
    answer, _ = ask(signed)
    assert answer.status == "expired"
    assert "vt scrape" in answer.reason


def test_what_comes_packed_is_unpacked_within_the_limit(host, tmp_path, video):
    url = host.serve("/a.mp4", video, gzip=True)
    allowlist, limits = UrlAllowlist.of([host.url]), direct.Limits(len(video), 2.0, 9.0)
    direct.save(url, tmp_path / "a", allowlist, limits)
    assert (tmp_path / "a").read_bytes() == video
    host.serve("/b.mp4", gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"})
    with pytest.raises(DownloadFailed) as caught:
        direct.save(f"{host.url}/b.mp4", tmp_path / "b", allowlist, direct.Limits(10**6, 2.0, 9.0))
    assert caught.value.fetched.status == "too_large"
    assert (tmp_path / "b").stat().st_size <= 10**6


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_page_that_unpacks_without_end_is_left(host, ask, encoding):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    bomb = packer.compress(b" " * 300_000_000) + packer.flush()
    page = host.serve("/watch/1", bomb, "text/html", headers={"Content-Encoding": encoding})
    answer, _ = ask(page=page)
    assert answer.status == "too_large"


def test_a_host_that_asks_for_a_pause_is_heard(host, ask):
    url = host.serve("/a.mp4", b"x")
    host.fail("*", status(429, headers={"Retry-After": "9"}), always=True)
    answer, _ = ask(url)
    assert (answer.status, answer.retry_after_s) == ("rate_limited", 9)


def test_the_address_connected_to_is_the_address_checked(host, tmp_path):
    """A name that leads to a public address when it is checked and home when it is dialled:
    never home.
    """
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    allowlist = UrlAllowlist(resolve=lambda _host: answers.pop(0) if answers else ["127.0.0.1"])
    allowlist.check("http://www.tiktok.com/a")
    with pytest.raises(DownloadFailed) as caught:
        direct.save(
            "http://www.tiktok.com/a", tmp_path / "a", allowlist, direct.Limits(99, 0.5, 1.0)
        )
    assert "not asked: www.tiktok.com leads to" in caught.value.fetched.reason
    assert not host.requests


def test_a_name_is_resolved_once_and_its_host_is_told_the_name(host, tmp_path, monkeypatch, video):
    """The dialled address stands for the name: nothing else is looked up, Host and path stay."""
    place = host.url.removeprefix("http://").partition(":")[::2]
    dialled = []
    real = connection._connect

    def dial(address, _port, meter):
        dialled.append(address)
        return real(place[0], int(place[1]), meter)

    monkeypatch.setattr(connection, "_connect", dial)
    monkeypatch.setenv("NO_PROXY", "*")
    host.serve("/a.mp4", video)
    asked = []
    allowlist = UrlAllowlist(resolve=lambda name: asked.append(name) or ["93.184.216.34"])
    direct.save(
        "http://v16.tiktokcdn.com/a.mp4", tmp_path / "a", allowlist, direct.Limits(10**8, 2.0, 9.0)
    )
    assert (asked, dialled) == (["v16.tiktokcdn.com"], ["93.184.216.34"])
    assert host.requests[0].header("host") == "v16.tiktokcdn.com"


def test_a_loopback_name_must_lead_to_this_machine(monkeypatch):
    allowlist = UrlAllowlist.of(["http://localhost:9"])
    assert allowlist.addresses("localhost", 9)
    monkeypatch.setattr(gate_module, "_resolve", lambda _host: ["93.184.216.34"])
    with pytest.raises(AddressRefused, match="leads elsewhere"):
        allowlist.addresses("localhost", 9)


@given(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=30), rate=st.integers(1, 10_000))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_meter_ends_exactly_what_is_below_the_rate(sizes, rate):
    """With waits of a window each, the first size below the rate ends it; none above does."""
    meter = Meter(Deadline(60, 1.0, rate))
    meter.begin_body()
    ended = None
    for number, size in enumerate(sizes):
        meter._window_s = 1.0
        try:
            meter.count(size)
        except TooSlow:
            ended = number
            break
    expected = next((n for n, size in enumerate(sizes) if 0 < size < rate), None)
    assert ended == expected


def test_a_call_that_shows_no_bytes_is_left_at_its_end():
    release, start = threading.Event(), time.monotonic()
    with pytest.raises(TooSlow):
        call_within(0.1, release.wait)
    assert time.monotonic() - start < 1
    release.set()
    assert call_within(1, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        call_within(1, lambda: 1 // 0)


def test_the_deadline_is_of_the_post_and_not_of_each_address(host, ask, video):
    """Three addresses that keep the rate to the end, and a page: one deadline in all."""
    urls = [host.serve(f"/{n}.mp4", video * 40, pause_s=0.4) for n in range(3)]
    answer, took_s = ask(*urls, page=host.url + "/none")
    assert answer.status == "broken"
    assert took_s < DEADLINE_S + SLACK_S

"""Each mock against the client that the real service has: apify-client, google-genai, sockets."""

import gzip
import http.client
import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import impit
import pytest
from apify_client import ApifyClient
from apify_client.errors import (
    ApifyApiError,
    InvalidResponseBodyError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnauthorizedError,
)
from google import genai
from google.genai import errors, types

from tests.peers import base
from tests.peers.apify import ApifyMock
from tests.peers.gemini import Answer, GeminiMock, quota
from tests.peers.host import HostMock

ACTOR = "clockworks/tiktok-scraper"
REEL = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 1200  # 307,212 bytes: five blocks


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def apify() -> Iterator[ApifyMock]:
    with ApifyMock() as mock:
        mock.add_actor(ACTOR, _videos, start_usd=0.01, item_usd=0.002, duration_s=0.1)
        yield mock


@pytest.fixture
def gemini() -> Iterator[GeminiMock]:
    with GeminiMock() as mock:
        yield mock


@pytest.fixture
def host() -> Iterator[HostMock]:
    with HostMock() as mock:
        yield mock


def _videos(question: Any) -> list[Any]:
    return [{"id": str(n), "#debug": 1} for n in range((question or {}).get("n", 3))]


def _apify(mock: ApifyMock, token: str = "peer-token", retries: int = 0) -> ApifyClient:
    rest = timedelta(milliseconds=10)
    return ApifyClient(token, api_url=mock.url, max_retries=retries, min_delay_between_retries=rest)


def _gemini(mock: GeminiMock, key: str = "peer-key", **options: Any) -> genai.Client:
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=mock.url, **options))


MODEL = "gemini-3.8-flash"


class TestApify:
    def test_a_run_from_start_to_items(self, apify: ApifyMock) -> None:
        client = _apify(apify)
        run = client.actor(ACTOR).start(
            run_input={"n": 2500, "pad": "x" * 2000}, max_total_charge_usd=Decimal(9)
        )
        assert run.status == "READY"
        assert run.options.max_total_charge_usd == 9
        end = client.run(run.id).wait_for_finish(wait_duration=timedelta(seconds=20))
        assert end is not None
        assert (end.status, end.usage_total_usd) == ("SUCCEEDED", 5.01)
        assert end.charged_event_counts == {"actor-start": 1, "result": 2500}
        events = end.pricing_info.pricing_per_event.actor_charge_events
        assert events["result"].event_price_usd == 0.002
        rows = list(client.dataset(end.default_dataset_id).iterate_items(clean=True))
        assert rows == [{"id": str(n)} for n in range(2500)]
        log = apify.events.log
        pages = [e.facts["count"] for e in log if e.name == "items_page:before_reply"]
        assert pages == [1000, 1000, 500, 0]
        assert (len(apify.runs), apify.charged_usd) == (1, 5.01)
        record = client.key_value_store(end.default_key_value_store_id).get_record("INPUT")
        assert record["value"] == apify.runs[0].input == apify.requests[0].json

    def test_a_lost_run_is_in_the_list_of_runs(self, apify: ApifyMock) -> None:
        client = _apify(apify)
        apify.fail("start_run", base.lost_reply())
        with pytest.raises(impit.HTTPError):
            client.actor(ACTOR).start(run_input={"n": 1})
        client.actor(ACTOR).start(run_input={"n": 2})
        newest = client.actor(ACTOR).runs().list(desc=True, limit=1)
        assert (newest.total, newest.count) == (2, 1)
        assert newest.items[0].id == apify.runs[1].id
        ids = [run.id for run in client.runs().iterate(chunk_size=1)]
        assert ids == [run.id for run in apify.runs]
        assert apify.events.wait("run_created").n == 2, "no event after a reply that was lost"

    def test_a_retried_start_is_paid_twice(self, apify: ApifyMock) -> None:
        """As measured in apify.md 5.4."""
        apify.fail("start_run", base.lost_reply())
        _apify(apify, retries=2).actor(ACTOR).call(run_input={"n": 5}, logger=None)
        assert len(apify.runs) == 2

    @pytest.mark.parametrize("end", ["FAILED", "TIMED-OUT", "SUCCEEDED"])
    def test_every_end_keeps_its_items(self, apify: ApifyMock, end: str) -> None:
        apify.add_actor("a/b", _videos, statuses=("READY", "RUNNING", end), pricing="FREE")
        run = _apify(apify).actor("a/b").call(run_input=None, logger=None)
        assert run is not None
        assert (run.status, run.pricing_info) == (end, None)
        assert apify.requests[0].body == b"null"
        assert len(_apify(apify).run(run.id).dataset().list_items().items) == 3
        assert apify.events.wait("run_finished").facts["status"] == end

    def test_abort_stops_the_charge(self, apify: ApifyMock) -> None:
        apify.add_actor("a/slow", _videos, item_usd=1.0, duration_s=3600)
        client = _apify(apify)
        run = client.actor("a/slow").start(run_input={"n": 10})
        assert client.run(run.id).abort().status == "ABORTED"
        assert apify.charged_usd == 0
        assert client.runs().list(status="ABORTED").total == 1

    @pytest.mark.parametrize(("keeps_cap", "charge"), [(True, 2.0), (False, 5.0)])
    def test_the_cap(self, apify: ApifyMock, keeps_cap: bool, charge: float) -> None:
        apify.add_actor("a/cap", _videos, item_usd=0.5, keeps_cap=keeps_cap)
        client = _apify(apify)
        run = client.actor("a/cap").call(
            run_input={"n": 10}, max_total_charge_usd=Decimal(2), logger=None
        )
        assert run is not None
        assert run.usage_total_usd == charge == apify.charged_usd
        assert apify.runs[0].max_total_charge_usd == 2.0

    def test_who_is_asking(self, apify: ApifyMock) -> None:
        assert _apify(apify).user().get().username == "peer"
        assert _apify(apify).actor(ACTOR).get().pricing_infos[0].pricing_model == "PAY_PER_EVENT"
        with pytest.raises(UnauthorizedError):
            _apify(apify, "wrong").user().get()
        with pytest.raises(NotFoundError):
            _apify(apify).actor("a/renamed").start()
        assert _apify(apify).actor("a/renamed").get() is None
        assert _apify(apify).run("none").get() is None

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (base.status(503), ServerError),
            (base.status(429, headers={"Retry-After": "30"}), RateLimitError),
            (base.status(402), ApifyApiError),
            (base.malformed(), InvalidResponseBodyError),
            (base.html(), InvalidResponseBodyError),
            (base.drop(), impit.HTTPError),
            (base.truncate(), impit.HTTPError),
        ],
        ids=lambda value: getattr(value, "kind", None) or value.__name__,
    )
    def test_faults_as_the_client_sees_them(
        self, apify: ApifyMock, fault: base.Fault, error: type[Exception]
    ) -> None:
        apify.fail("get_user", base.NONE, fault)
        assert _apify(apify).user().get()
        with pytest.raises(error):
            _apify(apify).user().get()
        assert _apify(apify).user().get()

    def test_retries_and_permanent_faults(self, apify: ApifyMock) -> None:
        apify.fail("get_user", base.status(500), base.status(429))
        assert _apify(apify, retries=2).user().get()
        apify.fail("get_user", base.never(), always=True)
        for _ in range(2):
            with pytest.raises(impit.TimeoutException):
                _apify(apify).user().get(timeout=timedelta(seconds=0.2))
        apify.fail("get_user")
        assert _apify(apify).user().get()

    @pytest.mark.parametrize("moment", ["run_created:before_reply", "items_page:before_reply"])
    def test_a_process_is_killed_at_an_event(self, apify: ApifyMock, moment: str) -> None:
        code = f"""if 1:
            from apify_client import ApifyClient
            client = ApifyClient("peer-token", api_url={apify.url!r})
            run = client.actor({ACTOR!r}).call(run_input={{"n": 4}}, logger=None)
            client.dataset(run.default_dataset_id).list_items()
            print("read")"""
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        apify.events.on(moment, lambda _: (process.kill(), process.wait()))
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, out) == (-signal.SIGKILL, b"")
        assert len(apify.runs) == 1


class TestGemini:
    def test_a_file_from_upload_to_answer(self, gemini: GeminiMock, tmp_path: Path) -> None:
        client = _gemini(gemini)
        path = tmp_path / "reel.mp4"
        path.write_bytes(REEL * 30)  # two chunks of 8 MiB
        file = client.files.upload(file=path, config={"mime_type": "video/mp4"})
        assert (file.state, file.size_bytes) == (types.FileState.PROCESSING, len(REEL) * 30)
        gemini.script(Answer('{"a": 1}', thought_tokens=7, output_tokens=3))
        with pytest.raises(errors.ClientError, match="FAILED_PRECONDITION"):
            client.models.generate_content(model=MODEL, contents=[file, "What?"])
        assert gemini.charged == []
        client.files.get(name=file.name)
        file = client.files.get(name=file.name)
        assert file.state == types.FileState.ACTIVE
        assert [f.name for f in client.files.list()] == [file.name]
        reply = client.models.generate_content(model=MODEL, contents=[file, "What?"])
        assert reply.text == '{"a": 1}'
        usage = reply.usage_metadata
        assert usage.thoughts_token_count == 7
        assert usage.total_token_count == gemini.charged_tokens == 8701 + 7 + 3
        count = client.models.count_tokens(model=MODEL, contents=[file, "What?"])
        assert count.total_tokens == 8701
        client.files.delete(name=file.name)
        assert gemini.files == {}
        with pytest.raises(errors.ClientError, match="PERMISSION_DENIED"):
            client.models.generate_content(model=MODEL, contents=[file, "What?"])
        names = [e.name for e in gemini.events.log if e.name.endswith(base.BEFORE)]
        moments = ["file_uploaded", "model_answered", "file_deleted"]
        assert names == [name + base.BEFORE for name in moments]

    def test_a_file_that_fails(self, gemini: GeminiMock) -> None:
        gemini.file_state, gemini.processing_polls = "FAILED", 0
        client = _gemini(gemini, api_version="v1beta")
        file = client.files.upload(file=io.BytesIO(REEL), config={"mime_type": "video/mp4"})
        assert (file.state, file.error.code) == (types.FileState.FAILED, 3)

    def test_answers_that_are_not_answers(self, gemini: GeminiMock) -> None:
        client = _gemini(gemini)

        def ask() -> Any:
            return client.models.generate_content(model=MODEL, contents="What?")

        gemini.script(
            Answer(block_reason="SAFETY"),
            Answer(None, "MAX_TOKENS", thought_tokens=900),
            Answer('{"a": [1, 2', "MAX_TOKENS", usage=False),
            Answer(raw=b'{"candidates": ['),
            lambda question: Answer(question["contents"][0]["parts"][0]["text"].upper()),
        )
        blocked = ask()
        assert (blocked.text, blocked.prompt_feedback.block_reason) == (None, "SAFETY")
        thoughts = ask()
        assert (thoughts.text, thoughts.candidates[0].finish_reason) == (None, "MAX_TOKENS")
        cut = ask()
        assert (cut.text, cut.parsed, cut.usage_metadata) == ('{"a": [1, 2', None, None)
        with pytest.raises(json.JSONDecodeError):
            ask()
        assert ask().text == "WHAT?"
        gemini.default = Answer("always")
        assert [ask().text, ask().text] == ["always", "always"]
        assert [charge.thought_tokens for charge in gemini.charged] == [0, 900, 0, 0, 0, 0, 0]
        stream = client.models.generate_content_stream(model=MODEL, contents="What?")
        assert [chunk.text for chunk in stream] == ["always"]

    def test_models_and_keys(self, gemini: GeminiMock) -> None:
        client = _gemini(gemini)
        assert client.models.get(model=MODEL).input_token_limit == 1_048_576
        listed = [m.name for m in client.models.list(config={"page_size": 1})]
        assert listed == [f"models/{name}" for name in gemini.models]
        with pytest.raises(errors.ClientError, match="404 NOT_FOUND"):
            client.models.generate_content(model="gemini-1", contents="What?")
        stranger = _gemini(gemini, "wrong")
        with pytest.raises(errors.ClientError) as caught:
            stranger.models.get(model=MODEL)
        assert caught.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"

    @pytest.mark.parametrize(
        ("fault", "error", "charges"),
        [
            (base.status(503), errors.ServerError, 0),
            (base.html(502), errors.ServerError, 0),
            (base.html(), json.JSONDecodeError, 0),
            (quota(per_day=True), errors.ClientError, 0),
            (base.lost_reply(), httpx2.RemoteProtocolError, 1),
            (base.truncate(), httpx2.RemoteProtocolError, 1),
            (base.never(work=True), httpx2.ReadTimeout, 1),
            (base.drip("header", 0.05), httpx2.RemoteProtocolError, 1),
        ],
    )
    def test_lost_replies_are_charged(
        self, gemini: GeminiMock, fault: base.Fault, error: type[Exception], charges: int
    ) -> None:
        client = _gemini(gemini, timeout=500)
        gemini.fail("generate", fault)
        if fault.kind == "drip_header":  # no read of a byte takes 0.5 s: it goes on until we stop
            gemini.events.on("model_answered:before_reply", lambda _: _later(gemini.stopping.set))
        with pytest.raises(error):
            client.models.generate_content(model=MODEL, contents="What?")
        assert len(gemini.charged) == charges


def _later(action: Any) -> None:
    threading.Timer(1.0, action).start()


class TestHost:
    def test_whole_parts_and_signatures(self, host: HostMock) -> None:
        host.serve("/reel.mp4", REEL)
        url = host.sign("/reel.mp4", requests=2)
        assert _get(url) == (200, REEL)
        assert _get(url, Range="bytes=100-199") == (206, REEL[100:200])
        assert _get(url)[0] == 403
        assert _get(host.url + "/reel.mp4")[0] == 403
        host.pages["/reel.mp4"].expired_status = 410
        assert _get(host.sign("/reel.mp4", life_s=0.0))[0] == 410
        anew = host.sign("/reel.mp4")
        assert _get(anew, Range="bytes=-12") == (206, REEL[-12:])
        assert _get(anew, Range=f"bytes={len(REEL)}-")[0] == 416
        sent = [e.n for e in host.events.log if e.name == "bytes_sent:before_reply"]
        assert sent == [65536, 131072, 196608, 262144, len(REEL), 200, len(REEL)]
        assert host.events.wait("download_finished", n=2).facts["size"] == len(REEL)

    def test_pages_json_and_redirects(self, host: HostMock) -> None:
        host.serve("/z.mp4", REEL, gzip=True)
        assert gzip.decompress(_get(host.url + "/z.mp4")[1]) == REEL
        assert _get(host.redirect("/r", "/z.mp4"))[0] == 200
        assert _get(host.redirect("/loop", "/loop"))[0] == 302
        assert _get(host.serve_html("/p/1/", "<p>Sorry</p>", 404)) == (404, b"<p>Sorry</p>")
        assert _get(host.serve_json("/gone", {"error": "gone"}, 410))[0] == 410
        assert _get(host.url + "/nothing")[0] == 404

    def test_a_host_at_the_address_of_an_api(self, host: HostMock, apify: ApifyMock) -> None:
        apify.mount(host)
        url = host.serve("/reel.mp4", REEL)
        assert url.startswith(apify.url)
        assert _get(url) == (200, REEL)
        assert host.events.wait("download_finished")
        assert _apify(apify).user().get().username == "peer"
        assert [r.path for r in apify.requests] == ["/v2/users/me"]
        assert [r.path for r in host.requests] == ["/reel.mp4"]

    def test_lengths_that_lie(self, host: HostMock) -> None:
        long = host.serve("/long.mp4", REEL, length=len(REEL) + 9)
        with pytest.raises(http.client.IncompleteRead):
            _get(long)
        short = host.serve("/short.mp4", REEL, length=9)
        assert _get(short) == (200, REEL[:9])

    @pytest.mark.parametrize("part", ["header", "body", "chunked"])
    def test_drips(self, host: HostMock, part: str) -> None:
        host.serve("/reel.mp4", REEL)
        host.fail("/reel.mp4", base.drip(part, 0.02), always=True)
        address = host.url.removeprefix("http://").split(":")
        start = time.monotonic()
        with socket.create_connection((address[0], int(address[1])), timeout=5) as client:
            client.sendall(b"GET /reel.mp4 HTTP/1.1\r\nHost: x\r\n\r\n")
            got = b""
            while time.monotonic() < start + 0.6:
                got += client.recv(4096)
        end = {"header": b"X-Slow: xx", "body": b"\r\n\r\n" + REEL[:4], "chunked": b"1\r\nf\r\n"}
        assert end[part] in got
        assert len(got) < 500

    def test_a_process_is_killed_in_the_middle_of_a_file(self, host: HostMock) -> None:
        url = host.serve("/big.mp4", REEL * 10, pause_s=0.01)
        code = f"import urllib.request; urllib.request.urlopen({url!r}).read()"
        process = subprocess.Popen([sys.executable, "-c", code])
        host.events.on("bytes_sent", lambda _: process.kill(), n=200_000)
        assert process.wait(timeout=60) == -signal.SIGKILL
        assert host.events.wait("bytes_sent", 200_000).n == 262_144
        with pytest.raises(TimeoutError):
            host.events.wait("download_finished", timeout_s=0.2)


def _get(url: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _start_crashing() -> None:
    with ApifyMock() as mock:
        mock.add_actor("a/b", lambda _: [1 // 0])
        with pytest.raises(impit.HTTPError):
            _apify(mock).actor("a/b").start()


def test_a_mock_that_crashes_says_so() -> None:
    with pytest.raises(ZeroDivisionError):
        _start_crashing()

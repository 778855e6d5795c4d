"""Clients that show no bytes, on second mocks of their services: a host that drips costs its
deadline.
"""

import itertools
import time
from datetime import UTC, datetime

import pytest

from tests.peers.apify import ApifyMock
from tests.peers.base import drip
from tests.peers.gemini import GeminiMock
from vtlib.analysis.answer import VideoAnalysis
from vtlib.capture.apify import ActorRun, Apify
from vtlib.core.errors import SourceFailed
from vtlib.core.rate_limits import RateLimiter
from vtlib.llm.client import Client
from vtlib.llm.gemini import Access, Gemini
from vtlib.llm.prompts.files import load_prompt, render
from vtlib.llm.request import Attachment, Options, Request
from vtlib.llm.retries import Retries
from vtlib.ops import connectivity

MODES = ["body", "chunked", "header"]


@pytest.fixture(autouse=True)
def straight(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("mode", MODES)
def test_a_dripping_dataset_ends(mode):
    with ApifyMock() as mock:
        mock.add_actor("a/b", lambda _input: [{"n": 1}])
        apify = Apify(mock.token, mock.url, pause_s=0.01, items_wait_s=1.0)
        job = ActorRun("r", "d", "SUCCEEDED", datetime.now(UTC))
        mock.fail("list_items", drip(mode, 0.2), always=True)
        start = time.monotonic()
        with pytest.raises(SourceFailed):
            list(apify.items(job))
        assert time.monotonic() - start < 4


LONG = ["generate", "upload_bytes", "get_file"]  # the start of an upload is answered in two bytes


@pytest.mark.parametrize(
    ("endpoint", "mode"), [*itertools.product(LONG, MODES), ("start_upload", "header")]
)
def test_a_dripping_model_ends_with_the_question(tmp_path, endpoint, mode):
    video = tmp_path / "a.mp4"
    video.write_bytes(bytes(3000))
    with GeminiMock() as mock:
        mock.fail(endpoint, drip(mode, 0.2), always=True)
        access = Access(mock.key, mock.url, timeout_s=1.0, inline_max_bytes=1000, poll_s=0.01)
        retries = Retries(RateLimiter({}), deadline_s=2.0, first_s=0.01)
        start = time.monotonic()
        with Client(Gemini(access), retries=retries) as gemini:
            outcome = gemini.ask(question(video))
        assert time.monotonic() - start < 8
        # A request for an answer may have been carried out: its reply is lost.
        expected = "lost" if endpoint == "generate" else "timed_out"
        assert outcome.status == expected, outcome.reason


def test_the_doctor_waits_for_nobody(monkeypatch):
    monkeypatch.setattr(connectivity, "ANSWER_S", 1.0)
    monkeypatch.setattr(connectivity, "TIMEOUT_S", 1.0)
    with ApifyMock() as apify, GeminiMock() as gemini:
        for mock in (apify, gemini):
            mock.fail("*", drip("header", 0.2), always=True)
        start = time.monotonic()
        connectivity.apify(apify.token, apify.url)
        assert connectivity.gemini(gemini.key, gemini.url)[0].state != "ok"
        assert connectivity.reachable([apify.url], what="hosts")[0].state == "warn"
        assert time.monotonic() - start < 8


def question(video):
    prompt = render(load_prompt("analysis"), topics=("tiktok",), strangers={"caption": "x"})
    attached = Attachment(video, "video/mp4", "0" * 64, 3.0)
    return Request(prompt, VideoAnalysis, Options("gemini-3.8-flash", 400), (attached,))

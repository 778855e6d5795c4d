"""One sandbox whose model makes no slips of its own, and a client that does not wait long."""

import hashlib
from dataclasses import replace

import pytest

from simulator import clips
from simulator.gemini import Habits
from simulator.server import Settings, running
from vtlib.analysis.answer import VideoAnalysis
from vtlib.core.rate_limits import CircuitBreaker, RateLimiter
from vtlib.llm.client import Client
from vtlib.llm.gemini import Access, Gemini
from vtlib.llm.prompts.files import load_prompt, render
from vtlib.llm.request import Attachment, Options, Request
from vtlib.llm.retries import Retries

MODEL = "gemini-3.8-flash"


class Lab:
    """A running sandbox, the shortest TikTok film of its world, and clients for it."""

    def __init__(self, live):
        self.url, self.key, self.sandbox = live.url, live.token, live.sandbox
        world, folder = live.sandbox.world, live.sandbox.host.folder
        films = [p for p in world.posts if p.is_video and p.platform == "tiktok"]
        self.post = min(films, key=lambda p: (p.duration_s, p.post_id))
        self.path = clips.film(world, self.post, folder)

    @property
    def calls(self):
        return self.sandbox.gemini.asked

    def fault(self, kind, where="gemini.generate", **options):
        self.sandbox.faults.add({"kind": kind, "where": where, **options})

    def counts(self):
        return self.sandbox.journal.counts()

    def gemini(self, *, inline=True, timeout_s=10.0, ready_wait_s=5.0, attempts=3, **given):
        access = Access(
            given.pop("key", self.key),
            given.pop("base_url", self.url),
            timeout_s=timeout_s,
            ready_wait_s=ready_wait_s,
            poll_s=0.02,
            inline_max_bytes=10_000_000 if inline else 0,
        )
        limiter = given.pop("limiter", None) or RateLimiter({})
        retries = Retries(limiter, attempts=attempts, deadline_s=20, first_s=0.01)
        return Client(Gemini(access), limiter=limiter, retries=retries, **given)

    def question(self, *, caption=None, file=None, **options):
        prompt = render(load_prompt("analysis"), topics=("tiktok",), strangers={"caption": caption})
        path = file or self.path
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "0" * 64
        film = Attachment(path, "video/mp4", sha256, self.post.duration_s)
        asked = replace(Options(MODEL, 4096, thinking="low"), **options)
        return Request(prompt, VideoAnalysis, asked, (film,))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    habits = Habits(slips=False, ready_s=0.05)
    settings = Settings(clips=tmp_path_factory.mktemp("clips"), model=habits)
    with running(settings) as live:
        yield Lab(live)
    patch.undo()


@pytest.fixture
def lab(server):
    yield server
    server.sandbox.faults.clear()
    server.sandbox.journal.entries.clear()
    server.sandbox.gemini.forget(None)


@pytest.fixture
def open_breaker():
    return CircuitBreaker(failures_max=1)

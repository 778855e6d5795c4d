"""Questions to a model at a known latency: the whole takes little more than latency x calls /
concurrency.

The model is the sandbox's, in a thread of this process; every question carries a film inline. Exits
1 when the ratio to the ideal passes LIMIT.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

from simulator import clips
from simulator.gemini import Habits
from simulator.server import Running, Sandbox, Settings, running
from vtlib.analysis.answer import VideoAnalysis
from vtlib.core.rate_limits import RateLimiter
from vtlib.llm.client import Client
from vtlib.llm.gemini import Access, Gemini
from vtlib.llm.prompts.files import load_prompt, render
from vtlib.llm.request import Attachment, Options, Request

# A call takes about 12 ms of processor, the simulated model's share of this process included, and a
# real one takes seconds to answer: at a shorter latency the bench would measure the processor.
LATENCY_S, CALLS, LIMIT = 2.5, 32, 1.10
MODEL = "gemini-3.8-flash"


def main() -> int:
    """Print a line a concurrency; 1 when one is too slow."""
    os.environ["NO_PROXY"] = "127.0.0.1"
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        habits = Habits(slips=False, ready_s=0.0, latency_s=LATENCY_S)
        with running(Settings(clips=Path(folder), model=habits)) as live:
            question = _question(live.sandbox, Path(folder))
            for concurrency in (1, 4, 8):
                calls = CALLS if concurrency > 1 else 4
                taken_s = _timed(live, question, calls=calls, concurrency=concurrency)
                ideal_s = LATENCY_S * calls / concurrency
                worst = max(worst, taken_s / ideal_s)
                print(
                    f"gemini: {calls} calls of {LATENCY_S:g} s, {concurrency} at a time: "
                    f"{taken_s:.2f} s, ideal {ideal_s:.2f} s, ratio {taken_s / ideal_s:.3f}"
                )
    print(f"gemini: worst ratio {worst:.3f}, limit {LIMIT:.2f}")
    return int(worst > LIMIT)


def _timed(live: Running, question: Request, *, calls: int, concurrency: int) -> float:
    access = Access(live.token, live.url, inline_max_bytes=50_000_000)
    with Client(Gemini(access), limiter=RateLimiter({"requests": 10_000})) as gemini:
        gemini.check_model(MODEL)
        began = time.perf_counter()
        answers = list(gemini.ask_all([question] * calls, concurrency=concurrency))
        taken_s = time.perf_counter() - began
    if bad := [o.reason for _, o in answers if o.status != "ok"]:
        raise SystemExit(f"gemini: {len(bad)} calls failed: {bad[0]}")
    return taken_s


def _question(sandbox: Sandbox, folder: Path) -> Request:
    post = min((p for p in sandbox.world.posts if p.is_video), key=lambda p: p.duration_s)
    path = clips.film(sandbox.world, post, folder / f"seed-{sandbox.world.seed}")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    film = Attachment(path, "video/mp4", sha256, post.duration_s)
    return Request(render(load_prompt("analysis")), VideoAnalysis, Options(MODEL, 8192), (film,))


if __name__ == "__main__":
    sys.exit(main())

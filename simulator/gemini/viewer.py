"""Which film is this? From the bytes that were sent to the post whose truth is known."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from simulator import clips
from simulator.world import SimPost, World
from vtlib.core.errors import BadInput
from vtlib.media.measures.cuts import find_cuts
from vtlib.media.measures.frames import read_strip

_NEAR_S = 0.1


@dataclass(frozen=True, slots=True)
class Watched:
    """What was sent: its digest, the plan of the film (clips.plan), and the post, None for a
    stranger's file, whose plan holds what can be measured of it.
    """

    sha256: str
    plan: dict[str, Any]
    post: SimPost | None


class Viewer:
    """Knows a film of this world by its bytes, or, made smaller or joined anew, by its length
    and cuts.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder / f"seed-{world.seed}"
        self._known: dict[str, Watched] = {}
        self._films: dict[Path, str] = {}
        self._plans = [(p, clips.plan(p, world.seed)) for p in world.posts if p.is_video]
        self._lock = threading.Lock()

    def watch(self, body: bytes) -> Watched:
        """What was sent; a picture or a broken file has a plan without length."""
        digest = hashlib.sha256(body).hexdigest()
        with self._lock:
            if digest not in self._known:
                self._known[digest] = self._by_name(digest) or self._by_look(digest, body)
            return self._known[digest]

    def _by_name(self, digest: str) -> Watched | None:
        for path in self.folder.glob("*.mp4"):
            if path not in self._films:
                self._films[path] = hashlib.sha256(path.read_bytes()).hexdigest()
            if self._films[path] == digest:
                platform, _, native_id = path.stem.partition("-")
                post = self.world.post_of.get(f"{platform}:{native_id}")
                if post:
                    return Watched(digest, clips.plan(post, self.world.seed), post)
        return None

    def _by_look(self, digest: str, body: bytes) -> Watched:
        with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
            file.write(body)
            file.flush()
            path = Path(file.name)
            try:
                duration_s, is_tall = _length(path)
                cuts = find_cuts(read_strip(path))
            except (av.FFmpegError, ValueError, IndexError, BadInput):  # a picture, or broken
                return Watched(digest, _blank(0.0, []), None)
        alike = [
            (p, plan)
            for p, plan in self._plans
            if abs(plan["duration_s"] - duration_s) < _NEAR_S
            and (plan["height"] >= plan["width"]) == is_tall
            and all(any(abs(a - b) < _NEAR_S for b in cuts) for a in plan["cuts_s"])
        ]
        if not alike:
            return Watched(digest, _blank(duration_s, cuts), None)
        post, plan = max(alike, key=lambda found: len(found[1]["cuts_s"]))
        return Watched(digest, plan, post)


def _length(path: Path) -> tuple[float, bool]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        return float(container.duration or 0) / av.time_base, video.height >= video.width


def _blank(duration_s: float, cuts: list[float]) -> dict[str, Any]:
    return {
        "duration_s": duration_s,
        "cuts_s": cuts,
        "texts": [],
        "speech_s": [],
        "silence_s": [],
        "tempo_bpm": None,
    }

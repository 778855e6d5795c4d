"""The part of the tour that downloads: films of picked posts."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from simulator import clips as clips_of
from simulator.gemini import Habits
from simulator.server import Running, Settings, running
from simulator.tour.home import Home, Said
from simulator.tour.plan import Found, Stop, joined

PICKED = 2
TRIES_MAX = 5
PAUSE_S = 0.6  # before a command is run again; hosts asked for up to a second
_NEWEST = f"""SELECT post_id FROM posts WHERE format IN ('reel', 'video')
ORDER BY posted_at DESC, post_id LIMIT {PICKED}"""


class Fetches:
    """Downloads with faults, each in a copy of one workspace in which two films are picked."""

    def __init__(self, base: Home) -> None:
        self.base, self.live = base, base.live
        self._n = 0

    @classmethod
    @contextmanager
    def ready(cls, folder: Path, clips: Path, *, model: Habits | None = None) -> Iterator[Fetches]:
        """A world whose posts were captured, two of them picked by a person."""
        # The world's clock is ours: an address is new when its capture is later than the download
        # that failed.
        now = datetime.now(UTC)
        settings = Settings(run_s=0.1, clips=clips, model=model or Habits(), epoch=now, factor=1)
        with running(settings) as live:
            home = Home.made(folder / "base", live, deadline_s=60)
            home.vt("scrape")
            picked = [str(post) for (post,) in home.rows(_NEWEST)]
            _render(live, picked)
            lines = ["post_id,decision", *(f"{post},keep" for post in picked)]
            (folder / "picks.csv").write_text("\n".join(lines))
            if home.vt("review", "import", str(folder / "picks.csv")).data["decisions"] != PICKED:
                raise RuntimeError("the tour cannot begin: no films could be picked")
            yield cls(home)

    def drive(self, stop: Stop) -> Found:
        """Order the fault, fetch until nothing is left to do, then once more: nothing may be
        asked again.
        """
        home = self._copy()
        self.live.sandbox.journal.entries.clear()
        self.live.sandbox.faults.add(stop.order())
        said = [home.vt("process", "videos")]
        while (said[-1].code or _is_stale(said[-1])) and len(said) < TRIES_MAX:
            time.sleep(PAUSE_S)
            if _is_stale(said[-1]):
                home.vt("scrape", "--again")  # as the outcome says: new signed addresses
            said.append(home.vt("process", "videos"))
        self.live.sandbox.faults.clear()
        calls = self._calls()
        wrong = [] if self._met(stop) else ["the fault was never met"]
        last = home.vt("process", "videos")
        if last.code:
            wrong.append(f"still exit {last.code} after {len(said) + 1} tries")
        return Found(
            stop,
            outcome=joined([_told(s) for s in said]),
            calls=calls,
            paid_twice=self._calls() - calls,
            rows_lost=_lost(home, n_gone=0 if stop.passes else 1),
            wrong=tuple(wrong),
        )

    def _copy(self) -> Home:
        self._n += 1
        folder = self.base.folder.with_name(str(self._n))
        shutil.copytree(self.base.folder, folder)
        return Home(folder, self.live)

    def _calls(self) -> int:
        return sum(e["route"].startswith("media.") for e in self.live.sandbox.journal.entries)

    def _met(self, stop: Stop) -> bool:
        """Media faults leave no mark in the journal: an order that is used up was met."""
        return not [o for o in self.live.sandbox.faults.listed() if o["kind"] == stop.kind]


def _render(live: Running, posts: list[str]) -> None:
    """A film is rendered when it is first asked for, which takes longer than the tour's
    patience.
    """
    for post in posts:
        film_of = live.sandbox.world.post_of[post]
        clips_of.film(live.sandbox.world, film_of, live.sandbox.host.folder)


def _is_stale(said: Said) -> bool:
    return any(p["outcome"].startswith("expired") for p in said.data["posts"])


def _told(said: Said) -> str:
    words = [
        p["outcome"] if p["status"] not in ("ok", "photo") else "kept" for p in said.data["posts"]
    ]
    return " + ".join(sorted(words, key=lambda w: w == "kept"))


def _lost(home: Home, *, n_gone: int) -> int:
    """Picked posts without a row, without a word for what came, or without a file though it can
    be had.
    """
    rows = home.rows("SELECT post_id, status, path FROM media")
    kept = [r for r in rows if r[1] == "ok" and (home.folder / "outputs" / str(r[2])).is_file()]
    named = [r for r in rows if r[1]]
    return max(PICKED - len(named), 0) + max(PICKED - n_gone - len(kept), 0)

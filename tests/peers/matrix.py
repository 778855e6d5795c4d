"""The kill matrix: `vt` killed at every point of its work, then run again; nothing paid twice, no
row lost or doubled.

python -m tests.peers.matrix [ROOM…]: the table of all points; exit code 1 when a number is not 0. A
point is an event of a peer (README.md) or a write (killed.py), never a moment of the clock. Three
rooms follow each other, each a workspace that the one before filled undisturbed: `capture` (vt
scrape), `media` (vt process videos), `ask` (vt analyze videos).
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import av
import duckdb
import numpy as np
import pandas as pd
from tabulate import tabulate

from simulator.gemini.analyst import filled
from tests.peers.apify import ApifyMock
from tests.peers.base import BEFORE, Mock
from tests.peers.gemini import Answer, GeminiMock
from tests.peers.host import HostMock
from tests.peers.killed import process_of
from vtlib.analysis.answer import VideoAnalysis
from vtlib.llm.request import schema_of
from vtlib.media.folder import NOTE_FILE
from vtlib.outliers import store as outliers
from vtlib.store import usage
from vtlib.store.connection import Store
from vtlib.store.project import Project
from vtlib.store.usage import UsageScope

N_POSTS, N_FILMS, PAGE_ITEMS = 6, 3, 2
ITEM_USD = 0.01
TRIES_MAX = 3
COMMANDS = {
    "capture": ("scrape",),
    "media": ("process", "videos"),
    "ask": ("analyze", "videos"),
}
PARAMS = """project: p
is_simulated: true
accounts: [{platform: tiktok, handle: peer_one}]
scraping: {limit: 6, profiles: false}
media: {parts: [], retry_gap_h: 0, parallel: 1}
analysis: {controls_share: 0}
model: {inline_max_mb: 0, concurrency: 1}
"""
TABLES = (
    *("accounts", "account_handles", "account_snapshots", "posts", "post_snapshots", "raw_items"),
    *("captures", "capture_targets", "project_posts", "problems", "spend", "selections"),
    *("media", "media_images", "measures", "analyses", "analysis_claims"),
)
# What differs between any two runs: ids made from the time, and the times of the work itself.
_NOT_COMPARED = {"capture_id", "first_capture_id", "problem_id", "run_id", "spend_id"}


@dataclass(frozen=True)
class Point:
    """A moment of the work in a room: the `n`th event of a peer, or the `n`th write of a kind."""

    room: str
    at: str
    n: int = 1

    def __str__(self) -> str:
        return f"{self.room}: {self.at} {self.n}"


@dataclass(frozen=True)
class Found:
    """What came of a point. `stops`: kills, 0 or 1; `codes`: of the commands after it; `wrong`:
    anything else, in words.
    """

    point: Point
    stops: int
    codes: tuple[int, ...]
    paid_twice: int
    rows_doubled: int
    rows_lost: int
    wrong: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        numbers = (self.paid_twice, self.rows_doubled, self.rows_lost)
        return self.stops == 1 and not any(numbers) and not self.wrong


def _both(room: str, at: str, times: int = 1, *, first: str = BEFORE) -> list[Point]:
    """Each of so many events or writes of a name, the moment before it included."""
    return [Point(room, at + m, n) for n in range(1, times + 1) for m in (first, "")]


def _writes(room: str, at: str, times: int = 1) -> list[Point]:
    return _both(room, at, times, first=":before")


N_CHUNKS = N_POSTS // PAGE_ITEMS
POINTS = (
    *_both("capture", "run_created"),
    *_both("capture", "run_finished"),
    *_both("capture", "items_page", N_CHUNKS),
    *_writes("capture", "order_written"),
    *_writes("capture", "order_updated", 3),
    *_writes("capture", "charge_booked", 2),
    *_writes("capture", "items_kept", N_CHUNKS),
    *_writes("capture", "chunk_mapped", N_CHUNKS),
    *_writes("capture", "capture_finished"),
    *_writes("capture", "order_closed"),
    *_both("media", "download_finished", N_FILMS),
    *_writes("media", "file_noted", N_FILMS),
    *_writes("media", "measure_saved", N_FILMS),
    *_both("ask", "file_uploaded", N_FILMS),
    *_both("ask", "model_answered", N_FILMS),
    *_both("ask", "file_deleted"),
    *_writes("ask", "call_journalled", 2 * N_FILMS),
    *_writes("ask", "answer_saved", N_FILMS),
    *_writes("ask", "answer_checked"),
)


class Matrix:
    """The rooms below `folder`, and the peers that they use."""

    def __init__(self, folder: Path, apify: ApifyMock, host: HostMock, gemini: GeminiMock) -> None:
        self.folder, self.apify, self.host, self.gemini = folder, apify, host, gemini
        self._expected: dict[str, dict[str, Counter[str]]] = {}
        self._n = 0
        apify.mount(host)
        urls = [host.serve(f"/{n}.mp4", film(n)) for n in range(N_FILMS)]
        for name in ("clockworks/tiktok-scraper",):
            apify.add_actor(
                name, lambda _: [item(n, urls) for n in range(N_POSTS)], item_usd=ITEM_USD
            )
        gemini.default = Answer(json.dumps(filled(schema_of(VideoAnalysis), Random(1))))

    @classmethod
    @contextmanager
    def ready(cls) -> Iterator["Matrix"]:
        with ExitStack() as stack:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="vt-matrix-"))
            mocks = (ApifyMock(page_limit=PAGE_ITEMS), HostMock(), GeminiMock())
            yield cls(Path(name), *(stack.enter_context(m) for m in mocks))

    def drive(self, point: Point, between: Callable[[Path], object] = lambda _: None) -> Found:
        """Kill the room's command at `point`, run it again to the end, and compare with a run that
        nobody disturbed.

        `between`: called with the workspace after the kill.
        """
        expected = self.undisturbed(point.room)
        home, before = self._copy(point.room), self._tally()
        stops = int(self._killed(home, point) == -signal.SIGKILL)
        between(home)
        known, codes = self._known(home, point.room), [self.vt(home, point.room)]
        while codes[-1] and len(codes) < TRIES_MAX:
            codes.append(self.vt(home, point.room))
        paid = self._tally()
        paid.subtract(before)
        rows = rows_of(home)
        found = Found(
            *(point, stops, tuple(codes)),
            paid_twice=max(paid[point.room] - known, 0),
            rows_doubled=excess(rows, expected),
            rows_lost=excess(expected, rows),
            wrong=tuple(self._wrong(home, codes)),
        )
        shutil.rmtree(home)
        return found

    def undisturbed(self, room: str) -> dict[str, Counter[str]]:
        """The rows of a room whose command nobody disturbed."""
        if room not in self._expected:
            home = self._base(room, after=True)
            self._expected[room] = rows_of(home)
        return self._expected[room]

    def vt(self, home: Path, room: str) -> int:
        """Run the room's command to its end; its exit code."""
        return self._ended(self._started(home, Point(room, "")))

    def _started(self, home: Path, point: Point) -> BaseProcess:
        keys = {"APIFY_TOKEN": self.apify.token, "GEMINI_API_KEY": self.gemini.key}
        urls = {"VT_APIFY_URL": self.apify.url, "VT_GEMINI_URL": self.gemini.url}
        near = {"VT_HOME": str(home), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        words = (*COMMANDS[point.room], "--project", "p")
        process = process_of({**os.environ, **keys, **urls, **near}, words, point.at, point.n)
        process.start()
        return process

    @staticmethod
    def _ended(process: BaseProcess) -> int:
        if not wait([process.sentinel], timeout=600):
            process.kill()
        process.join()
        return int(process.exitcode or 0)

    def _killed(self, home: Path, point: Point) -> int:
        """Run the room's command; it is killed at the point by its peer or by itself."""
        name = point.at.partition(":")[0]
        peer = next((p for p in self._peers() if name in EVENTS[type(p)]), None)
        if peer is None:
            return self._ended(self._started(home, point))
        child: list[BaseProcess] = []

        def kill(_: object) -> None:
            if child:
                child[0].kill()
                wait([child[0].sentinel], timeout=60)

        peer.events.on(point.at, kill, n=_last(peer, name) + point.n)
        child.append(self._started(home, Point(point.room, "")))
        return self._ended(child[0])

    def _peers(self) -> tuple[Mock, ...]:
        return self.apify, self.host, self.gemini

    def _base(self, room: str, *, after: bool = False) -> Path:
        """A room before its command, or after it was run undisturbed; made when it is first
        needed.
        """
        home = self.folder / f"{room}-{'after' if after else 'before'}"
        if home.exists():
            return home
        if after:
            shutil.copytree(self._base(room), home)
            if code := self.vt(home, room):
                raise RuntimeError(
                    f"the matrix cannot begin: vt {' '.join(COMMANDS[room])} ends with {code}"
                )
        elif room == "capture":
            (home / "params").mkdir(parents=True)
            (home / "params" / "p.yaml").write_text(PARAMS)
            Store(home / "outputs" / "viraltracker.duckdb").query("SELECT 1")
        else:
            earlier = {"media": "capture", "ask": "media"}[room]
            shutil.copytree(self._base(earlier, after=True), home)
            if room == "media":
                pick(home)
        return home

    def _copy(self, room: str) -> Path:
        self._n += 1
        return Path(shutil.copytree(self._base(room), self.folder / f"{room}-{self._n}"))

    def _tally(self) -> Counter[str]:
        """What the peers were paid for by now, by room; a download costs nothing but the
        platform's patience.
        """
        downloads = sum(e.name == "download_finished" + BEFORE for e in self.host.events.log)
        return Counter(capture=len(self.apify.runs), media=downloads, ask=len(self.gemini.charged))

    def _known(self, home: Path, room: str) -> int:
        """What the room may cost in all: once each, and what the killed command says may have
        been paid, or had not yet in place.
        """
        if room == "capture":
            return 1
        base = store_of(home)
        if room == "ask":
            return N_FILMS + len(usage.possibly_paid(base, UsageScope()))
        saved = set(base.query("SELECT post_id FROM media WHERE status = 'ok'")["post_id"])
        notes = (home / "outputs" / "media").rglob(NOTE_FILE)
        saved |= {json.loads(n.read_text())["note"]["media"]["post_id"] for n in notes}
        return 2 * N_FILMS - len(saved)

    def _wrong(self, home: Path, codes: list[int]) -> Iterator[str]:
        if codes[-1]:
            yield f"still exit {codes[-1]}"
        left = [p.name for p in (home / "outputs").rglob("*") if p.suffix in (".part", ".tmp")]
        if left:
            yield f"left: {', '.join(left)}"
        rest = store_of(home).query("SELECT * FROM capture_orders WHERE closed_at IS NULL")
        if len(rest):
            yield "an order is open"


EVENTS: dict[type[Mock], tuple[str, ...]] = {
    ApifyMock: ("run_created", "run_finished", "items_page"),
    HostMock: ("download_finished",),
    GeminiMock: ("file_uploaded", "file_deleted", "model_answered"),
}


def _last(peer: Mock, name: str) -> int:
    """How often an event has come by now."""
    return max((e.n for e in peer.events.log if e.name == name + BEFORE), default=0)


def excess(rows: dict[str, Counter[str]], others: dict[str, Counter[str]]) -> int:
    """Rows that `others` do not hold, or not as often."""
    return sum((rows[table] - others[table]).total() for table in rows)


def rows_of(home: Path) -> dict[str, Counter[str]]:
    """What a workspace holds, table by table, without what differs between any two runs."""
    with duckdb.connect(str(store_of(home).path), read_only=True) as base:
        found = {}
        for table in TABLES:
            frame = base.execute(f"SELECT * FROM {table}").df()
            compared = [c for c in frame.columns if c not in _NOT_COMPARED and not _is_clock(c)]
            found[table] = Counter(map(str, frame[compared].to_numpy().tolist()))
        return found


def _is_clock(column: str) -> bool:
    return column in ("at", "seconds") or (column.endswith("_at") and column != "posted_at")


def store_of(home: Path) -> Store:
    return Store(home / "outputs" / "viraltracker.duckdb")


def pick(home: Path) -> None:
    project = Project.open("p", home=str(home))
    posts = sorted(project.frame("posts")["post_id"])[:N_FILMS]
    rows = [{"post_id": post, "role": "breakout", "rule": "matrix"} for post in posts]
    picks = pd.DataFrame(rows).assign(picked_at=project.workspace.now())
    outliers.save_selections(project.store, "p", picks)


def item(n: int, urls: list[str]) -> dict[str, object]:
    """A post as clockworks/tiktok-scraper gives it: apify.md 3."""
    native = f"71065943122924536{n:02d}"
    return {
        "id": native,
        "text": f"post {n}",
        "createTimeISO": f"2026-11-{n + 1:02d}T08:00:00.000Z",
        "authorMeta": {"id": "1", "name": "peer_one", "fans": 10},
        "webVideoUrl": f"https://www.tiktok.com/@peer_one/video/{native}",
        **dict.fromkeys(("playCount", "diggCount", "shareCount", "commentCount"), 100 + n),
        "videoMeta": {"duration": 1},
        "mediaUrls": [urls[n % len(urls)]],
        "input": "peer_one",
    }


def film(seed: int) -> bytes:
    """A second of grey noise, another each time."""
    noise, out = np.random.default_rng(seed), BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", 10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 96, 160, "yuv420p"
        for _ in range(10):
            grey = noise.integers(0, 255, (20, 12, 1), np.uint8).repeat(8, 0).repeat(8, 1)
            frame = av.VideoFrame.from_ndarray(grey.repeat(3, 2), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def table(done: list[Found]) -> str:
    heads = ("point", "stops", "exit codes after it", "rows doubled", "paid twice", "rows lost")
    rows = [
        (
            *(str(f.point), f.stops, " ".join(map(str, f.codes))),
            f.rows_doubled,
            f.paid_twice,
            f.rows_lost,
        )
        for f in done
    ]
    sums = f"{len(done)} points, {sum(f.stops for f in done)} stops:"
    numbers = (
        ("paid twice", "paid_twice"),
        ("rows lost", "rows_lost"),
        ("rows doubled", "rows_doubled"),
    )
    sums += "".join(f" {name} {sum(getattr(f, key) for f in done)}," for name, key in numbers)
    bad = [
        f"not sound: {f.point}: {'; '.join(f.wrong) or 'see above'}" for f in done if not f.is_sound
    ]
    return "\n".join([tabulate(rows, headers=heads), sums.rstrip(","), *bad])


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(rooms: list[str]) -> int:
    done = []
    with Matrix.ready() as matrix:
        for point in POINTS:
            if not rooms or point.room in rooms:
                done.append(matrix.drive(point))
                say(f"{'ok  ' if done[-1].is_sound else 'FAIL'} {point}")
    say("\n" + table(done))
    return 0 if done and all(f.is_sound for f in done) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

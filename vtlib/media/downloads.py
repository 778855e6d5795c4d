"""Posts fetched some at a time, and measured as they come: a slow one holds neither the others
nor their measuring.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib.core import log
from vtlib.media import queue as stage
from vtlib.media import store
from vtlib.media.download import DownloadRequest, DownloadRules, Fetched, fetch
from vtlib.media.folder import MediaFolder, MediaSession, StoredFile
from vtlib.media.measurement import Measurer
from vtlib.store.connection import Store
from vtlib.store.project import Project

MORE_FOR_SLOW = 4  # times media.parallel: so many at most, the slow ones among them
Progress = Callable[[int], None]
Result = tuple[dict[str, Any], Path]  # a note to save, the work folder it came from


@dataclass(slots=True)
class MediaResult:
    """What one call did: fetched by status, measured, and why it stopped before the end ('' = it
    did not).

    `failed`: ids of the posts that were asked for and are not here.
    """

    fetched: Counter[str] = field(default_factory=Counter)
    failed: set[str] = field(default_factory=set)
    measured: int = 0
    finished: int = 0
    stopped: str = ""
    resting: dict[str, str] = field(default_factory=dict)


@dataclass
class Downloads:
    """Posts on their way here. The database is used by the caller's thread alone; `_lock` guards
    `done`.

    A download that takes longer than media.timeout_s gives its place to the next.
    """

    project: Project
    session: MediaSession
    rules: DownloadRules
    done: MediaResult
    measurer: Measurer
    progress: Progress | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _queue: deque[tuple[Mapping[Any, Any], DownloadRequest]] = field(default_factory=deque)
    _listed: set[str] = field(default_factory=set)
    _started_s: dict[Future[Result | None], float] = field(default_factory=dict)

    def run(
        self,
        posts: pd.DataFrame,
        plan: Callable[[], pd.DataFrame],
        addresses: Callable[[pd.DataFrame], dict[str, DownloadRequest]],
    ) -> None:
        """Fetch what is due of `posts` (media/queue.plan); `plan` gives them anew when one is
        lost, since that makes room for the next within the limit. `addresses`: what to ask for
        each.
        """
        self._list(posts, addresses)
        with _pool(self.project.params.media.parallel * MORE_FOR_SLOW) as pool:
            while self._queue or self._started_s:
                self._start(pool)
                if not self._started_s:
                    break
                if self._save(self._finished()):
                    self._list(plan(), addresses)

    def _list(
        self, posts: pd.DataFrame, addresses: Callable[[pd.DataFrame], dict[str, DownloadRequest]]
    ) -> None:
        due = posts[(posts["state"] == "fetch") & ~posts["post_id"].isin(self._listed)]
        due = due[~due["platform"].isin(self.done.resting)]
        if due.empty or self.done.stopped:
            return
        self._listed |= set(due["post_id"])
        wanted = addresses(due)
        self._queue.extend((row, wanted[row["post_id"]]) for row in due.to_dict("records"))

    def _start(self, pool: ThreadPoolExecutor) -> None:
        while self._queue and self._has_place():
            row, wanted = self._queue.popleft()
            self._started_s[pool.submit(self._fetch, row, wanted)] = time.monotonic()

    def _has_place(self) -> bool:
        parallel, now = self.project.params.media.parallel, time.monotonic()
        quick = sum(now - s < self.rules.timeout_s for s in self._started_s.values())
        return quick < parallel and len(self._started_s) < parallel * MORE_FOR_SLOW

    def _finished(self) -> list[Result | None]:
        """What has ended by now, the measuring brought forward meanwhile."""
        self.measurer.advance()
        latest = max(self._started_s.values())
        place_s = max(latest + self.rules.timeout_s - time.monotonic(), 0.1)
        futures: list[Future[Any]] = [*self._started_s, *self.measurer.running()]
        ended, _ = wait(
            futures,
            timeout=place_s if self._queue else None,
            return_when=FIRST_COMPLETED,
        )
        results = []
        for future in [f for f in self._started_s if f in ended]:
            del self._started_s[future]
            results.append(future.result())
        return results

    def _save(self, results: list[Result | None]) -> bool:
        """Save what came; whether one of them was lost or waits."""
        is_short = False
        for result in results:
            if result is not None:
                note, work = result
                save_note(self.project.store, note)
                self.session.clear(work)
                media = note["media"]
                self.done.fetched[media["status"]] += 1
                if media["status"] == "ok":
                    self.measurer.add(pd.DataFrame([{**media, "measured_version": None}]))
                if media["status"] not in ("ok", "photo"):
                    self.done.failed.add(media["post_id"])
                    is_short = True
            if self.progress:
                self.progress(1)
        return is_short

    def _fetch(self, row: Mapping[Any, Any], wanted: DownloadRequest) -> Result | None:
        """In a worker: a post into the store; None when it is not its time."""
        platform = str(row["platform"])
        with self._lock:
            self.done.stopped = self.done.stopped or _quota(self.project, self.session.media)
            if self.done.stopped or platform in self.done.resting:
                return None
        work = self.session.work(wanted.post_id)
        fetched = fetch(wanted, work, self.rules)
        if fetched.status == "rate_limited" or fetched.is_offline:
            with self._lock:
                self.done.resting.setdefault(platform, fetched.reason)
        if fetched.is_offline:  # nothing was learnt of the post: no try is counted
            self.session.clear(work)
            return None
        kept = self.session.describe(fetched.files)
        note = _note(self, row, fetched, kept)
        if kept:
            self.session.finish(work, fetched.files, kept, note)
        log.get(__name__).debug("fetched", post=wanted.post_id, status=fetched.status)
        return note, work


@contextmanager
def _pool(size: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that, when the block is left by an error or Ctrl-C, start nothing more."""
    pool = ThreadPoolExecutor(size, thread_name_prefix="download")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _note(
    at: Downloads, row: Mapping[Any, Any], fetched: Fetched, kept: list[StoredFile]
) -> dict[str, Any]:
    """The rows of `media` and `media_images` as plain JSON."""
    now, params = at.project.workspace.now(), at.project.params.media
    tries = 1 + (0 if pd.isna(row["tries"]) else int(row["tries"]))
    media: dict[str, Any] = {
        "post_id": row["post_id"],
        "status": fetched.status,
        "reason": fetched.reason,
        "came_by": fetched.came_by or None,
        "tries": tries,
        "tried_at": now,
        "had_cookies": at.rules.has_cookies,
        "max_mb": params.max_file_mb,
    }
    if kept:
        first, proof = kept[0], fetched.files[0].proof
        facts = asdict(proof) if proof else {}
        media |= asdict(first) | {"n_files": len(kept), "fetched_at": now}
        media |= {k: facts.get(k) for k in ("container", "codec", "duration_s", "has_audio")}
    else:
        wait_s = fetched.retry_after_s
        media["next_try_at"] = stage.next_try(
            fetched.status, tries=tries, params=params, now=now, retry_after_s=wait_s
        )
    images = [{k: v for k, v in asdict(k_).items() if k != "kind"} for k_ in kept]
    return {
        "media": {k: _text(v) for k, v in media.items()},
        "images": images if fetched.status == "photo" or len(kept) > 1 else [],
    }


def save_note(at: Store, note: Mapping[str, Any]) -> None:
    """Save how a post fared, as `_note` wrote it."""
    row = {k: _moment(v) if k.endswith("_at") else v for k, v in note["media"].items()}
    store.save_media(at, row, note["images"])


def _quota(project: Project, folder: MediaFolder) -> str:
    limit = project.params.media.quota_gb
    used = folder.used_bytes() / 1e9
    if limit is None or used < limit:
        return ""
    return (
        f"the media folder holds {used:.2f} GB and may hold {limit:g}: nothing more is fetched. "
        f"vt purge --project {project.slug} --dry-run shows what would go."
    )


def _text(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value

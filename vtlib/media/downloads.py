"""Posts downloaded several at a time, and measured as they arrive."""

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
from vtlib.core.errors import BudgetReached, SourceFailed
from vtlib.media import store
from vtlib.media.download import DownloadRequest, DownloadRules, Fetched, fetch
from vtlib.media.folder import MediaFolder, MediaSession, StoredFile
from vtlib.media.measurement import Measurer
from vtlib.media.queue import next_try
from vtlib.store.connection import Store
from vtlib.store.project import Project

MORE_FOR_SLOW = 4  # times media.parallel: the most downloads at a time, slow ones included
Progress = Callable[[int], None]
Result = tuple[dict[str, Any], Path]  # a note to save, the work folder it came from


@dataclass(slots=True)
class MediaResult:
    """The result of one call: fetched by status, measured, and why it stopped early ('' = it did
    not). `failed`: ids of posts that could not be fetched; `resting`: reasons by platform.
    """

    counts_by_status: Counter[str] = field(default_factory=Counter)
    failed_ids: set[str] = field(default_factory=set)
    n_measured: int = 0
    n_finished: int = 0
    stop_reason: str = ""
    is_storage_away: bool = False
    pauses: dict[str, str] = field(default_factory=dict)

    def exit_code(self, n_failed: int) -> int:
        """8 when the quota stopped it, 4 when the storage does not answer or `n_failed` posts
        failed or wait, else 0.
        """
        if self.stop_reason and not self.is_storage_away:
            return BudgetReached.exit_code
        return SourceFailed.exit_code if self.stop_reason or n_failed else 0


@dataclass
class Downloads:
    """Downloads in progress. The database is used by the caller's thread alone; `_lock` guards
    `result`.

    A download that takes longer than media.timeout_s gives its place to the next.
    """

    project: Project
    session: MediaSession
    rules: DownloadRules
    result: MediaResult
    measurer: Measurer
    progress: Progress | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _queue: deque[tuple[Mapping[Any, Any], DownloadRequest]] = field(default_factory=deque)
    _listed_ids: set[str] = field(default_factory=set)
    _started_s: dict[Future[Result | None], float] = field(default_factory=dict)

    def run(
        self,
        posts: pd.DataFrame,
        plan: Callable[[], pd.DataFrame],
        addresses: Callable[[pd.DataFrame], dict[str, DownloadRequest]],
    ) -> None:
        """Fetch the due ones of `posts` (media/queue.plan). When one is lost, `plan` runs again,
        since the next then fits the limit. `addresses`: the request of each post.
        """
        self._list(posts, addresses)
        with _pool(self.project.params.media.parallel * MORE_FOR_SLOW) as pool:
            while self._queue or self._started_s:
                self._start(pool)
                if not self._started_s:
                    break
                if self._save(self._wait_for_any()):
                    self._list(plan(), addresses)

    def _list(
        self, posts: pd.DataFrame, addresses: Callable[[pd.DataFrame], dict[str, DownloadRequest]]
    ) -> None:
        due = posts[(posts["state"] == "fetch") & ~posts["post_id"].isin(self._listed_ids)]
        due = due[~due["platform"].isin(self.result.pauses)]
        if due.empty or self.result.stop_reason:
            return
        self._listed_ids |= set(due["post_id"])
        requests = addresses(due)
        self._queue.extend((row, requests[row["post_id"]]) for row in due.to_dict("records"))

    def _start(self, pool: ThreadPoolExecutor) -> None:
        while self._queue and self._has_place():
            row, request = self._queue.popleft()
            self._started_s[pool.submit(self._fetch, row, request)] = time.monotonic()

    def _has_place(self) -> bool:
        parallel, now = self.project.params.media.parallel, time.monotonic()
        quick = sum(now - s < self.rules.timeout_s for s in self._started_s.values())
        return quick < parallel and len(self._started_s) < parallel * MORE_FOR_SLOW

    def _wait_for_any(self) -> list[Result | None]:
        """Results of finished downloads; meanwhile measures are saved and begun."""
        self.measurer.advance()
        latest = max(self._started_s.values())
        place_s = max(latest + self.rules.timeout_s - time.monotonic(), 0.1)
        futures: list[Future[Any]] = [*self._started_s, *self.measurer.running()]
        ready, _ = wait(
            futures,
            timeout=place_s if self._queue else None,
            return_when=FIRST_COMPLETED,
        )
        results = []
        for future in [f for f in self._started_s if f in ready]:
            del self._started_s[future]
            results.append(future.result())
        return results

    def _save(self, results: list[Result | None]) -> bool:
        """Save results; whether one of them was lost or waits."""
        is_short = False
        for result in results:
            if result is not None:
                note, work = result
                save_note(self.project.store, note)
                self.session.clear(work)
                media = note["media"]
                self.result.counts_by_status[media["status"]] += 1
                if media["status"] == "ok":
                    self.measurer.add(pd.DataFrame([{**media, "measured_version": None}]))
                if media["status"] not in ("ok", "photo"):
                    self.result.failed_ids.add(media["post_id"])
                    is_short = True
            if self.progress:
                self.progress(1)
        return is_short

    def _fetch(self, row: Mapping[Any, Any], request: DownloadRequest) -> Result | None:
        """In a worker: download a post into the media folder; None when nothing was tried."""
        platform = str(row["platform"])
        with self._lock:
            self.result.stop_reason = self.result.stop_reason or quota_reason(
                self.project, self.session.media
            )
            if self.result.stop_reason or platform in self.result.pauses:
                return None
        work = self.session.work(request.post_id)
        outcome = fetch(request, work, self.rules)
        if outcome.status == "rate_limited" or outcome.is_offline:
            with self._lock:
                self.result.pauses.setdefault(platform, outcome.reason)
        if outcome.is_offline:  # says nothing about the post: not counted as a try
            self.session.clear(work)
            return None
        files = self.session.describe(outcome.files)
        note = media_note(self.project, row, outcome, files, had_cookies=self.rules.has_cookies)
        if files:
            self.session.finish(work, outcome.files, files, note)
            try:
                self.session.media.publish_note(note)
            except SourceFailed as failure:  # its note stays: the next session stores it
                with self._lock:
                    self.result.is_storage_away |= not self.result.stop_reason
                    self.result.stop_reason = self.result.stop_reason or str(failure)
                return None
        log.get(__name__).debug("fetched", post=request.post_id, status=outcome.status)
        return note, work


@contextmanager
def _pool(size: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that start nothing more once the block ends, also by an error or Ctrl-C."""
    pool = ThreadPoolExecutor(size, thread_name_prefix="download")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def media_note(
    project: Project,
    row: Mapping[Any, Any],
    outcome: Fetched,
    files: list[StoredFile],
    *,
    had_cookies: bool = False,
) -> dict[str, Any]:
    """The rows of `media` and `media_images` as plain JSON. `row`: post_id and tries so far."""
    now, params = project.workspace.now(), project.params.media
    tries = 1 + (0 if pd.isna(row["tries"]) else int(row["tries"]))
    media: dict[str, Any] = {
        "post_id": row["post_id"],
        "status": outcome.status,
        "reason": outcome.reason,
        "came_by": outcome.came_by or None,
        "tries": tries,
        "tried_at": now,
        "had_cookies": had_cookies,
        "max_mb": params.max_file_mb,
    }
    if files:
        first, proof = files[0], outcome.files[0].proof
        facts = asdict(proof) if proof else {}
        media |= asdict(first) | {"n_files": len(files), "fetched_at": now}
        media |= {k: facts.get(k) for k in ("container", "codec", "duration_s", "has_audio")}
    else:
        wait_s = outcome.retry_after_s
        media["next_try_at"] = next_try(
            outcome.status, tries=tries, params=params, now=now, retry_after_s=wait_s
        )
    images = [{k: v for k, v in asdict(k_).items() if k != "kind"} for k_ in files]
    return {
        "media": {k: _text(v) for k, v in media.items()},
        "images": images if outcome.status == "photo" or len(files) > 1 else [],
    }


def save_note(at: Store, note: Mapping[str, Any]) -> None:
    """Save the outcome of a post, as `media_note` wrote it."""
    row = {k: _moment(v) if k.endswith("_at") else v for k, v in note["media"].items()}
    store.save_media(at, row, note["images"])


def quota_reason(project: Project, folder: MediaFolder) -> str:
    """Why nothing more may be stored; '' while there is place."""
    limit = project.params.media.quota_gb
    if folder.objects is not None:
        folder.trim()
        return ""
    used_gb = folder.used_bytes() / 1e9
    if limit is None or used_gb < limit:
        return ""
    return (
        f"the media folder holds {used_gb:.2f} GB and may hold {limit:g}: nothing more is fetched. "
        f"vt purge --project {project.slug} --dry-run shows what would go."
    )


def _text(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value

"""Covers: the still picture that a capture names of a post, fetched for posts without another one.

By the client of videos (media/download): allow-list, limits and deadlines hold, and the file is
kept once, by the hash of its content. Pages and the desk show what is here; they fetch nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from vtlib.media import stage, store
from vtlib.media.download import DownloadRequest, DownloadRules, Fetched, fetch
from vtlib.media.downloads import Progress, quota_reason
from vtlib.media.folder import MediaFolder, MediaSession
from vtlib.media.queue import next_try
from vtlib.platforms import cover_urls
from vtlib.store.project import Project, one_session

MAX_BYTES = 5_000_000  # covers of captures are 20 to 300 kB
DEADLINE_S = 60.0
URLS_MAX = 3  # a large size that is not there (YouTube) leaves smaller ones
_BATCH = 50  # covers between two writes


@dataclass(slots=True)
class CoverResult:
    """The result of one call: posts by outcome (photo = fetched), why it stopped early ('' = it did
    not), and reasons of platforms that rest.
    """

    counts_by_status: Counter[str] = field(default_factory=Counter)
    stop_reason: str = ""
    pauses: dict[str, str] = field(default_factory=dict)


@one_session
def run(
    project: Project, *, limit: int | None = None, progress: Progress | None = None
) -> CoverResult:
    """Fetch the covers of the project's posts that have no picture, surest breakouts first.

    At most `limit` posts (None: media.covers). A cover that could not be fetched is tried again
    when its time has come, or a new capture names another address. A replay fetches nothing. Raises
    StoreBusy while another process downloads.
    """
    result, folder = CoverResult(), MediaFolder.of(project)
    most = project.params.media.covers if limit is None else limit
    now = project.workspace.now().replace(tzinfo=None)
    posts = project.frame("covers_wanted", now=now, most=most).to_dict("records")
    if project.is_replay or not posts:
        return result
    rules = replace(stage.rules_of(project), max_bytes=MAX_BYTES, deadline_s=DEADLINE_S)
    with folder.session() as session:
        covers = _Covers(project, session, rules, result)
        for start in range(0, len(posts), _BATCH):
            store.save_covers(project.store, covers.fetch_all(posts[start : start + _BATCH]))
            if progress:
                progress(len(posts[start : start + _BATCH]))
    return result


@dataclass
class _Covers:
    """Covers in progress; `_lock` guards `result`, the threads touch no database."""

    project: Project
    session: MediaSession
    rules: DownloadRules
    result: CoverResult
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch_all(self, posts: list[dict[Any, Any]]) -> list[dict[str, Any]]:
        """Rows of `covers` of the posts that were tried."""
        urls = self._urls(posts)
        self.result.stop_reason = quota_reason(self.project, self.session.media)
        with ThreadPoolExecutor(self.project.params.media.parallel) as pool:
            rows = list(pool.map(lambda post: self._fetch(post, urls), posts))
        return [row for row in rows if row is not None]

    def _urls(self, posts: list[dict[Any, Any]]) -> dict[str, list[str]]:
        """The addresses of each post that the allow-list knows, of its newest item that has one."""
        urls: dict[str, list[str]] = {}
        keys = [(str(p["platform"]), str(p["native_id"])) for p in posts]
        for item in store.newest_items(self.project.store, keys):
            named = cover_urls(item["platform"], item["payload"])
            if known := [url for url in named if self.rules.allowlist.knows(url)]:
                urls.setdefault(f"{item['platform']}:{item['native_id']}", known)
        return urls

    def _fetch(
        self, post: Mapping[Any, Any], urls: Mapping[str, list[str]]
    ) -> dict[str, Any] | None:
        platform, post_id = str(post["platform"]), str(post["post_id"])
        if self.result.stop_reason or platform in self.result.pauses:
            return None
        if post_id not in urls:
            return self._row(post, Fetched("expired", "the capture names no cover"))
        work = self.session.work(f"cover {post_id}")
        for url in urls[post_id][:URLS_MAX]:
            outcome = fetch(DownloadRequest(post_id, None, (url,), is_still=True), work, self.rules)
            if outcome.status not in ("expired", "removed", "not_video"):
                break
        if outcome.status == "rate_limited" or outcome.is_offline:
            with self._lock:
                self.result.pauses.setdefault(platform, outcome.reason)
        row = None if outcome.is_offline else self._row(post, outcome)
        self.session.clear(work)
        return row

    def _row(self, post: Mapping[Any, Any], outcome: Fetched) -> dict[str, Any]:
        """The row of a cover, its file moved into the store before."""
        now, tries = self.project.workspace.now(), int(_number(post["tries"])) + 1
        facts: dict[str, Any] = {"status": outcome.status, "reason": outcome.reason}
        if outcome.status == "photo":
            (stored,) = self.session.describe(outcome.files)
            move = {"name": outcome.files[0].path.name, "path": stored.path}
            self.session.media.place(outcome.files[0].path.parent, [move])
            facts |= {k: v for k, v in asdict(stored).items() if k != "kind"}
            facts["fetched_at"] = now
        else:
            facts["next_try_at"] = next_try(
                "expired" if outcome.status == "ok" else outcome.status,
                tries=tries,
                params=self.project.params.media,
                now=now,
                retry_after_s=outcome.retry_after_s,
            )
        with self._lock:
            self.result.counts_by_status[outcome.status] += 1
        return {"post_id": post["post_id"], "tries": tries, "tried_at": now, **facts}


def _number(value: Any) -> float:
    return 0.0 if value is None or value != value else float(value)  # noqa: PLR0124 - NaN

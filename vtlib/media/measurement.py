"""Notebook 04, first half: measures, small copies and duplicates of fetched files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Self

import pandas as pd

from vtlib.core.errors import BadInput
from vtlib.media import store
from vtlib.media.folder import MediaSession
from vtlib.media.measures import VERSION, measure
from vtlib.media.proxies import compress
from vtlib.media.queue import TWINS_METHOD, MeasuredVideo, find_twins
from vtlib.store.project import Project


@dataclass
class Measurer:
    """Measures fetched videos one after the other in a worker thread; the caller's thread saves.

    Each post is measured once (`again`: anew); posts with the same file share its measures. With
    `is_on` False none is. `progress` hears 0 after each, in the caller's thread.
    """

    project: Project
    session: MediaSession
    again: bool = False
    is_on: bool = True
    progress: Callable[[int], None] | None = None
    count: int = 0
    _queue: deque[Mapping[Any, Any]] = field(default_factory=deque)
    _listed_ids: set[str] = field(default_factory=set)
    _current: tuple[Mapping[Any, Any], Future[dict[str, Any]]] | None = None
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="measure")
    )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def add(self, posts: pd.DataFrame) -> None:
        """List the fetched videos among `posts` (status, path, sha256, measured_*) that are due."""
        videos = posts[(posts["status"] == "ok") & posts["path"].notna()]
        for row in videos.to_dict("records"):
            is_new = row["post_id"] not in self._listed_ids
            if self.is_on and is_new and (self.again or _is_due(row, self._parts)):
                self._listed_ids.add(row["post_id"])
                self._queue.append(row)

    def running(self) -> list[Future[dict[str, Any]]]:
        """The futures to wait for before the next `advance`."""
        return [self._current[1]] if self._current else []

    def advance(self) -> None:
        """Save finished measures and begin the next video."""
        while self._current is None or self._current[1].done():
            if self._current:
                row, future = self._current
                self._current = None
                self._save(row, future.result())
            if not self._queue:
                return
            self._begin(self._queue.popleft())

    def finish(self) -> None:
        """Wait until every video is measured and saved."""
        self.advance()
        while running := self.running():
            wait(running)
            self.advance()

    def _begin(self, row: Mapping[Any, Any]) -> None:
        same = None if self.again else store.measures_of(self.project.store, row["sha256"])
        if same and _covers(same, self._parts):
            self._save(row, {**same, "seconds": None})
            return
        future = self._pool.submit(_measure_file, self.project, self.session, row, self._parts)
        self._current = (row, future)

    def _save(self, row: Mapping[Any, Any], measures: Mapping[str, Any]) -> None:
        store.save_measures(self.project.store, {**measures, "post_id": row["post_id"]})
        self.count += 1
        if self.progress:
            self.progress(0)

    @property
    def _parts(self) -> list[str]:
        return ["light", *self.project.params.media.parts]


def _is_due(row: Mapping[Any, Any], parts: list[str]) -> bool:
    if pd.isna(row["measured_version"]) or row["measured_sha256"] != row["sha256"]:
        return True
    measures = {"version": row["measured_version"], "parts": row["measured_parts"]}
    return not _covers(measures, parts)


def _covers(measures: Mapping[str, Any], parts: list[str]) -> bool:
    return measures["version"] == VERSION and set(parts) <= set(measures["parts"])


def _measure_file(
    project: Project, session: MediaSession, row: Mapping[Any, Any], parts: list[str]
) -> dict[str, Any]:
    """In a worker: a row of `measures`; a file that cannot be decoded is a failed row."""
    work = session.work(f"measure {row['sha256']}")
    base = {"sha256": row["sha256"], "version": VERSION, "parts": parts}
    base["measured_at"] = project.workspace.now()
    try:
        measures = measure(session.media.path(row["path"]), thumbs_dir=work / "thumbs", parts=parts)
    except BadInput as error:
        session.clear(work)
        return {**base, "status": "failed", "reason": error.message}
    thumbs = f"media/{row['sha256'][:2]}/{row['sha256']}.thumbs"
    session.adopt(work / "thumbs", thumbs)
    session.media.publish([thumbs])
    session.clear(work)
    return {**base, **measures.to_row(), "status": "ok", "reason": "", "thumbs_path": thumbs}


def compress_all(project: Project, session: MediaSession, posts: pd.DataFrame) -> None:
    """Small copies, if media.storage asks for them; originals were measured before."""
    storage = project.params.media.storage
    if storage not in ("both", "proxy"):
        return
    due = posts[(posts["status"] == "ok") & posts["path"].notna()]
    for sha256, path in due[["sha256", "path"]].drop_duplicates().itertuples(index=False):
        facts = store.proxy_of(project.store, sha256)
        if facts is None:
            facts = _compress(session, sha256, path)
            store.save_proxy(project.store, sha256, facts)
        if storage == "proxy":
            swap = {"path": facts["proxy_path"], "bytes": facts["proxy_bytes"]}
            store.save_proxy(project.store, sha256, swap)
            session.media.keep_only(facts["proxy_path"])


def _compress(session: MediaSession, sha256: str, path: str) -> dict[str, Any]:
    """proxy_path and proxy_bytes of a new copy; the file itself where a copy is not smaller."""
    work = session.work(f"compress {sha256}")
    original, copy = session.media.path(path), work / "proxy.mp4"
    try:
        compress(original, copy)
        size = copy.stat().st_size
    except BadInput:
        size = original.stat().st_size
    if size >= original.stat().st_size:
        session.clear(work)
        return {"proxy_path": path, "proxy_bytes": original.stat().st_size}
    target = f"media/{sha256[:2]}/{sha256}.proxy.mp4"
    session.adopt(copy, target)
    session.media.publish([target])
    session.clear(work)
    return {"proxy_path": target, "proxy_bytes": size}


def compare(project: Project) -> None:
    """Find duplicates of every video measured since the last time, among the whole workspace."""
    videos: dict[bool, list[MeasuredVideo]] = {True: [], False: []}
    for row in store.to_compare(project.store):
        video = MeasuredVideo(row["post_id"], row["sha256"], tuple(row["hashes"] or ()))
        videos[row["is_new"]].append(video)
    if videos[True]:
        rows = find_twins(videos[True], videos[False])
        twins = [{**row, "method": TWINS_METHOD} for row in rows]
        store.save_twins(project.store, [v.post_id for v in videos[True]], twins)

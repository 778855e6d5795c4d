"""04, first half: picked posts to files, files to measures, measures to twins; each item saved as it is done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib import log
from vtlib.errors import BadInput
from vtlib.flows import measuring
from vtlib.models import Mapped
from vtlib.project import Project
from vtlib.services.download import Fetched, Gate, Rules, Wanted, fetch
from vtlib.services.media import Kept, MediaFolder, Session
from vtlib.sources import outcome
from vtlib.stages import media as stage
from vtlib.store import media as store
from vtlib.store.connection import Store

STILL = ("photo", "carousel")
FRESH = timedelta(hours=24)  # signed media addresses of platforms hold for about a day
COLUMNS = {
    "role": "role",
    "handle": "account",
    "platform": "platform",
    "format": "format",
    "posted_at": "posted (UTC)",
    "duration_s": "length, s",
    "cuts": "cuts",
    "cuts_3s": "cuts in the first 3 s",
    "measured": "measured",
    "outcome": "file",
    "url": "url",
}
TWINS = ("creative_id", "n_posts", "platform", "handle", "posted_at", "caption", "url")
Progress = Callable[[int], None]


@dataclass(slots=True)
class Done:
    """What one call did: fetched by status, measured, and why it stopped before the end ('' = it did not)."""

    fetched: Counter[str] = field(default_factory=Counter)
    measured: int = 0
    finished: int = 0
    stopped: str = ""
    resting: dict[str, str] = field(default_factory=dict)


def process(project: Project, *, again: bool = False, progress: Progress | None = None) -> Done:
    """Fetch and measure the newest picked posts (analysis.limit) and those of own scripts, checkpointed per item.

    A permanent outcome is never asked again, a passing one when its time has come. A platform that asks for
    a pause, or cannot be reached, is left alone for the rest of the call. `again` measures anew. Raises
    BadInput for cookies that cannot be used, StoreBusy while another process does the same.
    """
    folder, done = MediaFolder(project.workspace.outputs), Done()
    rules = _rules(project)
    with folder.session() as session:
        for note in session.left_over():
            save_note(project.store, note)
            done.finished += 1
        _fetch_all(project, session, rules, done, progress)
        posts = load(project)
        done.measured = measuring.measure_all(project, session, posts, again=again)
        measuring.compress_all(project, session, posts)
    measuring.compare(project)
    return done


def load(project: Project) -> pd.DataFrame:
    """The picked posts with their state (stages/media.plan), newest first, then those of own scripts; nothing is asked.

    Each of the two kinds has a limit of its own: analysis.limit, media.published_limit.
    """
    rules = _rules(project)
    posts = project.frame("media_wanted")
    asked = _addresses(project, posts, rules)
    known = [_has_address(asked[p]) for p in posts["post_id"]]
    posts = posts.assign(has_address=pd.Series(known, dtype=bool, index=posts.index))
    media, is_own = project.params.media, posts["role"].eq(stage.PUBLISHED)
    kinds = ((~is_own, project.params.analysis.limit), (is_own, media.published_limit))
    parts = [
        stage.plan(
            posts[mine],
            media,
            now=project.workspace.now(),
            limit=limit,
            has_cookies=rules.has_cookies,
        )
        for mine, limit in kinds
    ]
    return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)


def twins(project: Project) -> pd.DataFrame:
    """Posts that show the same film as another: a row a post, by creative (the first one published)."""
    return project.frame("media_twins")


def _rules(project: Project) -> Rules:
    params, settings = project.params.media, project.workspace.settings
    cookies = settings.cookies_file
    if cookies:
        _check_cookies(cookies.expanduser())
    return Rules(
        gate=Gate.of([settings.apify_url]),
        max_bytes=int(params.max_file_mb * 1e6),
        timeout_s=params.timeout_s,
        deadline_s=params.deadline_s,
        cookies_file=cookies.expanduser() if cookies else None,
        cookies_browser=settings.cookies_browser,
    )


def _check_cookies(path: Path) -> None:
    """Raise BadInput for what yt-dlp could not read: then every post would seem to need a login."""
    todo = "Export cookies in Netscape format (cookies.txt), or unset it."
    if not path.is_file():
        raise BadInput(f"VT_COOKIES_FILE: there is no {path}.", todo=todo)
    with path.open("rb") as stream:
        head = stream.read(200).lstrip()
    if head[:1] in (b"[", b"{"):
        raise BadInput("VT_COOKIES_FILE is JSON.", todo=todo, file=path.name)


def _addresses(project: Project, posts: pd.DataFrame, rules: Rules) -> dict[str, Wanted]:
    """What can be asked for each post: addresses that the gate knows by name.

    A simulated post is on no public platform, so its page is not asked: only its own host is.
    """
    keys = list(posts[["platform", "native_id"]].itertuples(index=False, name=None))
    found: dict[str, tuple[tuple[str, ...], datetime | None]] = {}
    for item in store.newest_items(project.store, keys) if keys else []:
        post_id = f"{item['platform']}:{item['native_id']}"
        mapped = outcome(item["platform"], item["payload"])
        if post_id not in found and isinstance(mapped, Mapped):
            urls = tuple(u for u in mapped.media_urls if rules.gate.knows(u))
            if urls:
                found[post_id] = (urls, item["captured_at"])
    asks_pages = not project.params.is_simulated
    now = project.workspace.now().replace(tzinfo=None)
    wanted = {}
    for post in posts.to_dict("records"):
        urls, seen_at = found.get(post["post_id"], ((), None))
        page = post["url"] if asks_pages and rules.gate.knows(post["url"] or "") else None
        # YouTube's addresses are of picture or sound alone: its page knows which belong together.
        is_fresh = seen_at is not None and now - seen_at < FRESH and post["platform"] != "youtube"
        is_still = post["format"] in STILL
        wanted[post["post_id"]] = Wanted(post["post_id"], page, urls, is_still, is_fresh)
    return wanted


def _has_address(wanted: Wanted) -> bool:
    return bool(wanted.media_urls or (wanted.page_url and not wanted.is_still))


def _fetch_all(
    project: Project, session: Session, rules: Rules, done: Done, progress: Progress | None
) -> None:
    """Round after round, since a lost post makes room for the next within the limit."""
    asked: set[str] = set()
    while True:
        posts = load(project)
        due = posts[(posts["state"] == "fetch") & ~posts["post_id"].isin(asked)]
        due = due[~due["platform"].isin(done.resting)]
        if due.empty or done.stopped:
            return
        asked |= set(due["post_id"])
        _fetch_round(_Round(project, session, rules, done), due, progress)


@dataclass(frozen=True)
class _Round:
    """What the workers of a round share. `lock` guards `done`."""

    project: Project
    session: Session
    rules: Rules
    done: Done
    lock: threading.Lock = field(default_factory=threading.Lock)


def _fetch_round(round_: _Round, due: pd.DataFrame, progress: Progress | None) -> None:
    """All of `due`, some at a time; the database is written by this thread alone."""
    wanted = _addresses(round_.project, due, round_.rules)
    rows = due.to_dict("records")
    with _pool(round_.project.params.media.parallel) as pool:
        waiting: list[Future[tuple[dict[str, Any], Path] | None]] = [
            pool.submit(_fetch_one, round_, row, wanted[row["post_id"]]) for row in rows
        ]
        for future in as_completed(waiting):
            result = future.result()
            if result is not None:
                note, work = result
                save_note(round_.project.store, note)
                round_.session.clear(work)
                round_.done.fetched[note["media"]["status"]] += 1
            if progress:
                progress(1)


@contextmanager
def _pool(size: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that, when the block is left by an error or Ctrl-C, start nothing more."""
    pool = ThreadPoolExecutor(size, thread_name_prefix="download")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _fetch_one(
    round_: _Round, row: Mapping[Any, Any], wanted: Wanted
) -> tuple[dict[str, Any], Path] | None:
    """In a worker: fetch a post into the store; (note to save, work folder), None when it is not its time."""
    platform = str(row["platform"])
    with round_.lock:
        round_.done.stopped = round_.done.stopped or _quota(round_.project, round_.session.media)
        if round_.done.stopped or platform in round_.done.resting:
            return None
    work = round_.session.work(wanted.post_id)
    fetched = fetch(wanted, work, round_.rules)
    if fetched.status == "rate_limited" or fetched.is_offline:
        with round_.lock:
            round_.done.resting.setdefault(platform, fetched.reason)
    if fetched.is_offline:  # nothing was learnt of the post: no try is counted
        round_.session.clear(work)
        return None
    kept = round_.session.describe(fetched.files)
    note = _note(round_, row, fetched, kept)
    if kept:
        round_.session.finish(work, fetched.files, kept, note)
    log.get(__name__).debug("fetched", post=wanted.post_id, status=fetched.status)
    return note, work


def _note(
    round_: _Round, row: Mapping[Any, Any], fetched: Fetched, kept: list[Kept]
) -> dict[str, Any]:
    """The rows of `media` and `media_images` as plain JSON."""
    now, params = round_.project.workspace.now(), round_.project.params.media
    tries = 1 + (0 if pd.isna(row["tries"]) else int(row["tries"]))
    media: dict[str, Any] = {
        "post_id": row["post_id"],
        "status": fetched.status,
        "reason": fetched.reason,
        "came_by": fetched.came_by or None,
        "tries": tries,
        "tried_at": now,
        "had_cookies": round_.rules.has_cookies,
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

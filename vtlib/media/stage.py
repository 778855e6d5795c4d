"""04, first half: picked posts to files, files to measures, measures to twins; each item saved
as it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from vtlib.core.errors import BadInput
from vtlib.core.language import in_english, marked
from vtlib.core.models import STILL_FORMATS, Mapped
from vtlib.media import measurement, store
from vtlib.media import queue as stage
from vtlib.media.download import DownloadRequest, DownloadRules, UrlAllowlist
from vtlib.media.downloads import Downloads, MediaResult, Progress, save_note
from vtlib.media.folder import MediaFolder
from vtlib.media.measurement import Measurer
from vtlib.platforms import outcome
from vtlib.store.project import Project, one_session

FRESH = timedelta(hours=24)  # signed media addresses of platforms hold for about a day
COLUMNS = marked(
    {
        "role": "role",
        "handle": "account",
        "platform": "platform",
        "format": "format",
        "posted_at": "posted",
        "duration_s": "length, s",
        "cuts": "cuts",
        "cuts_3s": "cuts in the first 3 s",
        "measured": "measured",
        "outcome": "file",
        "url": "url",
    }
)
FETCHED = {k: COLUMNS[k] for k in ("role", "handle", "platform", "format", "outcome", "url")}
MEASURED = {
    k: COLUMNS[k] for k in ("role", "handle", "platform", "duration_s", "cuts", "cuts_3s", "url")
}
TWINS = marked(("creative_id", "n_posts", "platform", "handle", "posted_at", "caption", "url"))


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """What downloading and measuring came to: `media` of this call, `posts` as `load` gives them
    afterwards, `duplicates` as `twins` gives them.
    """

    media: MediaResult
    posts: pd.DataFrame
    duplicates: pd.DataFrame


@one_session
@in_english
def run(
    project: Project,
    *,
    again: bool = False,
    measures: bool = True,
    progress: Progress | None = None,
) -> ProcessResult:
    """Fetch and measure the posts that `process` names, and read back what is known of them."""
    tally = process(project, again=again, measures=measures, progress=progress)
    return ProcessResult(tally, load(project), twins(project))


@one_session
def process(
    project: Project,
    *,
    again: bool = False,
    measures: bool = True,
    progress: Progress | None = None,
) -> MediaResult:
    """Fetch and measure the newest picked posts (analysis.limit), those of own scripts, and those
    drawn for patterns (performance/video_samples.draw), checkpointed per item.

    What is here is measured while the rest still loads. A permanent outcome is never asked again, a
    passing one when its time has come. A platform that asks for a pause, or cannot be reached, is
    left alone for the rest of the call. A replay fetches nothing. `again` measures anew; without
    `measures` files are only fetched. `progress` is told of each fetched post (1) and each measured
    video (0). Raises BadInput for cookies that cannot be used, StoreBusy while another process does
    the same.
    """
    folder, tally = MediaFolder.of(project), MediaResult()
    rules = rules_of(project)
    with (
        folder.session() as session,
        Measurer(project, session, again=again, is_on=measures, progress=progress) as measurer,
    ):
        for note in session.unsaved_notes():
            save_note(project.store, note)
            tally.n_finished += 1
        folder.mirror(_digests(project))
        posts = load(project)
        measurer.add(posts)
        downloads = Downloads(project, session, rules, tally, measurer, progress)
        if not project.is_replay:
            downloads.run(posts, lambda: load(project), lambda due: _addresses(project, due, rules))
        posts = load(project)
        measurer.add(posts)
        measurer.finish()
        tally.n_measured = measurer.count
        if measures:
            measurement.compress_all(project, session, posts)
    measurement.compare(project)
    return tally


def _digests(project: Project) -> set[str]:
    """Of the files of a project's posts: another's may have a storage of its own."""
    wanted = list(project.frame("media_wanted")["post_id"])
    frame = project.store.query(_FILES, {"project": project.slug, "wanted": wanted})
    return set(frame["sha256"].dropna())


_FILES = """WITH ours AS (SELECT post_id FROM project_posts WHERE project_id = $project
    UNION SELECT unnest($wanted::VARCHAR[]))
SELECT sha256 FROM media SEMI JOIN ours USING (post_id)
UNION SELECT sha256 FROM media_images SEMI JOIN ours USING (post_id)
UNION SELECT sha256 FROM covers SEMI JOIN ours USING (post_id)"""


@one_session
def load(project: Project) -> pd.DataFrame:
    """The picked posts with their state (media/queue.plan), newest first, then those of own scripts
    and of the sample; nothing is asked.

    Each of the first two kinds has a limit of its own: analysis.limit, media.published_limit; last
    come those that were drawn for patterns (performance/video_samples) and examples of claimed
    patterns, all of them. `is_gone`: the
    file is not in this folder, as after vt restore of a backup without media; its path is then not
    known here.
    """
    rules = rules_of(project)
    only = project.params.analysis.posts
    posts = _with_files(project, project.frame("media_wanted"))
    posts = posts[posts["post_id"].isin(only)].reset_index(drop=True) if only else posts
    requests = _addresses(project, posts, rules)
    has_address = [_has_address(requests[p]) for p in posts["post_id"]]
    posts = posts.assign(has_address=pd.Series(has_address, dtype=bool, index=posts.index))
    media, role = project.params.media, posts["role"]
    is_own = role.eq(stage.PUBLISHED_ROLE)
    is_drawn = role.isin((stage.SAMPLE_ROLE, stage.EXAMPLE_ROLE))
    kinds = (
        (~is_own & ~is_drawn, len(only) or project.params.analysis.limit),
        (is_own, media.published_limit),
        (is_drawn, len(posts)),
    )
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


def _with_files(project: Project, posts: pd.DataFrame) -> pd.DataFrame:
    """`posts` without the paths of files that are not there, and `is_gone` for those."""
    paths = [p for p in posts["path"] if isinstance(p, str)]
    there = MediaFolder.of(project).present(paths)
    absent = [isinstance(p, str) and p not in there for p in posts["path"]]
    is_gone = pd.Series(absent, index=posts.index, dtype=bool)
    return posts.assign(path=posts["path"].mask(is_gone), is_gone=is_gone)


def twins(project: Project) -> pd.DataFrame:
    """Posts that show the same video as another: a row a post, by creative (the first one
    published).
    """
    return project.frame("media_twins")


def rules_of(project: Project) -> DownloadRules:
    """The limits of the project's downloads. Raises BadInput for cookies that cannot be used."""
    params, settings = project.params.media, project.workspace.settings
    cookies = settings.cookies_file
    if cookies:
        _check_cookies(cookies.expanduser())
    return DownloadRules(
        allowlist=UrlAllowlist.of([settings.apify_url]),
        max_bytes=int(params.max_file_mb * 1e6),
        timeout_s=params.timeout_s,
        deadline_s=params.deadline_s,
        min_bytes_per_s=params.min_kb_s * 1000,
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


def _addresses(
    project: Project, posts: pd.DataFrame, rules: DownloadRules
) -> dict[str, DownloadRequest]:
    """What can be asked for each post: addresses that the URL allow-list knows by name.

    A simulated post is on no public platform, so its page is not asked: only its own host is.
    """
    keys = list(posts[["platform", "native_id"]].itertuples(index=False, name=None))
    sources: dict[str, tuple[tuple[str, ...], datetime | None]] = {}
    for item in store.newest_items(project.store, keys) if keys else []:
        post_id = f"{item['platform']}:{item['native_id']}"
        result = outcome(item["platform"], item["payload"])
        if post_id not in sources and isinstance(result, Mapped):
            urls = tuple(u for u in result.media_urls if rules.allowlist.knows(u))
            if urls:
                sources[post_id] = (urls, item["captured_at"])
    asks_pages = not project.params.is_simulated
    now = project.workspace.now().replace(tzinfo=None)
    requests = {}
    for post in posts.to_dict("records"):
        urls, seen_at = sources.get(post["post_id"], ((), None))
        page = post["url"] if asks_pages and rules.allowlist.knows(post["url"] or "") else None
        # YouTube's addresses are of picture or sound alone: its page knows which belong together.
        is_fresh = seen_at is not None and now - seen_at < FRESH and post["platform"] != "youtube"
        is_still = post["format"] in STILL_FORMATS
        requests[post["post_id"]] = DownloadRequest(post["post_id"], page, urls, is_still, is_fresh)
    return requests


def _has_address(wanted: DownloadRequest) -> bool:
    return bool(wanted.media_urls or (wanted.page_url and not wanted.is_still))

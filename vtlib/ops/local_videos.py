"""Local videos become posts that are measured and analysed as if they had been downloaded.

What tells a video's post, the first that does: yt-dlp's `.info.json` beside it, a link in a `.url`,
`.webloc` or `.desktop` file beside it, the id in its name. A video of no known post has the id
`local-` and eight digits of its file's SHA-256, and needs a platform to be compared with.
"""

from __future__ import annotations

import hashlib
import json
import plistlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vtlib.capture import imports
from vtlib.capture import store as captures
from vtlib.capture.mapping import Capture, capture_key
from vtlib.capture.rows import bare_post_row, begin_row, frame, link_row, named_item_row
from vtlib.capture.video_tracks import save_files
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS, Mapped, Platform, PostRef
from vtlib.core.settings import person
from vtlib.media.downloads import save_note
from vtlib.media.folder import MediaFolder
from vtlib.media.local_files import adopt_file, find_videos
from vtlib.platforms import has_timed_ids, id_time, layouts, post_ref, ref_of_id, traits_of
from vtlib.store import people
from vtlib.store.project import Project

ACTOR = "local videos"
SIDECARS = (".url", ".webloc", ".desktop")
NO_POST = "no post is known"
_IN_BRACKETS = re.compile(r"\[([\w-]{5,40})\]\s*$")  # yt-dlp's names: Title [id].mp4
_EARLIEST = datetime(2010, 11, 1, tzinfo=UTC)  # X's first id with one


@dataclass(frozen=True, slots=True)
class VideoReport:
    """How one video fared: stored, here (its post has a file already) or failed.

    `basis` what told its post: info.json, a link, its name, or nothing (a local video).
    """

    file: str
    post_id: str = ""
    status: str = "stored"
    reason: str = ""
    basis: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class _Video:
    path: Path
    ref: PostRef
    basis: str
    item: dict[str, Any]


def import_folder(
    project: Project,
    folder: Path,
    *,
    platform: Platform | None = None,
    is_own: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[VideoReport]:
    """Take the videos of a folder (or one file) in: posts, their files, and a place among those
    that are measured and analysed (as kept by hand).

    `platform`: of ids in names that several have, and of videos of no known post. The same folder
    again changes nothing. Raises BadInput for a folder without a video, StoreBusy while another
    process downloads.
    """
    paths = find_videos(folder.expanduser())
    if not paths:
        raise BadInput(f"{folder}: no video file there.", todo="mp4, mov, webm, mkv and others.")
    people.ensure_project(project.store, project.slug)
    reports: dict[Path, VideoReport] = {}
    videos: list[_Video] = []
    for path in paths:
        try:
            videos.append(_identify(path, platform))
        except BadInput as error:
            reports[path] = VideoReport(path.name, status="failed", reason=str(error), exit_code=2)
    bare = _import_items(project, videos)
    _save_posts(project, bare, folder)
    with MediaFolder.of(project).session() as session:
        for note in session.unsaved_notes():
            save_note(project.store, note)
        for video in videos:
            reports[video.path] = _adopt(project, session, video)
            if progress:
                progress(1)
    ids = [r.post_id for r in reports.values() if r.post_id and r.status != "failed"]
    _keep(project, ids, is_own=is_own)
    return [reports[path] for path in paths]


def _identify(path: Path, platform: Platform | None) -> _Video:
    item = _info(path)
    if item:
        return _Video(path, _ref_of(item, path), "info.json", item)
    if link := _link_beside(path):
        ref = post_ref(link)
        if ref.native_id is None:
            raise BadInput(
                f"{path.name}: the link beside it is a short one ({link}).",
                todo="Replace it by the post's full URL.",
            )
        return _Video(path, ref, "a link beside it", {"url": link})
    if by_name := ref_in_name(path.stem, platform):
        return _Video(path, by_name, "its name", {"file": path.name})
    if platform is None:
        raise BadInput(
            f"{path.name}: {NO_POST}.",
            todo="Give --platform: it becomes a local video compared with posts of that platform; "
            "or put the post's link into a .url file of the same name.",
        )
    local = f"local-{_sha256(path)[:8]}"
    return _Video(path, PostRef(platform, local, "", "video"), "", {"file": path.name})


def ref_in_name(stem: str, platform: Platform | None) -> PostRef | None:
    """The post whose id a file's name holds: in brackets at the end as yt-dlp writes it, as a long
    number, or as the whole name where the platform is known.

    Eleven signs can be of YouTube or Instagram, numbers of several: without `platform` only an id
    that one platform alone can have given out by now is taken.
    """
    bracket = _IN_BRACKETS.search(stem)
    numbers = [word for word in re.findall(r"\d+", stem) if _file_refs(word)]
    words = [bracket[1]] if bracket else numbers if len(numbers) == 1 else []
    refs = [ref for word in words for ref in _file_refs(word)]
    timed = [ref for ref in refs if has_timed_ids(ref.platform) and _is_past(ref)]
    untimed = [ref for ref in refs if not has_timed_ids(ref.platform)]
    sure = [] if timed and untimed else timed or untimed
    if platform:
        hits = [ref for word in (*words, stem) if (ref := ref_of_id(word, platform))]
        sure = [r for r in hits if not has_timed_ids(r.platform) or _is_past(r)][:1] or sure
    return sure[0] if len(sure) == 1 else None


def _file_refs(word: str) -> list[PostRef]:
    """The posts of the platforms by whose ids of this form tools name the videos they save."""
    forms = {name: traits_of(name).file_id_form for name in PLATFORMS}
    names = [name for name, form in forms.items() if form and form.fullmatch(word)]
    return [ref for name in names if (ref := ref_of_id(word, name))]


def _is_past(ref: PostRef) -> bool:
    """Whether an id can have been given out by now: its time is neither ahead nor before any."""
    moment = id_time(ref)
    return bool(moment and _EARLIEST <= moment <= datetime.now(UTC) + timedelta(days=1))


def _info(path: Path) -> dict[str, Any]:
    """The metadata that yt-dlp wrote beside a video; {} where there is none."""
    place = _info_path(path)
    if not place.is_file():
        return {}
    try:
        item = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{place.name} cannot be read: {error}") from None
    return item if isinstance(item, dict) else {}


def _info_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}.info.json")


def _ref_of(item: dict[str, Any], path: Path) -> PostRef:
    layout = layouts.recognise(item)
    result = layouts.outcome(layout, item) if layout else None
    if isinstance(result, Mapped):
        return PostRef(result.post.platform, result.post.native_id, result.post.url)
    link = item.get("webpage_url") or item.get("original_url")
    if not link:
        raise BadInput(f"{path.stem}.info.json names no post.", todo="Remove it, or mend it.")
    ref = post_ref(str(link))
    if ref.native_id is None:
        raise BadInput(f"{path.stem}.info.json has a short link alone: {link}.")
    return ref


def _link_beside(path: Path) -> str:
    """The link in a file beside a video, as browsers save links; '' for none."""
    for suffix in SIDECARS:
        place = path.with_suffix(suffix)
        if not place.is_file():
            continue
        data = place.read_bytes()
        if suffix == ".webloc":
            try:
                return str(plistlib.loads(data).get("URL", ""))
            except (plistlib.InvalidFileException, ValueError, AttributeError):
                return ""
        match = re.search(r"^URL=(\S+)", data.decode("utf-8", "replace"), re.MULTILINE)
        return match[1] if match else data.decode("utf-8", "replace").strip()
    return ""


def _import_items(project: Project, videos: Iterable[_Video]) -> list[_Video]:
    """Bring in the metadata beside videos as datasets; returns the videos whose post has none."""
    bare: list[_Video] = []
    for video in videos:
        if video.basis == "info.json":
            (report, *_) = imports.import_files(project, [_info_path(video.path)])
            if report.status != "failed":
                continue
        bare.append(video)
    for video in bare:
        save_files(project.store, str(video.ref.post_id), video.path)
    return bare


def _save_posts(project: Project, videos: list[_Video], folder: Path) -> None:
    """Write the posts that only a link, a name or a file tells."""
    if not videos:
        return
    now = project.workspace.now()
    key = capture_key(project.slug, ACTOR, *(str(v.ref.post_id) for v in videos))
    capture = Capture(
        capture_id=key,
        project_id=project.slug,
        provider="person",
        source=folder.name,
        captured_at=now,
        captured_at_basis="given",
        started_at=now,
        came_from="dataset",
        actor=ACTOR,
        run_id=project.run_id or None,
    )
    captures.begin(project.store, begin_row(capture))
    rows = {
        "raw_items": [
            named_item_row({**v.item, "file": v.path.name}, n, v.ref, capture)
            for n, v in enumerate(videos, 1)
        ],
        "posts": [_post(v, capture) for v in videos],
        "project_posts": [link_row(str(v.ref.post_id), capture) for v in videos],
    }
    captures.ingest(project.store, {table: frame(table, r) for table, r in rows.items()})
    captures.finish(project.store, key)


def _post(video: _Video, capture: Capture) -> dict[str, Any]:
    ref = video.ref
    return {
        **bare_post_row(ref, capture),
        "format": "video" if ref.format == "unknown" else ref.format,
        "title": None if ref.url else video.path.stem,
    }


def _adopt(project: Project, session: Any, video: _Video) -> VideoReport:
    report = VideoReport(video.path.name, str(video.ref.post_id), basis=video.basis)
    rows = project.store.rows(
        "SELECT sha256 FROM media WHERE post_id = ? AND status = 'ok'", [report.post_id]
    )
    if rows:
        is_same = rows[0]["sha256"] == _sha256(video.path)
        reason = "" if is_same else "its post has another file, which stays"
        return replace(report, status="here", reason=reason)
    outcome = adopt_file(project, session, report.post_id, video.path)
    if outcome.status != "ok":
        reason = f"{outcome.status.replace('_', ' ')}: {outcome.reason}"
        return replace(report, status="failed", reason=reason, exit_code=2)
    return report


def _keep(project: Project, post_ids: list[str], *, is_own: bool) -> None:
    """Keep posts by hand where nobody has decided, so that they are measured and analysed."""
    if is_own:
        people.mark_own(project.store, project.slug, post_ids)
    open_ids = [i for i in post_ids if not people.decisions(project.store, project.slug, i)]
    rows = [
        {"post_id": i, "decision": "keep", "reviewer": person(), "notes": "local video"}
        for i in open_ids
    ]
    people.save_reviews(project.store, project.slug, rows, now=project.workspace.now())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

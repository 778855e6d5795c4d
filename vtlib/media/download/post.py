"""One post to checked files: its media URLs and its page are tried in turn."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from vtlib.core import log
from vtlib.core.deadline import MIN_BYTES_PER_S, Deadline
from vtlib.media.download import direct
from vtlib.media.download.direct import Limits
from vtlib.media.download.outcome import DownloadFailed, Fetched, ProvenFile, by_proof
from vtlib.media.download.url_allowlist import UrlAllowlist
from vtlib.media.probe import Proof, prove

MAX_IMAGES = 40
MAX_URLS = 3  # renditions of one video: if three fail, the rest would too
_SUFFIXES = {
    "mp4": ".mp4",
    "mov": ".mp4",
    "matroska": ".mkv",
    "mpegts": ".ts",
    "avi": ".avi",
    "flv": ".flv",
}
# Where several addresses failed, the first of these is the outcome.
_BY_PRECEDENCE = (
    *("too_large", "private", "removed", "rate_limited", "expired", "age", "geo", "login"),
    *("not_video", "broken"),
)
_GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """What to download of a post: its page (None = not requested) and the media URLs of its
    capture.

    `is_still`: a photo or slideshow, whose media URLs are pictures. `is_fresh`: the media URLs are
    new enough to be tried before the page.
    """

    post_id: str
    page_url: str | None
    media_urls: tuple[str, ...] = ()
    is_still: bool = False
    is_fresh: bool = False


@dataclass(frozen=True)
class DownloadRules:
    """Limits of downloads; `deadline_s` is for one post, all its addresses together.

    `cookies_file` is only ever copied; `more` are further yt-dlp options.
    """

    allowlist: UrlAllowlist = field(default_factory=UrlAllowlist)
    max_bytes: int = 200_000_000
    timeout_s: float = 20.0
    deadline_s: float = 600.0
    min_bytes_per_s: float = MIN_BYTES_PER_S
    cookies_file: Path | None = None
    cookies_browser: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        return Limits(self.max_bytes, self.timeout_s, self.deadline_s, self.min_bytes_per_s)

    @property
    def has_cookies(self) -> bool:
        return bool(self.cookies_file or self.cookies_browser)


def fetch(request: DownloadRequest, folder: Path, rules: DownloadRules) -> Fetched:
    """Download a post into `folder` (which must be empty); its checked files, or a failure.

    Never raises for what hosts answer. Of several failures the most specific is the outcome.
    """
    with log.timed("service call", service="download", what=request.post_id) as facts:
        result = _first_success(request, folder, rules)
        facts["status"] = result.status
        facts["outcome"] = "ok" if result.status in ("ok", "photo") else "failed"
        return result


def _first_success(request: DownloadRequest, folder: Path, rules: DownloadRules) -> Fetched:
    failures: list[Fetched] = []
    work = _Work(folder, rules, rules.limits.begin())
    for came_by, ask in _candidates(request, work):
        try:
            files = ask()
        except DownloadFailed as failure:
            failures.append(replace(failure.fetched, came_by=came_by))
            continue
        status = "photo" if any(f.kind == "image" for f in files) else "ok"
        return Fetched(status, came_by=came_by, files=tuple(files))
    if not failures:
        return Fetched("broken", "no address is known: capture the post again")
    best = min(failures, key=lambda f: _BY_PRECEDENCE.index(f.status))
    waits = [f.retry_after_s for f in failures if f.retry_after_s is not None]
    offline = all(f.is_offline for f in failures)
    return replace(best, retry_after_s=max(waits, default=None), is_offline=offline)


@dataclass(frozen=True, slots=True)
class _Work:
    """The download of one post, under one deadline."""

    folder: Path
    rules: DownloadRules
    deadline: Deadline

    def save(self, url: str, target: Path, *, max_bytes: int | None = None) -> None:
        """Stream a media address into `target`. Raises DownloadFailed."""
        limits = self.rules.limits
        if max_bytes is not None:
            limits = replace(limits, max_bytes=max_bytes)
        direct.save(url, target, self.rules.allowlist, limits, deadline=self.deadline)


Ask = Callable[[], list[ProvenFile]]


def _candidates(request: DownloadRequest, work: _Work) -> Iterator[tuple[str, Ask]]:
    if request.is_still:
        if request.media_urls:
            yield "media_url", lambda: _stills(request, work)
        return
    page = [("page", lambda: [_page(str(request.page_url), work)])]
    urls: list[tuple[str, Ask]] = [
        ("media_url", lambda u=u: [_video(u, work)])  # type: ignore[misc]
        for u in request.media_urls[:MAX_URLS]
    ]
    pages = page if request.page_url else []
    yield from [*urls, *pages] if request.is_fresh else [*pages, *urls]


def _page(url: str, work: _Work) -> ProvenFile:
    from vtlib.media.download import pages  # noqa: PLC0415 - yt-dlp takes 0.6 s to import

    rules = work.rules
    login = pages.Login(rules.cookies_file, rules.cookies_browser)
    reader = pages.Reader(rules.allowlist, rules.limits, login, rules.more)
    with _removed_on_failure(work.folder):
        return check_video(pages.save(url, work.folder, reader, deadline=work.deadline))


def _video(url: str, work: _Work) -> ProvenFile:
    with _removed_on_failure(work.folder):
        target = work.folder / "video"
        work.save(url, target)
        return check_video(target)


def _stills(request: DownloadRequest, work: _Work) -> list[ProvenFile]:
    """The pictures; if their addresses are gone, the post's page shows whether the post is."""
    try:
        return _images(request.media_urls, work)
    except DownloadFailed as failure:
        is_expired, rules = failure.fetched.status == "expired", work.rules
        if is_expired and request.page_url:
            code = direct.status(request.page_url, rules.allowlist, rules.limits, work.deadline)
            if code in _GONE:
                raise DownloadFailed("removed", f"HTTP {code} for the post's page") from None
        raise


def _images(urls: tuple[str, ...], work: _Work) -> list[ProvenFile]:
    """All pictures of a post, or none: a slideshow with gaps is not the same slideshow."""
    with _removed_on_failure(work.folder):
        files, rest_bytes = [], work.rules.max_bytes
        for number, url in enumerate(urls[:MAX_IMAGES]):
            target = work.folder / f"image{number:02}"
            work.save(url, target, max_bytes=rest_bytes)
            rest_bytes -= target.stat().st_size
            files.append(_picture(target))
        return files


def check_video(path: Path) -> ProvenFile:
    """A file that is a complete, playable video. Raises DownloadFailed for what is none."""
    proof = prove(path)
    if not proof.ok:
        raise DownloadFailed(*by_proof(proof))
    return _video_file(path, proof)


def _video_file(path: Path, proof: Proof) -> ProvenFile:
    suffix = next((s for name, s in _SUFFIXES.items() if name in proof.container), ".video")
    return ProvenFile(path, "video", suffix, proof.width, proof.height, proof)


def _picture(path: Path) -> ProvenFile:
    """A picture that decodes; a slide may be a video (carousels mix both)."""
    try:
        with Image.open(path) as image:
            image.load()
            suffix = {"JPEG": ".jpg"}.get(
                image.format or "", f".{(image.format or 'image').lower()}"
            )
            return ProvenFile(path, "image", suffix, *image.size)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        proof = prove(path)
        if proof.ok:
            return _video_file(path, proof)
        if proof.kind == "image":
            raise DownloadFailed("broken", "a picture that does not decode") from None
        raise DownloadFailed(*by_proof(proof)) from None


@contextlib.contextmanager
def _removed_on_failure(folder: Path) -> Iterator[None]:
    """Remove the files of an attempt that failed."""
    try:
        yield
    except BaseException:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        raise

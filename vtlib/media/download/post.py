"""One post to proven files: its media URLs and its page asked in turn, the best answer taken."""

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
from vtlib.media.download.url_allowlist import Gate
from vtlib.media.probe import Proof, prove

MAX_IMAGES = 40
MAX_URLS = 3  # of one film, in other renditions: where three fail, the rest would too
_SUFFIXES = {
    "mp4": ".mp4",
    "mov": ".mp4",
    "matroska": ".mkv",
    "mpegts": ".ts",
    "avi": ".avi",
    "flv": ".flv",
}
# Which answer tells most of the post, where several addresses failed.
_TELLING = (
    *("too_large", "private", "removed", "rate_limited", "expired", "age", "geo", "login"),
    *("not_video", "broken"),
)
_GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """What is asked for a post: its page (None = it is not asked) and the media URLs of its
    capture.

    `is_still`: a photo or slideshow, whose media URLs are pictures. `is_fresh`: the media URLs are
    new enough to be asked before the page.
    """

    post_id: str
    page_url: str | None
    media_urls: tuple[str, ...] = ()
    is_still: bool = False
    is_fresh: bool = False


@dataclass(frozen=True)
class DownloadRules:
    """How anything is fetched; `deadline_s` holds for one post, all its addresses together.

    `cookies_file` is only ever copied; `more` are further yt-dlp options.
    """

    gate: Gate = field(default_factory=Gate)
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


def fetch(wanted: DownloadRequest, folder: Path, rules: DownloadRules) -> Fetched:
    """Files of a post in `folder` (which must be empty), proven whole, or the word for what came
    instead.

    Never raises for what hosts answer. Of several failures the most telling is the outcome.
    """
    with log.timed("service call", service="download", what=wanted.post_id) as facts:
        found = _fetched(wanted, folder, rules)
        facts["status"] = found.status
        facts["outcome"] = "ok" if found.status in ("ok", "photo") else "failed"
        return found


def _fetched(wanted: DownloadRequest, folder: Path, rules: DownloadRules) -> Fetched:
    failures: list[Fetched] = []
    work = _Work(folder, rules, rules.limits.begin())
    for came_by, ask in _candidates(wanted, work):
        try:
            files = ask()
        except DownloadFailed as failure:
            failures.append(replace(failure.fetched, came_by=came_by))
            continue
        status = "photo" if any(f.kind == "image" for f in files) else "ok"
        return Fetched(status, came_by=came_by, files=tuple(files))
    if not failures:
        return Fetched("broken", "no address is known: capture the post again")
    best = min(failures, key=lambda f: _TELLING.index(f.status))
    waits = [f.retry_after_s for f in failures if f.retry_after_s is not None]
    offline = all(f.is_offline for f in failures)
    return replace(best, retry_after_s=max(waits, default=None), is_offline=offline)


@dataclass(frozen=True, slots=True)
class _Work:
    """One post being fetched, under one clock."""

    folder: Path
    rules: DownloadRules
    deadline: Deadline

    def save(self, url: str, target: Path, *, max_bytes: int | None = None) -> None:
        """Stream a media address into `target`. Raises Failed."""
        limits = self.rules.limits
        if max_bytes is not None:
            limits = replace(limits, max_bytes=max_bytes)
        direct.save(url, target, self.rules.gate, limits, deadline=self.deadline)


Ask = Callable[[], list[ProvenFile]]


def _candidates(wanted: DownloadRequest, work: _Work) -> Iterator[tuple[str, Ask]]:
    if wanted.is_still:
        if wanted.media_urls:
            yield "media_url", lambda: _stills(wanted, work)
        return
    page = [("page", lambda: [_page(str(wanted.page_url), work)])]
    urls: list[tuple[str, Ask]] = [
        ("media_url", lambda u=u: [_video(u, work)])  # type: ignore[misc]
        for u in wanted.media_urls[:MAX_URLS]
    ]
    pages = page if wanted.page_url else []
    yield from [*urls, *pages] if wanted.is_fresh else [*pages, *urls]


def _page(url: str, work: _Work) -> ProvenFile:
    from vtlib.media.download import pages  # noqa: PLC0415 - yt-dlp takes 0.6 s to import

    rules = work.rules
    login = pages.Login(rules.cookies_file, rules.cookies_browser)
    reader = pages.Reader(rules.gate, rules.limits, login, rules.more)
    with _emptied(work.folder):
        return _proven(pages.save(url, work.folder, reader, deadline=work.deadline))


def _video(url: str, work: _Work) -> ProvenFile:
    with _emptied(work.folder):
        target = work.folder / "video"
        work.save(url, target)
        return _proven(target)


def _stills(wanted: DownloadRequest, work: _Work) -> list[ProvenFile]:
    """The pictures; where their addresses are gone, the post's page says whether the post is
    too.
    """
    try:
        return _images(wanted.media_urls, work)
    except DownloadFailed as failure:
        is_expired, rules = failure.fetched.status == "expired", work.rules
        if is_expired and wanted.page_url:
            code = direct.status(wanted.page_url, rules.gate, rules.limits, work.deadline)
            if code in _GONE:
                raise DownloadFailed("removed", f"HTTP {code} for the post's page") from None
        raise


def _images(urls: tuple[str, ...], work: _Work) -> list[ProvenFile]:
    """All pictures of a post, or none: a slideshow with gaps would be another slideshow."""
    with _emptied(work.folder):
        files, left = [], work.rules.max_bytes
        for number, url in enumerate(urls[:MAX_IMAGES]):
            target = work.folder / f"image{number:02}"
            work.save(url, target, max_bytes=left)
            left -= target.stat().st_size
            files.append(_picture(target))
        return files


def _proven(path: Path) -> ProvenFile:
    proof = prove(path)
    if not proof.ok:
        raise DownloadFailed(*by_proof(proof))
    return _film(path, proof)


def _film(path: Path, proof: Proof) -> ProvenFile:
    suffix = next((s for name, s in _SUFFIXES.items() if name in proof.container), ".video")
    return ProvenFile(path, "video", suffix, proof.width, proof.height, proof)


def _picture(path: Path) -> ProvenFile:
    """A picture that decodes; a slide may be a film (a carousel mixes both)."""
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
            return _film(path, proof)
        if proof.kind == "image":
            raise DownloadFailed("broken", "a picture that does not decode") from None
        raise DownloadFailed(*by_proof(proof)) from None


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Leave nothing of an attempt that failed."""
    try:
        yield
    except BaseException:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        raise

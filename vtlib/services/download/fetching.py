"""One post to proven files: its media URLs and its page asked in turn, the best answer taken."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from vtlib.services.download import direct
from vtlib.services.download.direct import Limits
from vtlib.services.download.gate import Gate
from vtlib.services.download.outcome import Failed, Fetched, File, by_proof
from vtlib.services.probe import Proof, prove

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
    *("too_large", "private", "removed", "age", "geo", "login", "not_video", "rate_limited"),
    "broken",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for a post: its page (None = it is not asked) and the media URLs of its capture.

    `is_still`: a photo or slideshow, whose media URLs are pictures. `is_fresh`: the media URLs are new
    enough to be asked before the page.
    """

    post_id: str
    page_url: str | None
    media_urls: tuple[str, ...] = ()
    is_still: bool = False
    is_fresh: bool = False


@dataclass(frozen=True)
class Rules:
    """How anything is fetched. `cookies_file` is only ever copied; `more` are further yt-dlp options."""

    gate: Gate = field(default_factory=Gate)
    max_bytes: int = 200_000_000
    timeout_s: float = 20.0
    deadline_s: float = 600.0
    cookies_file: Path | None = None
    cookies_browser: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        return Limits(self.max_bytes, self.timeout_s, self.deadline_s)

    @property
    def has_cookies(self) -> bool:
        return bool(self.cookies_file or self.cookies_browser)


def fetch(wanted: Wanted, folder: Path, rules: Rules) -> Fetched:
    """Files of a post in `folder` (which must be empty), proven whole, or the word for what came instead.

    Never raises for what hosts answer. Of several failures the most telling is the outcome.
    """
    failures: list[Fetched] = []
    for came_by, ask in _candidates(wanted, folder, rules):
        try:
            files = ask()
        except Failed as failure:
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


Ask = Callable[[], list[File]]


def _candidates(wanted: Wanted, folder: Path, rules: Rules) -> Iterator[tuple[str, Ask]]:
    if wanted.is_still:
        if wanted.media_urls:
            yield "media_url", lambda: _images(wanted.media_urls, folder, rules)
        return
    page = [("page", lambda: [_page(str(wanted.page_url), folder, rules)])]
    urls: list[tuple[str, Ask]] = [
        ("media_url", lambda u=u: [_video(u, folder, rules)])  # type: ignore[misc]
        for u in wanted.media_urls[:MAX_URLS]
    ]
    pages = page if wanted.page_url else []
    yield from [*urls, *pages] if wanted.is_fresh else [*pages, *urls]


def _page(url: str, folder: Path, rules: Rules) -> File:
    from vtlib.services.download import pages  # noqa: PLC0415 - yt-dlp takes 0.6 s to import

    login = pages.Login(rules.cookies_file, rules.cookies_browser)
    with _emptied(folder):
        return _proven(
            pages.save(url, folder, pages.Reader(rules.gate, rules.limits, login, rules.more))
        )


def _video(url: str, folder: Path, rules: Rules) -> File:
    with _emptied(folder):
        target = folder / "video"
        direct.save(url, target, rules.gate, rules.limits)
        return _proven(target)


def _images(urls: tuple[str, ...], folder: Path, rules: Rules) -> list[File]:
    """All pictures of a post, or none: a slideshow with gaps would be another slideshow."""
    with _emptied(folder):
        files, left = [], rules.max_bytes
        for number, url in enumerate(urls[:MAX_IMAGES]):
            target = folder / f"image{number:02}"
            direct.save(url, target, rules.gate, replace(rules.limits, max_bytes=left))
            left -= target.stat().st_size
            files.append(_picture(target))
        return files


def _proven(path: Path) -> File:
    proof = prove(path)
    if not proof.ok:
        raise Failed(*by_proof(proof))
    return _film(path, proof)


def _film(path: Path, proof: Proof) -> File:
    suffix = next((s for name, s in _SUFFIXES.items() if name in proof.container), ".video")
    return File(path, "video", suffix, proof.width, proof.height, proof)


def _picture(path: Path) -> File:
    """A picture that decodes; a slide may be a film (a carousel mixes both)."""
    try:
        with Image.open(path) as image:
            image.load()
            suffix = {"JPEG": ".jpg"}.get(
                image.format or "", f".{(image.format or 'image').lower()}"
            )
            return File(path, "image", suffix, *image.size)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        proof = prove(path)
        if proof.ok:
            return _film(path, proof)
        if proof.kind == "image":
            raise Failed("broken", "a picture that does not decode") from None
        raise Failed(*by_proof(proof)) from None


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Leave nothing of an attempt that failed."""
    try:
        yield
    except BaseException:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        raise

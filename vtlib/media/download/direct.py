"""A media URL as a file: streamed, limited in size and time, every redirect checked."""

from __future__ import annotations

import http.client
import re
import time
import urllib.request
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from vtlib.core.deadline import MIN_BYTES_PER_S, Deadline, TooSlow
from vtlib.core.rate_limits import retry_after
from vtlib.media.download.connection import Opening, Route
from vtlib.media.download.outcome import DownloadFailed, by_address, by_text
from vtlib.media.download.url_allowlist import AddressRefused, AllowlistHandler, UrlAllowlist

LOGIN_PATH = r"/(login|signin|accounts/login)\b"
PAUSE_S = 0.5
CHUNK_BYTES = 1 << 18
HEAD_BYTES = 1 << 20  # heads and the framing of chunks, beside the file
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0 Safari/537.36"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file (bytes), the longest silence and the deadline (s), and the lowest rate
    (bytes a second over `timeout_s`; 0 = any).
    """

    max_bytes: int
    timeout_s: float
    deadline_s: float
    min_bytes_per_s: float = MIN_BYTES_PER_S

    def begin(self) -> Deadline:
        """A deadline that starts now."""
        return Deadline(self.deadline_s, self.timeout_s, self.min_bytes_per_s)


def save(
    url: str,
    target: Path,
    allowlist: UrlAllowlist,
    limits: Limits,
    *,
    deadline: Deadline | None = None,
) -> None:
    """Stream `url` into `target`; a broken connection is retried once, at once.

    `deadline`: that of the whole post. Raises DownloadFailed with the outcome of the answer; an
    address that is gone is `expired`, since only the post's page shows whether the post is.
    """
    clock = deadline or limits.begin()
    try:
        _save(url, target, allowlist, limits, clock)
    except DownloadFailed as failure:
        if not failure.fetched.is_glitch:
            raise
        time.sleep(PAUSE_S)
        _save(url, target, allowlist, limits, clock)


def status(url: str, allowlist: UrlAllowlist, limits: Limits, deadline: Deadline) -> int | None:
    """The HTTP status of a page, redirects followed; None when there was no answer."""
    try:
        with _opener(url, allowlist, limits, deadline).open(_request(url)) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code
    except (DownloadFailed, http.client.HTTPException, OSError, ValueError):
        return None


def _save(
    url: str, target: Path, allowlist: UrlAllowlist, limits: Limits, deadline: Deadline
) -> None:
    try:
        with _opener(url, allowlist, limits, deadline).open(_request(url)) as answer:
            _check_content(answer)
            _stream(answer, target, limits)
    except HTTPError as error:
        raise _refusal(error) from None
    except (URLError, http.client.HTTPException, OSError, ValueError, zlib.error) as error:
        raise connection_failure(error) from None


def _opener(url: str, allowlist: UrlAllowlist, limits: Limits, deadline: Deadline) -> Any:
    return make_opener(url, Route(allowlist, deadline, limits.max_bytes + HEAD_BYTES))


def make_opener(url: str, route: Route, redirects: Any = None) -> Any:
    """What opens `url` by `route`, each redirect checked; `redirects` in place of urllib's
    handler.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        AllowlistHandler(route.allowlist),
        urllib.request.ProxyHandler({} if route.allowlist.is_local(url) else None),
        Opening(route),
        urllib.request.HTTPDefaultErrorHandler(),
        redirects or urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _request(url: str) -> urllib.request.Request:
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    return urllib.request.Request(url, headers=headers)  # noqa: S310 - the allow-list passes http(s) only


def connection_failure(error: Exception) -> DownloadFailed:
    """The failure of a connection; `is_offline` when none could be made."""
    while isinstance(error, URLError) and isinstance(error.reason, Exception):
        if isinstance(error, AddressRefused):
            break
        error = error.reason
    if isinstance(error, AddressRefused):
        return DownloadFailed("broken", f"not asked: {error.reason}")
    if isinstance(error, TooSlow):
        return DownloadFailed("broken", f"too slow: {error}")
    if isinstance(error, http.client.IncompleteRead):
        return DownloadFailed(
            "broken", "the connection broke before the file was whole", is_glitch=True
        )
    is_glitch = isinstance(error, (ConnectionError, http.client.RemoteDisconnected))
    is_offline = isinstance(error, OSError) and not isinstance(
        error, (ConnectionError, TimeoutError)
    )
    reason = f"no connection: {type(error).__name__}: {error}"
    return DownloadFailed("broken", reason, is_offline=is_offline, is_glitch=is_glitch)


def _check_content(answer: Any) -> None:
    """Raise DownloadFailed for a page or JSON instead of a file (login: by its path)."""
    kind = str(answer.headers.get_content_type())
    if not kind.startswith(("text/html", "application/json", "application/problem+json")):
        return
    if re.search(LOGIN_PATH, urlsplit(answer.geturl()).path):
        raise DownloadFailed("login", "the host asks for a login")
    text = re.sub(r"<[^>]*>", " ", answer.read(4096).decode("utf-8", "replace"))
    what = "a web page" if kind == "text/html" else "a JSON answer"
    outcome = by_text(text)
    raise DownloadFailed(
        "expired" if outcome == "removed" else outcome or "broken", f"{what} came instead of a file"
    )


def _stream(answer: Any, target: Path, limits: Limits) -> None:
    length = answer.headers.get("Content-Length") or ""
    if length.isdigit() and int(length) > limits.max_bytes:
        raise too_large(int(length), limits.max_bytes)
    size, count = 0, _Count()
    with target.open("wb") as out:
        for block in _unpack_blocks(answer, count):
            size += len(block)
            if size > limits.max_bytes:
                raise too_large(size, limits.max_bytes)
            out.write(block)
    if length.isdigit() and count.size < int(length):
        reason = f"the connection broke after {count.size} of {length} bytes"
        raise DownloadFailed("broken", reason, is_glitch=True)
    if size == 0:
        raise DownloadFailed("broken", "the answer was empty")


@dataclass(slots=True)
class _Count:
    """Bytes as they came, before they were unpacked."""

    size: int = 0


def _unpack_blocks(answer: Any, count: _Count) -> Iterator[bytes]:
    """The content a block at a time; some hosts compress it without being asked."""
    packing = str(answer.headers.get("Content-Encoding") or "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip", "deflate"):
        raise DownloadFailed("broken", f"the file is packed in a way we do not read: {packing}")
    unpacker = None if packing == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 32)
    while block := answer.read(CHUNK_BYTES):
        count.size += len(block)
        if unpacker is None:
            yield block
            continue
        while block:
            yield unpacker.decompress(block, CHUNK_BYTES)
            block = unpacker.unconsumed_tail


def too_large(size: int, limit: int) -> DownloadFailed:
    """A file beyond the limit."""
    return DownloadFailed("too_large", f"over {limit / 1e6:.0f} MB (at least {size / 1e6:.1f} MB)")


def read_head(answer: Any) -> str:
    """The text at the start of a refusal's body, without tags; '' when nothing can be read."""
    try:
        return re.sub(r"<[^>]*>", " ", answer.read(4096).decode("utf-8", "replace"))
    except (DownloadFailed, http.client.HTTPException, OSError, ValueError):
        return ""


def _refusal(error: HTTPError) -> DownloadFailed:
    outcome, reason = by_address(error.code, str(error.reason or ""), read_head(error))
    wait_s = retry_after(error.headers.get("Retry-After"), now=datetime.now(UTC))
    error.close()
    return DownloadFailed(outcome, reason, retry_after_s=wait_s, is_glitch=error.code >= 500)

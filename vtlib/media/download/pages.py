"""A post's page as a video file, by yt-dlp: its extractors read the page, its downloaders fetch.

Imported only where used (0.6 s). Every request goes through urllib and our allow-list: yt-dlp's
other request handlers follow redirects unchecked.
"""

from __future__ import annotations

import re
import shutil
import urllib.request
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import av
import yt_dlp
from av.error import FFmpegError
from yt_dlp.cookies import CookieLoadError
from yt_dlp.networking._helper import add_accept_encoding_header
from yt_dlp.networking._urllib import (
    HTTPHandler,
    ProxyHandler,
    RedirectHandler,
    UrllibRH,
    make_socks_conn_class,
)
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.utils import (
    GeoRestrictedError,
    UnsupportedError,
)

from vtlib.core.deadline import Deadline, TooSlow
from vtlib.core.models import PLATFORMS
from vtlib.core.rate_limits import retry_after
from vtlib.media.download.connection import PAGE_MAX_BYTES, Route, connection_class, unpack, way
from vtlib.media.download.direct import (
    HEAD_BYTES,
    LOGIN_PATH,
    Limits,
    connection_failure,
    read_head,
    too_large,
)
from vtlib.media.download.outcome import DownloadFailed, by_address, by_status, by_text
from vtlib.media.download.url_allowlist import AllowlistHandler, UrlAllowlist

# yt-dlp's extractors whose name differs from the platform; `generic` is added only for a configured
# loopback host.
_EXTRACTORS_OF = {"tiktok": "tiktok|vm.tiktok", "x": "twitter"}
EXTRACTORS = ["(" + "|".join(_EXTRACTORS_OF.get(p, p) for p in PLATFORMS) + ")(:.*)?"]
HTTP, HLS = "[protocol^=http]", "[protocol=m3u8_native]"
# A single file where there is one, else separate picture and sound, else a playlist.
FORMAT = f"b{HTTP}/bv*{HTTP}+ba{HTTP}/bv*{HTTP}/b{HLS}"


@dataclass(frozen=True, slots=True)
class Login:
    """Cookies to read pages with: a Netscape file (only ever copied) or a browser's name."""

    file: Path | None = None
    browser: str | None = None

    @property
    def is_set(self) -> bool:
        return bool(self.file or self.browser)


@dataclass(frozen=True, slots=True)
class Reader:
    """How pages are read. `more` are further yt-dlp options, by their names."""

    allowlist: UrlAllowlist
    limits: Limits
    login: Login = Login()
    more: Mapping[str, Any] = field(default_factory=dict)


def save(url: str, folder: Path, reader: Reader, *, deadline: Deadline | None = None) -> Path:
    """The video of the page `url` as a file in `folder`. Raises DownloadFailed with the outcome.

    `deadline`: that of the whole post. Only the page itself shows that a post is gone.
    """
    clock = deadline or reader.limits.begin()
    route = Route(reader.allowlist, clock, reader.limits.max_bytes + HEAD_BYTES)
    page: str | None = url
    try:
        reader.allowlist.check_name(url)
        with _Tool(_options(url, folder, reader, clock), route) as tool:
            info = tool.extract_info(url, download=False)
            page = None
            return _download(tool, info, folder, reader.limits)
    except DownloadFailed:
        raise
    except Exception as error:  # noqa: BLE001 - an extractor that meets a new page may raise anything
        failure = _failure(error, page)
        if failure.fetched.status == "broken" and clock.slowness:
            # yt-dlp's own message does not name the deadline.
            raise connection_failure(clock.slowness[-1]) from None
        raise failure from None


def _download(tool: Any, info: Any, folder: Path, limits: Limits) -> Path:
    while info and info.get("_type") in ("playlist", "multi_video"):
        info = next(iter(info.get("entries") or []), None)
    if not info:
        raise DownloadFailed("not_video", "no video in this post")
    parts = info.get("requested_formats") or [info]
    size = sum(p.get("filesize") or 0 for p in parts)
    if size > limits.max_bytes:
        raise too_large(size, limits.max_bytes)
    paths = []
    for number, part in enumerate(parts):
        path = folder / f"part{number}"
        if not tool.dl(str(path), {**info, **part})[0]:
            raise DownloadFailed("broken", "yt-dlp could not fetch the file")
        paths.append(path)
    return paths[0] if len(paths) == 1 else _join(paths, folder / "joined.mp4")


def _join(paths: list[Path], target: Path) -> Path:
    """Picture and sound in one MP4 (Matroska where MP4 cannot hold them), not re-encoded."""
    for name in (target, target.with_suffix(".mkv")):
        try:
            _mux(paths, name)
        except (FFmpegError, ValueError):
            name.unlink(missing_ok=True)
        else:
            return name
    raise DownloadFailed("broken", "picture and sound could not be joined")


def _mux(paths: list[Path], target: Path) -> None:
    options = {"movflags": "faststart"} if target.suffix == ".mp4" else {}
    with av.open(str(target), "w", options=options) as out:
        sources = [av.open(str(path)) for path in paths]
        try:
            packets = []
            for source in sources:
                stream = source.streams[0]
                output = out.add_stream_from_template(stream)
                packets.append((source.demux(stream), output))
            for source_packets, output in packets:
                for packet in source_packets:
                    if packet.dts is not None:
                        packet.stream = output
                        out.mux(packet)
        finally:
            for source in sources:
                source.close()


def _options(url: str, folder: Path, reader: Reader, deadline: Deadline) -> dict[str, Any]:
    is_local, limits, login = reader.allowlist.is_local(url), reader.limits, reader.login
    options: dict[str, Any] = {
        "allowed_extractors": [*EXTRACTORS, "generic", "html5"] if is_local else EXTRACTORS,
        "format": FORMAT,
        "format_sort": ["res:720", "vcodec:h264", "acodec:aac"],
        "playlist_items": "1",
        "noplaylist": True,
        "quiet": True,
        "noprogress": True,
        "no_warnings": True,
        "logger": _Silent(),
        "progress_hooks": [_watch(limits, deadline)],
        "retries": 2,
        "fragment_retries": 2,
        "extractor_retries": 1,
        "retry_sleep_functions": {"http": lambda n: 0.5 * n},
        "socket_timeout": limits.timeout_s,
        "cachedir": False,
        "nopart": True,
        "continuedl": False,
        "overwrites": True,
        "fixup": "never",
        "hls_prefer_native": True,
    }
    if is_local:
        options["proxy"] = ""  # loopback never goes through a proxy
    if login.file:
        # A copy, since yt-dlp rewrites the file.
        options["cookiefile"] = str(shutil.copy(login.file, folder / "cookies"))
    elif login.browser:
        options["cookiesfrombrowser"] = (login.browser,)
    return {**options, **reader.more}


def _watch(limits: Limits, deadline: Deadline) -> Callable[[dict[str, Any]], None]:
    def hook(event: dict[str, Any]) -> None:
        size = max(event.get("downloaded_bytes") or 0, event.get("total_bytes") or 0)
        if size > limits.max_bytes:
            raise too_large(size, limits.max_bytes)
        deadline.rest_s()

    return hook


class _Tool(yt_dlp.YoutubeDL):
    """yt-dlp with our request handler alone."""

    def __init__(self, options: dict[str, Any], route: Route) -> None:
        self._route = route
        super().__init__(options)

    def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:  # noqa: ARG002 - yt-dlp's own signature
        return super().build_request_director([_handler_class(self._route)])


class _Opening(HTTPHandler):
    """yt-dlp's own handler on our connections; compressed answers are unpacked within a limit."""

    def __init__(self, route: Route, **how: Any) -> None:
        super().__init__(**how)
        self.route = route

    def _make_conn_class(self, base: Any, req: Any) -> Any:
        socks_proxy = req.headers.pop("Ytdl-socks-proxy", None)
        if not socks_proxy:
            return connection_class(base, way(self.route, req))
        self.route.allowlist.check(req.full_url)
        socks_class = make_socks_conn_class(base, socks_proxy)
        return connection_class(socks_class, replace(self.route, is_proxied=True))

    @staticmethod
    def gz(data: bytes) -> bytes:
        return unpack(data, zlib.MAX_WBITS | 16, PAGE_MAX_BYTES) if data else data

    @staticmethod
    def deflate(data: bytes) -> bytes:
        if not data:
            return data
        try:
            return unpack(data, -zlib.MAX_WBITS, PAGE_MAX_BYTES)
        except zlib.error:
            return unpack(data, zlib.MAX_WBITS, PAGE_MAX_BYTES)

    @staticmethod
    def brotli(_data: bytes) -> bytes:
        raise DownloadFailed("broken", "the page is packed in a way we do not read: br")


def _handler_class(route: Route) -> type:
    class GatedRH(UrllibRH):
        _SUPPORTED_URL_SCHEMES = ("http", "https")

        def _create_instance(
            self, proxies: Any, cookiejar: Any, legacy_ssl_support: Any = None
        ) -> Any:
            context = self._make_sslcontext(legacy_ssl_support=legacy_ssl_support)
            opener = urllib.request.OpenerDirector()
            for handler in (
                AllowlistHandler(route.allowlist),
                ProxyHandler(proxies),
                _Opening(route, context=context, source_address=self.source_address),
                urllib.request.HTTPCookieProcessor(cookiejar),
                urllib.request.UnknownHandler(),
                urllib.request.HTTPDefaultErrorHandler(),
                urllib.request.HTTPErrorProcessor(),
                RedirectHandler(),
            ):
                opener.add_handler(handler)
            opener.addheaders = []
            return opener

        def _send(self, request: Any) -> Any:
            try:
                return super()._send(request)
            except DownloadFailed as failure:  # yt-dlp drops exceptions it does not know
                raise RequestError(cause=failure) from failure

        def _prepare_headers(self, _: Any, headers: Any) -> None:
            add_accept_encoding_header(headers, ["gzip", "deflate"])  # unpacked within a limit

    return GatedRH


class _Silent:
    def debug(self, text: str) -> None:
        """Messages are read from yt-dlp's errors instead."""

    info = warning = error = debug


def _failure(error: BaseException, page: str | None) -> DownloadFailed:
    """The failure behind an error; `page`: its address while it is being read, else None."""
    chain = list(_causes(error))
    for one in chain:
        if isinstance(one, DownloadFailed):
            return one
        if isinstance(one, TooSlow):
            return connection_failure(one)
        if isinstance(one, HTTPError):
            return _http_failure(one, page)
    return _extractor_failure(chain)


def _http_failure(error: HTTPError, page: str | None) -> DownloadFailed:
    is_page = page is not None and _is_of_page(error.response.url, page)
    body = "" if is_page else read_head(error.response)
    tell = by_status if is_page else partial(by_address, body=body)
    outcome, reason = tell(error.status, error.reason or "")
    wait_s = retry_after(error.response.headers.get("Retry-After"), now=datetime.now(UTC))
    return DownloadFailed(outcome, reason, retry_after_s=wait_s)


def _extractor_failure(chain: Sequence[BaseException]) -> DownloadFailed:
    """The failure behind yt-dlp's own errors, by class and message."""
    text = str(getattr(chain[-1], "orig_msg", None) or chain[0]).removeprefix("ERROR: ")
    if any(isinstance(c, CookieLoadError) for c in chain):
        return DownloadFailed("broken", f"the cookies cannot be read: {text}")
    if any(isinstance(c, GeoRestrictedError) for c in chain):
        return DownloadFailed("geo", text)
    if any(isinstance(c, UnsupportedError) for c in chain):
        return DownloadFailed("login" if re.search(LOGIN_PATH, text) else "not_video", text)
    for one in chain:
        if isinstance(one, URLError) or type(one) in (TimeoutError, ConnectionRefusedError):
            return connection_failure(one if isinstance(one, URLError) else URLError(one))
    if status := by_text(text):
        return DownloadFailed(status, text)
    is_expected = any(getattr(c, "expected", False) for c in chain)
    hint = "" if is_expected else " (if it goes on, update yt-dlp)"
    return DownloadFailed("broken", text.partition("; please report this issue")[0] + hint)


def _is_of_page(address: str, page: str) -> bool:
    """Whether `address` is the post's page, and not an API that the extractor requests too: a
    refusal of the API says nothing about the post.
    """
    path = urlsplit(address or page).path
    name = urlsplit(page).path.rstrip("/").rpartition("/")[2]
    return name in path and not re.search(r"/(api|graphql)/", path)


def _causes(error: BaseException | None) -> Any:
    ids: set[int] = set()
    queue = [error]
    while queue:
        one = queue.pop(0)
        if one is None or id(one) in ids:
            continue
        ids.add(id(one))
        yield one
        exc_info = getattr(one, "exc_info", None)
        inner = [exc_info[1]] if isinstance(exc_info, tuple) and len(exc_info) > 1 else []
        more = [getattr(one, "cause", None), one.__cause__, one.__context__]
        queue += [c for c in (*inner, *more) if isinstance(c, BaseException)]

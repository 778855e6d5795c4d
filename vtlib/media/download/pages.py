"""A post's page as a video file, by yt-dlp: its extractors read the page, its downloaders fetch.

Imported only where used (0.6 s). Every request goes through urllib and our gate: yt-dlp's other
request handlers follow redirects where nobody can look.
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
    beginning,
    broken,
    too_large,
)
from vtlib.media.download.outcome import DownloadFailed, by_address, by_status, by_text
from vtlib.media.download.url_allowlist import Gate, GateKeeper

# yt-dlp's extractors where they are not called as the platform; `generic` is added for a configured
# loopback host alone.
_EXTRACTORS_OF = {"tiktok": "tiktok|vm.tiktok", "x": "twitter"}
EXTRACTORS = ["(" + "|".join(_EXTRACTORS_OF.get(p, p) for p in PLATFORMS) + ")(:.*)?"]
HTTP, HLS = "[protocol^=http]", "[protocol=m3u8_native]"
# One file where there is one (nothing to join), else picture and sound apart, else a playlist.
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

    gate: Gate
    limits: Limits
    login: Login = Login()
    more: Mapping[str, Any] = field(default_factory=dict)


def save(url: str, folder: Path, reader: Reader, *, deadline: Deadline | None = None) -> Path:
    """The video of the page `url` as a file in `folder`. Raises Failed with the outcome told.

    `deadline`: the clock of the work this is part of. Only the page itself can tell that a post is
    gone.
    """
    clock = deadline or reader.limits.begin()
    route = Route(reader.gate, clock, reader.limits.max_bytes + HEAD_BYTES)
    page: str | None = url
    try:
        reader.gate.check_name(url)
        with _Tool(_options(url, folder, reader, clock), route) as tool:
            info = tool.extract_info(url, download=False)
            page = None
            return _download(tool, info, folder, reader.limits)
    except DownloadFailed:
        raise
    except Exception as error:  # noqa: BLE001 - an extractor that meets a new page may raise anything
        failure = _failure(error, page)
        if failure.fetched.status == "broken" and clock.slowness:  # yt-dlp's words say less
            raise broken(clock.slowness[-1]) from None
        raise failure from None


def _download(tool: Any, info: Any, folder: Path, limits: Limits) -> Path:
    while info and info.get("_type") in ("playlist", "multi_video"):
        info = next(iter(info.get("entries") or []), None)
    if not info:
        raise DownloadFailed("not_video", "no video in this post")
    parts = info.get("requested_formats") or [info]
    known = sum(p.get("filesize") or 0 for p in parts)
    if known > limits.max_bytes:
        raise too_large(known, limits.max_bytes)
    paths = []
    for number, part in enumerate(parts):
        path = folder / f"part{number}"
        if not tool.dl(str(path), {**info, **part})[0]:
            raise DownloadFailed("broken", "yt-dlp could not fetch the file")
        paths.append(path)
    return paths[0] if len(paths) == 1 else _joined(paths, folder / "joined.mp4")


def _joined(paths: list[Path], target: Path) -> Path:
    """Picture and sound put into one MP4 (Matroska where MP4 has no place for them), not encoded
    again.
    """
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
                made = out.add_stream_from_template(stream)
                packets.append((source.demux(stream), made))
            for demuxed, made in packets:
                for packet in demuxed:
                    if packet.dts is not None:
                        packet.stream = made
                        out.mux(packet)
        finally:
            for source in sources:
                source.close()


def _options(url: str, folder: Path, reader: Reader, deadline: Deadline) -> dict[str, Any]:
    is_local, limits, login = reader.gate.is_local(url), reader.limits, reader.login
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
        options["proxy"] = ""  # straight to this machine, whatever the environment says
    if login.file:
        options["cookiefile"] = str(
            shutil.copy(login.file, folder / "cookies")
        )  # yt-dlp rewrites it
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
    """yt-dlp with one way out."""

    def __init__(self, options: dict[str, Any], route: Route) -> None:
        self._route = route
        super().__init__(options)

    def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:  # noqa: ARG002 - yt-dlp's own signature
        return super().build_request_director([_gated(self._route)])


class _Opening(HTTPHandler):
    """yt-dlp's own handler on our connections; what came packed is unpacked within a limit."""

    def __init__(self, route: Route, **how: Any) -> None:
        super().__init__(**how)
        self.route = route

    def _make_conn_class(self, base: Any, req: Any) -> Any:
        socks_proxy = req.headers.pop("Ytdl-socks-proxy", None)
        if not socks_proxy:
            return connection_class(base, way(self.route, req))
        self.route.gate.check(req.full_url)
        made = make_socks_conn_class(base, socks_proxy)
        return connection_class(made, replace(self.route, is_proxied=True))

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


def _gated(route: Route) -> type:
    class GatedRH(UrllibRH):
        _SUPPORTED_URL_SCHEMES = ("http", "https")

        def _create_instance(
            self, proxies: Any, cookiejar: Any, legacy_ssl_support: Any = None
        ) -> Any:
            context = self._make_sslcontext(legacy_ssl_support=legacy_ssl_support)
            opener = urllib.request.OpenerDirector()
            for handler in (
                GateKeeper(route.gate),
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
            except DownloadFailed as failure:  # yt-dlp would forget what it does not know
                raise RequestError(cause=failure) from failure

        def _prepare_headers(self, _: Any, headers: Any) -> None:
            add_accept_encoding_header(headers, ["gzip", "deflate"])  # those with a limit

    return GatedRH


class _Silent:
    def debug(self, text: str) -> None:
        """What yt-dlp has to say is read from its errors."""

    info = warning = error = debug


def _failure(error: BaseException, page: str | None) -> DownloadFailed:
    """What an error means; `page` is the address of the page while it is read, None once it was."""
    chain = list(_causes(error))
    for one in chain:
        if isinstance(one, DownloadFailed):
            return one
        if isinstance(one, TooSlow):
            return broken(one)
        if isinstance(one, HTTPError):
            return _http_failure(one, page)
    return _extractor_failure(chain)


def _http_failure(error: HTTPError, page: str | None) -> DownloadFailed:
    is_page = page is not None and _is_of_page(error.response.url, page)
    body = "" if is_page else beginning(error.response)
    tell = by_status if is_page else partial(by_address, body=body)
    outcome, reason = tell(error.status, error.reason or "")
    wait_s = retry_after(error.response.headers.get("Retry-After"), now=datetime.now(UTC))
    return DownloadFailed(outcome, reason, retry_after_s=wait_s)


def _extractor_failure(chain: Sequence[BaseException]) -> DownloadFailed:
    """What yt-dlp's own errors mean, by their classes and by their words."""
    text = str(getattr(chain[-1], "orig_msg", None) or chain[0]).removeprefix("ERROR: ")
    if any(isinstance(c, CookieLoadError) for c in chain):
        return DownloadFailed("broken", f"the cookies cannot be read: {text}")
    if any(isinstance(c, GeoRestrictedError) for c in chain):
        return DownloadFailed("geo", text)
    if any(isinstance(c, UnsupportedError) for c in chain):
        return DownloadFailed("login" if re.search(LOGIN_PATH, text) else "not_video", text)
    for one in chain:
        if isinstance(one, URLError) or type(one) in (TimeoutError, ConnectionRefusedError):
            return broken(one if isinstance(one, URLError) else URLError(one))
    if status := by_text(text):
        return DownloadFailed(status, text)
    is_expected = any(getattr(c, "expected", False) for c in chain)
    hint = "" if is_expected else " (if it goes on, update yt-dlp)"
    return DownloadFailed("broken", text.partition("; please report this issue")[0] + hint)


def _is_of_page(address: str, page: str) -> bool:
    """Whether what was asked is the page of the post, and not one of the addresses a page's
    reader asks too: an interface's answer tells of the interface.
    """
    asked = urlsplit(address or page).path
    name = urlsplit(page).path.rstrip("/").rpartition("/")[2]
    return name in asked and not re.search(r"/(api|graphql)/", asked)


def _causes(error: BaseException | None) -> Any:
    seen: set[int] = set()
    queue = [error]
    while queue:
        one = queue.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        held = getattr(one, "exc_info", None)
        inner = [held[1]] if isinstance(held, tuple) and len(held) > 1 else []
        more = [getattr(one, "cause", None), one.__cause__, one.__context__]
        queue += [c for c in (*inner, *more) if isinstance(c, BaseException)]

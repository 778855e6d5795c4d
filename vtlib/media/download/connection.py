"""Connections to unknown hosts: only to checked addresses, every byte counted against a deadline.

Both openers use it, ours (`direct.py`) and yt-dlp's (`pages.py`). A name is resolved once, by
`url_allowlist.py`, and the connection goes to that address, so a DNS answer that changes in between
has no effect. The host's own name stays in the Host header and in TLS. Behind a proxy, the proxy
resolves names.
"""

from __future__ import annotations

import functools
import http.client
import socket
import ssl
import urllib.request
import zlib
from dataclasses import dataclass
from typing import Any

from vtlib.core.deadline import Deadline, Meter, call_within
from vtlib.media.download.outcome import DownloadFailed
from vtlib.media.download.url_allowlist import UrlAllowlist

PAGE_MAX_BYTES = 50_000_000  # pages with their scripts take 1 to 5 MB
_FILES = ("video/", "audio/", "image/", "application/octet-stream", "binary/", "application/mp4")


@dataclass(frozen=True, slots=True)
class Route:
    """How a connection is made. `max_bytes`: the limit of an answer, packed and unpacked."""

    allowlist: UrlAllowlist
    deadline: Deadline
    max_bytes: int
    is_proxied: bool = False


class _Metered:
    """Mixin of a socket class: each read waits as long as its meter allows."""

    meter: Meter | None = None

    def recv_into(self, *args: Any, **more: Any) -> int:
        if self.meter is None:
            return super().recv_into(*args, **more)  # type: ignore[misc]
        self.settimeout(self.meter.wait_s())  # type: ignore[attr-defined]
        with self.meter.waiting():
            size: int = super().recv_into(*args, **more)  # type: ignore[misc]
        self.meter.count(size)
        return size


class MeteredSocket(_Metered, socket.socket):
    """A plain socket with a meter."""


class MeteredTls(_Metered, ssl.SSLSocket):
    """A TLS socket with a meter."""


class _Connection:
    """Mixin of http.client's connections; `connection_class` sets the class attribute `route`."""

    route: Route
    sock: Any

    def connect(self) -> None:
        self._meter = Meter(self.route.deadline, self.route.max_bytes, _too_much(self.route))
        self._meter.begin_head()
        self._create_connection = self._dial
        self.timeout = self._meter.wait_s()
        if context := getattr(self, "_context", None):
            context.sslsocket_class = MeteredTls
        super().connect()  # type: ignore[misc]
        self.sock = _add_meter(self.sock, self._meter)

    def getresponse(self) -> http.client.HTTPResponse:
        self._meter.begin_head()
        answer: http.client.HTTPResponse = super().getresponse()  # type: ignore[misc]
        self._meter.begin_body()
        if not answer.headers.get_content_type().startswith(_FILES):
            self._meter.max_bytes = min(PAGE_MAX_BYTES, self.route.max_bytes)
        return answer

    def _dial(self, place: tuple[str, int], *_: Any) -> socket.socket:
        """A socket to the first checked address that answers. Raises OSError, AddressRefused."""
        host, port = place
        find = _resolve if self.route.is_proxied else self.route.allowlist.addresses
        error: OSError = OSError(f"{host} has no address")
        for address in call_within(self._meter.wait_s(), lambda: find(host, port)):
            try:
                return _connect(address, port, self._meter)
            except OSError as new:
                error = new
        raise error


def connection_class(base: type, route: Route) -> Any:
    """`base` (one of http.client's connection classes, or made of one) bound to `route`."""
    return type("Connection", (_Connection, base), {"route": route})


class Opening(urllib.request.AbstractHTTPHandler):
    """http and https for an opener of urllib, by `route`."""

    def __init__(self, route: Route) -> None:
        super().__init__()
        self.route = route

    def http_open(self, request: urllib.request.Request) -> Any:
        """The answer over plain HTTP."""
        return self.do_open(
            connection_class(http.client.HTTPConnection, way(self.route, request)), request
        )

    def https_open(self, request: urllib.request.Request) -> Any:
        """The answer over TLS."""
        connection = connection_class(http.client.HTTPSConnection, way(self.route, request))
        return self.do_open(functools.partial(connection, context=tls_context()), request)

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        """The request with its headers."""
        return self.do_request_(request)

    https_request = http_request


def way(route: Route, request: Any) -> Route:
    """`route` for this request. Behind a proxy only the name is checked."""
    is_proxied = bool(request._tunnel_host) or request.has_proxy()  # noqa: SLF001 - urllib shows it nowhere else
    if is_proxied:
        route.allowlist.check(request.full_url)
    return Route(route.allowlist, route.deadline, route.max_bytes, is_proxied)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The machine's own certificates, read once."""
    return ssl.create_default_context()


def unpack(data: bytes, wbits: int, max_bytes: int) -> bytes:
    """Content unpacked with `wbits`. Raises DownloadFailed beyond `max_bytes`, or zlib.error."""
    unpacker = zlib.decompressobj(wbits)
    content = unpacker.decompress(data, max_bytes)
    if unpacker.unconsumed_tail:
        raise DownloadFailed("too_large", f"unpacks to over {max_bytes / 1e6:.0f} MB")
    return content


def _too_much(route: Route) -> DownloadFailed:
    return DownloadFailed("too_large", f"more came than {route.max_bytes / 1e6:.0f} MB")


def _resolve(host: str, port: int) -> list[str]:
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in entries]


def _connect(address: str, port: int, meter: Meter) -> socket.socket:
    family, kind, protocol, _, target = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )[0]
    sock = MeteredSocket(family, kind, protocol)
    try:
        sock.settimeout(meter.wait_s())
        with meter.waiting():
            sock.connect(target)
    except BaseException:
        sock.close()
        raise
    sock.meter = meter
    return sock


def _add_meter(sock: Any, meter: Meter) -> Any:
    """A connected socket with its meter; a socket of yt-dlp's SOCKS code is converted."""
    if not isinstance(sock, _Metered):
        sock = MeteredSocket(fileno=sock.detach())
    sock.meter = meter
    sock.settimeout(meter.wait_s())
    return sock

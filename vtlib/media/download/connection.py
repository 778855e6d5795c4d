"""Connections to strangers' hosts: to the address that was checked, every byte under the meter of a
deadline.

Both openers use it, ours (`direct.py`) and yt-dlp's (`pages.py`). A name is resolved once, by the
list (`gate.py`), and the connection goes to what was resolved: an answer that changes in between
leads nowhere. The host's own name stays in the Host header and in TLS. Behind a proxy, names are
the proxy's to resolve.
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
from vtlib.media.download.url_allowlist import Gate

PAGE_MAX_BYTES = 50_000_000  # pages with their scripts take 1 to 5 MB
_FILES = ("video/", "audio/", "image/", "application/octet-stream", "binary/", "application/mp4")


@dataclass(frozen=True, slots=True)
class Route:
    """How a connection is made. `max_bytes`: no answer may be larger, as it comes and unpacked."""

    gate: Gate
    deadline: Deadline
    max_bytes: int
    is_proxied: bool = False


class _Metered:
    """Mixed into a socket class: each read waits as long as its meter allows."""

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
    """Mixed into http.client's connections. `route` is a class attribute of what
    `connection_class` makes.
    """

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
        self.sock = _metered(self.sock, self._meter)

    def getresponse(self) -> http.client.HTTPResponse:
        self._meter.begin_head()
        answer: http.client.HTTPResponse = super().getresponse()  # type: ignore[misc]
        self._meter.begin_body()
        if not answer.headers.get_content_type().startswith(_FILES):
            self._meter.max_bytes = min(PAGE_MAX_BYTES, self.route.max_bytes)
        return answer

    def _dial(self, place: tuple[str, int], *_: Any) -> socket.socket:
        """A socket to a checked address of the host, the first that answers. Raises OSError,
        Refused.
        """
        host, port = place
        find = _resolve if self.route.is_proxied else self.route.gate.addresses
        error: OSError = OSError(f"{host} has no address")
        for address in call_within(self._meter.wait_s(), lambda: find(host, port)):
            try:
                return _dialled(address, port, self._meter)
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
            connection_class(http.client.HTTPConnection, self._way(request)), request
        )

    def https_open(self, request: urllib.request.Request) -> Any:
        """The answer over TLS."""
        made = connection_class(http.client.HTTPSConnection, self._way(request))
        return self.do_open(functools.partial(made, context=tls_context()), request)

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        """The request with its headers."""
        return self.do_request_(request)

    https_request = http_request

    def _way(self, request: urllib.request.Request) -> Route:
        return way(self.route, request)


def way(route: Route, request: Any) -> Route:
    """`route` for this request. Behind a proxy nothing is resolved here, so the name alone is
    checked.
    """
    is_proxied = bool(request._tunnel_host) or request.has_proxy()  # noqa: SLF001 - urllib shows it nowhere else
    if is_proxied:
        route.gate.check(request.full_url)
    return Route(route.gate, route.deadline, route.max_bytes, is_proxied)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The machine's own trust, read once."""
    return ssl.create_default_context()


def unpack(data: bytes, wbits: int, max_bytes: int) -> bytes:
    """Content that came as gzip or deflate. Raises Failed beyond `max_bytes`, zlib.error for
    other bytes.
    """
    unpacker = zlib.decompressobj(wbits)
    content = unpacker.decompress(data, max_bytes)
    if unpacker.unconsumed_tail:
        raise DownloadFailed("too_large", f"unpacks to over {max_bytes / 1e6:.0f} MB")
    return content


def _too_much(route: Route) -> DownloadFailed:
    return DownloadFailed("too_large", f"more came than {route.max_bytes / 1e6:.0f} MB")


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _dialled(address: str, port: int, meter: Meter) -> socket.socket:
    family, kind, protocol, _, target = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )[0]
    made = MeteredSocket(family, kind, protocol)
    try:
        made.settimeout(meter.wait_s())
        with meter.waiting():
            made.connect(target)
    except BaseException:
        made.close()
        raise
    made.meter = meter
    return made


def _metered(made: Any, meter: Meter) -> Any:
    """A connected socket with its meter; one that a SOCKS proxy's code made is taken over."""
    if not isinstance(made, _Metered):
        made = MeteredSocket(fileno=made.detach())
    made.meter = meter
    made.settimeout(meter.wait_s())
    return made

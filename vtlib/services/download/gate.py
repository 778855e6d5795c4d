"""Which addresses may be asked: http(s) to public hosts of known platforms, and nothing else.

A URL comes from strangers, so it could point at a file, at this machine or into the local network. Names
are on a list, and what they resolve to is looked at too. The one loopback host let through is that of a
configured base URL.
"""

from __future__ import annotations

import ipaddress
import socket
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.parse import SplitResult, urlsplit

from vtlib.sources import SOURCES

# Hosts that deliver the platforms' media, seen in captures and in yt-dlp's extractors.
DELIVERY = frozenset(
    [
        "cdninstagram.com",
        "fbcdn.net",
        "fbsbx.com",
        "facebook.net",
        "tiktokcdn.com",
        "tiktokcdn-us.com",
        "tiktokcdn-eu.com",
        "tiktokv.com",
        "tiktokv.us",
        "tiktokv.eu",
        "ttwstatic.com",
        "byteoversea.com",
        "ibytedtos.com",
        "ibyteimg.com",
        "muscdn.com",
        "musical.ly",
        "googlevideo.com",
        "ytimg.com",
        "youtubei.googleapis.com",
        "twimg.com",
        "t.co",
        "pscp.tv",
        "licdn.com",
        "pinimg.com",
        "api.apify.com",
    ]
)


class Refused(URLError):
    """An address that may not be asked; `reason` says why."""


def _resolve(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class Gate:
    """What may be asked. `loopback` are `host:port` of configured base URLs; `resolve` names -> addresses."""

    loopback: frozenset[str] = frozenset()
    resolve: Callable[[str], list[str]] = _resolve

    @classmethod
    def of(cls, base_urls: Iterable[str | None]) -> Gate:
        """A gate that lets through the hosts of those base URLs that are on this machine."""
        parts = [urlsplit(u) for u in base_urls if u]
        return cls(frozenset(_place(p) for p in parts if _is_loopback(p.hostname or "")))

    def is_local(self, url: str) -> bool:
        """Whether `url` is on a configured loopback host."""
        parts = _split(url)
        return parts is not None and _place(parts) in self.loopback

    def knows(self, url: str) -> bool:
        """Whether `url` may be asked as far as its name tells."""
        try:
            self._name(url)
        except Refused:
            return False
        return True

    def check(self, url: str) -> None:
        """Raise Refused unless `url` may be asked, URLError when its host does not resolve."""
        scheme, host = self._name(url)
        if not host or _has_proxy(scheme, host):
            return  # behind a proxy, names are the proxy's to resolve, and it reaches what it may
        try:
            found = self.resolve(host)
        except OSError as error:
            raise URLError(error) from None
        if not found or not all(_is_public(address) for address in found):
            raise Refused(f"{host} leads to an address that is not public")

    def _name(self, url: str) -> tuple[str, str]:
        """(scheme, host) of an address whose name is on the list; the host is '' for our own loopback."""
        parts = _split(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("only http and https addresses are asked")
        if parts.username or parts.password:
            raise Refused("an address with a user name is not asked")
        if _place(parts) in self.loopback:
            return parts.scheme, ""
        host = parts.hostname.rstrip(".").lower()
        if parts.port not in (None, 80, 443) or not _is_known(host):
            raise Refused(f"{host} is no host of a known platform")
        return parts.scheme, host


class GateKeeper(urllib.request.BaseHandler):
    """In an opener, puts every request before the gate, those of redirects included."""

    handler_order = 0

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    def http_request(self, request: Any) -> Any:
        """The request, unchanged; raises Refused."""
        self.gate.check(request.full_url)
        return request

    https_request = http_request


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    return parts


def _place(parts: SplitResult) -> str:
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _is_known(host: str) -> bool:
    domains = DELIVERY.union(*(s.HOSTS for s in SOURCES.values()))
    return any(host == d or host.endswith("." + d) for d in domains)


def _has_proxy(scheme: str, host: str) -> bool:
    return scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)

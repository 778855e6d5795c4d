"""The URL allow-list: http(s) to public hosts of known platforms, and nothing else.

URLs come from strangers and could point at a file, at this machine or into the local network.
Host names must be on a list, and their resolved addresses are checked too. The only loopback host
allowed is that of a configured base URL.
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

from vtlib.platforms import SOURCES

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


_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that IANA allocates
# IPv6 prefixes whose last 32 bits are an IPv4 address. NAT64's prefix (RFC 6052) is the answer of
# IPv6-only networks for every host that has IPv4 alone.
_TRANSLATED = tuple(
    ipaddress.IPv6Network(prefix)
    for prefix in (
        "64:ff9b::/96",
        "::ffff:0:0/96",  # v4-mapped, RFC 4291
        "::ffff:0:0:0/96",  # v4-translated, RFC 2765
        "::/96",  # v4-compatible, RFC 4291
    )
)


class AddressRefused(URLError):
    """An address that is not allowed; `reason` says why."""


def _resolve(host: str) -> list[str]:
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in entries]


@dataclass(frozen=True)
class UrlAllowlist:
    """The allow-list. `loopback`: `host:port` of base URLs; `resolve`: name to addresses."""

    loopback: frozenset[str] = frozenset()
    resolve: Callable[[str], list[str]] = _resolve

    @classmethod
    def of(cls, base_urls: Iterable[str | None]) -> UrlAllowlist:
        """An allow-list that also passes those of the base URLs that are on this machine."""
        parts = [urlsplit(u) for u in base_urls if u]
        return cls(frozenset(_place(p) for p in parts if _is_loopback(p.hostname or "")))

    def is_local(self, url: str) -> bool:
        """Whether `url` is on a configured loopback host."""
        parts = _split(url)
        return parts is not None and _place(parts) in self.loopback

    def knows(self, url: str) -> bool:
        """Whether the name of `url` is allowed; nothing is resolved."""
        try:
            self.check_name(url)
        except AddressRefused:
            return False
        return True

    def check(self, url: str) -> None:
        """Raise AddressRefused unless `url` is allowed, URLError when its host does not resolve."""
        scheme, host = self.check_name(url)
        if not host or _has_proxy(scheme, host):
            return  # a proxy resolves names itself
        self._public(host)

    def addresses(self, host: str, port: int) -> list[str]:
        """The checked addresses of `host`: connect to these and do not resolve again.

        Raises AddressRefused when one is not allowed, URLError when the host does not resolve.
        """
        if f"{host}:{port}" not in self.loopback:
            return self._public(host.rstrip(".").lower())
        own = self._resolved(host, _resolve)
        if not own or not all(_is_loopback(address) for address in own):
            raise AddressRefused(f"{host} is a name of this machine and leads elsewhere")
        return own

    def _public(self, host: str) -> list[str]:
        addresses = self._resolved(host, self.resolve)
        if not addresses or not all(_is_public(address) for address in addresses):
            raise AddressRefused(f"{host} leads to an address that is not public")
        return addresses

    def _resolved(self, host: str, resolve: Callable[[str], list[str]]) -> list[str]:
        try:
            return resolve(host)
        except OSError as error:
            raise URLError(error) from None

    def check_name(self, url: str) -> tuple[str, str]:
        """(scheme, host) of `url`; the host is '' for our own loopback. Nothing is resolved.

        Raises AddressRefused unless the name is on the list.
        """
        parts = _split(url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise AddressRefused("only http and https addresses are asked")
        if parts.username or parts.password:
            raise AddressRefused("an address with a user name is not asked")
        if _place(parts) in self.loopback:
            return parts.scheme, ""
        host = parts.hostname.rstrip(".").lower()
        if parts.port not in (None, 80, 443) or not _is_known(host):
            raise AddressRefused(f"{host} is no host of a known platform")
        return parts.scheme, host


class AllowlistHandler(urllib.request.BaseHandler):
    """Handler of an opener that checks the name of every request, redirects included.

    Addresses are checked where the connection is made (`connection.py`).
    """

    handler_order = 0

    def __init__(self, allowlist: UrlAllowlist) -> None:
        self.allowlist = allowlist

    def http_request(self, request: Any) -> Any:
        """The request, unchanged; raises AddressRefused."""
        self.allowlist.check_name(request.full_url)
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
    """Whether an address, and every IPv4 address in it, is on the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return _is_public_v4(ip)
    if any(ip in prefix for prefix in _TRANSLATED):
        return _is_public_v4(_last_v4(ip))
    is_unicast = ip in _UNICAST and ip.is_global and not ip.is_reserved
    return is_unicast and all(_is_public_v4(v4) for v4 in _embedded_v4(ip))


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded_v4(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses in an IPv6 one: 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214)."""
    addresses = [*([address.sixtofour] if address.sixtofour else []), *(address.teredo or ())]
    # The upper half of an ISATAP interface is 0000:5EFE or, for a global IPv4, 0200:5EFE.
    if address.packed[8:12] in (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe"):
        addresses.append(_last_v4(address))
    return addresses


def _last_v4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(address.packed[-4:])

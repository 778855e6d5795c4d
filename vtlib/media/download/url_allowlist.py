"""Which addresses may be asked: http(s) to public hosts of known platforms, and nothing else.

A URL comes from strangers, so it could point at a file, at this machine or into the local network.
Names are on a list, and what they resolve to is looked at too. The one loopback host let through is
that of a configured base URL.
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


_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that IANA gives out
# Where an IPv6 address is another way to write an IPv4 one: the last 32 bits. NAT64's own
# prefix (RFC 6052) is what IPv6-only networks answer for every host that has IPv4 alone.
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
    """An address that may not be asked; `reason` says why."""


def _resolve(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class Gate:
    """What may be asked. `loopback` are `host:port` of configured base URLs; `resolve` names ->
    addresses.
    """

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
        except AddressRefused:
            return False
        return True

    def check_name(self, url: str) -> None:
        """Raise Refused unless `url` may be asked as far as its name tells; nothing is resolved."""
        self._name(url)

    def check(self, url: str) -> None:
        """Raise Refused unless `url` may be asked, URLError when its host does not resolve."""
        scheme, host = self._name(url)
        if not host or _has_proxy(scheme, host):
            return  # behind a proxy, names are the proxy's to resolve, and it reaches what it may
        self._public(host)

    def addresses(self, host: str, port: int) -> list[str]:
        """What `host` resolves to, every address checked: connect to these and resolve no more.

        Raises Refused when one of them may not be asked, URLError when the host does not resolve.
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

    def _name(self, url: str) -> tuple[str, str]:
        """(scheme, host) of an address whose name is on the list; the host is '' for our own
        loopback.
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


class GateKeeper(urllib.request.BaseHandler):
    """In an opener, puts every request's name before the gate, those of redirects included.

    Its address is checked where the connection is made (`connection.py`).
    """

    handler_order = 0

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    def http_request(self, request: Any) -> Any:
        """The request, unchanged; raises Refused."""
        self.gate.check_name(request.full_url)
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
    """Whether an address is on the public internet, and so is every IPv4 address that it
    carries.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return _is_public_v4(parsed)
    if any(parsed in prefix for prefix in _TRANSLATED):
        return _is_public_v4(_last_v4(parsed))
    is_unicast = parsed in _UNICAST and parsed.is_global and not parsed.is_reserved
    return is_unicast and all(_is_public_v4(v4) for v4 in _carried(parsed))


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses inside a global IPv6 address: 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP
    (RFC 5214).
    """
    carried = [*([address.sixtofour] if address.sixtofour else []), *(address.teredo or ())]
    # The upper half of an ISATAP interface is 0000:5EFE or, for a global IPv4, 0200:5EFE.
    if int(address) >> 32 & 0xFDFFFFFF == 0x5EFE:
        carried.append(_last_v4(address))
    return carried


def _last_v4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)

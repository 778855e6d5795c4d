"""URLs taken apart safely: only http(s), only public names, look-alike hosts kept apart."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from vtlib.core.errors import BadInput

# A URL that means itself in each of its parts, as nearly all of an export do.
_PLAIN = re.compile(
    r"https?://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?P<path>/[\w./@~-]*)?"
    r"(?:\?(?P<query>[\w.=&%-]*))?",
    re.ASCII,
)
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Address:
    """A URL in parts: `host` lower case without port, `path` decoded and without empty parts."""

    host: str
    path: tuple[str, ...]
    query: dict[str, str]
    url: str

    def is_on(self, domains: frozenset[str]) -> bool:
        """Whether the host is one of `domains` or a subdomain of one."""
        return _is_on(self.host, domains)


@lru_cache(maxsize=4096)
def _is_on(host: str, domains: frozenset[str]) -> bool:
    return any(host == d or host.endswith("." + d) for d in domains)


# An item names the same few URLs again and again, and so does its neighbour.
@lru_cache(maxsize=4096)
def split_url(text: str) -> Address:
    """Take a pasted URL apart; a missing scheme means https.

    Raises BadInput for other schemes, for user names in the address, and for anything that is not a
    public host name (IP addresses, localhost, names without a dot): pitfall 53.
    """
    if plain := _PLAIN.fullmatch(text):
        host, path, query = plain.group("host", "path", "query")
        if _is_public_name(host):
            return _address(host, path or "", query or "", text)
    url = text.strip().strip("<>\"'").replace("&amp;", "&")
    if not _SCHEME.match(url) or re.match(r"^[\w.-]+:\d+(/|$)", url):
        url = "https://" + url.lstrip("/")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        port = parts.port
    except ValueError:
        raise BadInput(f"{text!r} is no URL.", todo="Paste a post's full URL.") from None
    if parts.scheme not in ("http", "https"):
        raise BadInput(f"{text!r}: only http and https URLs are accepted.")
    if parts.username or parts.password or port not in (None, 80, 443) or not _is_public_name(host):
        raise BadInput(
            f"{text!r} does not point at a public web site.", todo="Paste a post's full URL."
        )
    return _address(host, parts.path, parts.query, url)


def _address(host: str, path: str, query: str, url: str) -> Address:
    parts = [unquote(p) if "%" in p else p for p in path.split("/") if p]
    return Address(host, tuple(parts), dict(parse_qsl(query)) if query else {}, url)


def try_split(value: object) -> Address | None:
    """An item's URL field taken apart; None when it is absent or no usable http(s) URL."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return split_url(value)
    except BadInput:
        return None


@lru_cache(maxsize=1024)
def _is_public_name(host: str) -> bool:
    if "." not in host or host.endswith((".local", ".internal", ".localhost")):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return (
            bool(re.fullmatch(r"[a-z0-9.-]+", host))
            and not host.rsplit(".", maxsplit=1)[-1].isdigit()
        )
    return False

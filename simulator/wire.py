"""Requests, replies and routes: what every service of the loopback world is written in."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` is decoded, header names are lower case, a gzip body is unpacked."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        parts = urlsplit(target)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, unquote(parts.path), query, headers, body)

    def json(self) -> Any:
        """The body as JSON, None when it is empty. Raises ValueError when it is no JSON."""
        return orjson.loads(self.body) if self.body.strip() else None

    def number(self, key: str, default: float) -> float:
        """A number in the query, `default` when it is missing or no number."""
        try:
            return float(self.query[key])
        except (KeyError, ValueError):
            return default


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply. `body_bytes_sent` under the body's length breaks the connection there;
    `drop` sends nothing at all and closes; `pause_s` waits before the first byte.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    body_bytes_sent: int | None = None
    drop: bool = False
    pause_s: float = 0.0

    def with_headers(self, **headers: str) -> Reply:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        return replace(self, headers={**self.headers, **named})


Handler = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`name` groups requests in the log and in faults; `path` is a pattern whose named groups
    become the keyword arguments of `handle(request, **groups)`. `is_open` needs no token.
    """

    name: str
    method: str
    path: re.Pattern[str]
    handle: Handler
    is_open: bool = False


def route(name: str, method: str, path: str, handle: Handler, *, is_open: bool = False) -> Route:
    """A route from a path with `{groups}` (one part each): `/v2/actor-runs/{run_id}`."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    return Route(name, method, re.compile(pattern), handle, is_open)


def json_reply(value: Any, *, status: int = 200) -> Reply:
    """`value` as a JSON reply."""
    return Reply(status, orjson.dumps(value), {"Content-Type": "application/json; charset=utf-8"})


def html_reply(text: str, *, status: int = 200, reason: str = "") -> Reply:
    """A web page with one sentence on it."""
    page = (
        f"<!doctype html><html><head><title>{text}</title></head><body><p>{text}</p></body></html>"
    )
    return Reply(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"}, reason)

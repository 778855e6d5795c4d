"""Who gets in, and what every answer of the site carries: middleware for Starlette."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vtlib.serving import people
from vtlib.serving.people import Visitor
from vtlib.store.project import Workspace

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
OPEN_PATHS = ("/healthz",)
MOST, WINDOW_S, NAMES_MAX = 10, 600.0, 10_000  # wrong passwords of a name, s
_BASE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
UNFRAMED = "frame-ancestors 'none'"


@dataclass(frozen=True)
class SiteOptions:
    """How the site is reached. `names`: host names it answers to beside loopback; `proxy_header`:
    the header in which a proxy at one of `proxies` (addresses) names who signed in, "" = sign-in by
    password; `local`: who works here where nobody is invited; `allow_drafts`: assistants may write.
    """

    names: tuple[str, ...] = ()
    proxy_header: str = ""
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    local: Visitor | None = None
    allow_drafts: bool = False


class Attempts:
    """Wrong passwords by name: after MOST within WINDOW_S seconds the name waits, also for the
    right one, so that nobody can guess on. In memory, of this process.
    """

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}
        self._guard = threading.Lock()

    def are_over(self, name: str) -> bool:
        with self._guard:
            times = self._times.get(name, deque())
            while times and times[0] < time.monotonic() - WINDOW_S:
                times.popleft()
            return len(times) >= MOST

    def note(self, name: str, *, is_right: bool) -> None:
        """Count a wrong one; a right one starts anew."""
        with self._guard:
            if is_right:
                self._times.pop(name, None)
                return
            if len(self._times) >= NAMES_MAX:
                self._times.pop(next(iter(self._times)))
            self._times.setdefault(name, deque(maxlen=MOST)).append(time.monotonic())


class SignIn:
    """Who asks: an authentication backend of Starlette."""

    def __init__(self, at: Workspace, options: SiteOptions) -> None:
        self.at, self.options, self.attempts = at, options, Attempts()

    async def authenticate(self, conn: HTTPConnection) -> Any:
        from anyio.to_thread import run_sync  # noqa: PLC0415
        from starlette.authentication import AuthCredentials, AuthenticationError  # noqa: PLC0415

        if conn.url.path in OPEN_PATHS:
            return None
        visitor = self.options.local or await run_sync(self._visitor, conn)
        if visitor is None:
            raise AuthenticationError("Sign in first.")
        return AuthCredentials(["team"] if visitor.is_team else ["client"]), visitor

    def _visitor(self, conn: HTTPConnection) -> Visitor | None:
        if header := self.options.proxy_header:
            peer = conn.client.host if conn.client else ""
            names = conn.headers.getlist(header) if peer in self.options.proxies else []
            return people.visitor(self.at, _utf8(names[0])) if len(names) == 1 else None
        name, password = _basic(conn.headers.get("authorization", ""))
        if not name or self.attempts.are_over(name):
            return None
        visitor = people.signed_in(self.at, name, password)
        self.attempts.note(name, is_right=visitor is not None)
        return visitor


def _utf8(header: str) -> str:
    """A header's text, which Starlette reads as Latin-1, as the UTF-8 that proxies send."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header


def _basic(header: str) -> tuple[str, str]:
    """Name and password of an Authorization header; empty where it has none."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic" or len(text) > 2000:
        return "", ""
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def sign_in_first(_conn: HTTPConnection, _error: Exception) -> Response:
    """The answer to whoever did not sign in: browsers then ask for name and password."""
    from starlette.responses import PlainTextResponse  # noqa: PLC0415

    header = {"WWW-Authenticate": 'Basic realm="ViralTracker", charset="UTF-8"'}
    return PlainTextResponse("Sign in first.\n", status_code=401, headers=header)


class SameOrigin:
    """Requests that write come from a page of this site, or from no page at all."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.datastructures import Headers  # noqa: PLC0415
        from starlette.responses import PlainTextResponse  # noqa: PLC0415

        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            headers = Headers(scope=scope)
            origin = headers.get("origin", "")
            is_other = bool(origin) and origin.partition("://")[2] != headers.get("host")
            if is_other or headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                refusal = PlainTextResponse("From another site.\n", status_code=403)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


class SafeHeaders:
    """Headers on every answer: never framed, guessed at, cached, or read across origins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.datastructures import MutableHeaders  # noqa: PLC0415

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _BASE_HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", f"{NO_SCRIPTS}; {UNFRAMED}")
            await send(message)

        await self.app(scope, receive, sent)


class TeamOnly:
    """The tools of the workbench know all brands: they are for the team."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import PlainTextResponse  # noqa: PLC0415

        if scope["type"] == "http" and not scope["user"].is_team:
            await PlainTextResponse("For the team.\n", status_code=403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

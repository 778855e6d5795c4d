"""The site: reports as they were rendered, shared scripts with their form, tools of assistants.

Starlette and uvicorn, which come with `mcp`. Sign-in is HTTP Basic against the hashes of `people`,
or a header that the team's proxy sets; the workspace alone on its own machine needs none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import asynccontextmanager
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vtlib.core.errors import BadInput, VtError
from vtlib.report import reviews as report_reviews
from vtlib.run.copies import PAGES
from vtlib.scripts import reviews
from vtlib.serving import published, site_page
from vtlib.serving.assistant import build, require_team
from vtlib.serving.guards import (
    LOOPBACK,
    NO_SCRIPTS,
    UNFRAMED,
    SafeHeaders,
    SameOrigin,
    SignIn,
    SiteOptions,
    TeamOnly,
    sign_in_first,
)
from vtlib.serving.people import Visitor
from vtlib.store.project import Workspace

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_HEAD_CHARS = 8192  # the policy stands before the style


def application(at: Workspace, options: SiteOptions) -> Starlette:
    """The site as an ASGI application. Raises CredentialsMissing without the extra `team`."""
    require_team("serve")
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.middleware import Middleware  # noqa: PLC0415
    from starlette.middleware.authentication import AuthenticationMiddleware  # noqa: PLC0415
    from starlette.middleware.trustedhost import TrustedHostMiddleware  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    tools = build(at, writer=_writer if options.allow_drafts else None)
    # Host and origin are checked here for all paths.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    mcp_app = tools.streamable_http_app(
        streamable_http_path="/mcp",
        json_response=True,
        stateless_http=True,
        transport_security=security,
    )
    pages = _Pages(at)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        async with tools.session_manager.run():
            yield

    sign_in: Any = SignIn(at, options)  # Starlette's protocol; its class would be loaded by all
    hosts = [*LOOPBACK, "[::1]", *options.names]
    return Starlette(
        routes=[
            Route("/", pages.index),
            Route("/healthz", pages.health),
            Route("/auth", pages.auth),
            Route("/runs/{run_id}/reviews", pages.report_review, methods=["POST"]),
            Route("/runs/{run_id}/{path:path}", pages.report),
            Route("/scripts/{script_id}/{version:int}", pages.script),
            Route("/scripts/{script_id}/{version:int}/reviews", pages.review, methods=["POST"]),
            Route("/mcp", TeamOnly(mcp_app)),
        ],
        middleware=[
            Middleware(SafeHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
            Middleware(SameOrigin),
            Middleware(AuthenticationMiddleware, backend=sign_in, on_error=sign_in_first),
        ],
        lifespan=lifespan,
    )


class _Pages:
    """The endpoints; each is one operation on the database, in a thread of the server's pool."""

    def __init__(self, at: Workspace) -> None:
        self.at = at

    def health(self, _: Request) -> Response:
        from starlette.responses import PlainTextResponse  # noqa: PLC0415

        return PlainTextResponse("ok\n")

    def index(self, request: Request) -> Response:
        visitor: Visitor = request.user
        with self.at.store.session(is_reading=True):
            runs = published.reports(self.at, visitor)
            scripts = [
                row
                for row in reviews.shared_versions(self.at)
                if visitor.is_team or row["brand_id"] == visitor.brand
            ]
            answers = report_reviews.last_decisions(self.at)
        now = self.at.now()
        return _html(site_page.index_page(visitor, runs, scripts, answers=answers, now=now))

    def auth(self, request: Request) -> Response:
        """For a proxy before the desk (forward_auth, auth_request): who of the team asks."""
        from starlette.responses import Response  # noqa: PLC0415

        visitor: Visitor = request.user
        if not visitor.is_team or visitor.role == "viewer":
            return Response(status_code=403)
        # Headers are ASCII: other letters are percent-encoded, and read back by the desk.
        return Response(
            status_code=204, headers={"X-Vt-Person": quote(visitor.person, safe=" @.'")}
        )

    def report(self, request: Request) -> Response:
        from starlette.responses import FileResponse  # noqa: PLC0415

        run_id, path = request.path_params["run_id"], request.path_params["path"]
        target = published.file_of(self.at, request.user, run_id, path or "index.html")
        if target is None:
            return _missing()
        if target.suffix.lower() not in PAGES:
            return FileResponse(target)
        html = target.read_text("utf-8", "replace")
        page = path or "index.html"
        return _html(site_page.report_page(self.at, html, run_id, page, visitor=request.user))

    def script(self, request: Request) -> Response:
        try:
            one = self._shared(request)
        except BadInput:  # it names a creator by now
            one = None
        if one is None:
            return _missing()
        visitor: Visitor = request.user
        post_to = f"{request.url.path}/reviews"
        return _html(site_page.script_page(self.at, one, visitor, post_to=post_to))

    async def review(self, request: Request) -> Response:
        return await _answered(request, self._take_in)

    async def report_review(self, request: Request) -> Response:
        return await _answered(request, self._take_in_report)

    def _take_in(self, request: Request, data: bytes) -> Response:
        visitor: Visitor = request.user
        one = self._shared(request)
        if one is None:
            return _missing()
        review: reviews.Review = reviews.read(data)
        if (review.script_id, review.version) != (one.script_id, one.version):
            raise BadInput("it answers another script.")
        if review.decision not in visitor.decisions:
            return _told(f"{visitor.person} may not do that here.", 403)
        # Whoever the form names: it is the one who signed in.
        own = review.model_copy(update={"reviewer": visitor.person})
        outcome = reviews.take_in(self.at, own, by=visitor.person, came_by="site")
        return _told(outcome.sentence, 409 if outcome.refusal else 200)

    def _take_in_report(self, request: Request, data: bytes) -> Response:
        visitor: Visitor = request.user
        run_id = request.path_params["run_id"]
        if published.file_of(self.at, visitor, run_id, "index.html") is None:
            return _missing()
        review = reviews.read(data, report_reviews.ReportReview)
        if review.run_id != run_id:
            raise BadInput("it answers another report.")
        if review.decision not in visitor.decisions:
            return _told(f"{visitor.person} may not do that here.", 403)
        own = review.model_copy(update={"reviewer": visitor.person})
        outcome = report_reviews.take_in(self.at, own, by=visitor.person, came_by="site")
        return _told(outcome.sentence, 200)

    def _shared(self, request: Request) -> reviews.SharedScript | None:
        """The shared version that is asked for, if the visitor may read it."""
        key = (request.path_params["script_id"], request.path_params["version"])
        visitor: Visitor = request.user
        rows = [
            row
            for row in reviews.shared_versions(self.at)
            if (row["script_id"], row["version"]) == key
            and (visitor.is_team or row["brand_id"] == visitor.brand)
        ]
        return reviews.shared(self.at, key[0], version=key[1]) if rows else None


def _writer(request: Any) -> str:
    visitor: Visitor = request.user
    if visitor.role == "viewer":
        raise BadInput(f"{visitor.person} may read only.", todo="Editors and approvers may write.")
    return visitor.person


def _html(text: str) -> Response:
    """A page under the policy it was made with; one without a policy runs no script."""
    from starlette.responses import HTMLResponse  # noqa: PLC0415

    match = _POLICY.search(text[:_HEAD_CHARS])
    policy = unescape(match.group(1)) if match else NO_SCRIPTS
    return HTMLResponse(text, headers={"Content-Security-Policy": f"{policy}; {UNFRAMED}"})


async def _answered(request: Request, take_in: Callable[[Request, bytes], Response]) -> Response:
    """What became of the answer in the body of a request; an error is told in words."""
    from anyio.to_thread import run_sync  # noqa: PLC0415

    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        return _told("Send JSON.", 415)
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > reviews.FILE_MAX_BYTES:
            return _told("It is larger than 1 MB, which no answer is.", 413)
    try:
        return await run_sync(take_in, request, data)
    except VtError as error:
        return _told(str(error), 422)


def _told(message: str, status: int) -> Response:
    from starlette.responses import JSONResponse  # noqa: PLC0415

    sentence = message[0].upper() + message[1:].removesuffix(".") + "."
    return JSONResponse({"message": sentence}, status_code=status)


def _missing() -> Response:
    """The same for what is not there and for what is not for this visitor."""
    from starlette.responses import PlainTextResponse  # noqa: PLC0415

    return PlainTextResponse("There is no such page.\n", status_code=404)


def serve(
    at: Workspace,
    options: SiteOptions,
    *,
    host: str,
    port: int,
    on_start: Callable[[str], None],
) -> None:
    """Serve until it is interrupted. Raises BadInput where others could reach a site without
    sign-in.
    """
    app = application(at, options)
    import uvicorn  # noqa: PLC0415 - of the extra team

    if options.local is not None and host not in LOOPBACK:
        raise BadInput(
            f"at {host} others can reach it, and nobody is invited.",
            todo="First: vt serve invite NAME, or give --proxy-header.",
        )
    on_start(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    # A peer is who connects, not who a header says: only then is the proxy's header to be trusted.
    uvicorn.run(
        app, host=host, port=port, proxy_headers=False, server_header=False, log_level="warning"
    )

"""One process on 127.0.0.1 that is every service of the simulated world."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from simulator.apify import ApifyApi
from simulator.build import build_world
from simulator.clock import Clock
from simulator.control import Control
from simulator.faults import FaultPlan
from simulator.gemini import GeminiApi, Habits
from simulator.host import VideoHost
from simulator.transport import Journal, Transport
from simulator.wire import Reply, Request, Route, json_reply
from simulator.world import EPOCH
from vtlib.core.errors import BadInput

TOKEN = "sandbox-token"  # noqa: S105 (opens nothing but this sandbox)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a sandbox is set up. `clips` keeps rendered films (None = a folder that goes with the
    process); `factor` simulated seconds a real second; `run_s` real seconds an actor runs; with
    `fault_seed` passing faults meet `fault_rate` of the requests; `model` is how the simulated
    model behaves.
    """

    seed: int = 7
    epoch: datetime = EPOCH
    factor: float = 0.0
    run_s: float = 0.3
    clips: Path | None = None
    port: int = 0
    fault_seed: int | None = None
    fault_rate: float = 0.1
    model: Habits = field(default_factory=Habits)


class Sandbox:
    """The services of one world and the table of their routes; more services add theirs to
    `routes`.
    """

    def __init__(self, settings: Settings, clips: Path) -> None:
        self.world = build_world(seed=settings.seed, epoch=settings.epoch)
        self.clock = Clock(settings.epoch, factor=settings.factor)
        self.faults, self.journal = FaultPlan(), Journal()
        if settings.fault_seed is not None:
            self.faults.add({"seed": settings.fault_seed, "rate": settings.fault_rate})
        self.transport = Transport(self.faults)
        self.api = ApifyApi(self.world, self.clock, self.faults, run_s=settings.run_s)
        self.host = VideoHost(self.world, self.clock, self.faults, clips)
        self.gemini = GeminiApi(self.world, self.faults, clips, key=TOKEN, habits=settings.model)
        self.control = Control(self.api, self.clock, self.faults, self.journal)
        self.routes: list[Route] = [
            *self.api.routes(),
            *self.host.routes(),
            *self.gemini.routes(),
            *self.control.routes(),
        ]

    def answer(self, request: Request) -> Reply:
        """Find the route, check the token, run the handler with its faults, and note it all."""
        for route in self.routes:
            match = route.path.fullmatch(request.path)
            if route.method != request.method or not match:
                continue
            if not route.is_open and request.headers.get("authorization") != f"Bearer {TOKEN}":
                reply, fault = _unauthorized(), ""
            else:
                handle, groups = route.handle, match.groupdict()
                reply, fault = self.transport.run(route, request, lambda: handle(request, **groups))  # noqa: B023 (called at once)
            if not route.name.startswith("control"):
                self.journal.note(route.name, request, reply, fault)
            return reply
        reply = json_reply(
            {"error": {"type": "page-not-found", "message": f"No {request.path} here."}}, status=404
        )
        self.journal.note("unknown", request, reply, "")
        return reply


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers at `url`."""

    url: str
    token: str
    sandbox: Sandbox

    def facts(self) -> dict[str, Any]:
        """What a client needs, as environment variables and addresses."""
        return {
            "url": self.url,
            "env": {
                "VT_APIFY_URL": self.url,
                "APIFY_TOKEN": self.token,
                "VT_GEMINI_URL": self.url,
                "GEMINI_API_KEY": self.token,
            },
            "control": f"{self.url}/control",
            "seed": self.sandbox.world.seed,
            "now": self.sandbox.clock.now().isoformat(),
        }


@contextmanager
def running(settings: Settings | None = None) -> Iterator[Running]:
    """A sandbox in a thread of this process, for as long as the block lasts."""
    chosen = settings or Settings()
    with contextlib.ExitStack() as stack:
        clips = chosen.clips or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = Sandbox(chosen, clips)
        server = _bound(chosen.port, sandbox)
        stack.callback(server.server_close)
        url = f"http://127.0.0.1:{server.server_address[1]}"
        sandbox.api.media_base = url
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        stack.callback(thread.join, 5)
        stack.callback(server.shutdown)
        yield Running(url, TOKEN, sandbox)


def serve(settings: Settings, *, say: Callable[[Running], str] | None = None) -> int:
    """Run in the foreground until SIGINT or SIGTERM; first prints what `say` makes of it (default:
    one line of JSON with the addresses).

    Raises BadInput when the port is taken.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running(settings) as live:
        sys.stdout.write((say(live) if say else json.dumps(live.facts())) + "\n")
        sys.stdout.flush()
        stop.wait()
    return 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the game."""


def _bound(port: int, sandbox: Sandbox) -> _Server:
    try:
        return _Server(("127.0.0.1", port), _handler(sandbox))
    except OSError as error:
        raise BadInput(
            f"port {port} of 127.0.0.1 cannot be used: {error.strerror}.",
            todo="Name another, or 0 for any that is free.",
        ) from None


def _unauthorized() -> Reply:
    said = "User was not found or authentication token is not valid"
    return json_reply({"error": {"type": "user-or-token-not-found", "message": said}}, status=401)


def _handler(sandbox: Sandbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 120

        def do_GET(self) -> None:
            headers = {k.lower(): v for k, v in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length") or 0))
            try:
                request = Request.of(self.command, self.path, headers, body)
                reply = sandbox.answer(request)
            except (ValueError, KeyError, TypeError) as error:
                said = {"type": "invalid-request", "message": f"{type(error).__name__}: {error}"}
                reply = json_reply({"error": said}, status=400)
            self._send(reply)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815 (the names the base class looks for)

        def _send(self, reply: Reply) -> None:
            time.sleep(reply.pause_s)
            if reply.drop:
                self.close_connection = True
                return
            self.send_response(reply.status, reply.reason or None)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(reply.body[: reply.body_bytes_sent])
            if reply.body_bytes_sent is not None:
                self.close_connection = True

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The Date of a reply is the world's."""
            at = sandbox.clock.now().timestamp() if timestamp is None else timestamp
            return super().date_time_string(at)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
            """The journal keeps what there is to know."""

    return Handler

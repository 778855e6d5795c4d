"""What the three mocks share: a loopback server, its request log, its events and its faults.

HTTP/1.1 with Content-Length is all that the real clients need (`apify.md` 5.5).
"""

import contextlib
import gzip
import json
import re
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

BEFORE = ":before_reply"
BLOCK_BYTES = 65_536
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Request:
    """One request as it arrived; `body` is unzipped, `json` is None where the body is not JSON."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)
    json: Any

    def header(self, name: str, default: str = "") -> str:
        return self.headers.get(name.lower(), default)


@dataclass(frozen=True)
class Reply:
    """An answer: `events` are (name, facts) fired before and after it, `blocks` names the event
    of each block.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    events: tuple[tuple[str, dict[str, Any]], ...] = ()
    length: int | None = None  # a Content-Length that may be wrong; None: the true one
    blocks: str = ""
    first_byte: int = 0  # where in the file the body starts, for the byte counts of `blocks`
    pause_s: float = 0.0  # between two blocks


def json_reply(data: Any, status: int = 200, **more: Any) -> Reply:
    headers = {"Content-Type": "application/json; charset=utf-8", **more.pop("headers", {})}
    return Reply(status, json.dumps(data).encode(), headers, **more)


@dataclass(frozen=True)
class Fault:
    """How one reply goes wrong; `work` says whether the server does what was asked all the same."""

    kind: str  # answer | drop | never | truncate | drip_header | drip_body | drip_chunked | none
    work: bool = False
    reply: Reply | None = None  # sent instead of the true one
    interval_s: float = 0.5
    share: float = 0.5  # of the body that a truncated reply carries


NONE = Fault("none", work=True)


def status(
    code: int, body: Any = None, headers: dict[str, str] | None = None, *, work: bool = False
) -> Fault:
    """An answer of this code; bytes go as they are, other bodies as JSON, None as the API's
    error.
    """
    if body is None:
        return Fault("answer", work, Reply(code, headers=headers or {}))
    if isinstance(body, bytes):
        return Fault("answer", work, Reply(code, body, headers or {}, length=len(body)))
    return Fault("answer", work, json_reply(body, code, headers=headers or {}))


def drop(*, work: bool = False) -> Fault:
    """The connection closes without an answer."""
    return Fault("drop", work)


def lost_reply() -> Fault:
    """The server does the work, and the connection closes without an answer."""
    return Fault("drop", work=True)


def never(*, work: bool = False) -> Fault:
    """No byte is sent until the client or the test ends."""
    return Fault("never", work)


def malformed(body: bytes = b'{"data": {"id": "a', *, work: bool = True) -> Fault:
    """200 with JSON that stops in the middle."""
    return status(200, body, {"Content-Type": "application/json"}, work=work)


def html(
    code: int = 200, page: bytes = b"<html><h1>Bad Gateway</h1></html>", *, work: bool = False
) -> Fault:
    return status(code, page, {"Content-Type": "text/html"}, work=work)


def truncate(share: float = 0.5) -> Fault:
    """The true answer with its true Content-Length, of which only `share` of the body is sent."""
    return Fault("truncate", work=True, share=share)


def drip(part: str = "body", interval_s: float = 0.5) -> Fault:
    """The true answer a byte each `interval_s`: its "body", "chunked", or a "header" without
    end.
    """
    return Fault(f"drip_{part}", work=True, interval_s=interval_s)


@dataclass(frozen=True)
class Event:
    """`name` happened for the `n`th time (for `bytes_sent`: that many bytes of the file are
    out).
    """

    name: str
    n: int
    facts: dict[str, Any]


class Events:
    """Named moments of a server: call back at one, or wait for one. Thread-safe.

    A callback runs in the server's thread, so at `NAME:before_reply` the reply waits for it:
    a process killed (and waited for) there has not read the reply.
    """

    def __init__(self) -> None:
        self.log: list[Event] = []
        self._callbacks: list[tuple[str, int, Callable[[Event], Any]]] = []
        self._changed = threading.Condition()
        self._counts: Counter[str] = Counter()

    def on(self, name: str, callback: Callable[[Event], Any], n: int = 1) -> None:
        """Call once, at the first event `name` whose count is `n` or more."""
        with self._changed:
            self._callbacks.append((name, n, callback))

    def wait(self, name: str, n: int = 1, timeout_s: float = 10.0) -> Event:
        """The first event `name` with count `n` or more; TimeoutError if it does not come."""

        def first() -> Event | None:
            return next((e for e in self.log if e.name == name and e.n >= n), None)

        with self._changed:
            event = self._changed.wait_for(first, timeout_s)
        if event is None:
            raise TimeoutError(f"no event {name} ({n}) in {timeout_s:g} s")
        return event

    def next_n(self, name: str) -> int:
        with self._changed:
            self._counts[name] += 1
            return self._counts[name]

    def fire(self, event: Event) -> None:
        with self._changed:
            self.log.append(event)
            due = [c for c in self._callbacks if c[0] == event.name and event.n >= c[1]]
            self._callbacks = [c for c in self._callbacks if c not in due]
            self._changed.notify_all()
        for _, _, callback in due:
            callback(event)


class Mock:
    """A service on 127.0.0.1: routes to methods, each of them an endpoint that can be made to fail.

    Subclasses give `ROUTES`: (methods, pattern of the path, endpoint); the endpoint is the method
    that answers it, called with the request and the named groups of the pattern.
    """

    ROUTES: tuple[tuple[str, str, str], ...] = ()

    def __init__(self) -> None:
        self.events = Events()
        self.crashes: list[BaseException] = []
        self.stopping = threading.Event()
        self.lock = threading.RLock()
        self._requests: list[Request] = []
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._permanent: dict[str, Fault] = {}
        self._connections: set[socket.socket] = set()
        self._guest: Mock | None = None
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop, cut open connections; a mock that crashed says so unless the test already
        failed.
        """
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        with self.lock:
            for connection in self._connections:
                _cut(connection)
        if self.crashes and kind is None:
            raise self.crashes[0]

    @property
    def requests(self) -> list[Request]:
        with self.lock:
            return list(self._requests)

    def fail(self, endpoint: str, *faults: Fault, always: bool = False) -> None:
        """The next replies of `endpoint` ("*": of any) go wrong in this order; `always`: the last
        one stays.

        `NONE` among the faults lets one reply through; `fail(endpoint)` without any ends them.
        """
        with self.lock:
            self._permanent.pop(endpoint, None)
            self._faults[endpoint] = list(faults)
            if always:
                self._permanent[endpoint] = faults[-1]

    def mount(self, guest: "Mock") -> None:
        """Serve `guest` at this address as well, at the paths that this service does not have.

        The product fetches media from public hosts and from configured base URLs only, so a media
        host on loopback has to share the address of an API. Mount before the guest gives URLs.
        """
        self._guest, guest.url = guest, self.url

    def owner(self, request: Request) -> "Mock":
        """Who answers: the guest, where a path is not ours."""
        return self._guest if self._guest and not self.route(request)[0] else self

    def error(self, code: int, message: str = "", **facts: Any) -> Reply:
        """The service's own form of an error."""
        raise NotImplementedError

    def refusal(self, request: Request) -> Reply | None:
        """The answer to a request without a right key; None where it may go on."""

    def route(self, request: Request) -> tuple[str, dict[str, str]]:
        for methods, pattern, endpoint in self.ROUTES:
            match = re.fullmatch(pattern, request.path)
            if match and request.method in methods.split("|"):
                return endpoint, {k: unquote(v) for k, v in match.groupdict().items()}
        return "", {}

    def answer(self, request: Request) -> tuple[Fault, Reply, list[Event]]:
        """What is to be sent, in which way, and the events it stands for; fires the first of
        them.
        """
        endpoint, groups = self.route(request)
        with self.lock:
            self._requests.append(request)
            fault = self._next_fault(endpoint)
        reply = self._work(request, endpoint, groups) if fault.work else Reply()
        events = [Event(name, self.events.next_n(name), facts) for name, facts in reply.events]
        for event in events:
            self.events.fire(replace(event, name=event.name + BEFORE))
        if fault.reply:
            reply = fault.reply
            if reply.status >= 400 and not reply.body and reply.length is None:
                own = self.error(reply.status)
                reply = replace(own, headers={**own.headers, **reply.headers})
        return fault, reply, events

    def _work(self, request: Request, endpoint: str, groups: dict[str, str]) -> Reply:
        if refusal := self.refusal(request):
            return refusal
        if not endpoint:
            return self.error(404, f"{request.method} {request.path} is not served")
        return getattr(self, endpoint)(request, **groups)

    def _next_fault(self, endpoint: str) -> Fault:
        for name in (endpoint, "*"):
            if self._faults[name]:
                return self._faults[name].pop(0)
            if name in self._permanent:
                return self._permanent[name]
        return NONE


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Clients that leave are part of the game; crashes of a mock are kept by the handler."""


def _handler_of(mock: Mock) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            with mock.lock:
                mock._connections.add(self.connection)

        def finish(self) -> None:
            with mock.lock:
                mock._connections.discard(self.connection)
            super().finish()

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def any_method(self) -> None:
            try:
                request = _read(self)
                owner = mock.owner(request)
                fault, reply, events = owner.answer(request)
                if not _Sending(owner, self).send(reply, fault):
                    self.close_connection = True
                    _cut(self.connection)
                    return
                for event in events:
                    owner.events.fire(event)
            except OSError:  # the client left
                self.close_connection = True
            except BaseException as crash:
                mock.crashes.append(crash)
                raise

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.any_method)
    return Handler


def _read(handler: BaseHTTPRequestHandler) -> Request:
    headers = {k.lower(): v for k, v in handler.headers.items()}
    body = handler.rfile.read(int(headers.get("content-length", 0)))
    if headers.get("content-encoding") == "gzip":  # bodies from 1,024 bytes on: apify.md 5.1
        body = gzip.decompress(body)
    parts = urlsplit(handler.path)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(handler.command, parts.path, query, headers, body, data)


class _Sending:
    """Writes one reply to its connection, whole or as a fault wants it."""

    def __init__(self, mock: Mock, handler: BaseHTTPRequestHandler) -> None:
        self.mock, self.handler, self.write = mock, handler, handler.wfile.write

    def send(self, reply: Reply, fault: Fault) -> bool:
        """True when every byte of the reply went out and the connection can go on."""
        body = b"" if self.handler.command == "HEAD" else reply.body
        if fault.kind == "drop":
            return False
        if fault.kind == "never":
            self.mock.stopping.wait()
            return False
        if fault.kind == "drip_header":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", iter(lambda: b"x", b""), fault.interval_s)
            return False
        self.write(self._head(reply, chunked=fault.kind == "drip_chunked"))
        if fault.kind == "drip_chunked":
            chunks = [b"1\r\n" + body[i : i + 1] + b"\r\n" for i in range(len(body))]
            return self._drip(b"", [*chunks, b"0\r\n\r\n"], fault.interval_s)
        if fault.kind == "drip_body":
            return self._drip(b"", (body[i : i + 1] for i in range(len(body))), fault.interval_s)
        if fault.kind == "truncate":
            self.write(body[: int(len(body) * fault.share)])
            return False
        return self._blocks(reply, body)

    def _head(self, reply: Reply, *, chunked: bool) -> bytes:
        try:
            phrase = HTTPStatus(reply.status).phrase
        except ValueError:
            phrase = "Status"
        length = len(reply.body) if reply.length is None else reply.length
        framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(length)}
        own = {"Date": formatdate(usegmt=True)}  # every origin server with a clock: RFC 9110 6.6.1
        lines = [f"{k}: {v}" for k, v in {**own, **reply.headers, **framing}.items()]
        return "\r\n".join([f"HTTP/1.1 {reply.status} {phrase}", *lines, "\r\n"]).encode("latin-1")

    def _drip(self, start: bytes, parts: Iterable[bytes], interval_s: float) -> bool:
        self.write(start)
        for part in parts:
            if self.mock.stopping.wait(interval_s):
                return False
            self.write(part)
        return True

    def _blocks(self, reply: Reply, body: bytes) -> bool:
        for start in range(0, len(body), BLOCK_BYTES):
            block = body[start : start + BLOCK_BYTES]
            end = reply.first_byte + start + len(block)
            event = Event(reply.blocks, end, {"path": urlsplit(self.handler.path).path})
            if reply.blocks:
                self.mock.events.fire(replace(event, name=event.name + BEFORE))
            self.write(block)
            if reply.blocks:
                self.mock.events.fire(event)
            if reply.pause_s and end < reply.first_byte + len(body):
                time.sleep(reply.pause_s)
        return reply.length in (None, len(reply.body))


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

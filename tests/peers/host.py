"""A mock of the hosts that media lie on, made from `../shared/media.md` sections 2.1, 2.2 and 4."""

import gzip
import json
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.peers.base import Mock, Reply, Request


@dataclass
class Page:
    """What lies at a path.

    `length` is a Content-Length that may be wrong, `ranges` whether Range is honoured, `pause_s`
    the rest between blocks of 64 KiB, `needs_signature` whether only signed URLs are served.
    """

    body: bytes
    content_type: str = "video/mp4"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    ranges: bool = True
    gzip: bool = False
    pause_s: float = 0.0
    needs_signature: bool = False
    expired_status: int = 403


@dataclass
class Signature:
    """How long a signed URL works: until a moment of the monotonic clock, and for so many
    requests.
    """

    end_s: float
    requests_left: float


class HostMock(Mock):
    """Serves bytes, pages, JSON and redirects; the endpoint to `fail` is the path itself.

    Events: `bytes_sent` (n = bytes of the file that are out, after each block) and
    `download_finished` (the reply that reached the file's end went out; a probe that closes
    its socket early, as yt-dlp's does, may count when the file fits into the socket's buffer).
    """

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Page] = {}
        self._signatures: dict[str, Signature] = {}

    def serve(self, path: str, body: bytes, content_type: str = "video/mp4", **facts: Any) -> str:
        """Put bytes at a path; `facts` are the fields of Page. Gives the URL."""
        self.pages[path] = Page(body, content_type, **facts)
        return self.url + path

    def serve_html(self, path: str, text: str, status: int = 200) -> str:
        return self.serve(path, text.encode(), "text/html; charset=utf-8", status=status)

    def serve_json(self, path: str, data: Any, status: int = 200) -> str:
        return self.serve(path, json.dumps(data).encode(), "application/json", status=status)

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """`to` is a path of this host or a whole URL."""
        where = {"Location": to if "://" in to else self.url + to}
        return self.serve(path, b"", "text/plain", status=status, headers=where)

    def sign(self, path: str, *, life_s: float = 1e9, requests: float = 1e9) -> str:
        """A signed URL of a path, which expires; other URLs of the path then answer as expired."""
        signature = uuid.uuid4().hex
        self.pages[path].needs_signature = True
        self._signatures[signature] = Signature(time.monotonic() + life_s, requests)
        return f"{self.url}{path}?sig={signature}"

    def route(self, request: Request) -> tuple[str, dict[str, str]]:
        return request.path, {}

    def _work(self, request: Request, endpoint: str, groups: dict[str, str]) -> Reply:
        page = self.pages.get(endpoint)
        if page is None:
            return self.error(404)
        if page.needs_signature and not self._is_valid(request):
            return self.error(page.expired_status, "Request has expired")
        return _reply(page, request)

    def error(self, code: int, message: str = "", **facts: Any) -> Reply:
        """The XML of an object store."""
        body = f"<Error><Code>{code}</Code><Message>{message or 'Not here'}</Message></Error>"
        return Reply(code, body.encode(), {"Content-Type": "application/xml"})

    def _is_valid(self, request: Request) -> bool:
        with self.lock:
            signature = self._signatures.get(request.query.get("sig", ""))
            if signature is None:
                return False
            signature.requests_left -= 1
            return signature.requests_left >= 0 and time.monotonic() < signature.end_s


def _reply(page: Page, request: Request) -> Reply:
    """The page, a part of it (206), or 416 where the part lies behind its end."""
    body = gzip.compress(page.body) if page.gzip else page.body
    headers = {"Content-Type": page.content_type, **page.headers}
    if page.gzip:
        headers["Content-Encoding"] = "gzip"
    if page.ranges:
        headers["Accept-Ranges"] = "bytes"
    part = re.fullmatch(r"bytes=(\d*)-(\d*)", request.header("range"))
    start, end, code = 0, len(body), page.status
    if part and page.ranges and code == 200:
        start, end = _range(part[1], part[2], len(body))
        if start >= len(body):
            return Reply(416, b"", {**headers, "Content-Range": f"bytes */{len(body)}"})
        code, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{len(body)}"
    is_file = code in (200, 206) and request.method == "GET"
    events = (("download_finished", {"path": request.path, "size": len(body)}),)
    return Reply(
        code,
        body[start:end],
        headers,
        events=events if is_file and end == len(body) else (),
        length=page.length,
        blocks="bytes_sent" if is_file else "",
        first_byte=start,
        pause_s=page.pause_s,
    )


def _range(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last or 0)), size
    return int(first), min(size, int(last) + 1) if last else size

"""A media URL as a file: streamed, bounded in size and time, every redirect through the gate."""

from __future__ import annotations

import http.client
import re
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from vtlib.services.download.gate import Gate, GateKeeper, Refused
from vtlib.services.download.outcome import Failed, by_status, by_text
from vtlib.services.limits import retry_after

LOGIN_PATH = r"/(login|signin|accounts/login)\b"
PAUSE_S = 0.5
CHUNK_BYTES = 1 << 18
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be (bytes), how long a silence and how long the whole may last (s)."""

    max_bytes: int
    timeout_s: float
    deadline_s: float


def save(url: str, target: Path, gate: Gate, limits: Limits) -> None:
    """Stream `url` into `target`; a connection that breaks is made a second time at once.

    Raises Failed with the outcome that the answer tells of.
    """
    try:
        _save(url, target, gate, limits)
    except Failed as failure:
        if not failure.fetched.is_glitch:
            raise
        time.sleep(PAUSE_S)
        _save(url, target, gate, limits)


def _save(url: str, target: Path, gate: Gate, limits: Limits) -> None:
    opener = urllib.request.OpenerDirector()
    for handler in (
        GateKeeper(gate),
        urllib.request.ProxyHandler({} if gate.is_local(url) else None),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT, "Accept": "*/*"})  # noqa: S310 - the gate lets http(s) through alone
    try:
        gate.check(url)
        with opener.open(request, timeout=limits.timeout_s) as answer:
            _look(answer)
            _stream(answer, target, limits)
    except HTTPError as error:
        raise _refusal(error) from None
    except (URLError, http.client.HTTPException, OSError) as error:
        raise broken(error) from None


def broken(error: Exception) -> Failed:
    """A connection that failed, in words; `is_offline` when none could be made."""
    inner = error.reason if isinstance(error, URLError) else error
    if isinstance(error, Refused):
        return Failed("broken", f"not asked: {inner}")
    if isinstance(inner, http.client.IncompleteRead):
        return Failed("broken", "the connection broke before the file was whole", is_glitch=True)
    is_glitch = isinstance(inner, (ConnectionError, http.client.RemoteDisconnected))
    name = type(inner).__name__ if isinstance(inner, Exception) else "URLError"
    offline = isinstance(inner, OSError) and not isinstance(inner, (ConnectionError, TimeoutError))
    return Failed(
        "broken", f"no connection: {name}: {inner}", is_offline=offline, is_glitch=is_glitch
    )


def _look(answer: Any) -> None:
    """A page where a file was promised: a login page by its address, another by its words."""
    if not str(answer.headers.get_content_type()).startswith("text/html"):
        return
    if re.search(LOGIN_PATH, urlsplit(answer.geturl()).path):
        raise Failed("login", "the host asks for a login")
    text = answer.read(4096).decode("utf-8", "replace")
    status = by_text(re.sub(r"<[^>]*>", " ", text))
    raise Failed(status or "broken", "a web page came instead of a file")


def _stream(answer: Any, target: Path, limits: Limits) -> None:
    promised = answer.headers.get("Content-Length") or ""
    if promised.isdigit() and int(promised) > limits.max_bytes:
        raise too_large(int(promised), limits.max_bytes)
    end, size = time.monotonic() + limits.deadline_s, 0
    with target.open("wb") as out:
        while block := answer.read(CHUNK_BYTES):
            size += len(block)
            if size > limits.max_bytes:
                raise too_large(size, limits.max_bytes)
            if time.monotonic() > end:
                raise Failed("broken", f"not done within {limits.deadline_s:g} s")
            out.write(block)
    if promised.isdigit() and size < int(promised):
        said = f"the connection broke after {size} of {promised} bytes"
        raise Failed("broken", said, is_glitch=True)
    if size == 0:
        raise Failed("broken", "the answer was empty")


def too_large(size: int, limit: int) -> Failed:
    """A file beyond the limit."""
    return Failed("too_large", f"over {limit / 1e6:.0f} MB (at least {size / 1e6:.1f} MB)")


def _refusal(error: HTTPError) -> Failed:
    status, reason = by_status(error.code, str(error.reason or ""))
    wait_s = retry_after(error.headers.get("Retry-After"), now=datetime.now(UTC))
    error.close()
    return Failed(status, reason, retry_after_s=wait_s, is_glitch=error.code >= 500)

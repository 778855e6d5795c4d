"""Meaning of exceptions of a provider's client: status, whether to retry, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import httpx2

from vtlib.llm.outcomes import Call, Status

_PASSING_HTTP = frozenset({408, 425, 499, 500, 502, 503, 504})
# The API's own 400 and 500 errors are not charged (ai.google.dev/gemini-api/docs/billing); after a
# gateway's error (499, 502, 504) the request behind it may still have been carried out.
_GATEWAY_HTTP = frozenset({499, 502, 504})
# A quota of requests a day begins anew at midnight, Pacific time
# (ai.google.dev/gemini-api/docs/rate-limits).
_QUOTA_ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Failure:
    """`is_passing`: a retry may help. `wait_s`: the pause that the service asked for (None =
    it did not). `is_outage`: the service is down, as against busy or refusing. `may_be_charged`:
    the request may have been carried out although no answer came.
    """

    status: Status
    reason: str
    http_status: int | None = None
    is_passing: bool = False
    wait_s: float | None = None
    is_outage: bool = False
    may_be_charged: bool = False


class NotOfApi(Exception):
    """A response with status 200 that is no reply of the API."""


class Failed(Exception):
    """A request without a reply: `failure`, and in a replay the recorded `call`."""

    def __init__(self, failure: Failure, call: Call | None = None) -> None:
        super().__init__(failure.reason)
        self.failure, self.call = failure, call


class FileRefused(Exception):
    """A file that cannot be used for a request; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class ApiError(Protocol):
    """An error that the API itself reports, as google-genai has it (errors.APIError)."""

    code: Any
    status: Any
    message: Any
    details: Any
    response: Any


def failure_of(error: Exception) -> Failure:
    """The meaning of an exception of the client, whichever it is: its parsers raise all kinds."""
    name = type(error).__name__
    if isinstance(error, NotOfApi):
        reason = str(error)
        return Failure(
            "unavailable", reason, 200, is_passing=True, is_outage=True, may_be_charged=True
        )
    if isinstance(error, UnicodeEncodeError):
        return Failure("bad_key", f"the key holds characters that no header can carry ({name})")
    if isinstance(
        error, (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL)
    ):
        return Failure("refused", f"the request cannot be sent ({name})")
    if isinstance(error, (httpx2.ConnectError, httpx2.ProxyError)):
        return Failure("unavailable", f"no connection ({name})", is_passing=True, is_outage=True)
    if isinstance(error, httpx2.TimeoutException):
        reason = f"no answer in time ({name})"
        was_sent = not isinstance(error, (httpx2.ConnectTimeout, httpx2.PoolTimeout))
        return Failure(
            "timed_out", reason, is_passing=True, is_outage=True, may_be_charged=was_sent
        )
    if isinstance(error, (httpx2.HTTPError, httpx2.StreamError, OSError)):
        reason = f"the connection broke ({name})"
        return Failure("unavailable", reason, is_passing=True, is_outage=True, may_be_charged=True)
    # The page of a proxy or portal, an upload answered without headers, JSON nested too deep.
    reason = f"the answer is not the API's ({name})"
    return Failure("unavailable", reason, is_passing=True, is_outage=True, may_be_charged=True)


def api_failure(error: ApiError) -> Failure:
    """The meaning of an error that the API, or a gateway before it, reported."""
    code, message = _code(error), _message(error)
    if code < 300:
        return Failure("unavailable", message, code, is_passing=True, may_be_charged=True)
    if code == 429:
        return _quota(error, message)
    if code in (400, 403) and re.search(r"\bfile\b.+\b(exist|active)\b", message, re.IGNORECASE):
        # How the API refuses an unknown, expired or unready file.
        return Failure("not_found", message, code)
    if code in (401, 403) or (code == 400 and _reasons(error) & {"API_KEY_INVALID"}):
        return Failure("bad_key", message, code)
    if code == 400 and error.status == "FAILED_PRECONDITION":
        return Failure("not_allowed", message, code)
    if code == 407:
        todo = "the proxy asks for a name and password: they belong into HTTPS_PROXY"
        return Failure("not_allowed", f"{todo} ({message})", code)
    if code == 404:
        return Failure("not_found", message, code)
    if code == 413:
        return Failure("too_large", message, code)
    if code in _PASSING_HTTP or code >= 500:
        wait_s = _retry_after(error)
        return Failure(
            "unavailable",
            message,
            code,
            is_passing=True,
            wait_s=wait_s,
            is_outage=True,
            may_be_charged=code in _GATEWAY_HTTP and not (code == 502 and _is_of_api(error)),
        )
    return Failure("refused", message, code)


def _quota(error: ApiError, message: str) -> Failure:
    ids = [
        str(v.get("quotaId") or v.get("quotaMetric") or "")
        for d in _details(error, "QuotaFailure")
        for v in _as_list(d.get("violations"))
        if isinstance(v, Mapping)
    ]
    if any("perday" in i.lower() for i in ids):
        day = (
            "the provider's quota for the day is used up; a new one begins at "
            f"{quota_reset():%Y-%m-%d %H:%M} UTC"
        )
        return Failure("quota_day", f"{day} ({message}; {', '.join(ids)})", 429)
    return Failure("rate_limited", message, 429, is_passing=True, wait_s=_retry_after(error))


def quota_reset(now: datetime | None = None) -> datetime:
    """When the provider's next day begins, UTC."""
    here = (now or datetime.now(UTC)).astimezone(_QUOTA_ZONE)
    midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), _QUOTA_ZONE)
    return midnight.astimezone(UTC)


def _code(error: ApiError) -> int:
    return error.code if isinstance(error.code, int) else 0


def _is_of_api(error: ApiError) -> bool:
    """Whether the error is worded by the API itself, not by a gateway before it."""
    return isinstance(error.details, Mapping) and isinstance(error.details.get("error"), Mapping)


def _retry_after(error: ApiError) -> float | None:
    """Seconds that RetryInfo or Retry-After asks for."""
    for detail in _details(error, "RetryInfo"):
        if match := re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", ""))):
            return float(match.group(1))
    headers = getattr(error.response, "headers", None) or {}
    text = str(headers.get("retry-after") or "")
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _reasons(error: ApiError) -> set[str]:
    return {str(d.get("reason", "")) for d in _details(error, "ErrorInfo")}


def _details(error: ApiError, kind: str) -> Iterator[Mapping[str, Any]]:
    body = error.details
    inner = body.get("error") if isinstance(body, Mapping) else None
    items = inner.get("details") if isinstance(inner, Mapping) else None
    for detail in _as_list(items):
        if isinstance(detail, Mapping) and str(detail.get("@type", "")).endswith(kind):
            yield detail


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _message(error: ApiError) -> str:
    """Status and message in a line; a web page shrinks to its status."""
    message = str(error.message or "")
    if "<" in message:
        message = ""
    text = f"{_code(error) or ''} {str(error.status or '')[:60]}: {message[:300]}".strip(" :")
    return text.encode("utf-8", "replace").decode()

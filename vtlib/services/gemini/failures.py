"""What the client's exceptions mean: a named outcome, whether waiting helps, and for how long."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from google.genai import errors

from vtlib.services.gemini.outcomes import Status

RAISED = (
    errors.APIError,
    errors.UnknownApiResponseError,
    errors.ContinuationInterruptedError,
    httpx2.HTTPError,
    httpx2.StreamError,
    json.JSONDecodeError,
    KeyError,
    ValueError,
    OSError,
)
_PASSING_HTTP = frozenset({408, 425, 499, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Failure:
    """`is_passing`: asking again may help. `wait_s`: how long the service said to wait (None = it did not).
    `is_outage`: the service is down, as against busy or refusing. `may_be_charged`: the request may have
    been carried out although no answer came.
    """

    status: Status
    reason: str
    http_status: int | None = None
    is_passing: bool = False
    wait_s: float | None = None
    is_outage: bool = False
    may_be_charged: bool = False


def failure_of(error: BaseException) -> Failure:
    """The meaning of an exception of the client (RAISED)."""
    if isinstance(error, errors.APIError):
        return _api_failure(error)
    name = type(error).__name__
    if isinstance(error, httpx2.ConnectError):
        return Failure("unavailable", f"no connection ({name})", is_passing=True, is_outage=True)
    if isinstance(error, httpx2.TimeoutException):
        said = f"no answer in time ({name})"
        sent = not isinstance(error, (httpx2.ConnectTimeout, httpx2.PoolTimeout))
        return Failure("timed_out", said, is_passing=True, is_outage=True, may_be_charged=sent)
    if isinstance(error, (httpx2.HTTPError, httpx2.StreamError, OSError)):
        said = f"the connection broke ({name})"
        return Failure("unavailable", said, is_passing=True, is_outage=True, may_be_charged=True)
    # JSONDecodeError: a web page with 200, as a proxy or a portal sends it. KeyError and ValueError:
    # an upload that was answered without its headers.
    said = f"the answer is not the API's ({name})"
    return Failure("unavailable", said, is_passing=True, is_outage=True)


def _api_failure(error: errors.APIError) -> Failure:
    code, said = int(error.code or 0), _said(error)
    if code == 429:
        return _quota(error, said)
    if code in (400, 403) and re.search(r"\bfile\b.+\b(exist|active)\b", said, re.IGNORECASE):
        return Failure(
            "not_found", said, code
        )  # how an unknown, expired or unready file is refused
    if code in (401, 403) or (code == 400 and _reasons(error) & {"API_KEY_INVALID"}):
        return Failure("bad_key", said, code)
    if code == 400 and error.status == "FAILED_PRECONDITION":
        return Failure("not_allowed", said, code)
    if code == 404:
        return Failure("not_found", said, code)
    if code == 413:
        return Failure("too_large", said, code)
    if code in _PASSING_HTTP or code >= 500:
        wait_s = _retry_after(error)
        return Failure(
            "unavailable",
            said,
            code,
            is_passing=True,
            wait_s=wait_s,
            is_outage=True,
            may_be_charged=code in (499, 504),
        )
    return Failure("refused", said, code)


def _quota(error: errors.APIError, said: str) -> Failure:
    ids = [
        str(v.get("quotaId") or v.get("quotaMetric") or "")
        for d in _details(error, "QuotaFailure")
        for v in d.get("violations") or []
        if isinstance(v, Mapping)
    ]
    if any("perday" in i.lower() for i in ids):
        return Failure("quota_day", f"{said} ({', '.join(ids)})", 429)
    return Failure("rate_limited", said, 429, is_passing=True, wait_s=_retry_after(error))


def _retry_after(error: errors.APIError) -> float | None:
    """Seconds that RetryInfo or Retry-After asks for."""
    for detail in _details(error, "RetryInfo"):
        if match := re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", ""))):
            return float(match.group(1))
    headers = getattr(error.response, "headers", None) or {}
    text = str(headers.get("retry-after") or "")
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _reasons(error: errors.APIError) -> set[str]:
    return {str(d.get("reason", "")) for d in _details(error, "ErrorInfo")}


def _details(error: errors.APIError, kind: str) -> Iterator[Mapping[str, Any]]:
    body = error.details
    inner = body.get("error") if isinstance(body, Mapping) else None
    listed = inner.get("details") if isinstance(inner, Mapping) else None
    for detail in listed if isinstance(listed, list) else []:
        if isinstance(detail, Mapping) and str(detail.get("@type", "")).endswith(kind):
            yield detail


def _said(error: errors.APIError) -> str:
    """Status and message in a line; a web page shrinks to its status."""
    message = str(error.message or "")
    if "<" in message:
        message = ""
    return f"{error.code} {error.status or ''}: {message[:300]}".strip(" :")

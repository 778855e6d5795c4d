"""Errors and answers in the Gemini API's own form."""

from __future__ import annotations

from typing import Any

from simulator.wire import Reply, json_reply

_TYPE = "type.googleapis.com/google.rpc."


def refusal(
    code: int,
    status: str,
    message: str,
    *details: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> Reply:
    """An error as the API words it: {"error": {code, message, status, details}}."""
    said: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        said["details"] = list(details)
    reply = json_reply({"error": said}, status=code)
    return reply.with_headers(**(headers or {}))


def bad_key() -> Reply:
    """A key that is none."""
    detail = {"@type": f"{_TYPE}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    said = "API key not valid. Please pass a valid API key."
    return refusal(400, "INVALID_ARGUMENT", said, detail)


def quota(per: str, *, retry_s: float | None = None) -> Reply:
    """429: of requests per `per` (Minute, Day); with `retry_s` a RetryInfo."""
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
        "quotaId": f"GenerateRequestsPer{per}PerProjectPerModel",
    }
    details = [{"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}]
    if retry_s is not None:
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{retry_s:g}s"})
    return refusal(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", *details)


def answered(
    text: str | None,
    *,
    finish: str,
    usage: dict[str, int] | None,
    model: str,
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A GenerateContentResponse with one candidate; `text` None = a candidate without content."""
    candidate: dict[str, Any] = {"finishReason": finish, "index": 0, **(more or {})}
    if text is not None:
        candidate["content"] = {"role": "model", "parts": [{"text": text}]}
    response: dict[str, Any] = {
        "candidates": [candidate],
        "modelVersion": f"{model}-simulated",
        "responseId": "simulated",
    }
    return response | ({"usageMetadata": usage} if usage is not None else {})

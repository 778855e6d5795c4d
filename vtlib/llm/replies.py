"""The service's reply, read from the raw body: nothing in it raises, and the usage is read even
where the rest cannot be.

google-genai's own parser is not used: it raises on deep nesting and broken JSON, and the token
counts are lost with it.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from vtlib.core import log
from vtlib.llm.malformed import Reading, read_answer
from vtlib.llm.model import Reply
from vtlib.llm.outcomes import Call, Outcome, Status
from vtlib.llm.prices import Usage
from vtlib.llm.request import Request

# google-genai would continue by itself after CONTINUATION, request after request, past every cap:
# automatic_continuation is off (gemini.py), and the answer counts as cut off.
CUT_OFF = frozenset({"MAX_TOKENS", "CONTINUATION"})
# The service withholds the answer, or part of it: whatever text there is, it is no data.
WITHHELD = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
        "ESCALATION",
    }
)
# Every reply of the API has at least one of these.
_PARTS = frozenset({"candidates", "promptFeedback", "usageMetadata"})
_USAGE = re.compile(r'(?<!\\)"usageMetadata"\s*:\s*')
# No call takes a trillion tokens, and a database column ends at 2^63.
MAX_TOKENS = 10**12
_logger = log.get(__name__)
BLOCK_PREFIX = "the question was blocked: "  # a recorded call is read by it again (recording.py)


def reply_of(body: str | None) -> Reply | None:
    """The reply in the body of a response with status 200, whatever it contains.

    None when it is no reply of the API and does not tell what it cost: an empty body, a web page,
    broken JSON.
    """
    text = body or ""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        usage = _usage_in(text)
        flaw = f"the reply cannot be read as JSON ({type(error).__name__})"
        return Reply(None, None, "", usage, None, flaw) if usage.is_known else None
    if not isinstance(data, dict) or not _PARTS & set(data):
        return None
    first = _object(_first(data.get("candidates")))
    parts = _object(first.get("content")).get("parts")
    texts = [_text_of(part) for part in parts] if isinstance(parts, list) else []
    return Reply(
        text="".join(texts) or None,
        finish_reason=_word(first.get("finishReason")),
        block_reason=_word(_object(data.get("promptFeedback")).get("blockReason")) or "",
        usage=_usage(data.get("usageMetadata")),
        model_version=_word(data.get("modelVersion")),
    )


def read_reply(reply: Reply, request: Request) -> tuple[Status, Reading]:
    """(status, reading) of a reply; a blocked request and a withheld answer are named first."""
    if reply.flaw:
        return "unreadable", Reading("unreadable", reason=reply.flaw)
    if reply.block_reason:
        return "blocked", Reading("empty", reason=f"{BLOCK_PREFIX}{reply.block_reason}")
    if reply.finish_reason in WITHHELD:
        reason = f"the answer was kept back: {reply.finish_reason}"
        return "withheld", Reading("empty", reason=reason)
    try:
        is_cut_off = reply.finish_reason in CUT_OFF
        reading = read_answer(reply.text, request.answer, is_cut_off=is_cut_off)
    except Exception as error:
        # The call is paid: a bug in our parsing must not lose its cost, nor the rest of the batch.
        _logger.exception("an answer could not be read", error=type(error).__name__)
        reading = Reading(
            "unreadable", reason=f"the answer cannot be read ({type(error).__name__})"
        )
    return reading.status, reading


def recorded_outcome(call: Call, request: Request) -> Outcome:
    """The outcome of a call in the journal, read again from its raw text: nothing is sent."""
    reply = Reply(call.raw, call.finish_reason, "", call.usage, call.model_version)
    outcome = outcome_of(reply, *read_reply(reply, request))
    return replace(outcome, calls=(call,)).checked(request.check)


def outcome_of(reply: Reply, status: Status, reading: Reading) -> Outcome:
    """The outcome of a reply that was read, still without its calls."""
    return Outcome(
        status,
        value=reading.value,
        reason=reading.reason,
        missing=reading.missing,
        repairs=reading.repairs,
        raw=reply.text,
        finish_reason=reply.finish_reason,
    )


def replace_lone_surrogates(text: str) -> str:
    """`text` with surrogate pairs joined and lone ones replaced, so that it can be stored."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text_of(part: Any) -> str:
    fields = _object(part)
    text = fields.get("text")
    is_answer = isinstance(text, str) and not fields.get("thought")
    return replace_lone_surrogates(str(text)) if is_answer else ""


def _usage_in(body: str) -> Usage:
    """The last usage that stands in a body which cannot be read as a whole."""
    for match in reversed(list(_USAGE.finditer(body))):
        try:
            value, _ = json.JSONDecoder().raw_decode(body, match.end())
        except (ValueError, RecursionError):
            continue
        if (usage := _usage(value)).is_known:
            return usage
    return Usage()


def _usage(value: Any) -> Usage:
    """Token counts; none if one is no count: half a usage would book half the cost."""
    names = (
        *("promptTokenCount", "toolUsePromptTokenCount", "candidatesTokenCount"),
        *("thoughtsTokenCount", "cachedContentTokenCount"),
    )
    fields = _object(value)
    try:
        counts = {name: _count(fields.get(name)) for name in names}
    except ValueError:
        return Usage()
    tokens_in = counts["promptTokenCount"]
    return Usage(
        tokens_in=None if tokens_in is None else tokens_in + (counts[names[1]] or 0),
        tokens_out=counts["candidatesTokenCount"],
        tokens_thinking=counts["thoughtsTokenCount"],
        tokens_cached=counts["cachedContentTokenCount"],
    )


def _count(value: Any) -> int | None:
    """A count of tokens, None when there is none. Raises ValueError for what cannot be one."""
    if value is None:
        return None
    # The API's JSON may write 64-bit numbers as text.
    is_text = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20
    count = int(value) if is_text else value
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_TOKENS:
        raise ValueError("no count of tokens")
    return count


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _word(value: Any) -> str | None:
    """A name the service gives, short and in whole characters; None for anything else."""
    return replace_lone_surrogates(value[:100]) if isinstance(value, str) and value else None

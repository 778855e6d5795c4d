"""The service's reply, read from the raw body: nothing in it raises, and what it cost is read even
where the rest cannot be.

The client's own parser is not used: it raises on deep nesting and broken JSON, and takes the token
counts down with it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from vtlib.core import log
from vtlib.llm.malformed import Reading, read_answer
from vtlib.llm.model import Reply
from vtlib.llm.outcomes import Call, Outcome, Status
from vtlib.llm.prices import Usage
from vtlib.llm.request import Request

# The client would go on by itself after CONTINUATION, request after request, past every cap of
# ours: it is told not to (gemini.py), and the answer counts as cut off.
CUT_OFF = frozenset({"MAX_TOKENS", "CONTINUATION"})
# The service keeps the answer back, or part of it: whatever text there is, it is no data.
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
# Of these every reply of the API holds at least one.
_PARTS = frozenset({"candidates", "promptFeedback", "usageMetadata"})
_USAGE = re.compile(r'(?<!\\)"usageMetadata"\s*:\s*')
# No call takes a trillion tokens, and a database column ends at 2^63.
MAX_TOKENS = 10**12
_logger = log.get(__name__)
BLOCKED = "the question was blocked: "  # a recorded call is read by it again (recording.py)


def reply_of(body: str | None) -> Reply | None:
    """The reply in the body of a response with status 200, whatever stands there.

    None when it is no reply of the API and does not tell what it cost: an empty body, a web page,
    broken JSON.
    """
    text = body or ""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        usage = _usage_in(text)
        flaw = f"the reply cannot be read as JSON ({type(error).__name__})"
        return Reply(None, None, "", usage, None, flaw) if usage.is_known else None
    if not isinstance(parsed, dict) or not _PARTS & set(parsed):
        return None
    first = _object(_first(parsed.get("candidates")))
    parts = _object(first.get("content")).get("parts")
    texts = [_text_of(part) for part in parts] if isinstance(parts, list) else []
    return Reply(
        text="".join(texts) or None,
        finish_reason=_word(first.get("finishReason")),
        blocked=_word(_object(parsed.get("promptFeedback")).get("blockReason")) or "",
        usage=_usage(parsed.get("usageMetadata")),
        model_version=_word(parsed.get("modelVersion")),
    )


def read_reply(reply: Reply, request: Request) -> tuple[Status, Reading]:
    """What the reply is worth: a block and an answer kept back are named before anything is
    read.
    """
    if reply.flaw:
        return "unreadable", Reading("unreadable", reason=reply.flaw)
    if reply.blocked:
        return "blocked", Reading("empty", reason=f"{BLOCKED}{reply.blocked}")
    if reply.finish_reason in WITHHELD:
        said = f"the answer was kept back: {reply.finish_reason}"
        return "withheld", Reading("empty", reason=said)
    try:
        is_cut_off = reply.finish_reason in CUT_OFF
        reading = read_answer(reply.text, request.answer, is_cut_off=is_cut_off)
    except Exception as error:
        # The call is paid: a mistake of ours in reading must not lose its cost, nor the rest of the
        # batch.
        _logger.exception("an answer could not be read", error=type(error).__name__)
        reading = Reading(
            "unreadable", reason=f"the answer cannot be read ({type(error).__name__})"
        )
    return reading.status, reading


def recorded_outcome(call: Call, request: Request) -> Outcome:
    """What a call in the journal brought, read again from its raw text: nothing is sent."""
    reply = Reply(call.raw, call.finish_reason, "", call.usage, call.model_version)
    status, reading = read_reply(reply, request)
    return Outcome(
        status,
        value=reading.value,
        reason=reading.reason,
        missing=reading.missing,
        repairs=reading.repairs,
        raw=call.raw,
        finish_reason=call.finish_reason,
        calls=(call,),
    ).checked(request.check)


def whole_characters(text: str) -> str:
    """`text` with halves of surrogate pairs joined, and lone ones replaced: they cannot be
    stored or sent.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text_of(part: Any) -> str:
    held = _object(part)
    text = held.get("text")
    return whole_characters(text) if isinstance(text, str) and not held.get("thought") else ""


def _usage_in(body: str) -> Usage:
    """The last usage that stands in a body which cannot be read as a whole."""
    for match in reversed(list(_USAGE.finditer(body))):
        try:
            found, _ = json.JSONDecoder().raw_decode(body, match.end())
        except (ValueError, RecursionError):
            continue
        if (usage := _usage(found)).is_known:
            return usage
    return Usage()


def _usage(found: Any) -> Usage:
    """Token counts; where one cannot be a count, none is known: half a usage would book half the
    cost.
    """
    names = (
        *("promptTokenCount", "toolUsePromptTokenCount", "candidatesTokenCount"),
        *("thoughtsTokenCount", "cachedContentTokenCount"),
    )
    held = _object(found)
    try:
        counts = {name: _count(held.get(name)) for name in names}
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
    return whole_characters(value[:100]) if isinstance(value, str) and value else None

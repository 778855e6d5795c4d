"""What the service sent, without the client's types."""

from __future__ import annotations

from dataclasses import dataclass

from google.genai import types
from pydantic import BaseModel

from vtlib.services.gemini.outcomes import Call, Outcome, Status, Usage
from vtlib.services.gemini.question import Question
from vtlib.services.gemini.reading import Reading, read_answer

# The client would go on by itself after CONTINUATION, request after request, past every cap of ours: it is
# told not to (question.py), and the answer counts as cut off.
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


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the service. `text` without thoughts, None when there is none; `blocked` why the question
    was turned away, "" when it was not.
    """

    text: str | None
    finish_reason: str | None
    blocked: str
    usage: Usage
    model_version: str | None


def reply_of(response: types.GenerateContentResponse) -> Reply:
    """The reply in the client's response; whatever is missing is None."""
    feedback = response.prompt_feedback
    first = response.candidates[0] if response.candidates else None
    parts = (first.content.parts or []) if first and first.content else []
    texts = [p.text for p in parts if p.text and not p.thought]
    return Reply(
        text="".join(texts) or None,
        finish_reason=_word(first.finish_reason) if first and first.finish_reason else None,
        blocked=_word(feedback.block_reason) if feedback and feedback.block_reason else "",
        usage=_usage(response.usage_metadata),
        model_version=response.model_version,
    )


def read_reply(reply: Reply, question: Question) -> tuple[Status, Reading]:
    """What the reply is worth: a block and an answer kept back are named before anything is read."""
    if reply.blocked:
        return "blocked", Reading("empty", reason=f"the question was blocked: {reply.blocked}")
    if reply.finish_reason in WITHHELD:
        said = f"the answer was kept back: {reply.finish_reason}"
        return "withheld", Reading("empty", reason=said)
    reading = read_answer(reply.text, question.answer, is_cut_off=reply.finish_reason in CUT_OFF)
    return reading.status, reading


def kept_outcome(call: Call, answer: type[BaseModel]) -> Outcome:
    """What a call that was journalled brought, read again from its raw text: nothing is asked."""
    reading = read_answer(call.raw, answer, is_cut_off=call.finish_reason in CUT_OFF)
    return Outcome(
        reading.status,
        value=reading.value,
        reason=reading.reason,
        missing=reading.missing,
        repairs=reading.repairs,
        raw=call.raw,
        finish_reason=call.finish_reason,
        calls=(call,),
    )


def _usage(found: types.GenerateContentResponseUsageMetadata | None) -> Usage:
    if found is None:
        return Usage()
    tools = found.tool_use_prompt_token_count
    tokens_in = found.prompt_token_count
    return Usage(
        tokens_in=None if tokens_in is None else tokens_in + (tools or 0),
        tokens_out=found.candidates_token_count,
        tokens_thinking=found.thoughts_token_count,
        tokens_cached=found.cached_content_token_count,
    )


def _word(value: object) -> str:
    return str(getattr(value, "value", value))

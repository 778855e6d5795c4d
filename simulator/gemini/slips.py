"""What goes wrong with an answer: by order of the fault plan, or by dice that the question
decides.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

from simulator.faults import Fault
from simulator.gemini.wire import answered, bad_key, quota, refusal
from simulator.wire import Reply

REFUSED = frozenset(
    {"quota_minute", "quota_day", "invalid_key", "invalid_argument", "failed_precondition"}
)
SHAPED = frozenset(
    {
        "prompt_blocked",
        "answer_withheld",
        "max_tokens",
        "only_thinking",
        "no_candidates",
        "empty_body",
        "unknown_finish",
        "continuation",
        "no_usage",
        "trailing_comma",
        "code_fences",
        "prose",
        "not_json",
        "wrong_shape",
    }
)
KINDS = REFUSED | SHAPED
# Out of 100 questions so many; an answer asked for again has none of the first three.
_DICE = (("trailing_comma", 14), ("code_fences", 8), ("slip_429", 12), ("max_tokens", 8))


def thrown(seed: str, *, is_again: bool) -> str:
    """What befalls the question with this seed, "" for most; half of what was cut off is cut off
    again.
    """
    roll = crc32(f"slip/{seed}".encode()) % 100
    for kind, share in _DICE:
        if roll < share:
            is_spared = is_again and (kind != "max_tokens" or roll % 2 == 0)
            return "" if is_spared else kind
        roll -= share
    return ""


def refused(fault: Fault) -> Reply | None:
    """The error that a fault of REFUSED stands for."""
    if fault.kind == "quota_minute":
        return quota("Minute", retry_s=fault.option("retry_s", 1))
    if fault.kind == "quota_day":
        return quota("Day")
    if fault.kind == "invalid_key":
        return bad_key()
    if fault.kind == "invalid_argument":
        return refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
    if fault.kind == "failed_precondition":
        said = "User location is not supported for the API use."
        return refusal(400, "FAILED_PRECONDITION", said)
    return None


def shaped(
    kind: str, text: str, usage: dict[str, int], model: str, *, share: float
) -> dict[str, Any] | None:
    """The response as `kind` (of SHAPED, "" = well) makes it; None is an empty body."""
    if kind == "empty_body":
        return None
    if kind == "prompt_blocked":
        blocked = {"blockReason": "PROHIBITED_CONTENT"}
        return {"promptFeedback": blocked, "usageMetadata": usage, "modelVersion": model}
    if kind == "no_candidates":
        return {"usageMetadata": usage, "modelVersion": model}
    if kind in ("max_tokens", "continuation", "only_thinking"):
        kept = None if kind == "only_thinking" else text[: int(len(text) * share)]
        finish = "CONTINUATION" if kind == "continuation" else "MAX_TOKENS"
        more = {"continuationToken": "AA=="} if kind == "continuation" else None
        return answered(kept, finish=finish, usage=usage, model=model, more=more)
    if kind == "answer_withheld":
        return answered(None, finish="SAFETY", usage=usage, model=model)
    finish = "A_NEW_REASON" if kind == "unknown_finish" else "STOP"
    said = None if kind == "no_usage" else usage
    return answered(_worded(kind, text), finish=finish, usage=said, model=model)


def _worded(kind: str, text: str) -> str:
    if kind == "trailing_comma":
        return text[:-1] + ",}"
    if kind == "code_fences":
        return f"```json\n{text}\n```"
    if kind == "prose":
        return f"Here is the analysis you asked for:\n{text}\nI hope this helps."
    if kind == "not_json":
        return "I am sorry, but I cannot help with that video."
    return '{"verdict": "great", "score": "problem|story"}' if kind == "wrong_shape" else text

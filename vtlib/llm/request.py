"""A request to a model: prompt, files, shape of the answer, options, and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from vtlib.llm.prompts.files import Rendered

# Tokens of a video, as an older page of the service states them; only until calls were measured.
TOKENS_PER_FRAME, TOKENS_PER_AUDIO_S, FRAMES_PER_S = 258, 32, 1.0
TOKENS_PER_IMAGE = 258
CHARS_PER_TOKEN = 3.0  # cautious: prose has about four


@dataclass(frozen=True, slots=True)
class Options:
    """What shapes an answer and so belongs to its identity; None = the model's own."""

    model: str
    max_output_tokens: int
    resolution: Literal["low", "medium", "high"] | None = None
    fps: float | None = None
    thinking: Literal["minimal", "low", "medium", "high"] | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with the request. `duration_s` for video and sound, None for pictures;
    `handle`: the provider's own object for the file while it is attached (model.py).
    """

    path: Path
    mime_type: str
    sha256: str
    duration_s: float | None = None
    handle: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Request:
    """`answer` is the pydantic model of the reply. `key` is the caller's name for the request: it
    comes back with every call and is no part of the identity. `check` names what is impossible in
    a value ("" = nothing): such an answer is at most partial.
    """

    prompt: Rendered
    answer: type[BaseModel]
    options: Options
    attachments: tuple[Attachment, ...] = ()
    key: str = ""
    check: Callable[[BaseModel], str] | None = None

    @property
    def schema(self) -> dict[str, Any]:
        return schema_of(self.answer)

    @property
    def schema_sha256(self) -> str:
        return digest_of(self.schema)

    @property
    def input_hash(self) -> str:
        """Digest of all that goes in besides model, prompt and schema: files, data, options."""
        options = {k: v for k, v in asdict(self.options).items() if k != "model"}
        files = [a.sha256 for a in self.attachments]
        return digest_of({"files": files, "data": self.prompt.data_sha256, "options": options})

    @property
    def identity(self) -> str:
        """Same identity, same request: model, prompt version and text, schema, input."""
        parts = [self.options.model, self.prompt.version, self.prompt.sha256]
        return digest_of([*parts, self.schema_sha256, self.input_hash])

    def estimate_tokens_in(self, *, tokens_per_s: float | None = None) -> int:
        """Input tokens by formula. `tokens_per_s` of video, if measured on earlier calls."""
        text = len(self.prompt.system) + len(self.prompt.text) + len(str(self.schema))
        fps = self.options.fps or FRAMES_PER_S
        rate = tokens_per_s or fps * TOKENS_PER_FRAME + TOKENS_PER_AUDIO_S
        media_tokens = sum(
            TOKENS_PER_IMAGE if a.duration_s is None else rate * a.duration_s
            for a in self.attachments
        )
        return round(text / CHARS_PER_TOKEN + media_tokens)


_LEFT_OUT = frozenset({"title", "default", "examples"})


@cache
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a pydantic model; every part is required, though it may be null.

    Titles of parts and defaults are left out (tokens, and a default is an example that comes back);
    the model's own name stays as the title. The result is cached: do not change it.
    """
    schema = _lean(model.model_json_schema(mode="serialization"))
    return {"title": model.__name__, **schema}


def digest_of(value: Any) -> str:
    """sha256 of a value as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _lean(node: Any, *, are_names: bool = False) -> Any:
    """Without keywords of _LEFT_OUT; keys of `properties` and `$defs` are names."""
    if isinstance(node, dict):
        return {
            key: _lean(value, are_names=not are_names and key in ("properties", "$defs"))
            for key, value in node.items()
            if are_names or key not in _LEFT_OUT
        }
    return [_lean(item) for item in node] if isinstance(node, list) else node

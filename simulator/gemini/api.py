"""The Gemini API on loopback: models, files, countTokens, generateContent with schema, usage and
failures.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from simulator.faults import FaultPlan
from simulator.gemini import slips
from simulator.gemini.analyst import ANSWERERS, filled, picture_analysis
from simulator.gemini.files import File, FileRoom
from simulator.gemini.strategist import TEXT_ANSWERERS
from simulator.gemini.viewer import Viewer, Watched
from simulator.gemini.wire import bad_key, quota, refusal
from simulator.wire import Handler, Reply, Request, Route, json_reply, route
from simulator.world import World

# Names that a client may have in its parameters. Limits are the sandbox's own.
MODELS = ("gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview")
TOKENS_PER_FRAME = {"MEDIA_RESOLUTION_LOW": 66}
TOKENS_PER_FRAME_ELSE, TOKENS_PER_AUDIO_S, TOKENS_PER_IMAGE = 258, 32, 258
_VERSION = "(?P<v>v1|v1beta)"
_AGAIN = "could not be used"
_FENCE_WORD = re.compile(r"(?<=<<<data )\w+")


@dataclass(frozen=True, slots=True)
class Habits:
    """How the simulated model behaves. `slips`: seeded mistakes of form (trailing comma, fences,
    an answer cut off, a 429) meet some questions; `ready_s` until a file is ready, `latency_s`
    of an answer, both real seconds.
    """

    slips: bool = True
    ready_s: float = 0.05
    latency_s: float = 0.0


class GeminiApi:
    """`/v1` and `/v1beta`; the key goes in x-goog-api-key. `asked` keeps a digest of every
    question that was answered, so that one paid twice is known.
    """

    def __init__(
        self, world: World, faults: FaultPlan, clips: Path, *, key: str, habits: Habits
    ) -> None:
        self.world, self.faults, self.key, self.habits = world, faults, key, habits
        self.files = FileRoom(faults, ready_s=habits.ready_s)
        self.viewer = Viewer(world, clips)
        self.asked: list[str] = []
        self._slipped: set[str] = set()
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        """Every path in both versions; `control/model` shows what was asked."""
        model = f"/{_VERSION}/models/(?P<model>[^/:]+)"
        file = f"/{_VERSION}/files/{{name}}"
        table: list[tuple[str, str, str, Handler]] = [
            ("models", "GET", f"/{_VERSION}/models", self.list_models),
            ("model", "GET", model, self.show_model),
            ("generate", "POST", f"{model}:generateContent", self.generate),
            ("count", "POST", f"{model}:countTokens", self.count),
            ("upload", "POST", f"/upload/{_VERSION}/files", self.upload),
            ("files", "GET", f"/{_VERSION}/files", lambda _r, v: self.files.listed()),  # noqa: ARG005
            ("file", "GET", file, lambda _r, v, name: self.files.show(name)),  # noqa: ARG005
            ("delete", "DELETE", file, lambda _r, v, name: self.files.delete(name)),  # noqa: ARG005
        ]
        return [
            *(
                route(f"gemini.{name}", method, path, self._keyed(handle), is_open=True)
                for name, method, path, handle in table
            ),
            route("control.model", "GET", "/control/model", self.show_asked, is_open=True),
            route("control.model", "DELETE", "/control/model", self.forget, is_open=True),
        ]

    def list_models(self, _request: Request, v: str) -> Reply:
        """Every model there is."""
        return json_reply({"models": [_model(m) for m in MODELS], "v": v})

    def show_model(self, request: Request, v: str, model: str) -> Reply:
        """One model, or 404."""
        fault = self.faults.take("gemini.model", request.path, frozenset({"redirect"}))
        if fault:
            return Reply(302, b"", {"Location": f"/{v}/models/{model}"})
        return json_reply(_model(model)) if model in MODELS else _no_model(model, v)

    def count(self, request: Request, v: str, model: str) -> Reply:
        """Tokens of the contents."""
        if model not in MODELS:
            return _no_model(model, v)
        asked = _Asked.of(request.json() or {})
        watched, missing = self._watched(asked)
        return missing or json_reply({"totalTokens": _tokens(asked, watched)})

    def upload(self, request: Request, v: str) -> Reply:
        """Start an upload, or take its bytes: those carry an upload_id, and no key."""
        return (
            self.files.take(request)
            if "upload_id" in request.query
            else self.files.start(request, v)
        )

    def generate(self, request: Request, v: str, model: str) -> Reply:
        """An answer in the shape that is asked for, or what the faults in force make of it."""
        if model not in MODELS:
            return _no_model(model, v)
        fault = self.faults.take("gemini.generate", request.path, slips.KINDS)
        if fault and (refused := slips.refused(fault)):
            return refused
        asked = _Asked.of(request.json() or {})
        watched, missing = self._watched(asked)
        if missing:
            return missing
        seed = f"{self.world.seed}/{asked.schema.get('title')}/" + (
            "/".join(w.sha256 for w in watched) or asked.first_text
        )
        kind, share = (fault.kind, fault.option("share", 0.7)) if fault else ("", 0.7)
        if not kind and self.habits.slips:
            kind = self._slip(seed, is_again=asked.is_again)
        if kind == "slip_429":
            return quota("Minute", retry_s=0.3)
        with self._lock:
            self.asked.append(asked.digest(model))
        text = json.dumps(self._answer(asked, watched, seed), ensure_ascii=False)
        usage = {
            "promptTokenCount": _tokens(asked, watched),
            "candidatesTokenCount": len(text) // 4,
            "thoughtsTokenCount": 120 + len(text) // 20,
        }
        usage["totalTokenCount"] = sum(usage.values())
        shaped = slips.shaped(kind, text, usage, model, share=share)
        return Reply(
            200,
            b"" if shaped is None else json_reply(shaped).body,
            {"Content-Type": "application/json; charset=utf-8"},
            pause_s=self.habits.latency_s,
        )

    def show_asked(self, _request: Request) -> Reply:
        """How many questions were answered, how many of them more than once, and the files that
        are there.
        """
        times = Counter(self.asked)
        return json_reply(
            {
                "answered": len(self.asked),
                "answered_twice": sum(n - 1 for n in times.values()),
                "files": sorted(self.files.files),
            }
        )

    def forget(self, request: Request) -> Reply:
        """Forget what was asked, and the files."""
        self.asked.clear()
        self.files.files.clear()
        return self.show_asked(request)

    def _keyed(self, handle: Handler) -> Handler:
        def checked(request: Request, **groups: str) -> Reply:
            given = request.headers.get("x-goog-api-key")
            if "upload_id" in request.query or given == self.key:
                return handle(request, **groups)
            if not given:
                said = "Method doesn't allow unregistered callers. Please use API Key."
                return refusal(403, "PERMISSION_DENIED", said)
            return bad_key()

        return checked

    def _answer(self, asked: _Asked, watched: list[Watched], seed: str) -> Any:
        rng = Random(seed)  # noqa: S311 (a simulation, no secret)
        title = str(asked.schema.get("title"))
        if title in TEXT_ANSWERERS:
            return TEXT_ANSWERERS[title](self.world, rng, asked.text)
        if title == "PictureAnalysis":
            return picture_analysis(watched, rng)
        answerer = ANSWERERS.get(title)
        film = next((w for w in watched if w.plan["duration_s"]), None)
        if title == "FirstLook":
            film = watched[0]
        if answerer is None or film is None:
            return filled(asked.schema, rng)
        return answerer(film, rng, asked.text)

    def _slip(self, seed: str, *, is_again: bool) -> str:
        kind = slips.thrown(seed, is_again=is_again)
        if kind != "slip_429":
            return kind
        with self._lock:  # once a question
            is_new = seed not in self._slipped
            self._slipped.add(seed)
        return kind if is_new else ""

    def _watched(self, asked: _Asked) -> tuple[list[Watched], Reply | None]:
        bodies = list(asked.inline)
        for uri in asked.uris:
            file: File | None = self.files.find(uri)
            if file is None:
                name = uri.rpartition("/")[2]
                said = f"You do not have permission to access the File {name} or it may not exist."
                return [], refusal(403, "PERMISSION_DENIED", said)
            if file.state != "ACTIVE":
                said = f"The File {file.name} is not in an ACTIVE state and usage is not allowed."
                return [], refusal(400, "FAILED_PRECONDITION", said)
            bodies.append(bytes(file.body))
        return [self.viewer.watch(body) for body in bodies], None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request holds, whichever case its keys are in."""

    text: str
    system: str
    schema: dict[str, Any]
    inline: tuple[bytes, ...]
    uris: tuple[str, ...]
    resolution: str
    fps: float

    @classmethod
    def of(cls, body: dict[str, Any]) -> _Asked:
        parts = [p for c in body.get("contents") or [] for p in c.get("parts") or []]
        config = body.get("generationConfig") or {}
        blobs = [_either(p, "inlineData", "inline_data") for p in parts]
        held = [_either(p, "fileData", "file_data") for p in parts]
        sampling = [_either(p, "videoMetadata", "video_metadata") for p in parts]
        system = _either(body, "systemInstruction", "system_instruction") or {}
        return cls(
            text="\n".join(p["text"] for p in parts if "text" in p),
            system="\n".join(p.get("text", "") for p in system.get("parts") or []),
            schema=config.get("responseJsonSchema") or config.get("responseSchema") or {},
            inline=tuple(
                base64.b64decode(b["data"].replace("-", "+").replace("_", "/")) for b in blobs if b
            ),
            uris=tuple(str(_either(h, "fileUri", "file_uri")) for h in held if h),
            resolution=str(config.get("mediaResolution") or ""),
            fps=next((float(s["fps"]) for s in sampling if s and s.get("fps")), 1.0),
        )

    @property
    def is_again(self) -> bool:
        return _AGAIN in self.text

    @property
    def first_text(self) -> str:
        """The question as it was first asked, without the random word of its fences."""
        return _FENCE_WORD.sub("", self.text.partition(f"\n\nYour last answer {_AGAIN}")[0])

    def digest(self, model: str) -> str:
        """Of the whole question, without the random word of its fences and without the names of
        files.
        """
        parts = [model, self.system, _FENCE_WORD.sub("", self.text)]
        files = [hashlib.sha256(b).hexdigest() for b in self.inline]
        files += [u.rpartition("/")[2].rpartition("-")[0] for u in self.uris]
        return hashlib.sha256(
            json.dumps([parts, files, self.schema], sort_keys=True).encode()
        ).hexdigest()


def _tokens(asked: _Asked, watched: list[Watched]) -> int:
    frame = TOKENS_PER_FRAME.get(asked.resolution, TOKENS_PER_FRAME_ELSE)
    seen = sum(
        w.plan["duration_s"] * (asked.fps * frame + TOKENS_PER_AUDIO_S) or TOKENS_PER_IMAGE
        for w in watched
    )
    return round(seen + (len(asked.text) + len(asked.system) + len(str(asked.schema))) / 4)


def _model(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "displayName": f"{name} (simulated)",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


def _no_model(model: str, v: str) -> Reply:
    said = f"models/{model} is not found for API version {v}."
    return refusal(404, "NOT_FOUND", said)


def _either(held: dict[str, Any], *names: str) -> Any:
    return next((held[n] for n in names if n in held), None)

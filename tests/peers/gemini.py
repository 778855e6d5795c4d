"""A mock of Gemini's file and generate API, made from `../shared/media.md` section 1."""

import base64
import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.peers.base import Fault, Mock, Reply, Request, json_reply, status

MEDIA_TOKENS = 8_700  # a video of 30 s: media.md 1.3
FILE_LIFE = timedelta(hours=48)  # media.md 1.3, from memory there
STATUSES = {  # google.rpc.Code beside its HTTP code
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclass(frozen=True)
class Answer:
    """What the model says: `text` None for no content (only thoughts, or a block); `raw`
    replaces the body.
    """

    text: str | None = "{}"
    finish_reason: str = "STOP"  # MAX_TOKENS, SAFETY, RECITATION, or one that no client knows
    block_reason: str | None = None  # promptFeedback: no candidates at all
    prompt_tokens: int | None = None  # None: counted from the request
    output_tokens: int | None = None  # None: four characters a token
    thought_tokens: int = 0
    usage: bool = True  # False: no usageMetadata
    raw: bytes | None = None


@dataclass(frozen=True)
class Charge:
    """One generateContent that was carried out, whether or not its reply arrived."""

    model: str
    prompt_tokens: int
    output_tokens: int
    thought_tokens: int
    request: Any = field(repr=False)

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.output_tokens + self.thought_tokens


@dataclass
class File:
    """A file that was uploaded: PROCESSING for `polls_left` looks, then as `end` says."""

    name: str
    mime_type: str
    display_name: str
    size: int
    polls_left: int
    end: str
    data: bytearray = field(default_factory=bytearray)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def state(self) -> str:
        return "PROCESSING" if self.polls_left > 0 else self.end

    def resource(self, url: str) -> dict[str, Any]:
        times = {"createTime": self.created_at, "expirationTime": self.created_at + FILE_LIFE}
        digest = hashlib.sha256(self.data).hexdigest().encode()
        file = {
            "name": self.name,
            "uri": f"{url}/v1beta/{self.name}",
            "mimeType": self.mime_type,
            "displayName": self.display_name,
            "sizeBytes": str(len(self.data)),
            "sha256Hash": base64.b64encode(digest).decode(),
            "state": self.state,
            **{k: v.isoformat().replace("+00:00", "Z") for k, v in times.items()},
        }
        if self.state == "FAILED":
            file["error"] = {"code": 3, "message": "The video could not be processed"}
        return file


class GeminiMock(Mock):
    """The rows of media.md 1.2 for files, models, tokens and answers; failures as in 1.4.

    Events: `file_uploaded`, `file_deleted`, `model_answered`. v1 and v1beta are the same.
    """

    _MODEL = r"/(?:v1|v1beta)/models/(?P<model>[^/:]+)"
    _FILES = r"/(?:v1|v1beta)/files"
    ROUTES = (
        ("POST", r"/upload/(?:v1|v1beta)/files", "start_upload"),
        ("POST|PUT", r"/upload/bytes/(?P<upload_id>\w+)", "upload_bytes"),
        ("GET", _FILES, "list_files"),
        ("GET", _FILES + r"/(?P<file_id>[^/]+)", "get_file"),
        ("DELETE", _FILES + r"/(?P<file_id>[^/]+)", "delete_file"),
        ("POST", _MODEL + ":generateContent", "generate"),
        ("POST", _MODEL + ":streamGenerateContent", "stream"),
        ("POST", _MODEL + ":countTokens", "count_tokens"),
        ("GET", r"/(?:v1|v1beta)/models", "list_models"),
        ("GET", _MODEL, "get_model"),
    )

    def __init__(
        self,
        key: str = "peer-key",
        *,
        models: Sequence[str] = ("gemini-3.8-flash", "gemini-3.5-flash-lite"),
        processing_polls: int = 1,
        file_state: str = "ACTIVE",
    ) -> None:
        super().__init__()
        self.key, self.models = key, tuple(models)
        self.processing_polls, self.file_state = processing_polls, file_state
        self.default: Answer | Callable[[Any], Answer] = Answer()
        self.files: dict[str, File] = {}
        self.charged: list[Charge] = []
        self._script: list[Answer | Callable[[Any], Answer]] = []
        self._uploads: dict[str, File] = {}

    def script(self, *answers: Answer | Callable[[Any], Answer]) -> None:
        """The next answers, in order; after them `default`. A callable gets the request's JSON."""
        with self.lock:
            self._script += answers

    @property
    def charged_tokens(self) -> int:
        with self.lock:
            return sum(charge.total_tokens for charge in self.charged)

    def error(self, code: int, message: str = "", **facts: Any) -> Reply:
        name = facts.pop("status", STATUSES.get(code, "UNKNOWN"))
        error = {"code": code, "message": message or f"Mock error {code}", "status": name, **facts}
        return json_reply({"error": error}, code)

    def refusal(self, request: Request) -> Reply | None:
        """A bad key is a 400 with the reason API_KEY_INVALID (1.4); byte uploads carry none
        (1.1).
        """
        keys = (request.header("x-goog-api-key"), request.query.get("key"))
        if self.key in keys or request.path.startswith("/upload/bytes/"):
            return None
        info = "type.googleapis.com/google.rpc.ErrorInfo"
        details = [{"@type": info, "reason": "API_KEY_INVALID"}]
        return self.error(400, "API key not valid. Please pass a valid API key.", details=details)

    def start_upload(self, request: Request) -> Reply:
        file = (request.json or {}).get("file") or {}
        upload_id, name = uuid.uuid4().hex, file.get("name") or f"files/{uuid.uuid4().hex[:12]}"
        size = int(request.header("x-goog-upload-header-content-length", "0"))
        mime = _either(file, "mime_type", "mimeType") or request.header(
            "x-goog-upload-header-content-type"
        )
        label = _either(file, "display_name", "displayName") or ""
        self._uploads[upload_id] = File(
            name, mime, label, size, self.processing_polls, self.file_state
        )
        # the client does not rewrite this host to its base_url: trap 5 of media.md
        where = {"x-goog-upload-url": f"{self.url}/upload/bytes/{upload_id}"}
        return json_reply({}, headers={**where, "x-goog-upload-status": "active"})

    def upload_bytes(self, request: Request, upload_id: str) -> Reply:
        file = self._uploads.get(upload_id)
        if file is None:
            return self.error(404, "The upload does not exist")
        command = request.header("x-goog-upload-command")
        if int(request.header("x-goog-upload-offset", "0")) != len(file.data):
            return self.error(400, f"The upload stands at {len(file.data)} bytes")
        file.data += request.body
        if "finalize" not in command:
            return json_reply({}, headers={"x-goog-upload-status": "active"})
        if len(file.data) != file.size:
            return self.error(400, f"{len(file.data)} bytes of {file.size} came")
        with self.lock:
            self.files[file.name] = self._uploads.pop(upload_id)
        return json_reply(
            {"file": file.resource(self.url)},
            headers={"x-goog-upload-status": "final"},
            events=(("file_uploaded", {"name": file.name, "size": file.size}),),
        )

    def list_files(self, request: Request) -> Reply:
        with self.lock:
            page = list(self.files.values())
        return self._page(request, "files", [file.resource(self.url) for file in page], "100")

    def get_file(self, request: Request, file_id: str) -> Reply:
        with self.lock:
            file = self.files.get(f"files/{file_id}")
            if file is None:  # the real API says 403 where a file is not there: not in media.md
                return self.error(403, f"You do not have permission to access the File {file_id}")
            page = file.resource(self.url)
            file.polls_left -= 1
        return json_reply(page)

    def delete_file(self, request: Request, file_id: str) -> Reply:
        with self.lock:
            if self.files.pop(f"files/{file_id}", None) is None:
                return self.error(403, f"You do not have permission to access the File {file_id}")
        return json_reply({}, events=(("file_deleted", {"name": f"files/{file_id}"}),))

    def generate(self, request: Request, model: str) -> Reply:
        if refusal := self._model_refusal(model) or self._file_refusal(request.json):
            return refusal
        with self.lock:
            answer = self._script.pop(0) if self._script else self.default
        if not isinstance(answer, Answer):
            answer = answer(request.json)
        charge = _charge(model, request.json, answer)
        with self.lock:
            self.charged.append(charge)
        events = (("model_answered", {"model": model, "total_tokens": charge.total_tokens}),)
        if answer.raw is not None:
            return Reply(200, answer.raw, {"Content-Type": "application/json"}, events)
        return json_reply(_response(model, answer, charge), events=events)

    def stream(self, request: Request, model: str) -> Reply:
        """The whole answer as one server-sent event."""
        reply = self.generate(request, model)
        if reply.status != 200:
            return reply
        sse = {"Content-Type": "text/event-stream"}
        return Reply(200, b"data: " + reply.body + b"\r\n\r\n", sse, reply.events)

    def count_tokens(self, request: Request, model: str) -> Reply:
        refusal = self._model_refusal(model) or self._file_refusal(request.json)
        return refusal or json_reply({"totalTokens": prompt_tokens(request.json)})

    def list_models(self, request: Request) -> Reply:
        return self._page(request, "models", [_model(name) for name in self.models], "50")

    def get_model(self, request: Request, model: str) -> Reply:
        return self._model_refusal(model) or json_reply(_model(model))

    def _page(self, request: Request, key: str, rows: list[Any], size: str) -> Reply:
        start = int(request.query.get("pageToken") or 0)
        end = start + int(request.query.get("pageSize") or size)
        more = {"nextPageToken": str(end)} if end < len(rows) else {}
        return json_reply({key: rows[start:end], **more})

    def _model_refusal(self, model: str) -> Reply | None:
        if model in self.models:
            return None
        return self.error(404, f"models/{model} is not found for API version v1beta")

    def _file_refusal(self, question: Any) -> Reply | None:
        """Files that are gone (403) or not ACTIVE (400); from memory, not in media.md."""
        for part in _parts(question):
            data = _either(part, "fileData", "file_data") or {}
            uri = _either(data, "fileUri", "file_uri") or ""
            if not uri.startswith(self.url):
                continue
            name = "files/" + uri.rpartition("/files/")[2]
            file = self.files.get(name)
            if file is None:
                return self.error(403, f"You do not have permission to access the File {name}")
            if file.state != "ACTIVE":
                message = f"The File {name} is not in an ACTIVE state and usage is not allowed."
                return self.error(400, message, status="FAILED_PRECONDITION")
        return None


def quota(retry: str = "17s", *, per_day: bool = False) -> Fault:
    """429 with RetryInfo and QuotaFailure, as in media.md 1.4."""
    period = "PerDay" if per_day else "PerMinute"
    details = [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry},
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": f"GenerateRequests{period}PerProjectPerModel"}],
        },
    ]
    error = {"code": 429, "message": "Quota exceeded", "status": STATUSES[429], "details": details}
    return status(429, {"error": error})


def prompt_tokens(question: Any) -> int:
    """Four characters of text a token, MEDIA_TOKENS a file or inline part."""
    parts = _parts(question)
    media = sum("text" not in part for part in parts)
    return max(1, sum(len(part.get("text") or "") for part in parts) // 4 + media * MEDIA_TOKENS)


def _parts(question: Any) -> list[dict[str, Any]]:
    question = question or {}
    system = _either(question, "systemInstruction", "system_instruction")
    contents = [*(question.get("contents") or []), *([system] if system else [])]
    return [part for content in contents for part in content.get("parts") or []]


def _either(data: dict[str, Any], *names: str) -> Any:
    """Keys inside parts may be camelCase or snake_case: media.md 1.2."""
    return next((data[name] for name in names if name in data), None)


def _charge(model: str, question: Any, answer: Answer) -> Charge:
    prompt, output = answer.prompt_tokens, answer.output_tokens
    prompt = prompt_tokens(question) if prompt is None else prompt
    output = len(answer.text or "") // 4 if output is None else output
    if answer.block_reason:
        output = 0
    return Charge(model, prompt, output, answer.thought_tokens, question)


def _response(model: str, answer: Answer, charge: Charge) -> dict[str, Any]:
    response: dict[str, Any] = {"modelVersion": model, "responseId": uuid.uuid4().hex}
    if answer.usage:
        usage = {
            "promptTokenCount": charge.prompt_tokens,
            "candidatesTokenCount": charge.output_tokens,
            "thoughtsTokenCount": charge.thought_tokens,
            "totalTokenCount": charge.total_tokens,
        }
        response["usageMetadata"] = {k: v for k, v in usage.items() if v}
    if answer.block_reason:
        return {**response, "promptFeedback": {"blockReason": answer.block_reason}}
    candidate: dict[str, Any] = {"finishReason": answer.finish_reason, "index": 0}
    if answer.text is not None:
        candidate["content"] = {"role": "model", "parts": [{"text": answer.text}]}
    return {**response, "candidates": [candidate]}


def _model(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "displayName": name,
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }

"""Google's Gemini API behind the protocol of model.py: the only module that knows google-genai."""

from __future__ import annotations

import os
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any, TypeVar

import httpx2
from google import genai
from google.genai import errors, types

from vtlib.core import log
from vtlib.core.deadline import TooSlow, call_within, rest_of_limit_s
from vtlib.core.errors import BadInput, nearest
from vtlib.llm.failures import Failed, Failure, FileRefused, NotOfApi, api_failure, failure_of
from vtlib.llm.model import ModelFacts, Reply
from vtlib.llm.replies import reply_of
from vtlib.llm.request import Attachment, Request
from vtlib.llm.retries import Retries, RetriesExhausted

T = TypeVar("T")
PREFIX = "vt-"  # of our files at the service: marks what a killed run left behind
LEFT_BEHIND = timedelta(hours=1)
_logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """The service's address and limits; seconds and bytes. `base_url` None = Google's."""

    api_key: str = field(repr=False)
    base_url: str | None = None
    api_version: str = "v1"
    timeout_s: float = 180.0
    ready_wait_s: float = 120.0
    poll_s: float = 1.0
    inline_max_bytes: int = 14_000_000


@dataclass
class Gemini:
    """The service behind one key. `undeleted_files`: deletion failed; they expire there."""

    access: Access
    undeleted_files: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    is_remote = True

    def ask(self, request: Request) -> Reply:
        """One generateContent. Raises Failed."""
        return attempt(lambda: self._generate(request))

    def check(self, name: str, *, setting: str, retries: Retries, end_s: float) -> ModelFacts:
        """Whether the service has the model (models.get). Raises BadInput and RetriesExhausted."""
        try:
            facts = retries.run(
                lambda: attempt(lambda: self._client.models.get(model=name)),
                what="models.get",
                end_s=end_s,
            )
        except RetriesExhausted as error:
            if error.failure.status == "not_found":
                raise self._unknown(name, setting) from None
            raise
        return ModelFacts(name, facts.input_token_limit, facts.output_token_limit)

    def count(self, request: Request) -> int | None:
        """Tokens that go in, as the service counts them. Raises Failed."""
        model = request.options.model
        result = attempt(
            lambda: self._client.models.count_tokens(model=model, contents=content_of(request))
        )
        return result.total_tokens

    def explain(self, failure: Failure, *, setting: str) -> Failure:
        """The failure with its place: who refused the key, which parameters name the model."""
        if failure.status == "bad_key":
            place = self.access.base_url or "the Gemini API"
            reason = f"GEMINI_API_KEY was refused by {place}: {failure.reason}"
        elif failure.status == "not_found" and failure.http_status == 404:
            reason = (
                f"{failure.reason}; the model is named by {setting}, its address by "
                "model.api_version"
            )
        else:
            return failure
        return replace(failure, reason=reason)

    @contextmanager
    def attached(self, request: Request, *, retries: Retries, end_s: float) -> Iterator[Request]:
        """Small files go inside the request; larger ones are uploaded, waited for, and always
        deleted.

        Raises FileRefused (missing here, failed there, not ready in time) and RetriesExhausted.
        """
        names: list[str] = []
        fps = request.options.fps
        try:
            files = [
                replace(a, handle=self._part(a, fps, names, retries=retries, end_s=end_s))
                for a in request.attachments
            ]
            yield replace(request, attachments=tuple(files))
        finally:
            for name in names:
                self._delete(name)

    def sweep(self, *, older_than: timedelta = LEFT_BEHIND) -> int:
        """Delete files that killed runs left behind; returns how many. Never raises."""
        count = 0
        try:
            for file in attempt(lambda: list(self._client.files.list())):
                is_ours = (file.name or "").removeprefix("files/").startswith(PREFIX)
                created_at = file.create_time
                if (
                    is_ours
                    and file.name
                    and created_at
                    and datetime.now(UTC) - created_at > older_than
                ):
                    count += self._delete(file.name)
        except Failed as error:
            _logger.warning("leftovers could not be listed", reason=error.failure.reason)
        return count

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._transport.close()

    @property
    def _client(self) -> genai.Client:
        with self._lock:  # made once, not by several workers at a time
            return self._connection

    @cached_property
    def _connection(self) -> genai.Client:
        """Kept here: google-genai closes a client when it is garbage-collected. No retries."""
        return genai.Client(
            api_key=self.access.api_key,
            http_options=types.HttpOptions(
                base_url=self.access.base_url,
                api_version=self.access.api_version,
                timeout=round(self.access.timeout_s * 1000),
                httpx_client=self._transport,
                # Of the asynchronous clients, unused here: each would read all certificates.
                async_client_args={"verify": _trust(), "ssl": _trust()},
            ),
        )

    @cached_property
    def _transport(self) -> BoundedClient:
        return BoundedClient(self.access.timeout_s)

    def _generate(self, request: Request) -> Reply:
        response = self._client.models.generate_content(
            model=request.options.model,
            contents=content_of(request),
            config=config_of(request),
        )
        http = response.sdk_http_response
        reply = reply_of(http.body if http else None)
        if reply is None:
            raise NotOfApi("the reply is empty or not the API's, and does not tell what it cost")
        return reply

    def _unknown(self, name: str, setting: str) -> BadInput:
        try:
            names = attempt(lambda: [(m.name or "") for m in self._client.models.list()])
        except Failed:
            names = []
        bare = name.removeprefix("models/")
        others = [m for m in (one.removeprefix("models/") for one in names) if m and m != bare]
        near = nearest(bare, others)
        todo = (
            f"Did you mean {near}?" if near else f"There are: {', '.join(others) or 'none listed'}."
        )
        if len(others) < len(names):
            todo = (
                f"It is listed but not served as {self.access.api_version}: change "
                f"model.api_version, or the model. {todo}"
            )
        return BadInput(
            f"the service has no model {name}.", todo=f"Set {setting}. {todo}", field=setting
        )

    def _part(
        self,
        file: Attachment,
        fps: float | None,
        names: list[str],
        *,
        retries: Retries,
        end_s: float,
    ) -> types.Part:
        try:
            size = file.path.stat().st_size
        except OSError as error:
            raise FileRefused(Failure("file_failed", f"not readable: {error.strerror}")) from None
        if size == 0:
            raise FileRefused(Failure("file_failed", "the file is empty"))
        if size <= self.access.inline_max_bytes:
            return _inline(file, fps)
        remote_file = retries.run(
            lambda: attempt(lambda: self._upload(file, names)), what="files.upload", end_s=end_s
        )
        uri = self._ready(remote_file, retries, end_s)
        data = types.FileData(file_uri=uri, mime_type=file.mime_type)
        return types.Part(file_data=data, video_metadata=_sampling(file, fps))

    def _upload(self, file: Attachment, names: list[str]) -> types.File:
        # The name is ours and known before the upload: the file can be deleted even if the reply
        # is lost.
        name = f"files/{PREFIX}{file.sha256[:12]}-{secrets.token_hex(6)}"
        names.append(name)
        config = types.UploadFileConfig(name=name, mime_type=file.mime_type)
        with file.path.open("rb") as handle:  # a handle: no file name goes into a header
            remote_file = self._client.files.upload(file=handle, config=config)
        if remote_file.name and remote_file.name != name:
            names.append(remote_file.name)
        return remote_file

    def _ready(self, file: types.File, retries: Retries, end_s: float) -> str:
        wait_s = self.access.ready_wait_s
        name, end = file.name or "", min(time.monotonic() + wait_s, end_s)
        while file.state == types.FileState.PROCESSING:
            if time.monotonic() >= end:
                reason = f"the service was still processing the file after {wait_s:g} s"
                raise FileRefused(Failure("timed_out", reason, is_passing=True))
            retries.pause(self.access.poll_s)
            file = retries.run(
                lambda: attempt(lambda: self._client.files.get(name=name)),
                what="files.get",
                end_s=end_s,
            )
        if file.state == types.FileState.FAILED or not file.uri:
            reason = (file.error and file.error.message) or "no reason given"
            raise FileRefused(Failure("file_failed", f"the service cannot use the file: {reason}"))
        return file.uri

    def _delete(self, name: str) -> bool:
        for _ in range(2):
            try:
                attempt(lambda: self._client.files.delete(name=name))
            except Failed as error:
                failure = error.failure
                if failure.http_status in (403, 404):
                    return True  # was never made, or is gone
                reason = failure.reason
            else:
                return True
        _logger.warning("file not deleted, it expires there by itself", file=name, reason=reason)
        self.undeleted_files.append(name)
        return False


def attempt(act: Callable[[], T]) -> T:
    """The result of `act`, a call of google-genai. Raises Failed for whatever that raises: its
    parsers raise all kinds (RecursionError, JSONDecodeError, KeyError, UnicodeError).
    """
    try:
        return act()
    except errors.APIError as error:
        raise Failed(api_failure(error)) from error
    except Exception as error:
        raise Failed(failure_of(error)) from error


def content_of(request: Request) -> types.Content:
    """The files, then the text. A file that was not attached goes inside the request."""
    fps = request.options.fps
    files = [a.handle or _inline(a, fps) for a in request.attachments]
    return types.Content(role="user", parts=[*files, types.Part(text=request.prompt.text)])


def config_of(request: Request) -> types.GenerateContentConfig:
    """The request's options for google-genai: JSON by schema, which we validate ourselves."""
    options = request.options
    resolution = options.resolution and f"MEDIA_RESOLUTION_{options.resolution.upper()}"
    thinking = options.thinking and types.ThinkingConfig(
        thinking_level=types.ThinkingLevel(options.thinking.upper())
    )
    return types.GenerateContentConfig(
        system_instruction=request.prompt.system,
        response_mime_type="application/json",
        response_json_schema=request.schema,
        max_output_tokens=options.max_output_tokens,
        automatic_continuation=False,
        should_return_http_response=True,  # the body is read by us (replies.py)
        temperature=options.temperature,
        media_resolution=types.MediaResolution(resolution) if resolution else None,
        thinking_config=thinking or None,
    )


def _inline(file: Attachment, fps: float | None) -> types.Part:
    blob = types.Blob(data=file.path.read_bytes(), mime_type=file.mime_type)
    return types.Part(inline_data=blob, video_metadata=_sampling(file, fps))


def _sampling(file: Attachment, fps: float | None) -> types.VideoMetadata | None:
    is_video = file.mime_type.startswith("video/")
    return types.VideoMetadata(fps=fps) if fps and is_video else None


MIN_UPLOAD_BYTES_PER_S = 50_000.0  # a request's body adds time to the deadline at this rate


class BoundedClient(httpx2.Client):
    """httpx client under google-genai with a deadline for each whole request: `total_s` plus the
    time its body needs, or the `limited_to` around it, whichever is sooner. httpx's own timeout
    starts anew with every byte.

    After the deadline it raises ReadTimeout: the request may have been carried out.
    """

    def __init__(self, total_s: float, **how: Any) -> None:
        super().__init__(follow_redirects=True, verify=_trust(), **how)
        self.total_s = total_s

    def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """The complete response. Raises httpx2.TimeoutException when it is not complete in time."""
        n_bytes = int(request.headers.get("content-length") or 0)
        within_s = rest_of_limit_s(self.total_s + n_bytes / MIN_UPLOAD_BYTES_PER_S)
        if within_s <= 0:
            raise httpx2.PoolTimeout("no time is left for another request", request=request)
        start = time.monotonic()
        try:
            return call_within(within_s, lambda: super(BoundedClient, self).send(request, **how))
        except TooSlow:
            took_s = time.monotonic() - start
            raise httpx2.ReadTimeout(
                f"no whole answer in {took_s:.0f} s", request=request
            ) from None


def _trust() -> ssl.SSLContext:
    """As google-genai 3.4: certificates of SSL_CERT_FILE and SSL_CERT_DIR, else httpx2's."""
    return _certificates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _certificates(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Read once a process: it takes 20 to 60 ms."""
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return httpx2.create_ssl_context()

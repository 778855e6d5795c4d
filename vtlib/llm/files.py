"""Files for a question: small ones inline, larger ones uploaded, waited for, and always deleted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from google import genai
from google.genai import types

from vtlib.core import log
from vtlib.llm.failures import Failed, Failure, attempted
from vtlib.llm.question import Attachment, Question
from vtlib.llm.retries import Patience

PREFIX = "vt-"  # of every file of ours at the service, so that leftovers of a killed run are known
LEFT_BEHIND = timedelta(hours=1)
_logger = log.get(__name__)


class FileRefused(Exception):
    """A file that cannot be used for a question; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


@dataclass
class Files:
    """The files of one client. `left` names those whose deletion failed: they expire at the
    service.
    """

    client: genai.Client
    patience: Patience
    inline_max_bytes: int
    ready_wait_s: float
    poll_s: float = 1.0
    left: list[str] = field(default_factory=list)

    @contextmanager
    def attached(self, question: Question, *, end_s: float) -> Iterator[list[types.Part]]:
        """The parts for the files of a question, for as long as the block lasts; then nothing of it
        stays.

        `end_s`: the deadline (monotonic). Raises FileRefused (missing here, failed there, not ready
        in time) and Unanswered.
        """
        names: list[str] = []
        fps = question.options.fps
        try:
            yield [self._part(a, fps, names, end_s) for a in question.attachments]
        finally:
            for name in names:
                self._delete(name)

    def sweep(self, *, older_than: timedelta = LEFT_BEHIND) -> int:
        """Delete files that killed runs left behind; returns how many. Never raises."""
        gone = 0
        try:
            for file in attempted(lambda: list(self.client.files.list())):
                is_ours = (file.name or "").removeprefix("files/").startswith(PREFIX)
                made = file.create_time
                if is_ours and file.name and made and datetime.now(UTC) - made > older_than:
                    gone += self._delete(file.name)
        except Failed as error:
            _logger.warning("leftovers could not be listed", reason=error.failure.reason)
        return gone

    def _part(
        self, file: Attachment, fps: float | None, names: list[str], end_s: float
    ) -> types.Part:
        sampling = types.VideoMetadata(fps=fps) if fps and file.is_video else None
        try:
            size = file.path.stat().st_size
        except OSError as error:
            raise FileRefused(Failure("file_failed", f"not readable: {error.strerror}")) from None
        if size == 0:
            raise FileRefused(Failure("file_failed", "the file is empty"))
        if size <= self.inline_max_bytes:
            blob = types.Blob(data=file.path.read_bytes(), mime_type=file.mime_type)
            return types.Part(inline_data=blob, video_metadata=sampling)
        sent = self.patience.insist(
            lambda: attempted(lambda: self._uploaded(file, names)), what="files.upload", end_s=end_s
        )
        uri = self._ready(sent, end_s)
        held = types.FileData(file_uri=uri, mime_type=file.mime_type)
        return types.Part(file_data=held, video_metadata=sampling)

    def _uploaded(self, file: Attachment, names: list[str]) -> types.File:
        # A name of ours, ASCII, known before the upload: it can be deleted whatever answer gets
        # lost.
        name = f"files/{PREFIX}{file.sha256[:12]}-{secrets.token_hex(6)}"
        names.append(name)
        config = types.UploadFileConfig(name=name, mime_type=file.mime_type)
        with file.path.open("rb") as handle:  # a handle: no file name goes into a header
            sent = self.client.files.upload(file=handle, config=config)
        if sent.name and sent.name != name:
            names.append(sent.name)
        return sent

    def _ready(self, file: types.File, end_s: float) -> str:
        name, end = file.name or "", min(time.monotonic() + self.ready_wait_s, end_s)
        while file.state == types.FileState.PROCESSING:
            if time.monotonic() >= end:
                said = f"the service was not done with the file after {self.ready_wait_s:g} s"
                raise FileRefused(Failure("timed_out", said, is_passing=True))
            self.patience.pause(self.poll_s)
            file = self.patience.insist(
                lambda: attempted(lambda: self.client.files.get(name=name)),
                what="files.get",
                end_s=end_s,
            )
        if file.state == types.FileState.FAILED or not file.uri:
            said = (file.error and file.error.message) or "no reason given"
            raise FileRefused(Failure("file_failed", f"the service cannot use the file: {said}"))
        return file.uri

    def _delete(self, name: str) -> bool:
        for _ in range(2):
            try:
                attempted(lambda: self.client.files.delete(name=name))
            except Failed as error:
                failure = error.failure
                if failure.http_status in (403, 404):
                    return True  # was never made, or is gone
                reason = failure.reason
            else:
                return True
        _logger.warning("file not deleted, it expires there by itself", file=name, reason=reason)
        self.left.append(name)
        return False

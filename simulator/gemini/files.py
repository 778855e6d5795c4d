"""Files at the API: resumable upload, states, list and delete."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.faults import FaultPlan
from simulator.gemini.wire import refusal
from simulator.wire import Reply, Request, json_reply

LIFE = timedelta(hours=48)
UPLOAD_FAULTS = frozenset({"no_upload_url"})
BYTES_FAULTS = frozenset({"upload_unconfirmed", "file_failed", "file_stuck"})


@dataclass(slots=True)
class File:
    """One file: PROCESSING for `ready_s` real seconds after its last byte, then `end`."""

    name: str
    mime_type: str
    uri: str
    body: bytearray = field(default_factory=bytearray)
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    done_at_s: float | None = None
    ready_s: float = 0.0
    end: str = "ACTIVE"

    @property
    def state(self) -> str:
        is_done = self.done_at_s is not None and time.monotonic() - self.done_at_s >= self.ready_s
        return self.end if is_done else "PROCESSING"

    def to_json(self) -> dict[str, Any]:
        digest = hashlib.sha256(self.body).hexdigest().encode()
        shown: dict[str, Any] = {
            "name": self.name,
            "uri": self.uri,
            "mimeType": self.mime_type,
            "sizeBytes": str(len(self.body)),
            "state": self.state,
            "createTime": self.made_at.isoformat(),
            "expirationTime": (self.made_at + LIFE).isoformat(),
            "sha256Hash": base64.b64encode(digest).decode(),
        }
        if self.state == "FAILED":
            shown["error"] = {"code": 3, "message": "the video cannot be decoded"}
        return shown


class FileRoom:
    """All files of one API. `ready_s` real seconds until one is ready; `left` counts what is
    there.
    """

    def __init__(self, faults: FaultPlan, *, ready_s: float) -> None:
        self.faults, self.ready_s = faults, ready_s
        self.files: dict[str, File] = {}
        self._uploads: dict[str, File] = {}
        self._lock = threading.Lock()

    def start(self, request: Request, v: str) -> Reply:
        """The first request of an upload: name it, get a URL."""
        asked = (request.json() or {}).get("file") or {}
        name = str(asked.get("name") or f"files/{secrets.token_hex(6)}")
        mime = str(
            asked.get("mime_type")
            or asked.get("mimeType")
            or request.headers.get("x-goog-upload-header-content-type", "")
        )
        fault = self.faults.take("gemini.upload", request.path, UPLOAD_FAULTS)
        with self._lock:
            if name in self.files:
                said = f"Requested entity already exists: {name}"
                return refusal(409, "ALREADY_EXISTS", said)
            token = secrets.token_hex(8)
            here = f"http://{request.headers.get('host', '127.0.0.1')}"
            self._uploads[token] = File(name, mime, f"{here}/{v}/{name}")
        if fault:
            return json_reply({})
        url = f"{here}/upload/{v}/files?upload_id={token}"
        return json_reply({}).with_headers(x_goog_upload_url=url, x_goog_upload_status="active")

    def take(self, request: Request) -> Reply:
        """The bytes, a chunk at a time; the last one makes the file."""
        file = self._uploads.get(request.query.get("upload_id", ""))
        if file is None:
            return refusal(404, "NOT_FOUND", "No such upload.")
        fault = self.faults.take("gemini.bytes", request.path, BYTES_FAULTS)
        if fault and fault.kind == "upload_unconfirmed":
            status = int(fault.option("status", 503))
            return refusal(status, "UNAVAILABLE", "The bytes got lost.")
        offset = int(request.headers.get("x-goog-upload-offset", "0"))
        file.body[offset:] = request.body
        if "finalize" not in request.headers.get("x-goog-upload-command", ""):
            return json_reply({}).with_headers(x_goog_upload_status="active")
        file.done_at_s, file.ready_s = time.monotonic(), self.ready_s
        if fault and fault.kind == "file_failed":
            file.end = "FAILED"
        if fault and fault.kind == "file_stuck":
            file.ready_s = float("inf")
        with self._lock:
            self.files[file.name] = file
        reply = json_reply({"file": file.to_json()})
        return reply.with_headers(x_goog_upload_status="final")

    def show(self, name: str) -> Reply:
        """One file; a file that is not there is refused as one that is not yours."""
        file = self.files.get(f"files/{name}")
        return json_reply(file.to_json()) if file else _unknown(name)

    def listed(self) -> Reply:
        """Every file."""
        with self._lock:
            return json_reply({"files": [f.to_json() for f in self.files.values()]})

    def delete(self, name: str) -> Reply:
        """Away with it."""
        with self._lock:
            gone = self.files.pop(f"files/{name}", None)
        return json_reply({}) if gone else _unknown(name)

    def find(self, uri: str) -> File | None:
        """The file behind a URI."""
        return self.files.get("files/" + uri.rpartition("/files/")[2])


def _unknown(name: str) -> Reply:
    said = f"You do not have permission to access the File {name} or it may not exist."
    return refusal(403, "PERMISSION_DENIED", said)

"""Media in S3-compatible storage: one object a file, under the name that it has in the folder.

Credentials and region come from where the AWS tools look (environment, ~/.aws, instance role), the
address of another provider from AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. An object is written by
one PUT with its MD5, which the server checks (RFC 1864), so it is there whole or not at all; only
then does any row say that it is stored. It carries its SHA-256, checked again when it is read.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from vtlib.core import log
from vtlib.core.errors import GET_TEAM_EXTRA, BadInput, CredentialsMissing, SourceFailed

PAUSES_S = (1, 2, 4, 8, 16, 30, 30)  # 91 s in all: storage may be away for a minute
TIMEOUT_S = 30
PAGE_KEYS = 1000  # of a list, the most that S3 gives
LINK_MAX_S = 7 * 24 * 3600  # of a signature, AWS Signature Version 4
_CHUNK = 1 << 20
_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "403")
_ABSENT = ("NoSuchKey", "404", "NotFound")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A bucket and the prefix of its keys; `pauses_s` between tries of what is passing."""

    bucket: str
    prefix: str = ""
    pauses_s: tuple[float, ...] = PAUSES_S

    @classmethod
    def of(cls, url: str) -> ObjectStore:
        """From s3://bucket/prefix. Raises BadInput for anything else."""
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not url.startswith("s3://") or not bucket or "@" in bucket:
            raise BadInput(
                "media storage is written s3://bucket/prefix, without keys.",
                todo="Keys come from the environment or ~/.aws, as for the AWS tools.",
            )
        return cls(bucket, prefix.strip("/"))

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def put(self, path: Path, name: str) -> None:
        """Store a file under `name`, and see that it is there with its size.

        Raises SourceFailed when the storage does not answer, CredentialsMissing when it refuses.
        """
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(_CHUNK):
                md5.update(block)
                sha256.update(block)

        def send() -> None:
            with path.open("rb") as body:
                self._client.put_object(
                    **self._at(name),
                    Body=body,
                    ContentMD5=base64.b64encode(md5.digest()).decode(),
                    Metadata={"sha256": sha256.hexdigest()},
                )
            if self.size(name) != path.stat().st_size:
                raise SourceFailed(f"{self.url}: an object is not as long as its file.")

        self._try(send)

    def get(self, name: str, target: Path) -> bool:
        """Write an object to `target`, whole; False when there is none.

        Raises SourceFailed also when what came is not what was stored.
        """
        part = target.with_name(f".{target.name}.{os.getpid()}.{time.monotonic_ns()}.part")
        target.parent.mkdir(parents=True, exist_ok=True)

        def fetch() -> bool:
            reply = self._absent_is_none(self._client.get_object, **self._at(name))
            if reply is None:
                return False
            digest = hashlib.sha256()
            with part.open("wb") as stream:
                for block in reply["Body"].iter_chunks(_CHUNK):
                    digest.update(block)
                    stream.write(block)
            # An original has its digest in its name; what has it nowhere was not put by us.
            if digest.hexdigest() not in (reply["Metadata"].get("sha256"), Path(name).stem):
                raise SourceFailed(f"{self.url}: {name} is not what was stored.")
            part.replace(target)
            return True

        try:
            return self._try(fetch)
        finally:
            part.unlink(missing_ok=True)

    def size(self, name: str) -> int | None:
        """Bytes of an object; None when there is none."""
        reply = self._try(lambda: self._absent_is_none(self._client.head_object, **self._at(name)))
        return None if reply is None else int(reply["ContentLength"])

    def list_files(self, start: str = "") -> Iterator[tuple[str, int]]:
        """(name, bytes) of every object whose name begins with `start`."""
        key = f"{self.prefix}/" if self.prefix else ""
        page: dict[str, Any] = {}
        while True:
            token = page.get("NextContinuationToken")
            page = self._try(partial(self._list, key + start, token))
            for one in page.get("Contents", []):
                yield one["Key"].removeprefix(key), int(one["Size"])
            if not page.get("IsTruncated"):
                return

    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is no error."""
        self._try(lambda: self._client.delete_object(**self._at(name)))

    def link(self, name: str, *, seconds: float) -> str:
        """A signed address of an object that ends after so many seconds (at most a week)."""
        return str(
            self._client.generate_presigned_url(
                "get_object", Params=self._at(name), ExpiresIn=int(min(seconds, LINK_MAX_S))
            )
        )

    def _list(self, start: str, token: str | None) -> dict[str, Any]:
        more = {"ContinuationToken": token} if token else {}
        page: dict[str, Any] = self._client.list_objects_v2(
            Bucket=self.bucket, Prefix=start, MaxKeys=PAGE_KEYS, **more
        )
        return page

    @property
    def _client(self) -> Any:
        return _client(os.getpid())

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": f"{self.prefix}/{name}" if self.prefix else name}

    def _absent_is_none(self, call: Callable[..., Any], **values: Any) -> Any:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - of the extra `team`

        try:
            return call(**values)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise

    def _try(self, call: Callable[[], T]) -> T:
        """The result of `call`; transient errors are repeated with back-off."""
        from botocore import exceptions as refusals  # noqa: PLC0415 - of the extra `team`

        for pause_s in (*self.pauses_s, None):
            try:
                return call()
            except refusals.NoCredentialsError:
                raise CredentialsMissing(
                    f"no credentials for {self.url}.",
                    todo="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile.",
                ) from None
            except refusals.ClientError as error:
                code = str(error.response["Error"]["Code"])
                self._raise_final(code, error.response["ResponseMetadata"]["HTTPStatusCode"])
                message = f"it answered {code}"
            except (refusals.BotoCoreError, refusals.HTTPClientError, OSError) as error:
                message = type(error).__name__
            if pause_s is None:
                break
            log.get(__name__).warning(
                f"{self.url} does not answer ({message}): tried again in {pause_s:g} s"
            )
            time.sleep(pause_s)
        raise SourceFailed(
            f"{self.url} does not answer ({message}).",
            todo="Nothing is lost: run the command again when it does. vt doctor looks at it.",
        )

    def _raise_final(self, code: str, status: int) -> None:
        """Raise for an answer that trying again does not change."""
        if code in _REFUSED or status in (401, 403):
            raise CredentialsMissing(
                f"{self.url} refuses these credentials ({code}).",
                todo="They need s3:GetObject, PutObject, DeleteObject and ListBucket on it.",
            )
        if code == "NoSuchBucket":
            raise BadInput(f"there is no bucket {self.bucket}.", todo="Create it, or correct it.")
        if status < 500 and status != 429 and code not in ("BadDigest", "RequestTimeout"):
            raise SourceFailed(f"{self.url} answered {code}.")


@cache
def _client(_process: int) -> Any:
    """One client a process: it may be used by threads, not after a fork."""
    try:
        from botocore.config import Config  # noqa: PLC0415 - of the extra `team`
        from botocore.session import get_session  # noqa: PLC0415
    except ImportError:
        raise BadInput(
            "media in S3 needs the package botocore, which is not installed.",
            todo=GET_TEAM_EXTRA,
        ) from None
    session = get_session()
    own = bool(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))
    config = Config(
        signature_version="s3v4",
        connect_timeout=TIMEOUT_S,
        read_timeout=TIMEOUT_S,
        retries={"total_max_attempts": 1},  # ours wait longer, and say so
        max_pool_connections=32,
        # Checksums in trailers are refused by older servers; the MD5 is not.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if own else "auto"},
    )
    region = session.get_config_variable("region") or "us-east-1"
    return session.create_client("s3", region_name=region, config=config)

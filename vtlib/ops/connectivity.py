"""Do the services answer and accept our keys? One free call each."""

from __future__ import annotations

import json
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from vtlib.core import log
from vtlib.core.deadline import TooSlow, call_within
from vtlib.core.errors import CredentialsMissing, VtError
from vtlib.ops.health import HealthCheck

SERVICES = ("https://api.apify.com/", "https://generativelanguage.googleapis.com/")
VIDEO_HOSTS = (
    "https://www.instagram.com/",
    "https://www.tiktok.com/",
    "https://www.youtube.com/",
    "https://x.com/",
)
TIMEOUT_S = 8.0
ANSWER_S = 30.0  # for an answer with the client's retries in it
RETRY_S = 0.05  # the doctor waits for nobody


def apify(token: str | None, url: str | None) -> list[HealthCheck]:
    """Whether the token is there and, by one free call, whether it is valid."""
    if not token:
        says = "no APIFY_TOKEN: nothing can be scraped (imports work)"
        return [
            HealthCheck("apify", "warn", says, "Put APIFY_TOKEN into .env."),
            *_base(url, "apify"),
        ]
    from vtlib.capture.apify import Apify  # noqa: PLC0415 - takes a second

    try:
        name = call_within(ANSWER_S, Apify(token, url, pause_s=RETRY_S).who)
    except CredentialsMissing as error:
        todo = "Put a valid APIFY_TOKEN into .env."
        return [HealthCheck("apify", "fail", error.message, todo, exit_code=error.exit_code)]
    except (VtError, TooSlow) as error:
        todo = "Check the network, the proxy and VT_APIFY_URL, then try again."
        message = error.message if isinstance(error, VtError) else f"no answer: {error}"
        return [HealthCheck("apify", "fail", message, todo, exit_code=4)]
    message = f"the token is valid ({name or 'an account without a name'})"
    return [HealthCheck("apify", "ok", message), *_base(url, "apify")]


def gemini(key: str | None, url: str | None) -> list[HealthCheck]:
    """Whether the key is there and, by listing one model (free), whether it is valid."""
    if not key:
        says = "no GEMINI_API_KEY: nothing can be analysed by a model (measures work)"
        return [
            HealthCheck("gemini", "warn", says, "Put GEMINI_API_KEY into .env."),
            *_base(url, "gemini"),
        ]
    try:
        name = call_within(ANSWER_S, lambda: _first_model(key, url))
    except Exception as error:  # noqa: BLE001 - three HTTP libraries' errors; each becomes a line
        return [_gemini_refusal(error, key)]
    return [HealthCheck("gemini", "ok", f"the key is valid ({name})"), *_base(url, "gemini")]


def bucket(url: str) -> list[HealthCheck]:
    """Whether media storage takes an object, gives it back and removes it again."""
    from vtlib.media.objects import ObjectStore  # noqa: PLC0415 - of the extra `team`

    name = "media/.vt-doctor"
    try:
        store = replace(ObjectStore.of(url), pauses_s=())
        with tempfile.TemporaryDirectory() as folder:
            probe, back = Path(folder, "probe"), Path(folder, "back")
            probe.write_bytes(b"vt doctor")
            store.put(probe, name)
            is_same = store.get(name, back) and back.read_bytes() == probe.read_bytes()
        store.remove(name)
    except VtError as error:
        return [HealthCheck("media storage", "fail", error.message, error.todo, error.exit_code)]
    if not is_same:
        return [HealthCheck("media storage", "fail", f"{url} gave other bytes back", exit_code=4)]
    return [HealthCheck("media storage", "ok", f"{url} takes, gives and removes files")]


def reachable(urls: Sequence[str], *, what: str) -> list[HealthCheck]:
    """Whether any reply comes from `urls`, requested in parallel; warnings only."""
    with ThreadPoolExecutor(max_workers=max(len(urls), 1)) as pool:
        silent = [u for u, error in zip(urls, pool.map(_answers, urls), strict=True) if error]
    hosts = [urlsplit(u).hostname or u for u in urls]
    if not silent:
        return [HealthCheck(what, "ok", f"{', '.join(hosts)} answer")]
    says = f"no answer from {', '.join(urlsplit(u).hostname or u for u in silent)}"
    todo = "Check the network, HTTPS_PROXY and firewalls; what needs it will fail, the rest works."
    return [HealthCheck(what, "warn", says, todo)]


def is_here(url: str | None) -> bool:
    """Whether a base URL points at this very machine."""
    return (urlsplit(url or "").hostname or "") in ("localhost", "127.0.0.1", "::1")


def _base(url: str | None, what: str) -> list[HealthCheck]:
    """A line when a service address is overridden (simulator, proxy)."""
    return (
        [HealthCheck(f"{what} address", "ok", f"{url} instead of the real service")] if url else []
    )


def _first_model(key: str, url: str | None) -> str:
    base = (url or SERVICES[1]).rstrip("/")
    request = urllib.request.Request(  # noqa: S310 - http(s) only: the real service, or VT_GEMINI_URL
        f"{base}/v1beta/models?pageSize=1", headers={"x-goog-api-key": key}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:  # noqa: S310 - as above
        models = json.load(reply).get("models")
    return str(models[0]["name"]) if models else "no model listed"


def _gemini_refusal(error: Exception, key: str) -> HealthCheck:
    code = error.code if isinstance(error, urllib.error.HTTPError) else None
    message = log.redactor([key])(_message(error))[:160]
    if code in (401, 403) or (code == 400 and "key" in message.lower()):
        todo = "Put a valid GEMINI_API_KEY into .env."
        return HealthCheck("gemini", "fail", f"the key was refused: {message}", todo, exit_code=3)
    todo = "Check the network, the proxy and VT_GEMINI_URL, then try again."
    return HealthCheck("gemini", "fail", f"no answer: {message}", todo, exit_code=4)


def _message(error: Exception) -> str:
    """The API's error message, else the class of the error: other texts may hold the key."""
    if isinstance(error, urllib.error.HTTPError):
        try:
            return str(json.load(error)["error"]["message"])
        except (ValueError, LookupError, TypeError, OSError):
            return f"HTTP {error.code}"
    return type(error).__name__


def _opened(request: urllib.request.Request) -> str:
    with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - http(s) only, see _answers
        return ""


def _answers(url: str) -> str:
    """'' when `url` replies, whatever the status; else the reason."""
    if urlsplit(url).scheme not in ("http", "https"):
        return "no http address"
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - http(s) only, see above
    try:
        return call_within(TIMEOUT_S, lambda: _opened(request))
    except urllib.error.HTTPError:
        return ""
    except (OSError, ValueError) as error:
        return str(error)

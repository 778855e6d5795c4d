"""The doctor's probes: what is there is ok, what is optional and gone a warning, what is needed
and gone a failure.
"""

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vtlib.ops import connectivity, health

KEY = "AIza" + "x" * 30


def states(found: list[health.HealthCheck]) -> list[str]:
    return [f.state for f in found]


def test_this_machine_is_fit() -> None:
    """It runs these tests: Python, packages and codecs are there."""
    for probe in (health.python, health.packages, health.codecs):
        assert probe()[0].state == "ok", probe()


PACKAGES = [  # requirement lines, states
    (["click>=8"], ["ok"]),
    (["click>=999"], ["fail"]),
    (["no-such-package-at-all"], ["fail"]),
    (["click>=8", 'no-such-package-at-all>=1; extra == "media"'], ["ok", "warn"]),
    (["click>=8", 'no-such-package-at-all>=1; extra == "dev"'], ["ok"]),
    (["click>=8", 'no-such-package-at-all; python_version < "3"'], ["ok"]),
]


@pytest.mark.parametrize(("lines", "expected"), PACKAGES)
def test_packages(lines: list[str], expected: list[str]) -> None:
    found = health.packages(lines)
    assert states(found) == expected
    assert all(f.todo for f in found if f.state != "ok")


def test_a_missing_package_is_named() -> None:
    assert "click>=999" in health.packages(["click>=999"])[0].says


CODECS = [
    (set(health.CODECS) | set(health.CODECS_WANTED), "ok"),
    (set(health.CODECS), "warn"),
    (set(health.CODECS_WANTED), "fail"),
]


@pytest.mark.parametrize(("has", "state"), CODECS)
def test_codecs(has: set[str], state: str) -> None:
    assert states(health.codecs(has)) == [state]


@pytest.mark.parametrize(("programs", "state"), [({"deno"}, "ok"), ({"node"}, "warn")])
def test_helpers(programs: set[str], state: str) -> None:
    assert states(health.helpers(lambda name: name if name in programs else None)) == [state]


AGES = [  # version, today, state
    ("2026.10.26", date(2026, 11, 24), "ok"),
    ("2026.10.26", date(2026, 12, 31), "warn"),
    ("2026.10.26.123456", date(2026, 11, 1), "ok"),  # a nightly
    ("2026.10.26", date(2026, 10, 1), "ok"),  # a clock that is behind
    ("master", date(2026, 11, 24), "fail"),
]


@pytest.mark.parametrize(("version", "today", "state"), AGES)
def test_the_age_of_yt_dlp(version: str, today: date, state: str) -> None:
    assert states(health.yt_dlp_age(today, version)) == [state]


FONTS = [
    (["DejaVu Sans", "Noto Color Emoji", "Noto Sans CJK JP"], "ok"),
    (["Arial", "Apple Color Emoji", "Hiragino Sans"], "ok"),
    (["DejaVu Sans"], "warn"),
    ([], "warn"),
]


@pytest.mark.parametrize(("families", "state"), FONTS)
def test_fonts(families: list[str], state: str) -> None:
    assert states(health.fonts(families)) == [state]


@pytest.mark.parametrize(("free_gb", "state"), [(100, "ok"), (4.9, "warn"), (0.4, "fail")], ids=str)
def test_disk(tmp_path, monkeypatch, free_gb: float, state: str) -> None:
    usage = type("usage", (), {"free": free_gb * 1e9})
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: usage)
    found = health.disk(tmp_path / "not" / "there")
    assert states(found) == [state]
    assert str(tmp_path) in found[0].says


@pytest.mark.parametrize(("used", "state"), [(10, "ok"), (90, "warn"), (130, "warn")])
def test_quota(tmp_path, used: int, state: str) -> None:
    assert health.disk(tmp_path, media_bytes=used, quota_bytes=100)[1].state == state


def test_cookies(tmp_path) -> None:
    good, bad = tmp_path / "c.txt", tmp_path / "c.json"
    good.write_text("# Netscape HTTP Cookie File\n")
    bad.write_text('[{"name": "sessionid"}]')
    found = [health.cookies(path, None)[0] for path in (None, good, bad, tmp_path / "none")]
    assert states(found) == ["ok", "ok", "fail", "fail"]
    assert {f.exit_code for f in found if f.state == "fail"} == {2}


ANSWERS = {  # what a Gemini key meets: status, body, state, exit code
    "good": (200, {"models": [{"name": "models/gemini-x"}]}, "ok", 1),
    "refused": (400, {"error": {"code": 400, "message": f"API key not valid: {KEY}"}}, "fail", 3),
    "forbidden": (403, {"error": {"code": 403, "message": "no"}}, "fail", 3),
    "down": (503, {"error": {"code": 503, "message": "overloaded"}}, "fail", 4),
    "bad request": (400, {"error": {"code": 400, "message": "page size"}}, "fail", 4),
}


@pytest.fixture
def answering():
    """A server on loopback that gives one answer to everything; returns a function that sets it."""
    said = {"status": 200, "body": b"{}"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(said["status"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said["body"])))
            self.end_headers()
            self.wfile.write(said["body"])

        do_HEAD = do_GET  # noqa: N815 - the name the base class looks for

        def log_message(self, *args) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

        def answer(status: int, body: object) -> str:
            said.update(status=status, body=json.dumps(body).encode())
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield answer
        server.shutdown()


@pytest.mark.parametrize("name", ANSWERS)
def test_the_gemini_key(answering, name: str) -> None:
    status, body, state, code = ANSWERS[name]
    found = connectivity.gemini(KEY, answering(status, body))[0]
    assert (found.state, found.exit_code) == (state, code)
    assert KEY not in found.says


def test_keys_that_are_not_set_are_warnings() -> None:
    found = [*connectivity.apify(None, None), *connectivity.gemini(None, None)]
    assert states(found) == ["warn", "warn"]


def test_an_apify_that_is_not_there_is_a_source_that_failed() -> None:
    found = connectivity.apify("a-token-of-mine", "http://127.0.0.1:9")[0]
    assert (found.state, found.exit_code) == ("fail", 4)
    assert "a-token-of-mine" not in found.says


def test_any_answer_counts_as_reached(answering) -> None:
    url = answering(404, {})
    assert connectivity.reachable([url], what="x")[0].state == "ok"
    found = connectivity.reachable([url, "http://127.0.0.1:9", "file:///etc/passwd"], what="x")[0]
    assert found.state == "warn"


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8", True),
        ("http://localhost", True),
        (None, False),
        ("https://x.com", False),
    ],
)
def test_is_here(url: str | None, here: bool) -> None:
    assert connectivity.is_here(url) is here

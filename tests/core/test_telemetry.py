"""What is logged, and what leaves: errors to a Sentry and traces to a collector on this machine,
with nothing personal.
"""

import gzip
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from vtlib.cli.base import Answer, run_command
from vtlib.core import log, telemetry
from vtlib.core.errors import BadInput, SourceFailed
from vtlib.core.rate_limits import RateLimiter
from vtlib.core.settings import load_settings
from vtlib.llm.failures import Failed, Failure
from vtlib.llm.retries import Retries
from vtlib.ops import use
from vtlib.store.project import Workspace

PERSONAL = ("anna", "secret-client", "caption of hers", "/home/", "some.person")


@pytest.fixture
def collector():
    """A server that keeps what it is sent: (path, body)."""
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            taken.append((self.path, gzip.decompress(body) if packed else body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}" if "envelope" in self.path else b"")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", taken
    server.shutdown()
    server.server_close()
    telemetry.close()


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("VT_SENTRY_DSN", "VT_OTLP_ENDPOINT", "VT_LOG_FILE", "VT_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    monkeypatch.setenv("VT_PERSON", "anna")
    return tmp_path


def fail(at: Workspace, **_: object) -> Answer:
    caption = "caption of hers"
    raise SourceFailed(f"/home/anna/film.mp4 of @some.person: {caption}")


def refuse(at: Workspace, **_: object) -> Answer:
    raise BadInput("no such account: @some.person")


def work(at: Workspace, **_: object) -> Answer:
    with at.store.write() as connection:
        connection.execute("SELECT 1")
    return Answer({}, "done")


def call(function, name: str) -> int:
    return run_command(function, as_json=False, options={"project": "secret-client"}, name=name)


def events(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_error_reaches_sentry_without_anything_personal(home, collector, monkeypatch) -> None:
    address, taken = collector
    monkeypatch.setenv("VT_SENTRY_DSN", f"http://key@{address}/1")
    assert call(fail, "scrape") == 4
    assert taken
    text = b"".join(body for _, body in taken).decode()
    assert '"SourceFailed"' in text
    assert '"command":"scrape"' in text.replace('": "', '":"')
    assert "vtlib/cli/base.py" in text
    assert not [word for word in (*PERSONAL, str(home)) if word in text]
    n = len(taken)
    assert call(refuse, "scrape") == 2
    assert len(taken) == n, "what is refused is no error of the work"


def test_a_trace_reaches_a_collector_without_anything_personal(
    home, collector, monkeypatch
) -> None:
    address, taken = collector
    monkeypatch.setenv("VT_OTLP_ENDPOINT", f"http://{address}")
    assert call(work, "costs") == 0
    assert {path for path, _ in taken} == {"/v1/traces"}
    sent = ExportTraceServiceRequest.FromString(taken[0][1])
    spans = {s.name: s for r in sent.resource_spans for scope in r.scope_spans for s in scope.spans}
    assert {"command", "write"} <= set(spans)
    assert spans["write"].trace_id == spans["command"].trace_id
    assert spans["write"].parent_span_id == spans["command"].span_id
    assert {a.key for a in spans["command"].attributes} <= telemetry.FACT_NAMES
    text = str(sent)
    assert not [word for word in (*PERSONAL, str(home)) if word in text]


def test_nothing_is_sent_unless_an_address_is_set(home, collector) -> None:
    _, taken = collector
    call(fail, "scrape")
    call(work, "costs")
    assert taken == []


def test_every_event_has_run_project_seconds_and_outcome(
    home, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("VT_LOG_FILE", str(tmp_path / "mine.jsonl"))
    call(work, "costs")
    call(refuse, "scrape")
    found = events(tmp_path / "mine.jsonl")
    assert found == events(tmp_path / "outputs" / "logs" / "vt.jsonl")
    assert all(e["run_id"].startswith("c-") and e["project"] == "secret-client" for e in found)
    timed = {(e["event"], e["command"]): e for e in found if "seconds" in e}
    assert timed["command", "costs"]["outcome"] == timed["write", "costs"]["outcome"] == "ok"
    assert timed["command", "scrape"]["outcome"] == "refused"
    (refusal,) = [e for e in found if e["event"] == "refusal"]
    assert (refusal["exit_code"], refusal["level"]) == (2, "info")
    assert "command" not in capsys.readouterr().err, "the console shows warnings and worse"


@pytest.mark.parametrize(
    ("level", "shown"),
    [("DEBUG", {"write", "command"}), ("INFO", {"command"}), ("WARNING", set()), ("ERROR", set())],
)
def test_levels_do_what_they_say(home, monkeypatch, capsys, level: str, shown: set) -> None:
    monkeypatch.setenv("VT_LOG_LEVEL", level)
    call(work, "costs")
    err = capsys.readouterr().err
    assert {name for name in ("write", "command") if f" {name} " in f" {err} "} == shown


def test_an_event_of_a_thread_has_the_run_too(tmp_path) -> None:
    log.set_up(tmp_path / "logs", run_id="r1")
    log.about(project="spring")
    thread = threading.Thread(target=lambda: log.get("x").info("inside"))
    thread.start()
    thread.join()
    (event,) = events(tmp_path / "logs" / "vt.jsonl")
    assert (event["run_id"], event["project"]) == ("r1", "spring")


def test_use_is_counted_by_person_command_and_project(home) -> None:
    call(work, "costs")
    call(work, "costs")
    call(refuse, "scrape")
    at = Workspace(load_settings(home))
    with use.path(at).open("a") as file:
        file.write('{"at": "2026-')  # cut by a kill
    lines = use.read(at, project="secret-client")
    found = use.usage_counts(lines, "person", "command").set_index("command")
    assert found["n"].to_dict() == {"costs": 2, "scrape": 1}
    assert found["refused"].to_dict() == {"costs": 0, "scrape": 1}
    assert set(found["person"]) == {"anna"}


def test_a_retry_and_both_calls_are_events(tmp_path) -> None:
    log.set_up(tmp_path / "logs", run_id="r1")
    answers = [Failed(Failure("unavailable", "down", is_passing=True)), "there"]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    retries = Retries(RateLimiter({}), pause=lambda _: None)
    assert retries.run(ask, what="generateContent", end_s=time.monotonic() + 100) == "there"
    found = events(tmp_path / "logs" / "vt.jsonl")
    assert [(e["event"], e.get("outcome"), e["attempt"]) for e in found] == [
        ("service call", "failed", 1),
        ("retry", None, 1),
        ("service call", "ok", 2),
    ]
    assert found[1]["reason"] == "down"
    assert found[1]["seconds"] >= 0


def test_starting_vt_imports_neither() -> None:
    code = "import sys, vtlib.cli.base; print({'sentry_sdk', 'opentelemetry'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"

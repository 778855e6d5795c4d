"""Whatever a model or the service sends: an outcome with its cost booked, and never an
exception.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtlib.adaptation.answer import AdaptedScript
from vtlib.adaptation.comparison import ProductFits
from vtlib.analysis.answer import FirstLook, VideoAnalysis, from_stored
from vtlib.analysis.pictures import PictureAnalysis
from vtlib.core.rate_limits import CircuitBreaker, RateLimiter
from vtlib.llm import answers as analyses
from vtlib.llm.client import Client
from vtlib.llm.gemini import Access, Gemini
from vtlib.llm.malformed import read_answer
from vtlib.llm.outcomes import DATA
from vtlib.llm.prompts.files import load_prompt, render
from vtlib.llm.replies import reply_of
from vtlib.llm.request import Options, Request
from vtlib.llm.retries import Retries
from vtlib.store.connection import Store

ANSWERS = (VideoAnalysis, PictureAnalysis, FirstLook, ProductFits, AdaptedScript)
USAGE = {"promptTokenCount": 100, "candidatesTokenCount": 20, "thoughtsTokenCount": 3}
DEEP = 20_000
ODD = st.sampled_from(
    [
        2**63,
        2**64,
        10**400,
        -1,
        1e300,
        float("nan"),
        float("inf"),
        "\ud800",
        "a\x00b",
        "9" * 400 + ":00",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ODD,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*VideoAnalysis.model_fields, "span", "start_s"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


def valid(model=VideoAnalysis):
    """A whole answer of the shape that is asked for."""
    from random import Random

    from simulator.gemini.analyst import filled
    from vtlib.llm.request import schema_of

    return filled(schema_of(model), Random(1))


def enveloped(text, usage=USAGE, finish="STOP"):
    """What the API sends around a model's text."""
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish}
    whole = {"candidates": [candidate], "modelVersion": "m", "usageMetadata": usage}
    return json.dumps(whole).encode()


class Service:
    """Answers every request with `body`, and counts the requests."""

    def __init__(self):
        self.body, self.status, self.asked = b"", 200, 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                service.asked += 1
                self.send_response(service.status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(service.body)))
                self.end_headers()
                self.wfile.write(service.body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

        limiter = RateLimiter({})
        self.noted = {}
        self.gemini = Client(
            Gemini(Access("key", f"http://127.0.0.1:{self.server.server_port}", timeout_s=10)),
            limiter=limiter,
            breaker=CircuitBreaker(10**9),
            retries=Retries(limiter, attempts=3, first_s=0.001),
            journal=lambda call: self.noted.update({call.call_id: call}),
            reasks=0,
        )

    def ask(self, body, *, answer=VideoAnalysis, status=200):
        """The outcome of a question that is answered with `body`, and the calls as they were
        noted.
        """
        self.body, self.status, self.asked, self.noted = body, status, 0, {}
        question = Request(render(load_prompt("analysis")), answer, Options("m", 512))
        return self.gemini.ask(question), list(self.noted.values())


@pytest.fixture(scope="module")
def service():
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    made = Service()
    with made.gemini:
        yield made
    made.server.shutdown()
    patch.undo()


def is_booked(outcome, noted):
    """Every request has an end, and its cost stands in tokens or as possibly paid."""
    assert noted
    assert all(c.ended_at for c in noted)
    return all(c.usage.is_known or c.is_possibly_paid or c.http_status >= 300 for c in noted)


def text_of(**changes):
    return json.dumps(valid() | changes)


NESTED = "[" * DEEP + "]" * DEEP
TEXTS = {
    "nesting": ('{"duration_s": ' + NESTED + "}", "STOP", "unreadable"),
    "nesting without an end": ('{"duration_s": 3, "beats": ' + "[" * DEEP, "MAX_TOKENS", "truncated"),  # noqa: E501
    "objects without an end": ('{"a":' * DEEP, "MAX_TOKENS", "truncated"),
    "a loop of spaces": ('{"duration_s": 3.0,' + " " * 200_000, "MAX_TOKENS", "truncated"),
    "a loop of lines": ('{"duration_s": 3.0, "language": "en", "x": "' + "\\n" * 100_000, "MAX_TOKENS", "partial"),  # noqa: E501
    "a loop of quotes": ('{"duration_s": 3.0, "language": "' + '\\"' * 100_000, "MAX_TOKENS", "truncated"),  # noqa: E501
    "a loop of escapes outside": ('\\"' * 100_000, "MAX_TOKENS", "truncated"),
    "a loop of a word": ('{"duration_s": 3.0, "language": "' + "so, so " * 50_000, "MAX_TOKENS", "truncated"),  # noqa: E501
    "NaN": (text_of().replace('"duration_s": ', '"duration_s": NaN, "was": ', 1), "STOP", "invalid"),  # noqa: E501
    "Infinity": (text_of().replace('"duration_s": ', '"duration_s": Infinity, "was": ', 1), "STOP", "invalid"),  # noqa: E501
    "a huge number": (text_of(duration_s=10**400), "STOP", "invalid"),
    "a huge clock": (text_of(duration_s="9" * 400 + ":00:00"), "STOP", "invalid"),
    "half an emoji": (text_of(language="\ud83d"), "STOP", "repaired"),
    (
"half an emoji, "
"unescaped"
): (json.dumps(valid() | {"language": "\ud83d"}, ensure_ascii=False), "STOP", "ok"),
    "NUL": (text_of(language="a\x00b"), "STOP", "ok"),
    "keys twice": (text_of()[:-1] + ', "language": "de"}', "STOP", "ok"),
    "another type": (text_of(beats="none"), "STOP", "invalid"),
    "a list": ("[1, 2]", "STOP", "invalid"),
    "null": ("null", "STOP", "invalid"),
    "a number": ("7", "STOP", "invalid"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_of_a_model_is_an_outcome_with_its_cost(service, name, tmp_path):
    text, finish, status = TEXTS[name]
    started = monotonic()
    outcome, noted = service.ask(enveloped(text, finish=finish))
    assert outcome.status == status, outcome.reason
    assert (outcome.value is not None) == (status in DATA)
    assert outcome.usage.total == 123 * len(noted)
    assert monotonic() - started < 20, "reading takes no longer than asking"
    stored(tmp_path, outcome, noted)


def stored(folder, outcome, noted):
    """What came of it goes into the database and comes out as it was."""
    store = Store(folder / "made.duckdb")
    for call in noted:
        names = ("call_id", "status", "started_at", "ended_at")
        row = {name: getattr(call, name) for name in names}
        used = {"tokens_in": call.usage.tokens_in, "tokens_out": call.usage.tokens_out}
        analyses.save_call(store, row | used | {"raw_answer": call.raw, "reason": call.reason})
    row = {"analysis_id": "a", "post_id": "p", "status": outcome.status, "answer": outcome.plain()}
    analyses.save_analysis(store, row | {"raw_answer": outcome.raw, "reason": outcome.reason})
    kept = analyses.get(store, "a")
    assert kept["answer"] == outcome.plain()
    if kept["answer"]:
        from_stored(kept["answer"])


WHOLE = enveloped(text_of()).decode()
BODIES = {
    "deep beside the answer": (WHOLE[:-1] + f', "more": {NESTED}}}', "unreadable", 123),
    "broken after the usage": (WHOLE[:-1], "unreadable", 123),
    "broken before the usage": (WHOLE[: WHOLE.index('"usageMetadata"')], "lost", 0),
    "deep alone": (NESTED, "lost", 0),
    "a web page": ("<html>sign in</html>", "lost", 0),
    "nothing": ("", "lost", 0),
    "a list of replies": (f"[{WHOLE}]", "lost", 0),
    "usage of another type": (json.dumps({"candidates": 3, "usageMetadata": [1]}), "empty", 0),
    "counts as text": (enveloped(text_of(), dict.fromkeys(USAGE, "41")).decode(), "ok", 123),
    (
"a count that is "
"none"
): (enveloped(text_of(), USAGE | {"promptTokenCount": -5}).decode(), "ok", 0),
    (
"a count past the "
"database"
): (enveloped(text_of(), USAGE | {"promptTokenCount": 2**63}).decode(), "ok", 0),
    "a count NaN": (enveloped(text_of(), USAGE | {"promptTokenCount": float("nan")}).decode(), "ok", 0),  # noqa: E501
    (
"parts of another "
"type"
): (json.dumps({"candidates": [{"content": {"parts": [7, None, {"text": 3}]}}],
                                          "usageMetadata": USAGE}), "empty", 123),
    "a finish of another type": (enveloped(text_of(), finish=["STOP"]).decode(), "ok", 123),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_body_of_the_service_is_an_outcome_with_its_cost(service, name):
    body, status, tokens = BODIES[name]
    outcome, noted = service.ask(body.encode())
    assert outcome.status == status, outcome.reason
    assert outcome.usage.total == tokens
    assert is_booked(outcome, noted)
    assert all(c.is_possibly_paid == (tokens == 0) for c in noted)


@pytest.mark.parametrize("status", [204, 400, 403, 404, 418, 429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    "body", [NESTED, "[[{}]]", '{"error": 7}', '{"error": {"code": "x", "details": 3}}', "\ud800"]
)
def test_an_error_of_any_shape_is_an_outcome(service, status, body):
    outcome, noted = service.ask(
        body.encode("utf-8", "surrogatepass") * (status != 204), status=status
    )
    assert outcome.status not in DATA
    assert outcome.reason
    assert noted
    assert service.asked <= 3


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    value=VALUES, answer=st.sampled_from(ANSWERS), finish=st.sampled_from(["STOP", "MAX_TOKENS"])
)
def test_any_json_value_as_an_answer_is_an_outcome_with_its_cost(service, value, answer, finish):
    outcome, noted = service.ask(enveloped(json.dumps(value), finish=finish), answer=answer)
    assert outcome.usage.total == 123 * len(noted) > 0
    json.dumps(outcome.plain(), allow_nan=False).encode()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary() | VALUES.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_as_a_reply_are_an_outcome_with_its_cost(service, body):
    outcome, noted = service.ask(body)
    assert outcome.status not in ("ok", "repaired")
    assert is_booked(outcome, noted)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(VideoAnalysis.model_fields)), value=VALUES, cut=st.booleans())
def test_any_value_at_any_part_of_an_answer_is_read_or_refused(name, value, cut):
    text = json.dumps(valid() | {name: value})
    reading = read_answer(text, VideoAnalysis, is_cut_off=cut)
    assert (reading.value is not None) == (reading.status in DATA)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {"candidates": VALUES},
        optional={
            "usageMetadata": VALUES | st.dictionaries(st.sampled_from(sorted(USAGE)), VALUES)
        },
    )
)
def test_a_reply_with_any_parts_has_counts_that_are_counts(value):
    usage = reply_of(json.dumps(value)).usage
    counts = (usage.tokens_in, usage.tokens_out, usage.tokens_thinking, usage.tokens_cached)
    assert all(c is None or (type(c) is int and 0 <= c <= 2 * 10**12) for c in counts)

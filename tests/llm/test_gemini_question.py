"""The identity of a question, the schema it carries, and what goes over the wire."""

import json
from dataclasses import replace

import pytest

from vtlib.analysis.answer import VideoAnalysis
from vtlib.llm.prompts.files import load_prompt, render
from vtlib.llm.request import Options, Request, schema_of


@pytest.fixture
def question(lab):
    return lab.question(caption="hello")


def test_the_same_question_has_the_same_identity(lab, question):
    again = lab.question(caption="hello")
    assert again.identity == question.identity
    assert again.prompt.text != question.prompt.text, "the fence's word is new each time"


@pytest.mark.parametrize(
    "change",
    [
        {"model": "gemini-3.5-flash-lite"},
        {"resolution": "low"},
        {"fps": 2.0},
        {"thinking": "high"},
        {"max_output_tokens": 8192},
    ],
)
def test_model_and_options_make_another(lab, question, change):
    assert lab.question(caption="hello", **change).identity != question.identity


def test_data_files_prompt_and_schema_make_another(lab, question):
    class Other(VideoAnalysis):
        more: str

    file = replace(question.attachments[0], sha256="f" * 64)
    others = [
        lab.question(caption="hello!"),
        replace(question, attachments=(file,)),
        replace(question, answer=Other),
        replace(question, prompt=replace(question.prompt, sha256="e" * 64)),
        replace(question, prompt=replace(question.prompt, version="analysis/other")),
    ]
    assert len({q.identity for q in (question, *others)}) == 1 + len(others)


def test_every_part_of_the_schema_is_required_and_holds_no_example():
    schema = schema_of(VideoAnalysis)
    text = json.dumps(schema)
    assert schema["title"] == "VideoAnalysis"
    assert not {'"default"', '"examples"', '"example"'} & set(text.split())
    nodes = [schema, *schema["$defs"].values()]
    for node in nodes:
        if node.get("type") == "object":
            assert set(node["required"]) == set(node["properties"])


def test_what_is_sent(lab):
    """The schema untouched, the system prompt apart, the film before the text, sampling beside
    the film.
    """
    sent = []
    api = lab.sandbox.gemini
    whole = api._keyed
    route = next(r for r in lab.sandbox.routes if r.name == "gemini.generate")
    place = lab.sandbox.routes.index(route)

    def note(request, **groups):
        sent.append((request.headers, request.json()))
        return route.handle(request, **groups)

    lab.sandbox.routes[place] = replace(route, handle=note)
    try:
        with lab.gemini() as gemini:
            gemini.ask(lab.question(fps=2.0, resolution="low", temperature=0.5))
    finally:
        lab.sandbox.routes[place] = route
    headers, body = sent[0]
    assert whole
    assert headers["x-goog-api-key"] == lab.key
    config = body["generationConfig"]
    assert config["responseJsonSchema"] == schema_of(VideoAnalysis)
    assert config["mediaResolution"] == "MEDIA_RESOLUTION_LOW"
    assert config["temperature"] == 0.5
    assert body["systemInstruction"]["parts"][0]["text"].startswith("You describe short videos")
    film, text = body["contents"][0]["parts"]
    assert film["videoMetadata"]["fps"] == 2.0
    assert "Analyse the attached video." in text["text"]


def test_measured_tokens_make_the_estimate_better():
    prompt = render(load_prompt("analysis"))
    bare = Request(prompt, VideoAnalysis, Options("m", 100))
    assert bare.estimate_tokens_in() == bare.estimate_tokens_in(tokens_per_s=1000)

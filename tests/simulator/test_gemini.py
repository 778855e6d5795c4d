"""The simulated model: truth seen through seeded mistakes, labelled, in the shape that is asked
for.
"""

import json
import urllib.error
import urllib.request
from collections import Counter
from random import Random
from urllib.request import Request

import pytest
from pydantic import BaseModel, Field

from simulator import clips
from simulator.build import build_world
from simulator.gemini import slips
from simulator.gemini.analyst import LABEL, filled, video_analysis
from simulator.gemini.viewer import Viewer, Watched
from vtlib.analysis.answer import VideoAnalysis
from vtlib.analysis.checks import check
from vtlib.analysis.evidence import match_cuts
from vtlib.llm.request import schema_of

WORLD = build_world(seed=7)
FILMS = [p for p in WORLD.posts if p.is_video and p.duration_s < 40][:400]


def seen(post, **plan):
    watched = Watched("x", clips.plan(post, WORLD.seed) | plan, post)
    return watched, video_analysis(watched, Random(post.post_id), "")


def test_every_answer_fits_its_schema_and_says_that_it_is_simulated():
    for post in FILMS:
        _, answer = seen(post)
        found = VideoAnalysis.model_validate_json(json.dumps(answer))
        assert found.explanation[0].text == LABEL
        assert 1 <= len(found.beats) <= 14


def test_answers_are_seeded():
    assert seen(FILMS[0])[1] == seen(FILMS[0])[1]


def test_mistakes_are_those_of_real_models():
    """Most cuts are right within half a second; some drift, some are invented, some are missed."""
    drifts, invented, missed, claimed = [], 0, 0, 0
    for post in FILMS:
        watched, answer = seen(post)
        cuts = [b["start_s"] for b in answer["beats"] if b["starts_with_cut"]]
        found = match_cuts(cuts, watched.plan["cuts_s"])
        drifts += [abs(c - m) for c, m in found.pairs]
        invented, missed = invented + len(found.invented_s), missed + len(found.missed_s)
        claimed += len(cuts)
    assert sum(d <= 0.5 for d in drifts) / len(drifts) > 0.8
    assert max(drifts) > 1
    assert 0.02 < invented / claimed < 0.4
    assert missed > 0


def test_truth_is_grounded_and_an_invented_text_is_caught():
    shares = []
    for post in FILMS[:100]:
        watched, answer = seen(post)
        plan = watched.plan
        measured = {
            "duration_s": plan["duration_s"],
            "cuts_s": plan["cuts_s"],
            "sound": {"status": "ok", "silence": plan["silence_s"]},
            "speech": {"status": "ok", "segments": plan["speech_s"]},
            "text": {"status": "ok", "items": plan["texts"]},
        }
        found = check(VideoAnalysis.model_validate(answer), measured)
        if found.grounding_share is not None:
            shares.append(found.grounding_share)
        for n, overlay in enumerate(answer["overlays"]):
            assert (f"overlays.{n}" in found.excluded) == ("invented" in overlay["text"])
    assert 0.6 < sum(shares) / len(shares) < 1


class Odd(BaseModel):
    n: int = Field(ge=2, le=3)
    words: list[str] = Field(min_length=3)
    deep: dict[str, str] | None
    inner: "Inner"


class Inner(BaseModel):
    is_it: bool
    share: float = Field(ge=0, le=1)


Odd.model_rebuild()


def test_any_other_schema_is_filled_and_labelled():
    made = filled(schema_of(Odd), Random(1))
    assert Odd.model_validate(made).words == [LABEL] * 3


def test_slips_meet_some_and_are_spared_when_asked_again():
    first = Counter(slips.thrown(str(i), is_again=False) for i in range(2000))
    again = Counter(slips.thrown(str(i), is_again=True) for i in range(2000))
    assert set(first) == {"", "trailing_comma", "code_fences", "slip_429", "max_tokens"}
    assert set(again) == {"", "max_tokens"}
    assert 0.5 < first[""] / 2000 < 0.7


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    post = min(
        (p for p in FILMS if len(clips.plan(p, 7)["cuts_s"]) >= 2), key=lambda p: p.duration_s
    )
    return post, clips.film(WORLD, post, folder / "seed-7"), folder


def test_a_film_is_known_by_its_bytes(film):
    post, path, folder = film
    watched = Viewer(WORLD, folder).watch(path.read_bytes())
    assert watched.post.creative == post.creative


def test_a_film_is_known_when_it_was_written_anew(film, tmp_path):
    import av

    post, path, _ = film
    smaller = tmp_path / "anew.mp4"
    with av.open(str(path)) as source, av.open(str(smaller), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    watched = Viewer(WORLD, tmp_path).watch(smaller.read_bytes())
    assert watched.plan["cuts_s"] == clips.plan(post, 7)["cuts_s"]


def test_a_strangers_file_is_told_by_what_is_measured(film, tmp_path):
    assert Viewer(WORLD, tmp_path).watch(b"no film").plan["duration_s"] == 0


def test_both_versions_and_the_key(live):
    def status(path, key):
        headers = {"x-goog-api-key": key} if key else {}
        try:
            with urllib.request.urlopen(Request(f"{live.url}{path}", headers=headers)) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code

    for version in ("v1", "v1beta"):
        assert status(f"/{version}/models", live.token) == 200
        assert status(f"/{version}/models", "wrong") == 400
        assert status(f"/{version}/models", "") == 403
    assert live.control("model") == {"answered": 0, "answered_twice": 0, "files": []}

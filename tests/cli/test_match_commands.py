"""`vt script matches`, `unlink` and `cut`, as a person types them."""

import shutil

import pytest

from simulator.build import build_world
from simulator.clips import film
from tests.performance.test_matches import at, made

__all__ = ["made"]  # the workspace of the tests of the flow, as a fixture
POST = "tiktok:1"


@pytest.fixture
def typed(vt, home, made, monkeypatch):
    """`vt` in a copy of that workspace, on day 60."""
    shutil.copytree(made, home, dirs_exist_ok=True)
    monkeypatch.setenv("VT_CLOCK", at(60).isoformat() + "Z")
    return vt


def test_a_sure_post_is_linked_undone_and_left_alone(typed) -> None:
    first = typed("script", "matches", "--project", "p")
    assert first.code == 0, first.err
    assert "linked" in first.out
    assert POST in first.out
    undone = typed("script", "unlink", "hum", "--post", POST, "--reason", "another cut")
    assert undone.code == 0, undone.err
    rows = typed("script", "matches", "--project", "p", "--json").data
    assert POST not in str([r for r in rows if r["state"] == "linked"])
    again = typed("script", "matches", "--script", "hum", "--reopen", POST)
    assert again.code == 0, again.err
    assert "linked" in typed("script", "matches", "--project", "p").out


def test_a_proposal_is_accepted_by_a_person(typed, home) -> None:
    (home / "params" / "p.yaml").write_text("project: p\nperformance: {link_from: 1.0}\n")
    rows = typed("script", "matches", "--project", "p", "--json").data
    assert [(r["post_id"], r["state"]) for r in rows] == [(POST, "proposed")]
    accept = ("script", "matches", "--script", "hum", "--accept")
    assert typed(*accept, "tiktok:9").code == 2
    done = typed(*accept, POST, "--by", "Ann")
    assert done.code == 0, done.err
    assert "not proposed" in typed(*accept, POST).err


def test_a_cut_is_measured_and_a_file_that_is_none_is_named(typed, tmp_path) -> None:
    world = build_world(seed=7)
    post = next(p for p in world.posts if p.is_video)
    clip = film(world, post, tmp_path)
    said = typed("script", "cut", "hum", clip)
    assert said.code == 0, said.err
    text = tmp_path / "notes.mp4"
    text.write_text("no film")
    refused = typed("script", "cut", "hum", text)
    assert refused.code == 2
    assert "notes.mp4" in refused.err
    assert typed("script", "cut", "hum", tmp_path / "gone.mp4").code == 2

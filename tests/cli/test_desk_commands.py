"""What the desk does, by command: a decision about one post, beats arranged."""

from pathlib import Path

from tests.desk.desk_home import workspace


def test_one_post_is_decided_by_its_id(vt, home: Path) -> None:
    workspace(home, n=2)
    said = vt("review", "decide", "tiktok:1", "reject", "--project", "p", "--by", "Ann")
    assert said.code == 2
    assert "a rejection needs a reason" in said.err
    words = ("--reason", "celebrity", "--project", "p", "--by", "Ann", "--json")
    made = vt("review", "decide", "tiktok:1", "reject", *words)
    assert (made.code, made.data["decision"], made.data["reason"]) == (0, "reject", "celebrity")
    assert vt("review", "decide", "tiktok:9", "keep", "--project", "p").code == 2
    over = vt("review", "decide", "tiktok:1", "keep", "--project", "p", "--by", "Ben")
    assert "overrules Ann (reject" in over.out


def test_beats_are_arranged_in_new_versions(vt, home: Path) -> None:
    made = vt("script", "create", "--title", "Quiet", "--json").data["script_id"]
    for _ in range(2):
        assert vt("script", "beat", made, "--add").code == 0
    added = vt("script", "beat", made, "--add", "--after", "b1", "--json").data
    assert added["beat_id"] == "b3"
    moved = vt("script", "beat", made, "--move", "b2", "--to", "1", "--json").data
    assert [b["beat_id"] for b in moved["script"]["beats"]] == ["b2", "b1", "b3"]
    left = vt("script", "beat", made, "--remove", "b1", "--json").data
    assert ([b["beat_id"] for b in left["script"]["beats"]], left["version"]) == (["b2", "b3"], 6)
    for words in ((), ("--add", "--remove", "b2"), ("--move", "b2"), ("--move", "b2", "--to", "9")):
        assert vt("script", "beat", made, *words).code == 2
    assert vt("script", "beat", made, "--remove", "b2", "--seen", "1").code == 2

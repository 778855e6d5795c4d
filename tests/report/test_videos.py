"""A video as a card and as a page: what is known stands there, the rest is said in words."""

import html
import io
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests.report import sample
from tests.report.test_pages import FETCHED
from vtlib.core.models import PLATFORMS
from vtlib.media.timeline import Scene
from vtlib.report import answers, posters, write_index
from vtlib.report.facts import VideoClaim, VideoView
from vtlib.report.video_page import write_video, write_videos


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (90, 160), colour).save(out, "JPEG")
    return out.getvalue()


MEASURES = {
    "duration_s": 6.0,
    "cuts_s": [2.0],
    "shots": [{"start_s": 0.0, "end_s": 2.0}, {"start_s": 2.0, "end_s": 6.0}],
    "speech": {"status": "ok", "segments": [[0.5, 1.5]]},
    "text": {
        "status": "ok",
        "items": [{"start_s": 0.0, "end_s": 1.0, "text": sample.HOSTILE}],
    },
    "curves": {"loudness": [[0.0, -70.0], [1.0, -20.0], [6.0, -30.0]]},
}


def view(number: int = 0, **fields: object) -> VideoView:
    """One of the sample's breakouts, with everything."""
    scores = sample.scores(accounts=9, posts=60).assign(q_value=0.01, reason="", title=None)
    row = answers.breakouts(scores).iloc[number]
    facts = {str(k): v for k, v in row.items()}
    mine = scores[scores["account_id"].eq(row["account_id"])]
    ordinary = mine[mine["tier"].eq("none")]["post_id"].iloc[0]
    at = pd.to_datetime(["2026-10-05", "2026-10-12"])
    numbers = pd.DataFrame({"captured_at": at, "views": [1000, int(row["value"])], "likes": 7})
    script = {"script_id": "s1", "title": "Lid drops", "status": "in_production", "posts": 1}
    known = VideoView(
        str(row["post_id"]),
        f"pages/{str(row['post_id']).replace(':', '-')}.html",
        "breakout",
        facts,
        "Nobody tells you this about rain",
        ("open_question",),
        (
            VideoClaim("The first line is contradicted.", "unsupported"),
            VideoClaim("A voice leads through it.", "supported"),
            VideoClaim("It is relatable.", ""),
        ),
        ((0.0, jpeg("red")), (2.0, jpeg("blue"))),
        MEASURES,
        (Scene(0.0, 2.4, "scene 1: rain"), Scene(2.4, 6.0, "scene 2: shoe", "drifted")),
        numbers,
        mine[["post_id", "posted_at", "value", "tier"]],
        ({**script, "actual": 3_000_000.0, "predicted": 1_500_000.0},),
        str(ordinary),
    )
    return replace(known, **fields)  # type: ignore[arg-type]


def written(tmp_path: Path, one: VideoView, beside: VideoView | None = None) -> str:
    path = tmp_path / one.href
    return write_video(
        path, one, ordinary=beside, is_bounded=True, page=sample.page("analyst")
    ).read_text()


def test_a_card_says_who_how_much_how_sure_and_why() -> None:
    one = view()
    card = posters.poster(one, is_bounded=True)
    assert card.title == "Nobody tells you this about rain"
    assert re.fullmatch(r"@runner_\d · (Instagram|TikTok|YouTube) · \d+ \w+ 2026", card.by)
    assert card.picture.startswith("data:image/jpeg;base64,")
    assert "times" in card.figure
    assert card.sure == "very sure"
    assert card.why == "A voice leads through it.", "what the file contradicts is no reason"
    assert card.ours == "Lid drops (in production)"
    assert card.url == one.facts["url"]


def test_a_page_links_to_the_stored_video_and_says_until_when(tmp_path: Path) -> None:
    address = "https://s3.example.org/b/media/ab/x.mp4?X-Amz-Expires=3600&X-Amz-Signature=1f"
    with_link = written(tmp_path, view(link=(address, "2026-11-29 12:00 UTC")))
    assert f'href="{html.escape(address)}"' in with_link
    assert "(until 2026-11-29 12:00 UTC)" in with_link
    assert "(until" not in written(tmp_path, view())


SURE = [  # q, can the run bound chance, words
    (0.01, True, "very sure"),
    (0.2, True, "fairly sure"),
    (0.42, True, "a lead, may be chance"),
    (0.01, False, "a lead, may be chance"),
    (None, True, "chance not stated"),
    (float("nan"), False, "chance not stated"),
]


@pytest.mark.parametrize(("q_value", "is_bounded", "words"), SURE)
def test_how_sure_a_card_is(q_value: float | None, is_bounded: bool, words: str) -> None:
    assert posters.sureness(q_value, is_bounded=is_bounded) == words


def test_platforms_write_themselves() -> None:
    names = [posters.platform({"platform": name}) for name in PLATFORMS]
    assert sorted(names) == sorted(
        ["Facebook", "Instagram", "LinkedIn", "Pinterest", "TikTok", "X", "YouTube"]
    )


def test_a_run_that_cannot_bound_chance_calls_nothing_sure() -> None:
    assert posters.is_bounded({"expected_false_alarms": 3.0}, 9)
    assert not posters.is_bounded({"expected_false_alarms": 9.0}, 9)
    assert not posters.is_bounded({"expected_false_alarms": None}, 9)


def test_a_page_shows_seconds_numbers_reasons_and_what_it_became(tmp_path) -> None:
    one = view()
    html = written(tmp_path, one, replace(view(1), role="control"))
    for part in (
        "times what its account usually reaches by views",
        'class="vt-scrub" data-length="6.0"',
        "shot 2, 2.0 to 6.0 s",
        "the file has it at another time",
        "the file contradicts it",
        "the file agrees",
        "not measurable",
        "its usual:",
        "views at 2 captures",
        "The ordinary post beside it",
        "3 M views at 7 days, predicted 1.5 M, +100 % off",
        'rel="noopener noreferrer" target="_blank">original',
        "SIMULATED DATA",
    ):
        assert part in html, part
    assert html.count("data:image/jpeg") == 5, "two frames, one large; two of the other"
    assert "<script>window.hacked" not in html
    assert "&lt;script&gt;window.hacked" in html, "words on screen, as text"
    assert not FETCHED.search(html)
    assert len(html) < 200_000


def test_a_video_of_which_nothing_is_known_is_a_page_of_words(tmp_path) -> None:
    facts = {"platform": "tiktok", "tier": None, "multiplier": None, "reason": "too few posts"}
    html = written(tmp_path, VideoView("tiktok:1", "pages/tiktok-1.html", "kept", facts))
    for part in (
        "Not judged: too few posts.",
        "was not fetched and measured",
        "No model has read it",
        "Too few posts with date and number",
        "Captured once so far",
        "No script was made after it yet",
    ):
        assert part in html, part


def test_the_page_of_all_videos_groups_them(tmp_path) -> None:
    ordinary = view(1)
    ordinary = replace(ordinary, role="control", facts={**ordinary.facts, "tier": "none"})
    path = tmp_path / "pages" / "videos.html"
    html = write_videos(path, [view(), ordinary], is_bounded=True, page=sample.page()).read_text()
    assert "2 videos and posts were looked at" in html
    assert "very sure" in html
    assert ">ordinary</a>" in html
    assert f'href="../{view().href}"' in html
    empty = write_videos(path, [], is_bounded=False, page=sample.page()).read_text()
    assert "No video was looked at yet" in empty


def test_the_index_shows_at_most_six_cards_however_many_there_are(tmp_path) -> None:
    many = tuple(view(n) for n in range(12))
    facts = replace(sample.index_facts(), videos=many)
    html = write_index(tmp_path, facts=facts).read_text()
    assert html.count('<article class="vt-poster"') == 6
    assert len(html) < 150_000
    assert f'href="{many[0].href}"' in html


def test_a_post_of_pictures_numbers_them(tmp_path) -> None:
    one = view(measures=None, scenes=(), frames=((0.0, jpeg("red")), (0.0, jpeg("blue"))))
    html = written(tmp_path, one)
    assert "Its pictures" in html
    assert 'data-at="2.0"><img' in html
    assert "picture 2" in html
    assert "0.0 s" not in html.split("</style>")[1].split("<script>")[0]


def test_a_preview_is_inside_the_page_and_frames_stand_alone_without_one(tmp_path) -> None:
    html = written(tmp_path, view(preview=b"\x00\x00\x00\x18ftyp"))
    assert '<video src="data:video/mp4;base64,AAAAGGZ0eXA=' in html
    assert "media-src data:" in html
    assert not FETCHED.search(html)
    assert "<video" not in written(tmp_path, view()).split("</style>")[1]

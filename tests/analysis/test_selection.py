"""Who is asked about: shares, lots, value for money, twins; and what can be checked of pictures."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.analysis import selection as choosing
from vtlib.analysis.pictures import PictureAnalysis, check_pictures


def post(n, role="breakout", **given):
    base = {
        "post_id": f"p{n}",
        "role": role,
        "platform": "tiktok",
        "format": "video",
        "multiplier_low": float(n),
        "media_status": "ok",
        "media_reason": None,
        "path": "a.mp4",
        "proxy_path": None,
        "images": None,
        "creative_id": f"c{n}",
        "has_answer": False,
        "tokens": 1000,
    }
    return base | given


def chosen(posts, looks=None, *, limit=10, full=10, share=0.34):
    seen = choosing.view(pd.DataFrame(posts), limit=limit, controls_share=share)
    return choosing.choose(seen, looks or {}, full=full, controls_share=share)


def look(teaches, borrowable):
    return {"teaches": {"score": teaches}, "borrowable": {"score": borrowable}}


def test_without_looks_the_sure_and_large_come_first_and_controls_by_lot():
    found = chosen([post(n) for n in (2, 9, 5)] + [post(n, "control") for n in (1, 3, 4)], full=3)
    full = found[found["state"] == "full"]
    assert full["post_id"].tolist()[:2] == ["p9", "p5"]
    assert full["role"].tolist() == ["breakout", "breakout", "control"]
    assert set(found["state"]) == {"full", "looked_at"}
    again = chosen([post(n, "control") for n in (4, 3, 1)] + [post(n) for n in (5, 2, 9)], full=3)
    assert again[again["state"] == "full"]["post_id"].tolist() == full["post_id"].tolist()


def test_a_first_look_moves_a_breakout_and_never_a_control():
    posts = [post(9), post(8), post(1, "control"), post(3, "control")]
    before = chosen(posts, full=2, share=0.5)
    looks = {"p9": look(0, 0), "p8": look(5, 5), "p1": look(5, 5), "p3": look(0, 0)}
    after = chosen(posts, looks, full=2, share=0.5)
    assert before["post_id"].tolist()[0] == "p9"
    assert after["post_id"].tolist()[0] == "p8"
    controls = [f[f["role"] == "control"]["post_id"].tolist() for f in (before, after)]
    assert controls[0] == controls[1]
    assert after.loc[after["role"] == "control", "worth"].isna().all()


def test_a_shorter_film_of_the_same_value_comes_first():
    found = chosen([post(5, tokens=4000), post(4, tokens=1000, multiplier_low=5.0)])
    assert found["post_id"].tolist() == ["p4", "p5"]
    assert found["worth"].tolist() == sorted(found["worth"], reverse=True)


@pytest.mark.parametrize(("answered", "asked"), [(None, "p9"), (2, "p2")])
def test_of_twins_the_answered_one_is_kept(answered, asked):
    posts = [post(n, creative_id="same", has_answer=n == answered) for n in (2, 9)]
    found = chosen(posts).set_index("post_id")["state"]
    assert found[asked] == "full"
    assert sorted(found) == ["full", "twin"]


def test_what_cannot_be_shown_is_named():
    posts = [
        post(1, media_status="removed"),
        post(2, path=None),
        post(3, media_status="photo", images=[]),
        post(4, media_status="photo", images=[{"path": "a.jpg", "sha256": "x"}]),
        post(5),
        post(6),
    ]
    states = chosen(posts, limit=2, share=0).set_index("post_id")["state"]
    assert states.to_dict() == {
        "p1": "no_media",
        "p2": "no_media",
        "p3": "no_media",
        "p4": "left_out",
        "p5": "full",
        "p6": "full",
    }


roles = st.lists(st.sampled_from(["breakout", "control", "kept"]), max_size=12)


@settings(max_examples=40, deadline=None)
@given(roles.filter(bool), st.integers(0, 12), st.integers(0, 12), st.floats(0, 1))
def test_places_are_never_more_than_allowed_and_none_is_wasted(found_roles, limit, full, share):
    posts = [post(n, role) for n, role in enumerate(found_roles)]
    found = chosen(posts, limit=limit, full=full, share=share)
    n_view = int(found["state"].isin(["full", "looked_at"]).sum())
    assert n_view == min(limit, len(posts))
    assert (found["state"] == "full").sum() == min(full, n_view)
    assert found["place"].dropna().tolist() == list(range(1, min(full, n_view) + 1))


def pictures(numbers, shown):
    rating = {"score": 2, "why": "x", "pictures": shown}
    names = ("hook_strength", "emotion", "relatability", "novelty", "production")
    hook = {"visual": "x", "types": [], "curiosity_gap": 0.5, "specificity": 0.5}
    item = {"shot": "graphic", "shows": "x", "role": "step"}
    return PictureAnalysis.model_validate(
        {
            "hook": hook,
            "pictures": [item | {"number": n} for n in numbers],
            "structure": "x",
            "factors": dict.fromkeys(names, rating),
            "platform_fit": rating,
            "overall": rating,
            "explanation": [{"text": "x", "sense": "seen", "pictures": shown}],
            "risks": [],
            "ideas": [],
        }
    )


@pytest.mark.parametrize(
    ("numbers", "shown", "held", "flag"),
    [
        ([1, 2], [2], "not_checked", "ok"),
        ([1, 2], [3], "unsupported", "ok"),
        ([1, 2], [], "unsupported", "ok"),
        ([1], [1], "not_checked", "failed"),
        ([2, 1], [1], "not_checked", "failed"),
    ],
)
def test_claims_name_pictures_that_are_there(numbers, shown, held, flag):
    found = check_pictures(pictures(numbers, shown), 2)
    said = {f.path: f.held for f in found.findings}
    assert said["explanation.0"] == held
    assert said["overall"] == held
    assert found.flags[0].status == flag
    assert found.grounding_share is None

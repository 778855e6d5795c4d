"""Charts: what they carry, how they thin, and that they are the same each time."""

import json

import altair as alt
import nbformat
import pandas as pd
import pytest
import vl_convert

from tests.report import sample
from vtlib import charts
from vtlib.charts.captures import STATE_COLOURS
from vtlib.charts.outliers import MAX_MENU, MAX_POINTS
from vtlib.charts.theme import TIER_COLOURS, TIER_SHAPES, captions
from vtlib.core.errors import BadInput
from vtlib.core.models import STATES, TIERS

DAYS = pd.to_datetime(["2026-11-01", "2026-11-01", "2026-11-09"])
PROBLEMS = pd.DataFrame({"day": DAYS, "stage": ["import", "scraping", "import"], "n": [3, 1, 2]})
SPEND = pd.DataFrame({"day": DAYS, "provider": ["a", "b", "a"], "usd": [1.5, 0.2, 3.0], "n": 1})
HELD = pd.DataFrame(
    {
        "script_id": ["hum", "hum"],
        "version": 1,
        "post_id": ["tiktok:1", "tiktok:2"],
        "target": "ln_views_7d",
        "status": "matured",
        "captured_at": DAYS[:2],
        "actual_ln": [8.0, 9.5],
        "low_ln": 7.0,
        "high_ln": 9.0,
        "naive_ln": 8.1,
        "is_inside": [True, False],
    }
)
PATTERNS = pd.DataFrame(
    {
        "pattern": ["works", "idle"],
        "ratio": [1.4, 1.0],
        "ratio_low": [1.2, 0.9],
        "ratio_high": [1.7, 1.1],
        "claim": ["more views", ""],
        "q_value": [0.01, 0.9],
        "n_with": [80, 40],
        "kind": "measured",
        "definition": ["A cut in the first second.", ""],
        "replicates": "mixed",
    }
)
GROUPS = pd.DataFrame(
    {
        "by": ["all", "creator", "creator", "creator"],
        "group": ["all own posts", "ann · tiktok", "young", "bob · x"],
        "n": [3, 1, 0, 2],
        "accounts": [2, 1, 0, 1],
        "ratio": [1.3, 2.0, None, 1.1],
        "ratio_low": [0.9, None, None, 0.8],
        "ratio_high": [1.9, None, None, 1.6],
    }
)
RETURNS = pd.DataFrame(
    {
        "product_id": ["acme/deck"],
        "n": [3],
        "incremental_views": [9000.0],
        "low": [0.0],
        "high": [20000.0],
        "luck_high": [4000.0],
    }
)
ONE_POST = {"top_share": 0.9, "ratio_without": 1.1, "without": 800.0}
STANDING = pd.DataFrame(
    {
        "account_id": ["tiktok:1", "tiktok:2", "x:3"],
        "handle": ["ours", "rival", "rival"],
        "platform": ["tiktok", "tiktok", "x"],
        "side": ["own", "competitor", "competitor"],
        "percentile": [41.0, 58.0, None],
        "percentile_low": [33.0, 49.0, None],
        "percentile_high": [52.0, 66.0, None],
        "ranked": [20, 31, 0],
    }
)
DRAWN = {
    "predictions": lambda: charts.predictions(HELD),
    "pattern effects": lambda: charts.pattern_effects(PATTERNS),
    "reach": lambda: charts.reach(GROUPS),
    "returns": lambda: charts.returns(RETURNS),
    "standing": lambda: charts.standing(STANDING),
    "accounts": lambda: charts.accounts_over_time(sample.scores()),
    "accounts menu": lambda: charts.accounts_over_time(sample.scores(accounts=12)),
    "multipliers": lambda: charts.multipliers(sample.scores()),
    "growth": lambda: charts.growth(sample.curve(), sample.pairs()),
    "coverage": lambda: charts.coverage(sample.states()),
    "captures": lambda: charts.capture_history(sample.captures()),
    "problems a day": lambda: charts.problems_per_day(PROBLEMS),
    "spend a day": lambda: charts.spend_per_day(SPEND),
}
EMPTY = {
    "no prediction": lambda: charts.predictions(HELD.assign(status="too early")),
    "pattern effects": lambda: charts.pattern_effects(PATTERNS.head(0)),
    "reach": lambda: charts.reach(GROUPS.assign(n=0)),
    "returns": lambda: charts.returns(RETURNS.assign(n=0)),
    "standing": lambda: charts.standing(pd.DataFrame()),
    "nothing ranked": lambda: charts.standing(STANDING.assign(percentile=None)),
    "accounts": lambda: charts.accounts_over_time(sample.scores().head(0)),
    "no columns": lambda: charts.accounts_over_time(pd.DataFrame()),
    "multipliers": lambda: charts.multipliers(pd.DataFrame()),
    "growth": lambda: charts.growth(pd.DataFrame()),
    "coverage": lambda: charts.coverage(pd.DataFrame()),
    "captures": lambda: charts.capture_history(pd.DataFrame()),
    "problems a day": lambda: charts.problems_per_day(pd.DataFrame()),
    "spend a day": lambda: charts.spend_per_day(pd.DataFrame()),
    "no interval": lambda: charts.multipliers(sample.scores().assign(multiplier_low=None)),
    "no value": lambda: charts.accounts_over_time(sample.scores().assign(value=None)),
}


@pytest.mark.parametrize(
    ("chart", "label"),
    [
        (charts.reach(GROUPS.assign(**ONE_POST)), "3 posts · one makes 90%, without it ×1.10"),
        (charts.returns(RETURNS.assign(**ONE_POST)), "3 posts · one makes 90%, without it 800"),
    ],
)
def test_a_sum_that_one_post_makes_says_so(chart, label: str) -> None:
    assert label in str(rows(chart.to_dict()))


def rows(spec: dict) -> list[dict]:
    return [row for data in spec.get("datasets", {}).values() for row in data]


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_is_drawn_and_says_its_source_and_n(name: str) -> None:
    spec = DRAWN[name]().to_dict()
    said = " ".join(spec["title"]["subtitle"])
    assert " · n = " in said
    assert "n = 0" not in said
    assert "<svg" in vl_convert.vegalite_to_svg(spec)


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_is_the_same_each_time(name: str) -> None:
    first = json.dumps(DRAWN[name]().to_dict())
    charts.multipliers(sample.scores()).to_dict()
    assert json.dumps(DRAWN[name]().to_dict()) == first


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_frame_says_why(name: str) -> None:
    spec = EMPTY[name]().to_dict()
    assert rows(spec)[0]["text"].startswith("Nothing to show: ")
    assert spec["height"] < 100


@pytest.mark.parametrize("gone", ["tier", "multiplier_low", "posted_at"])
def test_a_renamed_column_is_an_error_not_an_empty_chart(gone: str) -> None:
    with pytest.raises(BadInput, match=gone):
        charts.accounts_over_time(sample.scores().drop(columns=gone))


def test_many_posts_are_thinned_and_no_breakout_is_lost() -> None:
    frame = sample.scores(accounts=100, posts=200)
    spec = charts.accounts_over_time(frame).to_dict()
    drawn = pd.DataFrame([r for r in rows(spec) if "tier" in r])
    assert len(drawn) <= MAX_POINTS
    assert drawn["account"].nunique() == MAX_MENU
    names = drawn["account"].unique()
    frame["account"] = frame["handle"] + " · " + frame["platform"]
    listed = frame[frame["account"].isin(names)]
    for tier in ("breakout", "extreme"):
        assert (drawn["tier"] == tier).sum() == (listed["tier"] == tier).sum()
    assert "n = 20,000 posts of 100 accounts" in " ".join(spec["title"]["subtitle"])


def test_the_band_is_where_ordinary_posts_would_fall() -> None:
    one = sample.scores(accounts=1, posts=1).assign(
        value=7999, multiplier=8.0, multiplier_low=4.0, multiplier_high=16.0, tier="breakout"
    )
    drawn = rows(charts.accounts_over_time(one).to_dict())[0]
    assert drawn["expected"] == pytest.approx(999, rel=0.001)
    assert drawn["band_low"] == pytest.approx(499.5, rel=0.001)
    assert drawn["band_high"] == pytest.approx(1998, rel=0.001)


def test_multipliers_are_sorted_by_the_lower_end() -> None:
    spec = charts.multipliers(sample.scores(), limit=5).to_dict()
    lows = [r["multiplier_low"] for r in rows(spec) if "multiplier_low" in r]
    assert len(lows) == 5
    assert lows == sorted(lows, reverse=True)


def test_coverage_reads_snapshots_as_well_as_counts() -> None:
    snapshots = pd.DataFrame(
        {
            "platform": ["tiktok"] * 4,
            "format": ["video"] * 4,
            "views_state": ["observed", "observed", "observed", "hidden"],
            "saves_state": ["not_exposed"] * 4,
        }
    )
    shares = {
        (r["metric"], r["state"]): r["share"] for r in rows(charts.coverage(snapshots).to_dict())
    }
    assert shares == {
        ("views", "observed"): 0.75,
        ("views", "hidden"): 0.25,
        ("saves", "not_exposed"): 1.0,
    }


@pytest.mark.parametrize(("days", "unit"), [(10, "minute"), (100, "week"), (700, "month")])
def test_captures_are_added_up_when_there_are_many(days: int, unit: str) -> None:
    at = pd.date_range("2025-01-01", periods=days, freq="D")
    many = pd.DataFrame(
        {"captured_at": at, **dict.fromkeys(("found", "mapped", "new", "updated", "skipped"), 2)}
    )
    spec = charts.capture_history(many).to_dict()
    found = [r["items"] for r in rows(spec) if r["count"] == "found"]
    assert f"by {unit}" in " ".join(spec["title"]["subtitle"])
    assert len(found) <= 24
    assert sum(found) == 2 * days


def test_times_with_a_zone_are_shown_as_utc() -> None:
    frame = sample.scores(accounts=1, posts=2)
    zoned = frame.assign(
        posted_at=frame["posted_at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    )
    assert charts.accounts_over_time(zoned).to_dict() == charts.accounts_over_time(frame).to_dict()


def test_the_renderer_keeps_what_nbformat_saves_and_jupyterlab_draws(tmp_path) -> None:
    before = alt.renderers.active
    charts.enable()
    try:
        bundle = alt.renderers.get()(charts.coverage(sample.states()).to_dict())
    finally:
        alt.renderers.enable(before)
    assert set(bundle) == {"application/vnd.vegalite.v5+json", "text/plain"}
    assert bundle["text/plain"].startswith(
        "[chart] Views can be seen of 69% of snapshots\npost_snapshots · n = "
    )
    out = nbformat.v4.new_output("display_data", data=bundle)
    cell = nbformat.v4.new_code_cell("", outputs=[out])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "kept.ipynb")
    assert "https://" not in (tmp_path / "kept.ipynb").read_text()


def test_days_without_anything_are_on_the_axis() -> None:
    bars = rows(charts.problems_per_day(PROBLEMS).to_dict())
    assert len({b["day"] for b in bars}) == 9
    assert sum(b["value"] for b in bars) == PROBLEMS["n"].sum()


def test_a_video_with_a_title_is_called_by_it() -> None:
    posts = pd.DataFrame(
        {
            "title": ["How to  fold", None, float("nan"), ""],
            "caption": ["Links below", "A caption", None, "A caption that is too long"],
        }
    )
    assert captions(posts, 12).tolist() == ["How to fold", "A caption", "", "A caption t…"]
    assert captions(posts[[]], 12).tolist() == [""] * 4


def test_every_state_and_tier_has_its_colour() -> None:
    assert set(STATE_COLOURS) == set(STATES)
    assert set(TIER_COLOURS) == set(TIER_SHAPES) == set(TIERS)


NAMES = {
    "predictions": "1 of 2 predictions held",
    "pattern effects": "A cut in the first second: goes with more views, surest of 1 claims",
    # ann has one post and no interval: no finding.
    "reach": "bob · x reach ×1.1 their own level, the most of all groups (2 posts)",
    "returns": "0 of 1 product surely brought",
    "standing": "Own posts stand at 41 of 100",
    "problems a day": "import met most problems: 5 of 6",
    "spend a day": "$4.70 spent on 2 days",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_title_is_the_finding(name: str) -> None:
    assert DRAWN[name]().to_dict()["title"]["text"].startswith(NAMES[name])


@pytest.mark.parametrize("name", sorted({*DRAWN} - {"no columns"}))
def test_every_chart_of_data_has_tooltips(name: str) -> None:
    text = json.dumps(DRAWN[name]().to_dict())
    assert '"tooltip"' in text


def test_sixteen_series_never_share_eight_colours() -> None:
    stages = [f"stage {n:02}" for n in range(16)]
    frame = pd.DataFrame({"day": DAYS[0], "stage": stages, "n": range(1, 17)})
    spec = charts.problems_per_day(frame).to_dict()
    scale = spec["encoding"]["color"]["scale"]
    assert len(scale["domain"]) == len(set(scale["range"])) == 7
    assert scale["domain"][-1] == "others"
    assert "stage 15" in scale["domain"]
    assert sum(r["value"] for r in rows(spec)) == sum(range(1, 17))
    curve = pd.concat([sample.curve().assign(format=f"f{n}") for n in range(16)])
    growth = charts.growth(
        curve.assign(n_pairs=curve["n_pairs"] * curve["format"].eq("f9"))
    ).to_dict()
    domain = growth["layer"][0]["encoding"]["color"]["scale"]
    assert len(domain["domain"]) == len(set(domain["range"])) == 7
    assert "instagram · f9 (fitted)" in domain["domain"], "what was learnt most of has a colour"
    points = pd.DataFrame({"at": range(9), "y": range(9), "who": stages[:9], "why": [None] * 9})
    axes = {"x": "at", "y": "y", "color": "who"}
    spec = charts.linked(
        points, axes=axes, columns={"why": "why", "who": "who"}, title="Points", source="s"
    ).to_dict()
    colours = spec["vconcat"][0]["encoding"]["color"]["condition"]["scale"]
    assert len(colours["domain"]) == len(set(colours["range"])) == 7
    assert {r["why"] for r in rows(spec) if "why" in r} == {""}, "what is missing is no nan"


@pytest.mark.parametrize("accounts", [4, 12])
def test_a_brush_over_the_accounts_lists_the_posts_behind(accounts: int) -> None:
    spec = charts.accounts_over_time(sample.scores(accounts=accounts)).to_dict()
    table = json.dumps(spec["vconcat"][1])
    assert '"filter": {"param": "brush"}' in table
    assert [p["select"]["type"] for p in spec["params"] if p["name"] == "brush"] == ["interval"]
    is_menu = accounts > 6
    assert ("picked_account" in table) == is_menu
    assert len(spec["vconcat"][0].get("vconcat", [])) == (0 if is_menu else accounts)


def test_names_of_posts_stand_apart() -> None:
    posts = sample.scores(accounts=1, posts=3).assign(
        posted_at=pd.to_datetime(["2026-05-01", "2026-05-02", "2026-05-20"]),
        value=[9000, 9100, 9200],
        multiplier=9.0,
        multiplier_low=[5.0, 4.0, 3.0],
        tier="breakout",
    )
    drawn = rows(charts.accounts_over_time(posts).to_dict())
    names = [bool(r["name"]) for r in drawn if "name" in r]
    assert names == [True, False, True]


def test_the_highest_of_linked_points_is_the_title() -> None:
    points = pd.DataFrame({"at": [1, 2], "multiplier": [3.0, 41.6], "who": ["ann", "bob"]})
    spec = charts.linked(
        points,
        axes={"x": "at", "y": "multiplier"},
        columns={"who": "account"},
        title="Posts",
        source="s",
    ).to_dict()
    assert spec["title"]["text"] == "Posts: multiplier ×42 at most, bob"


def test_a_post_s_tooltip_has_its_picture_and_caption() -> None:
    scores = sample.scores().assign(image="data:image/jpeg;base64,x", caption="Lid")
    drawn = (charts.accounts_over_time(scores), charts.multipliers(scores))
    texts = [json.dumps(chart.to_dict()) for chart in drawn]
    assert ['"field": "image"' in text for text in texts] == [True, True]
    assert ['"field": "caption"' in text for text in texts] == [True, True]

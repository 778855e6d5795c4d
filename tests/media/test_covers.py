"""Covers of posts whose video was not fetched: once, within the allow-list, never on a page."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.media.picked import asked, files, opened, pick
from vtlib.desk import browse
from vtlib.desk.browse import PostQuery
from vtlib.media import covers, purge, stage
from vtlib.media.download import UrlAllowlist
from vtlib.media.folder import MediaFolder
from vtlib.platforms import cover_urls
from vtlib.report import post
from vtlib.store import data_checks

REAL = Path(__file__).parents[1] / "platforms" / "data"


def rows(home: Path) -> list[tuple]:
    sql = "SELECT post_id, status, path IS NOT NULL AS here, tries FROM covers ORDER BY post_id"
    return [tuple(r) for r in opened(home).store.query(sql).to_numpy().tolist()]


def test_a_cover_is_fetched_once_and_shown_by_the_desk(home, live) -> None:
    before = browse.page(opened(home), PostQuery())
    assert not any(r.pictures for r in before.rows)
    assert before.n > 5
    result = covers.run(opened(home), limit=5)
    assert result.counts_by_status == {"photo": 5}
    n_asked = len(asked(live))
    assert n_asked == 5
    page = browse.page(opened(home), PostQuery(size=200))
    shown = {r.post_id for r in page.rows if r.pictures}
    assert shown == {post_id for post_id, *_ in rows(home)}
    assert len(asked(live)) == n_asked  # a page fetches nothing
    covers.run(opened(home), limit=3)
    assert [tries for *_, tries in rows(home)] == [1] * 8  # the next three, nothing twice


def test_so_many_at_a_time_and_none_with_a_limit_of_nothing(home, live) -> None:
    project = opened(home)
    wanted = project.frame(
        "covers_wanted", now=project.workspace.now().replace(tzinfo=None), most=9
    )
    assert len(wanted) == 9
    assert covers.run(opened(home), limit=0).counts_by_status == {}
    assert asked(live) == []


def test_what_failed_waits_and_an_unknown_host_is_not_asked(home, live, monkeypatch) -> None:
    monkeypatch.setenv("VT_APIFY_URL", "http://127.0.0.1:9")  # the media host is on no list now
    result = covers.run(opened(home), limit=4)
    assert result.counts_by_status == {"expired": 4}
    assert asked(live) == []
    first = rows(home)
    assert [(status, here) for _, status, here, _ in first] == [("expired", False)] * 4
    again = covers.run(opened(home), limit=4)  # others: these wait for a new capture
    assert again.counts_by_status == {"expired": 4}
    assert {r[3] for r in rows(home)} == {1}


def test_a_purge_knows_covers(home) -> None:
    covers.run(opened(home), limit=2)
    at = opened(home).workspace
    assert purge.preview(at, purge.PurgeRequest()).orphans == []
    purge.purge(at, purge.PurgeRequest(keep_days=0))
    assert files(home) == set()
    assert [here for _, _, here, _ in rows(home)] == [False, False]
    found = data_checks.run_checks(opened(home).store)
    assert found.loc[found["check"].eq("media_rows"), "n"].tolist() == [0]


def test_a_post_with_pictures_needs_no_cover(home) -> None:
    of = opened(home).frame("posts")
    photo = of.loc[of["format"].isin(["photo", "carousel"]), "post_id"].iloc[0]
    pick(home, breakout=[photo])
    stage.process(opened(home))
    covers.run(opened(home), limit=500)
    assert photo not in {post_id for post_id, *_ in rows(home)}
    folder = MediaFolder(opened(home).workspace.outputs)
    paths = opened(home).store.query("SELECT path FROM covers WHERE status = 'photo'")["path"]
    assert None not in folder.stills(list(paths))


@pytest.mark.parametrize(("platform", "least"), [("instagram", 3), ("youtube", 3), ("facebook", 2)])
def test_real_items_name_their_cover(platform: str, least: int) -> None:
    cases = json.loads((REAL / f"{platform}.json").read_text())
    items = [case["payload"] for case in cases["items"]]
    named = [cover_urls(platform, item) for item in items]
    known = [urls for urls in named if any(UrlAllowlist().knows(u) for u in urls)]
    assert len(known) >= least


def test_a_flattened_export_names_it_too() -> None:
    url = "https://p16-sign-va.tiktokcdn.com/tos/a~tplv.image"
    row = {"videoMeta/coverUrl": url, "videoMeta/originalCoverUrl": "", "id": "1"}
    assert cover_urls("tiktok", row) == [url]
    assert cover_urls("tiktok", {"videoMeta": {"coverUrl": 7}}) == []
    assert cover_urls("tiktok", "no item") == []


def test_charts_and_pages_show_covers_and_none_with_pseudonyms(home) -> None:
    covers.run(opened(home), limit=3)
    (first, *_) = [post_id for post_id, *_ in rows(home)]
    frame = pd.DataFrame({"post_id": [first, "tiktok:0"], "tier": ["extreme", "extreme"]})
    image = post.pictured(opened(home), frame)["image"].tolist()
    assert image[0].startswith("data:image/jpeg;base64,")
    assert image[1] == ""
    hidden = opened(home, report={"creators": "pseudonyms"})
    assert post.pictured(hidden, frame)["image"].tolist() == ["", ""]
    assert post.pictured(opened(home), frame.head(0))["image"].tolist() == []


def test_only_named_posts_are_fetched(home) -> None:
    of = opened(home).frame("posts")["post_id"].tolist()
    pick(home, breakout=of[:3])
    assert len(stage.load(opened(home))) == 3
    one = stage.load(opened(home, analysis={"posts": [of[1]], "limit": 0}))
    assert one["post_id"].tolist() == [of[1]]

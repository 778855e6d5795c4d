"""A layout as data: what a person may write, and what an item or a row means by it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vtlib.core.errors import BadInput
from vtlib.core.models import Mapped, MappedAccount, Metric, Rejected
from vtlib.platforms import layouts

SHEET = """
name: a sheet
knows: [["Post URL", "Avg. views/day"]]
fields:
  url: Post URL
  views: ["Avg. views/day", Views]
  likes: [[engagement, likes]]
  posted_at: Datum
  hashtags: Tags
options: {date_order: dmy, zone: Europe/Berlin, decimal: ","}
"""
LINK = "https://www.youtube.com/shorts/AAAAAAAAAA4"


def read(item: Any, text: str = SHEET) -> Any:
    return layouts.outcome(layouts.load(text), item)


def test_what_is_written_comes_back_the_same() -> None:
    layout = layouts.load(SHEET)
    assert layouts.load(layouts.dump(layout)) == layout


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("fields: {vews: V}", "fields.vews"),
        ("fields: {}", "fields"),
        ("fields: {views: V}\nplatform: myspace", "platform"),
        ("fields: {views: V}\noptions: {zone: Europe/Berln}", "options.zone"),
        ("fields: {views: V}\noptions: {decimal: x}", "options.decimal"),
        ("fields: {views: {as: count}}", "fields.views"),
        ("fields: {views: {path: V, as: number}}", "fields.views.as"),
        ("fields: {views: {path: V, pth: W}}", "fields.views.pth"),
        ("fields: {views: [true]}", "fields.views"),
        ("knows: [[]]\nfields: {views: V}", "knows"),
        ("joins: [{into: a}]\nfields: {views: V}", "joins"),
        ("- a", ""),
        ("a: [", ""),
    ],
)
def test_a_map_that_is_none_is_refused_by_file_and_field(text: str, field: str) -> None:
    with pytest.raises(BadInput) as error:
        layouts.load(text, file="map.yaml")
    assert error.value.file == "map.yaml"
    assert error.value.field == field


def test_headings_with_dots_slashes_and_spaces_are_read_as_written_and_as_paths() -> None:
    row = {"Post URL": LINK, "Avg. views/day": "1.234", "Datum": "3.4.2026 14:05"}
    post = read(row | {"engagement": {"likes": "12,5K"}, "Tags": "#a, b"})
    assert post.metrics == {"views": Metric(1234, "observed"), "likes": Metric(12_500, "estimated")}
    assert post.post.posted_at == datetime(2026, 4, 3, 12, 5, tzinfo=UTC)
    assert (post.post.format, post.post.hashtags) == ("short", ("a", "b"))
    exact = read({"Post URL": LINK, "Avg. views/day": 7, "Avg": {" views": {"day": 8}}})
    assert exact.metrics["views"].value == 7
    assert read({"Post URL": LINK, "engagement/likes": 5}).metrics["likes"].value == 5


def test_a_field_that_cannot_be_read_is_named_and_the_post_stays() -> None:
    post = read({"Post URL": LINK, "Avg. views/day": "many", "Views": 4, "Datum": "soon"})
    assert isinstance(post, Mapped)
    assert [one.field_name for one in post.misread] == ["Datum", "Avg. views/day"]
    assert not post.metrics


@pytest.mark.parametrize("item", [None, 3, [], {}, {"Post URL": []}, {"Post URL": {"a": 1}}])
def test_nothing_raises(item: Any) -> None:
    assert isinstance(read(item), Rejected)


def test_an_id_needs_its_platform_and_a_link_of_another_is_none() -> None:
    ids = "fields: {native_id: id, url: link, views: v}\n"
    one = {"id": "7582653500000000001", "v": 3}
    assert isinstance(read(one, ids), Rejected)
    assert read(one, ids + "platform: tiktok").post.post_id == "tiktok:7582653500000000001"
    assert isinstance(read({"link": LINK, "v": 3}, ids + "platform: tiktok"), Rejected)
    mixed = "fields: {native_id: id, platform: where}"
    assert read(one | {"where": "TikTok"}, mixed).post.platform == "tiktok"


def test_short_links_wait_for_the_network() -> None:
    waits = read({"Post URL": "https://vm.tiktok.com/ZMabcdef/"})
    assert waits.kind == "needs_network"


def test_an_item_that_names_an_account_alone_is_one() -> None:
    text = "platform: x\nfields: {url: link, handle: who, followers: n}"
    account = read({"who": "@Glow", "n": "5,000"}, text)
    assert isinstance(account, MappedAccount)
    assert (account.account.account_id, account.counts.followers) == ("x:@glow", 5000)


def test_members_of_lists_are_reached_by_star_and_by_name() -> None:
    by_name = "insights.data.name=saved.values.0.value"
    text = f'fields: {{url: "l", hashtags: "tags.*.text", saves: "{by_name}"}}'
    saved = {"name": "saved", "values": [{"value": 9}]}
    item = {"l": LINK, "tags": [{"text": "a"}, {"text": "b"}], "insights": {"data": [{}, saved]}}
    post = read(item, text)
    assert post.post.hashtags == ("a", "b")
    assert post.metrics["saves"].value == 9
    flat = {"l": LINK, "tags/0/text": "a", "tags/1/text": "b"}
    assert read(flat, text).post.hashtags == ("a", "b")


@pytest.mark.parametrize(
    ("platform", "native_id", "post_id"),
    [
        ("instagram", "DAAAAAAAAA1", "instagram:DAAAAAAAAA1"),
        ("instagram", "3500000000000000001_25025320", "instagram:DCSf3TJ3gAB"),
        ("tiktok", "7582653500000000001", "tiktok:7582653500000000001"),
        ("tiktok", "7.58265E+18", None),
        ("youtube", "AAAAAAAAAA3", "youtube:AAAAAAAAAA3"),
        ("x", 1990000000000000002, "x:1990000000000000002"),
        ("facebook", "100064000000001_1500000000000001", "facebook:1500000000000001"),
        ("linkedin", "7402746900000000003", "linkedin:7402746900000000003"),
        ("linkedin", "urn:li:activity:7402746900000000003", "linkedin:7402746900000000003"),
        ("linkedin", "urn:li:ugcPost:7402746900000000003", "linkedin:ugcPost:7402746900000000003"),
        ("pinterest", "123356477291669593", "pinterest:123356477291669593"),
        ("pinterest", "not an id", None),
        ("youtube", "https://youtu.be/AAAAAAAAAA3", "youtube:AAAAAAAAAA3"),
    ],
)
def test_an_id_alone_names_a_post_and_nobody(platform, native_id, post_id) -> None:
    result = read({"id": native_id}, f"platform: {platform}\nfields: {{native_id: id, views: v}}")
    if post_id is None:
        assert (result.kind, result.field_name) == ("bad_field", "id")
        return
    assert result.post.post_id == post_id
    assert result.account is None


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        ("zoned", "2024-07-01 08:00:00 EDT", datetime(2024, 7, 1, 12, tzinfo=UTC)),
        ("zoned", "2024-07-01T08:00:00+02:00", datetime(2024, 7, 1, 6, tzinfo=UTC)),
        ("day", "20260301", datetime(2026, 3, 1, tzinfo=UTC)),
        ("day", 1772323200, datetime(2026, 3, 1, tzinfo=UTC)),
        ("moment", "1772323200000", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_every_form(convert, value, expected) -> None:
    text = f'fields: {{url: "l", posted_at: {{path: "t", as: {convert}}}}}'
    assert read({"l": LINK, "t": value}, text).post.posted_at == expected


@pytest.mark.parametrize("value", ["2024-07-01 08:00:00 XYZ", "yesterday", "2024-07-01 08:00:00"])
def test_a_time_that_cannot_be_told_is_unknown_and_named(value) -> None:
    result = read({"l": LINK, "t": value}, 'fields: {url: "l", posted_at: {path: "t", as: zoned}}')
    assert result.post.posted_at is None
    assert [one.field_name for one in result.misread] == ["t"]


def test_a_sum_needs_all_of_its_parts_and_a_placeholder_is_no_count() -> None:
    text = """
    fields:
      url: l
      likes: {path: [a, b], as: sum}
      views: {path: v, as: positive}
      saves: {path: s, hidden_if: h}
      comments: {path: c, missing_if: "kind=part"}
    """
    whole = read({"l": LINK, "a": "1,000", "b": 0, "v": 0, "s": 5, "h": "no", "c": 3}, text)
    assert {name: one.value for name, one in whole.metrics.items()} == {
        "likes": 1000,
        "saves": 5,
        "comments": 3,
    }
    part = read({"l": LINK, "a": 1, "s": 5, "h": True, "c": 0, "kind": "part"}, text)
    assert {name: one.state for name, one in part.metrics.items()} == {"saves": "hidden"}


def test_the_map_in_the_docs_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs" / "adding-a-platform.md").read_text("utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    layout = layouts.load(text)
    row = {"video_id": "7582653500000000001", "play_count": 5, "like_count": 3, "likes_hidden": 1}
    assert layouts.outcome(layout, row).metrics == {
        "views": Metric(5, "observed"),
        "likes": Metric(None, "hidden"),
    }


ELSEWHERE = {
    "instagram": "https://www.youtube.com/shorts/AAAAAAAAAA4",
    "other": "https://www.instagram.com/reel/DVVjs7zmCpd/",
}
KNOWN_SETS = [
    pytest.param(one, members, id=f"{one.name}: {', '.join(members)}")
    for one in layouts.all_layouts()
    for members in one.knows
    if one.platform and not any("=" in member or "~" in member for member in members)
]


@pytest.mark.parametrize(("layout", "members"), KNOWN_SETS)
def test_headings_of_a_tool_over_posts_of_another_platform_are_not_its(layout, members) -> None:
    """Date, Link, Likes are headings of many: the links of a row have the last word."""
    link = ELSEWHERE.get(layout.platform, ELSEWHERE["other"])
    row = {**dict.fromkeys(members, "1"), "the post": link}
    assert layouts.recognise(row) is not layout

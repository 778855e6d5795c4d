"""A layout as data: what a person may write, and what an item or a row means by it."""

from datetime import UTC, datetime
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

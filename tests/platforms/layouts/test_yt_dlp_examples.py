"""Real videos that yt-dlp's extractors carry as examples, read as the .info.json they become."""

from typing import Any

import pytest
from yt_dlp.extractor import facebook, instagram, linkedin, pinterest, tiktok, twitter, youtube

from vtlib.core.models import Mapped
from vtlib.platforms import layouts

EXTRACTORS = {
    "youtube": youtube.YoutubeIE,
    "tiktok": tiktok.TikTokIE,
    "instagram": instagram.InstagramIE,
    "x": twitter.TwitterIE,
    "facebook": facebook.FacebookIE,
    "pinterest": pinterest.PinterestIE,
    "linkedin": linkedin.LinkedInIE,
}
SIGNS = ("re:", "md5:", "count:", "mincount:", "maxcount:")  # of values that an example only checks
NUMBERS = {int: 123, float: 12.5}
COUNTS = {"like_count": "likes", "comment_count": "comments"}


def example(extractor: Any, test: dict[str, Any]) -> dict[str, Any]:
    """An example as an item; numbers of which it gives the type alone are made up."""
    facts = {k: NUMBERS.get(v, v) for k, v in test["info_dict"].items() if not isinstance(v, list)}
    plain = {
        name: value
        for name, value in facts.items()
        if isinstance(value, (int, float))
        or (isinstance(value, str) and not value.startswith(SIGNS))
    }
    tool = {"extractor": extractor.IE_NAME, "extractor_key": extractor.ie_key(), "_type": "video"}
    return {**plain, **tool, "webpage_url": test["url"]}


def examples(extractor: Any) -> list[dict[str, Any]]:
    several = {"playlist", "playlist_count", "playlist_mincount", "skip"}
    tests = [
        one
        for one in extractor._TESTS
        if not several & one.keys() and "id" in one.get("info_dict", {})
    ]
    return [example(extractor, one) for one in tests]


@pytest.mark.parametrize("platform", EXTRACTORS)
def test_each_example_is_the_post_of_its_link_with_its_counts(platform: str) -> None:
    items = examples(EXTRACTORS[platform])
    assert items
    read = [layouts.outcome(layouts.recognise(item), item) for item in items]
    assert {type(one) for one in read} == {Mapped}
    assert not [one.misread for one in read if one.misread]
    assert {one.post.platform for one in read} == {platform}
    pairs = [(item, one) for item, one in zip(items, read, strict=True) if "timestamp" in item]
    assert [int(one.post.posted_at.timestamp()) for _, one in pairs] == [
        int(item["timestamp"]) for item, _ in pairs
    ]
    for name, metric in COUNTS.items():
        known = [
            (item[name], one.metrics[metric].value)
            for item, one in zip(items, read, strict=True)
            if item.get(name) and metric in one.metrics
        ]
        assert [a for a, _ in known] == [b for _, b in known]


def test_ids_of_examples_are_those_of_their_links() -> None:
    odd = [
        (item["webpage_url"], layouts.outcome(layouts.recognise(item), item).post.native_id)
        for name in ("youtube", "tiktok", "instagram")
        for item in examples(EXTRACTORS[name])
        if layouts.outcome(layouts.recognise(item), item).post.native_id != item["id"]
    ]
    assert odd == [("https://www.youtube.com/watch?v=YE7VzlLtp-4&v=BaW_jenozKc", "BaW_jenozKc")]

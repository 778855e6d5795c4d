"""One runner for every platform's cases; the expectations are data in `data/<platform>.json`.

`urls`: a URL and the post, account or refusal it means. `items`: an oddity, the payload that shows
it, what it means. `actors`: a request and the input the actor takes. `"oracle": false` marks a URL
that yt-dlp reads otherwise, `"row": false` an oddity that a row of texts cannot show.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from yt_dlp.extractor import facebook, instagram, linkedin, pinterest, tiktok, twitter, youtube

from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS, Mapped, MappedAccount, Rejected
from vtlib.platforms import SOURCES, account_ref, outcome, post_ref, recognise
from vtlib.platforms.actors import Actor, ActorRequest
from vtlib.platforms.fields import unflatten

DATA = {
    p.stem: json.loads(p.read_text(encoding="utf-8"))
    for p in sorted((Path(__file__).parent / "data").glob("*.json"))
}
ORACLES = {
    "instagram": [instagram.InstagramIE],
    "tiktok": [tiktok.TikTokIE],
    "youtube": [youtube.YoutubeIE],
    "x": [twitter.TwitterIE],
    "facebook": [facebook.FacebookIE, facebook.FacebookReelIE],
    "linkedin": [linkedin.LinkedInIE],
    "pinterest": [pinterest.PinterestIE],
}
KINDS = {"provider_error", "no_items", "not_a_post", "promoted", "unreadable", "bad_field"}


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(platform, case, id=f"{platform}-{case.get('name') or case.get('url') or i}")
        for platform, data in DATA.items()
        for i, case in enumerate(data[kind])
    ]


def test_every_platform_is_registered_and_has_cases() -> None:
    assert set(SOURCES) == set(PLATFORMS) == set(DATA)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_source_offers_what_the_protocol_asks(platform: str) -> None:
    source = SOURCES[platform]
    assert platform == source.NAME
    assert isinstance(source.HOSTS, frozenset)
    assert source.HOSTS
    for name in ("post_ref", "account_ref", "recognise", "outcome"):
        assert callable(getattr(source, name))
        assert getattr(source, name).__doc__
    assert source.ACTORS
    assert all(isinstance(a, Actor) and a.asks for a in source.ACTORS)
    known = {c["actor"] for c in DATA[platform]["actors"]}
    assert {a.name for a in source.ACTORS} == known


def test_no_host_belongs_to_two_platforms() -> None:
    hosts = [h for s in SOURCES.values() for h in s.HOSTS]
    assert len(hosts) == len(set(hosts))


@pytest.mark.parametrize(("platform", "case"), cases("urls"))
def test_a_url_leads_to_one_post_offline(platform: str, case: dict[str, Any]) -> None:
    if "account" in case or "account_id" in case:
        found = account_ref(case["url"])
        seen = {"account_id": found.account_id, "handle": found.handle, "account": found.account_id}
        assert {k: v for k, v in case.items() if k in seen} == {
            k: seen[k] for k in seen if k in case
        }
        assert found.platform == platform
        return
    if case.get("refused"):
        with pytest.raises(BadInput):
            post_ref(case["url"])
        return
    ref = post_ref(case["url"])
    assert (ref.platform, ref.post_id) == (platform, case.get("post_id"))
    assert ref.needs_network == case.get("needs_network", False)
    seen = {"url_canonical": ref.url, "format": ref.format, "handle": ref.handle}
    assert {k: v for k, v in case.items() if k in seen} == {k: seen[k] for k in seen if k in case}
    if not ref.needs_network:
        assert post_ref(ref.url).post_id == ref.post_id


def test_one_post_has_one_canonical_url() -> None:
    posts, urls = defaultdict(set), defaultdict(set)
    for case in (c for data in DATA.values() for c in data["urls"] if c.get("post_id")):
        ref = post_ref(case["url"])
        posts[ref.post_id].add(ref.url)
        urls[ref.url].add(ref.post_id)
    assert {k: v for d in (posts, urls) for k, v in d.items() if len(v) > 1} == {}


@pytest.mark.parametrize(("platform", "case"), cases("urls"))
def test_yt_dlp_reads_the_same_id(platform: str, case: dict[str, Any]) -> None:
    if not case.get("post_id") or case.get("oracle") is False:
        return
    url = case["url"] if "://" in case["url"] else f"https://{case['url']}"
    read = [c._match_id(url) for c in ORACLES[platform] if c.suitable(url)]
    assert set(read) <= {case["post_id"].split(":", 1)[1]}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_yt_dlp_knows_the_canonical_urls_of_videos(platform: str) -> None:
    urls = {c["url_canonical"] for c in DATA[platform]["urls"] if c.get("url_canonical")}
    known = [u for u in urls if any(c.suitable(u) for c in ORACLES[platform])]
    assert known or platform == "linkedin"  # its videos are found by their /posts/ links alone


@pytest.mark.parametrize(("platform", "case"), cases("items"))
def test_an_item_means_what_its_case_says(platform: str, case: dict[str, Any]) -> None:
    found = outcome(SOURCES[platform].NAME, case["payload"])
    seen = facts(found)
    if isinstance(case["payload"], dict):
        seen["shape"] = (recognise(case["payload"]) or (None, None))[1]
    assert case["expect"]
    for name, value in case["expect"].items():
        if name == "metrics":
            for metric, expected in value.items():
                assert seen["metrics"].get(metric, [None, "not_exposed"]) == expected, metric
        else:
            assert seen.get(name) == value, (name, seen)


@pytest.mark.parametrize(("platform", "case"), cases("items"))
def test_a_mapped_post_is_found_again_by_its_url(platform: str, case: dict[str, Any]) -> None:
    found = outcome(SOURCES[platform].NAME, case["payload"])
    if isinstance(found, Rejected):
        assert found.kind in KINDS
        assert found.reason
        return
    post = getattr(found, "post", None)  # an item of an account has none
    ref = post and post_ref(post.url)
    assert not ref or ref.needs_network or ref.post_id == post.post_id


@pytest.mark.parametrize(("platform", "case"), cases("items"))
def test_a_flattened_row_means_the_same_as_its_item(platform: str, case: dict[str, Any]) -> None:
    if not isinstance(case["payload"], dict) or case.get("row") is False:
        return
    as_json = outcome(SOURCES[platform].NAME, without_blanks(case["payload"]))
    row = {"/".join(path): text for path, text in flat(case["payload"])}
    as_row = outcome(SOURCES[platform].NAME, row)
    read = outcome(SOURCES[platform].NAME, unflatten((steps(k), t) for k, t in row.items()))
    assert facts(as_row) == facts(read) == facts(as_json)


@pytest.mark.parametrize(("platform", "case"), cases("items"))
def test_no_other_platform_claims_the_item(platform: str, case: dict[str, Any]) -> None:
    payload = case["payload"] if isinstance(case["payload"], dict) else {}
    claimed = {n for n, s in SOURCES.items() if s.recognise(payload)}
    assert claimed <= {platform}


@pytest.mark.parametrize(("platform", "case"), cases("items"))
def test_no_field_of_the_wrong_kind_raises(platform: str, case: dict[str, Any]) -> None:
    payload = case["payload"] if isinstance(case["payload"], dict) else {}
    came = [outcome(SOURCES[platform].NAME, payload)]
    for key in payload:
        for odd in (None, "", "?", 0, -1, [], {}, [None], [[]], {"a": None}, True):
            recognise(payload | {key: odd})
            came.append(outcome(SOURCES[platform].NAME, payload | {key: odd}))
    assert {type(one) for one in came} <= {Mapped, MappedAccount, Rejected}


@pytest.mark.parametrize(("platform", "case"), cases("actors"))
def test_the_input_an_actor_takes(platform: str, case: dict[str, Any]) -> None:
    asked = {k: tuple(v) if isinstance(v, list) else v for k, v in case["request"].items()}
    if "since" in asked:
        asked["since"] = date.fromisoformat(asked["since"])
    actor = next(a for a in SOURCES[platform].ACTORS if a.name == case["actor"])
    assert asked["ask"] in actor.asks
    assert actor.build(ActorRequest(**asked)) == case["input"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_bare_handle_is_an_account_in_one_spelling(platform: str) -> None:
    assert account_ref(" @Creator_1 ", platform=platform) == account_ref(
        "creator_1", platform=platform
    )


def test_a_bare_native_id_is_no_handle() -> None:
    channel = "UC0000000000000000000001"
    assert account_ref(channel, platform="youtube").account_id == f"youtube:{channel}"


def flat(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Cells of a CSV row as Apify flattens an item."""
    if isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from flat(value, (*path, *str(key).split("/")))
    elif node is not None:
        yield path, str(node).lower() if isinstance(node, bool) else str(node)


def steps(key: str) -> tuple[str | int, ...]:
    return tuple(int(p) if p.isdigit() else p for p in key.split("/"))


def without_blanks(node: Any) -> Any:
    """What a CSV row can tell of a JSON item: nothing of nulls, empty texts, lists and objects."""
    if isinstance(node, dict):
        kept = {k: without_blanks(v) for k, v in node.items()}
        return {k: v for k, v in kept.items() if v not in (None, "", [], {})}
    if isinstance(node, list):
        return [v for v in map(without_blanks, node) if v not in (None, "", [], {})]
    return node


def facts(found: Any) -> dict[str, Any]:
    if isinstance(found, Rejected):
        return {"rejected": found.kind, "field": found.field_name, "account": found.account}
    account, counts = found.account, found.counts
    seen: dict[str, Any] = {"captured_at": plain(found.captured_at)}
    seen["misread"] = [m.field_name for m in found.misread]
    if account:
        seen |= {"account_id": account.account_id, "handle": account.handle}
        seen |= {"display_name": account.display_name}
    if counts:
        seen |= asdict(counts)
    if isinstance(found, Mapped):
        seen |= {k: plain(v) for k, v in asdict(found.post).items()}
        seen |= {"post_id": found.post.post_id, "media_urls": list(found.media_urls)}
        seen["metrics"] = {k: [m.value, m.state] for k, m in found.metrics.items()}
    return seen


def plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value

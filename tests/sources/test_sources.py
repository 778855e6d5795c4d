"""One runner for every platform's cases; the expectations are data in `data/<platform>.json`."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from vtlib.errors import BadInput
from vtlib.models import Mapped, Rejected
from vtlib.sources import SOURCES, account_ref, outcome, post_ref, recognise
from vtlib.sources.actors import Request

DATA = {
    p.stem: json.loads(p.read_text())
    for p in sorted((Path(__file__).parent / "data").glob("*.json"))
}


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(platform, case, id=f"{platform}-{case.get('name') or case.get('url') or i}")
        for platform, data in DATA.items()
        for i, case in enumerate(data[kind])
    ]


@pytest.mark.parametrize(("platform", "case"), cases("urls"))
def test_a_url_leads_to_one_post_offline(platform: str, case: dict[str, Any]) -> None:
    if case.get("refused"):
        with pytest.raises(BadInput):
            post_ref(case["url"])
        return
    if "account" in case or "account_id" in case:
        found = account_ref(case["url"])
        expected = {k: v for k, v in case.items() if k in ("account_id", "handle", "account")}
        seen = {"account_id": found.account_id, "handle": found.handle, "account": found.account_id}
        assert {k: seen[k] for k in expected} == expected
        return
    ref = post_ref(case["url"])
    assert (ref.platform, ref.post_id) == (platform, case.get("post_id"))
    assert ref.needs_network == case.get("needs_network", False)
    if "url_canonical" in case:
        assert ref.url == case["url_canonical"]
        again = post_ref(ref.url)
        assert ref.needs_network or again.post_id == ref.post_id


@pytest.mark.parametrize(("platform", "case"), cases("items"))
def test_an_item_means_what_its_case_says(platform: str, case: dict[str, Any]) -> None:
    found = outcome(SOURCES[platform].NAME, case["payload"])
    seen = facts(found)
    if isinstance(case["payload"], dict):
        seen["shape"] = (recognise(case["payload"]) or (None, None))[1]
    for name, value in case["expect"].items():
        if name == "metrics":
            for metric, expected in value.items():
                assert seen["metrics"].get(metric, [None, "not_exposed"]) == expected, metric
        else:
            assert seen.get(name) == value, (name, seen)


@pytest.mark.parametrize(("platform", "case"), cases("items"))
def test_no_other_platform_claims_the_item(platform: str, case: dict[str, Any]) -> None:
    if isinstance(case["payload"], dict):
        claimed = {n for n, s in SOURCES.items() if s.recognise(case["payload"])}
        assert claimed <= {platform}


@pytest.mark.parametrize(("platform", "case"), cases("actors"))
def test_the_input_an_actor_takes(platform: str, case: dict[str, Any]) -> None:
    asked = {**case["request"], "targets": tuple(case["request"]["targets"])}
    if "since" in asked:
        asked["since"] = date.fromisoformat(asked["since"])
    actor = next(a for a in SOURCES[platform].ACTORS if a.name == case["actor"])
    assert actor.build(Request(**asked)) == case["input"]


def facts(found: Any) -> dict[str, Any]:
    if isinstance(found, Rejected):
        return {"rejected": found.kind, "field": found.field_name, "account": found.account}
    account, counts = found.account, found.counts
    seen: dict[str, Any] = {"captured_at": plain(found.captured_at)}
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

"""Files of other tools, made after their documentation with invented names, through the reader and
the mapping of an import; `cases/<file of the layout>.json` says what each means.

`expect`: facts of the posts that come in, in their order; a state stands beside its metric.
`accounts`: accounts alone. `rejected`: why an item is no post. `unread`: fields that stay unread.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vtlib.capture import mapping
from vtlib.capture.datasets import datasets, items
from vtlib.core.models import METRICS, Mapped, MappedAccount, Rejected
from vtlib.platforms import layouts

DATA = Path(__file__).parent / "cases"
CASES = {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted(DATA.glob("*.json"))}
AT = datetime(2026, 12, 1, tzinfo=UTC)
EACH = [
    pytest.param(case, id=f"{name}-{number}-{case['file']}")
    for name, group in CASES.items()
    for number, case in enumerate(group)
]


def imported(case: dict[str, Any], folder: Path) -> tuple[str, mapping.Chunk]:
    """Who wrote a case's file, and its rows."""
    path = folder / case["file"]
    text = case["text"] if "text" in case else json.dumps(case["content"], indent=2)
    path.write_text(text, encoding="utf-8")
    (one,) = datasets(path)
    rows = list(items(one))
    platform, actor = mapping.recognise_items(item for _, item in rows)
    capture = mapping.Capture(
        "c", "p", "file", path.name, AT, "given", AT, "dataset", platform=platform
    )
    chunk = mapping.map_items(rows, capture)
    mapping.refuse_numberless(chunk)
    return actor, chunk


def facts(chunk: mapping.Chunk) -> list[dict[str, Any]]:
    """What is known of each post, its account and its numbers, by column."""
    frames = {
        name: frame.drop_duplicates(frame.columns[0]).set_index(frame.columns[0])
        for name, frame in chunk.frames.items()
    }
    posts = []
    for post_id, post in frames["posts"].iterrows():
        known = post.to_dict() | {"post_id": post_id}
        for table, key in (
            ("accounts", known["account_id"]),
            ("account_snapshots", known["account_id"]),
            ("post_snapshots", post_id),
        ):
            row = frames[table].loc[key].to_dict() if key in frames[table].index else {}
            known = row | known if table == "accounts" else known | row
        posts.append(known)
    return posts


def plain(value: Any, like: Any) -> Any:
    """A cell as the cases write it."""
    if isinstance(like, list):
        return list(value)
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    return None if str(value) == "<NA>" else value


@pytest.mark.parametrize("case", EACH)
def test_a_file_means_what_its_documentation_says(case: dict[str, Any], tmp_path: Path) -> None:
    actor, chunk = imported(case, tmp_path)
    assert actor == case["layout"]
    assert chunk.frames["problems"]["reason"].to_list() == case.get("rejected", [])
    rows = facts(chunk)
    assert len(rows) == len(case["expect"])
    for row, expected in zip(rows, case["expect"], strict=True):
        assert {name: plain(row.get(name), value) for name, value in expected.items()} == expected
        for metric in METRICS:
            if expected.get(metric, 0) is None and f"{metric}_state" not in expected:
                assert row[f"{metric}_state"] == "not_exposed"
    assert set(case.get("unread", [])) <= set(chunk.use.unread())


@pytest.mark.parametrize("case", [c for c in EACH if c.values[0].get("accounts")])
def test_an_account_alone_comes_in_with_its_counts(case: dict[str, Any], tmp_path: Path) -> None:
    _, chunk = imported(case, tmp_path)
    accounts = chunk.frames["accounts"].merge(chunk.frames["account_snapshots"], on="account_id")
    rows = zip(accounts.to_dict("records"), case["accounts"], strict=True)
    assert [{name: row[name] for name in expected} for row, expected in rows] == case["accounts"]


def test_every_layout_has_a_case() -> None:
    shown = {case["layout"] for group in CASES.values() for case in group}
    assert {one.name for one in layouts.all_layouts()} <= shown
    assert {path.stem for path in layouts.FILES.glob("*.yaml")} == set(CASES)


def test_a_layout_says_where_its_file_comes_from_and_survives_being_written() -> None:
    everything = layouts.all_layouts()
    assert len({one.name for one in everything}) == len(everything) > 30
    silent = [one.name for one in everything if not (one.get and one.knows)]
    assert not silent
    assert not [one.name for one in everything if not one.source.startswith("https://")]
    assert [layouts.load(layouts.dump(one)) for one in everything] == [*everything]


def test_no_layout_claims_an_item_that_a_platform_reads() -> None:
    data = (Path(__file__).parents[1] / "data").glob("*.json")
    payloads = [one["payload"] for p in data for one in json.loads(p.read_text())["items"]]
    assert payloads
    assert not [one for one in payloads if layouts.recognise(one)]


ODD = (None, [], {}, "x", "7.5E+18", -1, 1e300, True, {"a": {"b": [1]}}, ["x"], "\ud83d")


def test_nothing_that_stands_in_a_field_raises() -> None:
    kinds = set()
    for case in (c.values[0] for c in EACH):
        layout = layouts.by_name(case["layout"])
        content = case.get("content")
        answers = content if isinstance(content, list) else [content]
        members = [m for one in answers for m in layouts.unwrapped(one) or [one]]
        for item in (m for m in members if layout and isinstance(m, dict)):
            for key in item:
                for odd in ODD:
                    layouts.recognise(item | {key: odd})
                    kinds.add(type(layouts.outcome(layout, item | {key: odd})))
    assert kinds == {Mapped, MappedAccount, Rejected}

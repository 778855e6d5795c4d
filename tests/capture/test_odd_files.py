"""Files that once lost posts, crashed the import or gave wrong numbers; `data/expected.json` says
what each means.

`posts`: how many come in. `unreadable`: the fields that count as unknown, as [item, field]. A
metric: its value and state, the same for every post of the file.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vtlib.capture import mapping
from vtlib.capture.datasets import datasets, items

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
AT = datetime(2026, 12, 1, tzinfo=UTC)


def imported(path: Path) -> mapping.Chunk:
    """The rows of a file, its platform recognised from the items as the import does."""
    (one,) = datasets(path)
    read = list(items(one))
    platform, _ = mapping.recognise_items(item for _, item in read)
    capture = mapping.Capture(
        "c", "p", "file", path.name, AT, "given", AT, "dataset", platform=platform
    )
    return mapping.map_items(read, capture)


def test_every_file_has_an_expectation() -> None:
    assert {p.name for p in DATA.iterdir()} == {*CASES, "expected.json"}


@pytest.mark.parametrize("name", CASES)
def test_every_item_comes_in_with_what_it_says(name: str) -> None:
    expected = dict(CASES[name])
    chunk = imported(DATA / name)
    snapshots, problems = chunk.frames["post_snapshots"], chunk.frames["problems"]
    fields = [
        [n, field.split(".")[0]]
        for n, field in zip(problems["item_no"], problems["field"], strict=True)
    ]
    assert len(chunk.frames["posts"]) == expected.pop("posts")
    assert fields == expected.pop("unreadable")
    for metric, (value, state) in expected.items():
        shown = None if snapshots[metric].isna().all() else snapshots[metric].unique().tolist()
        assert shown == (None if value is None else [value])
        assert snapshots[f"{metric}_state"].unique().tolist() == [state]

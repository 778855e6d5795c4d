"""Any JSON value at any place of any item: it costs its own field or item, never another, and
counts are true.

VT_FUZZ: number of examples. VT_FUZZ_REAL: a folder of real exports whose items are taken too.
"""

import io
import json
import os
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.capture import json_items
from vtlib.capture import mapping as stage
from vtlib.capture.datasets import datasets, expand, items
from vtlib.platforms import recognise

EXAMPLES = int(os.environ.get("VT_FUZZ", "2000"))
REAL = os.environ.get("VT_FUZZ_REAL", "")
DATA = Path(__file__).parents[1] / "platforms" / "data"
AT = datetime(2026, 9, 1, tzinfo=UTC)
HOLE = "a hole for the value"
CODES = {0, 2, 4}
STEP = 4 if EXAMPLES <= 2_000 else 1  # items of which each place is tried
MAX_LINES = 5_000  # that are imported at once in the end

SMALL = [
    *("null", "true", "0", "-1", "-5e9", '""', "[]", "{}", "NaN", "Infinity", "-Infinity", "1.5"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "1e300", "1e999"),
    *(
        r'"\ud83d"',
        r'"cut \udc00 here"',
        r'"nul \u0000 here"',
        '"many"',
        '"6.8E+18"',
        '"²"',
        "9" * 5_000,
    ),
    *('[{"a": 1}, {"b": 2}]', '{"items": [{"a": 1}, {"b": 2}]}'),
    *('"' + " " * 5_000 + '"', '[[["a"]], {"a": NaN}]', '{"a": {"b": [1]}}', '{"a": 1, "a": 2}'),
    *("[" * n + "]" * n for n in (300, 1_100, 20_000)),
    *('{"a":' * n + "1" + "}" * n for n in (300, 1_100)),
    json.dumps("/".join("a" * 20_000)),
]
LARGE = ['"' + "x" * 10_000_000 + '"', "[" + ",".join(['"tag"'] * 1_000_000) + "]"]


def real_items() -> list[dict[str, Any]]:
    """Every item that the sources' tests know and a platform recognises, and those of
    VT_FUZZ_REAL.
    """
    cases = [c for p in sorted(DATA.glob("*.json")) for c in json.loads(p.read_text())["items"]]
    found = [case["payload"] for case in cases]
    files = expand(["*/*.json*", "*/*.csv", "*/*/*.json"], base=Path(REAL)) if REAL else []
    found += [item for path in files for one in datasets(path) for _, item in items(one)]
    return [item for item in found if isinstance(item, dict) and recognise(item)]


ITEMS = real_items()


def good(number: int) -> dict[str, Any]:
    native = str(7_600_000_000_000_000_000 + number)
    return {
        "id": native,
        "createTime": 1_780_000_000,
        "authorMeta": {"id": "69", "name": "steady", "fans": 10},
        "webVideoUrl": f"https://www.tiktok.com/@steady/video/{native}",
        "playCount": 1_000 + number,
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path in a JSON value, itself first."""
    yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else [])
    )
    for key, one in inner:
        yield from places(one, (*path, key))


def poisoned(item: dict[str, Any], path: tuple[Any, ...], value: str) -> bytes:
    """The JSON text of `item` with `value`, a JSON text, at `path`."""
    return filled(with_a_hole(item, path), value)


def with_a_hole(item: dict[str, Any], path: tuple[Any, ...]) -> str:
    root = {"": deepcopy(item)}
    node: Any = root
    for step in ("", *path)[:-1]:
        node = node[step]
    node[("", *path)[-1]] = HOLE
    return json.dumps(root[""])


def filled(text: str, value: str) -> bytes:
    return text.replace(json.dumps(HOLE), value).encode("utf-8", "surrogatepass")


values = st.one_of(
    st.sampled_from(SMALL),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
)


PATHS = [list(places(item)) for item in ITEMS]


@st.composite
def poisons(draw: st.DrawFn) -> tuple[int, int, str]:
    """(number of the item, number of the place in it, the value's JSON text)"""
    item = draw(st.integers(0, len(ITEMS) - 1))
    return item, draw(st.integers(0, len(PATHS[item]) - 1)), draw(values)


def capture() -> stage.Capture:
    return stage.Capture("c", "p", "file", "x.json", AT, "given", AT, "dataset", platform="tiktok")


SOUND = [json.dumps(good(n)).encode() for n in range(3)]


def test_the_data_hold_something_to_poison() -> None:
    assert len(ITEMS) > 150
    assert len({recognise(item)[0] for item in ITEMS}) == 7


def test_a_line_is_one_item_whatever_stands_at_any_place_of_it() -> None:
    """Each short value at every place of every item: nothing is taken for a list of items, and
    none for none.
    """
    short = [value for value in SMALL if len(value) < 100]
    assert len(short) > 20
    for item, paths in zip(ITEMS[::STEP], PATHS[::STEP], strict=True):
        for path in paths[1:]:
            text = with_a_hole(item, path)
            joined = b"\n".join(filled(text, value) for value in short)
            assert len(list(json_items.line_items(io.BytesIO(joined)))) == len(short), path


def check_one(line: bytes, *, at: int, as_lines: bool, is_inside: bool = True) -> None:
    """A file of three sound items with `line` at `at`: they come as if it were not there."""
    texts = [*SOUND[:at], line, *SOUND[at:]]
    joined = b"\n".join(texts) if as_lines else b"[" + b",\n".join(texts) + b"]"
    reader = json_items.reader(io.BytesIO(joined))
    assert reader, "not taken for JSON"
    read = list(reader(io.BytesIO(joined)))
    assert len(read) == 4 or not is_inside  # a line that is a list holds as many items as it has
    chunk = stage.map_items(enumerate(read, 1), capture())
    views = dict(
        zip(
            *(chunk.frames["post_snapshots"][c].tolist() for c in ("post_id", "views")), strict=True
        )
    )
    assert [views[f"tiktok:{good(n)['id']}"] for n in range(3)] == [1_000, 1_001, 1_002]
    problems = chunk.frames["problems"]
    pairs = zip(problems["item_no"].tolist(), problems["kind"].tolist(), strict=True)
    refused = {number for number, kind in pairs if kind != "bad_value"}
    assert chunk.tally["found"] == len(read) == len(chunk.frames["raw_items"])
    assert chunk.tally["found"] == chunk.tally["mapped"] + chunk.tally["accounts"] + len(refused)
    for text in chunk.frames["raw_items"]["payload"].dropna().tolist():
        orjson.loads(text)  # raises where it is no JSON


@pytest.mark.parametrize("key", ["hashtags", "playCount"])
@pytest.mark.parametrize("value", LARGE, ids=["ten megabytes", "a million tags"])
def test_a_large_value_costs_no_other_item(value: str, key: str) -> None:
    check_one(poisoned(good(9), (key,), value), at=1, as_lines=key == "playCount")


def test_any_value_anywhere_costs_no_other_item(vt, tmp_path) -> None:
    lines: list[bytes] = []

    @settings(max_examples=EXAMPLES)
    @given(poisons(), st.integers(0, 3), st.booleans())
    def holds(poison: tuple[int, int, str], at: int, as_lines: bool) -> None:
        path = PATHS[poison[0]][poison[1]]
        line = poisoned(ITEMS[poison[0]], path, poison[2])
        check_one(line, at=at, as_lines=as_lines, is_inside=path != ())
        if path and len(lines) < MAX_LINES:
            lines.append(line)

    holds()
    assert len(lines) > min(EXAMPLES, MAX_LINES) / 2
    import_at_once(vt, tmp_path, lines)


def import_at_once(vt, folder: Path, lines: list[bytes]) -> None:
    """Everything that was tried, in one file beside a sound one, through the command."""
    vt("project", "create", "P")
    (folder / "many.jsonl").write_bytes(b"\n".join(lines))
    (folder / "sound.json").write_text(json.dumps([good(n) for n in range(50)]))
    at = ("--captured-at", "2026-09-01T00:00:00Z")
    said = vt(
        "import",
        "dataset",
        folder / "many.jsonl",
        folder / "sound.json",
        "--project",
        "p",
        *at,
        "--json",
    )
    assert said.code in CODES
    many, sound = said.data["imports"]
    assert (sound["found"], sound["mapped"], sound["problems"]) == (50, 50, 0)
    assert many["found"] == (folder / "many.jsonl").read_bytes().count(b"\n") + 1
    assert many["found"] == many["mapped"] + many["problems"]
    assert many["mapped"] > many["problems"]
    assert vt("check", "--json").code in {0, 6}


def test_a_bad_count_leaves_its_post() -> None:
    for value in SMALL:
        for key in ("playCount", "authorMeta", "createTime", "musicMeta"):
            line = poisoned({**good(1), "musicMeta": {"musicId": "1"}}, (key,), value)
            chunk = stage.map_items([(1, json_items.decode(line))], capture())
            assert list(chunk.frames["posts"]["native_id"]) == [good(1)["id"]], (key, value[:40])

"""Dataset files of every kind and damage, read as streams."""

import gzip
import io
import json
import random
import time
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from vtlib.capture import json_items
from vtlib.capture.datasets import (
    UnreadableItem,
    capture_time,
    datasets,
    expand,
    items,
    reading_note,
)
from vtlib.core.errors import BadInput
from vtlib.tables.reader import TableOptions

ITEMS = [{"id": "1", "tags": [{"name": "a"}]}, {"id": "2"}]
CSV = "\ufeffid,tags/0/name,count\n1,a,5\n2,,\n"
MODIFIED = datetime(2026, 8, 2, 9, 30, tzinfo=UTC)


def read(path: Path) -> list:
    return [item for one in datasets(path) for _, item in items(one)]


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ITEMS),
        json.dumps(ITEMS, indent=2),
        "\ufeff" + json.dumps(ITEMS),
        "\n".join(map(json.dumps, ITEMS)),
        "\r\n".join(map(json.dumps, ITEMS)) + "\r\n\r\n",
        json.dumps({"data": {"items": ITEMS}}),
        json.dumps({"items": ITEMS}, indent=1),
        json.dumps({"headers": {"agent": "x"}, "collector": ITEMS}),
        gzip.compress(json.dumps(ITEMS).encode(), mtime=0),
    ],
)
def test_json_in_every_wrapping_gives_the_same_items(tmp_path: Path, content: bytes | str) -> None:
    assert read(written(tmp_path, "misnamed.csv", content)) == ITEMS


def test_csv_is_unflattened_and_blanks_are_not_values(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "x.json", CSV))
    assert rows == [{"id": "1", "tags": [{"name": "a"}], "count": "5"}, {"id": "2"}]


def test_zip_members_are_datasets_of_their_own(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as pack:
        pack.writestr("a.json", json.dumps(ITEMS))
        pack.writestr("b.csv", CSV)
        pack.writestr("notes.txt", "no dataset")
    found = datasets(tmp_path / "pack.zip")
    assert [d.member for d in found] == ["a.json", "b.csv"]
    assert len(read(tmp_path / "pack.zip")) == 4


def test_a_damaged_line_does_not_lose_the_others(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "x.jsonl", '{"id": "1"}\n{"id": \n{"id": "3"}'))
    assert [isinstance(r, UnreadableItem) for r in rows] == [False, True, False]


def test_a_damaged_first_line_does_not_decide_what_the_file_is(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "x.jsonl", '{"id": \n{"id": "2"}\n{"id": "3"}'))
    assert isinstance(rows[0], UnreadableItem)
    assert rows[1:] == [{"id": "2"}, {"id": "3"}]


def test_a_truncated_array_keeps_what_came_before(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "x.json", json.dumps(ITEMS)[:-6]))
    assert rows[0] == ITEMS[0]
    assert isinstance(rows[-1], UnreadableItem)


def test_a_ragged_row_is_named(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "x.csv", "id,b\n1,2,3\n4,5\n"))
    assert isinstance(rows[0], UnreadableItem)
    assert rows[1] == {"id": "4", "b": "5"}


@pytest.mark.parametrize(
    "content", [b"", b"  \n", b"<html>", b"\x00\x01", b"PK\x03\x04junk", b"word"]
)
def test_what_is_no_dataset_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput, match=r"x\.json"):
        read(written(tmp_path, "x.json", content))


@pytest.mark.parametrize(
    ("name", "expected", "basis"),
    [
        ("dataset_tweet-scraper_2025-11-23_08-39-01-123.json", "2025-11-23T08:39:01", "file name"),
        ("dataset_x_2025-11-23_08-39.json", "2025-11-23T08:39:00", "file name"),
        ("account_2026-05-21.json", "2026-05-21T23:59:59", "day in the file name"),
        ("export-20260521.csv", "2026-05-21T23:59:59", "day in the file name"),
        ("reels_2026-07.csv", "2026-07-31T23:59:59", "month in the file name"),
        ("reels_2026-12.csv", "2026-12-31T23:59:59", "month in the file name"),
        ("today_2026-08-02.json", "2026-08-02T09:30:00", "day in the file name"),
        ("export.json", "2026-08-02T09:30:00", "file time"),
        ("post_7106594312292453675.json", "2026-08-02T09:30:00", "file time"),
    ],
)
def test_time_of_capture_from_the_name(name: str, expected: str, basis: str) -> None:
    moment, how = capture_time(name, MODIFIED)
    assert (moment.replace(tzinfo=None).isoformat(), how) == (expected, basis)


def test_expand_takes_files_folders_and_globs(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.json", "b.csv", "readme.md"):
        written(tmp_path / "in", name, "[]")
    assert [p.name for p in expand(["in"], base=tmp_path)] == ["a.json", "b.csv"]
    assert [p.name for p in expand(["in/*"], base=tmp_path)] == ["a.json", "b.csv"]
    assert [p.name for p in expand(["in/a.json", "in"], base=tmp_path)] == ["a.json", "b.csv"]
    with pytest.raises(BadInput, match=r"nothing\.json"):
        expand(["nothing.json"], base=tmp_path)


@pytest.mark.parametrize("ending", ["zip", "gz"])
def test_a_file_that_unpacks_without_end_is_refused_at_once(tmp_path, ending):
    """2 MB that would be 2 GB; the clock is that of a refusal and not of reading."""
    path, start = tmp_path / f"bomb.{ending}", time.monotonic()
    block = b"[" + b" " * ((1 << 20) - 1)
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
            for number in range(4):
                pack.writestr(f"{number}.json", block * 64)
    else:
        with gzip.open(path, "wb", compresslevel=6) as stream:
            for _ in range(256):
                stream.write(block)
    made_s, start = time.monotonic() - start, time.monotonic()
    with pytest.raises(BadInput, match=r"unpacks to over 200 times .* VT_UNPACKED_MAX_RATIO"):
        datasets(path)
    assert time.monotonic() - start < max(made_s, 1)


def test_limits_on_unpacking_are_settings(tmp_path, monkeypatch):
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b'[{"id": "1"}]' + b" " * 200_000))
    assert read(path) == [{"id": "1"}]  # a high ratio alone is none while the file is small
    monkeypatch.setenv("VT_UNPACKED_MAX_GB", "0.0001")
    with pytest.raises(BadInput, match=r"over 0\.0001 GB"):
        datasets(path)
    monkeypatch.setenv("VT_UNPACKED_MAX_GB", "none")
    with pytest.raises(BadInput, match="VT_UNPACKED_MAX_GB"):
        datasets(path)


@pytest.mark.parametrize(
    "content",
    [
        "id;tags/0/name;count\n1;a;5\n2;;\n",
        "My export of today\n\nid,tags/0/name,count\n1,a,5\n2,,\n",
        "id\ttags/0/name\tcount\n1\ta\t5\n2\t\t\n".encode("utf-16"),
        "id|tags/0/name|count\n1|a|5\n2||\n",
    ],
)
def test_every_form_of_a_table_gives_the_same_items(tmp_path: Path, content: bytes | str) -> None:
    rows = read(written(tmp_path, "x.csv", content))
    assert rows == [{"id": "1", "tags": [{"name": "a"}], "count": "5"}, {"id": "2"}]


def test_a_workbook_is_a_dataset_and_so_is_one_in_a_zip(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "tags/0/name", "count"], ["1", "a", 5], ["2"]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as pack:
        pack.write(tmp_path / "x.xlsx", "x.xlsx")
    expected = [{"id": "1", "tags": [{"name": "a"}], "count": "5"}, {"id": "2"}]
    assert read(tmp_path / "x.xlsx") == read(tmp_path / "pack.zip") == expected


def test_how_a_table_was_read_is_said_and_can_be_said(tmp_path: Path) -> None:
    (one,) = datasets(written(tmp_path, "x.csv", "id;when\n1;01/10/2026\n"))
    with pytest.raises(BadInput, match="--date-order"):
        list(items(one))
    assert [i for _, i in items(one, TableOptions(date_order="mdy"))] == [
        {"id": "1", "when": "2026-01-10"}
    ]
    note = reading_note(one, TableOptions(date_order="mdy"))
    assert ("separated by semicolons" in note, "month first" in note) == (True, True)
    assert reading_note(datasets(written(tmp_path, "x.json", json.dumps(ITEMS)))[0]) == ""


def test_a_large_table_is_read_a_row_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    row = ",".join(["x" * 200] * 20) + "\n"
    with path.open("w") as file:
        file.write(",".join(f"c{i}" for i in range(20)) + "\n")
        file.writelines(row for _ in range(5_000))  # 20 MB
    (one,) = datasets(path)
    tracemalloc.start()
    n = sum(1 for _ in items(one))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n == 5_000
    assert peak < 5_000_000


CAFE = [{"id": "1", "text": "Café Ürün – schön"}, {"id": "2", "text": "mañana será"}, {"id": "3"}]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("form", ["array", "lines", "object"])
def test_json_of_any_encoding_gives_the_same_texts(tmp_path: Path, codec: str, form: str) -> None:
    """Windows programs save JSON as UTF-16 and cp1252: no letter becomes another, and the
    reading is named.
    """
    texts = {
        "array": json.dumps(CAFE, ensure_ascii=False),
        "lines": "\n".join(json.dumps(item, ensure_ascii=False) for item in CAFE),
        "object": json.dumps({"items": CAFE}, ensure_ascii=False, indent=1),
    }
    path = written(tmp_path, "x.json", texts[form].encode(codec))
    assert read(path) == CAFE
    (one,) = datasets(path)
    assert codec.split("-", maxsplit=1)[0].upper() in reading_note(one).upper()


@pytest.mark.parametrize("cut", [1, 7, 22])
def test_a_truncated_utf16_file_keeps_what_came_before(tmp_path: Path, cut: int) -> None:
    raw = json.dumps(CAFE, ensure_ascii=False).encode("utf-16")
    rows = read(written(tmp_path, "x.json", raw[:-cut]))
    assert rows[:2] == CAFE[:2]
    assert isinstance(rows[-1], UnreadableItem)


WORDS = ["Привет мир, это видео", "Тест", "Чай", "Я", "Ещё одно видео о чае и мёде", "Да", "кот"]
CHINESE = ["今天的视频播放量很高，谢谢大家, 视频播放次数很多", "学", "很好"]


@pytest.mark.parametrize(("codec", "words"), [("cp1251", WORDS), ("gb18030", CHINESE)])
@pytest.mark.parametrize("as_lines", [True, False])
def test_short_lines_are_read_in_the_code_page_of_their_neighbours(
    tmp_path: Path, codec: str, words: list[str], as_lines: bool
) -> None:
    """Two letters alone look like Latin; the bytes of some characters are valid UTF-8 too."""
    sound = [{"id": str(n), "text": word} for n, word in enumerate(words * 3)]
    lines = [json.dumps(one, ensure_ascii=False) for one in sound]
    content = "\n".join(lines) if as_lines else f"[{','.join(lines)}]"
    path = written(tmp_path, "x.json", content.encode(codec))
    assert read(path) == sound
    assert codec in reading_note(datasets(path)[0]).lower()


def test_a_line_of_another_program_stays_what_it_is(tmp_path: Path) -> None:
    latin = [json.dumps({"text": f"Café {n} très bon"}, ensure_ascii=False) for n in range(9)]
    content = "\n".join(latin).encode("cp1252") + '\n{"text": "crème brûlée"}'.encode()
    texts = [item["text"] for item in read(written(tmp_path, "x.jsonl", content))]
    assert texts == [*(f"Café {n} très bon" for n in range(9)), "crème brûlée"]


def any_value(rng: random.Random, depth: int = 0) -> object:
    """A JSON value that holds what a scanner of quotes and brackets can stumble over."""
    if depth == 3 or rng.random() < 0.3:
        return rng.choice([1, 2.5, None, "", 'a},{"id":1', "]", 'é"q\\', "\\", 2**63, 2**70])
    if rng.random() < 0.5:
        return [any_value(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    return {rng.choice(["id", "b"]): any_value(rng, depth + 1) for _ in range(rng.randint(0, 4))}


@pytest.mark.parametrize("seed", range(12))
def test_stretches_and_the_scanner_read_the_same_of_sound_and_damaged_lists(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a damaged place quotes depends on how much was read; that it is one does not."""
    rng = random.Random(seed)
    n_sound = 0
    for _ in range(50):
        items = [{"id": any_value(rng), "x": any_value(rng)} for _ in range(rng.randint(0, 30))]
        text = json.dumps(items, indent=rng.choice([None, 1]), ensure_ascii=rng.random() < 0.5)
        raw = text.encode()
        if rng.random() < 0.3:
            at = rng.randrange(len(raw))
            raw = raw[:at] + rng.choice([b"", b'"', b"}", b",", b"\n"]) + raw[at + 1 :]
        monkeypatch.setattr(json_items, "STRETCH_BYTES", rng.choice([100, 1000, 1 << 22]))
        monkeypatch.setattr(json_items, "BLOCK_BYTES", rng.choice([16, 64, 1 << 20]))
        stretched = list(json_items.array_items(io.BytesIO(raw)))
        with monkeypatch.context() as patch:
            patch.setattr(json_items._Array, "_sound_items", lambda _: iter(()))
            scanned = list(json_items.array_items(io.BytesIO(raw)))
        bare = [
            [one.reason if isinstance(one, UnreadableItem) else one for one in items]
            for items in (stretched, scanned)
        ]
        assert bare[0] == bare[1]
        n_sound += stretched == items
    assert n_sound > 10

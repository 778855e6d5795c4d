"""Importing: items per CPU second beside DuckDB's own reading of the same file, memory, small
files, and captures of posts that a large database knows.

Run `python bench/importing.py [--gb 0.37]`. The items are those of the simulated world under new
ids, with comments as real exports carry them: 3.8 kB each. Every row runs in a process of its own,
whose CPU time is counted from behind its imports and whose peak memory is read from the kernel. The
reference keeps what an import keeps, without checking any of it: raw items, posts, snapshots.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tabulate import tabulate

from simulator.files import write_exports

ITEMS_PER_S, PEAK_MB = 5_000, 600
SMALL_FILES, SMALL_ITEMS, SMALL_S = 20, 30, 0.1
KNOWN_POSTS, KNOWN_ITEMS, AGAIN, KEYS = 500_000, 10_000, 1.25, 1.5
SMALLEST_GB = 0.37  # 100,000 items
OURS = """
import json, resource, sys, time
from pathlib import Path
from vtlib.capture import imports, store
from vtlib.core.settings import load_settings
from vtlib.ops import projects
from vtlib.store import connection
from vtlib.store.project import Workspace
home, files = Path(sys.argv[1]), sys.argv[2:]
(home / "params").mkdir(parents=True, exist_ok=True)
(home / "params" / "big.yaml").write_text("project: big\\n")
project = projects.open_project(Workspace(load_settings(home)), "big")
project.store.query("SELECT 1")
opened, attach = [], connection.attach
connection.attach = lambda *a, **k: (opened.append(1), attach(*a, **k))[1]
began = time.process_time()
reports = imports.import_files(project, files)
cpu_s = time.process_time() - began
assert all(one.status == "ok" for one in reports), reports
began = time.process_time()
store.previous_keys(project.store, reports[-1].actor, before=reports[-1].capture_id)
print(json.dumps({
    "items": sum(one.found for one in reports), "cpu_s": cpu_s, "opened": len(opened),
    "keys_s": time.process_time() - began,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""
REFERENCE = """
import json, resource, sys, time, duckdb
began = time.process_time()
with duckdb.connect(sys.argv[1]) as database:
    database.execute("SET enable_progress_bar = false")
    database.execute("CREATE TABLE raw AS SELECT json AS payload FROM read_json_objects(?)",
                     [sys.argv[2]])
    database.execute('''CREATE TABLE posts AS
        SELECT 'instagram:' || (payload ->> 'shortCode') AS id,
        payload ->> 'url' AS url, payload ->> 'caption' AS caption, payload ->> 'type' AS kind,
        (payload ->> 'timestamp')::TIMESTAMP AS posted_at, payload ->> 'ownerId' AS account_id,
        (payload ->> 'videoDuration')::DOUBLE AS duration_s, payload ->> '$.hashtags[*]' AS hashtags
        FROM raw''')
    database.execute('''CREATE TABLE snapshots AS SELECT 'instagram:' || (payload ->> 'shortCode')
        AS id, (payload ->> 'likesCount')::BIGINT AS likes, (payload ->> 'commentsCount')::BIGINT
        AS comments, (payload ->> 'videoViewCount')::BIGINT AS views,
        (payload ->> 'videoPlayCount')::BIGINT AS plays FROM raw''')
    (items,) = database.execute("SELECT count(*) FROM posts").fetchone()
print(json.dumps({
    "items": items, "cpu_s": time.process_time() - began,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""
LARGE = """
WITH numbers AS (SELECT i, hash(i)::VARCHAR AS id, 'old' || i // 2000 AS capture_id,
    TIMESTAMP '2026-01-01' AS began FROM range({n}) AS r(i))
INSERT INTO {table} BY NAME SELECT {columns} FROM numbers"""
LARGE_COLUMNS = {
    "posts": "'instagram:' || id AS post_id, 'instagram' AS platform, id AS native_id, 'reel' AS "
    "format, 'instagram:' || i % 5000 AS account_id, 'post ' || i AS caption, began AS posted_at, "
    "began AS first_seen_at, began AS last_captured_at",
    "post_snapshots": "'instagram:' || id AS post_id, began AS captured_at, capture_id, "
    "i AS views, 'observed' AS views_state",
    "project_posts": "'big' AS project_id, 'instagram:' || id AS post_id, 'dataset' AS came_from, "
    "capture_id AS first_capture_id, began AS added_at",
    "raw_items": "capture_id, i % 2000 + 1 AS item_no, id AS native_id, began AS captured_at, "
    "json_object('id', id, 'caption', repeat('lorem ipsum ', 40)) AS payload",
    "captures": "DISTINCT capture_id, 'big' AS project_id, 'apify/instagram-scraper' AS actor, "
    "'ok' AS status, 'file' AS provider, began AS started_at, began AS captured_at",
}


def items_of(folder: Path) -> list[dict]:
    """The simulated Instagram posts, whole."""
    for file in sorted(folder.glob("*instagram*.json*")):
        items = json.loads(file.read_text(encoding="utf-8"))
        if posts := [item for item in items if item.get("shortCode")]:
            return posts
    raise SystemExit("the simulated world has no export of Instagram posts")


def lines(items: list[dict]) -> Iterator[str]:
    """Items over and over under new ids, as JSON lines of about 3.8 kB."""
    number = 0
    while True:
        code = f"B{number:010d}"
        link = f"https://www.instagram.com/p/{code}/"
        comments = [_comment(number, place) for place in range(7)]
        own = {"id": str(10**15 + number), "shortCode": code, "url": link}
        yield json.dumps({**items[number % len(items)], **own, "latestComments": comments}) + "\n"
        number += 1


def _comment(number: int, place: int) -> dict:
    picture = f"https://cdn.example.com/v/t51.2885-19/{number * 31 + place}_n.jpg?stp=dst-jpg_s150"
    return {
        "id": str(18 * 10**15 + number * 10 + place),
        "text": f"love this, number {number} of {place} 😍 where did you get it?",
        "ownerUsername": f"user_{(number * 7 + place) % 5000}",
        "ownerProfilePicUrl": picture,
        "timestamp": "2026-05-30T11:22:33.000Z",
        "repliesCount": place,
        "likesCount": number % 50,
        "replies": [],
    }


def write(path: Path, items: list[dict], *, n_bytes: float) -> Path:
    """A file of at least so many bytes."""
    size = 0
    with path.open("w", encoding="utf-8") as out:
        for line in lines(items):
            size += out.write(line)
            if size >= n_bytes:
                return path
    return path


def child(script: str, *words: object) -> dict:
    """What a script says of itself in a process of its own."""
    command = [sys.executable, "-c", script, *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return json.loads(done.stdout)


def bulk(home: Path, items: list[dict], size_gb: float) -> list[tuple]:
    """Rows on the speed and memory of one large file."""
    file = write(home / "bulk_2026-05-01.jsonl", items, n_bytes=size_gb * 1e9)
    ours, sql = child(OURS, home / "bulk", file), child(REFERENCE, home / "sql.duckdb", file)
    rate, sql_rate = (one["items"] / one["cpu_s"] for one in (ours, sql))
    mb = file.stat().st_size / 1e6
    file.unlink()
    name, peak_mb = f"{ours['items']:,} items ({mb:,.0f} MB)", ours["peak_mb"]
    by_sql = f"{sql_rate:,.0f} by DuckDB's SQL ({sql_rate / rate:.1f} x)"
    mb_by_sql = f"{sql['peak_mb']:,.0f} by DuckDB's SQL"
    is_fast, is_small = rate >= ITEMS_PER_S, peak_mb < PEAK_MB
    return [
        (f"{name}: items/CPU s", rate, by_sql, f"at least {ITEMS_PER_S:,}", is_fast),
        (f"{name}: peak memory, MB", peak_mb, mb_by_sql, f"under {PEAK_MB}", is_small),
    ]


def small(home: Path, items: list[dict]) -> list[tuple]:
    """Rows on many small files."""
    stream, files = lines(items), []
    for number in range(SMALL_FILES):
        files.append(home / f"small{number}_2026-05-01.jsonl")
        files[-1].write_text("".join(islice(stream, SMALL_ITEMS)), encoding="utf-8")
    ours = child(OURS, home / "small", *files)
    each_s, opened = ours["cpu_s"] / SMALL_FILES, ours["opened"] / SMALL_FILES
    name = f"{SMALL_FILES} files of {SMALL_ITEMS} items"
    return [
        (f"{name}: CPU s a file", each_s, "", f"under {SMALL_S:g}", each_s < SMALL_S),
        (f"{name}: openings a file", opened, "", "at most 1", 0 < opened <= 1),
    ]


def known(home: Path, items: list[dict]) -> list[tuple]:
    """Rows on posts that are captured again in a large database."""
    import duckdb  # noqa: PLC0415 - the other rows measure processes without it

    text = "".join(islice(lines(items), KNOWN_ITEMS))
    files = [home / f"known_2026-05-{day:02}.jsonl" for day in (1, 8, 15)]
    for place, file in enumerate(files):
        file.write_text(text + "\n" * place, encoding="utf-8")
    child(OURS, home / "known", *_tiny(home, items))
    with duckdb.connect(str(home / "known" / "outputs" / "viraltracker.duckdb")) as database:
        for table, columns in LARGE_COLUMNS.items():
            database.execute(LARGE.format(n=KNOWN_POSTS, table=table, columns=columns))
    large, alone = (
        [child(OURS, home / place, file) for file in files] for place in ("known", "alone")
    )
    (again_s, keys_s), (alone_s, alone_keys_s) = (
        [min(one[name] for one in runs[1:]) for name in ("cpu_s", "keys_s")]
        for runs in (large, alone)
    )
    name = f"again, among {KNOWN_POSTS:,} posts"
    rows = [
        ("fresh there", again_s, large[0]["cpu_s"], AGAIN),
        ("again among none", again_s, alone_s, AGAIN),
        ("known fields among none", keys_s, alone_keys_s, KEYS),
    ]
    table = []
    for other, ours, theirs, most in rows:
        is_flat = ours <= most * theirs
        reference = f"{theirs:.2f} CPU s"
        table.append((f"{name} / {other}", ours / theirs, reference, f"at most {most:g}", is_flat))
    return table


def _tiny(home: Path, items: list[dict]) -> list[Path]:
    file = home / "tiny_2026-04-01.jsonl"
    file.write_text("".join(islice(lines(items), 3)), encoding="utf-8")
    return [file]


def main() -> int:
    """Print the table; 1 where a wanted figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=SMALLEST_GB, help="size of the large file")
    size_gb = parser.parse_args().gb
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as name:
        home = Path(name)
        write_exports(home / "exports", seed=7, captures=(0.0,))
        items = items_of(home / "exports")
        rows = [*bulk(home, items, size_gb), *small(home, items), *known(home, items)]
    shown = [(*row[:-1], "" if row[-1] else "missed") for row in rows]
    headers = ("import", "ours", "reference", "wanted", "")
    print(tabulate(shown, headers=headers, floatfmt=",.2f"))
    return int(not all(row[-1] for row in rows))


if __name__ == "__main__":
    sys.exit(main())

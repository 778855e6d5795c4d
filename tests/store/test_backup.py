"""Backups: the same rows come back, whoever writes meanwhile; what is damaged or in the way is
refused.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import duckdb
import pytest

from tests.store.frames import PROJECT, account, at, begun, capture, dump, place_of
from vtlib.capture import store as captures
from vtlib.core.errors import BadInput
from vtlib.store import backup, people
from vtlib.store.connection import Store
from vtlib.store.writes import columns

pytestmark = pytest.mark.usefixtures("unshared")

OWNER = "tiktok:7"
# What Parquet keeps exactly; another type in a migration must be looked at here first.
KEPT = {"VARCHAR", "JSON", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "TIMESTAMP", "DATE"}


def fill(store: Store) -> Store:
    people.ensure_project(store, PROJECT, now=at(0))
    posts = [("1", OWNER, 10), ("2", OWNER, 20), ("3", OWNER, 7)]
    captures.begin(store, begun("c", 1))
    captures.ingest(store, capture("c", 1, [account(1, "7", "Ann é漢🎬")], posts))
    captures.finish(store, "c")
    return store


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a brackets-and-blanks name, rows of most kinds, parameters and a film."""
    home = tmp_path_factory.mktemp("saved") / "my [work]space"
    fill(Store(home / backup.DATABASE, wait_s=30))
    for name, content in {
        "params/p.yaml": b"project: p",
        "outputs/media/ab/f.mp4": b"\0" * 9,
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    return home


def store_of(home: Path) -> Store:
    return Store(home / backup.DATABASE, wait_s=30)


def files_of(home: Path) -> list[Path]:
    return [home / "params/p.yaml", home / "outputs/media/ab/f.mp4"]


@pytest.mark.parametrize("name", ["there", "there.zip"])
def test_what_is_restored_equals_what_was_saved(home: Path, tmp_path: Path, name: str) -> None:
    made = backup.save(store_of(home), tmp_path / name, root=home, files=files_of(home))
    back = backup.restore(tmp_path / name, tmp_path / "new")
    assert back.rows == made.rows
    assert made.rows["posts"] == 3
    assert made.rows["raw_items"] == 3
    assert dump(store_of(tmp_path / "new")) == dump(store_of(home))
    for path in files_of(home):
        assert (tmp_path / "new" / path.relative_to(home)).read_bytes() == path.read_bytes()
    left = {p.name for p in tmp_path.iterdir()} | {p.name for p in (tmp_path / "new").iterdir()}
    assert left == {name, "new", "outputs", "params"}


def test_a_backup_of_either_store_becomes_a_workspace(new_store, tmp_path: Path) -> None:
    store = fill(new_store())
    made = backup.save(store, tmp_path / "there", root=tmp_path)
    assert backup.restore(tmp_path / "there", tmp_path / "new").rows == made.rows
    assert dump(store_of(tmp_path / "new")) == dump(store)
    assert made.rows["raw_items"] == 3


def test_every_type_of_the_schema_survives_parquet(home: Path) -> None:
    with store_of(home).read() as connection:
        rows = connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
        tables = set(backup.table_names(connection))
    odd = [r for r in rows if r[0] in tables and r[2].removesuffix("[]") not in KEPT]
    assert not odd


WRITER = """
import sys, time
from vtlib.store.project import store_at
store = store_at(sys.argv[1], wait_s=30)
for number in range(10_000):
    with store.write() as connection:  # two tables, always together
        connection.execute("INSERT INTO brands (brand_id) VALUES (?)", [str(number)])
        connection.execute("INSERT INTO products (product_id) VALUES (?)", [str(number)])
    print("there", flush=True)
"""


def test_while_another_process_writes_the_tables_still_belong_together(
    new_store, tmp_path: Path
) -> None:
    store = fill(new_store())
    words = [sys.executable, "-c", WRITER, place_of(store)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline()
        time.sleep(0.2)
        made = [backup.save(store, tmp_path / f"b{i}", root=tmp_path) for i in range(3)]
        assert writer.poll() is None, "the writer was not disturbed"
        writer.kill()
    counts = [(m.rows["brands"], m.rows["products"]) for m in made]
    assert all(brands == products for brands, products in counts)
    assert counts[0][0] < counts[-1][0], "it wrote between the backups"
    restored = backup.restore(tmp_path / "b2", tmp_path / "new")
    assert restored.rows["brands"] == counts[-1][0]


def flip(path: Path, at: int | None = None) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if at is None else at] ^= 1
    path.write_bytes(content)


def middle_of_largest(path: Path) -> int:
    """A byte of content: between two members lie times and sizes that are written twice."""
    with zipfile.ZipFile(path) as pack:
        one = max(pack.infolist(), key=lambda info: info.compress_size)
    return one.header_offset + 30 + len(one.filename) + one.compress_size // 2


DAMAGE = {
    "a flipped bit in a table": lambda b: flip(b / "tables/posts.parquet"),
    "a flipped bit in the manifest": lambda b: flip(b / "manifest.json"),
    "a table cut short": lambda b: (b / "tables/posts.parquet").write_bytes(b"PAR1"),
    "a film gone": lambda b: (b / "files/outputs/media/ab/f.mp4").unlink(),
    "no manifest": lambda b: (b / "manifest.json").unlink(),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    home: Path, tmp_path: Path, how: str
) -> None:
    backup.save(store_of(home), tmp_path / "there", root=home, files=files_of(home))
    DAMAGE[how](tmp_path / "there")
    with pytest.raises(BadInput, match="damaged"):
        backup.restore(tmp_path / "there", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_damaged_zip_is_refused(home: Path, tmp_path: Path) -> None:
    backup.save(store_of(home), tmp_path / "b.zip", root=home)
    flip(tmp_path / "b.zip", at=middle_of_largest(tmp_path / "b.zip"))
    with pytest.raises(BadInput, match="damaged"):
        backup.restore(tmp_path / "b.zip", tmp_path / "new")


def test_nothing_is_overwritten(home: Path, tmp_path: Path) -> None:
    backup.save(store_of(home), tmp_path / "there", root=home)
    with pytest.raises(BadInput, match="there already"):
        backup.save(store_of(home), tmp_path / "there", root=home)
    with pytest.raises(BadInput, match="not empty"):
        backup.restore(tmp_path / "there", home)


def reseal(folder: Path, change) -> None:
    """As somebody would who makes up a manifest with a checksum that fits."""
    facts = json.loads((folder / "manifest.json").read_text())
    change(facts)
    text = json.dumps(facts).encode()
    (folder / "manifest.json").write_bytes(text)
    digest = hashlib.sha256(text).hexdigest()
    (folder / "manifest.json.sha256").write_text(f"{digest}  manifest.json\n")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "C:\\evil"])
def test_a_path_that_leads_outside_is_refused(home: Path, tmp_path: Path, name: str) -> None:
    backup.save(store_of(home), tmp_path / "there", root=home, files=files_of(home))

    def change(facts: dict) -> None:
        facts["files"][name] = facts["files"].pop("params/p.yaml")

    reseal(tmp_path / "there", change)
    with pytest.raises(BadInput, match="outside"):
        backup.restore(tmp_path / "there", tmp_path / "new")


def test_a_backup_of_newer_code_is_refused(home: Path, tmp_path: Path) -> None:
    backup.save(store_of(home), tmp_path / "there", root=home)
    reseal(tmp_path / "there", lambda facts: facts["schema"].update({"9999": "x"}))
    with pytest.raises(BadInput, match="newer version"):
        backup.restore(tmp_path / "there", tmp_path / "new")


def test_a_backup_of_the_first_schema_is_brought_to_todays(home: Path, tmp_path: Path) -> None:
    """Tables that came or got columns later are left out of it: an old backup has none of them
    as they are now.
    """
    backup.save(store_of(home), tmp_path / "there", root=home)
    with duckdb.connect() as connection:
        backup.migrate(connection, versions=[1])
        then = {t: columns(connection, t) for t in backup.table_names(connection)}
        backup.migrate(connection)
        first = {t for t, held in then.items() if columns(connection, t) == held}

    def change(facts: dict) -> None:
        facts["schema"] = {"1": facts["schema"]["1"]}
        facts["tables"] = {k: v for k, v in facts["tables"].items() if k in first}

    reseal(tmp_path / "there", change)
    backup.restore(tmp_path / "there", tmp_path / "new")
    restored, expected = dump(store_of(tmp_path / "new")), dump(store_of(home))
    same = [t for t in expected if t in first]
    assert {"account_snapshots", "raw_items"} <= set(same)
    assert {t: restored[t] for t in same} == {t: expected[t] for t in same}
    assert any(expected[t] for t in same)


def test_what_a_killed_backup_left_goes_with_the_next(home: Path, tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    left = tmp_path / f".there.{int(dead.stdout)}.part"
    (left / "tables").mkdir(parents=True)
    backup.save(store_of(home), tmp_path / "there", root=home)
    assert not left.exists()


def test_a_killed_restore_can_be_run_again(home: Path, tmp_path: Path) -> None:
    backup.save(store_of(home), tmp_path / "there", root=home)
    shutil.copytree(home / "outputs", tmp_path / "new/.restoring/outputs")
    backup.restore(tmp_path / "there", tmp_path / "new")
    assert dump(store_of(tmp_path / "new")) == dump(store_of(home))


def test_a_file_that_vanishes_is_named(home: Path, tmp_path: Path) -> None:
    gone = home / "outputs/media/gone.mp4"
    made = backup.save(store_of(home), tmp_path / "there", root=home, files=[gone])
    assert made.vanished == ("outputs/media/gone.mp4",)
    assert made.files == 0


def test_a_backup_that_unpacks_without_end_is_refused(home: Path, tmp_path: Path) -> None:
    backup.save(store_of(home), tmp_path / "b.zip", root=home)
    with zipfile.ZipFile(tmp_path / "b.zip", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more", bytes(300_000_000))
    with pytest.raises(BadInput, match="unpacks to over"):
        backup.restore(tmp_path / "b.zip", tmp_path / "new")
    assert not (tmp_path / "new").exists()

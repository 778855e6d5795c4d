"""What people write into a review and save as a spreadsheet does, stands in the database as they
wrote it.
"""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.test_workflow import URL
from vtlib.core.settings import load_settings
from vtlib.store.project import Workspace

POST = "tiktok:7106594312292453675"
REAL = Path(__file__).parent / "data" / "rev_cp1252.csv"
# Words as people write them: signs of a formula, an apostrophe that is theirs, umlauts, a dash,
# line ends.
NOTES = [
    *("=SUM(A1) is no hook", "+1 from me; and -1", "@ann: schön – Füße", "'tis the season"),
    *("two\nlines, and; a\ttab", "''quoted''", "-"),
]
SAVED = [("utf-8-sig", ","), ("cp1252", ";"), ("utf-16", "\t")]


def stored() -> list[tuple]:
    found = Workspace(load_settings()).store.query(
        "SELECT post_id, decision, notes, hook_ideas FROM reviews ORDER BY post_id"
    )
    return list(found.itertuples(index=False, name=None))


def sheet(rows: list[dict[str, str]], *, encoding: str, separator: str) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


@pytest.fixture
def spring(vt):
    vt("project", "create", "Spring")
    vt("import", "url", "--project", "spring", "--url", URL)
    return vt


@pytest.mark.parametrize(("encoding", "separator"), SAVED)
def test_a_note_is_stored_as_written_and_survives_the_way_out_and_in(
    spring, tmp_path: Path, encoding: str, separator: str
) -> None:
    path = tmp_path / "review.csv"
    for note in NOTES:
        row = {"post_id": POST, "decision": "keep", "notes": note, "hook_ideas": note}
        path.write_bytes(sheet([row], encoding=encoding, separator=separator))
        said = spring("review", "import", path, "--project", "spring", "--json")
        assert said.code == 0, said.out
        assert stored() == [(POST, "keep", note, note)]
        # Exported, saved by the spreadsheet and read again: nothing is guarded twice or left
        # guarded.
        spring("review", "export", path, "--project", "spring")
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
        assert len(rows) == 1
        path.write_bytes(sheet(rows, encoding=encoding, separator=separator))
        assert spring("review", "import", path, "--project", "spring").code == 0
        assert stored() == [(POST, "keep", note, note)]


def test_a_review_that_excel_saved_in_windows_1252_keeps_its_umlauts(spring, tmp_path) -> None:
    rows = list(csv.DictReader(io.StringIO(REAL.read_text(encoding="cp1252"))))
    ids = [row["post_id"].removeprefix("youtube:") for row in rows]
    assert len(ids) > 2
    item = {"viewCount": 5, "date": "2026-08-14T09:00:00Z", "channelUrl": "https://youtube.com/@a"}
    posts = [{**item, "id": i, "url": f"https://www.youtube.com/watch?v={i}"} for i in ids]
    (tmp_path / "posts.json").write_text(json.dumps(posts))
    spring("import", "dataset", tmp_path / "posts.json", "--project", "spring")
    said = spring("review", "import", REAL, "--project", "spring", "--json")
    assert (said.code, said.data["decisions"]) == (0, len(rows))
    assert [note for _, _, note, _ in stored()] == [row["notes"] for row in rows]
    assert "schön – Füße" in rows[0]["notes"]

"""A workspace that was restored or copied runs on: what is gone and known is said, and stops
nothing.
"""

import json
import shutil
from pathlib import Path

import pytest

from simulator.files import write_exports

PARAMS = "importing: {datasets: [exports/tiktok*, exports/dataset_tiktok*]}"


@pytest.fixture
def exported(vt, home: Path) -> Path:
    """A workspace whose project has imported a file, and that file."""
    write_exports(home / "world", seed=3, captures=(0.0,))
    (source,) = list(home.glob("world/**/*tiktok*"))[:1]
    (home / "exports").mkdir()
    path = Path(shutil.copy(source, home / "exports"))
    vt("project", "create", "Spring")
    params = home / "params" / "spring.yaml"
    params.write_text(
        params.read_text().replace("datasets: []", f"datasets: [exports/{path.name}]")
    )
    return path


@pytest.mark.timeout(900)  # seven notebooks
def test_backup_then_restore_then_run(vt, exported: Path, home: Path, tmp_path: Path, monkeypatch):
    assert vt("import", "dataset", exported, "--project", "spring").code == 0
    assert vt("backup", tmp_path / "b.zip").code == 0
    assert vt("restore", tmp_path / "b.zip", tmp_path / "again").code == 0
    monkeypatch.setenv("VT_HOME", str(tmp_path / "again"))
    done = vt("run", "spring", "--json")
    assert done.code == 0, done.out + done.err
    first, *_ = done.data["stages"]
    assert (first["stage"], first["status"]) == ("import", "ok")
    assert any(f"exports/{exported.name}: no such file here" in s for s in first["headline"])
    beside = sum(s["seconds"] for s in done.data["stages"]) + done.data["seconds_beside_stages"]
    assert beside == pytest.approx(done.data["seconds"], abs=0.2)
    assert "the whole run" in vt("runs", done.data["run_id"]).out


def test_a_file_nobody_ever_saw_is_a_mistake(vt, exported: Path, home: Path) -> None:
    exported.unlink()
    done = vt("run", "spring", "--only", "import", "--json")
    assert done.code == 2
    assert "no such file" in json.dumps(done.data)

"""A client's run of posts whose every text names their author in five spellings: nothing of it
is in the folder.
"""

import json
from pathlib import Path

import pytest

from vtlib.cli import main
from vtlib.run.copies import check_copy
from vtlib.store.project import Project

CASE = Path(__file__).parent / "data" / "client_leak.json"
YAML = """project: leak
accounts:
  - {platform: instagram, handle: janedoe_cooks, role: competitor}
importing: {datasets: [posts.json]}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("leak")
    (folder / "params").mkdir()
    (folder / "params" / "leak.yaml").write_text(YAML)
    (folder / "posts.json").write_text(CASE.read_text())
    return folder


def run(home: Path, monkeypatch, capsys, *words: str) -> tuple[int, dict]:
    monkeypatch.setenv("VT_HOME", str(home))
    with pytest.raises(SystemExit) as left:
        main([*words, "--json"])
    return int(left.value.code or 0), json.loads(capsys.readouterr().out)


def test_a_clients_folder_leads_to_nobody_and_a_named_one_to_all(home, monkeypatch, capsys) -> None:
    code, told = run(
        home, monkeypatch, capsys, "run", "leak", "--only", "import", "--profile", "client"
    )
    assert (code, told["creators"], told["leaks"]) == (0, "pseudonyms", [])
    folder = Path(told["index"]).parent
    record = json.loads((folder / "run.json").read_text())
    assert record["creators"] == "pseudonyms"
    assert "params" not in record
    assert "posts.json" not in (folder / "01_import.ipynb").read_text()
    assert "report.creators" in (folder / "index.html").read_text()
    for path in (p for p in folder.rglob("*") if p.is_file()):  # found without the scanner
        text = path.read_text().casefold()
        assert not [w for w in ("jane", "doecooks", "dnzcnp", "dqw4w9", "linktr") if w in text]
    # the scanner finds what is put there: its silence means something
    page = folder / "index.html"
    page.write_text(page.read_text() + "<!-- Jane&#45;Doe Cooks -->")
    code, told = run(home, monkeypatch, capsys, "report", "leak", "--check-client")
    assert code == 6
    assert {hit["file"] for hit in told["leaks"]} == {"index.html"}
    needles = Project.open("leak", home=str(home)).needles
    assert len(needles) > 50
    code, told = run(
        home,
        monkeypatch,
        capsys,
        "run",
        "leak",
        "--only",
        "outliers",
        "--profile",
        "client",
        "-p",
        "report.creators=named",
    )
    assert (code, told["creators"]) == (0, "named")
    assert "leaks" not in told
    named = check_copy(Project.open("leak", home=str(home)), Path(told["index"]).parent)
    assert {"handle", "url", "text"} <= {hit.kind for hit in named}

"""What a stage reads: no query of its cells names a table that its digest leaves out, and each
change of a table, a file, a parameter or the code that it does read gives another digest.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests import test_stage_equality
from tests.forked import processes, write_once
from tests.run.cells import FOLDER, run_cells
from vtlib.core.models import STAGES
from vtlib.core.params import Params
from vtlib.run import inputs
from vtlib.run.inputs import DAILY, UNREAD, UNREAD_SECTIONS, WRITTEN_AT, WRITTEN_BY, StageInputs
from vtlib.run.plan import REPORT, RunPlan, file_stem
from vtlib.store import locks, transfer, visits
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.project import Project, Workspace, store_at

live, made = test_stage_equality.live, test_stage_equality.made
PARTS = (*STAGES, REPORT)
SECTIONS = set(Params.model_fields)
INSERT = "INSERT INTO {table} ({names}) VALUES ({values})"


class Traced:
    """A connection that notes what it is asked."""

    def __init__(self, connection: Connection, texts: set[str]) -> None:
        self._connection, self._texts = connection, texts

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._connection, name)
        if name not in ("execute", "executemany", "sql", "query"):
            return method

        def call(sql: str, *values: Any, **named: Any) -> Any:
            self._texts.add(sql)
            answer = method(sql, *values, **named)
            return self if answer is self._connection else answer

        return call


@pytest.fixture(scope="module")
def home(made: Path, live: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose seven notebooks have run, so that there is nothing left to ask."""
    home = tmp_path_factory.mktemp("settled") / "home"
    shutil.copytree(made, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VT_GEMINI_URL", live.url)
        patch.setenv("GEMINI_API_KEY", live.token)
        for stage in STAGES:
            run_cells(f"{file_stem(stage)}.ipynb", project="p", home=str(home))
    locks.close_idle()
    return home


@pytest.fixture(scope="module")
def trace(home: Path, live: Any) -> dict[str, tuple[set[str], set[str]]]:
    """(SQL, sections of the parameters) that each stage reads when it runs once more."""
    texts: dict[str, set[str]] = {stage: set() for stage in STAGES}
    sections: dict[str, set[str]] = {stage: set() for stage in STAGES}
    at = STAGES[0]
    connect, read = Store._connection, Params.__getattribute__

    @contextmanager
    def traced(self: Store, end: float, *, read_only: bool) -> Iterator[Any]:
        with connect(self, end, read_only=read_only) as connection:
            yield Traced(connection, texts[at])

    def noted(self: Params, name: str) -> Any:
        if name in SECTIONS:
            sections[at].add(name)
        return read(self, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VT_GEMINI_URL", live.url)
        patch.setenv("GEMINI_API_KEY", live.token)
        patch.setattr(Store, "_connection", traced)
        patch.setattr(Params, "__getattribute__", noted)
        for at in STAGES:
            run_cells(f"{file_stem(at)}.ipynb", project="p", home=str(home))
    locks.close_idle()
    return {stage: (texts[stage], sections[stage]) for stage in STAGES}


@pytest.fixture
def own(home: Path, tmp_path: Path) -> Project:
    """The project in a copy that a test may change."""
    shutil.copytree(home, tmp_path / "own")
    (tmp_path / "own" / ".env").write_text("")
    shutil.copytree(FOLDER, tmp_path / "own" / "notebooks")
    return Project.open("p", home=str(tmp_path / "own"))


def digests(project: Project, **plan: Any) -> dict[str, str]:
    at = project.workspace
    params = project.params.model_dump(mode="json")
    run = RunPlan(project.slug, at.root / "notebooks", at.root, at.outputs, params, **plan)
    read = StageInputs(project, run)
    return {part: read.digest(part) for part in PARTS}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {part for part in PARTS if before[part] != after[part]}


def tables_in(texts: set[str], store: Store) -> set[str]:
    """Names of tables among the words of some SQL, and of those behind the views it names."""
    with store.read() as connection:
        tables = {
            r[0] for r in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        }
        views = dict(
            connection.execute(
                "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal"
            ).fetchall()
        )
    queries = [re.sub(r"--.*", "", text).lower() for text in texts]
    names, left = set(), {w for text in queries for w in re.findall(r"[a-z_]+", text)}
    while left:
        names |= left
        left = {
            w for v in left & set(views) for w in re.findall(r"[a-z_]+", views[v].lower())
        } - names
    return names & tables


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_no_table_that_its_digest_leaves_out(
    stage: str, trace: Any, home: Path
) -> None:
    store, texts = Project.open("p", home=str(home)).store, trace[stage][0]
    assert "posts" in tables_in(texts, store)
    assert {
        text: hits for text in texts if (hits := tables_in({text}, store) & UNREAD[stage])
    } == {}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reads_no_section_that_its_digest_leaves_out(stage: str, trace: Any) -> None:
    read = trace[stage][1]
    assert "report" in read
    assert not read & UNREAD_SECTIONS[stage]


def columns_of(connection: Connection, table: str) -> list[tuple[str, str]]:
    return connection.execute(f"SELECT name, type FROM pragma_table_info('{table}')").fetchall()


def other(kind: str, column: str) -> str:
    """SQL for another value of a column."""
    if kind.endswith("[]"):
        return f"list_append({column}, NULL)"
    if kind == "BOOLEAN":
        return f"NOT coalesce({column}, false)"
    if kind == "TIMESTAMP":
        return f"coalesce({column}, TIMESTAMP '2026-01-01') + INTERVAL 1 SECOND"
    if kind == "DATE":
        return f"coalesce({column}, DATE '2026-01-01') + 1"
    if kind == "JSON":
        return f"""CASE WHEN {column} = '"x"' THEN '"y"' ELSE '"x"' END"""
    return f"coalesce({column}, '') || 'x'" if kind == "VARCHAR" else f"coalesce({column}, 0) + 1"


def sample(kind: str) -> str:
    """SQL for a value of a type."""
    if kind.endswith("[]"):
        return "[]"
    samples = {"BOOLEAN": "true", "VARCHAR": "'a'", "JSON": "'{}'", "DATE": "DATE '2026-01-01'"}
    return samples.get(kind, "TIMESTAMP '2026-01-01'" if kind == "TIMESTAMP" else "1")


def all_tables() -> list[str]:
    """Every table that the migrations make."""
    folder = Path(inputs.vtlib.__file__).parent / "store" / "migrations"
    text = "\n".join(p.read_text() for p in sorted(folder.glob("*.sql")))
    dropped = set(re.findall(r"DROP TABLE (?:IF EXISTS )?(\w+)", text))
    renamed = dict(re.findall(r"ALTER TABLE (\w+) RENAME TO (\w+)", text))
    names = re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", text)
    return sorted({renamed.get(n, n) for n in names} - dropped)


@pytest.mark.parametrize("table", all_tables())
def test_each_cell_of_a_table_counts_for_the_stages_that_read_it(table: str, own: Project) -> None:
    """A row more, a cell other, a row less: in each column."""
    readers = {part for part in PARTS if table not in UNREAD[part]}
    with own.store.write() as connection:
        kinds = columns_of(connection, table)
        names, values = (
            ", ".join(f'"{n}"' for n, _ in kinds),
            ", ".join("'p'" if n == "project_id" else sample(k) for n, k in kinds),
        )
        stamps = stamps_in(own, connection)
        states = [digests_of(stamps)]
        mine = {table: [name for name, _ in kinds]}

        def note() -> None:
            states.append(digests_of(stamps | stamps_in(own, connection, mine)))

        connection.execute(INSERT.format(table=table, names=names, values=values))
        note()
        for name, kind in kinds:
            is_time = WRITTEN_AT.get(table) == name
            if is_time or (table in WRITTEN_BY and name == "run_id"):
                continue
            row = f"rowid = (SELECT max(rowid) FROM {table})"
            value = other(kind, f'"{name}"')
            connection.execute(f'UPDATE {table} SET "{name}" = {value} WHERE {row}')
            note()
            if name == "project_id":
                connection.execute(f"UPDATE {table} SET project_id = 'p' WHERE {row}")
                note()
        connection.execute(f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})")
        note()
        assert stamps_in(own, connection) == stamps  # the other tables are as they were
    assert len(states) >= 3
    for one, next_one in pairwise(states):
        assert changed(one, next_one) == readers


# A row of each kind that another project brings: captures, videos, answers, judgements, scripts.
FOREIGN = """
INSERT INTO projects (project_id) VALUES ('q');
INSERT INTO accounts (account_id, platform, handle) VALUES ('tiktok:q', 'tiktok', 'theirs');
INSERT INTO captures (capture_id, project_id) VALUES ('qc', 'q');
INSERT INTO raw_items (capture_id, item_no, platform, native_id) VALUES ('qc', 1, 'tiktok', 'q1');
INSERT INTO posts (post_id, account_id, platform, format, native_id, posted_at, last_captured_at)
    SELECT 'tiktok:q' || i, 'tiktok:q', 'tiktok', 'video', 'q' || i, TIMESTAMP '2026-01-01'
    + to_days(i::INTEGER), TIMESTAMP '2026-03-01' FROM range(1, 41) AS r(i);
INSERT INTO post_snapshots (post_id, capture_id, captured_at, views, likes, comments)
    SELECT post_id, 'qc', TIMESTAMP '2026-03-01', 5000000, 9000, 80 FROM posts
    WHERE account_id = 'tiktok:q';
INSERT INTO account_snapshots (account_id, capture_id, captured_at, followers)
    VALUES ('tiktok:q', 'qc', TIMESTAMP '2026-03-01', 7);
INSERT INTO project_posts (project_id, post_id) SELECT 'q', post_id FROM posts
    WHERE account_id = 'tiktok:q';
INSERT INTO project_accounts (project_id, account_id, role) VALUES ('q', 'tiktok:q', 'own');
INSERT INTO outlier_runs (outlier_run_id, project_id, created_at)
    VALUES ('qr', 'q', TIMESTAMP '2027-01-01');
INSERT INTO outlier_scores (outlier_run_id, post_id, tier) VALUES ('qr', 'tiktok:q1', 'extreme');
INSERT INTO early_calls (outlier_run_id, post_id) VALUES ('qr', 'tiktok:q1');
INSERT INTO selections (project_id, post_id, role) VALUES ('q', 'tiktok:q1', 'breakout');
INSERT INTO reviews (project_id, post_id, decision) VALUES ('q', 'tiktok:q1', 'keep');
INSERT INTO media (post_id, status, sha256, path) VALUES ('tiktok:q1', 'ok', 'qq', 'media/q.mp4');
INSERT INTO measures (post_id, status, sha256, duration_s, compared_at)
    VALUES ('tiktok:q1', 'ok', 'qq', 9, TIMESTAMP '2026-03-02');
INSERT INTO twins (post_id, twin_post_id) VALUES ('tiktok:q1', 'tiktok:q2');
INSERT INTO analyses (analysis_id, project_id, post_id, task, status, answered_at)
    VALUES ('qa', 'q', 'tiktok:q1', 'analysis', 'ok', TIMESTAMP '2027-01-01');
INSERT INTO analysis_checks (analysis_id) VALUES ('qa');
INSERT INTO model_calls (call_id, project_id, analysis_id, status) VALUES ('qm', 'q', 'qa', 'ok');
INSERT INTO spend (spend_id, project_id, usd) VALUES ('qs', 'q', 4);
INSERT INTO problems (problem_id, project_id, stage) VALUES ('qp', 'q', 'media');
INSERT INTO fits (analysis_id, post_id, product_id, score) VALUES ('qa', 'tiktok:q1', 'x', 5);
INSERT INTO pattern_runs (pattern_run_id, project_id, created_at)
    VALUES ('qt', 'q', TIMESTAMP '2027-01-01');
INSERT INTO patterns (pattern_run_id, pattern_id) VALUES ('qt', 'qn');
INSERT INTO scripts (script_id, project_id, title, status, current_version)
    VALUES ('qz', 'q', 'Theirs', 'published', 1);
INSERT INTO script_versions (script_id, version, status) VALUES ('qz', 1, 'published');
INSERT INTO publications (script_id, version, post_id) VALUES ('qz', 1, 'tiktok:q1');
INSERT INTO predictions (prediction_id, project_id, script_id) VALUES ('qd', 'q', 'qz');
INSERT INTO alerts (event_id, project_id, kind) VALUES ('qe', 'q', 'breakout')
"""


def foreign_rows(project: Project) -> None:
    with project.store.write() as connection:
        for sql in FOREIGN.strip().split(";"):
            connection.execute(sql)


def test_what_belongs_to_another_project_is_no_input(own: Project) -> None:
    before = digests(own)
    foreign_rows(own)
    assert changed(before, digests(own)) == set()
    mine = "INSERT INTO project_posts (project_id, post_id) VALUES ('p', 'tiktok:q1')"
    assert written_again(own, mine) == set(PARTS)  # from now on it is p's, too


def test_beside_another_project_each_stage_writes_the_same(
    own: Project, live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All seven run beside the rows of another: of what they write, nothing differs."""
    monkeypatch.setenv("VT_GEMINI_URL", live.url)
    monkeypatch.setenv("GEMINI_API_KEY", live.token)
    before = digests(own)
    foreign_rows(own)
    for stage in STAGES:
        run_cells(f"{file_stem(stage)}.ipynb", project="p", home=str(own.workspace.root))
    assert changed(before, digests(own)) == set()


def test_every_table_is_tried(own: Project) -> None:
    tables = own.store.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal")
    assert {row["table_name"] for row in tables} - {"schema_migrations"} == set(all_tables())
    assert set().union(*UNREAD.values()) <= set(all_tables())


def stamps_in(
    project: Project, connection: Connection, tables: dict[str, list[str]] | None = None
) -> dict[str, Any]:
    """The stamps of these tables (name: columns), or of all, within a transaction."""
    read = tables or dict(connection.execute(inputs._COLUMNS).fetchall())
    sql = inputs.stamps_sql(read, project.slug, row_hash=project.store.row_hash)
    return {name: (n, digest) for name, n, digest in connection.execute(sql).fetchall()}


def digests_of(stamps: dict[str, Any]) -> dict[str, str]:
    """As `digests`, of the tables alone."""
    return {
        part: str(sorted((n, s) for n, s in stamps.items() if n not in UNREAD[part]))
        for part in PARTS
    }


def append(path: Path, text: str = "\n") -> None:
    path.write_text((path.read_text() if path.exists() else "") + text)


def an_export_more(p: Project) -> None:
    shutil.copy(p.workspace.root / "export.json", p.workspace.root / "exports" / "b.json")


CHANGES = {
    "nothing": (lambda _: None, set()),
    "an export": (lambda p: append(p.workspace.root / "export.json"), {"import"}),
    "one more export": (an_export_more, {"import"}),
    "keys": (lambda p: append(p.workspace.root / ".env", "A=1"), set(PARTS)),
    "the yaml": (lambda p: append(p.workspace.params_path("p")), set(PARTS)),
    "a notebook": (
        lambda p: append(p.workspace.root / "notebooks" / "03_outliers.ipynb"),
        {"outliers"},
    ),
    "a video": (
        lambda p: append(p.workspace.outputs / "media" / "x.mp4"),
        {*PARTS} - {"import", "scraping"},
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_file_counts_for_the_stages_that_read_it(what: str, own: Project) -> None:
    change, readers = CHANGES[what]
    root = own.workspace.root
    (root / "exports").mkdir()
    (own.workspace.outputs / "media").mkdir(exist_ok=True)
    shutil.copy(root / "export.json", root / "exports" / "a.json")
    params = own.params.model_copy(
        update={
            "importing": own.params.importing.model_copy(
                update={"datasets": ["export.json", "exports"]}
            )
        }
    )
    project = replace(own, params=params)
    before = digests(project)
    change(project)
    assert changed(before, digests(project)) == readers


@pytest.mark.parametrize("section", ["importing", "media", "comparison", "money", "report"])
def test_a_parameter_counts_for_the_stages_that_read_its_section(
    section: str, own: Project
) -> None:
    values = {
        "importing": {"min_mapped_ratio": 0.4},
        "media": {"max_tries": 9},
        "comparison": {"limit": 9},
        "money": {"currency": "SEK"},
        "report": {"max_rows": 77},
    }[section]
    part = getattr(own.params, section).model_copy(update=values)
    assert part != getattr(own.params, section)
    other_params = replace(own, params=own.params.model_copy(update={section: part}))
    readers = {p for p in PARTS if section not in UNREAD_SECTIONS[p]}
    assert changed(digests(own), digests(other_params)) == readers


def test_code_and_libraries_count_for_all(own: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests(own)
    monkeypatch.setattr(inputs, "code_digest", lambda: "other")
    assert changed(before, digests(own)) == set(PARTS)
    monkeypatch.undo()
    monkeypatch.setattr(inputs, "libraries", lambda: ["duckdb-0.dist-info"])
    assert changed(before, digests(own)) == set(PARTS)


def test_code_is_every_file_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "vtlib"
    (package / "llm" / "prompts").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "llm" / "prompts" / "video.md").write_text("ask")
    monkeypatch.setattr(inputs.vtlib, "__file__", str(package / "__init__.py"))
    before = inputs.code_digest.__wrapped__()
    (package / "llm" / "prompts" / "video.md").write_text("ask again")
    assert inputs.code_digest.__wrapped__() != before


def at_day(project: Project, day: str) -> Project:
    settings = project.workspace.settings.model_copy(update={"clock": datetime.fromisoformat(day)})
    return replace(project, workspace=Workspace(settings))


def test_a_day_counts_where_a_page_says_what_is_due(own: Project) -> None:
    first = digests(at_day(own, "2026-06-01T08:00"))
    assert changed(first, digests(at_day(own, "2026-06-01T20:00"))) == set()
    assert changed(first, digests(at_day(own, "2026-06-02T08:00"))) == set(DAILY)


def written_again(project: Project, moved: str) -> set[str]:
    before = digests(project)
    with project.store.write() as connection:
        connection.execute(moved)
    return changed(before, digests(project))


def test_a_row_that_was_only_written_again_is_no_change(own: Project) -> None:
    with own.store.read() as connection:
        number = connection.execute("SELECT count(*) FROM outlier_runs").fetchone()
    assert number is not None
    assert number[0] > 0
    later = "UPDATE outlier_runs SET created_at = created_at + INTERVAL 1 DAY, run_id = 'other'"
    assert written_again(own, later) == set()


def test_which_judgement_is_the_latest_counts(own: Project) -> None:
    twin = "INSERT INTO outlier_runs SELECT * REPLACE ('z' AS outlier_run_id, created_at + {} AS "
    twin += "created_at) FROM outlier_runs WHERE outlier_run_id <> 'z' LIMIT 1"
    own.store.rows("SELECT 1")
    with own.store.write() as connection:
        connection.execute(twin.format("INTERVAL 1 HOUR"))
    turned = "UPDATE outlier_runs SET created_at = created_at - INTERVAL 3 HOUR"
    readers = {part for part in PARTS if "outlier_runs" not in UNREAD[part]}
    assert written_again(own, f"{turned} WHERE outlier_run_id = 'z'") == readers


def test_another_project_that_judges_again_is_no_change(own: Project) -> None:
    twin = "INSERT INTO outlier_runs SELECT * REPLACE ('z' AS outlier_run_id, 'q' AS project_id) "
    with own.store.write() as connection:
        connection.execute(f"{twin} FROM outlier_runs LIMIT 1")
    later = "UPDATE outlier_runs SET created_at = created_at + INTERVAL 9 DAY"
    assert written_again(own, f"{later} WHERE project_id = 'q'") == set()


def test_with_pseudonyms_every_table_counts(own: Project) -> None:
    """Whatever names a stranger decides what the page of any stage may say."""
    report = own.params.report.model_copy(update={"profile": "client"})
    client = replace(own, params=own.params.model_copy(update={"report": report}))
    edit = "INSERT INTO media (post_id, status) VALUES ('tiktok:1', 'ok')"
    assert written_again(client, edit) == set(PARTS)


@pytest.mark.parametrize("moment", ["before", "after", "never"])
def test_a_stage_beside_which_another_wrote_has_no_digest(moment: str, own: Project) -> None:
    """`evaluate` stands for the stage's process: it reads, and others write before or after."""
    run = RunPlan("p", own.workspace.root / "notebooks", own.workspace.root, own.workspace.outputs)
    read, path = StageInputs(own, run), own.workspace.settings.database_path

    def edit() -> None:
        locks.close_idle()
        with duckdb.connect(str(path)) as connection:
            connection.execute("UPDATE posts SET caption = 'by hand'")
        locks.close_idle()

    def stage(expression: str) -> Any:
        if moment == "before":
            edit()
        own.store.query("SELECT count(*) FROM posts")
        value = eval(expression)
        if moment == "after":
            edit()
        return value

    read.begin("outliers")
    assert bool(read.end("outliers", stage)) is (moment == "never")
    assert visits.file_stamp(path) != (0, 0, 0, 0)


WRITING = """
import sys, time
from vtlib.store.project import store_at
store, n = store_at(sys.argv[1]), 0
while True:
    with store.write("media") as connection:
        connection.execute("UPDATE measures SET duration_s = ? WHERE post_id = 'tiktok:q1'", [n])
    n += 1
    print(n, flush=True)
"""


@pytest.fixture
def in_team(home: Path, tmp_path: Path, team_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project in a team, with the rows of another."""
    (tmp_path / "own").mkdir()
    shutil.copytree(home, tmp_path / "own", dirs_exist_ok=True)
    transfer.copy(Project.open("p", home=str(home)).store, store_at(team_url))
    monkeypatch.setenv("VT_DATABASE", team_url)
    project = Project.open("p", home=str(tmp_path / "own"))
    foreign_rows(project)
    return project


@pytest.fixture
def beside(in_team: Project, team_url: str) -> Any:
    """The project in a team, and another process that goes on writing for another project."""
    words = [sys.executable, "-c", WRITING, team_url]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "1\n"
        yield in_team, other
        other.kill()


def test_in_a_team_another_projects_job_is_no_input_and_takes_no_digest(
    beside: Any, live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VT_GEMINI_URL", live.url)
    monkeypatch.setenv("GEMINI_API_KEY", live.token)
    project, other = beside
    at = project.workspace
    params = project.params.model_dump(mode="json")
    read = StageInputs(project, RunPlan("p", FOLDER, at.root, at.outputs, params))
    first = {}
    for stage in STAGES:
        read.begin(stage)
        other.stdout.readline()
        run_cells(f"{file_stem(stage)}.ipynb", project="p", home=str(at.root))
        first[stage] = read.end(stage)
    assert other.stdout.readline()  # it still writes
    assert all(first.values()), first
    again = StageInputs(project, read.plan)
    assert {stage: again.digest(stage) for stage in STAGES} == first


@pytest.mark.parametrize(
    ("room", "sql", "has_digest"),
    [
        ("media", "UPDATE measures SET duration_s = 7 WHERE post_id = 'tiktok:q1'", True),
        ("capture", "UPDATE posts SET caption = 'x' WHERE account_id = 'tiktok:q'", True),
        ("capture", "UPDATE posts SET caption = 'x' WHERE account_id <> 'tiktok:q'", False),
        ("runs", "UPDATE runs SET status = 'ok'", True),  # no stage reads it
        ("outliers", "UPDATE outlier_runs SET name = 'x' WHERE project_id = 'q'", False),
    ],
)
def test_in_a_team_who_writes_what_a_stage_reads_takes_its_digest(
    room: str, sql: str, has_digest: bool, in_team: Project
) -> None:
    """03 writes in the room `outliers` alone; somebody else writes meanwhile."""
    project, at = in_team, in_team.workspace
    read = StageInputs(project, RunPlan("p", FOLDER, at.root, at.outputs))
    read.begin("outliers")
    other = processes().Process(target=write_once, args=(project.store.url, room, sql))
    other.start()
    other.join(60)
    assert other.exitcode == 0
    run_cells("03_outliers.ipynb", project="p", home=str(at.root))
    assert bool(read.end("outliers")) is has_digest

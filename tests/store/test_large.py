"""A team's database with the posts of many projects: what is done for one of them reads its rows by
index, and no others.
"""

import json
import re

import psycopg
import pytest

from tests.jobs.trial import post_of
from tests.store.masses import LARGE, fill
from vtlib.capture import imports
from vtlib.desk import browse
from vtlib.desk.browse import PostQuery
from vtlib.outliers import stage
from vtlib.store.connection import QUERIES, query_text, scope_of
from vtlib.store.project import Project

PROJECTS, POSTS = 20, 60
READ = """SELECT t.relname, t.seq_tup_read + sum(i.idx_tup_read)
    FROM pg_stat_user_tables AS t JOIN pg_stat_user_indexes AS i USING (relid)
    WHERE t.relname = ANY(%s) GROUP BY t.relid, t.relname, t.seq_tup_read"""
WAYS = ("enable_seqscan", "enable_mergejoin", "enable_hashjoin")
OTHER_VALUES = {"outlier_run": "none", "since": None, "platform": "tiktok"}


@pytest.fixture(scope="module")
def url(team_server):
    taken = team_server.take()
    fill(taken, projects=PROJECTS, posts=POSTS, snapshots=2)
    with psycopg.connect(taken, autocommit=True) as admin:
        name = admin.info.dbname
        # On tables as small as these the server would read all.
        for way in WAYS:
            admin.execute(f'ALTER DATABASE "{name}" SET {way} = off')
    yield taken
    with psycopg.connect(taken, autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" RESET ALL')
    team_server.give(taken)


@pytest.fixture
def project(url, tmp_path, monkeypatch):
    monkeypatch.setenv("VT_DATABASE", url)
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p3.yaml").write_text("project: p3\n")
    opened = Project.open("p3", home=str(tmp_path))
    yield opened
    opened.store.close()


def rows_read(url):
    """Rows of each large table that were read since the last look, by scans and by indexes."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SELECT pg_stat_force_next_flush()")
        rows = dict(admin.execute(READ, [[*LARGE]]).fetchall())
        admin.execute("SELECT pg_stat_reset()")
        return {table: int(n) for table, n in rows.items()}


def test_a_project_reads_its_own_rows_alone(project, url, tmp_path):
    file = tmp_path / "items.json"
    file.write_text(json.dumps([post_of(3, n, "https://v.tiktok.com/a.mp4") for n in range(5)]))
    steps = {
        "import": lambda: imports.import_files(project, [file]),
        "judge": lambda: stage.run(project),
        "page": lambda: browse.page(project, PostQuery(sort="value")),
    }
    project.store.query("SELECT 1")
    project.store.close()
    rows_read(url)
    most = {}
    for name, step in steps.items():
        step()
        project.store.close()  # a process tells what it read when it ends
        n_read = rows_read(url)
        most[name] = max(n_read[t] / (PROJECTS * POSTS * (2 if "snap" in t else 1)) for t in LARGE)
    assert most["import"] < 0.2
    assert most["page"] < 0.3
    assert most["judge"] < 0.5
    assert len(project.frame("outlier_posts")) == POSTS + 5


def test_queries_of_a_project_answer_the_same_from_its_own_rows(project):
    stage.run(project)
    n_compared, differ = 0, []
    for name in sorted(path.stem for path in QUERIES.glob("*.sql")):
        values = {**OTHER_VALUES, "project": "p3"}
        sql = query_text(name)
        names = set(re.findall(r"\$([a-z_]+)", re.sub(r"--.*", "", sql)))
        scope = scope_of(sql, values)
        if not scope or not names <= set(values):
            continue
        bound = {key: values[key] for key in names}
        whole, own = project.store.query(sql, bound), project.store.query(sql, bound, **scope)
        n_compared += 1
        if not whole.equals(own):
            differ.append(name)
    assert differ == []
    assert n_compared > 30

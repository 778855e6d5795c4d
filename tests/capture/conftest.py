"""A database that capture's tests begin with."""

import pytest

from vtlib.store.connection import Store


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    base = tmp_path_factory.mktemp("empty") / "viraltracker.duckdb"
    Store(base).query("SELECT 1")
    return base

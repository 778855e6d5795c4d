"""Tables that go out to spreadsheets, Tableau or R, each column with its meaning and unit.

What goes out comes in again: posts by `vt import dataset` (platforms/exported.py). A client's copy
withholds what its pages do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb
import pandas as pd
import pyarrow as pa

from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS
from vtlib.scripts.workflow import DRAFTS
from vtlib.store.connection import query_text
from vtlib.store.engine import OF_THIS_DATABASE
from vtlib.store.project import Project
from vtlib.tables.writer import DICTIONARY, DataTable, write_csv, write_parquet, write_xlsx

Content = Literal["posts", "scores", "analyses", "scripts"]
Form = Literal["csv", "xlsx", "parquet", "duckdb"]
CONTENTS: tuple[Content, ...] = get_args(Content)
# Where the meaning of a column stands: the first of these relations that has it.
_RELATIONS: Mapping[Content, tuple[str, ...]] = {
    "posts": ("posts", "post_snapshots", "project_posts", "accounts", "account_snapshots"),
    "scores": ("outlier_latest", "posts_latest"),
    "analyses": ("analyses", "analysis_checks", "posts_latest", "posts"),
    "scripts": ("scripts_current", "posts"),
}
_MEANINGS = {
    "account_url": "link of the account",
    "account_posts": "posts of the account at that time",
    "most_replayed_start_s": "start of the stretch that viewers replay most (YouTube, after the "
    "first stretch); none = not known",
    "most_replayed_end_s": "its end",
    "posts.account_id": "who posted, platform:native_id, or platform:@handle until that is learnt",
}
# Columns whose texts this project wrote.
_OURS: Mapping[Content, tuple[str, ...]] = {
    "posts": ("notes",),
    "scores": ("reason",),
    "analyses": ("reason", "role"),
    "scripts": ("script_id", "title", "content", "structure", "notes", "origin", "approved_status"),
}
_PEOPLE = ("assignee", "made_by")  # names of the team, which a client is not shown


@dataclass(frozen=True, slots=True)
class DataExport:
    """What was written: the table's file first, then its dictionary's where that is another."""

    files: tuple[Path, ...]
    n_rows: int
    columns: tuple[str, ...]


def run(project: Project, content: Content, form: Form, target: Path | None = None) -> DataExport:
    """Write a project's posts (a row a snapshot), latest scores, analyses or scripts.

    `target` defaults to outputs/<project>/export/<content>.<form>. Raises BadInput where there is
    nothing to write, and for a place that cannot be written.
    """
    table = read_table(project, content)
    if not table.n_rows:
        raise BadInput(f"the project {project.slug} has no {content}.", todo=_TODO[content])
    path = target or project.workspace.outputs / project.slug / "export" / f"{content}.{form}"
    writers = {"csv": write_csv, "xlsx": write_xlsx, "parquet": write_parquet}
    try:
        files = _write_duckdb(table, path) if form == "duckdb" else writers[form](table, path)
    except (OSError, duckdb.IOException) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{path} cannot be written: {reason}.", todo="Give another --to.") from None
    return DataExport(tuple(files), table.n_rows, tuple(table.columns))


_TODO: Mapping[Content, str] = {
    "posts": "vt import dataset FILE brings them in.",
    "scores": "vt analyze outliers gives them.",
    "analyses": "vt analyze videos gives them.",
    "scripts": "vt script create gives them.",
}


def read_table(project: Project, content: Content) -> DataTable:
    """A project's table as its reader may see it, with the dictionary of its columns."""
    with project.store.read() as connection:
        sql = query_text(f"export_{content}")
        arrow = connection.execute(sql, {"project": project.slug}).to_arrow_table()
        meanings = _comments(connection, _RELATIONS[content])
    frame = pd.DataFrame(arrow.to_pydict(), dtype=object, columns=arrow.column_names)
    if content == "scripts" and not project.shows("drafts"):
        frame = frame[~frame["status"].isin(DRAFTS)]
    ours = _OURS[content] if project.is_client else (*_OURS[content], *_PEOPLE)
    frame = project.visible(frame.assign(**_hidden(project, frame)), ours=ours)
    columns = {name: [_value(v) for v in frame[name]] for name in frame.columns}
    dictionary = [
        (name, _type_name(kind), unit_of(name), meanings.get(name, _MEANINGS.get(name, "")))
        for name, kind in zip(arrow.schema.names, arrow.schema.types, strict=True)
    ]
    return DataTable(content, columns, arrow.schema, dictionary)


def _hidden(project: Project, frame: pd.DataFrame) -> dict[str, Any]:
    """Columns that a client's copy leaves empty."""
    return dict.fromkeys(name for name in _PEOPLE if project.is_client and name in frame)


def unit_of(column: str) -> str:
    """The unit that a column's name says; '' for texts and flags."""
    if column in (*METRICS, "followers", "following", "account_posts", "value"):
        return "count"
    if column.startswith("n_") or column in ("open_comments", "version", "approved_version"):
        return "count"
    if column.startswith("multiplier"):
        return "times the expected value"
    suffixes = {"_s": "s", "_h": "h", "_at": "UTC", "_on": "day", "usd": "US dollars"}
    suffixes |= {"_share": "0 to 1", "_ratio": "0 to 1", "_value": "0 to 1"}
    suffixes |= {"_pct": "0 to 100", "percentile": "0 to 100"}
    return next((unit for end, unit in suffixes.items() if column.endswith(end)), "")


def _comments(connection: Any, relations: tuple[str, ...]) -> dict[str, str]:
    """Meaning by column, of the first relation that has it."""
    rows = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        f"WHERE {OF_THIS_DATABASE} AND comment IS NOT NULL AND list_contains(?, table_name)",
        [[*relations]],
    ).fetchall()
    order = {name: n for n, name in enumerate(relations)}
    meanings: dict[str, str] = {}
    for _, column, comment in sorted(rows, key=lambda row: order[row[0]]):
        meanings.setdefault(column, re.sub(r"\s+", " ", comment))
    return {**_MEANINGS, **meanings}


def _type_name(kind: pa.DataType) -> str:
    names = {
        "text": pa.types.is_string(kind) or pa.types.is_large_string(kind),
        "whole number": pa.types.is_integer(kind),
        "number": pa.types.is_floating(kind),
        "yes or no": pa.types.is_boolean(kind),
        "time": pa.types.is_timestamp(kind),
        "day": pa.types.is_date(kind),
        "list of texts": pa.types.is_list(kind),
    }
    return next((name for name, is_it in names.items() if is_it), str(kind))


def _value(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _write_duckdb(table: DataTable, path: Path) -> list[Path]:
    """Write the table into a DuckDB file, and its meanings into `dictionary` and as comments; other
    tables in the file stay.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = pa.table(
        {
            "table": [table.name] * len(table.dictionary),
            **{k: [r[n] for r in table.dictionary] for n, k in enumerate(DICTIONARY)},
        }
    )
    with duckdb.connect(str(path)) as connection:
        connection.register("new_rows", table.arrow())
        connection.register("new_meanings", rows)
        connection.execute(f"CREATE OR REPLACE TABLE {table.name} AS SELECT * FROM new_rows")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS dictionary AS SELECT * FROM new_meanings LIMIT 0"
        )
        connection.execute('DELETE FROM dictionary WHERE "table" = ?', [table.name])
        connection.execute("INSERT INTO dictionary SELECT * FROM new_meanings")
        for column, _, _, meaning in table.dictionary:
            literal = meaning.replace("'", "''")
            connection.execute(f"COMMENT ON COLUMN {table.name}.{column} IS '{literal}'")
    return [path]

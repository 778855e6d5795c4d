"""Frames into tables, set by set: staged in the table's own types, then joined with what is there.

Keys are deterministic and no constraint is needed, so these statements run on DuckLake too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import orjson

from vtlib.core import log
from vtlib.core.errors import BadInput
from vtlib.store.connection import spell_out
from vtlib.store.engine import Connection
from vtlib.store.sql_lists import quoted

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_LITERALS_MAX = 50_000  # texts of one list in a statement; a chunk of an import has 2,000
Rows: TypeAlias = Union["pd.DataFrame", Sequence[Mapping[str, Any]]]


def columns(connection: Connection, table: str) -> dict[str, str]:
    """Names and types of the columns of a table, in order."""
    description = connection.execute(f"SELECT * FROM {table} LIMIT 0").description
    return {str(column[0]): str(column[1]) for column in description}


def stage(connection: Connection, table: str, rows: Rows) -> int:
    """Put `rows` into the temporary table `new_<table>` with its types and their order `_n`;
    returns how many they are.

    Columns that are missing are NULL. Times with a zone become naive UTC; in JSON columns text is
    taken as JSON, anything else is encoded, once. Raises BadInput for a column the table does not
    have.
    """
    import numpy as np  # noqa: PLC0415 - all three only where rows are written
    import pyarrow as pa  # noqa: PLC0415

    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE new_{table} AS SELECT *, 0::BIGINT AS _n FROM {table} "
        "LIMIT 0"
    )
    data, _ = _arrow(connection, table, rows)
    if data.num_rows:
        data = data.append_column("_n", pa.array(np.arange(data.num_rows)))
        _insert(connection, f"new_{table}", data)
    return int(data.num_rows)


def append(connection: Connection, table: str, rows: Rows) -> None:
    """Put `rows` behind those of the table, whose keys nobody looks at; otherwise as `stage`.

    On one thread up to the end of the transaction (`Store.write`): several compress parts of a
    table apart, or wait for each other at its commit, at twice the processor.
    """
    data, _ = _arrow(connection, table, rows)
    if not getattr(connection, "is_remote", False):
        connection.execute("SET threads = 1")
    _insert(connection, table, data)


def _insert(connection: Connection, table: str, data: pa.Table) -> None:
    connection.register("_rows", data)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM _rows")
    connection.unregister("_rows")
    log.get(__name__).debug("rows", table=table, rows=data.num_rows)


def near(connection: Connection, table: str, key: Sequence[str], source: str = "") -> str:
    """`table`, or on a server those of its rows whose key may be among those of `source` (default:
    the staged rows): a join with rows that are here would fetch the whole table.
    """
    if not getattr(connection, "is_remote", False):
        return table
    test = _among(connection, key, source or f"new_{table}")
    return f"(SELECT * FROM {table} AS t WHERE {test})"


def _among(connection: Connection, key: Sequence[str], source: str) -> str:
    """SQL saying that a row `t` may have a key of `source`."""
    tests = [test for name in key if (test := _one_of(connection, name, source))]
    return " AND ".join(tests) or "true"


def _one_of(connection: Connection, name: str, source: str) -> str:
    """SQL saying that a column has one of the texts of `source`; "" where it may have others."""
    sql = f"SELECT DISTINCT {name} FROM {source} LIMIT {_LITERALS_MAX + 1}"
    cursor = connection.execute(sql)
    if str(cursor.description[0][1]) != "VARCHAR":
        return ""
    texts = [text for (text,) in cursor.fetchall()]
    if len(texts) > _LITERALS_MAX or any(t is None or "\0" in t for t in texts):
        return ""
    return f"t.{name} IN ({quoted(texts)})" if texts else "false"  # IN (NULL) would read all


def insert_absent(connection: Connection, table: str, key: Sequence[str]) -> None:
    """Insert staged rows whose key is not there; of several with one key, the first."""
    keys, there = ", ".join(key), near(connection, table, key)
    connection.execute(
        f"""INSERT INTO {table} BY NAME
        SELECT * EXCLUDE (_n) FROM new_{table} SEMI JOIN (
            SELECT min(_n) AS _n FROM (
                SELECT {keys}, _n FROM new_{table} ANTI JOIN {there} AS t USING ({keys})
            ) GROUP BY {keys}
        ) USING (_n)"""
    )


def replace(connection: Connection, table: str, key: Sequence[str]) -> None:
    """Staged rows take the place of those with their key; of several with one key, the last."""
    keys = ", ".join(key)
    _write(
        connection,
        table,
        key,
        f"SELECT * EXCLUDE (_n) FROM new_{table} "
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY _n DESC) = 1",
    )


def fold(
    connection: Connection,
    table: str,
    key: Sequence[str],
    *,
    order: str,
    special: Mapping[str, str] | None = None,
) -> None:
    """Merge staged rows with those of their key: per column the newest known value by `order`.

    `special` gives the expression of columns with a rule of their own; in it `_rank` is the place
    in that order (a row that is there comes before a staged one of the same time), `_n` is -1 for a
    row that is there. Rows that come out as they were are not written.
    """
    rules = special or {}
    names = list(columns(connection, table))
    selects = [
        name if name in key else f'{rules.get(name) or f"""arg_max("{name}", _rank)"""} AS "{name}"'
        for name in names
    ]
    keys = ", ".join(key)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE there AS SELECT * FROM {near(connection, table, key)} AS t "
        f"SEMI JOIN new_{table} USING ({keys})"
    )
    merged = f"""WITH both_ AS (
            SELECT *, -1::BIGINT AS _n FROM there UNION ALL BY NAME SELECT * FROM new_{table}
        ), ranked AS (
            SELECT *, row_number() OVER (ORDER BY {order} NULLS FIRST, _n) AS _rank FROM both_
        )
        SELECT {", ".join(selects)} FROM ranked GROUP BY {keys}"""
    if connection.execute("SELECT 1 FROM there LIMIT 1").fetchone():
        _write(connection, table, key, f"{merged} EXCEPT SELECT * FROM there")
    else:  # nothing to compare with, nothing to take away
        connection.execute(f"INSERT INTO {table} BY NAME {merged}")


def save(
    connection: Connection, table: str, rows: Rows, *, key: Sequence[str], keep: bool = False
) -> None:
    """Stage and write `rows`; rows with their key are replaced or, with `keep`, left alone."""
    if len(rows) == 1 and not keep:  # most often: there is nothing to choose from
        _save_one(connection, table, rows, key)
    elif stage(connection, table, rows):
        (insert_absent if keep else replace)(connection, table, key)


def _save_one(connection: Connection, table: str, rows: Rows, key: Sequence[str]) -> None:
    """Without a temporary table, which would be half of the work."""
    data, types = _arrow(connection, table, rows)
    connection.register("_rows", data)
    cells = ", ".join(f'"{name}"::{types[name]} AS "{name}"' for name in data.column_names)
    _move(connection, table, key, f"(SELECT {cells} FROM _rows)")
    connection.unregister("_rows")
    log.get(__name__).debug("rows", table=table, rows=1)


def naive(moment: datetime | None) -> datetime:
    """`moment` (default: now) as naive UTC, as the database keeps times."""
    moment = moment or datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def records(connection: Connection, sql: str, values: Any = None) -> list[dict[str, Any]]:
    """The rows of a query as dicts of Python values (NULL is None, JSON is decoded)."""
    result = connection.execute(*spell_out(sql, values))
    heads = [(d[0], str(d[1]) == "JSON") for d in result.description]
    return [
        {
            name: orjson.loads(value) if is_json and value is not None else value
            for (name, is_json), value in zip(heads, row, strict=True)
        }
        for row in result.fetchall()
    ]


def decode_json(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """`frame` with the texts of these columns read as JSON; DuckDB gives JSON to pandas as text."""
    import pandas as pd  # noqa: PLC0415 - as in stage

    values = {
        name: [orjson.loads(v) if isinstance(v, str) else v for v in frame[name]]
        for name in columns
    }
    return frame.assign(**{n: pd.Series(v, frame.index, dtype=object) for n, v in values.items()})


def _write(connection: Connection, table: str, key: Sequence[str], select: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {select}")
    _move(connection, table, key, "changed")


def _move(connection: Connection, table: str, key: Sequence[str], source: str) -> None:
    """Put the rows of `source` in the place of those with their key."""
    match = " AND ".join(f"t.{k} IS NOT DISTINCT FROM c.{k}" for k in key)
    if getattr(connection, "is_remote", False):
        match += f" AND {_among(connection, key, source)}"
    connection.execute(f"DELETE FROM {table} AS t USING {source} AS c WHERE {match}")
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {source}")


def _arrow(connection: Connection, table: str, rows: Rows) -> tuple[pa.Table, dict[str, str]]:
    """`rows` as an Arrow table whose JSON is text and whose times are naive UTC, and the types of
    `table`. Raises BadInput for a column that it does not have.
    """
    import pandas as pd  # noqa: PLC0415 - as in stage
    import pyarrow as pa  # noqa: PLC0415

    if isinstance(rows, pd.DataFrame):
        series = {str(name): rows[name] for name in rows.columns}
    else:
        names = dict.fromkeys(name for row in rows for name in row)
        series = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}
    types = columns(connection, table)
    if unknown := [name for name in series if name not in types]:
        raise BadInput(f"{table} has no column {', '.join(unknown)}", todo="See docs/schema.md.")
    return pa.table({name: _column(series[name], types[name]) for name in series}), types


def _column(values: pd.Series, kind: str) -> pa.Array:
    import pandas as pd  # noqa: PLC0415 - as in stage
    import pyarrow as pa  # noqa: PLC0415

    if kind == "JSON" and not isinstance(values.dtype, pd.StringDtype):  # which is JSON already
        return pa.array([_json(v) for v in values], pa.string())
    data = pa.array(values, from_pandas=True)
    if pa.types.is_timestamp(data.type):
        return data.cast(pa.timestamp("us", data.type.tz), safe=False).cast(pa.timestamp("us"))
    return data


def _json(value: Any) -> str | None:
    import pandas as pd  # noqa: PLC0415 - as in stage

    if value is None or value is pd.NA or isinstance(value, str):
        return value if isinstance(value, str) else None
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN is a missing cell of a frame
        return None
    return orjson.dumps(
        value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS, default=_plain
    ).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Iterable):
        return list(value)
    return str(value)

"""docs/schema.md, made from the database itself: what migrations, views and comments say."""

from __future__ import annotations

import duckdb

from vtlib.store.migrate import migrate

_HEAD = """# Schema

<!-- made by `make docs`; change the comments in vtlib/store/comments/, not this page -->

One DuckDB file a workspace. Times are naive UTC; ids are text; a key is what identifies a row, held by the
writers and by `vt check`, not by constraints. *(machine)* tables are written by captures and stages alone,
*(human)* tables and columns by people alone."""  # noqa: E501
_COLUMNS = """SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
WHERE NOT internal ORDER BY table_name, column_index"""
_RELATIONS = """SELECT table_name AS name, comment, FALSE AS is_view FROM duckdb_tables()
    WHERE NOT internal
UNION ALL SELECT view_name, comment, TRUE FROM duckdb_views() WHERE NOT internal ORDER BY is_view,
name"""


def schema_markdown() -> str:
    """Every table and view with its columns, types and comments, as Markdown."""
    with duckdb.connect(":memory:") as connection:
        migrate(connection)
        relations = connection.execute(_RELATIONS).fetchall()
        columns = connection.execute(_COLUMNS).fetchall()
    parts = [_HEAD]
    for is_view, title in ((False, "## Tables"), (True, "## Views")):
        parts.append(title)
        parts += [
            _relation(name, comment, [c[1:] for c in columns if c[0] == name])
            for name, comment, view in relations
            if view is is_view
        ]
    return "\n\n".join(parts) + "\n"


def _relation(name: str, comment: str | None, columns: list[tuple[str, str, str | None]]) -> str:
    lines = [f"### {name}", "", comment or "", "", "| column | type | meaning |", "|---|---|---|"]
    lines += [f"| {column} | {kind} | {_cell(text)} |" for column, kind, text in columns]
    return "\n".join(lines)


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")

"""The memory of a workspace: one DuckDB file, opened for one operation at a time."""

-- Which learned effects (a run of the library of patterns) the writer or model of a version had before it.
ALTER TABLE script_versions ADD COLUMN learned_version VARCHAR;

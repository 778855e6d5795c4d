-- What reports stood on and what they said.

COMMENT ON COLUMN runs.inputs IS 'what its report stood on, by cause: data, code, parameters, prompt, model (JSON: name to value); NULL = not recorded';

COMMENT ON TABLE run_figures IS 'The figures of a run''s report, as they stood at its end (machine; append-only).';
COMMENT ON COLUMN run_figures.run_id IS 'run of notebooks';
COMMENT ON COLUMN run_figures.project_id IS 'slug of the project';
COMMENT ON COLUMN run_figures.figure IS 'name of the figure; patterns stand as "pattern <name>"';
COMMENT ON COLUMN run_figures.value IS 'the figure: a count, a share 0 to 1, a ratio or US dollars, as its name says; NULL = not known';
COMMENT ON COLUMN run_figures.low IS 'lower end of its 80 % interval; NULL for a plain count';
COMMENT ON COLUMN run_figures.high IS 'upper end of its 80 % interval; NULL for a plain count';
COMMENT ON COLUMN run_figures.n IS 'how many it is of: posts scored, claims checked, posts with a pattern';
COMMENT ON COLUMN run_figures.recorded_at IS 'when it was recorded, UTC';

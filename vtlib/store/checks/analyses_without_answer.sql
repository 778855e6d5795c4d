-- severity: error
-- todo: An analysis with data has none, or one without data has some: ask again (vt analyze videos --project P).
SELECT analysis_id || ' ' || status AS example FROM analyses
WHERE (status IN ('ok', 'repaired', 'partial')) <> (answer IS NOT NULL)

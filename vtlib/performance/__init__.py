"""Performance: did it work? Predictions, verdicts, variants, patterns, competitors and money.

For: notebook 07, `vt analyze performance`, `vt analyze competitors`, `vt patterns`, `vt process
plan`, `vt script move`, `links`, `predict`, `performance`, `matches`, `cost`.
Owns: tables publications, predictions, verdicts, pattern_runs, patterns, pattern_platforms,
native_analytics, production_costs, script_matches, match_decisions, script_cuts; YAML section
`performance`.
Entry points: `stage.run` (load, judge, save), `pipeline` (all that notebook 07 shows, from frames;
pure), `publication` (scripts on their way to posts), `follow_up`, `matches`, `library` (patterns as
people read them), `video_samples`, `competitor_stage`.
Files: `patterns/` tests features of posts; `competitors/` compares accounts; `predictions`,
`forecaster`, `verdicts`, `abtest`, `variants`, `effects`, `trend`, `money` are the
methods, pure. Sources and error rates: docs/method.md.
"""

"""Analysis: what a model says of a video, typed, and checked against what was measured in its file.

For: the second half of notebook 04, `vt analyze videos`, `vt analyze show`, `correct`, `label`,
`agreement`.
Owns: YAML section `analysis`; its answers are rows of `llm` (analyses, analysis_checks,
analysis_claims).
Entry points: `stage.run` (ask, check, save), `checks.check` (an answer against the file; pure),
`labelling`, `timelines`.
Files: `answer` (with the first pass), `pictures` are the typed answers; `evidence` (claims and
cuts), `checks` verify; `summary` counts claims; `selection` says which posts are asked about;
`labels` (with agreement), `corrections` are people beside the model. All but `stage`, `questions`,
`answers`, `labelling`, `timelines` are pure.
"""

"""Adaptation: which product fits which video, and product scripts made from videos and patterns.

For: notebooks 05 and 06, `vt analyze compare`, `vt script adapt`, `vt script create --from-post`,
`--from-pattern`.
Owns: tables adaptations, fits, fit_judgements; YAML sections `adaptation` and `comparison`.
Entry points: `stage.run` (scripts from chosen pairs), `fits.run` (judge, rank), `drafts` (a first
draft without a model), `hooks`, `storyboards`, `product_table`.
Files: `answer`, `scripts` (with the distance from the source), `source`, `claims`, `selection`,
`summary` and `comparison/` (ranks by Bradley and Terry's model, and the one rule that recommends a
product) are pure.
"""

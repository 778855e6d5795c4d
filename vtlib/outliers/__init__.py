"""Outliers: which posts broke out, how sure that is, and what people decided about them.

For: notebook 03, `vt analyze outliers`, `vt review`.
Owns: tables outlier_runs, outlier_scores, selections, early_calls, early_tags; YAML section
`outliers`.
Entry points: `stage.run` (load, judge, save), `judgement.judge` (every post against its account;
pure), `reviews`.
Files: `rule` is the default rule for one stratum, `classic` the others; `baseline`, `shrinkage`,
`growth`, `counters`, `definitions` prepare it; `tiers`, `chance` say what a score means; `early*`,
`trailing`, `conformal` use the past only. All of these are pure: arrays or frames in, frames out.
Method and error rates: docs/method.md.
"""

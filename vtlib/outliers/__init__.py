"""Outliers: which posts broke out, how sure that is, and what people decided about them.

For: notebook 03, `vt analyze outliers`, `vt review`.
Owns: tables outlier_runs, outlier_scores, selections, early_calls, early_tags; YAML section
`outliers`.
Entry points: `stage.run` (load, judge, save), `judgement.judge` (every post against its account;
pure), `reviews`.
Files: `rule` is the default rule for one stratum (with the p of past-only judgements), `classic`
the others; `baseline`, `shrinkage`, `growth`, `counters` (with changes of definition) prepare it;
`scores` has its types, tiers and q values, `chance` the posts flagged by chance; `early`,
`early_odds`, `early_calls`, `rising_tags`, `trailing` use the past only; `messages`, `trials` are
sentences. All but `reviews`, `stage`, `store` are pure: arrays or frames in, frames out.
Method and error rates: docs/method.md.
"""

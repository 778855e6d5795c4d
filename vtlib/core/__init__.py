"""Definitions that every room uses: errors, models, parameters, settings, logs, deadlines.

For: one definition each of platforms, metrics, formats, states (`models`), of a project's
parameters (`params`), of errors with their exit codes (`errors`), of settings and secrets
(`settings`), and of what is logged (`log`, `telemetry`).
Owns: the form of `params/*.yaml`; no table, no command. Imports no other room.
Entry points: `params.parse_params`, `settings.load_settings`, `errors.VtError` and its kinds,
`conclusion.finish_stage` and `skip_stage`.
"""

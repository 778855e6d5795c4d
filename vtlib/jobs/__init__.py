"""Jobs: work that waits in a queue, is done by workers on any machine, or comes of a schedule.

For: `vt jobs`, `vt worker`, `vt schedule`.
Owns: the tables jobs and job_pauses; section `schedule:` of the YAML; in a team the schema `queue`
of the PostgreSQL (procrastinate's), on one machine the timer that `vt schedule install` writes.
Entry points: `queue` (add, list, cancel, pause), `worker.serve`, `schedule`, `timer`. What a kind
of job does is in `kinds`, each a call of its room's own entry point.
"""

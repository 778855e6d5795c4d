"""The store: one DuckDB file a workspace, or a team's PostgreSQL, its schema, and the project that
opens it.

For: every room; `vt check`, `vt backup`, `vt restore`, `vt store`, `vt brand`, `vt product`, `vt
runs`, `vt problems`.
Owns: the schema (`migrations/`, `views/`, `comments/`, `checks/`), and tables brands, products,
projects, project_accounts, project_products, project_posts, reviews, runs, stage_runs, run_figures,
problems, spend.
Entry points: `project.Workspace`, `project.Project`, `connection.Store`, `writes.save`,
`data_checks.run_checks`, `backup`, `catalog`; for a team `postgres.TeamStore`, `transfer`, `roles`.
`pseudonyms` and `leaks/` decide what a client's copy
may show.
"""

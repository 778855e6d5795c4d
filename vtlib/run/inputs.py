"""What a stage reads, as one digest: a stage whose digest is that of its last run is not run again.

Read are the tables of the database (all but those that `UNREAD` names, and of them what does not
belong to other projects alone), the parameters, this
package's files, the notebook, the installed libraries, the files that the parameters name, the
media folder and, where a page depends on it, the day. What a provider or a model would be asked for
is no input: `has_work` asks the stage's own plan.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import vtlib
from vtlib.capture import datasets
from vtlib.core.models import STAGES
from vtlib.run.plan import REPORT, RunPlan
from vtlib.store import visits
from vtlib.store.engine import OF_THIS_DATABASE
from vtlib.store.project import Project
from vtlib.store.pseudonyms import SALT
from vtlib.store.visits import FileStamp

# Tables a stage does not read; tests/run/test_inputs.py traces the SQL of all seven. A new table is
# read by all until it is named here.
_BOOKS = (
    *("runs", "stage_runs", "run_figures", "desk_places", "desk_views", "jobs", "job_pauses"),
    *("published_runs", "script_reviews", "shared_reports", "shared_scripts", "site_people"),
    *("alerts", "alert_looks", "alert_messages", "alert_nights", "alert_readers"),
)
_OUTSIDE = (*_BOOKS, "report_comments", "report_reviews")  # clients' answers: the report's alone
_PATTERNS = ("pattern_platforms", "pattern_runs", "patterns", "verdicts")
_SCRIPTS = (
    *(
        "adaptations",
        "assets",
        "match_decisions",
        "predictions",
        "production_costs",
        "publications",
    ),
    *("script_comments", "script_cuts", "script_matches", "script_people"),
    *("script_status_changes", "script_versions", "scripts", "shoots"),
)
_ANSWERS = (
    *("analyses", "analysis_checks", "analysis_choices", "analysis_claims"),
    *("analysis_corrections", "fit_judgements", "fits", "model_calls"),
)
_VIDEOS = ("covers", "film_samples", "measures", "media", "media_images", "twins")
_SCORES = ("early_calls", "early_tags", "outlier_runs", "outlier_scores", "reviews", "selections")
_ITEMS = ("capture_orders", "capture_targets", "raw_items", "spend")
UNREAD = {
    "import": {*_OUTSIDE, *_PATTERNS, *_SCRIPTS, *_ANSWERS, *_VIDEOS, *_SCORES, *_ITEMS},
    "scraping": {*_OUTSIDE, *_PATTERNS, *_SCRIPTS, *_ANSWERS, *_VIDEOS, *_SCORES}
    - {"publications", "scripts"},
    "outliers": {
        *(*_OUTSIDE, *_PATTERNS, *_SCRIPTS, *_ANSWERS, "film_samples", "media", "media_images"),
        *("twins", "reviews", "capture_orders", "raw_items", "spend", "captures", "problems"),
    },
    "analysis": {
        *(*_OUTSIDE, "adaptations", "assets", "fit_judgements", "match_decisions"),
        *("predictions", "problems", "production_costs", "script_comments", "script_cuts"),
        *("script_people", "script_status_changes", "script_versions", "shoots", "spend"),
        "verdicts",
    },
    "adaptation": {
        *(*_OUTSIDE, "analysis_choices", "capture_orders", "capture_targets", "captures"),
        *("problems", "raw_items", "verdicts"),
    },
    "comparison": {
        *(*_OUTSIDE, *_ITEMS, *_PATTERNS, *_SCRIPTS, "analysis_choices", "captures", "problems"),
        *("film_samples", "twins"),
    },
    "performance": {
        *(*_OUTSIDE, "adaptations", "analysis_choices", "capture_targets", "model_calls"),
        "raw_items",
    },
    REPORT: {*_BOOKS, "raw_items"},
}
# Sections of the parameters it does not read; traced likewise.
_MODEL = ("model", "prices", "adaptation", "comparison")
_SOURCES = ("importing", "scraping")
_OUTCOMES = ("performance", "money", "insight", "schedule")
UNREAD_SECTIONS = {
    "import": {"scraping", "outliers", "media", "analysis", *_MODEL, *_OUTCOMES},
    "scraping": {"importing", "outliers", "media", "analysis", *_MODEL, *_OUTCOMES},
    "outliers": {*_SOURCES, "analysis", *_MODEL, *_OUTCOMES},
    "analysis": {*_SOURCES, "adaptation", "comparison", *_OUTCOMES},
    "adaptation": {*_SOURCES, "insight", "schedule"},
    "comparison": {*_SOURCES, "analysis", *_OUTCOMES},
    "performance": {*_SOURCES, "analysis", "comparison", "insight", "schedule"},
    REPORT: {"schedule"},
}
# Columns that say when a row was written and by which run: of a time only the order counts.
WRITTEN_AT = {
    "outlier_runs": "created_at",
    "selections": "picked_at",
    "analysis_choices": "chosen_at",
    "pattern_runs": "created_at",
    "verdicts": "judged_at",
    "script_matches": "proposed_at",
}
WRITTEN_BY = ("outlier_runs", "analysis_choices", "pattern_runs")
# Settings that a page depends on; of a secret it shows only that there is one.
_SETTINGS = {
    *("apify_token", "gemini_api_key", "cookies_file", "cookies_browser"),
    *("unpacked_max_gb", "unpacked_max_ratio"),
}
_COLUMNS = f"""
SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()
SEMI JOIN (FROM duckdb_tables() WHERE {OF_THIS_DATABASE} AND NOT internal AND NOT temporary)
USING (database_oid, table_oid)
WHERE NOT starts_with(table_name, 'of_project_')
GROUP BY 1
"""
# Stages whose page says what is due or how things stand today.
DAILY = ("scraping", "performance", REPORT)


class StageInputs:
    """The inputs of a run's stages, as they are now."""

    def __init__(self, project: Project, plan: RunPlan) -> None:
        self.project, self.plan = project, plan
        self._tables: dict[str, str] = {}
        self._before: tuple[FileStamp, str, dict[str, str]] = ((), "", {})

    def digest(self, stage: str) -> str:
        """Of everything that `stage` (or REPORT) reads: 32 hex digits."""
        return _sha256([self._beside(stage), self._stamps(stage), self._media(stage)])[:32]

    def begin(self, stage: str) -> None:
        """Note how the database and the files are before `stage` runs."""
        store = self.project.store
        self._tables.clear()
        visits.forget(store.name)
        tables = self._stamps(stage) if store.is_shared else {}
        self._before = (store.stamp(), self._beside(stage), tables)
        self._tables.clear()

    def end(self, stage: str, evaluate: Callable[[str], Any] = eval) -> str:
        """The digest after `stage` has run, "" where anybody else wrote what it reads meanwhile:
        then it may have read what was before.

        `evaluate`: an expression's value in the process of the stage (default: this one).
        """
        modules = '__import__("vtlib.store.visits", fromlist=["visits"])'

        def ask(function: str) -> Any:
            return evaluate(f"{modules}.{function}({self.project.store.name!r})")

        is_shared = self.project.store.is_shared
        digest = self._of_shared(stage, ask) if is_shared else self._of_file(stage, ask)
        return digest if self._beside(stage) == self._before[1] else ""

    def _of_file(self, stage: str, ask: Callable[[str], Any]) -> str:
        """On a file: whoever wrote, to whatever table."""
        visit, now = ask("visit"), self.project.store.stamp()
        first, last, is_alone = visit or (now, now, True)
        if (first, last, is_alone) != (self._before[0], now, True):
            return ""
        digest = self.digest(stage)
        return digest if self.project.store.stamp() == now else ""

    def _of_shared(self, stage: str, ask: Callable[[str], Any]) -> str:
        """On a server, where others always write: of what the stage reads, only what it wrote
        itself may have changed, and in the rooms where it wrote nobody else did.
        """
        counts, own = ask("own_writes")
        digest, (before, _, tables) = self.digest(stage), self._before
        changes = {name for name, stamp in tables.items() if self._tables[name] != stamp}
        if changes - set(own) or visits.were_others(before, self.project.store.stamp(), counts):
            return ""
        return digest

    def has_work(self, stage: str) -> bool:
        """Whether `stage` would capture, fetch or ask for something now."""
        return stage in _WORK and _WORK[stage](self.project)

    def _stamps(self, stage: str) -> dict[str, str]:
        # Pseudonyms: whatever names a stranger anywhere decides what a page may show.
        is_named, store = self.project.names_creators, self.project.store
        with store.read() as connection:
            columns = dict(connection.execute(_COLUMNS).fetchall())
        left_out = UNREAD[stage] if is_named or stage == REPORT else set(_BOOKS)
        names = sorted(set(columns) - left_out)
        if new := {name: columns[name] for name in names if name not in self._tables}:
            slug = self.project.slug if is_named else ""
            rows = store.direct(stamps_sql(new, slug, row_hash=store.row_hash))
            self._tables |= {name: f"{n} {digest}" for name, n, digest in rows}
        return {name: self._tables[name] for name in names}

    def _beside(self, stage: str) -> str:
        """Of all but tables and media."""
        project, settings = self.project, self.project.workspace.settings
        facts: dict[str, Any] = {
            "code": code_digest(),
            "libraries": libraries(),
            "settings": settings.model_dump(mode="json", include=_SETTINGS),
            "params": [
                params.model_dump(mode="json", exclude=UNREAD_SECTIONS[stage])
                for params in (project.params, project.yaml_params or project.params)
            ],
            "files": {str(path): _content(path) for path in self._files(stage)},
        }
        if stage in STAGES:
            facts["given"] = self.plan.parameters(stage)
        if stage in DAILY:
            facts["day"] = f"{project.workspace.now():%Y-%m-%d}"
        return _sha256(facts)

    def _media(self, stage: str) -> list[tuple[str, int, int, int]]:
        """(path, bytes, times of change in ns) of each media file, where a page shows pictures."""
        if stage in ("import", "scraping"):
            return []
        folder = self.project.workspace.outputs / "media"
        files = ((path, path.stat()) for path in folder.rglob("*") if path.is_file())
        return sorted((str(p), f.st_size, f.st_mtime_ns, f.st_ctime_ns) for p, f in files)

    def _files(self, stage: str) -> Iterator[Path]:
        at, params = self.project.workspace, self.project.params.importing
        yield from (at.params_path(self.project.slug), at.root / ".env", at.outputs / SALT)
        if self.plan.params_file:
            yield Path(self.plan.params_file)
        if stage in STAGES:
            yield self.plan.notebook(stage)
        if stage == "import":
            tables = chain.from_iterable((t.file, t.map) for t in params.table_files)
            for pattern in filter(None, (*params.datasets, *tables)):
                if not datasets.names_nothing(pattern, base=at.root):
                    yield from datasets.expand([pattern], base=at.root)


def _import_work(project: Project) -> bool:
    from vtlib.capture import imports  # noqa: PLC0415 - as below: asked where nothing else changed
    from vtlib.media.download.short_links import resolver  # noqa: PLC0415

    return resolver(project) is not None and len(imports.waiting_links(project)) > 0


def _scraping_work(project: Project) -> bool:
    from vtlib.capture import stage  # noqa: PLC0415

    return project.has_apify and stage.has_work(project)


def _analysis_work(project: Project) -> bool:
    from vtlib.analysis import stage  # noqa: PLC0415
    from vtlib.media import stage as media  # noqa: PLC0415

    if media.load(project)["state"].eq("fetch").any():
        return True
    return project.has_model and stage.has_work(project)


def _comparison_work(project: Project) -> bool:
    from vtlib.adaptation import fits  # noqa: PLC0415

    return project.has_model and fits.has_work(project)


def _adaptation_work(project: Project) -> bool:
    from vtlib.adaptation import stage  # noqa: PLC0415

    return _comparison_work(project) or stage.has_work(project)


_WORK: dict[str, Callable[[Project], bool]] = {
    "import": _import_work,
    "scraping": _scraping_work,
    "analysis": _analysis_work,
    "adaptation": _adaptation_work,
    "comparison": _comparison_work,
}


def stamps_sql(tables: Mapping[str, list[str]], slug: str, *, row_hash: str) -> str:
    """SQL for (table, number of rows, sum over their hashes) of each of `tables` (name -> columns);
    the order of rows has no part. Rows that belong to other projects than `slug` alone are left
    out; "" leaves out none.
    """
    parts = [_stamp_sql(*table, slug=slug, row_hash=row_hash) for table in tables.items()]
    with_ = _FOREIGN.format(slug=slug.replace("'", "''")) if slug else ""
    return with_ + "\nUNION ALL ".join(parts)


# What belongs to other projects: themselves, and posts and accounts that they have and this one has
# not. All posts of an account of this project are its own, whoever captured them.
_FOREIGN = """WITH other_projects AS MATERIALIZED (
    SELECT project_id FROM projects WHERE project_id <> '{slug}'
), own_links AS MATERIALIZED (
    SELECT post_id FROM project_posts WHERE project_id = '{slug}'
    UNION SELECT post_id FROM selections WHERE project_id = '{slug}'
    UNION SELECT post_id FROM film_samples WHERE project_id = '{slug}'
    UNION SELECT post_id FROM native_analytics WHERE project_id = '{slug}'
    UNION SELECT post_id FROM scripts WHERE project_id = '{slug}'
    UNION SELECT u.post_id FROM publications AS u JOIN scripts AS s ON s.script_id = u.script_id
        WHERE s.project_id = '{slug}'
), own_accounts AS MATERIALIZED (
    SELECT account_id FROM project_accounts WHERE project_id = '{slug}'
    UNION SELECT p.account_id FROM posts AS p JOIN own_links AS l ON l.post_id = p.post_id
), foreign_links AS MATERIALIZED (
    SELECT DISTINCT l.post_id FROM project_posts AS l
        JOIN other_projects AS o ON o.project_id = l.project_id
), foreign_accounts AS MATERIALIZED (
    SELECT account_id FROM (
        SELECT a.account_id FROM project_accounts AS a
            JOIN other_projects AS o ON o.project_id = a.project_id
        UNION SELECT p.account_id FROM posts AS p JOIN foreign_links AS l ON l.post_id = p.post_id
    ) AS a WHERE account_id IS NOT NULL
    EXCEPT SELECT account_id FROM own_accounts
), foreign_posts AS MATERIALIZED (
    SELECT post_id FROM (
        SELECT post_id FROM foreign_links
        UNION SELECT p.post_id FROM posts AS p
            JOIN foreign_accounts AS a ON a.account_id = p.account_id
    ) AS p
    EXCEPT SELECT p.post_id FROM posts AS p JOIN own_accounts AS a ON a.account_id = p.account_id
    EXCEPT SELECT post_id FROM own_links
), foreign_scripts AS MATERIALIZED (
    SELECT s.script_id FROM scripts AS s JOIN other_projects AS o ON o.project_id = s.project_id
)
"""
_OF_OTHERS = "project_id IN (SELECT project_id FROM other_projects)"
_OF_POSTS = "post_id IN (SELECT post_id FROM foreign_posts)"
_OF_SCRIPTS = "script_id IN (SELECT script_id FROM foreign_scripts)"
# How a row is known to be of others, by the first of these columns that its table has. An answer of
# a model is of its post, whichever project asked.
_KEYS = {
    "project_id": _OF_OTHERS,
    "outlier_run_id": f"SELECT outlier_run_id FROM outlier_runs WHERE {_OF_OTHERS}",
    "pattern_run_id": f"SELECT pattern_run_id FROM pattern_runs WHERE {_OF_OTHERS}",
    "twin_post_id": f"{_OF_POSTS} AND twin_{_OF_POSTS}",
    "script_id": _OF_SCRIPTS,
    "post_id": _OF_POSTS,
    "account_id": "SELECT account_id FROM foreign_accounts",
    "analysis_id": f"SELECT analysis_id FROM analyses WHERE {_OF_POSTS}",
    "capture_id": f"SELECT capture_id FROM captures WHERE {_OF_OTHERS}",
}


def _is_foreign(table: str, columns: list[str]) -> str:
    """SQL: whether a row belongs to other projects alone; "" where that is not known of a table."""
    if table == "analyses":
        return _OF_POSTS
    if {"script_id", "post_id"} <= set(columns) and "project_id" not in columns:
        return f"{_OF_SCRIPTS} AND {_OF_POSTS}"
    column, sql = next(((c, s) for c, s in _KEYS.items() if c in columns), ("", ""))
    return f"{column} IN ({sql})" if sql.startswith("SELECT") else sql


def _stamp_sql(table: str, columns: list[str], *, slug: str, row_hash: str) -> str:
    by = {"run_id"} if table in WRITTEN_BY else set()
    cells = {name: f'"{name}"' for name in columns if name not in by}
    if moment := WRITTEN_AT.get(table):
        order = f'PARTITION BY project_id ORDER BY "{moment}"'
        cells[moment] = f"dense_rank() OVER ({order})"
    digest = row_hash.format(", ".join(cells.values()))
    is_foreign = _is_foreign(table, columns) if slug else ""
    where = f" WHERE ({is_foreign}) IS NOT TRUE" if is_foreign else ""
    rows = f'SELECT {digest} AS digest FROM "{table}"{where}'
    return f"SELECT '{table}' AS name, count(*) AS n, sum(digest) AS digest FROM ({rows}) AS r"


@cache
def code_digest() -> str:
    """Of every file of this package: code, SQL, prompts, templates, models."""
    root = Path(vtlib.__file__).parent
    files = (p for p in sorted(root.rglob("*")) if p.suffix != ".pyc" and p.is_file())
    return _sha256([(str(p.relative_to(root)), _content(p)) for p in files])


@cache
def libraries() -> list[str]:
    """Python's version and what is installed beside it, by name and version."""
    folders = (p for entry in sys.path for p in Path(entry).glob("*.dist-info"))
    return [sys.version, *sorted({p.name for p in folders})]


def _content(path: Path) -> str:
    """The digest of a file's content; "" where there is none."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _sha256(facts: Any) -> str:
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()

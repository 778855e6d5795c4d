"""What a stage reads, as one digest: a stage whose digest is that of its last run is not run again.

Read are the tables of the database (all but those that `UNREAD` names), the parameters, this
package's files, the notebook, the installed libraries, the files that the parameters name, the
media folder and, where a page depends on it, the day. What a provider or a model would be asked for
is no input: `has_work` asks the stage's own plan.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import vtlib
from vtlib.capture import datasets
from vtlib.core.models import STAGES
from vtlib.run.plan import REPORT, RunPlan
from vtlib.store import visits
from vtlib.store.project import Project
from vtlib.store.pseudonyms import SALT
from vtlib.store.visits import FileStamp

# Tables a stage does not read; tests/run/test_inputs.py traces the SQL of all seven. A new table is
# read by all until it is named here.
_BOOKS = (
    *("runs", "stage_runs", "run_figures", "desk_places", "desk_views", "jobs", "job_pauses"),
    *("published_runs", "script_reviews", "shared_scripts", "site_people"),
)
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
    "import": {*_BOOKS, *_PATTERNS, *_SCRIPTS, *_ANSWERS, *_VIDEOS, *_SCORES, *_ITEMS},
    "scraping": {*_BOOKS, *_PATTERNS, *_SCRIPTS, *_ANSWERS, *_VIDEOS, *_SCORES}
    - {"publications", "scripts"},
    "outliers": {
        *(*_BOOKS, *_PATTERNS, *_SCRIPTS, *_ANSWERS, "film_samples", "media", "media_images"),
        *("twins", "reviews", "capture_orders", "raw_items", "spend", "captures", "problems"),
    },
    "analysis": {
        *(*_BOOKS, "adaptations", "assets", "fit_judgements", "match_decisions"),
        *("predictions", "problems", "production_costs", "script_comments", "script_cuts"),
        *("script_people", "script_status_changes", "script_versions", "shoots", "spend"),
        "verdicts",
    },
    "adaptation": {
        *(*_BOOKS, "analysis_choices", "capture_orders", "capture_targets", "captures"),
        *("problems", "raw_items", "verdicts"),
    },
    "comparison": {
        *(*_BOOKS, *_ITEMS, *_PATTERNS, *_SCRIPTS, "analysis_choices", "captures", "problems"),
        *("film_samples", "twins"),
    },
    "performance": {
        *(*_BOOKS, "adaptations", "analysis_choices", "capture_targets", "model_calls"),
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
_COLUMNS = """
SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()
SEMI JOIN (FROM duckdb_tables() WHERE NOT internal AND NOT temporary)
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
        self._before: tuple[FileStamp, str] = ((), "")

    def digest(self, stage: str) -> str:
        """Of everything that `stage` (or REPORT) reads: 32 hex digits."""
        return _sha256([self._beside(stage), self._stamps(stage), self._media(stage)])[:32]

    def begin(self, stage: str) -> None:
        """Note how the database and the files are before `stage` runs."""
        self._tables.clear()
        visits.forget(self.project.store.name)
        self._before = (self.project.store.stamp(), self._beside(stage))

    def end(self, stage: str, evaluate: Callable[[str], Any] = eval) -> str:
        """The digest after `stage` has run, "" where anybody else wrote meanwhile: then it may have
        read what was before.

        `evaluate`: an expression's value in the process of the stage (default: this one).
        """
        modules = '__import__("vtlib.store.visits", fromlist=["visits"])'
        visit = evaluate(f"{modules}.visit({self.project.store.name!r})")
        now = self.project.store.stamp()
        first, last, is_alone = visit or (now, now, True)
        if (first, last, is_alone) != (self._before[0], now, True):
            return ""
        digest = self.digest(stage)
        is_same = self.project.store.stamp() == now
        return digest if is_same and self._beside(stage) == self._before[1] else ""

    def has_work(self, stage: str) -> bool:
        """Whether `stage` would capture, fetch or ask for something now."""
        return stage in _WORK and _WORK[stage](self.project)

    def _stamps(self, stage: str) -> dict[str, str]:
        # Pseudonyms: whatever names a stranger anywhere decides what a page may show.
        named = self.project.names_creators or stage == REPORT
        with self.project.store.read() as connection:
            columns = dict(connection.execute(_COLUMNS).fetchall())
            names = sorted(set(columns) - (UNREAD[stage] if named else set(_BOOKS)))
            for name in names:
                if name not in self._tables:
                    stamp = connection.execute(_stamp_sql(name, columns[name])).fetchone()
                    self._tables[name] = repr(stamp)
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


def _stamp_sql(table: str, columns: list[str]) -> str:
    """SQL for the number of rows and a sum over their hashes; the order of rows has no part."""
    by = {"run_id"} if table in WRITTEN_BY else set()
    cells = {name: f'"{name}"' for name in columns if name not in by}
    if moment := WRITTEN_AT.get(table):
        order = f'PARTITION BY project_id ORDER BY "{moment}"'
        cells[moment] = f"dense_rank() OVER ({order})"
    row = ", ".join(cells.values())
    return f'SELECT count(*), sum(hash) FROM (SELECT hash({row}) AS hash FROM "{table}")'


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

"""The run's folder and its `run.json`: what was run, with what, and how it went."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import vtlib
from vtlib.core.whole_files import write_whole
from vtlib.run.plan import RunPlan, RunResult

PACKAGES = (
    "altair",
    "duckdb",
    "ipykernel",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "pydantic",
    "scipy",
    "viraltracker",
)
RECORD = "run.json"
# All that a client's run.json holds, of the run and of each stage (besides its reason and
# headline).
CLIENT_FACTS = (
    *("run_id", "project", "profile", "creators", "code_version", "started_at", "ended_at"),
    *("status", "exit_code", "code", "packages", "report_digest"),
)
STAGE_FACTS = (
    *("stage", "status", "counts", "seconds", "started_at", "ended_at", "notebook", "page"),
    *("exit_code", "digest"),
)
COMPUTING = (
    *("core", "store", "platforms", "capture", "media", "outliers", "llm", "analysis"),
    *("performance", "adaptation"),
)
TELLING = (
    "vtlib/performance/competitors",
    "vtlib/performance/competitor_stage",
    "vtlib/performance/creatives",
)
_SOURCES = (".py", ".sql", ".onnx", ".ipynb")
_NUMERIC = ("python", "duckdb", "numpy", "pandas", "pyarrow", "scipy")
GIT_TIMEOUT_S = 10


def open_run(plan: RunPlan, *, began: datetime | None = None) -> RunResult:
    """Make the folder of a new run, `outputs/<slug>/runs/<utc>/`, and its first `run.json`.

    `began`: when the run began, kernels and all (UTC; default: now).

    A second run in the same second takes the next free one, so folders are unique and in order.
    """
    started_at = began or datetime.now(UTC)
    runs = plan.outputs / plan.project / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    moment = plan.moment or started_at
    while True:
        stamp = f"{moment:%Y%m%dT%H%M%SZ}"
        try:
            (runs / stamp).mkdir()
        except FileExistsError:
            moment += timedelta(seconds=1)
        else:
            break
    run = RunResult(
        run_id=f"{plan.project}-{stamp}",
        project=plan.project,
        folder=runs / stamp,
        profile=plan.profile,
        creators=plan.creators,
        code_version=code_version(),
        params=plan.params,
        started_at=started_at,
    )
    save(run)
    return run


def save(run: RunResult, *, tell: Callable[[str], str] = str) -> None:
    """Write `run.json` atomically; with pseudonyms only CLIENT_FACTS, sentences by `tell`."""
    facts = asdict(run) | {"exit_code": run.exit_code, "code": code_facts(), "packages": packages()}
    del facts["folder"]  # it is where the file lies, wherever that is carried to
    if run.creators == "pseudonyms":
        facts = _for_client(facts, tell)
    write_whole(run.folder / RECORD, json.dumps(facts, indent=1, default=_json) + "\n")


def _for_client(facts: dict[str, Any], tell: Callable[[str], str]) -> dict[str, Any]:
    """Without parameters: they name accounts, files and search words."""
    stages = [
        {name: stage[name] for name in STAGE_FACTS}
        | {"reason": tell(stage["reason"]), "headline": [tell(line) for line in stage["headline"]]}
        | {"origin": stage["origin"] and {k: tell(v) for k, v in stage["origin"].items()}}
        for stage in facts["stages"]
    ]
    return {name: facts[name] for name in CLIENT_FACTS} | {"stages": stages}


def code_version() -> str:
    """The version of this package with its git commit: `0.1.0+gc34b34e`, `.dirty` when edited.

    Only the version where the package is not run from a git clone.
    """
    facts = code_facts()
    commit, dirty = facts["git_commit"], ".dirty" if facts["git_is_dirty"] else ""
    return f"{facts['version']}+g{commit[:7]}{dirty}" if commit else str(facts["version"])


@cache
def code_facts() -> dict[str, Any]:
    """version, git_commit (40 hex digits or None), git_is_dirty (tracked files edited; or None)."""
    root = Path(vtlib.__file__).parents[1]
    commit = _git(root, "rev-parse", "HEAD") if (root / ".git").exists() else None
    changes = _git(root, "status", "--porcelain", "--untracked-files=no") if commit else None
    return {
        "version": vtlib.__version__,
        "git_commit": commit or None,
        "git_is_dirty": None if changes is None else bool(changes),
    }


@cache
def computing_code() -> dict[str, str]:
    """What can change a figure: a digest of the sources of each room that computes, and versions of
    packages.

    Notebooks are a room here. Docs, tests, looks and what only tells (TELLING) have no part in it,
    so two commits that compute the same have the same digests. Prompts are no code: they are
    recorded with the answers they got.
    """
    root = Path(vtlib.__file__).parent
    rooms = {room: (root / room).rglob("*") for room in COMPUTING}
    rooms["notebooks"] = (root.parent / "notebooks").glob("*.ipynb")
    digests = {room: f"#{_digest(files, root.parent)}" for room, files in rooms.items()}
    return digests | {name: v for name, v in packages().items() if name in _NUMERIC}


def _digest(files: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in files if p.suffix in _SOURCES):
        name = path.relative_to(root).as_posix()
        if not name.startswith(TELLING):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]


@cache
def packages() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _git(root: Path, *arguments: str) -> str | None:
    try:
        process = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(root), *arguments],  # noqa: S607 - the user's git, wherever it is
            capture_output=True,
            text=True,
            timeout=GIT_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return process.stdout.strip()


def _json(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)

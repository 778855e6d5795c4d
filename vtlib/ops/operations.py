"""Operations: health checks, usage and errors, backup and restore."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from vtlib.core import log
from vtlib.core.errors import BadInput, StoreBusy, VtError
from vtlib.core.param_keys import read_yaml
from vtlib.core.params import Params, parse_params
from vtlib.ops import connectivity, health
from vtlib.ops.health import HealthCheck
from vtlib.store import backup, usage
from vtlib.store.project import Workspace
from vtlib.store.usage import UsageScope

LOCK_WAIT_MAX_S = 3.0  # the doctor reports a held database rather than wait for it


def examine(at: Workspace, *, is_offline: bool = False) -> list[HealthCheck]:
    """Everything `vt doctor` says: the machine, the workspace, the database, and the services'
    answers.

    Services are asked all at once, one free call each; `is_offline` asks none.
    """
    checks = [*_machine(at), *_workspace(at), *_database(at)]
    if is_offline:
        return [*checks, HealthCheck("services", "ok", "not asked (--offline)")]
    return [*checks, *_services(at)]


def exit_code(findings: list[HealthCheck]) -> int:
    """The highest exit code among failures, else 0: a warning is no failure."""
    return max((f.exit_code for f in findings if f.state == "fail"), default=0)


@dataclass(frozen=True)
class UsageReport:
    """What was done, failed and spent; frames as `store/usage.py` gives them, secrets masked."""

    span: UsageScope
    days: pd.DataFrame
    problem_days: pd.DataFrame
    spend_days: pd.DataFrame
    problem_counts: pd.DataFrame
    runs: pd.DataFrame

    @property
    def totals(self) -> dict[str, float]:
        """The sum of each figure over the days."""
        return {str(c): float(self.days[c].sum()) for c in self.days.columns if c != "day"}


def usage_report(at: Workspace, over: UsageScope) -> UsageReport:
    """Errors and usage over a span."""
    redact = log.redactor(at.settings.secrets)

    def masked(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.map(lambda v: redact(v) if isinstance(v, str) else v)

    runs = usage.run_list(at.store, project=over.project, limit=20)
    return UsageReport(
        span=over,
        days=usage.days(at.store, over),
        problem_days=usage.problem_days(at.store, over),
        spend_days=usage.spend_days(at.store, over),
        problem_counts=masked(usage.problem_counts(at.store, over)),
        runs=masked(runs.drop(columns=["params", "folder"])),
    )


def back_up(at: Workspace, target: Path, *, with_media: bool = False) -> backup.BackupSummary:
    """Copy the database and `params/` (and the media) to `target`, a folder or `.zip` that is not
    there yet.

    Keys and settings (`.env`) are left out. Raises BadInput when `target` exists, StoreBusy.
    """
    files = at.params_files() + ([path for path, _ in _media(at)] if with_media else [])
    return backup.save(at.store, target.expanduser().resolve(), root=at.root, files=files)


def restore(source: Path, into: Path) -> backup.BackupSummary:
    """Make a workspace of a backup in an empty or new folder; raises as `backup.restore` does."""
    return backup.restore(source.expanduser().resolve(), into.expanduser().resolve())


def _machine(at: Workspace) -> list[HealthCheck]:
    settings = at.settings
    return [
        *health.python(),
        *health.packages(),
        *health.codecs(),
        *health.helpers(),
        *health.yt_dlp_age(at.now().date()),
        *health.fonts(),
        *health.cookies(settings.cookies_file, settings.cookies_browser),
    ]


def _workspace(at: Workspace) -> list[HealthCheck]:
    """The folder, its parameter files (each is read), its disk and its `.env`."""
    projects, checks = _read_params(at)
    if not os.access(at.root, os.W_OK):
        todo = "Change its owner, or name another folder in VT_HOME."
        checks.append(HealthCheck("workspace", "fail", f"{at.root} cannot be written", todo, 2))
    elif not at.params_folder.is_dir():
        says = f"{at.root} has no params/: it is no workspace yet"
        checks.append(HealthCheck("workspace", "warn", says, "Run: vt init"))
    else:
        says = f"{at.root}, {len(projects)} parameter files that can be used"
        checks.append(HealthCheck("workspace", "ok", says))
    checks += _open_to_others("keys in .env", at.root / ".env", mode="600")
    checks += _open_to_others("outputs", at.outputs, mode="700")
    quotas = [p.media.quota_gb for p in projects if p.media.quota_gb]
    media_size = sum(size for _, size in _media(at))
    quota = int(min(quotas) * 1e9) if quotas else None
    return [*checks, *health.disk(at.root, media_bytes=media_size, quota_bytes=quota)]


def _open_to_others(name: str, path: Path, *, mode: str) -> list[HealthCheck]:
    """A warning when other users of this machine can read `path`."""
    if os.name != "posix" or not path.exists() or not path.stat().st_mode & 0o077:
        return []
    todo = f"Run: chmod {mode} {path}"
    return [HealthCheck(name, "warn", "others on this machine can read it", todo)]


def _read_params(at: Workspace) -> tuple[list[Params], list[HealthCheck]]:
    """The parameter files that can be used, and a finding for each that cannot."""
    good, bad = [], []
    for path in at.params_files():
        try:
            good.append(parse_params(read_yaml(path), file=path.name))
        except BadInput as error:
            bad.append(
                HealthCheck("parameters", "fail", error.message, error.todo, error.exit_code)
            )
    return good, bad


def _database(at: Workspace) -> list[HealthCheck]:
    path, is_file = at.settings.database_path, not at.settings.database_url
    if is_file and not path.exists():
        return [HealthCheck("database", "warn", f"none yet at {path}", "Run: vt init")]
    try:
        store = replace(at.store, wait_s=min(at.settings.lock_wait_s, LOCK_WAIT_MAX_S))
        posts = int(store.query("SELECT count(*) AS n FROM posts")["n"].iloc[0])
    except StoreBusy as error:
        todo = "Wait until it is done, or close it; then run the command again."
        return [HealthCheck("database", "fail", error.message, todo, error.exit_code)]
    except VtError as error:
        return [HealthCheck("database", "fail", error.message, error.todo, error.exit_code)]
    state = f"{path.stat().st_size / 1e6:,.1f} MB, nobody holds it" if is_file else store.name
    return [HealthCheck("database", "ok", f"{posts:,} posts, {state}")]


def _services(at: Workspace) -> list[HealthCheck]:
    """Services in parallel, results in a fixed order."""
    settings = at.settings
    token = settings.apify_token.get_secret_value() if settings.apify_token else None
    key = settings.gemini_api_key.get_secret_value() if settings.gemini_api_key else None
    probes = [
        lambda: connectivity.apify(token, settings.apify_url),
        lambda: connectivity.gemini(key, settings.gemini_url),
    ]
    storages = {settings.media_storage, *(p.media.storage for p in _read_params(at)[0])}
    buckets = sorted(s for s in storages if s and s.startswith("s3://"))
    probes += [partial(connectivity.bucket, url) for url in buckets]
    # Pointed at this machine, nothing outside is meant to be asked.
    if not connectivity.is_here(settings.apify_url):
        probes.append(lambda: connectivity.reachable(connectivity.SERVICES, what="service hosts"))
        probes.append(lambda: connectivity.reachable(connectivity.VIDEO_HOSTS, what="video hosts"))
    with ThreadPoolExecutor(max_workers=len(probes)) as pool:
        return [finding for checks in pool.map(lambda ask: ask(), probes) for finding in checks]


def _media(at: Workspace) -> Iterator[tuple[Path, int]]:
    """Downloaded files with their bytes, without unfinished ones."""
    from vtlib.media.folder import MediaFolder  # noqa: PLC0415 - brings yt-dlp with it

    for name, size in MediaFolder(at.outputs).list_files():
        if not name.startswith("media/tmp/"):
            yield at.outputs / name, size

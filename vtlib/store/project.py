"""The object a notebook opens: paths, parameters, store; the holder of secrets.

No database connection is held: operations open their own, or share one within a session
(`one_session`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

from vtlib.core import log, telemetry
from vtlib.core.settings import Settings, is_url, load_settings
from vtlib.store.connection import Store

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.core.params import Params
    from vtlib.store.leaks import Needles
    from vtlib.store.pseudonyms import Pseudonyms

_COSTS = ("cost", "usd", "tokens", "charged_usd")  # columns that say what somebody paid


@dataclass(frozen=True)
class Workspace:
    """A folder with `params/`, `outputs/` and one database, whatever the project."""

    settings: Settings

    @property
    def root(self) -> Path:
        return self.settings.root

    @property
    def outputs(self) -> Path:
        return self.settings.outputs

    @property
    def params_folder(self) -> Path:
        return self.root / "params"

    @cached_property
    def store(self) -> Store:
        settings = self.settings
        place = settings.database_url or str(settings.database_path)
        return store_at(place, wait_s=settings.lock_wait_s)

    def params_files(self) -> list[Path]:
        """The YAML files of its projects, in order."""
        return sorted(self.params_folder.glob("*.y*ml"))

    def params_path(self, project: str) -> Path:
        """The YAML of a project named by its slug or by the path of a YAML file."""
        if project.endswith((".yaml", ".yml")):
            return Path(project).expanduser().resolve()
        return self.params_folder / f"{project}.yaml"

    def now(self) -> datetime:
        """The time in UTC, passed on as an argument; VT_CLOCK sets it for simulated projects."""
        clock = self.settings.clock
        if clock is None:
            return datetime.now(UTC)
        return clock.astimezone(UTC) if clock.tzinfo else clock.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Project:
    """One project of a workspace, with its parameters resolved.

    `declared` are the parameters as the project's YAML alone gives them; None = no others are known
    than `params`.
    """

    workspace: Workspace
    params: Params
    run_id: str = ""
    yaml_params: Params | None = None

    @property
    def slug(self) -> str:
        return self.params.project

    @property
    def store(self) -> Store:
        return self.workspace.store

    @property
    def is_client(self) -> bool:
        return self.params.report.profile == "client"

    @property
    def is_replay(self) -> bool:
        """Whether recorded replies answer instead of a model; then nothing is fetched."""
        return self.workspace.settings.replay is not None

    @property
    def has_apify(self) -> bool:
        return self.workspace.settings.apify_token is not None and not self.is_replay

    @property
    def has_model(self) -> bool:
        """Whether a model can be asked: there is a key, or a recording."""
        return self.is_replay or self.workspace.settings.gemini_api_key is not None

    @classmethod
    def of(cls, workspace: Workspace, slug: str) -> Project:
        """The project from its YAML, without the database. Raises BadInput for a wrong YAML."""
        return cls(workspace, resolve(workspace, slug))

    @classmethod
    def open(
        cls,
        project: str,
        *,
        home: str = "",
        params_file: str = "",
        profile: str = "",
        run_id: str = "",
        **sections: dict[str, Any],
    ) -> Project:
        """Open a project: defaults < its YAML (when there is one) < `sections`.

        `project` is a slug; `home` a workspace (default: VT_HOME, else the nearest folder with
        params/); `sections` are parameter sections by name, e.g. outliers={"method": "robust_z"}.
        Raises BadInput for unknown keys, naming the nearest.
        """
        from vtlib.core.param_keys import merge  # noqa: PLC0415 - as in resolve

        settings = load_settings(Path(home) if home else None)
        workspace = Workspace(settings)
        # A page shows what a notebook prints: nothing below a warning.
        level = "ERROR" if settings.log_level == "ERROR" else "WARNING"
        log.set_up(
            settings.outputs / "logs",
            level=level,
            secrets=settings.secrets,
            run_id=run_id,
            file=settings.log_file,
        )
        log.about(project=project)
        telemetry.set_up(
            sentry_dsn=settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else "",
            otlp_endpoint=settings.otlp_endpoint or "",
        )
        over = merge(sections, {"report": {"profile": profile}} if profile else {})
        # A run has warned of old keys; its seven notebooks need not do so again.
        params = resolve(workspace, project, over=over, file=params_file, warn=not run_id)
        yaml_params = declared_params(workspace, params.project, file=params_file or project)
        return cls(workspace, params, run_id, yaml_params)

    def frame(self, query: str, **values: Any) -> pd.DataFrame:
        """The answer to a named query (store/queries/<query>.sql) for this project."""
        return self.store.query_file(query, project=self.slug, **values)

    @property
    def names_creators(self) -> bool:
        """Whether pages name creators; else they hold nothing that leads to one."""
        return self.params.report.naming == "named"

    def shows(self, what: Literal["costs", "drafts"]) -> bool:
        """Whether the reader sees costs (money, tokens) or drafts (scripts not approved)."""
        return self.params.report.shows(what)

    def visible(self, frame: pd.DataFrame, *, ours: Collection[str] = ()) -> pd.DataFrame:
        """A frame as the reader may see it: the same rows and numbers.

        With pseudonyms strangers' rows keep what vtlib/store/pseudonyms lists, and the columns
        `ours`, whose texts this project or this package wrote, where they name nobody.
        """
        if not self.shows("costs"):
            frame = frame.assign(**{c: None for c in _COSTS if c in frame})
        return frame if self.names_creators else self._pseudonyms.apply(frame, ours)

    def visible_text(self, text: str) -> str:
        """A text of ours for the reader; with pseudonyms only if it names no stranger."""
        return text if self.names_creators else self._pseudonyms.told(text)

    def fresh(self) -> Project:
        """The same project without cached values, for what a stage has just captured."""
        return Project(self.workspace, self.params, self.run_id, self.yaml_params)

    def visible_id(self, what: str, own_id: str) -> str:
        """An id of ours, which may hold a title; with pseudonyms a code if it names a stranger."""
        if self.names_creators or self.visible_text(own_id) == own_id:
            return own_id
        return self._pseudonyms.code(what, own_id)

    def visible_costs(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame about money: without rows for a client who is not shown costs."""
        return frame if self.shows("costs") else frame.iloc[:0]

    @cached_property
    def needles(self) -> Needles:
        """What leads to a stranger, from the whole workspace: names, ids, addresses, words."""
        from vtlib.store.pseudonyms import project_needles  # noqa: PLC0415

        params = self.params.model_dump(
            mode="json", include={"project", "title", "brand", "products"}
        )
        return project_needles(self.store, self.slug, own=_texts(params))

    @cached_property
    def _pseudonyms(self) -> Pseudonyms:
        from vtlib.store import pseudonyms  # noqa: PLC0415 - only a client's copy needs them

        return pseudonyms.for_project(
            self.frame("accounts"),
            salt=f"{pseudonyms.workspace_salt(self.workspace.outputs)} {self.slug}",
            is_ours=lambda text: next(self.needles.within(text), None) is None,
            about=pseudonyms.post_descriptions(self.store, self.slug),
        )


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


def resolve(
    workspace: Workspace,
    project: str,
    *,
    over: dict[str, Any] | None = None,
    file: str = "",
    warn: bool = True,
) -> Params:
    """The parameters of a project: its YAML, where there is one, updated by `over`.

    `project` may be the path of a YAML file; `warn` of keys that have a new name. Raises BadInput
    when a named file is missing.
    """
    # A quarter of a second for pydantic to build every section: lists of the workspace read no
    # YAML.
    from vtlib.core.param_keys import merge, read_yaml, use_new_keys  # noqa: PLC0415
    from vtlib.core.params import parse_params  # noqa: PLC0415

    path = Path(file) if file else workspace.params_path(project)
    is_file = bool(file) or project.endswith((".yaml", ".yml"))
    data = read_yaml(path) if is_file or path.exists() else {"project": project}
    layers = merge(use_new_keys(data, warn=warn), use_new_keys(over or {}, warn=warn))
    return parse_params(layers, file=str(path) if path.exists() else "")


def declared_params(workspace: Workspace, slug: str, *, file: str = "") -> Params:
    """The parameters of params/<slug>.yaml; where that is missing those of `file`, if it names a
    YAML, else the defaults.
    """
    is_file = file.endswith((".yaml", ".yml"))
    if is_file and not workspace.params_path(slug).exists():
        return resolve(workspace, slug, file=file, warn=False)
    return resolve(workspace, slug, warn=False)


def store_at(place: str, *, wait_s: float = 60.0) -> Store:
    """The store in a DuckDB file or, where `place` is postgresql://…, on that server."""
    if not is_url(place):
        return Store(Path(place).expanduser().resolve(), wait_s=wait_s)
    from vtlib.store.postgres import TeamStore  # noqa: PLC0415 - one analyst needs no server

    return TeamStore.at(place, wait_s=wait_s)


class HasStore(Protocol):
    """A workspace or a project."""

    @property
    def store(self) -> Store: ...


Place = TypeVar("Place", bound=HasStore)
P = ParamSpec("P")
R = TypeVar("R")


def one_session(
    function: Callable[Concatenate[Place, P], R],
) -> Callable[Concatenate[Place, P], R]:
    """Decorator: operations of the function share one open database (`Store.session`)."""

    @functools.wraps(function)
    def call(place: Place, /, *args: P.args, **values: P.kwargs) -> R:
        with place.store.session(is_reading=True):
            return function(place, *args, **values)

    return call

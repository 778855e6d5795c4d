"""Settings from the environment and `.env`: where things are, and secrets. Never parameters."""

from __future__ import annotations

import getpass
import os
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from vtlib.core.errors import BadInput

DATABASE = "viraltracker.duckdb"


class Settings(BaseModel):
    """Everything the environment decides; `.env.example` has the descriptions."""

    model_config = ConfigDict(extra="ignore")

    home: Path = Field(
        default=Path(),
        validation_alias="VT_HOME",
        description="Workspace folder: params/, outputs/ and .env live in it (default: the "
        "current folder)",
    )
    database: SecretStr | None = Field(
        default=None,
        validation_alias="VT_DATABASE",
        description="The DuckDB file (default: $VT_HOME/outputs/viraltracker.duckdb), or "
        "postgresql://user@host/name for a team",
    )
    person: str | None = Field(
        default=None,
        validation_alias="VT_PERSON",
        description="Who works here, for what people decide (default: the user in VT_DATABASE, "
        "else the login)",
    )
    apify_url: str | None = Field(
        default=None,
        validation_alias="VT_APIFY_URL",
        description="Base URL of the Apify API (unset = the real one)",
    )
    gemini_url: str | None = Field(
        default=None,
        validation_alias="VT_GEMINI_URL",
        description="Base URL of the Gemini API (unset = the real one)",
    )
    apify_token: SecretStr | None = Field(
        default=None, validation_alias="APIFY_TOKEN", description="Apify API token, for scraping"
    )
    gemini_api_key: SecretStr | None = Field(
        default=None, validation_alias="GEMINI_API_KEY", description="Gemini API key, for analysis"
    )
    media_storage: str | None = Field(
        default=None,
        pattern="^s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9._/-]*)?$",
        validation_alias="VT_MEDIA_STORAGE",
        description="Where media are stored, s3://bucket/prefix; the media folder is then a cache "
        "(unset = the folder alone). Keys as for the AWS tools",
    )
    cookies_file: Path | None = Field(
        default=None,
        validation_alias="VT_COOKIES_FILE",
        description="Netscape cookie file for downloads (unset = none)",
    )
    cookies_browser: str | None = Field(
        default=None,
        validation_alias="VT_COOKIES_BROWSER",
        description="Browser to take cookies from, e.g. firefox (unset = none)",
    )
    clock: datetime | None = Field(
        default=None,
        validation_alias="VT_CLOCK",
        description="ISO time taken for now, for simulated projects (unset = the real time)",
    )
    replay: Path | None = Field(
        default=None,
        validation_alias="VT_REPLAY",
        description="Folder of recorded replies (vt run --record) that answer instead of a "
        "model; nothing is fetched",
    )
    lock_wait_s: float = Field(
        default=60.0,
        ge=0,
        validation_alias="VT_LOCK_WAIT_S",
        description="Seconds to wait for the database before saying who holds it",
    )
    unpacked_max_gb: float = Field(
        default=4.0,
        gt=0,
        validation_alias="VT_UNPACKED_MAX_GB",
        description="GB that a packed file (zip, gzip, workbook) may unpack to; more is refused",
    )
    unpacked_max_ratio: float = Field(
        default=200.0,
        gt=0,
        validation_alias="VT_UNPACKED_MAX_RATIO",
        description="Times its own size that a packed file may unpack to, beyond 50 MB; more is "
        "refused",
    )
    log_file: Path | None = Field(
        default=None,
        validation_alias="VT_LOG_FILE",
        description="One more file for every event, as --log-file (unset = none; "
        "outputs/logs/vt.jsonl always)",
    )
    sentry_dsn: SecretStr | None = Field(
        default=None,
        validation_alias="VT_SENTRY_DSN",
        description="Sentry DSN that errors are sent to, nothing personal in them (unset = "
        "nothing is sent)",
    )
    otlp_endpoint: str | None = Field(
        default=None,
        validation_alias="VT_OTLP_ENDPOINT",
        description="OTLP/HTTP address that traces are sent to, e.g. http://127.0.0.1:4318 "
        "(unset = nothing is sent)",
    )
    log_level: str = Field(
        default="WARNING",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        validation_alias="VT_LOG_LEVEL",
        description="Least level on the console: DEBUG, INFO, WARNING or ERROR (the file has all)",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: Any, info: ValidationInfo) -> Any:
        """A blank value means the default; blanks around a value are stripped."""
        if not isinstance(value, str):
            return value
        return value.strip() or cls.model_fields[str(info.field_name)].default

    @cached_property
    def root(self) -> Path:
        """The workspace as an absolute path."""
        return self.home.expanduser().resolve()

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    @property
    def database_url(self) -> str:
        """VT_DATABASE where it names a PostgreSQL, maybe with a password; "" where it is a file."""
        text = self.database.get_secret_value() if self.database else ""
        return text if is_url(text) else ""

    @property
    def database_path(self) -> Path:
        """The DuckDB file, or where it would be."""
        text = self.database.get_secret_value() if self.database else ""
        path = Path(text) if text and not self.database_url else self.outputs / DATABASE
        return path.expanduser().resolve()

    def variable(self, name: str) -> str:
        """A variable that a YAML names, from the environment, else `.env`; "" = not set."""
        value = os.environ.get(name) or dotenv_values(self.root / ".env", encoding="utf-8").get(
            name
        )
        return (value or "").strip()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Secret values as text, for redaction only."""
        keys = (self.apify_token, self.gemini_api_key, self.sentry_dsn)
        values = [s.get_secret_value() for s in keys if s]
        return tuple(v for v in (*values, *url_passwords(self.database_url)) if v)


def load_settings(home: Path | None = None) -> Settings:
    """Read the environment, then `.env` in the workspace. What `.env` has for the tools of AWS and
    PostgreSQL (AWS_…, PG…) goes into the environment, where those look for it.

    The workspace is `home`, else VT_HOME, else the nearest folder from here upwards that holds
    `params/`, else the current folder. Raises BadInput naming the variable that is wrong.
    """
    root = home or Path(os.environ.get("VT_HOME") or _nearest_workspace(Path.cwd()))
    try:
        # What pydantic-settings would do for these flat names, at a third of a second less for
        # every start.
        own = dotenv_values(root / ".env", encoding="utf-8")
        for name, value in own.items():
            if name.startswith(("AWS_", "PG")) and value:
                os.environ.setdefault(name, value)
        names = {**own, **os.environ}
        settings = Settings.model_validate(
            {k.upper(): v for k, v in names.items() if v is not None}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            f"{first['loc'][0]} {first['msg'].lower()}",
            todo="Correct it in the environment or in .env.",
        ) from None
    return settings.model_copy(update={"home": root.resolve()})


def person() -> str:
    """Who works here, for what people decide: VT_PERSON, else the user in the URL of VT_DATABASE,
    else the name of the login.
    """
    try:
        settings = load_settings()
        return settings.person or url_user(settings.database_url) or getpass.getuser()
    except (BadInput, KeyError, OSError):
        return "somebody"


def is_url(database: str) -> bool:
    """Whether VT_DATABASE names a PostgreSQL."""
    return database.startswith(("postgresql://", "postgres://"))


def url_user(url: str) -> str:
    """The user in the URL of a PostgreSQL, "" where it names none."""
    return unquote(urlsplit(url).username or "")


def url_passwords(url: str) -> tuple[str, ...]:
    """The password in the URL of a PostgreSQL, as written and decoded; of no password nothing."""
    parts = urlsplit(url)
    query = [value for name, value in parse_qsl(parts.query) if name == "password"]
    words = [parts.password or "", unquote(parts.password or ""), *query]
    return tuple(dict.fromkeys(w for w in words if w))


def make_private(folder: Path) -> None:
    """Create `folder` readable by its owner alone; an existing one keeps its rights."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)


def _nearest_workspace(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / "params").is_dir():
            return folder
    return start

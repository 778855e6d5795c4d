"""The typed parameters of a project: `params/<slug>.yaml`, checked, with unknown keys refused.

Precedence: default here (and in the notebook) < the YAML file < `-p section.key=value`.
A section has the name of its stage (`importing` for 01, since `import` is a Python keyword).
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from vtlib.core.cron import is_cron
from vtlib.core.errors import BadInput, nearest
from vtlib.core.language import PageReader
from vtlib.core.models import REACH_METRICS, AlertKind, Format, Method, Platform, in_words
from vtlib.core.param_keys import use_new_keys

Slug = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")


class Section(BaseModel):
    """Base of every section: frozen, and a key that does not exist is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Brand(Section):
    slug: str = Slug
    name: str = ""


class Product(Section):
    """Facts of a product; adaptation may claim nothing else."""

    slug: str = Slug
    name: str = ""
    description: str = ""
    audience: str = ""
    price: str = Field("", description="as a customer reads it, with its currency")
    problems: list[str] = []
    benefits: list[str] = []
    features: list[str] = []
    context_prompt: str = Field("", description="further context for the model")


class TrackedAccount(Section):
    platform: Platform
    handle: str = Field(description="handle, profile URL or native id")
    role: Literal["own", "competitor", "reference"] = "competitor"
    notes: str = ""


class TableFile(Section):
    """A table and its map; without a map its match is shown, and nothing is stored."""

    file: str = Field(description="path, relative to the workspace")
    map: str | None = Field(None, description="map.yaml, as vt import table --propose writes it")
    sheet: str = Field("", description="of a workbook; empty = the one that looks like a table")
    table: str = Field("", description="of a DuckDB or SQLite file with several")


class Importing(Section):
    """01: what comes in without the network."""

    datasets: list[str] = Field(
        [], description="files, folders or globs, relative to the workspace"
    )
    table_files: list[TableFile] = Field(
        [], description="tables of any kind, each with the map of its columns (docs/tables.md)"
    )
    urls: list[str] = Field([], description="post URLs")
    platform: Platform | None = Field(None, description="only where content does not tell")
    captured_at: datetime | None = Field(None, description="UTC; default: item, file name, file")
    min_mapped_ratio: float = Field(
        0.5,
        ge=0,
        le=1,
        description="fail when fewer of a file's items (error items aside) can be mapped",
    )


class Scraping(Section):
    """02: what is fetched, how far back, and what it may cost. Times are the provider's clock."""

    platforms: list[Platform] = Field([], description="empty = every platform with accounts")
    days_back: int | None = Field(None, ge=1, description="None = no limit")
    limit: int | None = Field(50, ge=1, description="posts per account; None = no limit")
    post_types: list[Format] = Field([], description="formats wanted; empty = all")
    profiles: bool = Field(True, description="ask for followers where posts do not carry them")
    refresh: bool = Field(
        False, description="only read the numbers of known posts again, at refresh_horizons_h"
    )
    due: bool = Field(
        False, description="only posts of our scripts that are due by refresh_horizons_h"
    )
    refresh_horizons_h: list[float] = Field(
        [24, 72, 168, 720],
        min_length=1,
        description="ages in hours; a post is due once after each, until 1.5 x the last",
    )
    refresh_limit: int = Field(500, ge=1, description="posts a refresh, the newest first")
    min_gap_h: float = Field(
        1.0,
        ge=0,
        description="what was captured less than this ago is not requested (and paid) again",
    )
    max_cost_usd: float = Field(5.0, ge=0, description="cap on one scrape; sent to the provider")
    budget_usd: float | None = Field(
        None, ge=0, description="cap on all scrapes of the project together; None = no cap"
    )
    budget_day_usd: float | None = Field(
        None, ge=0, description="cap on a UTC day's scrapes of the project; None = no cap"
    )
    usd_per_1000: dict[str, float] = Field(
        {}, description="your own price of 1000 items, by actor; default: what earlier ones cost"
    )
    actors: dict[Platform, str] = Field({}, description="another actor than the first, by platform")
    deadline_s: float = Field(900, gt=0, description="a longer run is aborted, its items are kept")
    parallel_runs: int = Field(4, ge=1, le=32, description="runs at the provider at one time")


class LeastValue(Section):
    """Least count of a breakout; a post below it is `watch` at most."""

    views: int = Field(500, ge=0, description=in_words(REACH_METRICS))
    engagement: int = Field(20, ge=0, description="likes + comments, where no reach is shown")


class Outliers(Section):
    """03: how posts are judged. See statistics in docs/method.md."""

    method: Method = "calibrated"
    max_baseline: int = Field(50, ge=5, description="posts nearest in time in a baseline")
    window_days: int = Field(180, ge=1, description="how far a baseline reaches")
    min_baseline: int = Field(
        5, ge=3, description="fewer: judged against the cohort, at most watch"
    )
    too_early_h: float = Field(24, ge=0)
    mature_h: float = Field(
        72, ge=0, description="younger posts are provisional and in no baseline"
    )
    interval: float = Field(0.8, gt=0, lt=1)
    watch_p: float = Field(0.05, gt=0, lt=1)
    watch_multiplier: float = Field(2.0, ge=1)
    breakout_p: float = Field(0.01, gt=0, lt=1)
    breakout_multiplier: float = Field(3.0, ge=1)
    extreme_p: float = Field(0.001, gt=0, lt=1)
    extreme_multiplier: float = Field(10.0, ge=1)
    growth_min_pairs: int = Field(200, ge=10, description="fewer: the prior growth curve")
    look: Literal["past", "around"] | None = Field(
        None,
        description="past: judged by earlier posts alone; around: by those nearest in time; "
        "none: past for posts "
        "published since the last run, around for all others",
    )
    min_value: LeastValue = LeastValue()
    rising_min_probability: float = Field(
        0.5,
        gt=0,
        le=1,
        description="chance to end as a breakout at 7 days from which a post of 24 to 72 h is "
        "called rising",
    )
    trend_min_creators: int = Field(
        3,
        ge=2,
        description="distinct creators in the last 7 days from which a sound or hashtag may "
        "gather pace",
    )
    trimmed_sd_k: float = Field(3.0, gt=0)
    trimmed_sd_low: float = Field(0.10, ge=0, lt=0.5)
    trimmed_sd_high: float = Field(0.90, gt=0.5, le=1)
    median_multiple_k: float = Field(3.0, gt=0)
    robust_z_k: float = Field(3.5, gt=0)
    percentile_k: float = Field(95.0, gt=50, lt=100)
    select_limit: int = Field(20, ge=0, description="breakouts handed on to analysis")
    controls_ratio: float = Field(
        0.5, ge=0, le=5, description="ordinary posts handed on per breakout"
    )


class Media(Section):
    """04, first half: what is downloaded and kept, and how it is measured."""

    max_file_mb: float = Field(200, gt=0, description="a larger file is not fetched")
    parallel: int = Field(4, ge=1, le=16, description="downloads at a time")
    timeout_s: float = Field(20, gt=0, description="how long a host may be silent")
    deadline_s: float = Field(
        600,
        gt=0,
        description="how long the download of one post may last, all its addresses together",
    )
    min_kb_s: float = Field(
        5, ge=0, description="least rate of a host over timeout_s; 0 = any rate"
    )
    max_tries: int = Field(5, ge=1, description="then a failing download is given up")
    retry_gap_h: float = Field(
        1, ge=0, description="before the second try; then 4 times as long each time"
    )
    parts: list[Literal["speech", "text", "faces"]] = Field(
        ["speech", "text", "faces"],
        description="measured besides the light core; empty = only that",
    )
    storage: str = Field(
        "original",
        pattern="^(original|both|proxy|s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9._/-]*)?)$",
        description="original, both or proxy: keep the file, a small H.264 copy too, or that copy "
        "alone; s3://bucket/prefix: originals, in S3 (for all projects, and with any of the "
        "three: VT_MEDIA_STORAGE)",
    )
    quota_gb: float | None = Field(
        20,
        gt=0,
        description="of the media folder, all projects; with S3 of the local cache; None = no "
        "limit",
    )
    keep_days: int | None = Field(
        None, ge=1, description="vt purge removes older files; None = kept for ever"
    )
    published_limit: int = Field(
        20, ge=0, description="posts of own scripts fetched and measured beside the picked ones"
    )
    covers: int = Field(
        200,
        ge=0,
        description="covers fetched at a time, of posts without another picture (vt process "
        "covers)",
    )
    sample: int = Field(
        0,
        ge=0,
        description="videos measured for patterns, a random sample: half breakouts, half "
        "ordinary posts (vt process plan says how many are needed)",
    )


class Analysis(Section):
    """04: what is downloaded, measured and asked."""

    limit: int = Field(20, ge=0, description="posts that are downloaded, measured and analysed")
    full: int = Field(
        12,
        ge=0,
        description="how many of these are analysed in full; the rest get a first pass",
    )
    controls_share: float = Field(
        0.33, ge=0, le=1, description="share of both that are ordinary posts, as controls"
    )
    max_cost_usd: float = Field(5.0, ge=0, description="cap on one run, where prices are known")
    posts: list[str] = Field(
        [], description="ids of picked posts: only these, all in full; empty = by limit and full"
    )


class ModelChoice(Section):
    """Models of all stages, how they are asked, and caps on tokens and cost."""

    provider: Literal["gemini"] = Field("gemini", description="whose API the models are behind")
    name: str = Field("gemini-3.8-flash", description="analyses videos and pictures in full")
    first_pass: str = Field(
        "gemini-3.5-flash-lite",
        description="for the short first pass, where there are more posts than analysis.full",
    )
    scripts: str = Field("", description="judges fits, writes scripts; empty = model.name")
    api_version: Literal["v1", "v1beta"] = "v1"
    resolution: Literal["low", "medium", "high"] | None = Field(
        None, description="of video frames; None = the model's own"
    )
    fps: float | None = Field(
        None, gt=0, le=24, description="frames a second that a model sees; None = its own"
    )
    thinking: Literal["minimal", "low", "medium", "high"] | None = "low"
    temperature: float | None = Field(None, ge=0, le=2, description="None = the model's own")
    max_output_tokens: int = Field(16_384, ge=256, description="of a reply, thinking included")
    inline_max_mb: float = Field(14, ge=0, description="larger files are uploaded, then deleted")
    concurrency: int = Field(4, ge=1, le=64)
    requests_per_minute: int = Field(30, ge=1)
    tokens_per_minute: int = Field(1_000_000, ge=1_000)
    timeout_s: float = Field(180, gt=0, description="for one request")
    ready_wait_s: float = Field(120, gt=0, description="for an uploaded file to be ready")
    deadline_s: float = Field(
        900, gt=0, description="for one request, retries and waiting included"
    )
    attempts: int = Field(5, ge=1, description="at one request with transient errors")
    reasks: int = Field(1, ge=0, le=3, description="repeated requests after an unusable reply")
    max_tokens_run: int = Field(3_000_000, ge=0)
    max_tokens_day: int = Field(15_000_000, ge=0, description="of the workspace, UTC days")
    max_cost_project_usd: float | None = Field(None, ge=0, description="None = no cap")
    max_cost_project_day_usd: float | None = Field(
        None, ge=0, description="of the project, a UTC day; None = no cap"
    )
    max_cost_day_usd: float | None = Field(
        None, ge=0, description="of the workspace; None = no cap"
    )


class Price(Section):
    """What a model costs from a day on: the user's figures, never ours."""

    model: str
    since: date
    usd_per_million_in: float = Field(ge=0)
    usd_per_million_out: float = Field(ge=0, description="thinking tokens are output")
    usd_per_million_cached: float | None = Field(None, ge=0)


class Adaptation(Section):
    """05: which products a pattern is adapted to."""

    products: list[str] = Field([], description="slugs; empty = all of the project")
    limit: int = Field(5, ge=0, description="pairs of video and product that become scripts")
    min_score: float = Field(
        3.0, ge=0, le=5, description="fit score from which a pair is adapted by itself"
    )
    originals: int = Field(
        0, ge=0, description="products that also get a script from patterns alone"
    )
    max_cost_usd: float = Field(5.0, ge=0, description="cap on the scripts of one run")


class Comparison(Section):
    """06: product x video."""

    limit: int = Field(20, ge=0, description="videos whose fit is judged")
    max_cost_usd: float = Field(5.0, ge=0, description="cap on the fits of one run")


class Performance(Section):
    """07: did it work."""

    date_range_days: int = Field(
        30, ge=1, description="own posts of so many days before the last capture are reported"
    )
    products: list[str] = Field(
        [], description="slugs (or brand/slug) reported alone; empty = all, and posts of none"
    )
    min_matured: int = Field(20, ge=1, description="under it nothing can be claimed")
    value_per_thousand_views: float | None = Field(
        None, ge=0, description="the user's figure, never ours"
    )
    value_per_hour: float | None = Field(
        None, ge=0, description="what an hour of production costs; None = hours are not priced"
    )
    combinations: list[list[str]] = Field(
        [], description="features tested together, chosen before looking"
    )
    claim_q: float = Field(0.10, gt=0, lt=1, description="above it no pattern is claimed")
    link_from: float | None = Field(
        0.95,
        gt=0.5,
        le=1,
        description="a new own post is linked to its script by itself from this probability; "
        "None = never",
    )
    propose_from: float = Field(
        0.2, gt=0, le=1, description="from this probability a post is proposed for a script"
    )
    match_window_days: int = Field(
        60,
        ge=1,
        description="days after it went into production in which a script's posts are sought",
    )


class Money(Section):
    """Currency of amounts, and prices that nobody bills: the user's figures, never ours."""

    currency: str = Field(
        "USD",
        pattern="^[A-Z]{3}$",
        description="of amounts noted, value_per_hour and value_per_thousand_views; sums are US "
        "dollars",
    )
    usd_per_unit: float | None = Field(
        None, gt=0, description="US dollars for one unit of a currency that is not USD"
    )
    usd_per_gb_month: float | None = Field(
        None, ge=0, description="what a GB of media costs a month; None = storage is not priced"
    )

    @model_validator(mode="after")
    def _has_its_rate(self) -> Self:
        if (self.currency == "USD") != (self.usd_per_unit in (None, 1.0)):
            raise ValueError("give usd_per_unit with a currency that is not USD, and only then")
        return self


class Insight(Section):
    """What a run's insight page compares."""

    days: int = Field(
        90,
        ge=7,
        description="own accounts against competitors: posts of so many days to the last capture",
    )


class Report(Section):
    """How pages look."""

    profile: Literal["analyst", "client"] = "analyst"
    creators: Literal["named", "pseudonyms"] | None = Field(
        None,
        description="named: creators with their words, pictures and links; pseudonyms: nothing "
        "that leads to them "
        "(own accounts are always named). None = pseudonyms for a client, named for an analyst",
    )
    client_shows: list[Literal["costs", "drafts"]] = Field(
        [],
        description="what a client also sees: costs (money, tokens, returns), drafts "
        "(scripts not yet approved)",
    )
    max_rows: int = Field(50, ge=10, description="rows a table shows; the database has all")
    previews: bool = Field(
        False,
        description="the page of a video holds its first 15 seconds, small, up to 400 kB; else "
        "frames alone. Never with pseudonyms",
    )

    media_link_h: float | None = Field(
        None,
        gt=0,
        le=168,
        description="the page of a video links to its file in S3, by a signed address that ends "
        "after so many hours. None = no link; never with pseudonyms",
    )

    language: Literal["en", "de"] = Field(
        "en",
        description="language of pages and of scripts' documents: en, de. What people and models "
        "wrote stays as it is",
    )
    time_zone: str = Field(
        "UTC", description="zone of the times on pages, as IANA names it: Europe/Berlin"
    )

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name} is no time zone; write it as Europe/Berlin or UTC")
        return name

    @property
    def reader(self) -> PageReader:
        """Whom pages and documents are written for."""
        return PageReader(self.language, self.time_zone)

    @property
    def naming(self) -> Literal["named", "pseudonyms"]:
        """How pages name creators: `creators`, else the default of the profile."""
        return self.creators or ("pseudonyms" if self.profile == "client" else "named")

    def shows(self, what: Literal["costs", "drafts"]) -> bool:
        """Whether the reader sees costs, or drafts; an analyst always does."""
        return self.profile == "analyst" or what in self.client_shows


class Schedule(Section):
    """When a project works by itself: cron words (minute hour day month weekday, or @daily).

    A time that was missed is made up once. docs/team.md, chapter "Every night".
    """

    zone: str = Field("UTC", description="time zone of the words, e.g. Europe/Berlin")
    capture: str = Field("", description="new posts of the followed accounts; empty = never")
    refresh: str = Field(
        "", description="numbers of posts that are due by scraping.refresh_horizons_h"
    )
    run: str = Field("", description="all seven notebooks")
    report: str = Field("", description="the pages anew, with nothing captured or asked")
    watch: str = Field("", description="what is new, sent to the channels under alerts:")

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("no time zone has that name: write Europe/Berlin or UTC") from None
        return name

    @field_validator("capture", "refresh", "run", "report", "watch")
    @classmethod
    def _is_cron(cls, words: str) -> str:
        if words and not is_cron(words):
            raise ValueError("five cron words are expected (30 3 * * *), or @daily")
        return words


class WatchedSource(Section):
    """A saved search, hashtag, sound or list of accounts: captured with the followed accounts, and
    named in alerts as where a post came from.
    """

    name: str = Field(min_length=1, description="as alerts call it")
    platform: Platform
    searches: list[str] = []
    hashtags: list[str] = []
    accounts: list[str] = Field([], description="handles or profile URLs")
    sounds: list[str] = Field(
        [], description="ids of sounds: posts that use one are named; no actor can be asked for it"
    )


class AlertChannel(Section):
    """Where alerts go. An address holds a secret, so only the name of its variable stands here."""

    name: str = Slug
    variable: str = Field(
        "",
        pattern="^([A-Z][A-Z0-9_]*)?$",
        description="name of the environment variable (or line of .env) with an Apprise URL",
    )
    config: str = Field(
        "", description="Apprise configuration file, relative to the workspace; git-ignored"
    )
    messages: Literal["digest", "each"] = Field(
        "digest", description="one message for all that is new, or one an event"
    )
    kinds: list[AlertKind] = Field([], description="kinds of events; empty = all")
    pictures: bool = Field(True, description="attach a frame or cover where the channel takes it")

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if bool(self.variable) == bool(self.config) or "://" in self.config:
            raise ValueError("give variable or config: a name, never the address itself")
        return self


class QuietHours(Section):
    """Hours of the day in which nothing is sent; it waits until they are over."""

    start: time
    end: time
    zone: str = Field("UTC", description="of the hours, e.g. Europe/Berlin")

    @field_validator("start", "end", mode="before")
    @classmethod
    def _of_minutes(cls, value: Any) -> Any:
        """YAML reads 22:00 without quotes as a number to base 60: minutes of the day."""
        is_minutes = isinstance(value, int) and 0 <= value < 24 * 60
        return time(value // 60, value % 60) if is_minutes else value

    @field_validator("zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("no such time zone; e.g. Europe/Berlin") from None
        return value


class Alerts(Section):
    """What `vt watch` looks for, and where it sends it."""

    channels: list[AlertChannel] = Field(
        [],
        description="name, and variable or config (where its Apprise address is: docs/team.md); "
        "messages digest or each, kinds, pictures",
    )
    quiet: QuietHours | None = Field(
        None, description="start, end, zone: nothing is sent then, and nothing is lost"
    )
    looks_d: list[float] = Field(
        [3, 7, 14, 30],
        min_length=1,
        description="ages in days; a post is looked at once after each, until 1.5 x the last: "
        "every further look is one more chance of a false alarm",
    )
    budget_ratio: float = Field(
        0.8, gt=0, le=1, description="share of a budget from which it is an alert"
    )
    keep_h: float = Field(72, gt=0, description="hours after which an alert is not sent any more")


class Params(Section):
    """All of a project's parameters."""

    project: str = Slug
    title: str = ""
    brand: Brand | None = None
    products: list[Product] = []
    accounts: list[TrackedAccount] = []
    is_simulated: bool = Field(False, description="labels every page as simulated")
    importing: Importing = Importing()
    scraping: Scraping = Scraping()
    outliers: Outliers = Outliers()
    media: Media = Media()
    analysis: Analysis = Analysis()
    model: ModelChoice = ModelChoice()
    prices: list[Price] = Field([], description="of models, by date; none = cost unknown")
    adaptation: Adaptation = Adaptation()
    comparison: Comparison = Comparison()
    performance: Performance = Performance()
    money: Money = Money()
    insight: Insight = Insight()
    schedule: Schedule = Schedule()
    report: Report = Report()
    watch: list[WatchedSource] = Field(
        [],
        description="name, platform, searches, hashtags, accounts, sounds: captured, and named by "
        "alerts",
    )
    alerts: Alerts = Alerts()

    @model_validator(mode="before")
    @classmethod
    def _by_new_names(cls, data: Any) -> Any:
        return use_new_keys(data) if isinstance(data, dict) else data


def parse_params(data: dict[str, Any], *, file: str = "") -> Params:
    """Check `data` against the model. Raises BadInput naming the key, and the nearest right one."""
    try:
        return Params.model_validate(data)
    except ValidationError as error:
        raise _readable(error, file) from None


def known_keys(model: type[BaseModel] = Params, prefix: str = "") -> list[str]:
    """Every dotted key of the parameters, in order."""
    keys: list[str] = []
    for name, info in model.model_fields.items():
        keys.append(prefix + name)
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += known_keys(kind, f"{prefix}{name}.")
    return keys


def _readable(error: ValidationError, file: str) -> BadInput:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = nearest(key, known_keys())
        todo = f"Did you mean {near}?" if near else "docs/parameters.md lists the keys."
        return BadInput(f"there is no parameter {key}.", todo=todo, file=file)
    return BadInput(f"{first['msg']}, got {first['input']!r}", file=file, field=key)

"""Is this machine fit for the work? Probes of Python, packages, codecs, disk, fonts and cookies.

Each probe returns HealthChecks, never raises and writes nothing. Network probes: `connectivity`.
"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

State = Literal["ok", "warn", "fail"]
PYTHON_MIN = (3, 11)
DISK_WARN_GB, DISK_FAIL_GB = 5.0, 0.5
QUOTA_WARN_RATIO = 0.9
YT_DLP_WARN_DAYS = 45  # platforms change about monthly, and yt-dlp with them
CODECS = {"h264": "play H.264", "hevc": "play H.265", "vp9": "play VP9", "aac": "hear AAC"}
CODECS_WANTED = {"libx264": "write smaller H.264 copies", "libdav1d": "play AV1 quickly"}
# One family of each is enough; names as font files state them, in lower case.
FONTS = {
    "Latin letters": ("dejavu sans", "liberation sans", "noto sans", "arial", "helvetica"),
    "emoji": ("noto color emoji", "apple color emoji", "segoe ui emoji"),
    "Chinese, Japanese, Korean": (
        "cjk",
        "hiragino",
        "yu gothic",
        "malgun",
        "source han",
        "pingfang",
    ),
}
_PACKAGE = "viraltracker"
_INSTALL = "Run: make setup"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One line of `vt doctor`: the subject, its state, and what to do.

    `exit_code` counts only where `state` is `fail`.
    """

    what: str
    state: State
    says: str
    todo: str = ""
    exit_code: int = 1


def python() -> list[HealthCheck]:
    """The interpreter."""
    says = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < PYTHON_MIN:
        return [
            HealthCheck("python", "fail", says, "Install Python 3.11 or newer, then: make setup")
        ]
    return [HealthCheck("python", "ok", says)]


def packages(requirements: Iterable[str] | None = None) -> list[HealthCheck]:
    """Whether required packages and the media extra are installed in versions that fit.

    `requirements`: requirement lines (default: this package's own).
    """
    must, media = _missing(requirements if requirements is not None else _requirements())
    checks = [
        HealthCheck("packages", "fail", f"missing or too old: {', '.join(must)}", _INSTALL)
        if must
        else HealthCheck("packages", "ok", "all that are needed, in versions that fit")
    ]
    if media:
        says = f"without {', '.join(media)}: no on-screen text, faces or speech from files"
        todo = f'Optional: .venv/bin/python -m pip install "{_PACKAGE}[media]"'
        checks.append(HealthCheck("media extra", "warn", says, todo))
    return checks


def codecs(available: Iterable[str] | None = None) -> list[HealthCheck]:
    """What the built-in FFmpeg (PyAV) can do; no ffmpeg program is needed beside it."""
    if available is None:
        try:
            import av  # noqa: PLC0415 - only the doctor asks
        except ImportError as error:
            return [HealthCheck("ffmpeg parts", "fail", f"PyAV does not load: {error}", _INSTALL)]
        available, version = av.codecs_available, f"PyAV {av.__version__}"
    else:
        version = "PyAV"
    has = set(available)
    missing = [does for name, does in CODECS.items() if name not in has]
    poorer = [does for name, does in CODECS_WANTED.items() if name not in has]
    if missing:
        return [
            HealthCheck("ffmpeg parts", "fail", f"{version} cannot {', '.join(missing)}", _INSTALL)
        ]
    if poorer:
        says = f"{version} cannot {', '.join(poorer)}"
        return [
            HealthCheck(
                "ffmpeg parts", "warn", says, "Install the PyAV wheel of requirements.lock."
            )
        ]
    return [HealthCheck("ffmpeg parts", "ok", f"{version} with all codecs that are used")]


def helpers(which: Callable[[str], str | None] = shutil.which) -> list[HealthCheck]:
    """The script engine that yt-dlp finds by itself; only YouTube needs it."""
    if which("deno"):
        return [HealthCheck("script engine", "ok", "deno")]
    says = "no deno: YouTube may offer fewer formats"
    return [HealthCheck("script engine", "warn", says, "Optional: install deno.")]


def yt_dlp_age(today: date, version: str | None = None) -> list[HealthCheck]:
    """How old yt-dlp is: its version is a date, and platforms outrun it."""
    todo = "Raise it in pyproject.toml, then: make lock setup"
    try:
        version = version or metadata.version("yt-dlp")
        year, month, day = (int(part) for part in version.split(".")[:3])
        age_d = (today - date(year, month, day)).days
    except (metadata.PackageNotFoundError, ValueError):
        return [
            HealthCheck("yt-dlp", "fail", f"not there, or of no known date: {version}", _INSTALL)
        ]
    says = f"{version}, {max(age_d, 0)} days old"
    if age_d > YT_DLP_WARN_DAYS:
        return [
            HealthCheck("yt-dlp", "warn", f"{says}: downloads may fail where sites changed", todo)
        ]
    return [HealthCheck("yt-dlp", "ok", says)]


def fonts(families: Iterable[str] | None = None) -> list[HealthCheck]:
    """Whether PDF exports have fonts for Latin letters, emoji and CJK."""
    if families is None:
        try:
            import typst  # noqa: PLC0415 - only the doctor asks

            families = typst.Fonts().families()
        except ImportError:
            return [HealthCheck("fonts", "warn", "typst does not load: no PDF export", _INSTALL)]
    names = [str(f).lower() for f in families]
    missing = [
        what for what, any_of in FONTS.items() if not any(a in n for n in names for a in any_of)
    ]
    if missing:
        todo = (
            "Optional: install fonts-noto-core, fonts-noto-color-emoji, fonts-noto-cjk "
            "(Debian names)."
        )
        return [
            HealthCheck("fonts", "warn", f"PDFs would show boxes for {', '.join(missing)}", todo)
        ]
    return [HealthCheck("fonts", "ok", f"{len(names)} families")]


def disk(
    folder: Path, *, media_bytes: int = 0, quota_bytes: int | None = None
) -> list[HealthCheck]:
    """Free space of the workspace, and the media's share of their quota. Bytes in, GB out."""
    place = next(p for p in (folder, *folder.parents) if p.exists())
    free_gb = shutil.disk_usage(place).free / 1e9
    state: State = (
        "ok" if free_gb >= DISK_WARN_GB else "warn" if free_gb >= DISK_FAIL_GB else "fail"
    )
    todo = (
        "" if state == "ok" else "Free some space, or move the workspace; vt purge removes media."
    )
    checks = [HealthCheck("disk", state, f"{free_gb:,.1f} GB free at {place}", todo)]
    if quota_bytes:
        share = media_bytes / quota_bytes
        says = f"{media_bytes / 1e9:,.2f} of {quota_bytes / 1e9:,.1f} GB"
        full = share >= QUOTA_WARN_RATIO
        tip = "Raise the quota, or: vt purge" if full else ""
        checks.append(HealthCheck("media quota", "warn" if full else "ok", says, tip))
    return checks


def cookies(file: Path | None, browser: str | None) -> list[HealthCheck]:
    """The cookies configured for downloads; usually none."""
    if file is not None and not file.is_file():
        todo = "Correct VT_COOKIES_FILE, or unset it."
        return [HealthCheck("cookies", "fail", f"there is no file {file}", todo, exit_code=2)]
    if file is not None and not _is_netscape(file):
        todo = "Export them again in Netscape form (cookies.txt)."
        return [
            HealthCheck("cookies", "fail", f"{file} is no Netscape cookie file", todo, exit_code=2)
        ]
    if file or browser:
        return [HealthCheck("cookies", "ok", f"from {file or browser}")]
    return [HealthCheck("cookies", "ok", "none: posts that need a login are left out")]


def _requirements() -> list[str]:
    try:
        return metadata.requires(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return [_PACKAGE]


def _missing(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """Names that are missing or too old: of what is needed, of the media extra."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - comes with altair

    must: list[str] = []
    media: list[str] = []
    for line in lines:
        requirement = Requirement(line)
        is_needed = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        is_media = requirement.marker is not None and requirement.marker.evaluate(
            {"extra": "media"}
        )
        if not (is_needed or is_media) or _fits(requirement):
            continue
        (must if is_needed else media).append(f"{requirement.name}{requirement.specifier}")
    return must, media


def _fits(requirement: Any) -> bool:
    try:
        return bool(
            requirement.specifier.contains(metadata.version(requirement.name), prereleases=True)
        )
    except metadata.PackageNotFoundError:
        return False


def _is_netscape(file: Path) -> bool:
    """As yt-dlp reads it: a heading, or lines of seven fields between tabs."""
    text = file.read_text(encoding="utf-8", errors="replace")[:20_000]
    return "# Netscape HTTP Cookie File" in text or any(
        line.count("\t") == 6 for line in text.splitlines()
    )

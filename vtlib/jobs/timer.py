"""`vt schedule install`: a timer of this machine that calls `vt schedule run-due` every 5 minutes.

A systemd user timer, or a line of the crontab. What we wrote carries our mark, and nothing else is
changed or removed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from vtlib.core.errors import BadInput
from vtlib.store.project import Workspace

Keeper = Literal["systemd", "cron"]
MARK = "# made by vt schedule install; vt schedule remove takes it away"
EVERY = "*:0/5"
_TIMEOUT_S = 20
_SERVICE = """{mark}
[Unit]
Description=What is due of the project {project}

[Service]
Type=oneshot
Environment="VT_HOME={home}"
ExecStart={command}
# 4 to 8: a source, a model or a budget; vt jobs says which, and it is no fault of the timer.
SuccessExitStatus=4 5 7 8
"""
_TIMER = """{mark}
[Unit]
Description=The schedule of the project {project}

[Timer]
OnCalendar={every}
Persistent=true

[Install]
WantedBy=timers.target
"""


def units(at: Workspace, project: str) -> dict[str, str]:
    """The systemd units of a project's timer: file name -> text. Raises BadInput for a folder whose
    name a unit cannot hold.
    """
    command = " ".join(f'"{word}"' for word in _command(project))
    facts = {"mark": MARK, "project": project, "home": at.root, "command": command, "every": EVERY}
    if any(sign in f"{at.root}{command}" for sign in ("%", "\n", "$")):
        raise BadInput(f"a systemd unit cannot name {at.root}.", todo="Take --with cron.")
    name = f"vt-schedule-{project}"
    return {f"{name}.service": _SERVICE.format(**facts), f"{name}.timer": _TIMER.format(**facts)}


def crontab_line(at: Workspace, project: str) -> str:
    """The line of the crontab of a project's timer. Raises BadInput for a folder with a percent
    sign, which cron takes for the end of the line.
    """
    if "%" in str(at.root):
        raise BadInput(f"a crontab cannot name {at.root}.", todo="Take --with systemd.")
    words = " ".join(f"'{word}'" for word in _command(project))
    return f"*/5 * * * * VT_HOME='{at.root}' {words} >/dev/null 2>&1 {_tag(at, project)}"


def keeper() -> Keeper:
    """What keeps time on this machine: systemd where the user's manager runs, else cron.

    Raises BadInput where there is neither.
    """
    if shutil.which("systemctl") and _ran("systemctl", "--user", "show-environment") is not None:
        return "systemd"
    if shutil.which("crontab"):
        return "cron"
    raise BadInput(
        "neither systemd nor cron keeps time for you here.",
        todo="Let anything call this every 5 minutes: vt schedule run-due PROJECT",
    )


def install(at: Workspace, project: str, by: Keeper) -> list[str]:
    """Write and start the timer of a project, or write it anew; what was written, in words.

    Raises BadInput where a file of that name is not ours, and where systemd or cron refuses.
    """
    if by == "cron":
        line = crontab_line(at, project)
        _write_crontab([*_other_lines(at, project), line])
        return [f"crontab: {line}"]
    files = {_unit_folder() / name: text for name, text in units(at, project).items()}
    for path in files:
        _require_ours(path)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _do("systemctl", "--user", "daemon-reload")
    _do("systemctl", "--user", "enable", "--now", f"vt-schedule-{project}.timer")
    return [str(path) for path in files]


def remove(at: Workspace, project: str) -> list[str]:
    """Take away what `install` wrote, in both places; what that was, [] where there was none.

    Raises BadInput where a file of that name is not ours.
    """
    paths = [_unit_folder() / name for name in units(at, project)]
    removed = [path for path in paths if path.exists()]
    for path in removed:
        _require_ours(path)
    if removed:
        _ran("systemctl", "--user", "disable", "--now", f"vt-schedule-{project}.timer")
        for path in removed:
            path.unlink()
        _ran("systemctl", "--user", "daemon-reload")
    words = [str(path) for path in removed]
    if shutil.which("crontab"):
        before, rest = _crontab(), _other_lines(at, project)
        if before != rest:
            _write_crontab(rest)
            words += [f"crontab: {line}" for line in before if line not in rest]
    return words


def _command(project: str) -> tuple[str, ...]:
    beside = Path(sys.executable).with_name("vt")
    vt = str(beside) if beside.exists() else shutil.which("vt")
    if vt is None:
        raise BadInput("the command vt is not installed.", todo="See docs/install.md.")
    return (vt, "schedule", "run-due", project)


def _tag(at: Workspace, project: str) -> str:
    return f"{MARK} {project} {at.root}"


def _unit_folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "systemd" / "user"


def _require_ours(path: Path) -> None:
    if path.exists() and not path.read_text(encoding="utf-8").startswith(MARK):
        raise BadInput(f"{path} is not ours.", todo="Rename it, then run the command again.")


def _other_lines(at: Workspace, project: str) -> list[str]:
    return [line for line in _crontab() if not line.endswith(_tag(at, project))]


def _crontab() -> list[str]:
    text = _ran("crontab", "-l")  # it fails where there is none yet
    return (text or "").splitlines()


def _write_crontab(lines: list[str]) -> None:
    _do("crontab", "-", text="".join(f"{line}\n" for line in lines))


def _do(*words: str, text: str = "") -> None:
    """Run a program. Raises BadInput with what it says where it refuses."""
    ended = _run(words, text)
    if ended.returncode:
        raise BadInput(f"{words[0]} refused: {ended.stderr.strip() or ended.returncode}.")


def _ran(*words: str) -> str | None:
    """What a program says, None where it refuses."""
    ended = _run(words, "")
    return None if ended.returncode else ended.stdout


def _run(words: tuple[str, ...], text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words, as a list
        words, input=text, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )

"""Jobs and schedules on one file: done in the process, kept by a timer of the machine."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from tests.peers.inboxes import WebhookMock
from vtlib.cli import vt
from vtlib.core.errors import BadInput, SourceFailed, StoreBusy
from vtlib.core.settings import load_settings
from vtlib.jobs import kinds, queue, schedule, timer
from vtlib.jobs.job import Job, JobOutcome
from vtlib.store.project import Workspace

YAML = "project: p\nschedule: {zone: Europe/Berlin, capture: '0 * * * *', run: '30 2 * * *'}\n"


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p.yaml").write_text(YAML)
    return Workspace(load_settings(tmp_path))


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is moved: [now]."""
    moments = [datetime(2026, 10, 23, 12, 10, tzinfo=UTC)]
    monkeypatch.setattr(Workspace, "now", lambda _: moments[0])
    return moments


@pytest.fixture
def work(monkeypatch):
    """Work that only notes its job; an exception in `errors` is raised for its kind."""
    log, errors = [], {}

    def instead(at, job, tick, on_total=None):
        log.append((job.entry, job.kind))
        tick(3)
        if job.kind in errors:
            raise errors[job.kind]
        return JobOutcome(0, "done")

    monkeypatch.setattr(kinds, "work", instead)
    return log, errors


def call(*words):
    result = CliRunner().invoke(vt, [*words, "--json"], standalone_mode=False)
    return result.return_value, json.loads(result.stdout)


def test_a_job_is_done_at_once_and_listed(at):
    """Real work: a judgement of nothing."""
    code, row = call("jobs", "add", "judge", "p")
    assert (code, row["status"], row["job_id"]) == (0, "ok", "1")
    assert call("jobs", "add", "report", "p")[0] == 2  # no run whose pages could be taken
    code, listed = call("jobs")
    assert [(r["kind"], r["status"], r["exit_code"]) for r in listed["jobs"]] == [
        ("report", "failed", 2),
        ("judge", "ok", 0),
    ]
    code, refusal = call("jobs", "add", "judge", "p", "--at", "2026-12-01T03:00Z")
    assert (code, "on one file a job begins now" in refusal["message"]) == (2, True)
    assert call("worker", "--once")[1]["message"].startswith("vt worker needs a team's database")
    assert call("jobs", "cancel", "1")[0] == 2


def test_a_process_that_is_gone_broke_off(at, work, monkeypatch):
    queue.do_here(at, Job("judge", "p"))
    with at.store.write("jobs") as connection:
        connection.execute("UPDATE jobs SET status = 'runs'")
    assert queue.listing(at)[0]["status"] == "runs"
    monkeypatch.setattr(queue.psutil, "pid_exists", lambda _: False)
    assert queue.listing(at)[0]["status"] == "broken off"


def test_what_was_missed_is_made_up_once(at, clock, work):
    log, errors = work
    assert schedule.run_due(at, "p") == []  # first seen
    clock[0] += timedelta(minutes=50)
    rows = schedule.run_due(at, "p")
    assert [(r["entry"], r["due_at"]) for r in rows] == [("capture", datetime(2026, 10, 23, 13))]
    assert schedule.run_due(at, "p") == []
    clock[0] = datetime(2026, 10, 26, 12, 10, tzinfo=UTC)  # the machine slept, clocks went back
    errors["capture"] = SourceFailed("down.")
    rows = schedule.run_due(at, "p")
    assert [(r["entry"], r["exit_code"]) for r in rows] == [("capture", 4), ("run", 0)]
    assert rows[1]["due_at"] == datetime(2026, 10, 26, 1, 30)
    assert schedule.run_due(at, "p") == []
    assert [entry for entry, _ in log] == ["capture", "capture", "run"]
    assert [r["status"] for r in queue.listing(at)] == ["ok", "failed", "ok"]


def test_killed_in_the_middle_it_is_done_again(at, clock, work):
    _, errors = work
    schedule.run_due(at, "p")
    clock[0] += timedelta(hours=1)
    errors["capture"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        schedule.run_due(at, "p")
    errors.clear()
    assert [r["entry"] for r in schedule.run_due(at, "p")] == ["capture"]


def test_a_pause_holds_for_the_schedule(at, clock, work):
    schedule.run_due(at, "p")
    queue.pause(at, "capture", by="ada")
    clock[0] += timedelta(hours=3)
    assert schedule.run_due(at, "p") == []
    queue.resume(at, "capture")
    assert [r["entry"] for r in schedule.run_due(at, "p")] == ["capture"]


def test_one_process_at_a_time_works_through_a_schedule(at):
    with (
        at.store.alone("schedule-p", what="the schedule of p"),
        pytest.raises(StoreBusy, match="the schedule of p"),
    ):
        schedule.run_due(at, "p")


def test_a_project_without_a_schedule_is_told_so(at):
    (at.root / "params" / "p.yaml").write_text("project: p\n")
    assert call("schedule", "list", "p")[1]["message"] == "p has no schedule."


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_takes_the_units(at, tmp_path):
    code, files = call("schedule", "install", "p", "--with", "systemd", "--print")
    assert (code, sorted(files)) == (0, ["vt-schedule-p.service", "vt-schedule-p.timer"])
    folder = tmp_path / "units"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    paths = [str(folder / name) for name in files]
    verify = subprocess.run(
        ["systemd-analyze", "verify", "--user", *paths], capture_output=True, text=True, check=False
    )
    assert [line for line in verify.stderr.splitlines() if "vt-schedule" in line] == []
    words = ["systemd-analyze", "calendar", timer.EVERY]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Stand-ins for crontab and systemctl, which keep what they are given in files."""
    folder = tmp_path / "bin"
    folder.mkdir()
    crontab = (
        '#!/bin/sh\nf="$(dirname "$0")/tab"\n[ "$1" = -l ] && { cat "$f"; exit; }\ncat >"$f"\n'
    )
    systemctl = '#!/bin/sh\necho "$@" >>"$(dirname "$0")/calls"\n'
    for name, text in (("crontab", crontab), ("systemctl", systemctl)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return folder


def test_the_crontab_keeps_the_lines_of_others(at, machine):
    foreign = "0 5 * * * backup --all  # vt schedule of old\n"
    (machine / "tab").write_text(foreign)
    for _ in "12":  # a second time it is written anew, not twice
        assert call("schedule", "install", "p", "--with", "cron")[0] == 0
    lines = (machine / "tab").read_text().splitlines(keepends=True)
    assert (lines[0], len(lines)) == (foreign, 2)
    assert lines[1].startswith(f"*/5 * * * * VT_HOME='{at.root}' ")
    assert len(schedule._marks(at, "p")) == 2  # what comes from now on is due
    assert len(call("schedule", "remove", "p")[1]["removed"]) == 1
    assert (machine / "tab").read_text() == foreign


def test_units_that_are_not_ours_stay(at, machine, tmp_path):
    assert call("schedule", "install", "p", "--with", "systemd")[0] == 0
    assert "enable --now vt-schedule-p.timer" in (machine / "calls").read_text()
    unit = tmp_path / "config" / "systemd" / "user" / "vt-schedule-p.service"
    assert f"VT_HOME={at.root}" in unit.read_text()
    assert len(call("schedule", "remove", "p")[1]["removed"]) == 2
    assert not unit.exists()
    unit.write_text("[Service]\nExecStart=theirs\n")
    for words in (("install", "p", "--with", "systemd"), ("remove", "p")):
        code, refusal = call("schedule", *words)
        assert (code, "is not ours" in refusal["message"]) == (2, True)
    assert "theirs" in unit.read_text()


def test_a_folder_that_a_timer_cannot_name_is_refused(at):
    strange = Workspace(load_settings(at.root / "50%"))
    with pytest.raises(BadInput, match="50%"):
        timer.units(strange, "p")
    with pytest.raises(BadInput, match="50%"):
        timer.crontab_line(strange, "p")


def test_a_watch_of_the_schedule_raises_and_sends(at, clock, monkeypatch):
    """A budget that is used up, sent to a webhook on loopback once."""
    with WebhookMock() as inbox:
        monkeypatch.setenv("VT_ALERTS_HOOK", inbox.url.replace("http", "json") + "/hook")
        (at.root / "params" / "p.yaml").write_text("""project: p
scraping: {budget_usd: 1}
schedule: {watch: '0 * * * *'}
alerts: {channels: [{name: hook, variable: VT_ALERTS_HOOK}]}
""")
        queue.add(at, Job("judge", "p"))  # the project is known
        with at.store.write() as connection:
            connection.execute(
                "INSERT INTO spend (spend_id, project_id, provider, usd) "
                "VALUES ('s', 'p', 'apify', 2)"
            )
        assert schedule.run_due(at, "p") == []
        for messages in ("1 alert; 1 message: sent", "0 alerts; nothing to send"):
            clock[0] += timedelta(hours=1)
            (row,) = schedule.run_due(at, "p")
            assert (row["kind"], row["exit_code"], row["message"]) == ("watch", 0, messages)
        assert len(inbox.hooks) == 1

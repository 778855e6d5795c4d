"""Jobs at the desk: what is pressed changes the queue's own rows; the list renews itself."""

import asyncio
from pathlib import Path

import pytest

from vtlib.desk import Desk
from vtlib.desk import jobs as desk_jobs
from vtlib.desk.jobs import JobsPanel
from vtlib.desk.session import DeskSession
from vtlib.jobs import kinds, queue, team
from vtlib.jobs.job import Job, JobOutcome
from vtlib.store import people
from vtlib.store.project import Project

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def in_team(tmp_path: Path, team_url: str, monkeypatch: pytest.MonkeyPatch):
    """A team's projects p and q; the first has a job that waits and one that runs."""
    monkeypatch.setenv("VT_DATABASE", team_url)
    (tmp_path / "params").mkdir()
    for slug in "pq":
        (tmp_path / "params" / f"{slug}.yaml").write_text(f"project: {slug}\n")
        project = Project.open(slug, home=str(tmp_path))
        people.ensure_project(project.store, slug)
    at = project.workspace
    for job in (Job("measure", "p", by="Ben"), Job("ask", "p", by=HOSTILE), Job("run", "q")):
        queue.add(at, job)
    team.rows(team_url, "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = 1")
    sql = """INSERT INTO jobs (job_id, kind, project_id, status, n_done, n_total, worker, tries)
        VALUES ('1', 'measure', 'p', 'runs', 12, 40, 'big:7', 1)"""
    team.rows(team_url, sql)
    yield Project.open("p", home=str(tmp_path))
    team.rows(team_url, "DROP SCHEMA queue CASCADE")


def rows(project: Project, sql: str) -> list[tuple]:
    return [tuple(r.values()) for r in team.rows(project.workspace.settings.database_url, sql)]


def test_jobs_of_the_project_with_progress_are_cancelled_paused_and_resumed(in_team) -> None:
    session = DeskSession(in_team, person="Ann")
    panel = JobsPanel(session)
    panel.refresh()
    assert "measure runs 12 of 40 · 1 waiting" in panel.summary.value
    assert panel.rows.layout.display == "none"
    panel.unfold.click()
    ask, measure = (line.children[0].value for line in panel.rows.children)
    assert 'value="12" max="40"' in measure
    assert "added by Ben · at big:7" in measure
    assert "&lt;img src=x" in ask
    assert len(panel.rows.children) == 2  # q's is q's

    panel.pause.click()
    assert rows(in_team, "SELECT project_id, paused_by FROM job_pauses") == [("p", "Ann")]
    assert rows(in_team, "SELECT queue_name FROM procrastinate_jobs ORDER BY id") == [
        ("measure",),
        ("paused ask",),
        ("run",),
    ]
    assert panel.pause.description == "Resume jobs"
    queue.pause(in_team.workspace, "capture", by="Ben")
    panel.refresh()
    assert "capture paused by Ben" in panel.summary.value
    panel.resumes.children[0].click()
    panel.pause.click()
    assert rows(in_team, "SELECT 1 FROM job_pauses") == []
    assert rows(in_team, "SELECT queue_name FROM procrastinate_jobs WHERE id = 2") == [("ask",)]

    for job_id in ("1", "2"):
        panel.cancels[job_id].click()
    states = "SELECT status::TEXT FROM procrastinate_jobs ORDER BY id"
    assert rows(in_team, states) == [("doing",), ("cancelled",), ("todo",)]
    sql = "SELECT abort_requested FROM procrastinate_jobs WHERE status = 'doing'"
    assert rows(in_team, sql) == [(True,)]
    assert panel.cancels["2"].layout.display == "none"
    panel.cancels["2"].click()
    assert "there is no job 2 that waits or runs" in session.message.value


def test_the_list_renews_itself_beside_the_desk(in_team, monkeypatch) -> None:
    monkeypatch.setattr(desk_jobs, "TEAM_POLL_S", 0.02)
    panel = JobsPanel(DeskSession(in_team, person="Ann"))
    monkeypatch.setattr(desk_jobs, "_watching", [])

    async def look() -> tuple[str, int]:
        JobsPanel(DeskSession(in_team, person="Ann")).watch()
        first = desk_jobs._watching[0]
        panel.watch()  # a desk that is opened anew
        n_turns = 0
        while not panel.summary.value and n_turns < 500:
            await asyncio.sleep(0.01)  # the desk goes on meanwhile
            n_turns += 1
        desk_jobs._watching[0].cancel()
        return panel.summary.value, first.cancelled()

    assert asyncio.run(look()) == (str(panel.summary.value), True)
    assert "measure runs 12 of 40" in panel.summary.value


def test_a_database_that_is_away_is_said_and_stops_nothing(in_team, monkeypatch) -> None:
    panel = JobsPanel(DeskSession(in_team, person="Ann"))
    gone = in_team.workspace.settings.database_url.replace("/t", "/none")
    monkeypatch.setenv("VT_DATABASE", gone)
    away = Project.open("p", home=str(in_team.workspace.root))
    panel.show(desk_jobs.read(away))
    assert "The jobs could not be read" in panel.summary.value


def test_on_one_file_the_same_list(desk: Desk, project: Project, monkeypatch) -> None:
    assert desk.jobs.view.layout.display == "none"  # never a job: nothing to see
    lines = []

    def work(at, job, tick, on_total):
        on_total(3)
        tick(1)
        desk.jobs.refresh()
        lines.append(desk.jobs.summary.value)
        return JobOutcome(0, "all well")

    monkeypatch.setattr(kinds, "work", work)
    monkeypatch.setattr(queue, "NOTE_S", 0.0)
    queue.add(project.workspace, Job("measure", "p", by="Ben"))
    assert "measure runs 1 of 3" in lines[0]
    desk.jobs.refresh()
    assert "measure, the last: ok" in desk.jobs.summary.value
    (line,) = desk.jobs.rows.children
    assert "added by Ben" in line.children[0].value
    assert line.children[1].layout.display == "none"  # what is done in a process ends with it
    desk.jobs.pause.click()
    sql = "SELECT project_id, paused_by FROM job_pauses"
    assert project.store.query(sql).to_numpy().tolist() == [["p", "Ann"]]
    desk.jobs.pause.click()
    assert len(project.store.query(sql)) == 0

"""The queue on a real PostgreSQL, with workers of this process and work that only ticks."""

import asyncio
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from vtlib.core.errors import (
    BadInput,
    BudgetReached,
    CredentialsMissing,
    SourceFailed,
    StoreBusy,
)
from vtlib.core.settings import load_settings
from vtlib.jobs import attempt, kinds, queue, schedule, team
from vtlib.jobs import worker as workers
from vtlib.jobs.job import KINDS, TRIES_MAX, Job, JobOutcome
from vtlib.jobs.worker import Worker
from vtlib.media.folder import MediaFolder
from vtlib.ops import projects
from vtlib.store import catalog, roles
from vtlib.store.project import Workspace

OK = JobOutcome(0, "all well")


@pytest.fixture
def at(tmp_path, team_url, monkeypatch):
    """A team's workspace with the projects p and q."""
    monkeypatch.setenv("VT_DATABASE", team_url)
    (tmp_path / "params").mkdir()
    for slug in ("p", "q"):
        (tmp_path / "params" / f"{slug}.yaml").write_text(f"project: {slug}\n")
    monkeypatch.setattr(attempt, "LOOK_S", 0.0)
    yield Workspace(load_settings(tmp_path))
    team.rows(team_url, "DROP SCHEMA queue CASCADE")  # the next test takes the database, too


@pytest.fixture
def work(monkeypatch):
    """What jobs do instead: a function (project, tick) -> JobOutcome by kind; `log` of all."""
    functions, log = dict.fromkeys(KINDS, lambda *_: OK), []

    def instead(at, job, tick, on_total=None):
        log.append((job.kind, job.project))
        return functions[job.kind](job.project, tick)

    monkeypatch.setattr(kinds, "work", instead)
    functions["log"] = log
    return functions


def worker(at, *only, **options):
    return Worker(at, at.settings.database_url, [*(only or KINDS), queue.TICKS], **options)


def work_off(at, *only, **options):
    """Work until nothing waits; attempts by how they ended."""
    one = worker(at, *only, **options)
    asyncio.run(one.run(once=True))
    return one.counts


def jobs(at):
    return {row["job_id"]: row for row in queue.listing(at)}


def only_job(at):
    (row,) = queue.listing(at)
    return row


def execute(at, sql, *values):
    return team.rows(at.settings.database_url, sql, values)


def test_jobs_are_done_by_priority_each_once(at, work):
    for kind, project, priority in (("judge", "p", 0), ("fetch", "q", 0), ("report", "p", 9)):
        queue.add(at, Job(kind, project), priority=priority)
    again = queue.add(at, Job("judge", "p"))
    other = queue.add(at, Job("judge", "p", ("outliers.method=robust_z",)))
    assert (again["job_id"], again["status"], other["job_id"] != "1") == ("1", "waits", True)
    assert work_off(at) == {"ok": 4}
    assert work["log"] == [("report", "p"), ("judge", "p"), ("fetch", "q"), ("judge", "p")]
    rows = queue.listing(at)
    assert [(r["status"], r["message"], r["tries"], r["exit_code"]) for r in rows] == [
        ("ok", "all well", 1, 0)
    ] * 4


def test_a_wrong_job_is_refused_before_it_waits(at):
    with pytest.raises(BadInput, match="nobody"):
        queue.add(at, Job("judge", "nobody"))
    with pytest.raises(BadInput, match=r"outliers\.metod"):
        queue.add(at, Job("judge", "p", ("outliers.metod=x",)))
    projects.open_project(at, "q")
    catalog.set_archived(at.store, "projects", "q", is_archived=True, now=at.now())
    with pytest.raises(BadInput, match="archived"):
        queue.add(at, Job("judge", "q"))
    assert queue.listing(at) == []


def test_workers_take_the_kinds_they_are_told_and_not_before_the_time(at, work):
    queue.add(at, Job("ask", "p"))
    queue.add(at, Job("measure", "p"), begin_at=datetime.now(UTC) + timedelta(hours=1))
    queue.add(at, Job("measure", "q"))
    assert work_off(at, "measure", "fetch") == {"ok": 1}
    assert {r["project_id"]: r["status"] for r in jobs(at).values() if r["kind"] == "measure"} == {
        "p": "waits",
        "q": "ok",
    }


def test_what_spends_of_one_budget_runs_one_at_a_time(at, work):
    """Two workers' places, four jobs of one project and one of another."""
    running, most, lock = set(), [], threading.Lock()

    def spend(project, tick):
        me = object()
        with lock:
            running.add((project, me))
            most.append(sum(p == project for p, _ in running))
            most.append(-len(running))
        time.sleep(0.15)
        with lock:
            running.remove((project, me))
        return OK

    work |= dict.fromkeys(("ask", "capture", "run"), spend)
    for kind in ("ask", "capture", "run"):
        queue.add(at, Job(kind, "p"))
    queue.add(at, Job("ask", "q"))
    assert work_off(at, concurrency=3) == {"ok": 4}
    assert (max(most), min(most)) == (1, -2)


@pytest.mark.parametrize(
    ("error", "code", "is_tried_again"),
    [
        (SourceFailed("the platform is down."), 4, True),
        (ConnectionResetError("cut"), 4, True),
        (BadInput("no such thing."), 2, False),
        (CredentialsMissing("no key."), 3, False),
        (BudgetReached("a cap."), 8, False),
        (ZeroDivisionError("ours"), 1, False),
    ],
)
def test_only_what_passes_is_tried_again(at, work, error, code, is_tried_again):
    def fail(*_):
        raise error

    work["judge"] = fail
    queue.add(at, Job("judge", "p"))
    assert work_off(at) == {"failed": 1}
    row = only_job(at)
    assert (row["exit_code"], row["tries"]) == (code, 1)
    assert row["status"] == ("waits" if is_tried_again else "failed")
    assert str(error) in row["message"]
    if is_tried_again:
        pause = row["waits_until"] - datetime.now(UTC).replace(tzinfo=None)
        assert timedelta(seconds=10) < pause < timedelta(seconds=46)  # 30 s, times .5 to 1.5
        work["judge"] = lambda *_: OK
        execute(at, "UPDATE procrastinate_jobs SET scheduled_at = now()")
        assert work_off(at) == {"ok": 1}
        assert (only_job(at)["status"], only_job(at)["tries"]) == ("ok", 2)


def test_a_job_is_given_up_after_so_many_tries(at, work):
    work["judge"] = lambda *_: JobOutcome(4, "down")
    queue.add(at, Job("judge", "p"))
    for _ in range(TRIES_MAX):
        assert work_off(at) == {"failed": 1}
        execute(at, "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    assert work_off(at) == {}
    assert (only_job(at)["status"], only_job(at)["tries"]) == ("failed", TRIES_MAX)


def test_a_paused_job_stops_after_its_item_and_goes_on_later(at, work):
    items = []

    def measure(project, tick):
        for n in range(len(items), 4):
            items.append(n)
            if n == 1:
                queue.pause(at, "measure", by="ada")
            tick(1)
        return OK

    work["measure"] = measure
    queue.add(at, Job("measure", "p"))
    assert work_off(at) == {"put back": 1}
    assert (items, only_job(at)["status"], only_job(at)["n_done"]) == ([0, 1], "paused", 2)
    queue.add(at, Job("measure", "q"))  # one that comes meanwhile waits, too
    assert work_off(at) == {}
    assert queue.pauses(at)[0]["paused_by"] == "ada"
    assert queue.resume(at, "measure") == 2
    assert work_off(at) == {"ok": 2}
    assert items == [0, 1, 2, 3]


def test_a_project_that_is_paused_waits_for_both(at, work):
    queue.add(at, Job("judge", "p"))
    assert (queue.pause(at, "p", by="ada"), queue.pause(at, "judge", by="ada")) == (1, 1)
    queue.resume(at, "judge")
    assert work_off(at) == {}
    queue.resume(at, "p")
    assert work_off(at) == {"ok": 1}
    with pytest.raises(BadInput, match="judge"):
        queue.pause(at, "jugde", by="ada")


def test_a_cancelled_job_ends_after_its_item(at, work):
    items = []

    def fetch(project, tick):
        for n in range(3):
            items.append(n)
            if n == 0:
                queue.cancel(at, "1")
            tick(1)
        return OK

    work["fetch"] = fetch
    queue.add(at, Job("fetch", "p"))
    queue.add(at, Job("judge", "p"))
    assert queue.cancel(at, "2")["status"] == "cancelled"
    assert work_off(at) == {"given up": 1}
    assert items == [0]
    assert [r["status"] for r in queue.listing(at)] == ["cancelled", "cancelled"]
    assert work_off(at) == {}
    with pytest.raises(BadInput, match="no job 1 that"):
        queue.cancel(at, "1")


def test_a_large_project_lets_others_go_between_its_batches(at, work, monkeypatch):
    monkeypatch.setattr(attempt, "BATCH_ITEMS", 2)
    left = {"p": 5, "q": 1}

    def measure(project, tick):
        while left[project]:
            left[project] -= 1
            tick(1)
        return OK

    work["measure"] = measure
    queue.add(at, Job("measure", "p"))
    queue.add(at, Job("measure", "q"))
    work_off(at)
    execute(at, "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    work_off(at)  # nobody waits any more: to its end
    assert [project for _, project in work["log"]] == ["p", "q", "p"]
    assert {r["status"] for r in queue.listing(at)} == {"ok"}


def test_a_worker_taken_for_dead_stops_and_closes_nothing(at, work):
    """It was only cut off: another has its job by now, which it must neither do nor close."""
    begun = []
    first, other = worker(at), worker(at)

    def measure(project, tick):
        begun.append(project)
        if len(begun) == 1:
            execute(at, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 h'")
            assert other.rescue() == 1
            asyncio.run(other._session(once=True))
        tick(1)
        return OK

    work["measure"] = measure
    queue.add(at, Job("measure", "p"))
    asyncio.run(first.run(once=True))
    assert (first.counts, other.counts) == ({"given up": 1}, {"ok": 1})
    assert (only_job(at)["status"], only_job(at)["message"]) == ("ok", "all well")
    assert begun == ["p", "p"]


def test_rescuers_at_once_put_a_job_back_once(at, work):
    queue.add(at, Job("judge", "p"))
    execute(at, "UPDATE procrastinate_jobs SET status = 'doing'")
    found = []
    threads = [threading.Thread(target=lambda: found.append(worker(at).rescue())) for _ in "123"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 0, 1]


def test_a_job_that_kills_its_workers_is_given_up(at):
    queue.add(at, Job("judge", "p"))
    sql = "INSERT INTO jobs (job_id, kind, project_id, tries) VALUES ('1', 'judge', 'p', $1)"
    execute(at, sql, TRIES_MAX)
    execute(at, "UPDATE procrastinate_jobs SET status = 'doing'")
    assert worker(at).rescue() == 1
    assert only_job(at)["status"] == "failed"


def test_a_rescued_job_whose_like_waits_goes_on_there(at, work):
    queue.add(at, Job("judge", "p"))
    execute(at, "UPDATE procrastinate_jobs SET status = 'doing'")
    queue.add(at, Job("judge", "p"))
    assert work_off(at) == {"ok": 1}
    assert sorted(r["status"] for r in queue.listing(at)) == ["failed", "ok"]


SCHEDULE = "schedule: {zone: Europe/Berlin, refresh: '0 * * * *', run: '30 2 * * *'}\n"


def deferred(at, *, workers=1):
    """Jobs that workers' ticks put into the queue."""

    async def ticks():
        url = at.settings.database_url
        app = queue.application(url)
        async with app.open_async():
            every = [schedule.defer_due(at, url, app) for _ in range(workers)]
            return sum(await asyncio.gather(*every))

    return asyncio.run(ticks())


def test_a_schedule_defers_each_time_once_and_makes_up_missed_ones_once(at, work, monkeypatch):
    (at.root / "params" / "p.yaml").write_text(f"project: p\n{SCHEDULE}")
    queue.add(at, Job("judge", "p"))  # the project is known
    clock = [datetime(2026, 10, 23, 12, 10, tzinfo=UTC)]
    monkeypatch.setattr(Workspace, "now", lambda _: clock[0])
    assert deferred(at) == 0  # seen for the first time: what was due before is nobody's debt
    clock[0] += timedelta(minutes=49)
    assert deferred(at) == 0
    clock[0] += timedelta(minutes=1)
    assert deferred(at, workers=3) == 1
    assert deferred(at) == 0
    assert work_off(at) == {"ok": 2}
    clock[0] = datetime(2026, 10, 26, 12, 10, tzinfo=UTC)  # three nights, clocks set back
    assert deferred(at, workers=3) == 2
    due = {r["entry"]: r["params"] for r in queue.listing(at) if r["status"] == "waits"}
    assert due == {"refresh": ["scraping.refresh=true"], "run": []}
    work_off(at)
    times = {r["entry"]: r["due_at"] for r in queue.listing(at)[:2]}
    assert times["run"] == datetime(2026, 10, 26, 1, 30)
    assert deferred(at) == 0
    last = {r["entry"]: (r["last_at"], r["next_at"]) for r in schedule.listing(at, "p")}
    assert last["run"] == (
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
        datetime(2026, 10, 27, 1, 30, tzinfo=UTC),
    )


def test_a_time_whose_like_waits_already_is_covered_by_it(at, monkeypatch):
    (at.root / "params" / "p.yaml").write_text(f"project: p\n{SCHEDULE}")
    clock = [datetime(2026, 10, 23, 12, 10, tzinfo=UTC)]
    monkeypatch.setattr(Workspace, "now", lambda _: clock[0])
    queue.add(at, Job("capture", "p", ("scraping.refresh=true",)))
    deferred(at)
    for _ in range(3):
        clock[0] += timedelta(hours=1)
        assert deferred(at) == 0
    assert [r["kind"] for r in queue.listing(at)] == ["capture"]


def test_an_editor_adds_jobs_and_a_viewer_only_reads_them(at, monkeypatch):
    """The roles are there before the queue is."""
    found = {}
    for role in ("editor", "viewer"):
        name = f"q_{role}"
        roles.add(at.store, name, role)
        monkeypatch.setenv("VT_DATABASE", at.store.url.replace("postgres@/", f"{name}@/"))
        found[role] = Workspace(load_settings(at.root))
    queue.add(at, Job("judge", "p"))
    assert queue.add(found["editor"], Job("fetch", "p"))["status"] == "waits"
    assert len(queue.listing(found["viewer"])) == 2
    for refuse in (
        lambda at: queue.pause(at, "p", by="eve"),
        lambda at: queue.add(at, Job("ask", "p")),
        lambda at: queue.cancel(at, "1"),
    ):
        with pytest.raises(CredentialsMissing, match="permission denied"):
            refuse(found["viewer"])


def test_the_queue_of_an_older_procrastinate_is_brought_up_to_date(at, work):
    """3.3: without `retry` of failed jobs, made by procrastinate's own files of then."""
    from procrastinate.schema import SchemaManager

    url = at.settings.database_url
    execute(at, "SELECT 1")
    execute(at, "DROP SCHEMA queue CASCADE")
    with psycopg.connect(url, autocommit=True, options="-c search_path=queue") as connection:
        connection.execute("CREATE SCHEMA queue")
        from pathlib import Path

        for path in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
            if not path.name.startswith("03.04"):
                connection.execute(path.read_text())
        connection.execute("COMMENT ON SCHEMA queue IS 'procrastinate 3.3.0'")
    work["judge"] = lambda *_: JobOutcome(4, "down")
    queue.add(at, Job("judge", "p"))
    assert work_off(at) == {"failed": 1}
    assert only_job(at)["status"] == "waits"


def test_workers_that_start_together_make_the_queue_once(at):
    """Its schema is looked for anew after the lock: a cache still says that there is none."""
    url = at.settings.database_url
    together, errors = threading.Barrier(6), []

    def begin():
        together.wait()
        try:
            team.rows(url, "SELECT 1")
        except Exception as error:  # noqa: BLE001 - all are errors here
            errors.append(repr(error))

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert team.rows(url, "SELECT count(*) AS n FROM procrastinate_jobs") == [{"n": 0}]


def test_a_job_waits_for_its_turn_in_a_folder_without_failing(at, monkeypatch):
    """Real work: another process, or another worker with this VT_HOME, downloads meanwhile."""
    queue.add(at, Job("measure", "p"))
    with MediaFolder(at.outputs).session():
        for _ in range(TRIES_MAX + 1):
            assert work_off(at) == {"put back": 1}
            row = only_job(at)
            assert (row["status"], row["tries"]) == ("waits", 0)
            execute(at, "UPDATE procrastinate_jobs SET scheduled_at = now()")
        assert "another process is downloading or measuring" in row["message"]
        queue.add(at, Job("judge", "q"))
        monkeypatch.setattr("vtlib.jobs.worker.TAKEN_S", 600)
        assert work_off(at) == {"put back": 1, "ok": 1}  # what needs no folder goes on
    execute(at, "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    assert work_off(at) == {"ok": 1}


@pytest.mark.parametrize(
    ("sql", "is_away"),
    [
        ("SELEC 1", False),
        (
            "DO $$ BEGIN RAISE SQLSTATE '08P01'; END $$",
            False,
        ),  # an OperationalError, as those below
        ("DO $$ BEGIN RAISE SQLSTATE '57014'; END $$", False),
        ("DO $$ BEGIN RAISE SQLSTATE '08006'; END $$", True),
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
    ],
)
def test_only_a_lost_connection_is_called_a_server_that_does_not_answer(team_url, sql, is_away):
    with pytest.raises(StoreBusy if is_away else psycopg.Error) as end:
        team.rows(team_url, sql)
    assert workers._is_away(end.value) is is_away
    team.rows(team_url, "DROP SCHEMA queue CASCADE")


@pytest.mark.parametrize(
    ("code", "words", "error"),
    [
        ("08P01", "unsupported startup parameter: options", BadInput),  # a pooler
        ("57P03", "the database system is starting up", StoreBusy),
        ("53300", "sorry, too many clients already", StoreBusy),
        ("28P01", 'password authentication failed for user "x"', CredentialsMissing),
    ],
)
def test_what_refuses_the_connection_is_named(code, words, error):
    """A server that refuses everybody, by the protocol alone."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse():
            fields = f"SFATAL\0VFATAL\0C{code}\0M{words}\0\0".encode()
            peer, _ = server.accept()
            with peer:
                if peer.recv(8)[4:] == b"\x04\xd2\x16\x2f":  # whether there is TLS
                    peer.sendall(b"N")
                    peer.recv(8)
                peer.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

        threading.Thread(target=refuse, daemon=True).start()
        url = f"postgresql://x@127.0.0.1:{server.getsockname()[1]}/t?gssencmode=disable"
        with pytest.raises(error, match=words.split(":")[0]):
            team.rows(url, "SELECT 1")
    with pytest.raises(StoreBusy, match="refused"):  # nobody there
        team.rows(url, "SELECT 1")

"""Runs of small notebooks: order, results, failures, records, and kills."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from vtlib.core.errors import BadInput, SourceFailed, StoreBusy
from vtlib.core.models import STAGES
from vtlib.run import Hooks, RunPlan, run_project
from vtlib.run.notebook import NO_CONCLUSION

pytestmark = pytest.mark.usefixtures("light_run")
Write = Callable[..., Path]


def record_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text())


def only(plan: RunPlan, stage: str = "outliers") -> RunPlan:
    return replace(plan, only=stage)


def test_seven_stages_in_order(plan: RunPlan) -> None:
    seen: list[str] = []
    hooks = Hooks(
        on_event=lambda e: seen.append(f"{e.number}/{e.total} {'ended' if e.result else 'began'}"),
        render=lambda _, html: html.write_text("page"),
        write_index=lambda run: seen.append(f"index {run.status}"),
        check=lambda: seen.append("check") or [],  # type: ignore[func-returns-value]
        start_run=lambda run: seen.append(f"start {run.status}"),
        finish_stage=lambda _, stage: seen.append(stage.stage),
        finish_run=lambda run: seen.append(f"finish {run.status}"),
    )
    run = run_project(replace(plan, from_stage="comparison"), hooks)
    assert seen == [
        *("start running", "1/2 began", "check", "comparison", "1/2 ended"),
        *("2/2 began", "check", "performance", "2/2 ended", "index ok", "finish ok"),
    ]
    assert [s.headline for s in run.stages] == [("2 rows.",)] * 2
    assert run.stages[0].counts == {"rows": 2}
    assert {p.name for p in run.folder.iterdir()} == {
        *("06_comparison.ipynb", "06_comparison.html", "07_performance.ipynb"),
        *("07_performance.html", "run.json"),
    }


def test_the_record_tells_all(plan: RunPlan) -> None:
    run = run_project(replace(plan, params={"outliers": {"method": "robust_z"}}, only="outliers"))
    record = record_of(run.folder)
    assert run.folder.parent == plan.outputs / "demo" / "runs"
    assert run.run_id == f"demo-{run.folder.name}"
    assert record["run_id"] == run.run_id
    assert (record["status"], record["exit_code"]) == ("ok", 0)
    assert record["params"] == {"outliers": {"method": "robust_z"}}
    assert record["started_at"].endswith("Z")
    assert set(record["code"]) == {"version", "git_commit", "git_is_dirty"}
    assert {"python", "duckdb", "papermill"} <= set(record["packages"])
    (stage,) = record["stages"]
    assert (stage["stage"], stage["status"], stage["notebook"]) == (
        *("outliers", "ok"),
        "03_outliers.ipynb",
    )
    assert stage["seconds"] > 0


def test_parameters_reach_the_notebook(plan: RunPlan, write_notebook: Write) -> None:
    write_notebook("import", "project, profile, home, importing['urls'], bool(run_id)")
    run = run_project(
        replace(plan, params={"importing": {"urls": ["a {b}"]}}, profile="client", only="import")
    )
    cell = nbformat.read(run.folder / "01_import.ipynb", 4).cells[-1]
    told = cell.outputs[0].data["text/plain"]
    assert eval(told) == ("demo", "client", str(plan.home), ["a {b}"], True)
    assert run.stages[0].reason == NO_CONCLUSION


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"from_stage": "outlier"}, "outliers"),
        ({"only": "analysis", "from_stage": "import"}, "exclude"),
        ({"notebooks": Path("nowhere")}, "no notebook"),
    ],
)
def test_a_wrong_plan_is_refused(plan: RunPlan, change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        run_project(replace(plan, **change))
    assert not plan.outputs.exists()


def test_a_parameter_that_no_cell_declares_is_refused(plan: RunPlan, write_notebook: Write) -> None:
    path = write_notebook("analysis")
    path.write_text(path.read_text().replace("analysis = {}", "analyses = {}"))
    with pytest.raises(BadInput, match=r"no parameter analysis.*mean analyses"):
        run_project(replace(plan, params={"analysis": {"limit": 1}}))
    assert not plan.outputs.exists()


@pytest.mark.parametrize(
    ("cell", "reason", "exit_code"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero", 1),
        (
            (
                "from vtlib.core.errors import BadInput\nraise BadInput('no rows', todo='Import "
                "some.')"
            ),
            "BadInput: no rows Import some.",
            2,
        ),
        ("import os; os._exit(3)", "DeadKernelError: the kernel ended with exit code 3", 1),
        ("import time; time.sleep(60)", "TimeoutError: it took longer than 5 s", 1),
        ("apify_api_ = 1; raise ValueError('apify_api_12345678abc')", "[redacted]", 1),
    ],
)
def test_a_failed_stage_ends_the_run(
    plan: RunPlan, write_notebook: Write, cell: str, reason: str, exit_code: int
) -> None:
    write_notebook("comparison", "1 + 1", cell, "'never'")
    hooks = Hooks(
        render=lambda ipynb, html: html.write_text(ipynb.read_text()),
        write_index=lambda run: (run.folder / "index.html").write_text(run.status),
    )
    timeout_s = 5 if "longer than 5 s" in reason else 60
    run = run_project(replace(plan, from_stage="comparison", timeout_s=timeout_s), hooks)
    failed, after = run.stages
    assert (failed.status, failed.exit_code, run.exit_code) == ("failed", exit_code, exit_code)
    assert reason in failed.reason
    assert (after.status, after.reason) == ("skipped", "after failed comparison")
    assert (run.folder / "index.html").read_text() == "failed"
    assert record_of(run.folder)["exit_code"] == exit_code
    notebook = nbformat.read(run.folder / failed.notebook, 4)
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert [o.output_type for o in outputs] == ["execute_result", "error"]
    assert "12345678abc" not in (run.folder / failed.page).read_text()


def test_a_stage_with_nothing_to_do_is_skipped_and_the_next_one_runs(
    plan: RunPlan, write_notebook: Write
) -> None:
    skip = "from vtlib.core import conclusion\nconclusion.skip_stage('comparison', 'set a key')"
    write_notebook("comparison", skip)
    run = run_project(replace(plan, from_stage="comparison"))
    assert [(s.status, s.reason) for s in run.stages] == [("skipped", "set a key"), ("ok", "")]
    assert (run.status, run.exit_code) == ("ok", 0)


def busy() -> list[str]:
    raise StoreBusy("held by 12")


def bad_page(*_: Path) -> None:
    raise SourceFailed("no template")


@pytest.mark.parametrize(
    ("hooks", "reason", "exit_code"),
    [
        (Hooks(check=lambda: ["2 posts of tomorrow"]), "checks found: 2 posts of tomorrow", 6),
        (Hooks(check=busy), "the checks did not run: held by 12", 7),
        (Hooks(render=bad_page), "its page could not be made: no template", 4),
    ],
)
def test_what_is_wrong_around_a_notebook_fails_its_stage(
    plan: RunPlan, hooks: Hooks, reason: str, exit_code: int
) -> None:
    run = run_project(only(plan), hooks)
    assert (run.stages[0].status, run.stages[0].reason) == ("failed", reason)
    assert run.exit_code == exit_code


def test_an_error_of_the_store_is_raised_and_recorded(plan: RunPlan) -> None:
    def refuse(*_: Any) -> None:
        raise StoreBusy("held by 12")

    with pytest.raises(StoreBusy):
        run_project(only(plan), Hooks(finish_stage=refuse, finish_run=refuse))
    (folder,) = (plan.outputs / "demo" / "runs").iterdir()
    assert record_of(folder)["status"] == "failed"


RUNNER = """
import sys
from pathlib import Path
from vtlib.run import RunPlan, run_project
home = Path(sys.argv[1])
run = run_project(RunPlan(sys.argv[2], home / "notebooks", home, home / "outputs",
                          from_stage="comparison"))
sys.exit(run.exit_code)
"""


def start(plan: RunPlan, project: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RUNNER, str(plan.home), project])


def test_two_projects_at_once(plan: RunPlan) -> None:
    runners = [start(plan, project) for project in ("one", "two")]
    assert [r.wait(60) for r in runners] == [0, 0]
    for project in ("one", "two"):
        (folder,) = (plan.outputs / project / "runs").iterdir()
        assert record_of(folder)["project"] == project
        assert len(record_of(folder)["stages"]) == 2


def test_a_killed_run_is_in_nobodys_way(plan: RunPlan, write_notebook: Write) -> None:
    write_notebook("performance", "import time; time.sleep(60)")
    runner = start(plan, "demo")
    runs = plan.outputs / "demo" / "runs"
    end = time.monotonic() + 60
    while not list(runs.glob("*/07_performance.ipynb")) and time.monotonic() < end:
        time.sleep(0.05)
    family = psutil.Process(runner.pid).children(recursive=True)
    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()
    (killed,) = runs.iterdir()
    assert record_of(killed)["status"] == "running"
    assert [s["stage"] for s in record_of(killed)["stages"]] == ["comparison"]
    _, left = psutil.wait_procs(family, timeout=10)
    assert not left
    again = run_project(only(plan))
    assert again.status == "ok"
    assert again.folder != killed


def test_runs_of_one_second_have_their_own_folders(plan: RunPlan) -> None:
    from vtlib.run.record import open_run

    names = [open_run(plan).folder.name for _ in range(3)]
    assert len(set(names)) == 3
    assert names == sorted(names)
    assert all(len(name) == len("20261124T101500Z") for name in names)


def test_every_stage_has_a_notebook_name(plan: RunPlan) -> None:
    assert [plan.notebook(s).name[:3] for s in STAGES] == [f"0{n}_" for n in range(1, 8)]


def test_adopting_is_told_to_outliers_alone(plan: RunPlan) -> None:
    assert "adopt" not in plan.parameters("outliers")
    adopting = replace(plan, adopt=True)
    assert adopting.parameters("outliers")["adopt"] is True
    assert [s for s in STAGES if "adopt" in adopting.parameters(s)] == ["outliers"]

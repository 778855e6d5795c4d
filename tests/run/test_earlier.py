"""A stage with nothing new is not run: when its page stands, and when it must not."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from vtlib.core.models import STAGES
from vtlib.run import Hooks, RunPlan, RunResult, run_project
from vtlib.run.plan import REPORT

pytestmark = pytest.mark.usefixtures("light_run")
LAST = ("comparison", "performance")


@dataclass
class World:
    """What stages read, as a test sets it."""

    digests: dict[str, str] = field(default_factory=lambda: dict.fromkeys((*STAGES, REPORT), "1"))
    work: set[str] = field(default_factory=set)
    disturbed: set[str] = field(default_factory=set)
    offenders: list[str] = field(default_factory=list)
    reports: int = 0

    def digest(self, stage: str) -> str:
        return self.digests[stage]

    def begin(self, stage: str) -> None:
        pass

    def end(self, stage: str, evaluate: Callable[[str], Any] = eval) -> str:
        assert evaluate("1 + 1") == 2
        return "" if stage in self.disturbed else self.digests[stage]

    def has_work(self, stage: str) -> bool:
        return stage in self.work

    def write_index(self, run: RunResult) -> None:
        self.reports += 1
        (run.folder / "index.html").write_text(f"report {self.reports}")

    @property
    def hooks(self) -> Hooks:
        return Hooks(
            render=lambda ipynb, html: html.write_text(ipynb.name),
            write_index=self.write_index,
            check=lambda: self.offenders,
            inputs=self,  # type: ignore[arg-type]
        )


@pytest.fixture
def world() -> World:
    return World()


def statuses(run: RunResult) -> dict[str, str]:
    return {stage.stage: stage.status for stage in run.stages}


def ran(run: RunResult) -> set[str]:
    return {stage.stage for stage in run.stages if stage.origin is None}


def test_nothing_new_is_skipped_and_leaves_the_same_files(plan: RunPlan, world: World) -> None:
    first = run_project(plan, world.hooks)
    again = run_project(plan, world.hooks)
    assert (ran(first), ran(again)) == (set(STAGES), set())
    assert statuses(again) == dict.fromkeys(STAGES, "skipped")
    assert {s.reason for s in again.stages} == {
        f"nothing new since {first.run_id}: its page stands"
    }
    assert [s.headline for s in again.stages] == [s.headline for s in first.stages]
    assert again.stages[0].shown == ("ok", "")
    names = {path.name for path in first.folder.iterdir()}
    assert {path.name for path in again.folder.iterdir()} == names
    assert len(names) == 16
    kept = [name for name in sorted(names) if name != "run.json"]
    assert [(again.folder / n).read_bytes() for n in kept] == [
        (first.folder / n).read_bytes() for n in kept
    ]
    third = run_project(plan, world.hooks)
    assert {s.origin.run_id for s in third.stages if s.origin} == {first.run_id}
    assert (world.reports, third.exit_code, third.status) == (1, 0, "ok")


def test_one_stage_with_new_inputs_runs_and_the_report_is_written(
    plan: RunPlan, world: World
) -> None:
    run_project(plan, world.hooks)
    world.digests["analysis"] = "2"
    again = run_project(plan, world.hooks)
    assert ran(again) == {"analysis"}
    assert (again.folder / "index.html").read_text() == "report 2"
    assert ran(run_project(plan, world.hooks)) == set()
    assert world.reports == 2


def edit_report(world: World, _: Path) -> None:
    world.digests[REPORT] = "2"


def remove_page(_: World, folder: Path) -> None:
    (folder / "06_comparison.html").unlink()


def remove_notebook(_: World, folder: Path) -> None:
    (folder / "06_comparison.ipynb").unlink()


def remove_record(_: World, folder: Path) -> None:
    (folder / "run.json").write_text("{")


def kill(_: World, folder: Path) -> None:
    """As a run that ends before comparison was through."""
    record = json.loads((folder / "run.json").read_text())
    stages = [s for s in record["stages"] if s["stage"] not in LAST]
    (folder / "run.json").write_text(json.dumps(record | {"stages": stages, "status": "running"}))


def add_work(world: World, _: Path) -> None:
    world.work.add("comparison")


def spoil(world: World, _: Path) -> None:
    world.offenders.append("a check finds something")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (edit_report, set()),
        (remove_page, {"comparison"}),
        (remove_notebook, {"comparison"}),
        (remove_record, set(STAGES)),
        (kill, set(LAST)),
        (add_work, {"comparison"}),
        (spoil, {"import"}),
    ],
)
def test_what_makes_a_stage_run(
    change: Callable[[World, Path], None], expected: set[str], plan: RunPlan, world: World
) -> None:
    first = run_project(plan, world.hooks)
    change(world, first.folder)
    again = run_project(plan, world.hooks)
    assert {stage for stage in ran(again) if statuses(again)[stage] == "ok"} == expected - {
        s for s in expected if world.offenders
    }
    assert again.exit_code == (6 if world.offenders else 0)
    assert world.reports == 2


def test_a_stage_beside_which_another_wrote_is_run_again(plan: RunPlan, world: World) -> None:
    world.disturbed.add("outliers")
    run_project(plan, world.hooks)
    world.disturbed.clear()
    assert ran(run_project(plan, world.hooks)) == {"outliers"}


def test_a_failed_stage_never_counts(
    plan: RunPlan, world: World, write_notebook: Callable[..., Path]
) -> None:
    whole = plan.notebook("comparison").read_text()
    run_project(plan, world.hooks)
    write_notebook("comparison", "1 / 0")
    world.digests["comparison"] = "2"
    failed = run_project(plan, world.hooks)
    assert statuses(failed)["comparison"] == "failed"
    assert failed.stages[-1].reason == "after failed comparison"
    plan.notebook("comparison").write_text(whole)
    world.digests["comparison"] = "1"
    assert ran(run_project(plan, world.hooks)) == set(LAST)


def test_again_runs_all(plan: RunPlan, world: World) -> None:
    run_project(plan, world.hooks)
    assert ran(run_project(replace(plan, again=True), world.hooks)) == set(STAGES)


@pytest.mark.parametrize("named", [{"only": "performance"}, {"from_stage": "comparison"}])
def test_the_stage_that_is_named_runs(named: dict[str, str], plan: RunPlan, world: World) -> None:
    run_project(plan, world.hooks)
    again = run_project(replace(plan, **named), world.hooks)
    assert ran(again) == set(named.values())
    assert set(statuses(again)) == ({"performance"} if "only" in named else set(LAST))
    assert ran(run_project(plan, world.hooks)) == set()


def test_without_pages_or_inputs_stages_run_as_ever(plan: RunPlan, world: World) -> None:
    hooks = replace(world.hooks, render=None, write_index=None)
    run_project(plan, hooks)
    assert ran(run_project(plan, hooks)) == set()
    assert ran(run_project(plan, replace(hooks, inputs=None))) == set(STAGES)


def test_a_clients_record_tells_no_more_than_before(plan: RunPlan, world: World) -> None:
    client = replace(plan, creators="pseudonyms", profile="client")
    hooks = replace(world.hooks, tell=lambda _: "told")
    run_project(client, hooks)
    again = run_project(client, hooks)
    record = json.loads((again.folder / "run.json").read_text())
    assert record["stages"][0]["origin"] == {"run_id": "told", "status": "told", "reason": "told"}
    assert "params" not in record
    assert ran(again) == set()


def test_pages_are_made_over_a_stage_beside_which_another_wrote(
    plan: RunPlan, world: World
) -> None:
    world.disturbed.add("adaptation")
    run_project(plan, world.hooks)
    pages = run_project(replace(plan, pages_only=True), world.hooks)
    assert (pages.status, ran(pages)) == ("ok", set())
    assert (pages.folder / "index.html").exists()

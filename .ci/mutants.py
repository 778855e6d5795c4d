"""`make mutants`: small changes to the modules of money, loss and truth, and how many the tests
notice.

    python .ci/mutants.py [--seed 1] [--sample 120] [--only outliers] [--least 88]

cosmic-ray makes the changes, in a copy of the checkout; a seed draws the sample, so that a score
can be repeated and a fresh sample drawn. Left out are changes that cannot matter when the program
runs: in annotations, in decorators, in the stars of a signature, and `is` for `==` (Python keeps
equal short texts and numbers once). Exit code 1 where fewer than `--least` percent were noticed.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 600
IDENTITIES = ("Operator_Eq_Is", "Operator_NotEq_IsNot")

ORDERS = [
    *("tests/capture/test_scrape_budget.py", "tests/capture/test_orders.py"),
    *("tests/capture/test_collector.py", "tests/capture/test_open_orders.py"),
    "tests/capture/test_capturing.py",
]
VARIANTS = [
    f"tests/performance/test_{name}.py" for name in ("variant_bounds", "abtest", "variant_evidence")
]
FILES = [
    f"tests/capture/test_{name}.py"
    for name in ("importing", "file_reports", "odd_files", "import_outcomes")
]
TARGETS = {
    "vtlib/llm/budget.py": ["tests/llm"],
    "vtlib/core/rate_limits.py": ["tests/core/test_rate_limits.py"],
    "vtlib/capture/scheduler.py": ORDERS,
    "vtlib/capture/collector.py": ORDERS,
    "vtlib/capture/job_store.py": ORDERS,
    "vtlib/store/writes.py": ["tests/store", "tests/capture/test_captures.py"],
    "vtlib/capture/mapping.py": [*FILES, "tests/platforms"],
    "vtlib/capture/ingest.py": ["tests/capture/test_ingestion.py"],
    "vtlib/capture/imports.py": [*FILES, "tests/cli/test_workflow.py"],
    "vtlib/outliers/judgement.py": [
        *("tests/outliers/test_judgement.py", "tests/outliers/test_outliers.py"),
    ],
    "vtlib/outliers/rule.py": ["tests/outliers"],
    "vtlib/outliers/scores.py": ["tests/outliers"],
    "vtlib/adaptation/claims.py": [
        *("tests/adaptation/test_claims.py", "tests/adaptation/test_adaptation.py"),
    ],
    "vtlib/scripts/diff.py": ["tests/scripts"],
    "vtlib/media/download/url_allowlist.py": ["tests/media/download"],
    "vtlib/performance/predictions.py": [
        *("tests/performance/test_forecasts.py", "tests/performance/test_predictions.py"),
    ],
    "vtlib/performance/abtest.py": VARIANTS,
}


def main() -> int:
    """Draw the sample, try each change, print the score a module and what survived."""
    options = _options()
    modules = [m for m in TARGETS if not options.only or options.only in m]
    with tempfile.TemporaryDirectory(prefix="vt-mutants-") as folder:
        copy = _copy(Path(folder) / "checkout")
        os.chdir(copy)
        sample = _sample(modules, seed=options.seed, size=options.sample)
        tried, survived, n_late = _try(sample)
    n_noticed = len(sample) - survived.total()
    score = 100 * n_noticed / len(sample)
    for module, n in sorted(tried.items()):
        print(f"{n - survived[module]:>4} of {n:<4} {module}")
    print(f"{n_noticed} of {len(sample)} changes were noticed: {score:.1f} %")
    # A change that never ends is noticed too, but on a busy machine it may be the tests that are
    # slow.
    print(f"{n_late} of the noticed ones ran out of their {TIMEOUT_S} s")
    return int(score < options.least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Small changes, and how many the tests notice.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=120)
    parser.add_argument("--only", default="", help="Part of a module's path.")
    parser.add_argument("--least", type=float, default=88.0)
    return parser.parse_args()


def _copy(target: Path) -> Path:
    """The checkout's files as they are now, with the same environment behind them."""
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    # The tests must meet the copy and not the checkout that is installed.
    os.environ["PYTHONPATH"] = str(target)
    return target


def _sample(modules: list[str], *, seed: int, size: int) -> list[MutationSpec]:
    with use_db(":memory:", WorkDB.Mode.create) as work:
        init([Path(m) for m in modules], work, {})
        specs = [spec for item in work.work_items for spec in item.mutations]
    inert = {m: _inert_spans(Path(m)) for m in modules}
    alive = [
        s for s in specs
        if not s.operator_name.endswith(IDENTITIES) and not _is_inert(s, inert[str(s.module_path)])
    ]  # fmt: skip
    alive.sort(key=lambda s: (str(s.module_path), s.operator_name, s.occurrence))
    return random.Random(seed).sample(alive, min(size, len(alive)))  # noqa: S311 - a sample


Span = tuple[tuple[int, int], tuple[int, int]]


def _inert_spans(module: Path) -> tuple[list[Span], list[Span]]:
    """(start, end) of annotations, decorators and signatures, and of the defaults in signatures,
    which do matter; as (line, column).
    """
    inert: list[ast.AST | None] = []
    headers, alive = [], []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        inert += getattr(node, "decorator_list", [])
        inert += [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            headers.append(((node.lineno, node.col_offset), (first.lineno, first.col_offset)))
            alive += [_span(d) for d in (*node.args.defaults, *node.args.kw_defaults) if d]
    spans = [_span(n) for n in inert if isinstance(n, ast.expr)]
    return spans + headers, alive


def _span(node: ast.expr) -> Span:
    return (node.lineno, node.col_offset - 1), (node.end_lineno or 0, node.end_col_offset or 0)


def _is_inert(spec: MutationSpec, spans: tuple[list[Span], list[Span]]) -> bool:
    inert, alive = spans
    return _lies_in(spec, inert) and not _lies_in(spec, alive)


def _lies_in(spec: MutationSpec, spans: list[Span]) -> bool:
    return any(start <= spec.start_pos and spec.end_pos <= end for start, end in spans)


def _try(sample: list[MutationSpec]) -> tuple[Counter[str], Counter[str], int]:
    """(changes tried, changes no test noticed) by module, and how many ran out of time."""
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    n_late = 0
    for spec in tqdm(sample, unit=" changes", disable=not sys.stderr.isatty()):
        module = str(spec.module_path)
        if module not in tried:
            _require_green(module)
        result = mutate_and_test([spec], _tests(module), TIMEOUT_S)
        tried[module] += 1
        if result.test_outcome == TestOutcome.SURVIVED:
            survived[module] += 1
            print(f"\n{spec.operator_name}\n{result.diff}", flush=True)
        n_late += result.output == "timeout"
    return tried, survived, n_late


def _tests(module: str) -> str:
    words = f"{sys.executable} -m pytest -x -q -n 0 -p no:cacheprovider -p no:nbval"
    return " ".join([words, *TARGETS[module]])


def _require_green(module: str) -> None:
    """Stop where the tests fail without any change: they would seem to notice every one."""
    done = subprocess.run(_tests(module).split(), check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.exit(f"{done.stdout[-3000:]}\nThe tests of {module} fail as they are: mend them first.")


if __name__ == "__main__":
    sys.exit(main())

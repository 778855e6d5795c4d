"""`vt advice`: what the stored library carries with its command, else what is missing; the pages
say the same.
"""

import pandas as pd
import pytest

from vtlib.adaptation import fits
from vtlib.core.settings import load_settings
from vtlib.performance.store import save_patterns
from vtlib.report import advice
from vtlib.store import people
from vtlib.store.connection import Store
from vtlib.store.project import Project, Workspace


@pytest.fixture
def store(home):
    (home / "params" / "spring.yaml").write_text("project: spring\n")
    made = Store(load_settings().database_path)
    people.ensure_project(made, "spring")
    return made


def learnt(store):
    rows = [("hook_reveal", 0.7, 0.001, "more views", 0), ("emoji", 0.2, 0.2, "", 30)]
    table = pd.DataFrame(rows, columns=["pattern", "effect_ln", "p_value", "claim", "posts_needed"])
    table = table.assign(
        pattern_id=table["pattern"],
        q_value=table["p_value"],
        effect_se_ln=0.12,
        n_with=40,
        accounts_with=8,
        replicates="repeatable",
        trend="steady",
        ratio=2.0,
        ratio_low=1.5,
        ratio_high=2.6,
        threshold=float("nan"),
        note="",
        parts=[[], []],
        examples=[[], []],
    )
    run = {"pattern_run_id": "r1", "project_id": "spring", "created_at": pd.Timestamp("2026-01-01")}
    save_patterns(store, run | {"n_posts": 400, "n_accounts": 9}, table)


def test_nothing_known_says_what_is_missing(vt, store):
    said = vt("advice", "--project", "spring")
    assert said.code == 0
    assert said.out.startswith("nothing can be advised yet:")
    assert "vt analyze performance --project spring" in said.out


def test_a_claim_is_advised_with_its_command_and_in_the_notebook(vt, store):
    learnt(store)
    rows = vt("advice", "--project", "spring", "--json").data["advice"]
    assert [(r["kind"], r["pattern"]) for r in rows] == [
        ("shoot", "hook_reveal"),
        ("test", "emoji"),
    ]
    assert rows[0]["how"].startswith("vt script create --project spring --from-pattern hook_reveal")
    assert rows[0]["gain_views"] is None, "no own account: a ratio, and no views"
    project = Project.of(Workspace(load_settings()), "spring")
    shown = repr(advice.table(project, fits.rank(project)))  # notebook 07
    assert all(r["what"] in shown for r in rows)

"""Proposals at the desk: linked, refused and undone by a person."""

from __future__ import annotations

from pathlib import Path

from tests.desk.desk_home import HOSTILE, workspace
from vtlib.desk.board import MatchesPanel
from vtlib.desk.session import DeskSession
from vtlib.performance import matches, store
from vtlib.scripts import store as script_store
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.store import Making, Move, ScriptHome


def test_a_person_links_undoes_and_refuses_at_the_desk(tmp_path: Path) -> None:
    project = workspace(tmp_path, n=3)
    made = Script("Calm lid", beats=(PlannedBeat("b", "cta", duration_s=6.0, spoken="Look"),))
    name = script_store.create(project.store, made, Making("Ann"), place=ScriptHome(project="p"))
    for status in ("review", "approved", "in_production", "produced"):
        script_store.set_status(project.store, name, Move(status, "Ann"))
    rows = [
        {
            "project_id": "p",
            "script_id": name,
            "version": 1,
            "post_id": f"tiktok:{n}",
            "probability": p,
        }
        | {"reasons": [f"its caption has {HOSTILE}"], "evidence": {}, "method": "m"}
        for n, p in ((1, 0.8), (2, 0.3))
    ]
    store.save_proposals(project.store, "p", rows)
    session = DeskSession(project, person="Zoe")
    panel = MatchesPanel(session)
    session.settle = panel.refresh
    panel.refresh()
    assert [deed for deed, *_ in panel.buttons] == ["link", "refuse", "link", "refuse"]
    first = panel.rows.children[0].children[0].value
    assert "proposed · 80% · rival tiktok:1 → Calm lid" in first
    assert "<img" not in first
    panel.buttons["link", name, "tiktok:1"].click()
    panel.why.value = "an older film"
    panel.buttons["refuse", name, "tiktok:2"].click()
    state = matches.listing(project).set_index("post_id")
    assert state["state"].to_dict() == {"tiktok:1": "link", "tiktok:2": "refuse"}
    assert state.loc["tiktok:2", ["decided_by", "reason"]].tolist() == ["Zoe", "an older film"]
    assert "No new post fits" in panel.view.children[1].value

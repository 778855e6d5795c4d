"""The pages of the site itself: what a visitor may read, and a shared script with its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from vtlib.core.conclusion import number
from vtlib.core.language import PageReader, reads, say
from vtlib.report import assembly
from vtlib.report import reviews as report_reviews
from vtlib.report.facts import Page
from vtlib.report.review_form import FormFacts, with_form
from vtlib.report.review_page import review_page
from vtlib.scripts.reviews import SharedScript
from vtlib.serving import published
from vtlib.serving.people import Visitor
from vtlib.store.project import Workspace, resolve

OLDER_MAX = 12
Row = Mapping[str, Any]


def index_page(
    visitor: Visitor,
    runs: Sequence[Row],
    scripts: Sequence[Row],
    *,
    answers: Mapping[str, str],
    now: datetime,
) -> str:
    """Reports by brand and project, the latest first, and the scripts that were shared; `answers`:
    what was answered last to a run.
    """
    runs = [{**r, "answer": answers.get(str(r["run_id"]), "")} for r in runs]
    brands = sorted(
        {(str(r["brand"] or r["brand_id"] or "No brand"), str(r["brand_id"] or "")) for r in runs}
    )
    content = {
        **assembly.shell(_page("Reports", visitor, now), with_charts=False, is_folded=True),
        "lead": _lead(visitor, runs, scripts),
        "brands": [
            {"name": name, "projects": _projects([r for r in runs if (r["brand_id"] or "") == key])}
            for name, key in brands
        ],
        "shared": [
            {
                "title": r["title"],
                "href": f"/scripts/{r['script_id']}/{r['version']}",
                "version": r["version"],
                "status": str(r["status"]).replace("_", " "),
                "brand": r["brand_id"],
                "waits": r["status"] == "review" and bool(visitor.decisions),
                "shared": f"{r['shared_at']:%-d %b %Y}",
            }
            for r in scripts
        ],
        "visitor": visitor,
    }
    return assembly.environment().get_template("site.html.j2").render(resources={"vt": content})


def script_page(at: Workspace, one: SharedScript, visitor: Visitor, *, post_to: str) -> str:
    """A shared version, whose answer goes straight into the tables."""
    params = resolve(at, one.project, warn=False) if one.project else None
    with reads(params.report.reader if params else PageReader()):
        page = Page(
            one.script.title,
            profile="client",
            is_simulated=params is not None and params.is_simulated,
            nav=((say("All reports"), "/"), (say("Version {n}", n=one.version), "")),
            provenance={"script": f"{one.script_id}, version {one.version}"},
        )
        return review_page(one, page=page, reviewer=visitor.person, post_to=post_to)


def report_page(at: Workspace, html: str, run_id: str, page: str, *, visitor: Visitor) -> str:
    """A page of a report as it was rendered, with the form where the report takes answers, its
    pages are still those that were published, and the visitor may say something.
    """
    shared = report_reviews.shared(at, run_id) if visitor.decisions else None
    if shared is None or shared.pages != published.fingerprint_of(at, run_id):
        return html
    facts = FormFacts(
        run_id,
        shared.pages,
        post_to=f"/runs/{run_id}/reviews",
        reviewer=visitor.person,
        decisions=visitor.decisions,
    )
    return with_form(html, facts, page=page)


def _page(title: str, visitor: Visitor, now: datetime) -> Page:
    facts = {"signed in": f"{visitor.person} ({visitor.role})", "made": f"{now:%Y-%m-%d %H:%M} UTC"}
    return Page(title, profile="client", provenance=facts)


def _lead(visitor: Visitor, runs: Sequence[Row], scripts: Sequence[Row]) -> str:
    waiting = sum(r["status"] == "review" for r in scripts) if visitor.decisions else 0
    ends = f"; {number(waiting, 'script')} to answer" if waiting else ""
    return f"{visitor.person}: {number(len({r['project_id'] for r in runs}), 'project')}{ends}."


def _projects(runs: Sequence[Row]) -> list[dict[str, Any]]:
    by_project = sorted(runs, key=lambda r: str(r["project_id"]))
    cards = []
    for _, group in groupby(by_project, key=lambda r: str(r["project_id"])):
        listed = sorted(group, key=lambda r: r["started_at"], reverse=True)
        cards.append({"name": listed[0]["name"], "runs": [_run(r) for r in listed[:OLDER_MAX]]})
    return cards


def _run(row: Row) -> dict[str, Any]:
    return {
        "href": f"/runs/{row['run_id']}/index.html",
        "when": f"{row['started_at']:%-d %b %Y, %H:%M} UTC",
        "status": row["status"],
        "is_published": row["published_at"] is not None,
        "profile": row["profile"],
        "answer": row["answer"],
    }

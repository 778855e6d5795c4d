"""The dashboard of a brand or a product over all its projects: what is in production, how scripts
did, what it cost, which patterns hold.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib import tables
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.figures import count, off_text, share
from vtlib.core.language import marked, say, word
from vtlib.core.proportions import rate
from vtlib.llm import costs
from vtlib.llm.bill import bill
from vtlib.report import answers, assembly, script_results
from vtlib.report.answers import Card
from vtlib.report.facts import Page
from vtlib.report.insight.facts import Facts
from vtlib.report.insight_stage import reader_scripts, reader_verdicts
from vtlib.report.pattern_cards import PatternCard, pattern_cards
from vtlib.scripts.workflow import IN_PRODUCTION
from vtlib.store import catalog
from vtlib.store.project import Project, Workspace, one_session, resolve
from vtlib.tables import ResultLine

_ROWS = marked(
    {
        "name": "project",
        "scripts": "scripts",
        "going": "in production",
        "matured": "matured posts",
        "beat": "beat their own median",
        "actual": "views at 7 days",
        "predicted": "predicted",
        "off": "off",
        "cost": "cost (US dollars)",
    }
)
_PLAN = marked({"title": "script", "status": "status", "product": "product", "name": "project"})


@dataclass(frozen=True)
class ProjectResults:
    """A project as its reader may see it, of one product or of all.

    `facts`: scripts and verdicts; `spend`: priced lines of money, None = not for this reader;
    `lines`: how each script did; `cards`: its patterns.
    """

    slug: str
    name: str
    facts: Facts
    spend: pd.DataFrame | None
    lines: tuple[ResultLine, ...]
    cards: tuple[PatternCard, ...]
    is_simulated: bool = False


def brand_projects(at: Workspace, brand: str) -> list[str]:
    """Slugs of the projects in use. Raises BadInput for an unknown brand, or one without any."""
    slugs = [str(p["slug"]) for p in catalog.listing(at.store, "projects", brand=brand)]
    if not slugs:
        raise BadInput(f"brand {brand} has no project in use.", todo="See: vt project list")
    return slugs


def brand_results(
    at: Workspace, slugs: Sequence[str], product: str = ""
) -> tuple[ProjectResults, ...]:
    """Each project. `product`: a slug or an id, "" = all; an unknown one raises BadInput."""
    product_id = str(catalog.get(at.store, "products", product)["product_id"]) if product else ""
    return tuple(_project_results(Project(at, resolve(at, s)), product_id) for s in slugs)


@one_session
def _project_results(project: Project, product_id: str) -> ProjectResults:
    scripts, verdicts = reader_scripts(project), reader_verdicts(project)
    spend = costs.ledger(project) if project.shows("costs") else None
    if product_id:
        scripts, verdicts = (f[f["product_id"].eq(product_id)] for f in (scripts, verdicts))
        spend = None if spend is None else spend[spend["product_id"].eq(product_id)]
    params = project.params
    facts = Facts(
        scripts=scripts,
        verdicts=verdicts,
        min_matured=params.performance.min_matured,
        interval=params.outliers.interval,
    )
    return ProjectResults(
        project.slug,
        params.title or project.slug,
        facts,
        spend,
        script_results.results(project, product_id=product_id).lines,
        () if product_id else pattern_cards(project),
        params.is_simulated,
    )


def write_brand(
    path: Path, results: Sequence[ProjectResults], *, reports: Mapping[str, Path], page: Page
) -> Path:
    """Write the dashboard as the self-contained page `path`; returns it. `reports`: slug -> the
    folder of its latest report, which the page links by a relative address.
    """
    facts = merged(results)
    links = {
        slug: Path(os.path.relpath(folder.resolve(), path.parent.resolve())).as_posix()
        for slug, folder in reports.items()
    }
    content = {
        **assembly.shell(page, with_charts=False, is_folded=True),
        "lead": lead(facts, len(results)),
        "cards": cards(results),
        "readouts": [
            _readout(line, one, links, has_project=len(results) > 1)
            for one in results
            for line in one.lines
        ],
        "plan": _plan(results),
        "groups": _groups(results),
        "patterns": shared_patterns(results),
        "reports": [
            (one.name, f"{links[one.slug]}/index.html") for one in results if one.slug in links
        ],
    }
    return assembly.write_page(path, "brand.html.j2", content)


def merged(results: Sequence[ProjectResults]) -> Facts:
    """All projects' facts as one."""
    return replace(
        results[0].facts,
        scripts=_joined([one.facts.scripts for one in results]),
        verdicts=_joined([one.facts.verdicts for one in results]),
    )


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    full = [f for f in frames if len(f)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame()


def lead(facts: Facts, n_projects: int) -> str:
    """Scripts, projects and posts that beat their own median."""
    head = say(
        "{scripts} in {projects}",
        scripts=number(len(facts.scripts), "script"),
        projects=number(n_projects, "project"),
    )
    verdicts = facts.matured
    if verdicts.empty:
        return say("{head}; no post of a script is 7 days old yet.", head=head)
    return say(
        "{head}; {beat} of {posts} beat their account's own median.",
        head=head,
        beat=number(int(verdicts["beats_median"].sum())),
        posts=number(len(verdicts), "matured post"),
    )


def cards(results: Sequence[ProjectResults]) -> list[Card]:
    """In production, predicted against actual, hit rate, cost. Marked as the pages of a project
    mark them, where there is one project.
    """
    facts = merged(results)
    spends = [one.spend for one in results if one.spend is not None]
    found = [
        _going(facts),
        _predicted(facts),
        _hit_rate(facts),
        answers.spent(_joined(spends)) if spends else None,
    ]
    is_one = len(results) == 1
    return [
        replace(one, href="", facts=one.facts if is_one else {}) for one in found if one is not None
    ]


def _going(facts: Facts) -> Card:
    card = Card("going", say("In production"))
    scripts = facts.scripts
    if scripts.empty:
        return replace(card, figure=say("No script yet"))
    counts = scripts["status"].value_counts()
    going = sum(int(counts.get(s, 0)) for s in IN_PRODUCTION)
    states = ", ".join(f"{number(n)} {word(s)}" for s, n in counts.items())
    marks = {"scripts.count": number(len(scripts))}
    total = number(len(scripts), "script")
    return replace(
        card, figure=number(going, "script"), sentences=[f"{total}: {states}."], facts=marks
    )


def _predicted(facts: Facts) -> Card | None:
    """Sums over matured posts, and how many lay inside their interval."""
    rows = facts.matured
    if rows.empty:
        return None
    inside = rate(int(rows["is_inside"].eq(True).sum()), len(rows), interval=facts.interval)
    actual, predicted = (float(rows[name].sum()) for name in ("actual", "predicted"))
    return Card(
        "predicted",
        say("Predicted against actual"),
        say("Views {actual}, predicted {predicted}, {off}", **_off(actual, predicted)),
        [
            say(
                "{inside} of {posts} inside the 80 % interval of their forecast, {share} "
                "({low} to {high}).",
                inside=number(inside.k),
                posts=number(inside.n, "matured post"),
                share=share(inside.share),
                low=share(inside.low),
                high=share(inside.high),
            )
        ],
    )


def _hit_rate(facts: Facts) -> Card | None:
    """The card of a project's index, under the name that it has over projects."""
    card = answers.did_it_work(facts)
    return card and replace(card, title=say("Hit rate against the own usual"))


def _off(actual: float, predicted: float) -> dict[str, str]:
    off = off_text(actual, predicted)
    return {"actual": count(actual), "predicted": count(predicted), "off": off}


def _readout(
    line: ResultLine, one: ProjectResults, links: Mapping[str, str], *, has_project: bool
) -> dict[str, Any]:
    """A script's read-out as a card: "Views 2.3 M, predicted 1.5 M, +53 %"."""
    folder = links.get(one.slug)
    has_sums = line.predicted > 0
    return {
        "title": line.title,
        "picture": tables.picture_url(line.picture) if line.picture else "",
        "href": f"{folder}/scripts.html#{line.script_id}" if folder else "",
        "project": one.name if has_project else "",
        "figure": say("Views {actual}", actual=count(line.actual))
        if has_sums
        else say("No verdict yet"),
        "against": say("predicted {predicted}, {off}", **_off(line.actual, line.predicted))
        if has_sums
        else "",
        "kind": line.kind,
        "verdict": line.verdict,
        "why": line.why,
        "facts": {f"script.{line.script_id}.actual": count(line.actual)} if has_sums else {},
    }


def _plan(results: Sequence[ProjectResults]) -> tables.HtmlTable | None:
    """Scripts on their way to being published, nearest to it first."""
    rows = _joined([one.facts.scripts.assign(name=one.name) for one in results])
    rows = rows[rows["status"].isin(IN_PRODUCTION)] if len(rows) else rows
    if rows.empty:
        return None
    order = rows["status"].map(IN_PRODUCTION.index)
    rows = rows.assign(_place=order, product=rows["product_id"]).sort_values(
        ["_place", "title"], ascending=[False, True]
    )
    columns = {k: v for k, v in _PLAN.items() if k != "name" or len(results) > 1}
    return tables.show(rows, source="scripts", columns=columns, formats={"status": "word"})


def _groups(results: Sequence[ProjectResults]) -> list[tuple[str, tables.HtmlTable]]:
    """A row a product, and a row a project where there are several."""
    facts = merged(results)
    spend = _joined([one.spend for one in results if one.spend is not None])
    products = sorted({str(p) for p in facts.scripts.get("product_id", []) if isinstance(p, str)})
    by_product = [
        _row(product, _of_product(facts, product), _rows_of(spend, product)) for product in products
    ]
    by_project = [
        _row(one.name, one.facts, one.spend if one.spend is not None else pd.DataFrame())
        for one in results
    ]
    out = []
    if len(by_product) > 1:
        out.append((say("By product"), _table(by_product, say("product"))))
    if len(results) > 1:
        out.append((say("By project"), _table(by_project, say("project"))))
    return out


def _of_product(facts: Facts, product: str) -> Facts:
    return replace(
        facts,
        scripts=_rows_of(facts.scripts, product),
        verdicts=_rows_of(facts.verdicts, product),
    )


def _rows_of(rows: pd.DataFrame, product: str) -> pd.DataFrame:
    return rows[rows["product_id"].eq(product)] if len(rows) else rows


def _row(name: str, facts: Facts, spend: pd.DataFrame) -> dict[str, Any]:
    rows = facts.matured
    actual, predicted = (
        float(rows[column].sum()) if len(rows) else 0.0 for column in ("actual", "predicted")
    )
    n = len(rows)
    beat = int(rows["beats_median"].sum()) if n else 0
    return {
        "name": name,
        "scripts": len(facts.scripts),
        "going": int(facts.scripts["status"].isin(IN_PRODUCTION).sum())
        if len(facts.scripts)
        else 0,
        "matured": n,
        "beat": say("{beat} of {n}", beat=number(beat), n=number(n)) if n else None,
        "actual": count(actual) if n else None,
        "predicted": count(predicted) if n else None,
        "off": off_text(actual, predicted) if n else None,
        "cost": bill(spend).figure if len(spend) else None,
    }


def _table(rows: list[dict[str, Any]], first: str) -> tables.HtmlTable:
    frame = pd.DataFrame(rows)
    columns = {**_ROWS, "name": first}
    return tables.show(frame, source="scripts, verdicts, spend, production_costs", columns=columns)


def shared_patterns(results: Sequence[ProjectResults]) -> list[PatternCard]:
    """A card for each pattern that can be claimed in any project, of the project with the most
    posts behind it first; where several tested it, the card says in how many it holds.
    """
    found: dict[str, PatternCard] = {}
    for one in results:
        for card in one.cards:
            if card.kind and card.pattern not in found:
                found[card.pattern] = card
    if len(results) < 2:
        return list(found.values())
    return [
        replace(card, basis=f"{card.basis} {_holds_in(results, card)}") for card in found.values()
    ]


def _holds_in(results: Sequence[ProjectResults], card: PatternCard) -> str:
    tested = [c for one in results for c in one.cards if c.pattern == card.pattern]
    same = sum(c.kind == card.kind for c in tested)
    return say(
        "Holds in {same} of {tested} projects that tested it.", same=same, tested=len(tested)
    )

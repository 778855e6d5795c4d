"""Options that name products, for every command that judges or adapts, and the second step of
`vt analyze videos`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    from vtlib.llm.records import Done
    from vtlib.store.project import Project

NAMED = ("product", "products", "all_products")


def products_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--product S, --products A,B or --all-products; they arrive as product, products,
    all_products.
    """
    for option in (
        click.option("--all-products", is_flag=True, help="All products of the project."),
        click.option("--products", default="", help="Several products, their slugs with commas."),
        click.option("--product", default="", help="One product, by its slug."),
    ):
        function = option(function)
    return function


def chosen(project: Project, given: Mapping[str, Any]) -> list[str] | None:
    """The products that options name; [] = all of them, None = no option was given.

    Raises BadInput for several options at once and for a product that the project does not have.
    """
    from vtlib.adaptation import fits as fitting

    names = [s.strip() for s in given["products"].split(",") if s.strip()]
    one = [given["product"]] if given["product"] else []
    if sum(map(bool, (names, one, given["all_products"]))) > 1:
        raise BadInput("name products in one way: --product, --products or --all-products.")
    slugs = names or one
    fitting.products_of(project, slugs)
    return slugs if slugs or given["all_products"] else None


def adapted(
    project: Project, slugs: list[str], first: Answer, *, left_usd: float | None, dry_run: bool
) -> Answer:
    """The second step of `vt analyze videos`: judge fits, adapt the best pairs, added to the
    `first` answer.

    `left_usd`: what the run may still take, None = as in the parameters. With `dry_run` the fits
    that are known decide what would be adapted.
    """
    from vtlib.adaptation import fits as fitting
    from vtlib.adaptation import stage as adapting
    from vtlib.llm import text_requests as textual

    if dry_run:
        return _planned(project, slugs, first)
    judged = fitting.judge(project, slugs=slugs, max_cost_usd=left_usd)
    if left_usd is not None:
        left_usd = max(left_usd - judged.most_usd, 0.0)
    orders = adapting.pairs(project, slugs=slugs)
    result = adapting.run(project, orders, max_cost_usd=left_usd)
    written = result.done
    keys = {o.wanted.key for o in orders}
    scripts = [r for r in result.rows if r["analysis_id"] in keys]
    both = textual.both(judged, written)
    lines = [first.text, "", f"fits and scripts: {textual.words(both)}"]
    lines += [f"  {r['script_id']}: {r['title']}, {r['reason']}" for r in scripts]
    lacks = "" if orders else adapting.shortfall(project, slugs=slugs)
    lines += [lacks] if lacks else []
    data = {**first.data, "fits_and_scripts": _data(both), "scripts": listed(scripts)}
    data |= {"waits": lacks}
    return Answer(data, "\n".join(lines), max(first.exit_code, both.exit_code))


def listed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adaptations as machines read them: what was checked, without the script's text."""
    return [{k: v for k, v in r.items() if k not in ("structure", "caption")} for r in rows]


def _planned(project: Project, slugs: list[str], first: Answer) -> Answer:
    from vtlib.adaptation import fits as fitting
    from vtlib.adaptation import stage as adapting
    from vtlib.llm import text_requests as textual

    fits = textual.open_ones(project, fitting.plan(project, slugs=slugs).asked)
    scripts = textual.open_ones(project, [o.wanted for o in adapting.pairs(project, slugs=slugs)])
    estimate = textual.estimate(project, [*fits, *scripts])
    said = (
        f"{number(len(fits), 'fit')} would be judged, {number(len(scripts), 'script')} written "
        "from fits that are known, at most "
        f"{project.params.adaptation.limit} in all; {textual.most_words(estimate)}"
    )
    data = {
        **first.data,
        "fits": len(fits),
        "scripts": len(scripts),
        "then": textual.most(estimate),
    }
    return Answer(data, f"{first.text}\n\n{said}", first.exit_code)


def _data(done: Done) -> dict[str, Any]:
    return {"outcomes": dict(done.outcomes), "known": done.n_known, "stopped": done.stopped}

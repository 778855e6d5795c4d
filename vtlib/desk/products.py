"""Products side by side, and a model's fit of each product to each video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib import tables
from vtlib.adaptation import product_table
from vtlib.adaptation.comparison import summary
from vtlib.adaptation.product_table import ProductTable
from vtlib.core.errors import BadInput
from vtlib.desk import controls, links, pictures
from vtlib.desk.session import DeskSession
from vtlib.store import catalog

_OPINION = "opinions of a model, no measurement"
_VIDEOS_MAX = 50


class ProductsPanel:
    """Product facts, ranks, and a table of videos by products with score and reason."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.products, self.ranks, self.matrix = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.post = controls.choice("Video", [], None)
        self.open = controls.button("Open this video", session.act(self._open))
        self._row = controls.line(self.post, self.open)
        self.draw = controls.button(
            "Dashboard of the brand",
            session.act(self._draw),
            tip="what was shot, how it did against its prediction, what it cost: by product",
        )
        self.dashboard = widgets.HTML()
        top = controls.line(self.draw, self.dashboard)
        self.view = controls.box(
            top, self.products, self.ranks, self.matrix, self._row, kind="vt-form"
        )

    def refresh(self) -> None:
        """Read the comparison again."""
        comparison = product_table.comparison(self._session.project)
        self.products.value = _products(comparison)
        self.ranks.value = _ranks(comparison)
        self.matrix.value = _matrix(comparison)
        videos = {f["post_id"]: f"@{f['handle']} · {f['platform']}" for f in _fits(comparison)}
        self.post.options = [(name, key) for key, name in videos.items()]
        self.post.value = next(iter(videos), None)
        self._row.layout.display = None if videos else "none"

    def _draw(self) -> str:
        """Draw the dashboard beside the desk, and link it."""
        session = self._session
        project = session.project
        brand = catalog.get(project.store, "projects", project.slug)["brand_id"]
        if not brand:
            raise BadInput("the project has no brand.", todo="Name one in its YAML: brand.")
        path = project.workspace.outputs / "brands" / f"{brand}.html"

        def link(_: str) -> str:
            self.dashboard.value = links.file(path, project.workspace.root, is_shown=True)
            return f"The dashboard of {brand} is drawn: its link stands under Products."

        session.later(["report", "show", "--brand", str(brand)], link)
        return f"The dashboard of {brand} is being drawn; go on meanwhile."

    def _open(self) -> None:
        self._session.go(view="outliers", post_id=self.post.value)


def _fits(comparison: ProductTable) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in comparison.fits.to_dict("records")]


def _products(comparison: ProductTable) -> Markup:
    if not comparison.products:
        return pictures.quiet(
            "The project has no products: vt product create, then vt project add-products."
        )
    cards = [
        Markup('<section class="vt-card vt-product">{}{}</section>').format(
            pictures.heading(p["name"], p["product_id"]),
            pictures.facts_list(
                [
                    ("for", p["audience"]),
                    ("price", p["price"]),
                    ("what it is", p["description"]),
                    *(
                        (n, "; ".join(map(str, p[n] or [])))
                        for n in ("problems", "benefits", "features")
                    ),
                ]
            ),
        )
        for p in comparison.products
    ]
    return Markup('<div class="vt-products">{}</div>').format(Markup("").join(cards))


def _ranks(comparison: ProductTable) -> Markup:
    if comparison.ranks.empty:
        return Markup("")
    table = tables.show(
        comparison.ranks,
        source="fit_judgements",
        columns=summary.RANK_COLUMNS,
        formats=summary.RANK_FORMATS,
    )
    return pictures.heading("Ranks over all videos", _OPINION) + Markup(table._repr_html_())  # noqa: S704 - escaped by show


def _matrix(comparison: ProductTable) -> Markup:
    if comparison.waits_for:
        return pictures.quiet(f"No fit was judged yet: {comparison.waits_for}.")
    fits = _fits(comparison)
    cells = {(f["post_id"], f["product_id"]): f for f in fits}
    about = {f["post_id"]: f for f in fits}
    videos = list(about)[:_VIDEOS_MAX]
    ids = list(dict.fromkeys(f["product_id"] for f in fits))
    names = {f["product_id"]: f["product_name"] for f in fits}
    heads = Markup("").join(Markup('<th scope="col">{}</th>').format(names[i]) for i in ids)
    rows = [
        Markup(
            '<tr><th scope="row" dir="auto">@{}<br><span class="vt-quiet">{}</span></th>{}</tr>'
        ).format(
            about[v]["handle"],
            about[v]["platform"],
            Markup("").join(_cell(cells.get((v, i))) for i in ids),
        )
        for v in videos
    ]
    return Markup(
        '{}<table class="vt-table vt-matrix"><thead><tr><th scope="col">video</th>{}</tr></thead><tbody>{}</tbody></table>{}'  # noqa: E501
    ).format(
        pictures.heading("Fit of product to video", f"0 to 5; {_OPINION}"),
        heads,
        Markup("").join(rows),
        pictures.quiet(f"{len(videos)} of {len(about)} videos. Source: fits"),
    )


def _cell(fit: Mapping[str, Any] | None) -> Markup:
    if fit is None:
        return Markup('<td class="vt-quiet">not judged</td>')
    ways = "; ".join(_obstacle(o) for o in fit["obstacles"] or [])
    differs = fit.get("disagreement") or ""
    return Markup('<td dir="auto"><b class="vt-figure">{}</b> {}<br>{}{}{}</td>').format(
        pictures.value(fit["score"], ".1f"),
        pictures.tag("recommended") if fit["is_recommended"] is True else "",
        fit["reason"] or "",
        pictures.quiet(f"in the way: {ways}") if ways else "",
        pictures.quiet(differs) if differs else "",
    )


def _obstacle(item: Any) -> str:
    return (
        str(item.get("what") or item.get("kind") or "") if isinstance(item, Mapping) else str(item)
    )

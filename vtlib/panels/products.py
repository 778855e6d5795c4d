"""Products side by side, and how well each fits each video, as far as a model judged it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.flows import fits as flow
from vtlib.flows.fits import Comparison
from vtlib.panels import controls, pictures
from vtlib.panels.session import Session

_NONE = (
    "Nobody has judged yet how well these products fit the videos: run notebook 06 (vt analyze compare) with a "
    "model's key. Until then choose by what the products are for."
)
_VIDEOS_MAX = 50


class ProductsPanel:
    """A column a product, a row a video; each cell a score with the reason."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.products, self.matrix = widgets.HTML(), widgets.HTML()
        self.post = controls.choice("Video", [], None)
        self.open = controls.button("Open this video", session.act(self._open))
        self._row = controls.line(self.post, self.open)
        self.view = controls.box(self.products, self.matrix, self._row)

    def refresh(self) -> None:
        """Read what was judged again."""
        found = flow.comparison(self._session.project)
        self.products.value = _products(found)
        self.matrix.value = _matrix(found)
        videos = {f["post_id"]: f"@{f['handle']} · {f['platform']}" for f in found.fits}
        self.post.options = [(name, key) for key, name in videos.items()]
        self.post.value = next(iter(videos), None)
        self._row.layout.display = None if videos else "none"

    def _open(self) -> None:
        self._session.go(view="outliers", post_id=self.post.value)


def _products(found: Comparison) -> Markup:
    if not found.products:
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
        for p in found.products
    ]
    return Markup('<div class="vt-products">{}</div>').format(Markup("").join(cards))


def _matrix(found: Comparison) -> Markup:
    if not found.fits:
        return pictures.quiet(_NONE) if found.products else Markup("")
    cells = {(f["post_id"], f["product_id"]): f for f in found.fits}
    videos = list(dict.fromkeys(f["post_id"] for f in found.fits))
    about = {f["post_id"]: f for f in found.fits}
    heads = Markup("").join(Markup("<th>{}</th>").format(p["name"]) for p in found.products)
    rows = [
        Markup(
            '<tr><th scope="row" dir="auto">@{}<br><span class="vt-quiet">{}</span></th>{}</tr>'
        ).format(
            about[v]["handle"],
            about[v]["platform"],
            Markup("").join(_cell(cells.get((v, p["product_id"]))) for p in found.products),
        )
        for v in videos[:_VIDEOS_MAX]
    ]
    return Markup(
        '{}<table class="vt-table vt-matrix"><thead><tr><th>video</th>{}</tr></thead><tbody>{}</tbody></table>{}'
    ).format(
        pictures.heading(
            "Fit of product to video", "0 to 5, an opinion of a model, not a measurement"
        ),
        heads,
        Markup("").join(rows),
        pictures.quiet(
            f"{min(len(videos), _VIDEOS_MAX)} of {len(videos)} videos, surely large first"
        ),
    )


def _cell(fit: Mapping[str, Any] | None) -> Markup:
    if fit is None:
        return Markup('<td class="vt-quiet">not judged</td>')
    obstacles = "; ".join(
        str(o.get("what") or o.get("kind") or o) if isinstance(o, dict) else str(o)
        for o in fit["obstacles"] or []
    )
    score = pictures.value(fit["score"], ".1f")
    star = pictures.tag("recommended") if fit["is_recommended"] else Markup("")
    return Markup('<td dir="auto"><b class="vt-figure">{}</b> {}<br>{}{}</td>').format(
        score,
        star,
        fit["reason"] or "",
        pictures.quiet(f"in the way: {obstacles}") if obstacles else "",
    )

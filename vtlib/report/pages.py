"""An executed notebook as one self-contained page."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import Highlight2HTML, ansi2html, markdown2html_mistune, strip_ansi
from traitlets.config import Config

from vtlib.charts import MIMETYPE as CHART
from vtlib.core import log
from vtlib.core.conclusion import MIMETYPE as RESULT
from vtlib.core.language import say
from vtlib.core.whole_files import write_whole
from vtlib.report import assembly
from vtlib.report.facts import Page

WIDGET = "application/vnd.jupyter.widget-view+json"
# The first of these that an output has is shown.
_ORDER = (
    RESULT,
    CHART,
    "text/html",
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "text/markdown",
    "text/plain",
)
# With pseudonyms nothing else of a notebook's outputs comes to a page: pictures and prints may hold
# anything.
_RESULTS = (RESULT, CHART, "text/html")
_PILCROW = re.compile(r'<a href="#[^"]*">\s*(?:&#182;|¶)\s*</a>')
_HEADING = re.compile(r"#+ +")
_FIRST_HEADING = re.compile(r"\A\s*<h1[^>]*>.*?</h1>", re.DOTALL)


def render_stage(ipynb: Path, html: Path, *, page: Page) -> Path:
    """Write the executed notebook `ipynb`, finished or failed, as the page `html`; returns `html`.

    Code is left out for clients and folded for analysts. Charts, results and tables are drawn from
    their own mimetypes; any other HTML is cleaned to harmless tags, scripts are left out, a widget
    is shown by the HTML that stands beside it, or not at all, errors are shown in words. Keys in
    outputs are masked. The page is written whole or not at all.
    """
    redact = log.redactor(page.secrets)
    notebook = nbformat.from_dict(redact(nbformat.read(ipynb, as_version=4)))
    cells = [c for c in (_cell(cell, page) for cell in notebook.cells) if c["items"] or c["code"]]
    _drop_title(cells)
    results = [item["data"] for c in cells for item in c["items"] if item["kind"] == "result"]
    if results:  # the verdict comes first on the page, not where its cell is
        cells = [{**c, "items": [i for i in c["items"] if i["kind"] != "result"]} for c in cells]
        cells = [c for c in cells if c["items"] or c["code"]]
    errors = [item for c in cells for item in c["items"] if item["kind"] == "error"]
    has_charts = any(item["kind"] == "chart" for c in cells for item in c["items"])
    facts = {
        **assembly.shell(page, with_charts=has_charts),
        "cells": cells,
        "result": results[-1] if results else None,
        "failed": errors[-1] if errors else None,
    }
    body, _ = _exporter(page.root).from_notebook_node(notebook, resources={"vt": facts})
    write_whole(html, body)
    return html


@cache  # templates are compiled once
def _exporter(root: str | None) -> TemplateExporter:
    exporter = TemplateExporter(
        config=Config(),
        template_name=assembly.TEMPLATES.name,
        extra_template_basedirs=[str(assembly.TEMPLATES.parent)],
        template_file="stage.html.j2",
        file_extension=".html",
    )
    exporter.environment.autoescape = True
    assembly.dress(exporter.environment, root)
    return exporter


def _cell(cell: Any, page: Page) -> dict[str, Any]:
    tags = cell.metadata.get("tags", [])
    if cell.cell_type == "markdown":
        content = [{"kind": "html", "html": _markdown(cell.source)}]
        return {"id": _anchor(cell), "items": content, "code": None, "is_code": False}
    outputs = [] if cell.cell_type != "code" or "remove-output" in tags else cell.outputs
    items = [item for out in _merge_streams(outputs) if (item := _item(out, page))]
    is_shown = page.profile == "analyst" and cell.cell_type == "code" and cell.source.strip()
    code = assembly.trusted(_highlight(cell.source)) if is_shown else None
    return {"id": _anchor(cell), "items": items, "code": code, "is_code": True}


def _drop_title(cells: list[dict[str, Any]]) -> None:
    """Remove the notebook's first heading: the page shows the title already."""
    if cells and not cells[0]["is_code"]:
        item = cells[0]["items"][0]
        item["html"] = assembly.trusted(_FIRST_HEADING.sub("", item["html"]).strip())


def _anchor(cell: Any) -> str:
    """The cell's id; papermill's injected cell has a random one."""
    if "injected-parameters" in cell.metadata.get("tags", []):
        return "given-parameters"
    return re.sub(r"[^A-Za-z0-9_-]", "", str(cell.get("id", "")))


def _merge_streams(outputs: list[Any]) -> list[Any]:
    """Outputs with consecutive pieces of the same stream merged."""
    pieces: list[Any] = []
    for out in outputs:
        last = pieces[-1] if pieces else None
        if out.output_type == "stream" and last and last.get("name") == out.name:
            last["text"] += out.text
        else:
            pieces.append(out.copy())
    return pieces


def _item(out: Any, page: Page) -> dict[str, Any] | None:
    if out.output_type == "error":
        trace = "" if page.profile == "client" else strip_ansi("\n".join(out.traceback))
        text = strip_ansi(out.evalue)
        if not page.names_creators:
            text, trace = say("What went wrong stands in vt runs."), ""
        return {"kind": "error", "name": out.ename, "text": text, "trace": trace}
    if out.output_type == "stream":
        output = out.text.rstrip()
        if (
            not page.names_creators
            or not output.strip()
            or (out.name == "stderr" and page.profile == "client")
        ):
            return None
        return {
            "kind": "log" if out.name == "stderr" else "pre",
            "html": assembly.trusted(ansi2html(output)),
        }
    data = out.get("data", {})
    order: tuple[str, ...] = (
        ("text/html",) if WIDGET in data else _ORDER
    )  # a widget is shown by its twin, if it has one
    if not page.names_creators:
        order = tuple(k for k in order if k in _RESULTS)
    kind = next((k for k in order if k in data), None)
    return _render(kind, data[kind], page) if kind else None


def _render(kind: str, data: Any, page: Page) -> dict[str, Any]:
    if kind == RESULT:
        return {"kind": "result", "data": data}
    if kind == CHART:
        return {"kind": "chart", "chart": assembly.chart(data)}
    if kind == "text/html":
        return {
            "kind": "html",
            "html": assembly.harmless(data, with_pictures=page.names_creators),
        }
    if kind == "text/markdown":
        return {"kind": "html", "html": _markdown(data)}
    if kind.startswith("image/"):
        content = _base64(data) if kind == "image/svg+xml" else "".join(data.split())
        return {"kind": "image", "src": f"data:{kind};base64,{content}"}
    return {"kind": "pre", "html": assembly.trusted(ansi2html(data))}


def _markdown(source: str) -> Any:
    lines = (_say_line(line) for line in source.splitlines())
    html = str(assembly.harmless(markdown2html_mistune("\n".join(lines))))
    return assembly.trusted(_PILCROW.sub("", html).strip())


def _say_line(line: str) -> str:
    """A line of a notebook's markdown in the reader's language, with its sign of a heading."""
    sign = _HEADING.match(line)
    start = sign[0] if sign else ""
    return f"{start}{say(line.removeprefix(start).strip())}" if line.strip() else line


def _highlight(source: str) -> str:
    return str(Highlight2HTML(pygments_lexer="python")(source))


def _base64(svg: str) -> str:
    return base64.b64encode(svg.encode()).decode()

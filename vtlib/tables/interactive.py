"""Tables in JupyterLab that sort, search and turn pages: DataTables, as the wheel of itables
brings it.

Our own HTML stays as it is, escaped, with its values to sort by (`data-sort`); the script only
takes it over. In a kernel that no JupyterLab started (vt run, papermill, nbval) nothing is added,
so executed notebooks and pages stay small and the same on every run: the bundle is 0.98 MB of text
in a notebook, and 0.73 MB in a page, which sorts and filters by 40 lines of its own (page.js).
"""

from __future__ import annotations

import os
import uuid

ROWS = 15  # a page of a table
_STATE = {"is_on": False}
_TAKE_OVER = """<script type="module">
const take = async () => {{
  const {{ ITable }} = await window.{loaded};
  const table = document.getElementById("{key}");
  if (table && !table.classList.contains("dataTable"))
    new ITable(table, {{ order: [], pageLength: {rows}, lengthMenu: [{rows}, 50, 200], classes: ["display", "compact"] }});
}};
if (window.{loaded}) take(); else window.addEventListener("{ready}", take);
</script>"""  # noqa: E501


def enable() -> None:
    """In a kernel of JupyterLab, load itables' bundle from its wheel (nothing is asked of the
    network); elsewhere nothing happens.
    """
    _STATE["is_on"] = "JPY_SESSION_NAME" in os.environ  # set by Jupyter's server for its kernels
    if _STATE["is_on"]:
        import itables  # noqa: PLC0415 - only JupyterLab needs it

        itables.init_notebook_mode(all_interactive=False, connected=False)


def dressed(html: str) -> str:
    """One of our tables with what makes it interactive, where `enable` found JupyterLab."""
    if not _STATE["is_on"]:
        return html
    import itables  # noqa: PLC0415

    key = f"vt-{uuid.uuid4().hex[:12]}"
    script = _TAKE_OVER.format(
        key=key,
        rows=ROWS,
        loaded=f"_itables_{itables.__version__.replace('.', '_')}",
        ready=f"itables-{itables.__version__}-ready",
    )
    return html.replace("<table ", f'<table id="{key}" ', 1) + script

"""The desk as it stands, as HTML without controls: for reports, and where no kernel runs."""

from __future__ import annotations

from importlib.resources import files

from markupsafe import Markup

from vtlib.flows import browsing, open_scripts
from vtlib.panels import pictures
from vtlib.panels.session import Session
from vtlib.scripts.picture import time_line


def twin(session: Session) -> Markup:
    """Every view once: the page of posts, the script that lies open, the board."""
    style = Markup((files("vtlib.panels") / "desk.css").read_text(encoding="utf-8"))  # noqa: S704 - ours
    parts = [_posts(session), _script(session), _board(session)]
    return Markup('<style>{}</style><div class="vt-desk">{}</div>').format(
        style, Markup("").join(parts)
    )


def _posts(session: Session) -> Markup:
    page = browsing.page(session.project, session.place.wish)
    rows = [pictures.row(seen, is_open=False) for seen in page.rows]
    under = f"page {page.number} of {page.n_pages}, {page.n:,} posts"
    return pictures.heading("Outliers", under) + Markup("").join(rows)


def _script(session: Session) -> Markup:
    if not session.place.script_id:
        return Markup("")
    found = open_scripts.opened(session.project.workspace, session.place.script_id)
    under = f"version {found.version}, {found.row['status']}"
    drawn = Markup("<pre>{}</pre>").format(time_line(found.script))
    return pictures.heading(found.script.title, under) + drawn


def _board(session: Session) -> Markup:
    columns = [
        Markup("<li>{}: {}</li>").format(
            status.replace("_", " "),
            ", ".join(f"{r['title']} (v{r['version']})" for r in rows) or "none",
        )
        for status, rows in open_scripts.board(session.project).items()
    ]
    return pictures.heading("Board") + Markup("<ul>{}</ul>").format(Markup("").join(columns))

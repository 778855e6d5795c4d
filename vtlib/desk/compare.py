"""Two to four posts side by side: their videos run in step under one transport bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.desk import browse, controls, links, pictures
from vtlib.desk.browse import Dossier
from vtlib.desk.session import DeskSession

# desk.js moves all videos of the panel by these; `data-step` says by what.
_TRANSPORT = Markup(
    '<div class="vt-transport">'
    '<button type="button" class="vt-step" data-step="play">Play all</button>'
    '<button type="button" class="vt-step" data-step="start">From the start</button>'
    '<button type="button" class="vt-step" data-step="-1" aria-label="back 1 s">− 1 s</button>'
    '<button type="button" class="vt-step" data-step="1" aria-label="on 1 s">+ 1 s</button>'
    '<input type="range" class="vt-scrub" min="0" max="1000" value="0" aria-label="time of all">'
    '<output class="vt-time">0.0 s</output></div>'
)


class ComparePanel:
    """The posts of `session.compared`, with what was measured and said of each beneath."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.html = widgets.HTML()
        self.close = controls.button("End side by side", session.act(self._close))
        head = controls.line(widgets.HTML(pictures.heading("Side by side")), self.close)
        self.view = controls.box(head, self.html, kind="vt-card vt-compare")

    def refresh(self) -> None:
        """Read the posts again; hidden while there is nothing to compare."""
        project, ids = self._session.project, self._session.compared
        self.view.layout.display = None if ids else "none"
        dossiers = [browse.dossier(project, post_id) for post_id in ids]
        videos = [links.video(project, d.post.facts) for d in dossiers]
        columns = Markup("").join(
            _column(d, video) for d, video in zip(dossiers, videos, strict=True)
        )
        grid = Markup('<div class="vt-compared">{}</div>').format(columns)
        self.html.value = (_TRANSPORT if any(videos) else Markup("")) + grid if ids else ""

    def _close(self) -> None:
        self._session.compared = ()
        self._session.stale.add("compare")


def _column(dossier: Dossier, video: str) -> Markup:
    facts = dossier.post.facts
    words = pictures.text_of(facts["caption"]) or pictures.text_of(facts["title"]) or "no caption"
    return Markup('<section>{}{}<p class="vt-caption-of" dir="auto">{}</p>{}{}</section>').format(
        pictures.heading(
            f"@{pictures.text_of(facts['handle']) or 'unknown'}",
            f"{pictures.value(facts['multiplier'], 'multiplier')} its usual · {facts['platform']}",
        ),
        pictures.player(video, dossier.post.pictures),
        words,
        pictures.lanes(dossier.post.measures),
        pictures.facts_list(_facts(dossier)),
    )


def _facts(dossier: Dossier) -> list[tuple[str, Any]]:
    facts, measures = dossier.post.facts, dossier.post.measures or {}
    answer = dossier.answer or {}
    hook: Mapping[str, Any] = answer.get("hook") or {}
    lines = answer.get("transcript") or []
    shots = measures.get("shots") or []
    early = sum(float(s.get("start_s") or 0) < 3 for s in shots) if shots else None
    length = measures.get("duration_s") or facts["duration_s"]
    return [
        ("views", pictures.counted(facts, "views")),
        ("tier", pictures.text_of(facts["tier"]) or "not scored"),
        ("posted", pictures.value(facts["posted_at"], "date")),
        ("length", f"{pictures.value(length, 'tenth')} s" if length else ""),
        ("shots, of these begun in the first 3 s", f"{len(shots)}, {early}" if shots else ""),
        ("hook", hook.get("spoken") or hook.get("overlay_text") or hook.get("visual")),
        ("first words", lines[0].get("text") if lines else ""),
    ]

"""The page of a script for its client: beats with room for comments, the answer as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtlib.core.whole_files import write_whole
from vtlib.report import assembly
from vtlib.report.facts import Page
from vtlib.scripts import reviews
from vtlib.scripts.reviews import FORM, SharedScript, words_fingerprint
from vtlib.scripts.script import call_to_action, needs
from vtlib.scripts.timing import BeatSpan, duration_s, spans
from vtlib.store.project import Workspace, resolve

TEMPLATE, CODE = "review.html.j2", "review.js"
_KINDS = {"cta": "Call to action"}


def write_review_page(path: Path, one: SharedScript, *, page: Page, mail: str = "") -> Path:
    """Write the page that a client opens without our software; `mail` gets its answers."""
    write_whole(path, review_page(one, page=page, mail=mail))
    return path


def share(
    at: Workspace, one: SharedScript, *, out: Path | None = None, mail: str = "", by: str
) -> Path:
    """Write the page of a version for its client as `out` (default:
    outputs/scripts/SCRIPT-vN-review.html), and keep that `by` shared it; returns the path.
    """
    path = out or at.outputs / "scripts" / f"{one.script_id}-v{one.version}-review.html"
    page = Page(
        one.script.title,
        profile="client",
        is_simulated=bool(one.project) and resolve(at, one.project).is_simulated,
        provenance={
            "script": f"{one.script_id}, version {one.version}",
            "made": f"{at.now():%Y-%m-%d %H:%M} UTC",
        },
    )
    write_review_page(path, one, page=page, mail=mail)
    reviews.note_shared(at, one, by=by)
    return path


def review_page(
    one: SharedScript, *, page: Page, mail: str = "", reviewer: str = "", post_to: str = ""
) -> str:
    """The page as HTML. On the site the answer goes to the address `post_to` in the name of
    `reviewer`, and the page may reach it alone.
    """
    code = [assembly.trusted(assembly.text(CODE))]
    policy = assembly.policy(code) + ("; connect-src 'self'" if post_to else "")
    script = one.script
    data = {
        "form": FORM,
        "script_id": one.script_id,
        "version": one.version,
        "words": words_fingerprint(script),
        "title": script.title,
        "mail": mail,
        "post_to": post_to,
        "reviewer": reviewer,
    }
    needed = {k.capitalize(): ", ".join(v) for k, v in needs(script).items()}
    claims = "; ".join(c.text for c in script.claims)
    facts = {
        "Idea": script.logline,
        "Call to action": call_to_action(script),
        "Audience": script.audience,
        **needed,
        "Claims": claims,
    }
    content = {
        **assembly.shell(page, with_charts=False, is_folded=True),
        "scripts": code,
        "policy": policy,
        "script": script,
        "version": one.version,
        "length": f"{duration_s(script):g} seconds",
        "length_s": duration_s(script),
        "status": one.status.replace("_", " "),
        "can_decide": one.can_decide,
        "is_online": bool(post_to),
        "reviewer": reviewer,
        "facts": {k: v for k, v in facts.items() if v},
        "beats": [_beat(span) for span in spans(script)],
        "data": assembly.trusted(assembly.inert_json(data)),
    }
    environment = assembly.environment(page.root)
    return environment.get_template(TEMPLATE).render(resources={"vt": content})


def _beat(span: BeatSpan) -> dict[str, Any]:
    one = span.beat
    how = ", ".join(t for t in (one.shot_size, one.shot_angle, one.location) if t)
    return {
        "id": one.beat_id,
        "number": span.number,
        "kind": one.name or _KINDS.get(one.kind) or one.kind.replace("_", " ").capitalize(),
        "times": f"{span.start_s:g} to {span.end_s:g} s",
        "start_s": span.start_s,
        "end_s": span.end_s,
        "share": f"{span.duration_s:g}",
        "rows": [
            (label, text)
            for label, text in (
                (f"{one.speaker or 'Voice'} says", one.spoken),
                ("We see", one.visual),
                ("On screen", one.overlay),
                ("Sound", one.audio),
                ("How", how),
            )
            if text
        ],
    }

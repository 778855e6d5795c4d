"""The page of a script for its client: beats with room for comments, the answer as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtlib.core.language import PageReader, marked, moment, reads, say
from vtlib.core.whole_files import write_whole
from vtlib.report import assembly
from vtlib.report.facts import Page
from vtlib.report.review_form import review_words
from vtlib.scripts import reviews
from vtlib.scripts.reviews import FORM, SharedScript, words_fingerprint
from vtlib.scripts.script import call_to_action, needs
from vtlib.scripts.timing import BeatSpan, duration_s, spans
from vtlib.store.project import Workspace, resolve

TEMPLATE, CODE = "review.html.j2", "review.js"
_KINDS = marked({"cta": "Call to action"})
_DECISIONS = marked(
    {"approve": "Approve version {n}", "send_back": "Send it back", "comment": "Only comments"}
)


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
    params = resolve(at, one.project) if one.project else None
    with reads(params.report.reader if params else PageReader()):
        page = Page(
            one.script.title,
            profile="client",
            is_simulated=params is not None and params.is_simulated,
            provenance={
                "script": f"{one.script_id}, version {one.version}",
                "made": moment(at.now()),
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
    own = {"script_id": one.script_id, "version": one.version, "words": words_fingerprint(script)}
    data = {
        "answer": {"form": FORM, **own},
        "form": FORM,
        "place": "beat_id",
        "stem": f"{one.script_id}-v{one.version}",
        "title": say("{title}, version {n}", title=script.title, n=one.version),
        "mail": mail,
        "post_to": post_to,
        "words": review_words(),
    }
    needed = {say(k.capitalize()): ", ".join(v) for k, v in needs(script).items()}
    claims = "; ".join(c.text for c in script.claims)
    facts = {
        say("Idea"): script.logline,
        say("Call to action"): call_to_action(script),
        say("Audience"): script.audience,
        **needed,
        say("Claims"): claims,
    }
    content = {
        **assembly.shell(page, with_charts=False, is_folded=True),
        "scripts": code,
        "policy": policy,
        "script": script,
        "version": one.version,
        "length": say("{seconds:g} seconds", seconds=duration_s(script)),
        "length_s": duration_s(script),
        "status": one.status.replace("_", " "),
        "can_decide": one.can_decide,
        "decisions": [
            (key, say(text, n=one.version))
            for key, text in _DECISIONS.items()
            if one.can_decide or key == "comment"
        ],
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
        "kind": one.name or say(_KINDS.get(one.kind) or one.kind.replace("_", " ").capitalize()),
        "times": say("{start:g} to {end:g} s", start=span.start_s, end=span.end_s),
        "start_s": span.start_s,
        "end_s": span.end_s,
        "share": f"{span.duration_s:g}",
        "rows": [
            (label, text)
            for label, text in (
                (say("{speaker} says", speaker=one.speaker or say("Voice")), one.spoken),
                (say("We see"), one.visual),
                (say("On screen"), one.overlay),
                (say("Sound"), one.audio),
                (say("How"), how),
            )
            if text
        ],
    }

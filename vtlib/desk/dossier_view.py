"""One post as HTML: its words, player and tracks, numbers, decisions, what a model saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from vtlib.capture.video_tracks import replay_words
from vtlib.desk import pictures
from vtlib.desk.browse import Dossier


def head(dossier: Dossier) -> Markup:
    """Account, multiplier, tier, link to the original, and the whole caption."""
    facts = dossier.post.facts
    handle = pictures.text_of(facts["handle"]) or "unknown"
    under = f"{facts['platform']} {facts['format']}, {_multiplier(facts)}"
    tier = pictures.text_of(facts["tier"])
    words = pictures.text_of(facts["caption"]) or pictures.text_of(facts["title"])
    return Markup(
        '<div class="vt-detail-head">{}{}<span class="vt-end">{}</span></div>'
        '<p class="vt-whole-caption" dir="auto">{}</p>'
    ).format(
        pictures.heading(f"@{handle}", under),
        pictures.tag(tier) if tier else "",
        pictures.link(facts["url"], "original"),
        words or "no caption",
    )


def about(dossier: Dossier) -> Markup:
    """What a model saw, where one was asked, and the numbers of a post."""
    facts = dossier.post.facts
    reach = f"{pictures.value(facts['value'], 'int')} {pictures.text_of(facts['metric'])}"
    items = [
        ("reach", reach.strip()),
        ("likes", pictures.counted(facts, "likes")),
        ("comments", pictures.counted(facts, "comments")),
        ("posted", f"{pictures.value(facts['posted_at'], 'time')} UTC"),
        ("length", f"{pictures.value(facts['duration_s'], 'tenth')} s"),
        ("judged against", f"{pictures.value(facts['n_baseline'], 'int')} posts of the account"),
        ("false discovery rate", pictures.value(facts["q_value"], "p")),
        ("decision", _decision(facts)),
        ("scripts after it", ", ".join(f"{s['title']} ({s['status']})" for s in dossier.scripts)),
    ]
    why = _why(dossier.answer, dossier.model) if dossier.answer else Markup("")
    return why + pictures.heading("Numbers") + pictures.facts_list(items)


def _multiplier(facts: Mapping[str, Any]) -> str:
    number = pictures.value(facts["multiplier"], "multiplier")
    early = ", provisional" if facts["is_provisional"] is True else ""
    return f"{number} ({pictures.interval(facts)}){early}"


def _decision(facts: Mapping[str, Any]) -> str:
    decision = pictures.text_of(facts["decision"])
    if not decision:
        return (
            "picked by the rule, nobody decided"
            if pictures.text_of(facts["role"])
            else "nobody decided"
        )
    why = pictures.text_of(facts["reason"])
    by = pictures.text_of(facts["reviewer"]) or "somebody"
    return f"{'kept' if decision == 'keep' else 'rejected'} by {by}{f', {why}' if why else ''}"


def decisions(decisions: Sequence[Mapping[str, Any]]) -> Markup:
    """Every reviewer's decision, the latest (which counts) first."""
    if not decisions:
        return Markup("")
    stands = decisions[0]
    head = pictures.heading("Decisions", "the latest stands")
    cells = [Markup('<li dir="auto">{}</li>').format(_decided(d, stands)) for d in decisions]
    return Markup('{}<ul class="vt-decisions">{}</ul>').format(head, Markup("").join(cells))


def client_comments(comments: Sequence[Mapping[str, Any]]) -> Markup:
    """What clients wrote about it in their answers to reports, the latest first."""
    if not comments:
        return Markup("")
    head = pictures.heading("What clients said", "in their answers to reports")
    cells = [
        Markup('<li dir="auto"><b>{}</b> {}</li>').format(
            c["author"],
            " · ".join(
                (
                    *([f"at {c['at_s']:.1f} s"] if c["at_s"] is not None else []),
                    str(c["body"]),
                    f"report {c['run_id']}",
                )
            ),
        )
        for c in comments
    ]
    return Markup('{}<ul class="vt-decisions">{}</ul>').format(head, Markup("").join(cells))


def _decided(decision: Mapping[str, Any], stands: Mapping[str, Any]) -> Markup:
    """One reviewer's decision; overruled when the one that stands is another."""
    names = [pictures.text_of(d["reviewer"]) or "somebody" for d in (decision, stands)]
    is_over = decision["decision"] != stands["decision"]
    facts = (
        "kept" if decision["decision"] == "keep" else "rejected",
        pictures.text_of(decision["reason"]),
        f"{pictures.value(decision['decided_at'], 'time')} UTC",
        f"overruled by {names[1]}" if is_over else "stands" if decision is stands else "agrees",
        pictures.text_of(decision["notes"]),
    )
    return Markup("<b>{}</b> {}").format(names[0], " · ".join(f for f in facts if f))


def film(dossier: Dossier, video: str) -> Markup:
    """Player, frames, tracks, and what is said: frames and lines jump to their second."""
    post = dossier.post
    said = (dossier.answer or {}).get("transcript") or []
    return (
        pictures.player(video, post.pictures)
        + (pictures.strip(post.pictures) if len(post.pictures) > 1 else Markup(""))
        + pictures.lanes(post.measures)
        + Markup("").join(
            pictures.quiet(f"Most replayed: {replay_words(one)}") for one in dossier.most_replayed
        )
        + pictures.transcript(said)
    )


def _why(answer: Mapping[str, Any], model: str) -> Markup:
    hook, narrative = answer.get("hook") or {}, answer.get("narrative") or {}
    types = sorted(hook.get("types") or [], key=lambda t: -float(t.get("probability") or 0))
    reasons = answer.get("explanation") or []
    call = answer.get("call_to_action") or {}
    items = [
        ("hook", hook.get("spoken") or hook.get("overlay_text") or hook.get("visual")),
        ("kinds of hook", ", ".join(str(t.get("type", "")).replace("_", " ") for t in types[:3])),
        ("story", narrative.get("summary")),
        ("why it worked", " ".join(str(r.get("text") or "") for r in reasons[:3])),
        ("call to action", call.get("text")),
    ]
    under = f"{model}: an opinion; notebook 04 holds it against what was measured"
    return pictures.heading("What a model saw", under) + pictures.facts_list(items)

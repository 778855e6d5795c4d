"""A document as the plain values that page templates read; names are part of what agencies rely
on.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from vtlib.core.language import clip, say, word
from vtlib.scripts.formats.document import Document
from vtlib.scripts.schedule import Shoot, strip_board
from vtlib.scripts.script import ScriptClaim, call_to_action, needs
from vtlib.scripts.text import clean_line, clock
from vtlib.scripts.timing import BeatSpan, SpeechRate, count_words, duration_s, spans, word_rates

_SHORT = 160


def base(document: Document, what: str) -> dict[str, Any]:
    """What every template has: title, stamp, facts of the whole, `beats`."""
    script = document.script
    rates = {r.beat_id: r for r in word_rates(script)}
    needed_assets = needs(script)
    return {
        "what": say(what),
        "title": script.title,
        "title_short": short(script.title, 90),
        "stamp": document.stamp_text,
        "token": document.stamp_token,
        "being_shot": document.being_shot,
        "made_by": document.made_by,
        "brand": document.brand,
        "logo": None,
        "logline": script.logline,
        "length": length(duration_s(script)),
        "difficulty": say(script.difficulty or ""),
        "audience": script.audience or str(document.product.get("audience") or ""),
        "product": str(document.product.get("name") or ""),
        "call_to_action": call_to_action(script),
        **{k: list(v) for k, v in needed_assets.items()},
        "claims": [_claim(c) for c in script.claims],
        "notes": script.notes,
        "beats": [beat(s, rates.get(s.beat.beat_id)) for s in spans(script)],
    }


def beat(span: BeatSpan, rate: SpeechRate | None) -> dict[str, Any]:
    """A beat as templates read it: texts, `*_short` (160 letters), times as text."""
    one = span.beat
    mark = "~" if span.is_estimated else ""
    shot = (one.shot_size, one.shot_angle, one.shot_movement, one.lens)
    return {
        "beat_id": one.beat_id,
        "number": span.number,
        "kind": word(one.kind) if not one.name else f"{word(one.kind)}: {short(one.name, 40)}",
        "start": clock(span.start_s),
        "end": clock(span.end_s),
        "length": mark + length(span.duration_s),
        **{n: getattr(one, n) for n in ("speaker", "spoken", "visual", "overlay", "audio")},
        **{f"{n}_short": short(getattr(one, n)) for n in ("spoken", "visual", "overlay")},
        **{
            n: getattr(one, n)
            for n in ("shot_size", "shot_angle", "shot_movement", "lens", "location")
        },
        "shot": ", ".join(s for s in shot if s),
        "props": ", ".join(one.props),
        "talent": ", ".join(one.talent),
        "rate": say(
            "{words:g} words, {words_per_s:g}/s", words=rate.words, words_per_s=rate.words_per_s
        )
        if rate
        else "",
        "too_fast": say("too many words: needs {least_s:g} s", least_s=rate.least_s)
        if rate and rate.is_too_fast
        else "",
        "picture": "",
    }


def voiceover(document: Document) -> dict[str, Any]:
    """`base` with the number of words of the whole."""
    total = sum(count_words(b.spoken) for b in document.script.beats)
    seconds = duration_s(document.script)
    rate = (
        say(", {total:.2f} words/s over {length}", total=total / seconds, length=length(seconds))
        if seconds
        else ""
    )
    return {**base(document, "Voice-over"), "words": f"{total:g}{rate}"}


def callsheet(document: Document) -> dict[str, Any]:
    """`base` with `shoots` in local time, `clashes` as sentences, and `strips` by location."""
    rates = {r.beat_id: r for r in word_rates(document.script)}
    strips = groupby(strip_board(document.script), key=lambda s: s.location)
    return {
        **base(document, "Call sheet"),
        "shoots": [_shoot(s, document.contacts) for s in document.shoots],
        "clashes": [c.reason for c in document.clashes],
        "strips": [
            {
                "location": place,
                "beats": [beat(s.span, rates.get(s.span.beat.beat_id)) for s in group],
            }
            for place, group in strips
        ],
    }


def brief(document: Document, *, size: float, beats: int) -> dict[str, Any]:
    """`base` for a creator's one page: letters of `size` pt, at most `beats` beats."""
    script, product = document.script, document.product
    data = base(document, "Brief")
    facts = (product.get("description"), *list(product.get("benefits") or [])[:3])
    n_more = len(data["beats"]) - beats
    hook = next((b for b in script.beats if b.kind == "hook"), None)
    return {
        **data,
        "size": size,
        "title": short(script.title, 120),
        "logline": "",
        "product_name": short(str(product.get("name") or "")),
        "product_text": short(" · ".join(str(f) for f in facts if f), 300),
        "audience": short(data["audience"]),
        "idea": short(script.logline or script.notes, 300),
        "references": short(", ".join(script.references), 120),
        "hook": short(hook.spoken or hook.visual or hook.overlay) if hook else "",
        "call_to_action": short(data["call_to_action"]),
        "props": short(", ".join(data["props"])),
        "locations": short(", ".join(data["locations"])),
        "say": [short(c.text) for c in script.claims if c.is_cleared][:5],
        "dont": [short(c.text) for c in script.claims if not c.is_cleared][:5],
        "beats": data["beats"][:beats],
        "more": say("and {n_more} beats more, see the script", n_more=n_more) if n_more > 0 else "",
    }


def short(text: str, most: int = _SHORT) -> str:
    """`text` on one line, cut at a word to `most` letters with an ellipsis."""
    line = clean_line(text)
    if len(line) <= most:
        return line
    cut = clip(line, most - 1)
    return (cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut) + "…"


def length(seconds: float) -> str:
    """Seconds for people: 3.5 s."""
    return f"{seconds:.1f}".removesuffix(".0") + " s"


def _claim(claim: ScriptClaim) -> dict[str, Any]:
    state = "cleared" if claim.is_cleared else "NOT CLEARED"
    note = f" ({claim.note})" if claim.note else ""
    return {"text": claim.text, "is_cleared": claim.is_cleared, "state": state + note}


def _shoot(shoot: Shoot, contacts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    start, end = shoot.local
    call, place = shoot.call_local, contacts.get(shoot.location.casefold(), {})
    return {
        "day": f"{start:%A, %d %B %Y}",
        "from": f"{start:%H:%M}",
        "to": f"{end:%H:%M}" + (f" ({end:%d %b})" if end.date() != start.date() else ""),
        "call": f"{call:%H:%M}" + (f" ({call:%d %b})" if call.date() != start.date() else ""),
        "zone": shoot.time_zone,
        "location": ", ".join(t for t in (shoot.location, place.get("details", "")) if t),
        "location_contact": place.get("contact", ""),
        "people": _people(shoot, contacts, f"{call:%H:%M}"),
        "talent": ", ".join(shoot.talent),
        "props": ", ".join(shoot.props),
        "beats": ", ".join(shoot.beat_ids) or "all",
        "notes": shoot.notes,
    }


def _people(
    shoot: Shoot, contacts: Mapping[str, Mapping[str, str]], call: str
) -> list[dict[str, str]]:
    """Crew, then talent: name, role, call, contact, each as text."""
    crew = [
        {
            "name": p["name"],
            "role": p.get("role", ""),
            "call": p.get("call") or call,
            "contact": p.get("contact", ""),
        }
        for p in shoot.crew
    ]
    talent = [
        {
            "name": n,
            "role": "talent",
            "call": call,
            "contact": contacts.get(n.casefold(), {}).get("contact", ""),
        }
        for n in shoot.talent
    ]
    return [*crew, *talent]

"""What a question says of a video and of products: the analysis without what its check refuted,
and no numbers that would come back as scores. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FACTS = ("problems", "benefits", "features")
SINGLE_FACTS = ("name", "description", "audience", "price")
_LISTS = ("transcript", "overlays", "explanation")
PICTURES = "pictures"


def shows_pictures(post: Mapping[str, Any]) -> bool:
    """Whether what is known of a post (adaptation/store.videos) is an analysis of pictures and
    of no film.
    """
    return bool(post.get("task") == PICTURES)


def told(post: Mapping[str, Any]) -> dict[str, Any]:
    """The analysis of a post (adaptation/store.videos) as a question takes it, of a film or of
    pictures.
    """
    teller = described_pictures if shows_pictures(post) else described
    return teller(post["answer"], post["unsupported"])


def topics(post: Mapping[str, Any]) -> tuple[str, ...]:
    """The sections of a prompt that a post asks for besides the common ones."""
    return (PICTURES,) if shows_pictures(post) else ()


def described(answer: Mapping[str, Any], unsupported: Sequence[str] = ()) -> dict[str, Any]:
    """An analysis as a question takes it: beats numbered from 1, hook, words, story; no scores.

    Overlays, lines and reasons that the check found unsupported (`unsupported`: paths such as
    overlays.0) are left out. Missing parts of a partial answer are left out too.
    """
    bad = set(unsupported)
    kept = {
        name: [v for n, v in enumerate(answer.get(name) or []) if f"{name}.{n}" not in bad]
        for name in _LISTS
    }
    hook, narrative = answer.get("hook") or {}, answer.get("narrative") or {}
    types = [t["type"] for t in hook.get("types") or []]
    return {
        "duration_s": answer.get("duration_s"),
        "language": answer.get("language"),
        "hook": {k: hook.get(k) for k in ("spoken", "visual", "overlay_text")} | {"types": types},
        "beats": [{"number": n, **beat} for n, beat in enumerate(answer.get("beats") or [], 1)],
        "transcript": kept["transcript"],
        "overlays": kept["overlays"],
        "story": {k: narrative.get(k) for k in ("structure", "summary")},
        "sound": (answer.get("sound") or {}).get("role"),
        "call_to_action": (answer.get("call_to_action") or {}).get("text"),
        "why_it_may_have_worked": [c.get("text") for c in kept["explanation"]],
        "risks": [r.get("why") for r in answer.get("risks") or []],
    }


def described_pictures(
    answer: Mapping[str, Any], unsupported: Sequence[str] = ()
) -> dict[str, Any]:
    """An analysis of pictures as a question takes it: pictures by number, hook, their order; no
    scores.

    Pictures that the post has not and reasons that no picture shows (`unsupported`) are left out.
    There are no seconds, cuts or lines in it, since pictures have none.
    """
    bad, hook = set(unsupported), answer.get("hook") or {}
    kept = {
        name: [v for n, v in enumerate(answer.get(name) or []) if f"{name}.{n}" not in bad]
        for name in ("pictures", "explanation")
    }
    types = [t["type"] for t in hook.get("types") or []]
    return {
        "language": answer.get("language"),
        "hook": {k: hook.get(k) for k in ("visual", "overlay_text")} | {"types": types},
        "pictures": kept["pictures"],
        "order": answer.get("structure"),
        "call_to_action": answer.get("call_to_action"),
        "why_it_may_have_worked": [c.get("text") for c in kept["explanation"]],
        "risks": [r.get("why") for r in answer.get("risks") or []],
    }


def source_lines(answer: Mapping[str, Any], caption: str | None) -> list[str]:
    """Every line of the source that a script must not repeat: said, written on screen, and the
    caption.
    """
    lines = [t.get("text") for name in ("transcript", "overlays") for t in answer.get(name) or []]
    lines += [p.get("overlay") for p in answer.get("pictures") or []]
    hook = answer.get("hook") or {}
    lines += [hook.get("spoken"), hook.get("overlay_text"), *(caption or "").splitlines()]
    asks = answer.get("call_to_action")  # of pictures a line, of a film a line with its time
    lines.append(asks.get("text") if isinstance(asks, Mapping) else asks)
    return list(dict.fromkeys(str(line) for line in lines if line))


def product_facts(product: Mapping[str, Any]) -> dict[str, Any]:
    """A product as a question takes it: its id, and its facts by key (benefits.1), which claims
    must name.
    """
    facts = {name: product[name] for name in SINGLE_FACTS if product.get(name)}
    for name in FACTS:
        facts |= {f"{name}.{n}": text for n, text in enumerate(product.get(name) or [], 1)}
    out = {"id": product["product_id"], "facts": facts}
    return out | ({"context": product["context_prompt"]} if product.get("context_prompt") else {})


def by_lot(products: Iterable[Mapping[str, Any]], *, post_id: str) -> list[Mapping[str, Any]]:
    """Products in an order that the video decides: whoever is named first gains nothing over all
    videos.
    """

    def lot(product: Mapping[str, Any]) -> str:
        return hashlib.sha256(f"{post_id}/{product['product_id']}".encode()).hexdigest()

    return sorted(products, key=lot)

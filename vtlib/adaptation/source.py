"""How a request describes a video and products: without refuted claims and scores. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.platforms import post_ref

FACTS = ("problems", "benefits", "features")
SINGLE_FACTS = ("name", "description", "audience", "price")
_LISTS = ("transcript", "overlays", "explanation")
PICTURES = "pictures"


def shows_pictures(post: Mapping[str, Any]) -> bool:
    """Whether the analysis of a post (adaptation/store.videos) is about pictures."""
    return bool(post.get("task") == PICTURES)


def analysis_facts(post: Mapping[str, Any]) -> dict[str, Any]:
    """The analysis of a post (adaptation/store.videos) for a request: video or pictures."""
    describe = describe_pictures if shows_pictures(post) else describe_video
    return describe(post["answer"], post["unsupported"])


def topics(post: Mapping[str, Any]) -> tuple[str, ...]:
    """The extra sections of a prompt for this post."""
    return (PICTURES,) if shows_pictures(post) else ()


def describe_video(answer: Mapping[str, Any], bad_paths: Sequence[str] = ()) -> dict[str, Any]:
    """An analysis of a video for a request: numbered beats, hook, words, story; no scores.

    Overlays, lines and reasons that the check refuted (`bad_paths`: paths such as overlays.0) and
    missing parts of a partial answer are left out.
    """
    lists = _without(answer, _LISTS, bad_paths)
    hook, narrative = answer.get("hook") or {}, answer.get("narrative") or {}
    types = [t["type"] for t in hook.get("types") or []]
    return {
        "duration_s": answer.get("duration_s"),
        "language": answer.get("language"),
        "hook": {k: hook.get(k) for k in ("spoken", "visual", "overlay_text")} | {"types": types},
        "beats": [{"number": n, **beat} for n, beat in enumerate(answer.get("beats") or [], 1)],
        "transcript": lists["transcript"],
        "overlays": lists["overlays"],
        "story": {k: narrative.get(k) for k in ("structure", "summary")},
        "sound": (answer.get("sound") or {}).get("role"),
        "call_to_action": (answer.get("call_to_action") or {}).get("text"),
        "why_it_may_have_worked": [c.get("text") for c in lists["explanation"]],
        "risks": [r.get("why") for r in answer.get("risks") or []],
    }


def describe_pictures(answer: Mapping[str, Any], bad_paths: Sequence[str] = ()) -> dict[str, Any]:
    """An analysis of pictures for a request: pictures by number, hook, their order; no scores.

    Refuted pictures and reasons (`bad_paths`) are left out. There are no seconds, cuts or lines,
    since pictures have none.
    """
    hook = answer.get("hook") or {}
    lists = _without(answer, ("pictures", "explanation"), bad_paths)
    types = [t["type"] for t in hook.get("types") or []]
    return {
        "language": answer.get("language"),
        "hook": {k: hook.get(k) for k in ("visual", "overlay_text")} | {"types": types},
        "pictures": lists["pictures"],
        "order": answer.get("structure"),
        "call_to_action": answer.get("call_to_action"),
        "why_it_may_have_worked": [c.get("text") for c in lists["explanation"]],
        "risks": [r.get("why") for r in answer.get("risks") or []],
    }


def _without(
    answer: Mapping[str, Any], names: Iterable[str], bad_paths: Sequence[str]
) -> dict[str, list[Any]]:
    """Those lists of an answer without the entries that the check refuted."""
    bad = set(bad_paths)
    return {
        name: [v for n, v in enumerate(answer.get(name) or []) if f"{name}.{n}" not in bad]
        for name in names
    }


def source_lines(answer: Mapping[str, Any], caption: str | None) -> list[str]:
    """Every line of the source that a script must not copy: speech, words on screen, caption."""
    lines = [t.get("text") for name in ("transcript", "overlays") for t in answer.get(name) or []]
    lines += [p.get("overlay") for p in answer.get("pictures") or []]
    hook = answer.get("hook") or {}
    lines += [hook.get("spoken"), hook.get("overlay_text"), *(caption or "").splitlines()]
    asks = answer.get("call_to_action")  # a line for pictures, a line with its time for a video
    lines.append(asks.get("text") if isinstance(asks, Mapping) else asks)
    return list(dict.fromkeys(str(line) for line in lines if line))


def product_facts(product: Mapping[str, Any]) -> dict[str, Any]:
    """A product for a request: id, and facts by key (benefits.1), which claims must name."""
    facts = {name: product[name] for name in SINGLE_FACTS if product.get(name)}
    for name in FACTS:
        facts |= {f"{name}.{n}": text for n, text in enumerate(product.get(name) or [], 1)}
    out = {"id": product["product_id"], "facts": facts}
    return out | ({"context": product["context_prompt"]} if product.get("context_prompt") else {})


def shuffle_by_post(
    products: Iterable[Mapping[str, Any]], *, post_id: str
) -> list[Mapping[str, Any]]:
    """Products in a random order fixed by the post, so that no place in it favours a product."""
    return sorted(
        products,
        key=lambda p: hashlib.sha256(f"{post_id}/{p['product_id']}".encode()).hexdigest(),
    )


def post_of(text: str) -> str:
    """The id of a post given by id or URL. Raises BadInput for a short link or no post."""
    if re.fullmatch(r"[a-z]+:[^/\s]+", text):
        return text
    if (post_id := post_ref(text).post_id) is None:
        raise BadInput(f"{text} is a short link.", todo="Open it and paste the post's own URL.")
    return post_id

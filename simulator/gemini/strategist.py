"""The simulated model's answers to questions without a film: fits and scripts, with seeded
mistakes, and labelled.

How well a product fits a video is known here (`affinity`): the product's own pull, and what the
pair adds. The mistakes: a pair judged against its scores, a claim that no fact bears out, words of
the source taken over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations
from random import Random
from typing import Any

from simulator.words import HOOK_LINES
from simulator.world import World
from vtlib.core.errors import article

LABEL = (
    "Simulated answer: made by the sandbox from what is known of its world, with seeded mistakes."
)
PULL_SD, PAIR_SD, NOISE_SD = 1.0, 0.7, 0.35
CONTRARY, UNFOUNDED, COPIED, EVEN = 0.08, 0.4, 0.3, 0.06
Answer = dict[str, Any]
TextAnswerer = Callable[[World, Random, str], Answer]

_FENCED = re.compile(r"<<<data (\w+) begins>>>\n(.*)\n<<<data \1 ends>>>")
_OBSTACLES = {
    "age_fit": "the viewers are younger than the buyers (simulated)",
    "location": "it needs a kitchen with daylight (simulated)",
    "cost": "it takes a second camera (simulated)",
    "props": "it takes two of the product (simulated)",
}
_INVENTED = (
    "Pays for itself in 7 days.",
    "Guaranteed to halve your cleaning time.",
    "Nine out of ten cooks prefer it.",
)
_OPENERS = (
    "What would you do with {name}?",
    "Watch {name} do this in one breath.",
    "I put {name} next to my old one.",
    "If this is your kitchen, stay a moment.",
)
_VIEWS = ("close_up", "medium", "overhead", "wide")


def data_of(text: str) -> Answer:
    """What stands inside the fences of a question, put together."""
    return {k: v for m in _FENCED.finditer(text) for k, v in json.loads(m.group(2)).items()}


def affinity(world: World, about: str, product: str) -> float:
    """How well a product fits a video, on a scale of standard deviations; the truth that answers
    are made from.
    """
    pull = Random(f"{world.seed}/pull/{product}").gauss(0, PULL_SD)  # noqa: S311 (a simulation)
    return pull + Random(f"{world.seed}/{about}/{product}").gauss(0, PAIR_SD)  # noqa: S311


def product_fits(world: World, rng: Random, text: str) -> Answer:
    """As `ProductFits` wants it (adaptation/comparison/answer.py)."""
    data = data_of(text)
    about = _about(world, data)
    products = [p["id"] for p in data.get("products") or []]
    felt = {p: affinity(world, about, p) + rng.gauss(0, NOISE_SD) for p in products}
    best = max(felt, key=lambda p: felt[p], default=None)
    is_any = best is not None and felt[best] > -0.5
    return {
        "fits": [_fit(rng, p, felt[p]) for p in products],
        "duels": [_duel(rng, a, b, felt) for a, b in combinations(products, 2)],
        "recommended": best if is_any else None,
        "recommended_why": f"{LABEL} It has the strongest pull here." if is_any else None,
    }


def adapted_script(world: World, rng: Random, text: str) -> Answer:
    """As `AdaptedScript` wants it (adaptation/answer.py): the source's beats with the product in
    them.
    """
    data = data_of(text)
    product = data.get("product") or {"id": "?", "facts": {}}
    source = data.get("source") or {}
    beats = source.get("beats") or [
        {"number": p["number"], "start_s": 0.0, "end_s": 3.0} for p in source.get("pictures") or []
    ]  # pictures have no seconds of their own: three each
    beats = beats or [{"number": 1, "start_s": 0.0, "end_s": 4.0}]
    left = [beats[-2]] if len(beats) > 4 else []
    kept = [b for b in beats if b not in left]
    facts = product["facts"]
    made = [_beat(rng, n, b, facts, last=len(kept)) for n, b in enumerate(kept, 1)]
    if rng.random() < COPIED:
        stolen = [t.get("text") for t in source.get("overlays") or []]
        stolen += [p.get("overlay") for p in source.get("pictures") or []]
        stolen += [str(data.get("caption") or "").partition("\n")[0]]
        made[min(1, len(made) - 1)]["overlay"] = next((s for s in stolen if s), None)
    known = [p["pattern"] for p in data.get("patterns") or [] if p["direction"] == "more views"]
    if known:
        made[0]["why"] += f"; builds on {known[0]} (simulated)"
    return {
        **_written(rng, facts, made, world),
        "beats": made,
        "left_out": [
            {"source_beat": b["number"], "why": "the product has shown it already (simulated)"}
            for b in left
        ],
    }


def original_script(world: World, rng: Random, text: str) -> Answer:
    """As `OriginalScript` wants it: four beats, the patterns named one after the other."""
    data = data_of(text)
    facts = (data.get("product") or {"facts": {}})["facts"]
    known = [p for p in data.get("patterns") or [] if p["direction"] == "more views"]
    plan = [{"start_s": float(s), "end_s": float(s + 4)} for s in range(0, 16, 4)]
    made = [_beat(rng, n, b, facts, last=len(plan)) for n, b in enumerate(plan, 1)]
    for beat in made:
        del beat["source_beat"], beat["change"]
    return {
        **_written(rng, facts, made, world),
        "beats": made,
        "patterns": [
            {"pattern": p["pattern"], "how": f"in beat {n} (simulated)"}
            for n, p in enumerate(known[: len(made)], 1)
        ],
    }


def _about(world: World, data: Answer) -> str:
    """The film a question is about, by its caption: re-uploads of one film are one."""
    caption = data.get("caption")
    post = next((p for p in world.posts if caption and p.caption == caption), None)
    return post.creative if post else json.dumps(data.get("analysis"), sort_keys=True)


def _fit(rng: Random, product: str, felt: float) -> Answer:
    def score() -> int:
        return min(max(round(2.5 + 1.1 * felt + rng.gauss(0, 0.5)), 0), 5)

    kinds = rng.sample(list(_OBSTACLES), k=rng.randint(0, 2))
    how = "strong" if felt > 0.7 else "weak" if felt < -0.7 else "middling"
    return {
        "product": product,
        "hook_relevance": score(),
        "audience_match": score(),
        "transition_ease": score(),
        "replicability": score(),
        "reason": f"{how} match of hook and product (simulated)",
        "best_use": "the turn before the reveal (simulated)",
        "obstacles": [{"kind": k, "what": _OBSTACLES[k]} for k in kinds],
        "confidence": rng.choice(("low", "medium", "high")),
    }


def _duel(rng: Random, a: str, b: str, felt: dict[str, float]) -> Answer:
    better = "first" if felt[a] > felt[b] else "second"
    roll = rng.random()
    if roll < EVEN:
        better = "even"
    elif roll < EVEN + CONTRARY:
        better = {"first": "second", "second": "first"}[better]
    return {"first": a, "second": b, "better": better, "why": "by the simulated pull of both"}


def _beat(rng: Random, number: int, source: Answer, facts: Answer, *, last: int) -> Answer:
    name = str(facts.get("name", "the product"))
    spoken: str | None
    points = [v for k, v in facts.items() if k.startswith("benefits")] or [f"is {name}"]
    point = points[(number - 1) % len(points)]
    is_last, is_first = number == last, number == 1
    if is_first:
        spoken, kind = _OPENERS[0].format(name=name), "hook"
    elif is_last:
        spoken, kind = f"See {name} on our page.", "cta"
    else:
        spoken, kind = f"It {point}." if rng.random() < 0.7 else None, "demo"
    length = max(float(source.get("end_s") or 0) - float(source.get("start_s") or 0), 0.8)
    return {
        "kind": kind,
        "source_beat": source.get("number"),
        "change": "kept" if rng.random() < 0.4 else "changed",
        "why": "the same turn with the product in the hand (simulated)",
        "duration_s": round(length * rng.uniform(0.9, 1.3), 1),
        "voice": "voice_over" if spoken else "nobody",
        "spoken": spoken,
        "overlay": str(point) if kind == "demo" else None,
        "visual": f"{name} on a plain table, a hand comes in (simulated)",
        "shot_size": rng.choice(_VIEWS),
        "shot_angle": rng.choice(("eye_level", "top_down", "high")),
        "shot_movement": rng.choice(("static", "handheld", "push_in")),
        "location": "kitchen table",
        "props": [name],
        "talent": ["one pair of hands"],
        "sound": "a soft beat",
        "transition": None if is_last else "cut",
    }


def _written(rng: Random, facts: Answer, beats: list[Answer], world: World) -> Answer:
    name = str(facts.get("name", "the product"))
    made = [
        {"text": b["spoken"], "fact": _key(facts, b["overlay"])}
        for b in beats
        if b["kind"] == "demo" and b["spoken"]
    ]
    claims = list({c["text"]: c for c in made}.values())
    if rng.random() < UNFOUNDED:
        said = rng.choice(_INVENTED)
        beats[-1]["spoken"] = f"{said} {beats[-1]['spoken']}"
        claims.append({"text": said, "fact": None})
    types = rng.sample(list(HOOK_LINES), k=len(_OPENERS))
    return {
        "title": (
            f"{name}: {rng.choice(('one breath', 'the turn', 'before and after'))} (simulated)"
        ),
        "logline": f"{LABEL} World {world.seed}.",
        "language": "en",
        "hooks": [
            {
                "type": kind,
                "spoken": line.format(name=name),
                "overlay": None,
                "visual": f"{name} fills the picture (simulated)",
                "tests": f"whether {article(kind.replace('_', ' '))} holds longer (simulated)",
            }
            for kind, line in zip(types, _OPENERS, strict=True)
        ],
        "call_to_action": f"See {name} on our page.",
        "audience": str(facts.get("audience", "whoever cooks")),
        "difficulty": rng.choice(("easy", "medium")),
        "difficulty_why": "one place, one pair of hands (simulated)",
        "claims": claims,
    }


def _key(facts: Answer, text: Any) -> str | None:
    return next((k for k, v in facts.items() if v == text), None)


# By the title of the schema that is asked for.
TEXT_ANSWERERS: dict[str, TextAnswerer] = {
    "ProductFits": product_fits,
    "AdaptedScript": adapted_script,
    "OriginalScript": original_script,
}

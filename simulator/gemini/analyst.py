"""The simulated model's answers: a film's known truth, seen through seeded mistakes, and labelled
as simulated.

Times drift, a cut is invented or missed, words on screen are misread, a hook is taken for another.
An answer to a schema that is not known here is filled in by the schema alone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

from simulator.gemini.viewer import Watched
from simulator.words import CATALYSTS, EFFECTS, HOOK_LINES

LABEL = (
    "Simulated answer: made by the sandbox from what is known of a rendered clip, with "
    "seeded mistakes."
)
SCENES_MAX = 14
DRIFT_SD_S, OFFSET_S, SLIP_S = 0.10, 0.15, 1.2
INVENTED_CUT, MISSED_CUT, INVENTED_TEXT, BIG_SLIP, WRONG_HOOK = 0.35, 0.25, 0.15, 0.25, 0.2

Answer = dict[str, Any]
Answerer = Callable[[Watched, Random, str], Answer]


class Eye:
    """How one clip is seen: every time off by the clip's own offset and some noise, within the
    film.
    """

    def __init__(self, watched: Watched, rng: Random) -> None:
        self.rng, self.duration_s = rng, float(watched.plan["duration_s"])
        self.offset_s = rng.uniform(-OFFSET_S, OFFSET_S)

    def time(self, at_s: float) -> float:
        """A time as the model gives it."""
        seen = at_s + self.offset_s + self.rng.gauss(0, DRIFT_SD_S)
        return round(min(max(seen, 0.0), self.duration_s), 2)

    def span(self, start_s: float, end_s: float) -> Answer:
        """A span as the model gives it."""
        start, end = sorted((self.time(start_s), self.time(end_s)))
        return {"start_s": start, "end_s": end}


def video_analysis(watched: Watched, rng: Random, _text: str) -> Answer:
    """As `VideoAnalysis` wants it (analysis/answer.py)."""
    eye, plan = Eye(watched, rng), watched.plan
    duration = eye.duration_s
    features = watched.post.features if watched.post else frozenset()
    hook_end = min(3.0, duration)
    overlays = _overlays(eye, plan, duration)
    beats = _beats(eye, plan)
    hook = _hook(eye, features, plan, hook_end)
    return {
        "duration_s": round(duration + rng.uniform(-0.3, 0.3), 1),
        "language": "en" if plan["speech_s"] or overlays else None,
        "hook": hook,
        "beats": beats,
        "transcript": [
            eye.span(a, b) | {"speaker": "narrator", "text": "(words of the simulated speech)"}
            for a, b in plan["speech_s"]
        ],
        "overlays": overlays,
        "key_moments": [
            {
                "kind": "climax",
                "span": eye.span(duration * 0.7, duration * 0.8),
                "what": "the pattern of the picture changes for the last time",
            }
        ],
        "narrative": {
            "structure": "setup and payoff",
            "summary": "Simulated pictures follow each other.",
            "arc": [
                {"span": eye.span(0, duration), "emotion": "curiosity", "intensity": rng.random()}
            ],
        },
        "sound": {
            "music": "a synthetic beat" if plan["tempo_bpm"] else None,
            "effects": [],
            "role": "carries the rhythm" if plan["tempo_bpm"] else "background",
            "is_cut_to_beat": bool(plan["tempo_bpm"]) and rng.random() < 0.5,
        },
        "call_to_action": None,
        "factors": _factors(eye, features),
        "platform_fit": _rating(eye, rng.randint(2, 4), "simulated: a judgement by dice"),
        "overall": _rating(eye, _scored(features, rng), "simulated: follows the hidden effects"),
        "explanation": _explanation(eye, features, plan),
        "risks": [],
        "ideas": [{"idea": "start with the last picture", "why": "simulated: an idea by dice"}],
    }


def _beats(eye: Eye, plan: dict[str, Any]) -> list[Answer]:
    rng, duration = eye.rng, eye.duration_s
    cuts = list(plan["cuts_s"])
    if len(cuts) > 1 and rng.random() < MISSED_CUT:
        cuts.pop(rng.randrange(len(cuts)))
    cuts = sorted(rng.sample(cuts, SCENES_MAX - 2)) if len(cuts) > SCENES_MAX - 2 else cuts
    seen = [eye.time(c) for c in cuts]
    if seen and rng.random() < BIG_SLIP:
        at = rng.randrange(len(seen))
        seen[at] = round(min(max(seen[at] + rng.choice((-SLIP_S, SLIP_S)), 0.1), duration), 2)
    if rng.random() < INVENTED_CUT:
        edges = [0.0, *plan["cuts_s"], duration]
        start, end = max(pairwise(edges), key=lambda e: e[1] - e[0])
        seen.append(round((start + end) / 2, 2))
    edges = [0.0, *sorted(set(seen)), round(duration, 2)]
    return [
        {
            "start_s": start,
            "end_s": end,
            "starts_with_cut": n > 0,
            "shot": rng.choice(("close_up", "medium", "overhead", "graphic")),
            "action": f"simulated scene: a {rng.choice(('slow', 'quick'))} pattern moves",
            "speech": None,
            "overlay": None,
            "sound": None,
        }
        for n, (start, end) in enumerate(pairwise(edges))
        if end > start
    ]


def _overlays(eye: Eye, plan: dict[str, Any], duration: float) -> list[Answer]:
    found = [
        eye.span(t["start_s"], t["end_s"]) | {"text": t["text"], "style": "white on black"}
        for t in plan["texts"]
    ]
    if eye.rng.random() < INVENTED_TEXT:
        invented = {"text": "LINK IN BIO (simulated, invented)", "style": "small"}
        found.append(eye.span(duration * 0.8, duration) | invented)
    return found


def _hook(eye: Eye, features: frozenset[str], plan: dict[str, Any], end_s: float) -> Answer:
    rng = eye.rng
    types = [f for f in HOOK_LINES if f in features] or [rng.choice(list(HOOK_LINES))]
    if rng.random() < WRONG_HOOK:
        types.append(rng.choice([t for t in HOOK_LINES if t not in types]))
    early = [t["text"] for t in plan["texts"] if t["start_s"] < end_s]
    is_spoken = any(a < end_s for a, _ in plan["speech_s"])
    shares = [float(is_spoken), 1.0, float(bool(early))]
    audio, visual, overlay = (round(s / sum(shares), 2) for s in shares)
    return {
        "span": {"start_s": 0.0, "end_s": eye.time(end_s)},
        "spoken": "(words of the simulated speech)" if is_spoken else None,
        "visual": "simulated pattern of discs and bars",
        "overlay_text": early[0] if early else None,
        "types": [
            {"type": t, "probability": round(rng.uniform(0.55, 0.95), 2)}
            for t in dict.fromkeys(types)
        ],
        "modality": {"audio": audio, "visual": visual, "overlay": overlay},
        "stakes_clarity": round(rng.random(), 2),
        "curiosity_gap": round(rng.random(), 2),
        "specificity": round(rng.random(), 2),
        "payoff_s": eye.time(eye.duration_s * 0.8) if rng.random() < 0.7 else None,
        "first_shot": "graphic",
        "catalysts": [{"kind": name, "span": eye.span(0, end_s)} for name in _catalysts(features)],
    }


def _catalysts(features: frozenset[str]) -> list[str]:
    known = {
        "close_up_face",
        "hands_with_object",
        "large_motion",
        "colour_pop",
        "spoken_question",
        "numbers",
        "beat_drop",
        "words_on_screen_2s",
    }
    return [name for name in CATALYSTS if name in features and name in known]


def _factors(eye: Eye, features: frozenset[str]) -> Answer:
    rng = eye.rng
    why = "simulated: by dice"
    rated = {
        name: _rating(eye, rng.randint(1, 4), why)
        for name in ("emotion", "relatability", "novelty", "production", "pacing")
    }
    said = "simulated: follows the hidden effects, with noise"
    return {"hook_strength": _rating(eye, _scored(features, rng), said), **rated}


def _scored(features: frozenset[str], rng: Random) -> int:
    effect = sum(EFFECTS.get(f, 0.0) for f in features)
    return min(max(round(2 + 2 * effect + rng.gauss(0, 0.7)), 0), 5)


def _rating(eye: Eye, score: int, why: str) -> Answer:
    return {"score": score, "why": why, "evidence": [eye.span(0, min(3.0, eye.duration_s))]}


def _explanation(eye: Eye, features: frozenset[str], plan: dict[str, Any]) -> list[Answer]:
    whole = {"start_s": 0.0, "end_s": round(eye.duration_s, 2)}
    claims = [{"text": LABEL, "sense": "seen", "evidence": [whole]}]
    for text in plan["texts"]:
        said = {"text": "Words on screen carry the promise (simulated).", "sense": "read"}
        claims.append(said | {"evidence": [eye.span(text["start_s"], text["end_s"])]})
    if plan["speech_s"]:
        said = {"text": "A voice leads through it (simulated).", "sense": "heard"}
        claims.append(said | {"evidence": [eye.span(*plan["speech_s"][0])]})
    if "fast_cuts_3s" in features:
        said = {"text": "Quick cuts in the first seconds (simulated).", "sense": "seen"}
        claims.append(said | {"evidence": [eye.span(0, 3)]})
    return claims


def filled(schema: dict[str, Any], rng: Random) -> Any:
    """Any value that fits `schema`, texts labelled as simulated: for tasks without an answerer."""
    return _fill(schema, schema.get("$defs", {}), rng)


def _fill(node: dict[str, Any], defs: dict[str, Any], rng: Random) -> Any:
    if "$ref" in node:
        return _fill(defs[node["$ref"].rpartition("/")[2]], defs, rng)
    if "anyOf" in node:
        return _fill(node["anyOf"][0], defs, rng)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return rng.choice(node["enum"])
    kind = node.get("type")
    low = node.get("minimum", 0)
    if kind == "object":
        return {k: _fill(v, defs, rng) for k, v in node.get("properties", {}).items()}
    if kind == "array":
        many = max(node.get("minItems", 0), min(2, node.get("maxItems", 2)))
        return [_fill(node.get("items", {}), defs, rng) for _ in range(many)]
    if kind == "integer":
        return rng.randint(int(low), int(node.get("maximum", low + 5)))
    if kind == "number":
        return round(rng.uniform(low, node.get("maximum", low + 1)), 2)
    return rng.random() < 0.5 if kind == "boolean" else LABEL


def first_look(watched: Watched, rng: Random, _text: str) -> Answer:
    """As `FirstLook` wants it (analysis/first_pass.py); of pictures nothing is known, so by
    dice.
    """
    features = watched.post.features if watched.post else frozenset()
    hooks = [f for f in HOOK_LINES if f in features]
    scored = "simulated: follows the hidden effects, with noise"
    return {
        "subject": f"{LABEL}",
        "hook_type": hooks[0] if hooks else None,
        "teaches": {"score": _scored(features, rng), "why": scored},
        "borrowable": {"score": rng.randint(1, 5), "why": "simulated: by dice"},
        "risks": [],
    }


def picture_analysis(seen: list[Watched], rng: Random) -> Answer:
    """As `PictureAnalysis` wants it (analysis/pictures.py): the pictures are counted, the rest
    is dice.
    """
    numbers = list(range(1, len(seen) + 1))

    def rated() -> Answer:
        return {"score": rng.randint(1, 4), "why": "simulated: by dice", "pictures": numbers[:1]}

    invented = [len(numbers) + 1] if rng.random() < INVENTED_CUT else numbers[-1:]
    factors = ("hook_strength", "emotion", "relatability", "novelty", "production")
    said = "The last picture keeps the promise (simulated)."
    return {
        "language": "en",
        "hook": {
            "visual": "simulated picture",
            "overlay_text": None,
            "types": [
                {"type": rng.choice(list(HOOK_LINES)), "probability": round(rng.random(), 2)}
            ],
            "curiosity_gap": round(rng.random(), 2),
            "specificity": round(rng.random(), 2),
        },
        "pictures": [
            {
                "number": n,
                "shot": "graphic",
                "shows": "a simulated pattern",
                "overlay": None,
                "role": "hook" if n == 1 else "step",
            }
            for n in numbers
        ],
        "structure": "one after the other (simulated)",
        "call_to_action": None,
        "factors": {name: rated() for name in factors},
        "platform_fit": rated(),
        "overall": rated(),
        "explanation": [
            {"text": LABEL, "sense": "seen", "pictures": numbers[:1]},
            {"text": said, "sense": "seen", "pictures": invented},
        ],
        "risks": [],
        "ideas": [{"idea": "begin with the last picture", "why": "simulated: an idea by dice"}],
    }


# By the title of the schema that is asked for; later tasks add theirs.
ANSWERERS: dict[str, Answerer] = {"VideoAnalysis": video_analysis, "FirstLook": first_look}

"""How hard a script is to make: a rule of thumb over what can be counted before the shoot."""

from __future__ import annotations

from vtlib.scripts.script import Difficulty, Script, needs

# Ours, not measured: a phone, one place and a handful of set-ups is an hour; more places or people
# make it a day.
_EASY = {"beats": 6, "places": 1, "people": 1, "props": 3}
_MEDIUM = {"beats": 15, "places": 3, "people": 3, "props": 8}


def difficulty(script: Script) -> tuple[Difficulty | None, str]:
    """(easy, medium, hard, or None without beats; the counts it is read off, as a sentence).

    Not more than 6 beats, 1 place, 1 person and 3 props is easy; not more than 15, 3, 3 and 8
    medium.
    """
    if not script.beats:
        return None, "Difficulty cannot be judged without beats."
    wanted = needs(script)
    counts = {
        "beats": len(script.beats),
        "places": len(wanted["locations"]),
        "people": len(wanted["talent"]),
        "props": len(wanted["props"]),
    }
    level: Difficulty = "hard"
    if all(counts[n] <= most for n, most in _EASY.items()):
        level = "easy"
    elif all(counts[n] <= most for n, most in _MEDIUM.items()):
        level = "medium"
    said = ", ".join(f"{n} {name}" for name, n in counts.items())
    return level, f"Difficulty {level} is a rule of thumb over {said}."

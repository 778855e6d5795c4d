"""Starting points for a script: beats with durations and what to decide in each."""

from __future__ import annotations

from vtlib.core.errors import BadInput, nearest
from vtlib.scripts.script import PlannedBeat, Script

# (kind, seconds, what the beat is for); the note is a question to its writer, not text of the
# video.
_TEMPLATES: dict[str, tuple[tuple[str, float, str], ...]] = {
    "problem-solution": (
        ("hook", 3, "Which moment of the problem does the viewer know at once?"),
        ("problem", 5, "What does it cost them, shown and not told?"),
        ("reveal", 4, "How does the product come in?"),
        ("demo", 8, "What is seen working, in one take?"),
        ("proof", 5, "Whose word or which number backs it?"),
        ("cta", 3, "What shall they do now?"),
    ),
    "result-first": (
        ("hook", 2, "The finished result, before anything else."),
        ("setup", 4, "Where did it start?"),
        ("story", 10, "Which three steps led there?"),
        ("climax", 4, "The result again, closer."),
        ("cta", 3, "What shall they do now?"),
    ),
    "storytime": (
        ("hook", 3, "Which sentence cannot be left unanswered?"),
        ("setup", 6, "Who, where, when, in one breath."),
        ("story", 15, "What went wrong?"),
        ("climax", 6, "How does it turn?"),
        ("benefit", 5, "What does the viewer take from it?"),
        ("cta", 3, "What shall they do now?"),
    ),
    "list-of-three": (
        ("hook", 3, "What are the three, and why is the last one surprising?"),
        ("beat", 6, "One."),
        ("beat", 6, "Two."),
        ("beat", 7, "Three, the surprising one."),
        ("cta", 3, "What shall they do now?"),
    ),
}
NAMES = tuple(_TEMPLATES)


def from_template(name: str, title: str) -> Script:
    """An empty script on a template's beats. Raises BadInput for an unknown one, with the
    nearest.
    """
    if name not in _TEMPLATES:
        near = nearest(name, list(NAMES))
        todo = f"Did you mean {near}?" if near else f"There are: {', '.join(NAMES)}."
        raise BadInput(f"there is no script template {name}.", todo=todo)
    beats = tuple(
        PlannedBeat(f"b{n}", kind, duration_s=seconds, notes=note)
        for n, (kind, seconds, note) in enumerate(_TEMPLATES[name], 1)
    )
    return Script(title, beats)

"""How scripts look on a terminal and to machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vtlib.cli.catalog import facts_text

if TYPE_CHECKING:
    from vtlib.scripts import files as script_texts
    from vtlib.scripts.diff import Difference
    from vtlib.scripts.script import Script


def numbered(content: str) -> str:
    """A script's text with the numbers that comments refer to."""
    return "\n".join(f"{n:>4}  {_printable(line)}" for n, line in enumerate(content.split("\n"), 1))


def script_data(row: dict[str, Any]) -> dict[str, Any]:
    """A script's row for machines: its structure once, parsed."""
    from vtlib.scripts.script import plain

    shown = {k: v for k, v in row.items() if k not in ("structure", "script")}
    return {**shown, "script": plain(row["script"])}


def made_text(row: dict[str, Any]) -> str:
    """What a command that made a version says: its number, and which version stands meanwhile."""
    from vtlib.scripts import lifecycle as flow

    note = flow.being_shot(row)
    head = f"{row['script_id']} version {row['version']}, {row['status']}"
    return f"{head}\n{note}" if note else head


def summary_text(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> str:
    """A script for a terminal: facts, the beats on a time line, what to look at, open comments."""
    from vtlib.scripts import lifecycle as flow
    from vtlib.scripts import workflow
    from vtlib.scripts.picture import time_line
    from vtlib.scripts.script import call_to_action, needs

    whole = row["script"]
    wanted = needs(whole)
    facts = {
        "script": row["script_id"],
        "title": _printable(whole.title),
        "status": row["status"],
        "version": (
            f"{row['version']} of {len(parts['versions'])}, by {row['made_by']}: "
            f"{_printable(row['notes'] or '-')}"
        ),
        "being shot": flow.being_shot(row),
        "product": row["product_id"],
        "project": row["project_id"],
        "from": " ".join(t for t in (row["origin"], row["post_id"]) if t),
        "due": row.get("due_on"),
        "publish": row.get("publish_on"),
        "people": [f"{p['person']} ({p['role']})" for p in parts["people"]],
        "difficulty": whole.difficulty,
        "call to action": _printable(call_to_action(whole)),
        "patterns": list(whole.source_patterns),
        **{k: list(v) for k, v in wanted.items()},
        "claims": [
            f"{n}. {c.text} ({'cleared' if c.is_cleared else 'NOT CLEARED'})"
            for n, c in enumerate(whole.claims, 1)
        ],
        "shoots": [_shoot(s) for s in parts["shoots"]],
        "posts": [_published(p) for p in parts["publications"]],
    }
    told = [time_line(whole), *workflow.warnings(whole)]
    told += expectations(whole, parts["predictions"])
    still = [c for c in parts["comments"] if c["resolved_at"] is None]
    told += [
        (
            f"comment {c['comment_id']} on v{c['version']} {c['beat_id'] or c['line'] or ''} by "
            f"{c['author']}: {_printable(c['body'])}"
        )
        for c in still
    ]
    return (
        facts_text({k: v for k, v in facts.items() if v not in (None, "", [])})
        + "\n\n"
        + "\n".join(told)
    )


def _shoot(row: dict[str, Any]) -> str:
    place = f", {row['location']}" if row["location"] else ""
    return f"{row['starts_at']:%Y-%m-%d %H:%M} UTC{place} (version {row['version']})"


def _published(row: dict[str, Any]) -> str:
    variant = f", variant {row['variant']}" if row["variant"] else ""
    return f"{row['post_id']} (version {row['version']}{variant})"


def expectations(whole: Script, frozen: list[dict[str, Any]]) -> list[str]:
    """What was frozen of the latest version in production, else what was expected when the
    script was made.
    """
    from vtlib.scripts.forecast_text import expected, sentences

    if not frozen:
        return [f"expected: {s}" for s in expected(whole.prediction)]
    last = max(int(p["version"]) for p in frozen)
    latest = [p for p in frozen if p["version"] == last]
    return [f"v{last}, frozen: {s}" for s in sentences(latest)]


def diff_data(found: Difference) -> dict[str, Any]:
    """A difference for machines."""
    return {
        "lines": found.lines,
        "beats": found.beats,
        "facts": found.facts,
        "duration_before_s": found.duration_before_s,
        "duration_after_s": found.duration_after_s,
    }


def diff_text(one: str, two: str, found: Difference, lines: bool) -> str:
    """A difference for people: facts, beats and, if asked, lines."""
    from vtlib.scripts.diff import summary
    from vtlib.scripts.text import clock

    if found.is_empty:
        return f"{one} and {two} say the same"
    told = [f"{one} -> {two}: {clock(found.duration_before_s)} -> {clock(found.duration_after_s)}"]
    told += [
        f"  {name}: {_printable(str(a)) or '-'} -> {_printable(str(b)) or '-'}"
        for name, (a, b) in found.facts.items()
    ]
    for change in found.beats:
        if change.change != "same":
            told.append(_printable(summary(change)))
            told += [
                f"      {name}: {_printable(str(a)) or '-'} -> {_printable(str(b)) or '-'}"
                for name, (a, b) in change.values.items()
                if name != "duration_s"
            ]
    return "\n".join(told + (["", *map(_printable, found.lines)] if lines else []))


def taken_text(taken: script_texts.Taken) -> str:
    """What became of a file that was taken in, with its conflicts."""
    from vtlib.scripts import files as script_texts

    lines = [f"{taken.status:<10} {taken.script_id}  version {taken.version}"]
    for conflict in taken.conflicts:
        said = script_texts.shown(conflict)
        lines.append(
            f"  {said['place']}, {said['field']}: was {_printable(said['base'])!r}; yours "
            f"{_printable(said['mine'])!r}; theirs {_printable(said['theirs'])!r}"
        )
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Strangers' text on one line without what would drive the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)

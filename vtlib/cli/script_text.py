"""Scripts as text for a terminal and as data for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vtlib.cli.catalog import facts_text

if TYPE_CHECKING:
    from vtlib.scripts import files as script_files
    from vtlib.scripts.diff import Difference
    from vtlib.scripts.script import Script


def numbered(content: str) -> str:
    """A script's text with the numbers that comments refer to."""
    return "\n".join(f"{n:>4}  {_printable(line)}" for n, line in enumerate(content.split("\n"), 1))


def script_data(row: dict[str, Any]) -> dict[str, Any]:
    """A script's row for machines: its structure once, parsed."""
    from vtlib.scripts.script import plain

    facts = {k: v for k, v in row.items() if k not in ("structure", "script")}
    return {**facts, "script": plain(row["script"])}


def version_text(row: dict[str, Any]) -> str:
    """A new version: its number, status, and which version is being shot."""
    from vtlib.scripts import lifecycle

    note = lifecycle.being_shot(row)
    head = f"{row['script_id']} version {row['version']}, {row['status']}"
    return f"{head}\n{note}" if note else head


def summary_text(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> str:
    """A script for a terminal: facts, the beats on a time line, what to look at, open comments."""
    from vtlib.scripts import lifecycle, workflow
    from vtlib.scripts.comments import place_text
    from vtlib.scripts.picture import time_line
    from vtlib.scripts.script import call_to_action, needs

    content = row["script"]
    shoot_needs = needs(content)
    facts = {
        "script": row["script_id"],
        "title": _printable(content.title),
        "status": row["status"],
        "version": (
            f"{row['version']} of {len(parts['versions'])}, by {row['made_by']}: "
            f"{_printable(row['notes'] or '-')}"
        ),
        "being shot": lifecycle.being_shot(row),
        "product": row["product_id"],
        "project": row["project_id"],
        "from": " ".join(t for t in (row["origin"], row["post_id"]) if t),
        "due": row.get("due_on"),
        "publish": row.get("publish_on"),
        "people": [f"{p['person']} ({p['role']})" for p in parts["people"]],
        "difficulty": content.difficulty,
        "call to action": _printable(call_to_action(content)),
        "patterns": list(content.source_patterns),
        **{k: list(v) for k, v in shoot_needs.items()},
        "claims": [
            f"{n}. {c.text} ({'cleared' if c.is_cleared else 'NOT CLEARED'})"
            for n, c in enumerate(content.claims, 1)
        ],
        "shoots": [_shoot(s) for s in parts["shoots"]],
        "posts": [_publication(p) for p in parts["publications"]],
    }
    lines = [time_line(content), *workflow.warnings(content)]
    lines += expectations(content, parts["predictions"])
    still = [c for c in parts["comments"] if c["resolved_at"] is None]
    lines += [
        (
            f"comment {c['comment_id']} on v{c['version']} {place_text(c)} by "
            f"{c['author']}: {_printable(c['body'])}"
        )
        for c in still
    ]
    return (
        facts_text({k: v for k, v in facts.items() if v not in (None, "", [])})
        + "\n\n"
        + "\n".join(lines)
    )


def _shoot(row: dict[str, Any]) -> str:
    place = f", {row['location']}" if row["location"] else ""
    return f"{row['starts_at']:%Y-%m-%d %H:%M} UTC{place} (version {row['version']})"


def _publication(row: dict[str, Any]) -> str:
    variant = f", variant {row['variant']}" if row["variant"] else ""
    return f"{row['post_id']} (version {row['version']}{variant})"


def expectations(content: Script, frozen: list[dict[str, Any]]) -> list[str]:
    """Frozen predictions of the latest version in production, else the first forecast."""
    from vtlib.scripts.forecast_text import prediction_lines, sentences

    if not frozen:
        return [f"expected: {s}" for s in prediction_lines(content.prediction)]
    last = max(int(p["version"]) for p in frozen)
    latest = [p for p in frozen if p["version"] == last]
    return [f"v{last}, frozen: {s}" for s in sentences(latest)]


def diff_data(difference: Difference) -> dict[str, Any]:
    """A difference for machines."""
    return {
        "lines": difference.lines,
        "beats": difference.beats,
        "facts": difference.facts,
        "duration_before_s": difference.duration_before_s,
        "duration_after_s": difference.duration_after_s,
    }


def diff_text(one: str, two: str, difference: Difference, lines: bool) -> str:
    """A difference for people: facts, beats and, if asked, lines."""
    from vtlib.scripts.diff import summary
    from vtlib.scripts.text import clock

    if difference.is_empty:
        return f"{one} and {two} say the same"
    before, after = clock(difference.duration_before_s), clock(difference.duration_after_s)
    texts = [f"{one} -> {two}: {before} -> {after}"]
    texts += [
        f"  {name}: {_printable(str(a)) or '-'} -> {_printable(str(b)) or '-'}"
        for name, (a, b) in difference.facts.items()
    ]
    for change in difference.beats:
        if change.change != "same":
            texts.append(_printable(summary(change)))
            texts += [
                f"      {name}: {_printable(str(a)) or '-'} -> {_printable(str(b)) or '-'}"
                for name, (a, b) in change.values.items()
                if name != "duration_s"
            ]
    return "\n".join(texts + (["", *map(_printable, difference.lines)] if lines else []))


def import_text(result: script_files.ImportedScript) -> str:
    """Result of an imported file, with its conflicts."""
    from vtlib.scripts import files as script_files

    lines = [f"{result.status:<10} {result.script_id}  version {result.version}"]
    for conflict in result.conflicts:
        cells = script_files.shown(conflict)
        lines.append(
            f"  {cells['place']}, {cells['field']}: was {_printable(cells['base'])!r}; yours "
            f"{_printable(cells['mine'])!r}; theirs {_printable(cells['theirs'])!r}"
        )
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Text of others on one line, without terminal control characters."""
    return "".join(c if c.isprintable() else " " for c in text)

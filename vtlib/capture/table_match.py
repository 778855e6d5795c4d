"""Columns of any table to facts of posts: by heading, by content, and by checks against each other.

`propose` gives a proposal; what the table does not say is a question, never a guess. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from vtlib.capture.column_facts import MOST, ColumnFacts, column_facts, is_summary_row
from vtlib.capture.headings import format_words, normalised
from vtlib.capture.proposals import Choice, ColumnMatch, Proposal, Question
from vtlib.capture.table_board import MatchBoard
from vtlib.capture.table_dates import match_dates
from vtlib.capture.table_numbers import match_numbers
from vtlib.capture.table_posts import match_posts
from vtlib.core.errors import BadInput
from vtlib.core.models import Platform
from vtlib.platforms import traits_of
from vtlib.platforms.layouts.layout import Layout
from vtlib.tables.reader import Table

ZONE = {"zone": "UTC"}  # of clocks that name none, as platforms' own exports have them
_LONGEST_S = 43_200  # seconds: a video of twelve hours; more are milliseconds
_SHORTEST_S = 3  # a median below is no length in seconds
_TEXTS = ("title", "caption")


def propose(table: Table, *, captured_at: datetime, platform: Platform | None = None) -> Proposal:
    """How a table is read. `captured_at`: when the file was made (UTC), `platform` what a person
    says. Rows that sum up the others are passed over (`without_sums`). Raises BadInput for a table
    of comments.
    """
    plain = without_sums(table)
    facts = column_facts(plain)
    board = MatchBoard(facts, captured_at, platform, is_of_objects=plain.is_of_objects)
    _refuse_comments(board, table.name)
    _leave_blank(board)
    if plain.clock:
        board.leave(board.facts[plain.clock[1]], f"the hours of {plain.clock[0]}")
    match_posts(board)
    match_dates(board)
    match_numbers(board)
    for step in (_match_accounts, _match_lengths, _match_texts, _match_rest):
        step(board)
    n_sums = sum(isinstance(r, dict) and is_summary_row(r) for _, r in table.rows())
    if n_sums:
        board.notes.append(f"rows that sum up the others, passed over: {n_sums}")
    return Proposal(
        f"map of {table.name}",
        tuple(board.matches.get(name) or _unread(board, name) for name in table.columns),
        tuple(board.questions),
        None if board.taken("url") else board.platform,
        {**ZONE, **board.options},
        tuple(board.notes),
    )


def without_sums(table: Table) -> Table:
    """The table without rows that sum up the others."""
    return table.without(is_summary_row)


def dates_of(layout: Layout) -> set[str]:
    """The columns of a layout whose dates matter."""
    sources = (layout.fields.get(target) for target in ("posted_at", "captured_at"))
    return {str(path[0]) for source in sources if source for path in source.paths}


def _unread(board: MatchBoard, name: str) -> ColumnMatch:
    facts = board.facts[name]
    other = next((m.why for m in board.meanings[name] if m.kind == "other"), "")
    concept = next((m.concept for m in board.meanings[name] if m.kind == "target"), "")
    other = other or (f"called {concept}, and its cells are none" if concept else "")
    why = (
        board.reasons.get(name)
        or other
        or ("an index" if facts.is_index else "no heading that is known")
    )
    return ColumnMatch(name, "", "unread", why if facts.filled else "blank", facts.samples)


def _refuse_comments(board: MatchBoard, file: str) -> None:
    """Raise BadInput where the rows are comments on posts, whose likes and authors would pass for
    those of the posts: their ids or links are there, or two other facts of them.
    """
    full = [f for f in board.free() if len(f.filled) >= MOST * board.n_rows]
    concepts = {f.name: {m.concept for m in board.meanings[f.name][:1]} for f in full}
    keys = [f.name for f in full if "comment_key" in concepts[f.name]]
    facts = [
        f.name
        for f in full
        if "comment_fact" in concepts[f.name] or ("comments" in concepts[f.name] and f.is_text)
    ]
    if keys or len(facts) > 1:
        columns = ", ".join([*keys, *facts])
        raise BadInput(
            f"the rows are comments on posts, not posts ({columns}): nothing was stored.",
            todo="Export the posts themselves; comments are not read.",
            file=file,
        )


def _leave_blank(board: MatchBoard) -> None:
    for facts in [*board.free()]:
        if facts.is_index and not any(m.kind == "target" for m in board.meanings[facts.name]):
            board.leave(facts, "it counts the rows")


def _match_accounts(board: MatchBoard) -> None:
    """Handle, name, link and id of the account, by heading and by what the cells can be."""
    links = [f for f in board.free() if f.is_profile_link]
    if links:
        board.take("account_url", links[0], "links of accounts")
    for facts in board.named("handle", "who", "display_name"):
        target = _kind_of_name(board, facts)
        if target and not board.taken(target):
            board.take(
                target, facts, "named so" if target != "display_name" else "names, no handles"
            )
        else:
            board.reasons[facts.name] = "not the account, or another column names it"
    for facts in board.named("account_id"):
        if not board.taken("account_id") and facts.share(_is_account_id) >= MOST:
            board.take("account_id", facts, "named so")


def _is_account_id(cell: str) -> bool:
    return len(cell) >= 3 and not any(c.isspace() for c in cell) and "E+" not in cell


def _kind_of_name(board: MatchBoard, facts: ColumnFacts) -> str:
    """Handle or display_name; '' for what is neither."""
    if facts.is_number and not facts.style.has_rounded_ids and facts.median > 1e8:
        return "account_id"
    if not facts.is_text:
        return ""
    pairs = [
        (ref.handle, cell.strip().lstrip("@").lower())
        for ref, cell in zip(board.refs, facts.cells, strict=False)
        if ref and ref.handle and cell.strip()
    ]
    if pairs and all(a == b for a, b in pairs):
        return "handle"
    if _varies_within_accounts(board, facts):
        return ""
    concept = next((m.concept for m in board.meanings[facts.name]), "")
    if not facts.is_handle or concept == "display_name":
        return "display_name"
    has_mark = facts.share(lambda cell: cell.startswith("@")) >= MOST
    is_sure = concept == "handle" or has_mark
    other = pairs or "youtube" in board.platforms or facts.share(lambda c: c != c.lower()) > 0
    return "handle" if is_sure or not other else "display_name"


def _varies_within_accounts(board: MatchBoard, facts: ColumnFacts) -> bool:
    """Whether one account has several of these: then it is not its name."""
    handles = board.taken("handle")
    keys = handles.cells if handles else [r.handle or "" if r else "" for r in board.refs]
    names: dict[str, set[str]] = {}
    for key, cell in zip(keys, facts.cells, strict=False):
        if key and cell.strip():
            names.setdefault(key, set()).add(cell.strip())
    return any(len(one) > 1 for one in names.values())


def _match_lengths(board: MatchBoard) -> None:
    for facts in board.named("duration_s"):
        if board.taken("duration_s") or not (facts.is_number or facts.is_clock or _is_iso(facts)):
            board.reasons[facts.name] = "no lengths, or another column has them"
            continue
        unit = next((m.unit for m in board.meanings[facts.name]), "")
        _take_length(board, facts, unit)


def _is_iso(facts: ColumnFacts) -> bool:
    return facts.share(lambda cell: cell.startswith("PT")) >= MOST


def _take_length(board: MatchBoard, facts: ColumnFacts, unit: str) -> None:
    if not facts.is_number:
        clocks = facts.lengths_s
        is_shifted = len(facts.filled) > 2 and all(
            s is not None and s % 60 == 0 and s >= 600 for s in clocks if s is not None
        )
        if facts.is_clock and is_shifted and facts.share(lambda c: c.count(":") == 2) == 1:
            _ask_length(
                board,
                facts,
                "all lengths are full minutes: did a spreadsheet take 0:32 for 32 minutes?",
                "seconds",
            )
        else:
            board.take("duration_s", facts, "named so, and lengths")
        return
    convert = {"min": "minutes", "ms": "milliseconds"}.get(unit, "")
    values = [n.value for n in facts.numbers if n is not None]
    has_fractions = any(v != round(v) for v in values)
    if convert or (unit == "s" and facts.median <= _LONGEST_S):
        board.take("duration_s", facts, f"named so, in {convert or 'seconds'}", convert=convert)
    elif facts.style.is_undecided:
        _ask_decimal(board, facts)
    elif facts.median > _LONGEST_S / 4:
        _ask_length(board, facts, "lengths in seconds or in milliseconds?", "milliseconds")
    elif facts.median < _SHORTEST_S and has_fractions:
        _ask_length(board, facts, "lengths in seconds or in minutes?", "minutes")
    else:
        board.take(
            "duration_s", facts, "named so, in seconds", certainty="sure" if unit else "likely"
        )


def _ask_length(board: MatchBoard, facts: ColumnFacts, text: str, other: str) -> None:
    line = f'{{path: "{facts.name}", as: {other}}}'
    board.add(
        Question(
            f'"{facts.name}" ({", ".join(facts.samples)}): {text}',
            f'a map with `duration_s: {line}`, or `duration_s: "{facts.name}"` for seconds',
            (
                Choice("seconds", {"duration_s": facts.name}, {"duration_s": ""}),
                Choice(other, {"duration_s": facts.name}, {"duration_s": other}),
                Choice("leave it unread", {"duration_s": ""}),
            ),
            (facts.name,),
        ),
        "duration_s",
    )


def _ask_decimal(board: MatchBoard, facts: ColumnFacts) -> None:
    board.add(
        Question(
            f'"{facts.name}" ({", ".join(facts.samples)}): a decimal mark, or thousands?',
            "--decimal . or --decimal , (the mark before fractions)",
            (
                Choice("a point begins fractions", options={"decimal": "."}),
                Choice("a comma begins fractions", options={"decimal": ","}),
            ),
            (facts.name,),
        ),
        "duration_s",
    )


def _match_texts(board: MatchBoard) -> None:
    for target in _TEXTS:
        texts = [f for f in board.named(target) if f.is_text]
        if texts:
            board.take(target, texts[0], "named so, and texts")
            for facts in texts[1:]:
                board.reasons[facts.name] = f'"{texts[0].name}" is read as {target}'
    title = board.taken("title")
    if (
        title
        and not board.taken("caption")
        and board.platforms
        and not any(traits_of(platform).has_titles for platform in board.platforms)
    ):
        board.take(
            "caption",
            title,
            f"posts of {' and '.join(sorted(board.platforms))} have captions, no titles",
        )


_FLAGS = frozenset({"true", "false", "yes", "no", "0", "1"})
# target -> what all, or most, of its cells are
_REST: tuple[tuple[str, Callable[[str], bool], float], ...] = (
    ("language", lambda cell: 2 <= len(cell) <= 8 and cell[0].isalpha(), 1),
    ("is_paid", lambda cell: cell.lower() in _FLAGS, 1),
    ("thumbnail", lambda cell: cell.startswith("http"), MOST),
    ("media_urls", lambda cell: cell.startswith("http"), MOST),
)


def _match_rest(board: MatchBoard) -> None:
    for facts in board.named("hashtags"):
        if facts.is_text and not board.taken("hashtags"):
            board.take("hashtags", facts, "named so")
    for facts in board.named("format"):
        _take_format(board, facts)
    for target, test, least in _REST:
        for facts in board.named(target):
            if not board.taken(target) and facts.share(test) >= least:
                board.take(target, facts, "named so")
    for facts in board.named("platform"):
        board.reasons[facts.name] = "the links tell the platform"


def _take_format(board: MatchBoard, facts: ColumnFacts) -> None:
    words = {cell: format_words().get(normalised(cell)) for cell in set(facts.filled)}
    formats = {cell: name for cell, name in words.items() if name}
    if len(formats) >= MOST * len(words) and formats and not board.taken("format"):
        values = {cell: name for cell, name in sorted(formats.items()) if cell.casefold() != name}
        board.take("format", facts, "names of formats", values=values)
    else:
        board.reasons[facts.name] = "not the formats of posts"

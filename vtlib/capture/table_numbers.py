"""Which columns of a table are which counts, held against each other: likes cannot exceed views."""

from __future__ import annotations

from vtlib.capture.column_facts import MOST, ColumnFacts
from vtlib.capture.headings import normalised
from vtlib.capture.proposals import Choice, Question
from vtlib.capture.table_board import MatchBoard
from vtlib.core.models import METRICS, RATE_METRICS, REACH_METRICS

_WHOLE = ("views", "likes", "comments")  # without one of these, a nameless count is asked about
_WITH_REACTIONS = frozenset({"facebook", "linkedin"})
_OF_ACCOUNTS = ("followers", "following", "account_posts")
_TOLERANCE = 0.2  # share of rows in which a part may exceed what it is a part of
_GROWTH = 2.0  # of an account's followers between its posts in one table
_ONLY_PARTS = frozenset({"parts", "words"})  # organic, paid, or words that no list has


def match_numbers(board: MatchBoard) -> None:
    """Take the columns of counts by their headings, ask about those in conflict."""
    for target in _OF_ACCOUNTS:
        _take_one(board, target, board.named(target))
    by_target: dict[str, list[ColumnFacts]] = {m: [] for m in METRICS}
    for facts in [*board.free()]:
        target = _target_here(board, board.metric_of(facts.name))
        if target in by_target:
            by_target[target].append(facts)
    _move_plays(board, by_target)
    _move_two_meanings(board, by_target)
    for target, columns in by_target.items():
        _take_one(board, target, columns)
    for target in METRICS:
        _ask_parts(board, target)
    _hold_against_views(board)
    if not board.is_of_objects:
        _ask_nameless(board)


def _target_here(board: MatchBoard, target: str) -> str:
    """A post of X has impressions, which it calls views, and its reposts are our shares."""
    if board.platforms == {"x"}:
        return {"views": "impressions", "reposts": "shares"}.get(target, target)
    if board.platforms == {"linkedin"} and target == "reposts":
        return "shares"
    return target


def _move_plays(board: MatchBoard, by_target: dict[str, list[ColumnFacts]]) -> None:
    """TikTok and YouTube have one counter: a column of plays is one of views."""
    if board.platforms <= {"tiktok", "youtube"} and board.platforms:
        by_target["views"] += by_target["plays"]
        by_target["plays"] = []


def _move_two_meanings(board: MatchBoard, by_target: dict[str, list[ColumnFacts]]) -> None:
    """A heading that can be shares or reposts is the one that no other column is."""
    if len(by_target["shares"]) < 2 or by_target["reposts"]:
        return
    both = [f for f in by_target["shares"] if len(board.meanings[f.name]) > 1]
    if len(both) == 1:
        by_target["shares"].remove(both[0])
        by_target["reposts"] = both


def _take_one(board: MatchBoard, target: str, columns: list[ColumnFacts]) -> None:
    counts = [f for f in columns if f.is_count]
    for facts in columns:
        if facts not in counts:
            _not_a_count(board, target, facts, is_alone=not counts)
    for narrow in (_all_reactions(board, target, counts), _outermost(counts), _not_all_0(counts)):
        for facts in counts:
            if facts not in narrow:
                board.leave(facts, f"another column has all {target}")
        counts = [f for f in counts if f in narrow] or counts
    if not counts:
        return
    different = {f.cells: f for f in reversed(counts)}
    best = max(counts, key=lambda f: len(f.filled))
    if not all(_is_copy(f, best) for f in different.values()):
        board.ask(
            f"{len(different)} columns are called {target}: which one?", target, different.values()
        )
        return
    board.take(target, best, "named so, and counts")
    for facts in counts:
        if facts is not best:
            board.leave(facts, f'the same as "{best.name}"')
    _ask_unit(board, target, best)


def _all_reactions(board: MatchBoard, target: str, columns: list[ColumnFacts]) -> list[ColumnFacts]:
    """On Facebook and LinkedIn likes are all reactions: where a column counts these, others called
    likes are one kind of them.
    """
    if target != "likes" or not board.platforms or not board.platforms <= _WITH_REACTIONS:
        return columns
    return [f for f in columns if "reaction" in normalised(f.name)] or columns


def _outermost(columns: list[ColumnFacts]) -> list[ColumnFacts]:
    """Of several the columns that are not inside an object of which others are outside."""
    least = min((f.depth for f in columns), default=0)
    return [f for f in columns if f.depth == least]


def _not_all_0(columns: list[ColumnFacts]) -> list[ColumnFacts]:
    """Columns with a number other than 0, where there are some: 0 in all rows is a placeholder."""
    return [f for f in columns if any(n and n.value for n in f.numbers)] or columns


def _is_copy(facts: ColumnFacts, of: ColumnFacts) -> bool:
    """Whether a column has the other's counts in every row that it fills."""
    pairs = [(a.value, b and b.value) for a, b in zip(facts.numbers, of.numbers, strict=True) if a]
    return all(a == b for a, b in pairs)


def _not_a_count(board: MatchBoard, target: str, facts: ColumnFacts, *, is_alone: bool) -> None:
    """A column that is called a count and holds none: left where it holds text, else asked."""
    if facts.share(_has_digit) < 1 - MOST or facts.is_time or facts.is_handle or not is_alone:
        board.reasons[facts.name] = f"called {target}, and holds no counts"
        return
    share = "fractions or percents" if facts.is_number else "cells that are no numbers"
    board.add(
        Question(
            f'"{facts.name}" is called {target}, and holds {share}',
            f'a map with `{target}: "{facts.name}"`, or without {target}',
            (
                Choice("leave it unread", {target: ""}),
                Choice(f"read it as {target}", {target: facts.name}),
            ),
            (facts.name,),
        ),
        target,
    )


def _has_digit(cell: str) -> bool:
    return any(c.isdigit() for c in cell)


def _ask_unit(board: MatchBoard, target: str, facts: ColumnFacts) -> None:
    """A column in B alone: English billions, or Turkish thousands (bin)."""
    if {u.casefold() for u in facts.style.units} == {"b"} and facts.style.units:
        board.add(
            Question(
                f'"{facts.name}" has B and neither K nor M: thousands (Turkish bin) or billions?',
                "write the numbers in full, or with K and M",
                columns=(facts.name,),
            ),
            target,
        )


def _ask_parts(board: MatchBoard, target: str) -> None:
    """Views (organic), where no column has all views: a part is never taken for the whole."""
    parts = []
    for facts in [*board.free()]:
        for meaning in board.meanings[facts.name][:1]:
            is_part = meaning.kind == "part" and _target_here(board, meaning.concept) == target
            if is_part and facts.is_count and meaning.rest <= _ONLY_PARTS:
                parts.append(facts)
            elif is_part:
                board.reasons[facts.name] = f"a rate, a span or a part of {target}"
    if not parts:
        return
    if board.taken(target) or any(target in c.columns for q in board.questions for c in q.choices):
        for facts in parts:
            board.reasons[facts.name] = f"a part of {target}"
        return
    text = f"no column is called {target} alone: is one of these all of them?"
    board.ask(text, target, parts, none="none of them is all")


def _hold_against_views(board: MatchBoard) -> None:
    """Ask where a part is larger than the whole in more rows than mistakes explain."""
    reach = next((f for m in REACH_METRICS if (f := board.taken(m))), None)
    if reach is None:
        return
    name = next(m for m in REACH_METRICS if board.taken(m) is reach)
    larger = [(m, f) for m in RATE_METRICS if (f := board.taken(m)) and _is_larger(f, reach)]
    for metric, facts in larger:
        board.add(
            Question(
                f'"{facts.name}" ({metric}) is larger than "{reach.name}" ({name}) in most rows: '
                "are the headings right?",
                f"a map with `{metric}: …` and `{name}: …` as they are",
                (
                    Choice("they are right"),
                    Choice("they are the wrong way round", {metric: reach.name, name: facts.name}),
                    Choice(f'"{reach.name}" is not {name}: leave it unread', {name: ""}),
                    Choice(f'"{facts.name}" is not {metric}: leave it unread', {metric: ""}),
                ),
                (facts.name, reach.name),
            )
        )
    _ask_followers(board)


def _ask_followers(board: MatchBoard) -> None:
    """Followers of an account are about the same in all of its rows, and mostly above the likes."""
    followers, likes = board.taken("followers"), board.taken("likes")
    if followers is None:
        return
    is_small = likes is not None and _is_larger(likes, followers, MOST)
    if is_small or _differs_within_accounts(board, followers):
        doubt = (
            "is smaller than the likes in most rows" if is_small else "differs from post to post"
        )
        board.add(
            Question(
                f'"{followers.name}" {doubt}: followers of the account, or won by the post?',
                f'a map with `followers: "{followers.name}"`, or without followers',
                (
                    Choice("won by the post: leave it unread", {"followers": ""}),
                    Choice("of the account", {"followers": followers.name}),
                ),
                (followers.name,),
            )
        )


def _differs_within_accounts(board: MatchBoard, followers: ColumnFacts) -> bool:
    names = [f.cells for f in board.named("handle", "account_id", "who", "display_name")[:1]]
    keys = names[0] if names else [ref.handle or "" if ref else "" for ref in board.refs]
    values: dict[str, list[float]] = {}
    for key, n in zip(keys, followers.numbers, strict=False):
        if n and n.value > 0:
            values.setdefault(key, []).append(n.value)
    wide = [v for v in values.values() if len(v) > 1 and max(v) > _GROWTH * min(v)]
    return len(wide) * 2 > sum(len(v) > 1 for v in values.values())


def _is_larger(part: ColumnFacts, whole: ColumnFacts, share: float = _TOLERANCE) -> bool:
    pairs = [
        (a.value, b.value) for a, b in zip(part.numbers, whole.numbers, strict=True) if a and b
    ]
    return bool(pairs) and sum(a > b for a, b in pairs) > share * len(pairs)


def _ask_nameless(board: MatchBoard) -> None:
    """Counts under a blank heading, or one that no list has, while a count is missing."""
    missing = [m for m in METRICS if not board.taken(m)]
    has_whole = all(_known(board, m) for m in _WHOLE)
    for facts in [*board.free()]:
        is_blank = facts.name.startswith("column ") and facts.name[7:].isdigit()
        if board.meanings[facts.name] or not facts.is_count or facts.is_index or facts.is_time:
            continue
        if facts.name in board.reasons or (has_whole and not is_blank) or not missing:
            continue
        head = "a column without a heading" if is_blank else f'"{facts.name}"'
        lines = tuple(Choice(f"its {m}", {m: facts.name}) for m in missing)
        board.add(
            Question(
                f"{head} holds counts ({', '.join(facts.samples)}): of what?",
                f'a map with e.g. `{missing[0]}: "{facts.name}"`, or without it',
                (*lines, Choice("none of these: leave it unread")),
                (facts.name,),
            )
        )


def _known(board: MatchBoard, metric: str) -> bool:
    if metric == "views":
        return any(board.taken(m) for m in REACH_METRICS)
    return board.taken(metric) is not None

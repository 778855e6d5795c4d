"""Which column of a table says when a post was published, and whether day or month comes first.

Ids of TikTok, Instagram, X and LinkedIn hold the time they were given out: a column of dates is
held against them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from vtlib.capture.column_facts import MOST, ColumnFacts, id_age_days, is_near_id
from vtlib.capture.headings import normalised
from vtlib.capture.proposals import Choice, Question
from vtlib.capture.table_board import MatchBoard, repeated
from vtlib.core.models import PostRef, in_words
from vtlib.platforms import id_time
from vtlib.tables.column_style import Order

_ORDERS: tuple[Order, ...] = ("dmy", "mdy")
_DAY = timedelta(days=1)
_MIN_SPREAD_S = 3_600  # between ids that show something: made-up ones count on by ones
_ZONE_STEP_MIN = 30  # between zones
_EXACT_MIN = 3  # between an id and its post
_MIN_FOR_CONSTANT = 3  # rows: one day for all of so many is no date of posting
# Beginnings of "created", normalised: such a date can be that of the post or of the row.
_CREATED = (
    *("creat", "erstell", "crea", "cree", "cria", "aangemaakt", "gemaakt", "skapa", "opprett"),
    *(
        "oprett",
        "luotu",
        "utworz",
        "vytvor",
        "olustur",
        "δημιουργ",
        "создан",
        "作成",
        "생성",
        "创建",
    ),
    *("創建", "dibuat"),
)


def match_dates(board: MatchBoard) -> None:
    """Take the column of posting, ask where several could be it, and settle day and month."""
    _settle_order(board)
    candidates = board.named("posted_at")
    strong = [f for f in candidates if f.is_time]
    plain = [f for f in board.named("date", kinds=("date",)) if f.is_time]
    _match_captures(board)
    if strong:
        best = _best(board, strong + _better(board, plain, than=strong))
    else:
        best = _of_plain(board, plain) or _unnamed(board, is_asked=not plain)
    if best:
        _take(board, best, is_named=best in strong)
        for facts in strong:
            board.reasons[facts.name] = _fault(board, facts) or f'the same days as "{best.name}"'
    elif not strong and candidates:
        _unreadable(board, candidates[0])
    for facts in plain:
        if facts.name not in board.matches and best:
            board.reasons[facts.name] = "another column says when a post was published"
    _match_series(board, [f for f in plain if f is not best])


def _take(board: MatchBoard, best: ColumnFacts, *, is_named: bool) -> None:
    near = _id_agreement(board, best)
    if near and (hours := _hours_off(board, best)):
        zone = f"a clock {abs(hours):g} hours {'ahead of' if hours > 0 else 'behind'} UTC"
        board.leave(best, f"{zone}; the times in the posts' ids are taken")
        board.notes.append(f'"{best.name}": {zone}, as the posts\' ids show; these are taken')
        return
    rank = "named so" if is_named else "a date"
    why = f"{rank}, and near the time in the ids" if near else rank
    board.take("posted_at", best, why, certainty="sure" if is_named or near else "likely")
    _question_order(board, best)


def _unreadable(board: MatchBoard, facts: ColumnFacts) -> None:
    """A column that should say when posts went up, in a form that is not read ("July 26")."""
    if all(_given(ref) for ref in board.refs if ref) and any(board.refs):
        board.reasons[facts.name] = "no full dates: the times in the posts' ids are taken"
        return
    board.add(
        Question(
            f'"{facts.name}" ({", ".join(facts.samples)}) should say when posts went up, and is no '
            "date that can be read",
            "write its dates as 2026-10-31, or a map without posted_at",
            (Choice("leave it unread", {"posted_at": ""}),),
            (facts.name,),
        )
    )


def _best(board: MatchBoard, dates: list[ColumnFacts]) -> ColumnFacts | None:
    """The one of several dates of posting; None where that is asked."""
    sound = [f for f in dates if _fault(board, f) == ""]
    if not sound:
        board.add(
            Question(
                f'"{dates[0].name}" should say when posts went up, but {_fault(board, dates[0])}',
                f'a map with `posted_at: "{dates[0].name}"`, or without posted_at',
                (
                    Choice("it does", {"posted_at": dates[0].name}),
                    Choice("it does not: leave it unread", {"posted_at": ""}),
                ),
                (dates[0].name,),
            ),
            "posted_at",
        )
        return None
    near = [f for f in sound if _id_agreement(board, f)]
    choices = near or sound
    if not _agree(choices):
        board.ask("which column says when a post was published?", "posted_at", choices)
        return None
    return max(choices, key=lambda f: (len(f.filled), f.share(lambda cell: ":" in cell)))


def _better(
    board: MatchBoard, dates: list[ColumnFacts], *, than: list[ColumnFacts]
) -> list[ColumnFacts]:
    """Dates of most rows, where the columns named as the time of posting are mostly blank or far
    from the times in the posts' ids; in the latter case those that are near.
    """
    if any(_id_agreement(board, f) is False for f in than):
        return [f for f in dates if _id_agreement(board, f)]
    if max(len(f.filled) for f in than) >= MOST * board.n_rows:
        return []
    return [f for f in dates if len(f.filled) >= MOST * board.n_rows]


def _agree(dates: list[ColumnFacts]) -> bool:
    """Whether columns name the same days: in rows that several fill, of which there are some, and
    the fullest fills all that any does.
    """
    rows = [[t.date() for t in row if t] for row in zip(*(f.times for f in dates), strict=True)]
    most = max(sum(t is not None for t in f.times) for f in dates)
    return (
        all(len(set(row)) <= 1 for row in rows)
        and sum(map(bool, rows)) == most
        and (len(dates) == 1 or any(len(row) > 1 for row in rows))
    )


def _of_plain(board: MatchBoard, dates: list[ColumnFacts]) -> ColumnFacts | None:
    """A column called "Date" as the time of posting, where it can be nothing else."""
    near = [f for f in dates if _id_agreement(board, f)]
    if near:
        return max(near, key=lambda f: f.share(lambda cell: ":" in cell))
    can_be = [
        f for f in dates if _id_agreement(board, f) is None and not _varies_within_posts(board, f)
    ]
    if not can_be:
        for facts in dates:
            if not _varies_within_posts(board, facts):
                board.reasons[facts.name] = "not near the times in the posts' ids, which are taken"
        return None
    first = can_be[0]
    fault = _fault(board, first) or _doubt(first)
    if len(can_be) == 1 and not fault:
        return first
    reason = f": {fault}" if fault else ""
    board.ask(
        f"is this when a post was published, or a date of the row or the export{reason}?",
        "posted_at",
        can_be,
        none="none: of the row or the export",
    )
    return None


def _unnamed(board: MatchBoard, *, is_asked: bool) -> ColumnFacts | None:
    """Dates under a heading that no list has: taken where the ids agree, else asked."""
    dates = [
        f for f in board.free() if not board.meanings[f.name] and f.is_time and not f.is_number
    ]
    near = [f for f in dates if _id_agreement(board, f)]
    if not near and dates and is_asked:
        board.ask("is this when a post was published?", "posted_at", dates, none="no")
    return near[0] if near else None


def _doubt(facts: ColumnFacts) -> str:
    if any(word.startswith(_CREATED) for word in normalised(facts.name).split()):
        return "created can be the post or the row"
    if facts.is_constant and len(facts.filled) >= _MIN_FOR_CONSTANT:
        return "it is the same day in all rows"
    return ""


def _fault(board: MatchBoard, facts: ColumnFacts) -> str:
    """Why a column cannot say when posts were published; '' where it can."""
    times = [t for t in facts.times if t]
    late = [t for t in times if t > board.captured_at + 2 * _DAY]
    if len(late) > (1 - MOST) * len(times):
        return f"{len(late)} of {len(times)} lie after the file's time"
    if _is_before_ids(board, facts):
        return "most lie before the posts' ids were given out"
    if _id_agreement(board, facts) is False:
        return "most lie weeks after the posts' ids were given out"
    if _varies_within_posts(board, facts):
        return "one post has several"
    return ""


def _id_agreement(board: MatchBoard, facts: ColumnFacts) -> bool | None:
    """Whether times are near those in the posts' ids; None where the ids hold none, or where one
    post, or ids given out in the same hour, show too little.
    """
    ages = _ages(board, facts)
    if not ages:
        return None
    if sum(map(is_near_id, ages)) >= MOST * len(ages):
        return True
    id_times = [t for ref in board.refs if ref and (t := _given(ref))]
    return False if max(id_times) - min(id_times) > _MIN_SPREAD_S else None


def _hours_off(board: MatchBoard, facts: ColumnFacts) -> float:
    """By how many hours a clock is off the exact times in the posts' ids, all rows by the same: the
    clock of another zone. 0 where it is not.
    """
    minutes = [24 * 60 * age for age in _ages(board, facts)]
    steps = {round(m / _ZONE_STEP_MIN) * _ZONE_STEP_MIN for m in minutes}
    same = [m for m in minutes if len(steps) == 1 and abs(m - min(steps)) < _EXACT_MIN]
    return min(steps) / 60 if len(same) == len(minutes) > 1 else 0


def _is_before_ids(board: MatchBoard, facts: ColumnFacts) -> bool:
    """Whether times lie before the ids were given out, which no time of posting does."""
    ages = _ages(board, facts)
    early = [age for age in ages if age < 0 and not is_near_id(age)]
    return len(early) > (1 - MOST) * len(ages) and _id_agreement(board, facts) is False


def _ages(board: MatchBoard, facts: ColumnFacts) -> list[float]:
    ages = [
        id_age_days(ref.platform, ref.native_id, at)
        for ref, at in zip(board.refs, facts.times, strict=False)
        if ref and ref.native_id and at
    ]
    return [age for age in ages if age is not None]


def _given(ref: PostRef) -> float:
    at = id_time(ref)
    return at.timestamp() if at else 0


def _varies_within_posts(board: MatchBoard, facts: ColumnFacts) -> bool:
    days: dict[str, set[object]] = defaultdict(set)
    for ref, at in zip(board.refs, facts.times, strict=False):
        if ref and ref.post_id and at:
            days[ref.post_id].add(at.date())
    return any(len(one) > 1 for one in days.values())


def _settle_order(board: MatchBoard) -> None:
    """Day or month first, where the dates do not show it: by the ids, then by the file's time."""
    for name, facts in [*board.facts.items()]:
        style = facts.style
        if style.kind != "date" or style.order or style.is_mixed:
            continue
        by_order = {order: _with_order(facts, order) for order in _ORDERS}
        why, order = _order_of(board, by_order)
        if order:
            board.facts = {**board.facts, name: by_order[order]}
            board.options.setdefault("date_order", order)
            words = {"dmy": "day", "mdy": "month"}
            if why:
                board.notes.append(f'"{name}": {words[order]} first, {why}')


def _order_of(board: MatchBoard, by_order: dict[Order, ColumnFacts]) -> tuple[str, Order]:
    """The order of a column's dates and how it is known; '' where nothing tells."""
    order = _order_by_ids(board, by_order) or _order_by_time(board, by_order)
    if order:
        return order
    is_same = by_order["dmy"].times == by_order["mdy"].times  # 03/03/2026 in all rows
    first: Order = "dmy" if is_same and not board.options else ""
    return "", first


def _with_order(facts: ColumnFacts, order: Order) -> ColumnFacts:
    return ColumnFacts(facts.name, facts.cells, replace(facts.style, order=order))


def _order_by_ids(
    board: MatchBoard, by_order: dict[Order, ColumnFacts]
) -> tuple[str, Order] | None:
    fits: list[Order] = [order for order, facts in by_order.items() if _id_agreement(board, facts)]
    return ("as the posts' ids show", fits[0]) if len(fits) == 1 else None


def _order_by_time(
    board: MatchBoard, by_order: dict[Order, ColumnFacts]
) -> tuple[str, Order] | None:
    """The one order in which no date lies after the file's own time."""
    latest = board.captured_at + _DAY
    fits: list[Order] = [
        order
        for order, facts in by_order.items()
        if all(t is None or t <= latest for t in facts.times)
    ]
    return ("since the other would lie in the future", fits[0]) if len(fits) == 1 else None


def _question_order(board: MatchBoard, facts: ColumnFacts) -> None:
    style = board.facts[facts.name].style
    if style.kind != "date" or style.order or style.is_mixed:
        return
    board.add(
        Question(
            f'"{facts.name}": day or month first? No row shows it',
            "--date-order dmy|mdy, or a map with `options: {date_order: dmy}`",
            (
                Choice(
                    f"day first ({facts.samples[0]} = {_read(facts, 'dmy')})",
                    options={"date_order": "dmy"},
                ),
                Choice(
                    f"month first ({facts.samples[0]} = {_read(facts, 'mdy')})",
                    options={"date_order": "mdy"},
                ),
            ),
            (facts.name,),
        ),
        "posted_at",
    )


def _read(facts: ColumnFacts, order: Order) -> str:
    at: datetime | None = next((t for t in _with_order(facts, order).times if t), None)
    return f"{at:%d %b %Y}" if at else "?"


def _match_captures(board: MatchBoard) -> None:
    """When the numbers were read: a time, or a day after all posts of its rows."""
    candidates = [f for f in board.named("captured_at") if f.is_time]
    if not candidates:
        return
    best = max(candidates, key=lambda f: f.share(lambda cell: ":" in cell))
    late = [t for t in best.times if t and t > board.captured_at + 2 * _DAY]
    if late:
        board.reasons[best.name] = "it lies after the file's own time"
        return
    if best.share(lambda cell: ":" in cell) >= MOST:
        board.take("captured_at", best, "when the numbers were read")
    else:
        board.reasons[best.name] = "a day without an hour: give --captured-at for the file"
        if repeated(board.refs):
            board.take("captured_at", best, "the day on which the numbers were read")


def _match_series(board: MatchBoard, others: list[ColumnFacts]) -> None:
    """Several rows a post: numbers at several times, or of single days."""
    if not repeated(board.refs) or board.taken("captured_at"):
        return
    rows = {tuple(f.cells[n] for f in board.facts.values()) for n in range(board.n_rows)}
    posts = {ref.post_id for ref in board.refs if ref}
    if len(rows) == len(posts):
        return
    days = [f for f in others if _varies_within_posts(board, f)]
    text = "several rows name the same post, with different numbers"
    if not days:
        board.add(
            Question(
                text,
                "leave one row a post, or add a column with the time of each row (captured_at)",
                (Choice("take the largest number of each post", options={}),),
            )
        )
        return
    names = in_words([f'"{f.name}"' for f in days])
    board.add(
        Question(
            f"{text} by {names}: numbers so far at that time, or those of single days?",
            f'a map with `captured_at: "{days[0].name}"` for numbers so far; those of single days '
            "are own statistics: vt import analytics",
            tuple(Choice(f'numbers so far, at "{f.name}"', {"captured_at": f.name}) for f in days),
            tuple(f.name for f in days),
        )
    )

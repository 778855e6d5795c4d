"""Which columns of a table name the posts, and their platform."""

from __future__ import annotations

from collections.abc import Sequence

from vtlib.capture.column_facts import MOST, ColumnFacts, id_platforms
from vtlib.capture.proposals import Choice, Question
from vtlib.capture.table_board import MatchBoard
from vtlib.core.models import Platform, PostRef
from vtlib.platforms import platform_words


def match_posts(board: MatchBoard) -> None:
    """Take the column of links, or else that of ids, and say of each row which post it is."""
    _match_links(board)
    if not board.taken("url"):
        _match_ids(board)
    else:
        _match_ids_beside(board)
    if not board.refs and not any(q.columns for q in board.questions):
        board.add(
            Question(
                "no column names posts: there is no link of a post and no id",
                "add a column with the posts' links; without it no row can be told from another",
            )
        )


def _match_links(board: MatchBoard) -> None:
    links = [f for f in board.free() if f.is_post_link and not _is_inner_short_link(f)]
    if not links:
        return
    by_heading = board.named("url")
    best = next((f for f in by_heading if f in links), links[0])
    rivals = [
        f for f in links if f is not best and not _same_posts(f, best) and f.depth <= best.depth
    ]
    if rivals:
        board.ask(
            "two columns link to different posts: which are the rows about?", "url", [best, *rivals]
        )
    else:
        named_too = " and named so" if best in by_heading else ""
        board.take("url", best, f"links of posts{named_too}")
    for other in links:
        if other is not best and other not in rivals:
            is_same = _same_posts(other, best)
            why = f'the same posts as "{best.name}"' if is_same else "of a post inside this one"
            board.leave(other, why)
    board.refs = best.refs


def _is_inner_short_link(facts: ColumnFacts) -> bool:
    """Whether links inside an object are short ones, as that of an author's home page: they can
    lead to anything.
    """
    return facts.depth > 0 and not any(ref and ref.native_id for ref in facts.refs)


def _same_posts(one: ColumnFacts, other: ColumnFacts) -> bool:
    pairs = [(a, b) for a, b in zip(one.refs, other.refs, strict=True) if a and b]
    return bool(pairs) and all(a.post_id == b.post_id for a, b in pairs)


def _match_ids_beside(board: MatchBoard) -> None:
    """An id beside a link: the link names the post, the id is read where it says the same."""
    for facts in board.named("native_id"):
        pairs = [
            (ref.native_id, cell.strip())
            for ref, cell in zip(board.refs, facts.cells, strict=True)
            if ref and ref.native_id and cell.strip()
        ]
        if facts.style.has_rounded_ids:
            board.leave(facts, "ids that a spreadsheet rounded; the link names the post")
        elif pairs and all(a == b for a, b in pairs) and not board.taken("native_id"):
            board.take("native_id", facts, "the same id as in the link")
        elif pairs and not facts.is_text:
            board.leave(facts, "not the id in the link, which names the post")


def _match_ids(board: MatchBoard) -> None:
    candidates = [f for f in board.named("native_id") if _is_id(f)]
    candidates = candidates or _id_columns(board)
    rounded = [f for f in board.named("native_id") if f.style.has_rounded_ids]
    if not candidates:
        if rounded:
            board.add(
                Question(
                    f'"{rounded[0].name}" holds ids that a spreadsheet rounded; there is no link',
                    "export it again and open it with that column as text, or add links",
                    columns=(rounded[0].name,),
                )
            )
        return
    rivals = [
        f for f in candidates[1:] if f.filled != candidates[0].filled and len(set(f.filled)) > 1
    ]
    best = candidates[0]
    if rivals and board.metric_of(best.name) != "native_id":
        board.ask("which column is the id of the post?", "native_id", [best, *rivals])
        return
    platform = _platform_of_ids(board, best)
    board.take("native_id", best, "ids of posts" + (f" of {platform}" if platform else ""))
    if platform:
        board.platform = platform
        board.refs = tuple(
            PostRef(platform, cell.strip(), "") if cell.strip() else None for cell in best.cells
        )


def _is_id(facts: ColumnFacts) -> bool:
    return bool(id_platforms(facts.filled)) and not facts.style.has_rounded_ids


def _id_columns(board: MatchBoard) -> list[ColumnFacts]:
    """Columns whose cells are ids of posts, each another, under a heading that says nothing."""
    return [
        f
        for f in board.free()
        if not board.meanings[f.name]
        and _is_id(f)
        and len(set(f.filled)) == len(f.filled)
        and len(f.filled) >= MOST * board.n_rows
        and (len(f.filled[0]) > 10)
    ]


def _platform_of_ids(board: MatchBoard, facts: ColumnFacts) -> Platform | None:
    """Of the ids, told apart by times of posting, a column or a heading that names it."""
    if board.platform:
        return board.platform
    if _match_platform_column(board):
        return None
    dates = [f for f in board.free() if f.is_time]
    hits = id_platforms(facts.filled)
    for date in dates:
        near = id_platforms(
            facts.filled, [t for c, t in zip(facts.cells, date.times, strict=True) if c.strip()]
        )
        hits = near if len(near) < len(hits) else hits
    word = next((p for p in (_platform_word(n) for n in board.facts) if p in hits), None)
    if word or len(hits) == 1:
        return word or hits[0]
    board.add(
        Question(
            f'the ids in "{facts.name}" can be those of {" or ".join(hits)}',
            f"--platform {'|'.join(hits)}, or a map with `platform: {hits[0]}`",
            tuple(Choice(name, platform=name) for name in hits),
        )
    )
    return None


def _match_platform_column(board: MatchBoard) -> bool:
    """Take a column that names the platform of each row, where the links do not."""
    for facts in board.named("platform"):
        words = {word: _platform_word(word) for word in set(facts.filled)}
        if facts.filled and all(words.values()):
            values = {w: str(p) for w, p in words.items() if w.casefold() != p}
            board.take("platform", facts, "names of platforms", values=values)
            platforms: Sequence[Platform | None] = [words.get(c.strip()) for c in facts.cells]
            ids = board.taken("native_id") or next(iter(board.named("native_id")), None)
            if ids:
                board.refs = tuple(
                    PostRef(p, c.strip(), "") if p and c.strip() else None
                    for p, c in zip(platforms, ids.cells, strict=True)
                )
            return True
    return False


def _platform_word(text: str) -> Platform | None:
    words = text.casefold().replace("_", " ").replace("-", " ").replace("/", " ").split()
    joined = "".join(words)
    hits = {p for w, p in platform_words().items() if w in words or (len(w) > 4 and w in joined)}
    return hits.pop() if len(hits) == 1 else None

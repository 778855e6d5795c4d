"""01 import: raw items become rows of posts, accounts, snapshots and problems.

Frames carry the columns of the tables they are named after (docs/schema.md); times are naive UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from vtlib.capture.own_columns import tool_of
from vtlib.capture.rows import (
    BAD_VALUE,
    TABLES,
    Capture,
    Row,
    account_row,
    as_json,
    bare_post_row,
    capture_key,
    counts_row,
    frame,
    link_row,
    misread_row,
    named_item_row,
    one_a_key,
    post_row,
    problem_row,
    raw_row,
    snapshot_row,
    time_of,
)
from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage, verb
from vtlib.core.errors import BadInput
from vtlib.core.language import say, stored
from vtlib.core.models import (
    AccountCounts,
    Mapped,
    MappedAccount,
    Misread,
    Platform,
    PostRef,
    Rejected,
    UnreadableItem,
)
from vtlib.platforms import exported, layouts, outcome, posts_within, recognise
from vtlib.platforms.field_use import FieldUse
from vtlib.platforms.fields import nested
from vtlib.platforms.foreign import foreign_layout, own_statistics
from vtlib.platforms.layouts import Layout
from vtlib.platforms.sanitise import CUTS, cleaned

__all__ = ["TABLES", "Capture", "Chunk", "capture_key", "map_items"]

Item = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The rows of some items, by table, and how they fared.

    `tally` counts `mapped`, `accounts` and each kind of rejection, and beside them posts: `within`
    (inside accounts' items), `younger` (than their capture), `numbered` (with a number or, outside
    flat tables of an unknown layout, a time), `own_time` (the item says when it was captured), and
    `bad_value`: fields that could not be read. `keys` are the items' own field names, `use` what
    was asked of them.
    """

    frames: dict[str, pd.DataFrame]
    tally: Counter[str] = field(default_factory=Counter)
    keys: frozenset[str] = frozenset()
    use: FieldUse = field(default_factory=FieldUse)


def recognise_items(sample: Iterable[Any], *, file: str = "") -> tuple[Platform, str]:
    """The platform and actor most of the items look like. Raises BadInput when none is
    recognised, and by name for another tool's export that is not read yet.
    """
    items = [item for item in sample if isinstance(item, dict)]
    hit = recognised_items(items, file=file)
    if hit is None:
        raise unknown_items(items, file=file)
    return hit


def recognised_items(
    items: Sequence[dict[str, Any]], *, file: str = ""
) -> tuple[Platform, str] | None:
    """The platform and actor most of the items look like, or None. Raises BadInput, by name, for
    another tool's export that is not read yet.
    """
    refuse_foreign(items, file=file)
    votes = Counter(hit for item in items if (hit := shape_of(item)))
    if not votes and exported.is_withheld(str(key) for item in items for key in item):
        raise BadInput(
            "this is a copy for a client: the ids of its posts are withheld.",
            todo="Import the analyst's export (report.creators: named).",
            file=file,
        )
    return votes.most_common(1)[0][0] if votes else None


def unknown_items(items: Sequence[dict[str, Any]], *, file: str = "") -> BadInput:
    """That items look like no known export, with the names of their fields."""
    columns = ", ".join(dict.fromkeys(str(k) for item in items[:20] for k in item))[:600]
    return BadInput(
        "these items look like no known platform's exports"
        + (f"; not read: {columns}." if columns else "."),
        todo="Name the platform with --platform, or see docs/adding-a-platform.md.",
        file=file,
    )


def is_numberless(items: Sequence[dict[str, Any]], capture: Capture) -> bool:
    """Whether items, by the shape they look like, name posts without a number or a time."""
    chunk = map_items(enumerate(items, 1), capture)
    return bool(chunk.tally["mapped"]) and not chunk.tally["numbered"]


def is_nested(items: Sequence[dict[str, Any]]) -> bool:
    """Whether items hold lists or objects, as no row of a table does."""
    return any(isinstance(value, (dict, list)) for item in items for value in item.values())


def shape_of(item: dict[str, Any]) -> tuple[Platform, str] | None:
    """The platform and actor, or tool, whose item this is; None when it looks like none."""
    if exported.is_row(item):
        return item["platform"], exported.NAME
    layout = layouts.recognise(item)
    if layout is None:
        return recognise(item)
    platform = layout.platform or platform_of(layouts.outcome(layout, item))
    return (platform, layout.name) if platform else None


def platform_of(result: Mapped | MappedAccount | Rejected) -> Platform | None:
    """The platform of what an item means; None where it names neither post nor account."""
    if isinstance(result, Mapped):
        return result.post.platform
    return result.account.platform if isinstance(result, MappedAccount) else None


def refuse_foreign(items: Sequence[Mapping[str, Any]], *, file: str = "") -> None:
    """Raise BadInput, by name, when most of the items are another tool's export, or own
    statistics.
    """
    strange = (dict(item) for item in items if layouts.recognise(item) is None)
    foreign = Counter(name for item in strange if (name := foreign_layout(item)))
    if 2 * foreign.total() > len(items):
        raise BadInput(
            f"this is the layout of {foreign.most_common(1)[0][0]}, which is not read yet: "
            "nothing was stored.",
            todo="Export with one of the actors of docs/workflow.md, or keep the file until an "
            "update.",
            file=file,
        )
    own = Counter(name for item in items if (name := own_statistics(dict(item))))
    if 2 * own.total() > len(items):
        raise _own(own.most_common(1)[0][0], file)
    if tool := tool_of(dict.fromkeys(key for item in items for key in item)):
        raise _own(tool, file)


def _own(tool: str, file: str) -> BadInput:
    return BadInput(
        f"these are own statistics from {tool}, no export of posts.",
        todo="Bring them in with vt import analytics.",
        file=file,
    )


def map_items(items: Iterable[Item], capture: Capture) -> Chunk:
    """The rows that `items` mean. A bad item becomes a row of `problems`, a bad field is NULL and
    another row; none is lost, none raises.

    The frames are captures-free: the caller writes the capture's own row.
    """
    rows: dict[str, list[Row]] = {t: [] for t in TABLES}
    tally: Counter[str] = Counter()
    keys: set[str] = set()
    use = FieldUse()
    for row_no, original in items:
        item, payload, cut = _kept(original)
        if isinstance(item, dict):
            keys.update(item)
        tool = layouts.recognise(item)
        result, misread = _outcome(item, capture, use, tool), list(cut)
        tally["found"] += 1
        if isinstance(result, Rejected):
            tally[result.kind] += 1
            rows["problems"].append(problem_row(result, row_no, capture))
        else:
            tally["mapped" if isinstance(result, Mapped) else "accounts"] += 1
            _add(rows, result, capture)
            within, strange = _within(result, item, use)
            for post in within:
                _add(rows, post, capture)
            misread += [*strange, *(m for one in (result, *within) for m in one.misread)]
            is_flat = tool is None and not is_nested([item])
            for one in (result, *within):
                _count_facts(tally, one, capture, is_flat=is_flat)
            tally["within"] += len(within)
        if misread:
            tally[BAD_VALUE] += len(misread)
            rows["problems"] += [misread_row(m, row_no, capture) for m in dict.fromkeys(misread)]
        rows["raw_items"].append(raw_row(payload, row_no, result, capture))
    rows["post_snapshots"] = one_a_key(rows["post_snapshots"])
    return Chunk({t: frame(t, r) for t, r in rows.items()}, +tally, frozenset(keys), use)


def raw_frames(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The raw items of a mapped chunk, and the problems of what was cut from them for storage:
    the stored item does not show it any more.
    """
    problems = frames["problems"]
    is_cut = problems["reason"].map(lambda reason: str(reason).endswith(CUTS)).astype(bool)
    return {"raw_items": frames["raw_items"], "problems": problems[is_cut]}


def refuse_numberless(chunk: Chunk, *, file: str = "") -> None:
    """Raise BadInput when posts were mapped and none of them with a number or a time: what the
    file says of them is in columns that are not read, which the error names.
    """
    posts = chunk.tally["mapped"] + chunk.tally["within"]
    if not posts or chunk.tally["numbered"] or chunk.tally[BAD_VALUE]:
        return
    columns = ", ".join(chunk.use.unread()) or ", ".join(sorted(chunk.keys))
    raise BadInput(
        f"{number(posts, 'post')} named, none with a number or a date: nothing was stored. Not "
        f"read: {columns}.",
        todo="Rename the columns as an actor names them (docs/workflow.md), or import the URLs "
        "alone: vt import urls.",
        file=file,
    )


def url_rows(refs: Iterable[tuple[int, str, PostRef]], capture: Capture) -> dict[str, pd.DataFrame]:
    """Posts known by URL alone: (row, URL as given, what it names). No numbers yet; short links
    wait.
    """
    rows: dict[str, list[Row]] = {
        t: [] for t in ("raw_items", "posts", "project_posts", "problems")
    }
    for row_no, url, ref in refs:
        waits = Rejected(
            "needs_network", "a short link, to be resolved by the network", {"url": url}
        )
        rows["raw_items"].append(named_item_row({"url": url}, row_no, ref, capture))
        if ref.native_id is None:
            rows["problems"].append(problem_row(waits, row_no, capture))
        else:
            rows["posts"].append(bare_post_row(ref, capture))
            rows["project_posts"].append(link_row(f"{ref.platform}:{ref.native_id}", capture))
    return {t: frame(t, r) for t, r in rows.items()}


def conclude(
    places: pd.DataFrame,
    captures: pd.DataFrame,
    problems: pd.DataFrame,
    *,
    gone: Sequence[str] = (),
) -> Conclusion:
    """The stage's sentences. `places`: platform, accounts, posts, spans; `captures`, `problems`:
    as stored; `gone` sentences on files that are known and no longer there.
    """
    if places.empty:
        return skip_stage(
            "import", "nothing to import: set importing.datasets, or run vt import dataset …"
        )
    posts, accounts = int(places["posts"].sum()), int(places["accounts"].sum())
    first, last = places["first_captured_at"].min(), places["last_captured_at"].max()
    lines = [
        say(
            "{posts} of {accounts} on {platforms} {are} known, from {captures}",
            posts=number(posts, "post"),
            accounts=number(accounts, "account"),
            platforms=number(len(places), "platform"),
            are=verb(posts, "are"),
            captures=number(len(captures), "capture"),
        )
        + (
            say(" between {first:%Y-%m-%d} and {last:%Y-%m-%d}.", first=first, last=last)
            if pd.notna(first)
            else "."
        )
    ]
    if len(problems):
        n = int(problems["n"].sum())
        lines.append(
            say(
                "{items} could not be used; each is kept with its reason (vt problems).",
                items=number(n, "item"),
            )
        )
    if n_warnings := int(captures["status"].eq("warning").sum()):
        lines.append(
            say(
                "{captures} went in with a warning; the table of captures gives the reason.",
                captures=number(n_warnings, "capture"),
            )
        )
    lines += gone
    return finish_stage("import", lines, posts=posts, accounts=accounts, captures=len(captures))


def _kept(item: Any) -> tuple[Any, str | None, tuple[Misread, ...]]:
    """An item as it is mapped, as it is stored, and what had to be cut from it for that."""
    try:
        return item, as_json(item), ()
    except (TypeError, ValueError, RecursionError):
        item, cut = cleaned(item)
        return item, as_json(item), cut


def _outcome(
    item: Any, capture: Capture, use: FieldUse, tool: Layout | None
) -> Mapped | MappedAccount | Rejected:
    """What an item means; `tool`: the layout of the tool whose item it is."""
    if isinstance(item, UnreadableItem):
        return Rejected("unreadable", item.reason, item.text or None)
    if capture.actor == exported.NAME and isinstance(item, dict):
        ours = exported.outcome(use.item(item))
        return replace(ours, payload=item) if isinstance(ours, Rejected) else ours
    layout = _layout_of(item, capture, tool)
    if layout:
        result = layouts.outcome(layout, use.item(item))
        if capture.layout:  # an id beside a link that says the same is read, and not asked for
            use.asked.update(str(p[0]) for f in layout.fields.values() for p in f.paths)
        return replace(result, payload=item) if isinstance(result, Rejected) else result
    hit = None if capture.forced or not isinstance(item, dict) else recognise(item)
    platform = hit[0] if hit else capture.platform
    if platform is None:
        return Rejected("unreadable", stored("no platform recognises this item"), item)
    result = outcome(platform, use.item(nested(item)) if isinstance(item, dict) else item)
    return replace(result, payload=item) if isinstance(result, Rejected) else result


def _layout_of(item: Any, capture: Capture, tool: Layout | None) -> Layout | None:
    """The map that reads an item: a person's, else that of the tool whose item it is."""
    layout = capture.layout or tool
    other = layout and capture.forced and layout.platform not in (None, capture.platform)
    return None if other or not isinstance(item, dict) else layout


def _within(
    result: Mapped | MappedAccount, item: Any, use: FieldUse
) -> tuple[list[Mapped], list[Misread]]:
    """The posts inside an account's item, and what stands among them and is none."""
    if isinstance(result, Mapped):
        return [], []
    posts, strange = posts_within(result.account.platform, item, result)
    use.asked.update(posts)
    return [post for members in posts.values() for post in members], strange


def _count_facts(
    tally: Counter[str], one: Mapped | MappedAccount, capture: Capture, *, is_flat: bool
) -> None:
    """Count what is counted of posts (Chunk.tally); `is_flat`: a row of an unknown layout."""
    if isinstance(one, Mapped):
        is_dated = one.post.posted_at is not None and not is_flat
        tally["numbered"] += is_dated or _is_numbered(one)
        tally["younger"] += _is_younger(one, capture)
        tally["own_time"] += one.captured_at is not None


def _is_numbered(post: Mapped) -> bool:
    return any(metric.state != "not_exposed" for metric in post.metrics.values())


def _is_younger(post: Mapped, capture: Capture) -> bool:
    posted_at = post.post.posted_at
    return bool(posted_at and posted_at > (post.captured_at or capture.captured_at))


def _add(rows: dict[str, list[Row]], result: Mapped | MappedAccount, capture: Capture) -> None:
    at = time_of(result, capture)
    if result.account:
        rows["accounts"].append(account_row(result.account, at))
        if result.counts and result.counts != AccountCounts():
            rows["account_snapshots"].append(counts_row(result.account, result.counts, at, capture))
    if isinstance(result, Mapped):
        is_bare = capture.actor == exported.NAME and result.captured_at is None
        rows["posts"].append(post_row(result, at) | ({"last_captured_at": None} if is_bare else {}))
        if not is_bare:  # a post known by its link alone has no snapshot
            rows["post_snapshots"].append(snapshot_row(result, at, capture))
        rows["project_posts"].append(link_row(result.post.post_id, capture))

"""The fault tour: every fault ordered once, met by the real commands, and what came of it as a
table.

Each stop has a workspace of its own. `vt scrape`, `vt process videos` or `vt analyze videos` is run
as a person would: once, and again while it says that something is left to do. Then the world's own
journal and truth are held against the database: was anything paid twice, is any row lost?
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tabulate import tabulate

from simulator.faults import KINDS
from simulator.tour.asking import Asks
from simulator.tour.capturing import Captures
from simulator.tour.fetching import Fetches
from simulator.tour.plan import ASKS, CAPTURES, FETCHES, Found, Stop

__all__ = ["ASKS", "CAPTURES", "FETCHES", "Found", "Stop", "main", "tour"]

_HEADS = ("fault", "where", "outcome", "calls", "paid twice", "rows lost", "s")


def tour(
    captures: Sequence[Stop] = CAPTURES,
    fetches: Sequence[Stop] = FETCHES,
    asks: Sequence[Stop] = ASKS,
    *,
    tell: Callable[[Found], object] = lambda _: None,
) -> list[Found]:
    """Drive the stops one after the other; each is told as soon as it is done."""
    found = []
    with tempfile.TemporaryDirectory(prefix="vt-tour-") as name, _environment():
        folder = Path(name)
        for stop, drive in _drives(folder, captures, fetches, asks):
            began = time.monotonic()
            one = drive(stop).timed(time.monotonic() - began)
            found.append(one)
            tell(one)
    return found


def main(only: Sequence[str] = ()) -> int:
    """Print the table of the whole tour, or of the faults in `only`; 1 when anything was paid
    twice or lost.
    """
    chosen = [[s for s in all_ if not only or s.kind in only] for all_ in (CAPTURES, FETCHES, ASKS)]
    done = tour(*chosen, tell=lambda one: print(_line(one), flush=True))  # noqa: T201
    bad = [one for one in done if not one.is_sound]
    print("\n" + as_text(done, bad))  # noqa: T201
    return 1 if bad or not done else 0


def as_text(done: Sequence[Found], bad: Sequence[Found]) -> str:
    """The table, what it sums to, and which faults no command here can meet yet."""
    rows = [
        (
            f.stop.kind,
            f.stop.place,
            f.outcome,
            f.calls,
            f.paid_twice,
            f.rows_lost,
            f"{f.seconds:.1f}",
        )
        for f in done
    ]
    driven = {f.stop.kind for f in done}
    rest = [kind for kind in KINDS if kind not in driven]
    paid, lost = sum(f.paid_twice for f in done), sum(f.rows_lost for f in done)
    lines = [
        tabulate(rows, headers=_HEADS, tablefmt="simple", maxcolwidths=[None, None, 76]),
        f"{len(done)} stops, {len(driven)} kinds of fault: paid twice {paid}, rows lost {lost}",
    ]
    lines += [f"not sound: {f.stop.kind} at {f.stop.place}: {f.outcome}" for f in bad]
    lines += [f"not driven: {', '.join(rest)}"] if rest else []
    return "\n".join(lines)


def _drives(
    folder: Path, captures: Sequence[Stop], fetches: Sequence[Stop], asks: Sequence[Stop]
) -> Iterator[tuple[Stop, Callable[[Stop], Found]]]:
    if captures:
        scraped = Captures(folder / "captures", folder / "clips")
        yield from ((stop, scraped.drive) for stop in captures)
    if fetches:
        with Fetches.ready(folder / "fetches", folder / "clips") as picked:
            yield from ((stop, picked.drive) for stop in fetches)
    if asks:
        with Asks.ready(folder / "asks", folder / "clips") as asked:
            yield from ((stop, asked.drive) for stop in asks)


def _line(one: Found) -> str:
    mark = "ok  " if one.is_sound else "FAIL"
    return f"{mark} {one.stop.kind:<16} {one.stop.place:<22} {one.outcome}"


@contextmanager
def _environment() -> Iterator[None]:
    """Nobody's own keys, database or proxy are used on the tour; the environment comes back as
    it was.
    """
    before = dict(os.environ)
    for name in [
        n for n in before if n.startswith("VT_") or n in ("APIFY_TOKEN", "GEMINI_API_KEY")
    ]:
        del os.environ[name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

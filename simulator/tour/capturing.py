"""The part of the tour that captures: runs, their items, their price."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from simulator.server import Running, Settings, running
from simulator.tour.home import Home, Said
from simulator.tour.plan import Found, Stop, joined
from vtlib.store.data_checks import run_checks

RUN_S = 0.1
TRIES_MAX = 4  # a person tries again as often as that, then complains
_STORED = """SELECT o.provider_run_id AS run_id, count(r.item_no) AS n
FROM capture_orders AS o LEFT JOIN raw_items AS r ON r.capture_id = o.capture_id
WHERE o.provider_run_id IS NOT NULL GROUP BY o.provider_run_id"""


class Captures:
    """Scrapes with faults; each in a world and a workspace of its own, below `folder`."""

    def __init__(self, folder: Path, clips: Path) -> None:
        self.folder, self.clips = folder, clips
        self._n = 0

    def drive(self, stop: Stop) -> Found:
        """Order the fault, scrape until nothing is left to do, and hold the world against the
        database.
        """
        with running(Settings(run_s=RUN_S, clips=self.clips)) as live:
            home = self._home(live, stop.deadline_s)
            more = _a_day_before(home) if stop.is_later else ()
            live.sandbox.faults.add(stop.order())
            said = [home.vt("scrape", *more)]
            while said[-1].code and stop.passes and len(said) < TRIES_MAX:
                said.append(home.vt("scrape"))
            live.sandbox.faults.clear()
            wrong = [*_unmet(live, stop), *_misbooked(home), *_unsound(home), *_unsaid(stop, said)]
            return Found(
                stop,
                outcome=joined([_told(s) for s in said]),
                calls=len(live.sandbox.journal.entries),
                paid_twice=_paid_twice(home),
                rows_lost=_lost(home) + (len(whole() - posts(home)) if stop.passes else 0),
                wrong=tuple(wrong),
            )

    def _home(self, live: Running, deadline_s: float) -> Home:
        self._n += 1
        return Home.made(self.folder / str(self._n), live, deadline_s=deadline_s)


@cache
def whole() -> frozenset[str]:
    """The posts that a scrape without faults brings; the world is the same each time."""
    with TemporaryDirectory() as name, running(Settings(run_s=RUN_S)) as live:
        home = Home.made(Path(name), live, deadline_s=60)
        if home.vt("scrape").code:
            raise RuntimeError("the tour cannot begin: a scrape without faults fails")
        return posts(home)


def posts(home: Home) -> frozenset[str]:
    """The posts of the workspace that have a snapshot."""
    return frozenset(str(p) for (p,) in home.rows("SELECT DISTINCT post_id FROM post_snapshots"))


def _a_day_before(home: Home) -> tuple[str, ...]:
    """Capture without faults, then let a day pass; the options with which it is captured again."""
    home.vt("scrape")
    home.live.sandbox.clock.set(advance_s=86_400)
    return ("--again",)


def _told(said: Said) -> str:
    if "captures" not in said.data:
        return f"exit {said.code}: {said.data['message']}"
    head = f"exit {said.code}: " if said.code else "ok"
    words = [f"{c['status']}, {c['reason']}" for c in said.data["captures"] if c["reason"]]
    words += [
        f"new fields {', '.join(c['new_keys'])}" for c in said.data["captures"] if c["new_keys"]
    ]
    words += [f"{t['found']} of {t['requested']}" for t in _short(said)]
    return head + ("" if said.code else ": " if words else "") + "; ".join(words[:2])


def _short(said: Said) -> list[dict[str, Any]]:
    """Accounts that got fewer than asked, with a reason."""
    return [t for t in said.data["targets"] if t["reason"]]


def _unsaid(stop: Stop, said: list[Said]) -> list[str]:
    """A fault that passes must leave nothing to do; of another, something must be said."""
    last = said[-1]
    if stop.passes:
        return [f"still exit {last.code} after {len(said)} tries"] if last.code else []
    return [] if last.code or _told(last) != "ok" else ["nothing was said of it"]


def _log(home: Home) -> dict[str, Any]:
    return home.live.sandbox.control.figures()


def _paid_twice(home: Home) -> int:
    return int(_log(home)["paid_twice"])


def _lost(home: Home) -> int:
    """Items that a run delivered and the database does not have, whether or not it knows the
    run.
    """
    stored = {str(run): int(n) for run, n in home.rows(_STORED)}
    runs = _log(home)["runs"]
    return sum(max(int(r["items"]) - stored.get(r["id"], 0), 0) for r in runs)


def _misbooked(home: Home) -> list[str]:
    """What the provider charged stands in `spend`, to the cent and below."""
    charged = float(_log(home)["charged_usd"])
    ((booked,),) = home.rows("SELECT coalesce(sum(usd), 0) AS usd FROM spend")
    if abs(charged - float(booked)) < 1e-6:
        return []
    return [f"${charged:.4f} were charged and ${float(booked):.4f} booked"]


def _unsound(home: Home) -> list[str]:
    """What `vt check` finds of severity error."""
    found = run_checks(home.store)
    bad = found[(found["n"] > 0) & (found["severity"] == "error")]
    return [f"vt check: {name}" for name in bad["check"]]


def _unmet(live: Running, stop: Stop) -> list[str]:
    """A fault that nothing met proves nothing."""
    met = {e["fault"] for e in live.sandbox.journal.entries}
    met |= {r.fault for r in live.sandbox.api.runs.values()}
    return [] if stop.kind in met else ["the fault was never met"]

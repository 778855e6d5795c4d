"""The remote control of the loopback world: clock, faults, journal, truth. No real service has
it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from simulator.apify import ApifyApi
from simulator.clips import plan
from simulator.clock import Clock
from simulator.exports.frame import iso
from simulator.faults import KINDS, FaultPlan
from simulator.runs import fingerprint
from simulator.transport import Journal
from simulator.truth import truth
from simulator.wire import Handler, Reply, Request, Route, json_reply, route


class Control:
    """`/control/…`: open on loopback, answers in plain JSON."""

    def __init__(self, api: ApifyApi, clock: Clock, faults: FaultPlan, journal: Journal) -> None:
        self.api, self.clock, self.faults, self.journal = api, clock, faults, journal

    def routes(self) -> list[Route]:
        """GET to look, POST to change, DELETE to clear."""
        table: list[tuple[str, str, Handler]] = [
            ("clock", "GET", self.show_clock),
            ("clock", "POST", self.set_clock),
            ("faults", "GET", self.show_faults),
            ("faults", "POST", self.add_faults),
            ("faults", "DELETE", self.clear_faults),
            ("log", "GET", self.show_log),
            ("log", "DELETE", self.clear_log),
            ("truth", "GET", self.show_truth),
            ("clip/{platform}/{native_id}", "GET", self.show_clip),
        ]
        return [
            route(
                f"control.{name.partition('/')[0]}",
                method,
                f"/control/{name}",
                handle,
                is_open=True,
            )
            for name, method, handle in table
        ]

    def show_clock(self, _request: Request) -> Reply:
        """The world's time."""
        return json_reply({"now": iso(self.clock.now())})

    def set_clock(self, request: Request) -> Reply:
        """`{"at": ISO time, "advance_days", "advance_hours", "factor"}`, each optional."""
        asked = request.json() or {}
        at = datetime.fromisoformat(asked["at"]) if "at" in asked else None
        on_s = 86_400 * asked.get("advance_days", 0) + 3_600 * asked.get("advance_hours", 0)
        return json_reply(
            {"now": iso(self.clock.set(at=at, advance_s=on_s, factor=asked.get("factor")))}
        )

    def show_faults(self, _request: Request) -> Reply:
        """The orders in force, and what can be ordered."""
        return json_reply({"orders": self.faults.listed(), "kinds": KINDS})

    def add_faults(self, request: Request) -> Reply:
        """One order, or a list of them; 400 names what is wrong."""
        asked = request.json()
        try:
            for order in asked if isinstance(asked, list) else [asked]:
                self.faults.add(order)
        except (ValueError, TypeError, KeyError) as error:
            return json_reply({"error": str(error)}, status=400)
        return self.show_faults(request)

    def clear_faults(self, request: Request) -> Reply:
        """Nothing goes wrong any more."""
        self.faults.clear()
        return self.show_faults(request)

    def show_log(self, _request: Request) -> Reply:
        """Every request and run since the log was cleared, what was charged, and what was paid
        twice.
        """
        return json_reply(self.figures())

    def figures(self) -> dict[str, Any]:
        """What the log holds. Runs that share actor, input and hour are one, paid more than
        once.
        """
        runs = list(self.api.runs.values())
        same = Counter(fingerprint(r) for r in runs)
        return {
            "requests": self.journal.entries,
            "counts": self.journal.counts(),
            "runs": [
                {
                    "id": r.run_id,
                    "actor": r.actor.name,
                    "status": r.status,
                    "items": len(r.delivered),
                    "charged_usd": r.charged_usd,
                    "fault": r.fault,
                }
                for r in runs
            ],
            "charged_usd": round(sum(r.charged_usd for r in runs), 6),
            "paid_twice": sum(n - 1 for n in same.values()),
        }

    def clear_log(self, request: Request) -> Reply:
        """Forget requests and runs."""
        self.api.runs.clear()
        self.journal.entries.clear()
        return self.show_log(request)

    def show_truth(self, _request: Request) -> Reply:
        """What is true of the world."""
        return json_reply(truth(self.api.world))

    def show_clip(self, _request: Request, platform: str, native_id: str) -> Reply:
        """What is true of the film of a post."""
        post = self.api.world.post_of.get(f"{platform}:{native_id}")
        if post is None or not post.is_video:
            return json_reply({"error": "no such film"}, status=404)
        return json_reply(plan(post, self.api.world.seed))

"""The Apify API of the loopback world, as the unmodified apify-client 3.4 speaks it."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import count
from typing import Any

import orjson

from simulator.actors import ACTORS, ActorSpec, InvalidInput
from simulator.clock import Clock
from simulator.exports.frame import Frame, Item, iso
from simulator.faults import FaultPlan
from simulator.files import csv_bytes
from simulator.runs import RUN_FAULTS, Run, cap, spoil
from simulator.wire import Reply, Request, Route, json_reply, route
from simulator.world import World

MAX_WAIT_S = 60.0
USER = {"id": "simUser0000000001", "username": "simulated"}


class ApifyApi:
    """Runs, datasets and records over one world; `media_base` is where the items' media URLs
    point.
    """

    def __init__(
        self, world: World, clock: Clock, faults: FaultPlan, *, run_s: float = 0.3
    ) -> None:
        self.world, self.clock, self.faults, self.run_s = world, clock, faults, run_s
        self.media_base = ""
        self.runs: dict[str, Run] = {}
        self._numbers = count(1)

    def routes(self) -> list[Route]:
        """Every call a client needs, under /v2/actors and /v2/acts alike."""
        actor, runs = "/v2/(?:actors|acts)/{actor}", "/v2/actor-runs"
        record = "/v2/key-value-stores/{store}/records/{key}"
        return [
            route("apify.start", "POST", f"{actor}/runs", self.start),
            route("apify.runs", "GET", f"{actor}/runs", self.list_runs),
            route("apify.runs", "GET", runs, self.list_runs),
            route("apify.actor", "GET", actor, self.actor),
            route("apify.run", "GET", f"{runs}/{{run_id}}", self.run),
            route("apify.abort", "POST", f"{runs}/{{run_id}}/abort", self.abort),
            route("apify.log", "GET", f"{runs}/{{run_id}}/log", self.log),
            route("apify.dataset", "GET", f"{runs}/{{run_id}}/dataset", self.dataset),
            route("apify.items", "GET", f"{runs}/{{run_id}}/dataset/items", self.items),
            route("apify.dataset", "GET", "/v2/datasets/{run_id}", self.dataset),
            route("apify.items", "GET", "/v2/datasets/{run_id}/items", self.items),
            route("apify.record", "GET", record, self.record),
            route("apify.record", "HEAD", record, self.record),
            route("apify.user", "GET", "/v2/users/me", self.user),
        ]

    def user(self, _request: Request) -> Reply:
        """Whom the token belongs to: the free call that proves a key."""
        return _data(USER | {"plan": {"id": "SIMULATED", "availableProxyGroups": {}}})

    def actor(self, _request: Request, actor: str) -> Reply:
        """What is known of an actor."""
        spec = _spec(actor)
        if spec is None:
            return _not_found("Actor")
        username, _, name = spec.name.partition("/")
        at = iso(self.world.epoch)
        options = {"build": "latest", "timeoutSecs": 3600, "memoryMbytes": 1024}
        return _data(
            {
                "id": _actor_id(spec),
                "userId": USER["id"],
                "name": name,
                "username": username,
                "isPublic": True,
                "createdAt": at,
                "modifiedAt": at,
                "stats": {"totalRuns": len(self.runs)},
                "versions": [],
                "defaultRunOptions": options,
            }
        )

    def start(self, request: Request, actor: str) -> Reply:
        """Start a run. 404 for an unknown actor, 400 for input its schema refuses."""
        spec = _spec(actor)
        if spec is None:
            return _not_found("Actor")
        try:
            run = self._made(spec, request)
        except (InvalidInput, ValueError) as error:
            return _refused("invalid-input", str(error))
        self.runs[run.run_id] = run
        run.wait(min(request.number("waitForFinish", 0), MAX_WAIT_S))
        return _data(self._run_json(run), status=201)

    def run(self, request: Request, run_id: str) -> Reply:
        """A run as it stands, after waiting up to `waitForFinish` seconds (60 at most) for its
        end.
        """
        run = self.runs.get(run_id)
        if run is None:
            return _not_found("Actor run")
        run.wait(min(request.number("waitForFinish", 0), MAX_WAIT_S))
        return _data(self._run_json(run))

    def abort(self, _request: Request, run_id: str) -> Reply:
        """Stop a run; what it has collected stays."""
        run = self.runs.get(run_id)
        if run is None:
            return _not_found("Actor run")
        run.abort()
        return _data(self._run_json(run))

    def list_runs(self, request: Request, actor: str = "") -> Reply:
        """Runs of one actor or of all, oldest first; `startedAfter` is compared with real time."""
        spec = _spec(actor) if actor else None
        if actor and spec is None:
            return _not_found("Actor")
        chosen = [r for r in list(self.runs.values()) if spec is None or r.actor is spec]
        asked = [s for s in request.query.get("status", "").split(",") if s]
        after, before = _time(request, "startedAfter"), _time(request, "startedBefore")
        chosen = [
            r
            for r in chosen
            if (not asked or r.status in asked)
            and (after is None or max(r.created_at, r.world_at) >= after)
            and (before is None or min(r.created_at, r.world_at) <= before)
        ]
        desc = request.query.get("desc") in ("1", "true")
        chosen = chosen[::-1] if desc else chosen
        offset, limit = int(request.number("offset", 0)), int(request.number("limit", 1000))
        page = [self._run_json(r) for r in chosen[offset : offset + limit]]
        shown = {"offset": offset, "limit": limit, "desc": desc, "count": len(page)}
        return _data({"total": len(chosen), **shown, "items": page})

    def log(self, _request: Request, run_id: str) -> Reply:
        """The run's log as text."""
        run = self.runs.get(run_id)
        if run is None:
            return _not_found("Actor run")
        text = f"{iso(run.world_at)} {run.actor.name}: {len(run.delivered)} items\n"
        return Reply(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})

    def dataset(self, _request: Request, run_id: str) -> Reply:
        """What a dataset is (its id is its run's)."""
        run = self.runs.get(run_id)
        if run is None:
            return _not_found("Dataset")
        at, n = iso(run.world_at), len(run.delivered)
        times = {"createdAt": at, "modifiedAt": at, "accessedAt": at}
        counts = {"itemCount": n, "cleanItemCount": n}
        url = f"{self.media_base}/v2/datasets/{run_id}"
        return _data({"id": run_id, "userId": USER["id"], **times, **counts, "consoleUrl": url})

    def items(self, request: Request, run_id: str) -> Reply:
        """A page of items as a bare array (or jsonl, csv), with the five pagination headers."""
        run = self.runs.get(run_id)
        if run is None:
            return _not_found("Dataset")
        rows = run.delivered
        desc = request.query.get("desc") in ("1", "true")
        offset, limit = int(request.number("offset", 0)), int(request.number("limit", 250_000))
        page = (rows[::-1] if desc else rows)[offset : offset + limit]
        counted = {"Total": len(rows), "Offset": offset, "Count": len(page), "Limit": limit}
        headers = {f"X-Apify-Pagination-{k}": str(v) for k, v in counted.items()}
        headers["X-Apify-Pagination-Desc"] = str(desc).lower()
        body, kind = _written(
            [_fields(i, request) for i in page], request.query.get("format", "json")
        )
        return Reply(200, body, {**headers, "Content-Type": kind})

    def record(self, _request: Request, store: str, key: str) -> Reply:
        """A record of a run's store: INPUT is what the run was asked."""
        run = self.runs.get(store)
        if run is None or key != "INPUT":
            return _not_found("Record")
        return json_reply(run.run_input)

    def _made(self, spec: ActorSpec, request: Request) -> Run:
        given = request.json()
        run_input, now = spec.check(given), self.clock.now()
        frame = Frame(self.world, now, self.media_base)
        run_id = f"simRun{next(self._numbers):011d}"
        run = Run(run_id, spec, given, now, list(spec.run(frame, run_input)), self.run_s)
        run.timeout_s = int(request.number("timeout", 0)) or 3600
        if "maxItems" in request.query:
            run.max_items = int(request.number("maxItems", 0))
        if "maxTotalChargeUsd" in request.query:
            run.max_usd = request.number("maxTotalChargeUsd", 0)
        cap(run)
        fault = self.faults.take("apify.start", request.path, RUN_FAULTS)
        if fault:
            spoil(run, fault)
        return run

    def _run_json(self, run: Run) -> Item:
        finished, seconds = run.finished_at(), round(run.age_s, 3)
        return {
            "id": run.run_id,
            "actId": _actor_id(run.actor),
            "userId": USER["id"],
            "startedAt": iso(run.world_at),
            "finishedAt": iso(finished) if finished else None,
            "status": run.status,
            "statusMessage": run.message or None,
            "meta": {"origin": "API"},
            "stats": {"inputBodyLen": len(orjson.dumps(run.run_input)), "runTimeSecs": seconds},
            "options": {
                "build": "latest",
                "timeoutSecs": run.timeout_s,
                "memoryMbytes": 1024,
                "diskMbytes": 2048,
                "maxItems": run.max_items,
                "maxTotalChargeUsd": run.max_usd,
            },
            "buildId": "simBuild000000001",
            "defaultKeyValueStoreId": run.run_id,
            "defaultDatasetId": run.run_id,
            "defaultRequestQueueId": run.run_id,
            "chargedEventCounts": {"result": run.charged_items},
            "usageTotalUsd": run.charged_usd,
        }


def _spec(actor: str) -> ActorSpec | None:
    named = ACTORS.get(actor.replace("~", "/", 1))
    return named or next((s for s in ACTORS.values() if _actor_id(s) == actor), None)


def _actor_id(spec: ActorSpec) -> str:
    return re.sub(r"\W", "", spec.name.title())[:17]


def _fields(item: Item, request: Request) -> Item:
    wanted = [f for f in request.query.get("fields", "").split(",") if f]
    dropped = {f for f in request.query.get("omit", "").split(",") if f}
    if wanted:
        item = {k: item[k] for k in wanted if k in item}
    return {k: v for k, v in item.items() if k not in dropped} if dropped else item


def _written(items: list[Item], form: str) -> tuple[bytes, str]:
    if form == "csv":
        return csv_bytes(items), "text/csv; charset=utf-8"
    if form == "jsonl":
        lines = b"".join(orjson.dumps(i) + b"\n" for i in items)
        return lines, "application/jsonl; charset=utf-8"
    return orjson.dumps(items), "application/json; charset=utf-8"


def _time(request: Request, key: str) -> datetime | None:
    return datetime.fromisoformat(request.query[key]) if key in request.query else None


def _data(value: Any, *, status: int = 200) -> Reply:
    return json_reply({"data": value}, status=status)


def _not_found(what: str) -> Reply:
    return json_reply(
        {"error": {"type": "record-not-found", "message": f"{what} was not found"}}, status=404
    )


def _refused(kind: str, message: str) -> Reply:
    return json_reply({"error": {"type": kind, "message": message}}, status=400)

"""A mock of the Apify API, made from `../shared/apify.md` section 5 and apify-client's own
models.
"""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.peers.base import Mock, Reply, Request, json_reply

TERMINAL = ("SUCCEEDED", "FAILED", "ABORTED", "TIMED-OUT")
LONGEST_WAIT_S = 60.0  # the real API's cap of waitForFinish: apify.md 5.2
NO_LIMIT = 999_999_999_999  # the limit header when none was asked: comment in apify-client
USER_ID, BUILD_ID = "peerUser000000001", "peerBuild00000001"
ERRORS = {  # apify.md 5.2 and 5.4; the types of 401 and 404 from apify-client's list of them
    401: ("user-or-token-not-found", "User was not found or authentication token is not valid"),
    402: ("not-enough-usage-to-run-paid-actor", "Monthly usage limit exceeded"),
    403: ("insufficient-permissions", "Insufficient permissions"),
    404: ("record-not-found", "Actor or record was not found"),
    429: ("rate-limit-exceeded", "You have exceeded the rate limit"),
}


@dataclass(frozen=True)
class Actor:
    """A registered actor: `scrape` makes a run's items from its input.

    A run passes through `statuses` in equal steps of `duration_s`; the last of them is its end. It
    charges `start_usd` and `item_usd` an item, or `charge_usd` flat whatever the cap; `keeps_cap`
    says whether it stops where maxTotalChargeUsd is reached. `pricing` is PAY_PER_EVENT,
    PRICE_PER_DATASET_ITEM or FREE (the run then tells no pricing and costs platform usage).
    """

    name: str
    scrape: Callable[[Any], list[Any]]
    start_usd: float = 0.0
    item_usd: float = 0.0
    charge_usd: float | None = None
    keeps_cap: bool = True
    pricing: str = "PAY_PER_EVENT"
    statuses: tuple[str, ...] = ("READY", "RUNNING", "SUCCEEDED")
    duration_s: float = 0.1

    @property
    def id(self) -> str:
        return uuid.uuid5(uuid.NAMESPACE_URL, self.name).hex[:17]

    def pricing_info(self) -> dict[str, Any] | None:
        since = {"apifyMarginPercentage": 0.2, "createdAt": _iso(), "startedAt": _iso()}
        prices = {"actor-start": self.start_usd, "result": self.item_usd}
        if self.pricing == "PAY_PER_EVENT":
            events = {
                k: {"eventTitle": k, "eventDescription": k, "eventPriceUsd": v}
                for k, v in prices.items()
            }
            more: dict[str, Any] = {"pricingPerEvent": {"actorChargeEvents": events}}
        elif self.pricing == "PRICE_PER_DATASET_ITEM":
            more = {"unitName": "result", "pricePerUnitUsd": self.item_usd}
        else:
            return None
        return {"pricingModel": self.pricing, **since, **more}


@dataclass
class Run:
    """One run, which goes on by the clock whether or not anybody polls it."""

    actor: Actor
    input_body: bytes
    query: dict[str, str]
    items: list[Any]
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:17])
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _start_s: float = field(default_factory=time.monotonic)
    _abort_s: float | None = None

    @property
    def input(self) -> Any:
        return json.loads(self.input_body or b"null")

    @property
    def max_total_charge_usd(self) -> float | None:
        cap = self.query.get("maxTotalChargeUsd")
        return float(cap) if cap else None

    @property
    def progress_ratio(self) -> float:
        """0 at the start to 1 at the end; stands still after an abort."""
        now = time.monotonic() if self._abort_s is None else self._abort_s
        return min(1.0, (now - self._start_s) / max(self.actor.duration_s, 1e-9))

    @property
    def status(self) -> str:
        if self._abort_s is not None:
            return "ABORTED"
        statuses = self.actor.statuses
        return statuses[int(self.progress_ratio * (len(statuses) - 1))]

    @property
    def rows(self) -> list[Any]:
        """The items that are in the dataset by now."""
        return self.items[: int(len(self.items) * self.progress_ratio)]

    @property
    def charged_usd(self) -> float:
        if self.actor.charge_usd is not None:
            return self.actor.charge_usd
        return round(self.actor.start_usd + len(self.rows) * self.actor.item_usd, 6)

    def abort(self) -> None:
        if self.status not in TERMINAL:
            self._abort_s = time.monotonic()

    def ids(self) -> dict[str, str]:
        return {"dataset": f"{self.id}ds", "store": f"{self.id}kv", "queue": f"{self.id}rq"}

    def resource(self) -> dict[str, Any]:
        """The Run of apify.md 5.2 with what the client's models hold beyond it."""
        query, status = self.query, self.status
        rows = self.rows  # after the status: what has ended has all its rows
        options = {
            "build": query.get("build", "latest"),
            "timeoutSecs": int(query.get("timeout", 3600)),
            "memoryMbytes": int(query.get("memory", 1024)),
            "diskMbytes": 2048,
            "maxItems": int(query["maxItems"]) if "maxItems" in query else None,
            "maxTotalChargeUsd": self.max_total_charge_usd,
        }
        end = self.started_at + timedelta(seconds=self.progress_ratio * self.actor.duration_s)
        run = {
            "id": self.id,
            "actId": self.actor.id,
            "userId": USER_ID,
            "startedAt": _iso(self.started_at),
            "finishedAt": _iso(end) if status in TERMINAL else None,
            "status": status,
            "statusMessage": f"{len(rows)} items",
            "meta": {"origin": "API"},
            "stats": {"inputBodyLen": len(self.input_body), "computeUnits": 0.01},
            "options": {k: v for k, v in options.items() if v is not None},
            "buildId": BUILD_ID,
            "exitCode": {"SUCCEEDED": 0, "FAILED": 1}.get(status),
            "defaultDatasetId": self.ids()["dataset"],
            "defaultKeyValueStoreId": self.ids()["store"],
            "defaultRequestQueueId": self.ids()["queue"],
            "usageTotalUsd": self.charged_usd,
        }
        if pricing := self.actor.pricing_info():
            run["pricingInfo"] = pricing
        if self.actor.pricing == "PAY_PER_EVENT":
            run["chargedEventCounts"] = {"actor-start": 1, "result": len(rows)}
        return run


class ApifyMock(Mock):
    """The endpoints of apify.md 5.2, its errors (5.4), its five item headers and pages (5.3).

    Events: `run_created`, `run_finished` (a reply tells a terminal status), `items_page`.
    """

    _ACTOR, _RUN = r"/v2/(?:acts|actors)/(?P<name>[^/]+)", r"/v2/actor-runs/(?P<run_id>[^/]+)"
    _STORE = r"/v2/key-value-stores/(?P<store_id>[^/]+)"
    ROUTES = (
        ("POST", f"{_ACTOR}/runs", "start_run"),
        ("GET", f"{_ACTOR}/runs", "list_runs"),
        ("GET", r"/v2/actor-runs", "list_runs"),
        ("GET", _ACTOR, "get_actor"),
        ("GET", _RUN, "get_run"),
        ("POST", f"{_RUN}/abort", "abort_run"),
        ("GET", f"{_RUN}/log", "get_log"),
        ("GET", f"{_RUN}/dataset", "get_dataset"),
        ("GET", f"{_RUN}/dataset/items", "list_items"),
        ("GET|HEAD", f"{_RUN}/key-value-store/records/(?P<key>[^/]+)", "get_record"),
        ("GET", r"/v2/datasets/(?P<dataset_id>[^/]+)", "get_dataset"),
        ("GET", r"/v2/datasets/(?P<dataset_id>[^/]+)/items", "list_items"),
        ("GET|HEAD", f"{_STORE}/records/(?P<key>[^/]+)", "get_record"),
        ("GET", r"/v2/users/me", "get_user"),
    )

    def __init__(self, token: str = "peer-token", *, page_limit: int = NO_LIMIT) -> None:
        super().__init__()
        self.token, self.page_limit = token, page_limit
        self.runs: list[Run] = []
        self.actors: dict[str, Actor] = {}

    @property
    def charged_usd(self) -> float:
        """What all runs cost by now, whoever read about it."""
        with self.lock:
            return round(sum(run.charged_usd for run in self.runs), 6)

    def add_actor(self, name: str, scrape: Callable[[Any], list[Any]], **facts: Any) -> Actor:
        """Register `user/name`; `facts` are the fields of Actor."""
        actor = self.actors[name] = Actor(name, scrape, **facts)
        return actor

    def error(self, code: int, message: str = "", **facts: Any) -> Reply:
        kind, text = ERRORS.get(code, ("internal-server-error", "Internal server error"))
        return json_reply(
            {"error": {"type": facts.get("type", kind), "message": message or text}}, code
        )

    def refusal(self, request: Request) -> Reply | None:
        given = request.header("authorization").removeprefix("Bearer ")
        return None if self.token in (given, request.query.get("token")) else self.error(401)

    def start_run(self, request: Request, name: str) -> Reply:
        actor = self._actor(name)
        if actor is None:
            return self.error(404, "Actor was not found")
        items = list(actor.scrape(request.json))
        if "maxItems" in request.query:
            items = items[: int(request.query["maxItems"])]
        cap = float(request.query.get("maxTotalChargeUsd") or "inf")
        if actor.keeps_cap and actor.item_usd and cap < float("inf"):
            items = items[: max(0, int((cap - actor.start_usd) / actor.item_usd + 1e-9))]
        run = Run(actor, request.body, request.query, items)
        with self.lock:
            self.runs.append(run)
        self._await_end(run, request)
        events = [("run_created", {"run_id": run.id}), *self._end_events([run])]
        return json_reply({"data": run.resource()}, 201, events=tuple(events))

    def get_run(self, request: Request, run_id: str) -> Reply:
        run = self._run(run_id=run_id)
        if run is None:
            return self.error(404)
        self._await_end(run, request)
        return json_reply({"data": run.resource()}, events=self._end_events([run]))

    def abort_run(self, request: Request, run_id: str) -> Reply:
        run = self._run(run_id=run_id)
        if run is None:
            return self.error(404)
        run.abort()
        return json_reply({"data": run.resource()}, events=self._end_events([run]))

    def list_runs(self, request: Request, name: str = "") -> Reply:
        """Runs of one actor or of all, oldest first unless desc, with offset, limit and status."""
        query, actor = request.query, self._actor(name)
        if name and actor is None:
            return self.error(404, "Actor was not found")
        with self.lock:
            runs = [run for run in self.runs if actor in (None, run.actor)]
        statuses = query.get("status", "").split(",") if query.get("status") else None
        runs = [run for run in runs if statuses is None or run.status in statuses]
        if since := query.get("startedAfter"):
            runs = [run for run in runs if run.started_at >= datetime.fromisoformat(since)]
        desc = query.get("desc") in ("true", "1")
        offset, limit = int(query.get("offset") or 0), min(int(query.get("limit") or 1000), 1000)
        page = (runs[::-1] if desc else runs)[offset : offset + limit]
        hidden = ("pricingInfo", "options", "stats", "chargedEventCounts")  # not in RunListItem
        rows = [{k: v for k, v in run.resource().items() if k not in hidden} for run in page]
        place = {"total": len(runs), "offset": offset, "limit": limit, "desc": desc}
        data = {"data": {**place, "count": len(rows), "items": rows}}
        return json_reply(data, events=self._end_events(page))

    def list_items(self, request: Request, dataset_id: str = "", run_id: str = "") -> Reply:
        """A page as a bare array; the count header is rows scanned, before `clean` drops any."""
        query, run = request.query, self._run(dataset_id, run_id)
        if run is None:
            return self.error(404, "Dataset was not found")
        desc = query.get("desc") in ("true", "1")
        offset, limit = int(query.get("offset") or 0), int(query.get("limit") or NO_LIMIT)
        limit, rows = min(limit, self.page_limit), run.rows
        scan = (rows[::-1] if desc else rows)[offset : offset + limit]
        place = {"Total": len(rows), "Offset": offset, "Count": len(scan), "Limit": limit}
        headers = {f"X-Apify-Pagination-{k}": str(v) for k, v in place.items()}
        headers["X-Apify-Pagination-Desc"] = str(desc).lower()
        page = [_selected(row, query) for row in scan]
        if "true" in (query.get("clean"), query.get("skipEmpty")):
            page = [row for row in page if row]
        facts = {"run_id": run.id, "offset": offset, "count": len(scan)}
        events = (("items_page", facts),)
        if query.get("format") == "jsonl":
            body = "".join(json.dumps(row) + "\n" for row in page).encode()
            headers["Content-Type"] = "application/jsonl; charset=utf-8"
            return Reply(200, body, headers, events)
        return json_reply(page, headers=headers, events=events)

    def get_dataset(self, request: Request, dataset_id: str = "", run_id: str = "") -> Reply:
        run = self._run(dataset_id, run_id)
        if run is None:
            return self.error(404, "Dataset was not found")
        times = dict.fromkeys(("createdAt", "modifiedAt", "accessedAt"), _iso(run.started_at))
        name = run.ids()["dataset"]
        facts = {"itemCount": len(run.rows), "cleanItemCount": len(run.rows), "actRunId": run.id}
        page = {"id": name, "userId": USER_ID, "consoleUrl": f"{self.url}/storage/{name}"}
        return json_reply({"data": {**page, **times, **facts}})

    def get_record(self, request: Request, key: str, store_id: str = "", run_id: str = "") -> Reply:
        """INPUT, as its bytes arrived: by it a lost run can be recognised in the list of runs."""
        run = self._run(store_id, run_id)
        if run is None or key != "INPUT":
            return self.error(404, "Record was not found")
        return Reply(200, run.input_body, {"Content-Type": "application/json; charset=utf-8"})

    def get_log(self, request: Request, run_id: str) -> Reply:
        return Reply(200, b"ACTOR: peer run\n", {"Content-Type": "text/plain; charset=utf-8"})

    def get_user(self, request: Request) -> Reply:
        plan = {"id": "PEER", "monthlyUsageCreditsUsd": 5.0, "availableProxyGroups": {}}
        return json_reply({"data": {"id": USER_ID, "username": "peer", "plan": plan}})

    def get_actor(self, request: Request, name: str) -> Reply:
        actor = self._actor(name)
        if actor is None:
            return self.error(404, "Actor was not found")
        username, _, short = actor.name.partition("/")
        data = {
            "id": actor.id,
            "userId": USER_ID,
            "name": short,
            "username": username,
            "isPublic": True,
            "createdAt": _iso(),
            "modifiedAt": _iso(),
            "stats": {"totalRuns": sum(run.actor == actor for run in self.runs)},
            "versions": [],
            "defaultRunOptions": {"build": "latest", "timeoutSecs": 3600, "memoryMbytes": 1024},
            "pricingInfos": [p for p in [actor.pricing_info()] if p],
        }
        return json_reply({"data": data})

    def _actor(self, name: str) -> Actor | None:
        """By `user~name`, `user/name` or id."""
        known = self.actors.values()
        return next((a for a in known if name.replace("~", "/") == a.name or name == a.id), None)

    def _run(self, storage_id: str = "", run_id: str = "") -> Run | None:
        with self.lock:
            wanted = (storage_id, run_id)
            return next(
                (r for r in self.runs if r.id == wanted[1] or storage_id in r.ids().values()), None
            )

    def _await_end(self, run: Run, request: Request) -> None:
        wait_s = min(float(request.query.get("waitForFinish") or 0), LONGEST_WAIT_S)
        end_s = time.monotonic() + wait_s
        while run.status not in TERMINAL and time.monotonic() < end_s:
            if self.stopping.wait(0.01):
                return

    def _end_events(self, runs: list[Run]) -> tuple[tuple[str, dict[str, Any]], ...]:
        ends = [run for run in runs if run.status in TERMINAL]
        return tuple(("run_finished", {"run_id": r.id, "status": r.status}) for r in ends)


def _iso(moment: datetime | None = None) -> str:
    moment = moment or datetime(2026, 1, 1, tzinfo=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _selected(row: Any, query: dict[str, str]) -> Any:
    """`fields`, `omit` and the hidden keys that `clean` drops (apify.md 5.3)."""
    if not isinstance(row, dict):
        return row
    fields, omit = query.get("fields"), query.get("omit", "").split(",")
    hide = "true" in (query.get("clean"), query.get("skipHidden"))
    chosen = {k: row[k] for k in fields.split(",") if k in row} if fields else row
    return {k: v for k, v in chosen.items() if k not in omit and not (hide and k.startswith("#"))}

"""One rule of money: prices that come later, four kinds in one total, a currency beside every
sum.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from vtlib.core.errors import BadInput
from vtlib.core.params import Price, parse_params
from vtlib.core.settings import load_settings
from vtlib.llm import answers as analyses
from vtlib.llm import costs
from vtlib.llm.bill import Rates, bill
from vtlib.performance import store as performance
from vtlib.store import runs
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import save

NOW = datetime(2026, 6, 30, tzinfo=UTC)
CALL = {
    "analysis_id": "q1",
    "project_id": "spring",
    "kind": "ask",
    "model": "m",
    "status": "ok",
    "http_status": 200,
    "tokens_in": 1_000_000,
    "tokens_out": 100_000,
}


@pytest.fixture
def at(tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("VT_CLOCK", NOW.isoformat())
    (tmp_path / "params").mkdir()
    return Workspace(load_settings(tmp_path))


def project(at: Workspace, **sections) -> Project:
    return Project(at, parse_params({"project": "spring", **sections}))


def price(since: str, usd: float) -> dict:
    return {
        "model": "m",
        "since": since,
        "usd_per_million_in": usd,
        "usd_per_million_out": 10 * usd,
    }


def call(at: Workspace, name: str, day: int, **facts) -> None:
    when = datetime(2026, 6, day, tzinfo=UTC)
    analyses.save_call(at.store, {**CALL, "call_id": name, "started_at": when, **facts})


def usd_of(at: Workspace, table: str, key: str) -> dict:
    found = at.store.query(f"SELECT {key} AS k, usd FROM {table} ORDER BY k")
    return {r.k: None if r.usd != r.usd else r.usd for r in found.itertuples()}


def test_a_price_given_later_prices_the_calls_since_its_date(at) -> None:
    call(at, "early", 1)
    call(at, "late", 20)
    call(at, "lost", 21, status="lost", tokens_in=None, tokens_out=None, estimate_tokens=500_000)
    first = bill(costs.ledger(project(at)))
    assert (first.total, first.parts["model"].lacks) == (0, "2 calls at an unknown price")
    told = project(at, prices=[price("2026-06-10", 1.0)])
    assert bill(costs.ledger(told)).total == pytest.approx(2.0)
    assert usd_of(at, "spend", "spend_id") == {"early": None, "late": pytest.approx(2.0)}
    assert usd_of(at, "model_calls", "call_id")["late"] == pytest.approx(2.0)
    (most,) = at.store.query("SELECT estimate_usd FROM possibly_paid")["estimate_usd"]
    assert most == pytest.approx(0.5 * 10)
    assert costs.price_calls(told) == 0, "nothing is written where nothing changes"
    newer = project(at, prices=[price("2026-06-10", 1.0), price("2026-06-15", 3.0)])
    assert bill(costs.ledger(newer)).total == pytest.approx(6.0)
    assert bill(costs.ledger(project(at))).total == pytest.approx(6.0), "what was booked stays"


def test_an_answer_costs_what_its_calls_cost(at) -> None:
    call(at, "one", 20)
    call(at, "two", 21)
    row = {"analysis_id": "q1", "project_id": "spring", "asked_at": datetime(2026, 6, 20)}
    with at.store.write() as connection:
        save(connection, "analyses", [row], key=["analysis_id"])
    costs.price_calls(project(at, prices=[price("2026-01-01", 1.0)]))
    assert usd_of(at, "analyses", "analysis_id") == {"q1": pytest.approx(4.0)}


def fill(at: Workspace) -> None:
    runs.add_spend(
        at.store,
        [
            {
                "spend_id": "a",
                "at": NOW,
                "provider": "apify",
                "what": "posts",
                "usd": 3.0,
                "project_id": "spring",
            }
        ],
    )
    call(at, "late", 20, usd=2.0)
    for what, facts in {
        "edit": {"hours": 2.0},
        "props": {"amount": 10.0, "currency": "EUR"},
    }.items():
        note = {"project_id": "spring", "script_id": None, "what": what, "spent_at": NOW, **facts}
        performance.note_cost(at.store, note, by="ann", at=NOW)
    fetched = (NOW - timedelta(days=30.4375)).replace(tzinfo=None)
    media = {"post_id": "p", "bytes": 5_000_000_000, "fetched_at": fetched}
    with at.store.write() as connection:
        save(connection, "media", [media], key=["post_id"])
        save(
            connection, "project_posts", [{"project_id": "spring", "post_id": "p"}], key=["post_id"]
        )


def test_one_total_is_split_into_its_four_kinds(at) -> None:
    fill(at)
    priced = {
        "performance": {"value_per_hour": 30},
        "money": {"currency": "EUR", "usd_per_unit": 1.2, "usd_per_gb_month": 0.02},
    }
    found = bill(costs.ledger(project(at, **priced)))
    assert {k: p.usd for k, p in found.parts.items()} == pytest.approx(
        {"data": 3, "model": 2, "people": 2 * 30 * 1.2 + 10 * 1.2, "storage": 0.1}
    )
    assert found.words == (
        "$89.10 in US dollars: data $3.00, model $2.00, people $84.00, storage $0.10."
    )


def test_what_has_no_price_is_said_and_no_zero(at) -> None:
    fill(at)
    found = bill(costs.ledger(project(at)))
    assert found.total == pytest.approx(5.0)
    assert "people 2.0 hours without a price" in found.words
    assert "storage 5.00 GB-months without a price" in found.words


def test_days_and_whole_are_one_total(at) -> None:
    fill(at)
    whole, days = costs.ledger_of_all(at, project="spring"), costs.days_of_all(at, project="spring")
    assert bill(whole).words == bill(days).words
    assert bill(whole).words == bill(costs.ledger(project(at))).words


@pytest.mark.parametrize("wrong", [{"currency": "EUR"}, {"usd_per_unit": 1.2}, {"currency": "€"}])
def test_a_currency_needs_its_rate(wrong) -> None:
    with pytest.raises(BadInput):
        parse_params({"project": "p", "money": wrong})


def test_rates_are_turned_into_dollars() -> None:
    params = parse_params(
        {
            "project": "p",
            "money": {"currency": "EUR", "usd_per_unit": 1.1},
            "performance": {"value_per_hour": 10, "value_per_thousand_views": 2},
        }
    )
    rates = Rates.of(params)
    assert (rates.usd_per_hour, rates.usd_per_thousand_views) == pytest.approx((11.0, 2.2))
    assert Price.model_validate(price("2026-06-10", 1.0)).since == date(2026, 6, 10)

"""Predictions stay as they were made, and any touch shows; verdicts and patterns are replaced as
a whole.
"""

import numpy as np
import pandas as pd
import pytest

from tests.store.frames import PROJECT, at
from vtlib.core.errors import BadInput
from vtlib.performance import store as performance
from vtlib.performance.patterns.library import PATTERN_COLUMNS
from vtlib.scripts import store as scripts
from vtlib.scripts.script import Script
from vtlib.store import people
from vtlib.store.connection import Store
from vtlib.store.data_checks import run_checks


@pytest.fixture
def store(new_store) -> Store:
    store = new_store()
    people.ensure_project(store, PROJECT, now=at(0))
    place = scripts.ScriptHome(project=PROJECT)
    scripts.create(store, Script("Hum"), scripts.Making("Ann"), place=place, script_id="hum")
    return store


def made(*predicted: float, **facts: object) -> pd.DataFrame:
    rows = [
        {
            "script_id": "hum",
            "version": 1,
            "target": "ln_views_7d",
            "platform": "tiktok",
            "format": "video",
            "metric": "views",
            "account_id": f"tiktok:{i}",
            "predicted_ln": value,
            "low_ln": value - 1 / 3,
            "high_ln": value + 1 / 3,
            "naive_ln": 0.1 + 0.2,
            "p_breakout": np.nan,
            "n_baseline": np.int64(20),
            "effects": [{"feature": "b", "effect_ln": 1e-7}, {"feature": "a", "effect_ln": -0.25}],
            "patterns": [],
            "model_opinion": None,
            "method": "m",
            "reason": "",
            "known_until": pd.Timestamp(at(3)),
            **facts,
        }
        for i, value in enumerate(predicted)
    ]
    return pd.DataFrame(rows)


def offenders(store: Store) -> list[str]:
    found = run_checks(store)
    return found.loc[found["n"] > 0, "check"].tolist()


def change(store: Store, sql: str) -> None:
    with store.write() as connection:
        connection.execute(sql)


def test_the_same_prediction_is_written_once_and_a_changed_one_is_a_new_row(store: Store) -> None:
    first = performance.freeze(store, PROJECT, made(8.0, 7.5), at=at(4))
    assert first["seq"].tolist() == [1, 2]
    assert performance.freeze(store, PROJECT, made(8.0, 7.5), at=at(5)).empty
    later = performance.freeze(store, PROJECT, made(8.1), at=at(6))
    assert later["seq"].tolist() == [3]
    assert later["previous_sha256"][0] == first["content_sha256"][1]
    rows = store.query("SELECT seq, made_at, predicted_ln FROM predictions ORDER BY seq")
    assert rows["predicted_ln"].tolist() == [8.0, 7.5, 8.1]
    assert rows["made_at"].dt.day.tolist() == [5, 5, 7]
    assert offenders(store) == []


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        ("UPDATE predictions SET predicted_ln = 9 WHERE seq = 2", "prediction_edited"),
        ("UPDATE predictions SET low_ln = 1 WHERE seq = 1", "prediction_edited"),
        ("UPDATE predictions SET made_at = made_at - INTERVAL 3 DAY", "prediction_edited"),
        ("UPDATE predictions SET version = 2, p_breakout = .5 WHERE seq = 1", "prediction_edited"),
        ("UPDATE predictions SET effects = '[]' WHERE seq = 3", "prediction_edited"),
        ("UPDATE predictions SET patterns = '[1]' WHERE seq = 3", "prediction_edited"),
        ("UPDATE predictions SET known_until = NULL WHERE seq = 3", "prediction_edited"),
        (
            (  # text and digest put right again: the next one's digest does not fit
                "UPDATE predictions SET predicted_ln = 9, "
                "content = replace(content, '\"predicted_ln\":7.5', '\"predicted_ln\":9.0'), "
                "content_sha256 = sha256(replace(content, '\"predicted_ln\":7.5', "
                "'\"predicted_ln\":9.0')) "
                "WHERE seq = 2"
            ),
            "prediction_chain",
        ),
        ("DELETE FROM predictions WHERE seq = 1", "prediction_chain"),
        ("DELETE FROM predictions WHERE seq = 2", "prediction_chain"),
    ],
)
def test_any_touch_of_a_frozen_prediction_shows(store: Store, sql: str, check: str) -> None:
    performance.freeze(store, PROJECT, made(8.0, 7.5, 7.0), at=at(4))
    change(store, sql)
    assert check in offenders(store)


def held(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "prediction_id": [p for p, *_ in rows],
            "script_id": "hum",
            "version": 1,
            "post_id": [x for _, x, _ in rows],
            "target": "ln_views_7d",
            "status": "matured",
            "actual_ln": [v for *_, v in rows],
            "is_inside": pd.array([True] * len(rows), "boolean"),
            "age_h": 200.0,
            "reason": "",
        }
    )


def test_verdicts_are_made_anew_and_actual_is_a_count(store: Store) -> None:
    key = performance.freeze(store, PROJECT, made(8.0), at=at(4))["prediction_id"][0]
    for rows in (
        [(key, "tiktok:1", 1.0), (key, "tiktok:2", 2.0)],
        [(key, "tiktok:1", np.log(501))],
    ):
        performance.save_verdicts(store, PROJECT, held(*rows), at=at(20))
    found = store.query("SELECT * FROM verdicts")
    assert found[["prediction", "post_id", "actual"]].values.tolist() == [[key, "tiktok:1", 500.0]]
    assert offenders(store) == []
    change(store, "UPDATE verdicts SET age_h = 100")
    assert offenders(store) == ["performance_words"]


def test_a_run_of_patterns_is_replaced_as_a_whole(store: Store) -> None:
    row = dict.fromkeys(PATTERN_COLUMNS) | {"pattern": "x", "kind": "measured", "claim": ""}
    row |= {"parts": ["a", "b"], "examples": [], "half_life_high": np.inf}
    run = {"pattern_run_id": "r", "project_id": PROJECT, "rules": {"claim_q": 0.1}, "left_out": {}}
    for n in (3, 2):
        table = pd.DataFrame([row | {"pattern_id": str(i)} for i in range(n)])
        performance.save_patterns(store, run, table)
    found = store.query("SELECT parts, half_life_high FROM patterns_latest")
    assert len(found) == 2
    assert list(found["parts"][0]) == ["a", "b"]
    assert np.isinf(found["half_life_high"][0])
    assert offenders(store) == []


def test_costs_are_noted_once_and_make_sense(store: Store) -> None:
    cost = {"project_id": PROJECT, "script_id": "hum", "what": "shoot", "hours": 3.5}
    keys = {performance.note_cost(store, cost, by="Ann", at=at(d)) for d in (1, 2)}
    assert len(keys) == 1
    assert len(store.query("SELECT * FROM production_costs")) == 1
    for wrong in ({"what": "x"}, {"what": "x", "hours": -1.0}):
        with pytest.raises(BadInput):
            performance.note_cost(store, wrong, by="Ann", at=at(1))


def test_a_variant_needs_a_linked_post(store: Store) -> None:
    with pytest.raises(BadInput, match="not linked"):
        performance.set_variant(store, "hum", "tiktok:1", "A")
    scripts.link(store, "hum", {"post_id": "tiktok:1", "url": "u"}, by="Ann")
    performance.set_variant(store, "hum", "tiktok:1", "A")
    assert store.query("SELECT variant FROM publications")["variant"].tolist() == ["A"]

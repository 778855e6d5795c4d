"""Foreign fields: what each form means, what is unknown, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core.models import HIDDEN, NOT_EXPOSED, Metric
from vtlib.platforms.fields import (
    any_flag,
    count,
    dig,
    first,
    flag,
    hashtags_in,
    leniently,
    moment,
    nested,
    path_of_key,
    seconds,
    text,
    unflatten,
    whole,
    words,
    zeeschuimer,
)

NOON = datetime(2025, 11, 22, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (12, 12),
        (12.0, 12),
        ("12", 12),
        ("12.0", 12),
        (-1, -1),
        ("-1", -1),
        ("149,998", 149_998),
        ("5.000", 5_000),  # as in Germany or Brazil: a count has no fraction
        ("5.0", 5),
        ("1234.000", 1_234),
        ("1.234.567", 1_234_567),
        ("63K", 63_000),
        ("1.2M", 1_200_000),
        ("1,2m", 1_200_000),
        ("2B", 2_000_000_000),
        ("1,234 views", 1_234),
        ("12.3K subscribers", 12_300),
        (0, 0),
        ("0", 0),
        (None, None),
        ("", None),
        (True, None),
    ],
)
def test_whole(value: Any, number: int | None) -> None:
    assert whole(value) == number


NO_COUNTS = ["many", "1.2", "#NAME?", "12 days", float("inf"), float("nan"), [], {}]
NO_COUNTS += [2**63, 2**64, 1e300, "9" * 5_000, "1" + " " * 100_000 + "x"]


@pytest.mark.parametrize("value", NO_COUNTS, ids=lambda v: str(v)[:20])
def test_what_is_no_count_is_noticed(value: Any) -> None:
    with pytest.raises(ValueError):
        whole(value)
    with leniently() as noted:
        assert count(value) == NOT_EXPOSED
    assert [value for value, _ in noted] == [value]


@pytest.mark.parametrize("value", [1e300, float("nan"), -1e18, "9" * 13, "long ago", {}])
def test_what_is_no_time_is_noticed(value: Any) -> None:
    with pytest.raises(ValueError):
        moment(value)


@pytest.mark.parametrize("value", [1e300, float("nan"), -5, "soon", [1]])
def test_what_is_no_length_is_noticed(value: Any) -> None:
    with pytest.raises(ValueError):
        seconds(value)


@given(st.integers(0, 10**12))
def test_a_count_reads_the_same_in_every_spelling(number: int) -> None:
    spelt = [number, str(number), f"{number:,}", f"{number}.0", f"{number:,} views"]
    assert {count(s) for s in spelt} == {Metric(number, "observed")}


@pytest.mark.parametrize(
    ("value", "metric"),
    [
        (None, NOT_EXPOSED),
        ("", NOT_EXPOSED),
        (-1, HIDDEN),
        ("-1", HIDDEN),
        (0, Metric(0, "observed")),
        ("63K", Metric(63_000, "estimated")),
        ("1.2M views", Metric(1_200_000, "estimated")),
    ],
)
def test_a_count_is_a_value_and_a_state(value: Any, metric: Metric) -> None:
    assert count(value) == metric


@pytest.mark.parametrize(
    "value",
    [
        "2025-11-22T12:00:05.000Z",
        "2025-11-22T12:00:05+00:00",
        "2025-11-22T04:00:05-08:00",
        1763812805,
        1763812805.0,
        "1763812805",
        1763812805000,
        "1763812805000",
        "Sat Nov 22 12:00:05 +0000 2025",
        "Sat, 22 Nov 2025 12:00:05 +0000",
        "Sat, 22 Nov 2025 12:00:05 GMT",
    ],
)
def test_one_moment_in_every_form(value: Any) -> None:
    assert moment(value) == NOON


@pytest.mark.parametrize("value", [None, "", 0, "0000000000"])
def test_no_moment(value: Any) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    "value", ["2025-11-22 12:00:05", "2025-11-22", "10 months ago", "2025-13-01T00:00:00Z"]
)
def test_a_time_without_a_zone_or_sense_is_refused(value: str) -> None:
    with pytest.raises(ValueError):
        moment(value)


@given(st.integers(10**9, 4 * 10**9))
def test_seconds_and_milliseconds_are_told_apart(stamp: int) -> None:
    assert moment(stamp) == moment(stamp * 1000) == moment(moment(stamp).isoformat())


@pytest.mark.parametrize(
    ("value", "length"),
    [
        (56.966, 56.966),
        ("56.966", 56.966),
        ("00:12:05", 725.0),
        ("1:02:03", 3723.0),
        ("0:31", 31.0),
        ("PT1M3S", 63.0),
        ("PT2H", 7200.0),
        ("P0D", None),
        ("00:00:00", None),
        (0, None),
        ("", None),
        (None, None),
    ],
)
def test_seconds(value: Any, length: float | None) -> None:
    assert seconds(value) == length


@given(st.integers(1, 99 * 3600))
def test_a_length_reads_the_same_in_every_spelling(length: int) -> None:
    h, m, s = length // 3600, length // 60 % 60, length % 60
    assert seconds(f"{h:02d}:{m:02d}:{s:02d}") == seconds(f"PT{h}H{m}M{s}S") == seconds(length)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (True, True),
        ("true", True),
        ("False", False),
        (0, False),
        ("1", True),
        (None, None),
        ("", None),
    ],
)
def test_flag(value: Any, known: bool | None) -> None:
    assert flag(value) is known


def test_any_flag_knows_unknown() -> None:
    assert any_flag({"a": False, "b": True}, "a", "b") is True
    assert any_flag({"a": "false"}, "a", "b") is False
    assert any_flag({"a": None}, "a", "b") is None
    assert any_flag({"a": {"b": [1]}}, "a.b") is True
    with pytest.raises(ValueError):
        any_flag({"a": "perhaps"}, "a")


def test_dig_and_first() -> None:
    item = {"a": [{"b": 0}], "e": "", "n": None, "l": []}
    assert dig(item, "a", 0, "b") == 0
    assert dig(item, "a", 1, "b") is None
    assert dig(item, "a", "b") is None
    assert first(item, "e", "n", "l", "a.0.b") == 0
    assert first(item, "e") is None


def test_text_and_words() -> None:
    assert text("  a ") == "a"
    assert text(" ") is None
    assert text({"a": 1}) is None
    assert text(0) == "0"
    assert words(["#a", "a", "", None, "@b"]) == ("a", "b")
    assert words([{"name": "", "title": "t"}, {"x": 1}], "name", "title") == ("t",)
    assert words("no list") == ()


def test_hashtags_of_a_caption() -> None:
    caption = "#One #two2 #3 &#39;x https://a.b/#no #피부 #one,#One"
    assert hashtags_in(caption) == ("One", "two2", "피부", "one")
    assert hashtags_in(None) == ()


def test_both_wrappings_of_a_browser_capture() -> None:
    raw = {"id": "1"}
    meta = {"source_platform": "TikTok.com", "timestamp_collected": 5}
    assert zeeschuimer({**meta, "data": raw}) == ("tiktok.com", raw, 5)
    assert zeeschuimer({**raw, "__import_meta": meta})[::2] == ("tiktok.com", 5)
    assert zeeschuimer(raw) is None


@pytest.mark.parametrize("sep", "/.")
def test_flat_keys_become_objects_again(sep: str) -> None:
    flat = {f"a{sep}b": "1", f"h{sep}1{sep}n": "y", f"h{sep}0{sep}n": "x", "z": "", "k": None}
    assert nested(flat) == {"a": {"b": "1"}, "h": [{"n": "x"}, {"n": "y"}], "k": None}


def test_an_item_with_plain_keys_is_left_alone() -> None:
    item = {"a": {"b/c": 1}, "d": ""}
    assert nested(item) is item


def strange_names(node: Any) -> bool:
    """Whether a mapping anywhere in `node` has a key that is no text."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    names = node if isinstance(node, dict) else ()
    return any(not isinstance(k, str) for k in names) or any(strange_names(v) for v in inner)


STEPS = st.text(alphabet="/.0123²٣a ", max_size=12) | st.text(max_size=5)


@given(st.dictionaries(STEPS, st.integers(), max_size=6))
def test_every_name_of_an_item_is_a_text_whatever_its_flat_keys_were(item: dict[str, Any]) -> None:
    assert not strange_names(nested(item))
    assert not strange_names(unflatten((path_of_key(k, "/"), v) for k, v in item.items()))


@pytest.mark.parametrize("key", ["0/", "0/a", "a/00", "a/²", "٣/b", "0"])
def test_a_step_that_is_no_index_of_a_list_stays_a_name(key: str) -> None:
    item = unflatten([(path_of_key(key, "/"), 1)])
    assert not strange_names(item)
    assert item  # nothing is lost


KEYS = st.sampled_from(["a", "b", "c"])
TREES = st.recursive(
    st.just("x"),
    lambda kids: st.dictionaries(KEYS, kids, min_size=1) | st.lists(kids, min_size=1, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, TREES, min_size=1))
def test_unflatten_is_the_way_back(item: dict[str, Any]) -> None:
    assert unflatten(cells(item, ())) == item


def cells(node: Any, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, str):
        return [(path, node)]
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    return [cell for key, value in inner for cell in cells(value, (*path, key))]

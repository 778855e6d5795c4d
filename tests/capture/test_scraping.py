"""What is asked, what it may cost, what of the answer is kept, and what a person is told; all
without effects.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.capture import orders as ordering
from vtlib.capture import results as scraping
from vtlib.capture.orders import Ledger, Order
from vtlib.capture.results import Came, Ran, RunItem, SelectedPosts
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS
from vtlib.core.params import Scraping
from vtlib.platforms.searches import asked_for, names_of, target_keys

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
LEDGER = Ledger(NOW)
TWO = ("a", "b")


def asked(**facts) -> Order:
    base = {"platform": "tiktok", "actor": "u/a", "ask": "accounts", "targets": TWO}
    return Order(**{**base, "run_input": {}, "items_max": 100, "limit": 3, **facts})


def accounts(*rows) -> pd.DataFrame:
    names = ["platform", "handle", "native_id", "role"]
    return pd.DataFrame([(*r, *[None] * (3 - len(r)), "competitor") for r in rows], columns=names)


def seen(no, target="a", *, age_h=1.0, form="video", post=None) -> RunItem:
    post = post or f"tiktok:{no}"
    return RunItem(no, target, post, NOW - timedelta(hours=age_h), form, has_counts=True)


# What is asked


def account_orders(followed: pd.DataFrame, **known) -> list[Order]:
    return [*ordering.account_orders(followed, **known).orders]


def test_orders_follow_the_parameters():
    followed = accounts(
        ("instagram", "one"),
        ("instagram", "two"),
        ("x", "one"),
        ("x", "two"),
        ("linkedin", "acme", "company/acme"),
        ("linkedin", "bob", "in/bob"),
    )
    params = Scraping(days_back=7, limit=20, post_types=["reel"])
    found = account_orders(followed, params=params, ledger=LEDGER)
    assert [(o.actor, o.targets, o.items_max) for o in found] == [
        ("apify/instagram-scraper", ("one", "two"), 40),
        ("apidojo/tweet-scraper", ("one",), 20),  # its limit is for the whole run: one account each
        ("apidojo/tweet-scraper", ("two",), 20),
        ("harvestapi/linkedin-company-posts", ("company/acme",), 20),
        ("harvestapi/linkedin-profile-posts", ("in/bob",), 20),
    ]
    first = found[0].run_input
    assert (first["onlyPostsNewerThan"], first["resultsType"]) == ("2026-06-03", "reels")
    assert found[0].formats == ("reel",)
    only = Scraping(platforms=["x"])
    assert {o.platform for o in account_orders(followed, params=only, ledger=LEDGER)} == {"x"}


def test_accounts_that_are_not_followed_are_not_asked():
    assert account_orders(pd.DataFrame(), params=Scraping(), ledger=LEDGER) == []
    stranger = accounts(("x", "one")).assign(role=None)
    assert account_orders(stranger, params=Scraping(), ledger=LEDGER) == []


def test_an_actor_that_limits_each_format_may_bring_each():
    followed = accounts(("youtube", "one"))
    (every,) = account_orders(followed, params=Scraping(limit=10), ledger=LEDGER)
    shorts = Scraping(limit=10, post_types=["short"])
    (one,) = account_orders(followed, params=shorts, ledger=LEDGER)
    assert (every.items_max, one.items_max) == (30, 10)


def test_another_actor_can_be_named():
    params = Scraping(actors={"instagram": "apify/instagram-post-scraper"})
    followed = accounts(("instagram", "one"))
    (found,) = account_orders(followed, params=params, ledger=LEDGER)
    assert found.actor == "apify/instagram-post-scraper"
    wrong = Scraping(actors={"instagram": "apify/instagram-posts-scraper"})
    with pytest.raises(BadInput, match="apify/instagram-post-scraper"):
        account_orders(followed, params=wrong, ledger=LEDGER)
    with pytest.raises(BadInput, match="no actor of facebook can be asked for search"):
        ordering.orders(
            ["tea"], ask="search", platform="facebook", params=Scraping(), ledger=LEDGER
        )


@pytest.mark.parametrize(
    ("had", "is_asked"),
    [
        ({}, False),
        ({"post_limit": 3}, True),  # more is wanted now
        ({"post_limit": None}, False),
        ({"days_back": 3}, True),
        ({"days_back": 30}, False),
        ({"formats": ["reel"]}, True),
        ({"targets": ["another"]}, True),
        ({"ask": "profiles"}, True),
    ],
)
def test_what_was_answered_a_moment_ago_is_not_asked_again(had, is_asked):
    row = {
        "capture_id": "c",
        "platform": "x",
        "actor": "u/a",
        "ask": "accounts",
        "targets": ["one"],
    }
    times = {"asked_at": NOW, "closed_at": NOW, "is_empty": False, "reason": None}
    recent = {**row, **times, "formats": [], "post_limit": 20, "days_back": None, **had}
    params = Scraping(limit=20, days_back=7)
    followed = accounts(("x", "one"))
    wave = ordering.account_orders(followed, params=params, ledger=Ledger(NOW, recent=[recent]))
    assert bool(wave.orders) is is_asked
    assert wave.covers == ()  # its data is there: nothing has to be said
    empty = {**recent, "is_empty": True, "reason": "only error items"}
    wave = ordering.account_orders(followed, params=params, ledger=Ledger(NOW, recent=[empty]))
    assert bool(wave.orders) is is_asked
    assert [("only error items" in c.reason, "--again" in c.reason) for c in wave.covers] == [
        (True, True)
    ] * (not is_asked)


@pytest.mark.parametrize(
    ("had", "is_asked"),
    [
        ({}, False),
        ({"post_limit": 3, "days_back": 1, "formats": ["reel"]}, False),  # whatever its filters
        ({"actor": "another/actor"}, False),
        ({"targets": ["zero", "@ONE"]}, False),
        ({"targets": ["https://x.com/One"]}, False),
        ({"targets": ["another"]}, True),
        ({"ask": "profiles"}, True),
        ({"platform": "tiktok"}, True),
    ],
)
def test_an_open_order_covers_its_targets(had, is_asked):
    row = {
        "capture_id": "c7",
        "platform": "x",
        "actor": "u/a",
        "ask": "accounts",
        "targets": ["one"],
    }
    left = {**row, "formats": [], "post_limit": 20, "days_back": None, "closed_at": None, **had}
    ledger = Ledger(NOW, open_orders=[left])
    wave = ordering.account_orders(accounts(("x", "one")), params=Scraping(), ledger=ledger)
    assert bool(wave.orders) is is_asked
    assert [(c.targets, "vt scrape --abandon c7" in c.reason) for c in wave.covers] == [
        (("one",), True)
    ] * (not is_asked)


@pytest.mark.parametrize(
    ("platform", "ask", "one", "other", "is_same"),
    [
        ("tiktok", "accounts", "@Sim", "https://www.tiktok.com/@sim", True),
        ("tiktok", "hashtag", "#Tea", "tea", True),
        ("tiktok", "search", "tea  pot", "Tea pot", True),
        ("tiktok", "search", "#tea", "tea", False),
        (
            "linkedin",
            "accounts",
            "company/acme",
            "https://www.linkedin.com/company/acme/posts",
            True,
        ),
        ("linkedin", "accounts", "https://www.linkedin.com/company/acme/posts", "company/b", False),
        (
            "instagram",
            "posts",
            "https://instagram.com/p/Cab12/",
            "https://www.instagram.com/reel/Cab12",
            True,
        ),
        (
            "instagram",
            "posts",
            "https://instagram.com/p/Cab12/",
            "https://instagram.com/p/CAB12/",
            False,
        ),
        ("tiktok", "posts", "https://vm.tiktok.com/ZMa/", "https://vm.tiktok.com/ZMa", True),
        ("tiktok", "posts", "https://vm.tiktok.com/ZMa/", "https://vm.tiktok.com/ZMb/", False),
    ],
)
def test_two_spellings_of_a_target_are_one(platform, ask, one, other, is_same):
    keys = target_keys(platform, ask, one) & target_keys(platform, ask, other)
    assert bool(keys) is is_same


def test_where_an_actor_is_gone_another_is_named_and_never_the_same():
    for platform, ask in (
        ("instagram", "accounts"),
        ("tiktok", "search"),
        ("facebook", "accounts"),
    ):
        targets = {"accounts": "one", "search": "tea"}[ask]
        (order,) = ordering.orders(
            [targets], ask=ask, platform=platform, params=Scraping(), ledger=LEDGER
        ).orders
        advice = ordering.other_actors(order)
        assert "scraping.actors" in advice
        assert order.actor not in advice


@pytest.mark.parametrize(
    ("age_h", "seen_at_h", "is_due"),
    [
        (10, 1, False),  # no horizon passed
        (25, 1, True),
        (25, 24.5, False),
        (80, 30, True),
        (80, 73, False),
        (200, None, True),  # known by its URL alone
        (800, 200, True),
        (1200, 200, False),  # too old to be read again
    ],
)
def test_a_post_is_due_once_after_each_horizon(age_h, seen_at_h, is_due):
    posted = pd.Timestamp(NOW).tz_localize(None) - pd.Timedelta(hours=age_h)
    last = pd.NaT if seen_at_h is None else posted + pd.Timedelta(hours=seen_at_h)
    posts = pd.DataFrame(
        {
            "platform": ["x"],
            "url": ["https://x.com/i/status/1"],
            "posted_at": [posted],
            "last_captured_at": pd.to_datetime([last]),
        }
    )
    assert bool(len(ordering.due_posts(posts, params=Scraping(), now=NOW))) is is_due


def test_posts_of_scripts_are_due_at_once_when_nobody_saw_them():
    now = pd.Timestamp(NOW).tz_localize(None)
    posts = pd.DataFrame(
        {
            "post_id": ["fresh", "seen", "due"],
            "posted_at": [pd.NaT, now - pd.Timedelta(hours=25), now - pd.Timedelta(hours=25)],
            "last_captured_at": [pd.NaT, now, now - pd.Timedelta(hours=20)],
        }
    )
    due = ordering.due_links(posts, params=Scraping(), now=NOW)
    assert due["post_id"].tolist() == ["fresh", "due"]
    assert ordering.due_links(posts[:0], params=Scraping(), now=NOW).empty


def test_an_estimate_takes_the_users_price_then_the_learnt_one():
    orders = [asked(actor="u/mine"), asked(actor="u/known"), asked(actor="u/new")]
    found = ordering.estimate(orders, prices={"u/mine": 2.0}, charged={"u/mine": 9, "u/known": 1.0})
    assert found["basis"].tolist() == ["yours", "earlier captures", "unknown"]
    assert found["usd"].tolist()[:2] == [0.2, 0.1]
    assert pd.isna(found["usd"][2])
    words = ordering.estimate_words(found, remaining_usd=5)
    assert "at most 300 items: at most $0.30, and 1 run of unknown price" in words[0]
    assert ordering.weights(found) == [100, 100, 100]  # unknown prices: by items
    assert ordering.weights(found[:2]) == [0.2, 0.1]
    nothing = ordering.estimate([], prices={}, charged={})
    assert ordering.estimate_words(nothing, remaining_usd=5) == ["Nothing has to be asked."]


# For whom an item came


@pytest.mark.parametrize(
    ("platform", "word", "name"),
    [
        ("instagram", "https://www.instagram.com/Some_One/", "some_one"),
        ("instagram", "https://www.instagram.com/explore/tags/tea", "tea"),
        ("instagram", "https://www.instagram.com/reel/Cabc12345/", "instagram:cabc12345"),
        ("tiktok", "@Some.One", "some.one"),
        ("tiktok", "#tea", "tea"),
        ("youtube", "https://www.youtube.com/results?search_query=Tiny+Kitchen", "tiny kitchen"),
        ("youtube", "https://www.youtube.com/@Some/shorts", "some"),
        ("linkedin", "https://www.linkedin.com/company/acme/posts", "company/acme"),
        ("linkedin", "company/acme", "acme"),
        ("pinterest", "https://www.pinterest.com/search/pins/?q=tea+pot&rs=typed", "tea pot"),
        ("x", "tea pot", "tea pot"),
    ],
)
def test_names_that_a_target_goes_by(platform, word, name):
    assert name in names_of(platform, word)


@given(st.sampled_from(PLATFORMS), st.text(max_size=40))
def test_any_word_has_names_and_none_raises(platform, word):
    assert all(n == n.lower() for n in names_of(platform, word))


def test_an_own_url_speaks_only_for_an_error():
    assert asked_for({"url": "https://x.com/a/status/1", "text": "t"}) is None
    assert asked_for({"url": "https://www.tiktok.com/@a", "error": "gone"}).endswith("@a")
    assert asked_for({"url": "u", "inputUrl": "https://www.instagram.com/a"}).endswith("/a")


def test_items_find_their_targets():
    run = asked(platform="tiktok", targets=("Ann", "@bob", "https://www.tiktok.com/@cy"))
    posts = [
        {"id": str(7 * 10**18 + n), "webVideoUrl": f"https://www.tiktok.com/@{who}/video/{7 * 10**18 + n}",  # noqa: E501
         "authorMeta": {"name": who, "id": f"9{n}"}, "input": said, "playCount": 5}
        for n, (who, said) in enumerate([("ann", "ann"), ("else", "bob"), ("cy", "?"), ("dee", "?")])  # noqa: E501
    ]  # fmt: skip
    gone = {"url": "https://www.tiktok.com/@bob", "input": "bob", "error": "does not exist"}
    found = scraping.look(enumerate([*posts, gone, "text"], 1), run)
    assert [s.target for s in found] == [
        *("Ann", "@bob", "https://www.tiktok.com/@cy", "", "@bob"),
        "",
    ]
    assert [s.refusal for s in found][4:] == ["provider_error", "unreadable"]
    assert [s.has_counts for s in found] == [True] * 4 + [False] * 2


# What is kept


def test_filters_are_enforced_again():
    run = asked(limit=2, days_back=1, formats=("video",))
    items = [
        seen(1, age_h=30),
        seen(2, form="carousel"),
        seen(3, age_h=3),
        seen(4, age_h=1),
        seen(5, age_h=2),
        seen(6, age_h=1, post="tiktok:4"),
        seen(7, "b", age_h=20),
        RunItem(8, "b", refusal="no_items"),
        RunItem(9, "b", "tiktok:9", None, "video"),
    ]
    kept = scraping.keep(items, run, captured_at=NOW)
    assert kept.posts == {"tiktok:4", "tiktok:5", "tiktok:7", "tiktok:9"}
    reasons = {item_no: reason for (item_no, _), reason in kept.out.items()}
    assert reasons == {1: "too_old", 2: "other_type", 6: "twice", 3: "beyond_limit"}


def test_a_search_keeps_the_providers_order():
    items = [seen(n, age_h=50 - n) for n in range(5)]
    kept = scraping.keep(items, asked(ask="search", limit=2), captured_at=NOW)
    assert kept.posts == {"tiktok:0", "tiktok:1"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", ""]),
            st.integers(0, 30),
            st.floats(0, 100),
            st.sampled_from(["video", "carousel"]),
        ),
        max_size=40,
    ),
    st.one_of(st.none(), st.integers(1, 5)),
    st.one_of(st.none(), st.integers(1, 3)),
)
def test_kept_posts_are_what_was_asked(items, limit, days_back):
    run = asked(limit=limit, days_back=days_back, formats=("video",))
    found = [
        seen(no, target, age_h=age, form=form, post=f"tiktok:{post}")
        for no, (target, post, age, form) in enumerate(items)
    ]
    kept = scraping.keep(found, run, captured_at=NOW)
    stays = [s for s in found if s.key not in kept.out]
    assert {s.post_id for s in stays} == kept.posts
    assert all(s.format == "video" for s in stays)
    assert all(not days_back or s.posted_at >= NOW - timedelta(days=days_back) for s in stays)
    per_target = Counter(s.target for s in stays)
    assert all(not limit or n <= limit for t, n in per_target.items() if t)
    rows = scraping.per_target(found, kept, ran=Ran(run, "SUCCEEDED"), new=kept.posts)
    assert sum(r["found"] for r in rows) == len(found)
    assert all(r["new"] + r["updated"] + r["skipped"] == r["mapped"] for r in rows)


# What a person is told


@pytest.mark.parametrize(
    ("items", "status", "days", "word"),
    [
        ([seen(1), seen(2), seen(3)], "SUCCEEDED", None, None),
        ([seen(1)], "SUCCEEDED", None, "1 of 3 asked: it has no more, or the provider stopped"),
        ([seen(1)], "SUCCEEDED", 7, "1 of 3 asked: no more within 7 days"),
        ([seen(1)], "TIMED-OUT", None, "1 of 3 asked: the run ended TIMED-OUT before"),
        ([], "SUCCEEDED", None, "nothing, and no reason"),
        ([], "ABORTED", None, "nothing: the run ended ABORTED before"),
        ([RunItem(1, "a", refusal="no_items")], "SUCCEEDED", 7, "private, empty or nothing as new"),
        (
            [RunItem(1, "a", refusal="provider_error", said="This profile does not exist.")],
            *("SUCCEEDED", None, "nothing: This profile does not exist."),
        ),
        (
            [seen(n, age_h=30 * n) for n in (0, 1, 2)],
            *("SUCCEEDED", 1, "2 left out, older than asked"),
        ),
    ],
)
def test_words_for_an_account(items, status, days, word):
    run = asked(targets=("a",), days_back=days)
    kept = scraping.keep(items, run, captured_at=NOW)
    (row,) = scraping.per_target(items, kept, ran=Ran(run, status), new=())
    assert (row["reason"] is None) if word is None else (word in row["reason"])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"tally": {"mapped": 3}}, ("ok", "", 0)),
        ({"tally": {"mapped": 3}, "status": "FAILED"}, ("failed", "the run ended FAILED", 4)),
        ({"tally": {"mapped": 3}, "at_cap": True}, ("ok", "the cap on cost was reached", 8)),
        ({"tally": {"mapped": 1, "unreadable": 3}}, ("failed", "only 25% of the items", 4)),
        ({"tally": {"mapped": 3, "bad_field": 1}}, ("ok", "1 of 4 items could not be read", 2)),
        ({"tally": {"mapped": 3}, "counted": 1}, ("failed", "renamed its fields", 4)),
        ({"tally": {"no_items": 3}}, ("failed", "only error items", 4)),
        ({"tally": {"no_items": 3}, "days": 7}, ("ok", "only error items", 0)),
        ({"tally": {"provider_error": 3}, "days": 7}, ("failed", "only error items", 4)),
        ({"tally": {}}, ("failed", "nothing and no reason", 4)),
        ({"tally": {"accounts": 2}}, ("ok", "", 0)),
    ],
)
def test_a_run_is_judged(facts, expected):
    tally = Counter(facts["tally"])
    tally["found"] = tally.total()
    ran = Ran(asked(targets=(), days_back=facts.get("days")), facts.get("status", "SUCCEEDED"))
    counted = facts.get("counted", tally["mapped"])
    came = Came(ran, (), tally, counted, at_cap=facts.get("at_cap", False))
    status, reason, code = scraping.judge(came, least=0.5)
    assert (status, code) == (expected[0], expected[2])
    assert expected[1] in reason
    assert bool(reason) == bool(expected[1])


def test_an_account_that_was_refused_fails_the_command_but_not_the_run():
    items = [seen(1), seen(2), seen(3), RunItem(4, "b", refusal="provider_error", said="gone")]
    ran = Ran(asked(), "SUCCEEDED")
    rows = scraping.per_target(items, SelectedPosts(frozenset({"tiktok:1"})), ran=ran, new=())
    tally = Counter(found=4, mapped=3, provider_error=1)
    assert scraping.judge(Came(ran, tuple(rows), tally, 3), least=0.5) == (
        *("ok", "1 of 2 targets gave nothing"),
        4,
    )


def test_conclusion():
    names = ["platform", "ask", "handle", "requested", "found", "mapped", "new", "updated"]
    targets = pd.DataFrame(
        [
            ("x", "accounts", "a", 5, 5, 5, 4, 1, 0, 0, None),
            ("x", "accounts", "b", 5, 3, 3, 1, 1, 1, 0, "2 of 5 asked: …"),
            ("x", "accounts", "c", 5, 1, 0, 0, 0, 0, 1, "nothing: gone"),
        ],
        columns=[*names, "skipped", "problems", "reason"],
    )
    captures = pd.DataFrame({"charged_usd": [0.5, None]})
    said = scraping.conclude(targets, captures, has_token=True)
    assert said.counts == {"asked": 3, "short": 2, "runs": 2}
    text = repr(said)
    assert "3 targets (accounts, tags, words, posts) on 1 platform" in text
    assert "9 items came, 8 could be used: 5 new posts, 2 known before, 1 left out" in text
    assert "$0.50; for 1 run it did not say" in text
    assert text.index("x c: nothing") < text.index("x b: 2 of 5")
    none = scraping.conclude(targets.head(0), captures.head(0), has_token=False)
    assert (none.status, "APIFY_TOKEN" in none.reason) == ("skipped", True)


def test_a_day_is_counted_by_the_providers_clock():
    params = Scraping(days_back=1)
    (found,) = account_orders(accounts(("x", "one")), params=params, ledger=LEDGER)
    assert found.run_input["start"] == date(2026, 6, 9).isoformat()

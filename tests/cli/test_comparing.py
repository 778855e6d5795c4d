"""`vt analyze compare`, `vt script adapt` and products on `vt analyze videos`: what is known is
shown, the rest is said.
"""

import pytest

from vtlib.adaptation import store as fits
from vtlib.core.settings import load_settings
from vtlib.store import catalog, people
from vtlib.store.connection import Store
from vtlib.store.writes import save

POST = "tiktok:1"


@pytest.fixture
def store(home):
    (home / "params" / "spring.yaml").write_text("project: spring\n")
    made = Store(load_settings().database_path)
    people.ensure_project(made, "spring", brand="b")
    for slug in ("deck", "cards"):
        catalog.create_product(made, "b", {"name": slug.title()}, slug=slug)
    people.add_products(made, "spring", ["deck", "cards"])
    return made


@pytest.fixture
def judged(store):
    """One video whose products were judged side by side."""
    key = {"post_id": POST}
    asked = key | {"project_id": "spring", "status": "ok"}
    rows = {
        "posts": [
            key
            | {"platform": "tiktok", "native_id": "1", "format": "video", "url": "https://e.x/1"}
        ],
        "project_posts": [key | {"project_id": "spring", "came_from": "import"}],
        "selections": [key | {"project_id": "spring", "role": "breakout"}],
        "analyses": [
            asked | {"analysis_id": "a", "task": "analysis", "answer": {"beats": []}},
            asked | {"analysis_id": "q", "task": "fits", "answer": {"fits": []}},
        ],
    }
    with store.write() as connection:
        for table, made in rows.items():
            save(
                connection,
                table,
                made,
                key=["post_id", "analysis_id"] if table == "analyses" else ["post_id"],
            )
    names = ("hook_relevance", "audience_match", "transition_ease", "replicability")

    def fit(product, score, **more):
        scores = dict.fromkeys(names, score)
        base = {"product_id": product, "scores": scores, "score": float(score), "reason": "r"}
        return key | base | {"obstacles": [], "confidence": "low", "is_recommended": False} | more

    said = [
        fit("b/deck", 4, is_recommended=True, recommended_why="it is a game"),
        fit("b/cards", 2),
    ]
    duel = key | {"first_product_id": "b/cards", "second_product_id": "b/deck", "better": "second"}
    fits.save_fits(store, "q", said, [duel])


def test_one_video_ranked_with_the_recommendation(vt, judged):
    said = vt("analyze", "compare", "--video", POST, "--json")
    assert said.code == 3, "the question of today is not asked without a key, and that is told"
    assert said.data["stopped"] == "set GEMINI_API_KEY"
    assert [p["product_id"] for p in said.data["products"]] == ["b/deck", "b/cards"]
    assert (said.data["recommended"], said.data["recommended_why"]) == ("b/deck", "it is a game")
    drawn = vt("analyze", "compare", "--video", POST).out.splitlines()
    assert drawn[:9] == [
        'Video: "tiktok:1" (unknown creator on tiktok, https://e.x/1)',
        "",
        "Product Fit Scores:",
        "1. Deck - 4/5 (r)",
        "2. Cards - 2/5 (r)",
        "",
        "Recommended: Deck",
        "Reason: it is a game",
        "How sure: low by the model, judged 1 time, 1 of 1 pair won",
    ]
    assert drawn[9].startswith("Rule: the product with the highest mean of the four scores")


def test_a_project_as_matrix_and_ranks(vt, judged):
    said = vt("analyze", "compare", "--project", "spring")
    assert "recommended" not in said.out
    assert "not surely" in said.out
    assert "set GEMINI_API_KEY" in said.out
    data = vt("analyze", "compare", "--project", "spring", "--json").data
    assert [(r["product_id"], r["rank"]) for r in data["ranks"]] == [("b/deck", 1), ("b/cards", 2)]
    assert len(data["matrix"]) == 2
    one = vt("analyze", "compare", "--project", "spring", "--product", "cards", "--json").data
    assert [r["product_id"] for r in one["ranks"]] == ["b/cards"]


def test_under_the_threshold_none_is_recommended_and_the_ways_on_are_named(vt, judged, home):
    (home / "params" / "spring.yaml").write_text("project: spring\nadaptation: {min_score: 4.5}\n")
    said = vt("analyze", "compare", "--video", POST)
    assert "Recommended: none: Deck is first with 4/5, under adaptation.min_score 4.5" in said.out
    said = vt("script", "adapt", "--project", "spring")
    assert "No script was written: the best of 2 pairs is Deck with tiktok:1, 4.00 of 5" in said.out
    assert "vt script adapt --project spring --video tiktok:1 --product deck" in said.out


def test_a_dry_run_says_what_it_would_take(vt, judged):
    said = vt("analyze", "compare", "--project", "spring", "--dry-run", "--json")
    assert (said.code, said.data["questions"], said.data["usd_max"]) == (0, 1, None)
    assert said.data["tokens_max"] > 1000
    adapt = ("script", "adapt", "--project", "spring", "--dry-run", "--json")
    assert vt(*adapt).data["questions"] == 1, "the best pair"
    both = vt("analyze", "videos", "--project", "spring", "--all-products", "--dry-run", "--json")
    assert (both.data["fits"], both.data["scripts"]) == (1, 1)


def test_nothing_to_judge_is_told(vt, store):
    said = vt("analyze", "compare", "--project", "spring", "--json")
    assert (said.code, said.data["status"], said.data["reason"]) == (
        0,
        "skipped",
        "set GEMINI_API_KEY",
    )
    assert vt("script", "adapt", "--project", "spring", "--json").data["scripts"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("analyze", "compare"), "what shall be compared"),
        (("analyze", "compare", "--video", "tiktok:9"), "no project has"),
        (("analyze", "compare", "--project", "spring", "--product", "nix"), "no product nix"),
        (("analyze", "videos", "--project", "spring", "--products", "deck,nix"), "no product nix"),
        (
            ("analyze", "compare", "--project", "spring", "--product", "deck", "--all-products"),
            "in one way",
        ),
        (("analyze", "compare", "--project", "spring", "--max-cost", "1"), "no price"),
        (("script", "adapt", "--project", "spring", "--video", POST), "which product"),
        (
            ("script", "adapt", "--project", "spring", "--video", POST, "--from-patterns"),
            "not both",
        ),
    ],
)
def test_bad_input_says_what_to_do(vt, store, words, said):
    found = vt(*words)
    assert found.code == 2
    assert said in found.err

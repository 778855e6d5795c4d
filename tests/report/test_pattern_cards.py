"""Patterns as cards: the effect in words, where it holds, whether it fades, with frames."""

import numpy as np
import pandas as pd

from tests.report import sample
from vtlib.report.pattern_cards import PatternCard, card, write_patterns
from vtlib.tables import Example

ROW = {
    "pattern": "caption_question",
    "claim": "more views",
    "definition": "The caption's first line asks a question.",
    "ratio": 1.8731,
    "ratio_low": 1.56,
    "ratio_high": 2.244,
    "q_value": 0.004,
    "n_with": 80,
    "accounts_with": 20,
    "n_without": 1315,
    "replicates": "repeatable",
    "trend": "fading",
    "half_life_days": 68.2,
    "kind": "measured",
    "posts_needed": 0,
    "note": "",
}
PLATFORMS = pd.DataFrame(
    {"platform": ["tiktok", "youtube"], "claim": ["more views", ""], "ratio": [2.4, 1.1]}
)
EXAMPLE = Example("ann on tiktok, ×55", "https://tiktok.com/v/1", b"\xff\xd8jpeg")
UNCLAIMED = {**ROW, "pattern": "weekend", "claim": "", "q_value": 0.7, "posts_needed": 340}


def cards() -> tuple[PatternCard, ...]:
    return (
        card(ROW, PLATFORMS, (EXAMPLE,)),
        card({**UNCLAIMED, "trend": "too little data"}, pd.DataFrame(), ()),
    )


def test_a_card_says_how_much_how_sure_where_and_whether_it_fades() -> None:
    one = cards()[0]
    assert (one.kind, one.figure, one.sure) == ("more", "×1.87 views", "very sure")
    assert one.effect == "In four cases of five between ×1.56 and ×2.24 of the views without it."
    assert one.where == "Holds alone on TikTok ×2.40."
    assert one.fades == "Fading: half of it is gone in 68 days."
    assert one.basis.startswith("80 posts of 20 accounts with it, 1,315 without; repeatable; ")
    assert one.facts == {"pattern.caption_question.ratio": "1.87"}


def test_a_card_without_a_claim_says_what_would_settle_it() -> None:
    one = cards()[1]
    assert (one.kind, one.sure, one.frames) == ("", "not sure", ())
    assert one.where == "Not tested on a platform alone."
    assert one.fades == "Too little data to say whether it fades."
    assert one.basis.endswith("About 340 posts more would settle it.")
    nowhere = PLATFORMS.assign(claim="")
    assert card(ROW, nowhere, ()).where == "Over all platforms; on none alone yet."
    steady = {**ROW, "trend": "steady or unknown", "half_life_days": np.nan}
    assert card(steady, nowhere, ()).fades == "Steady, or too slow a change to be seen."


def test_the_page_shows_frames_claims_first_and_escapes(tmp_path) -> None:
    hostile = Example(sample.HOSTILE, "https://x.com/1", None)
    shown = (*cards(), card({**ROW, "pattern": "duet"}, PLATFORMS, (hostile,)))
    html = write_patterns(tmp_path / "p.html", shown, page=sample.page("analyst")).read_text()
    assert "2 of 3" in html
    assert "data:image/jpeg;base64,/9hqcGVn" in html
    assert html.index("vt-goes-more") < html.index("vt-goes-nowhere")
    assert "no picture yet" in html
    assert "window.hacked" in html
    assert "<script>window.hacked" not in html


def test_without_patterns_the_page_says_so(tmp_path) -> None:
    html = write_patterns(tmp_path / "p.html", (), page=sample.page("analyst")).read_text()
    assert "No pattern was tested yet" in html

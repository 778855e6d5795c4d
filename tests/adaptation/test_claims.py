"""Claims and facts: what counts as the same word, how much of a claim has to be there, and every
sentence about it.
"""

import pytest

from vtlib.adaptation.answer import ClaimMade
from vtlib.adaptation.claims import CheckedClaim, check, without_grounds

FACTS = {
    "benefits.1": "falls silent when it boils",
    "features.1": "holds 1.2 litres",
    "features.2": "the deluxe night kettle has ears",
}


def checked(text: str, fact: str | None = "benefits.1", **given) -> CheckedClaim:
    (found,) = check([ClaimMade(text=text, fact=fact)], FACTS, lines=[], **given)
    return found


def test_each_state_says_why() -> None:
    assert checked("It falls silent.") == CheckedClaim(
        "It falls silent.", "founded", "benefits.1", "benefits.1: falls silent when it boils"
    )
    assert checked("It falls on every table.") == CheckedClaim(
        *("It falls on every table.", "doubtful", "benefits.1"),
        "only part of it stands in benefits.1: falls silent when it boils",
    )
    assert checked("It cleans itself.") == CheckedClaim(
        *("It cleans itself.", "doubtful", "benefits.1"),
        "nothing of it stands in benefits.1: falls silent when it boils",
    )
    assert checked("It cleans itself.", None) == CheckedClaim(
        "It cleans itself.", "unfounded", "", "no fact of the product says so"
    )
    assert checked("It cleans itself.", "benefits.9") == CheckedClaim(
        *("It cleans itself.", "unfounded", ""),
        "it names a fact that is not there: benefits.9",
    )


@pytest.mark.parametrize(
    ("text", "fact", "held"),
    [
        ("Falls silent every morning.", "benefits.1", "founded"),  # two of four words
        ("Falls silent every single morning.", "benefits.1", "doubtful"),  # two of five
        ("Silence falls.", "benefits.1", "founded"),  # silen, falls
        ("Total silence.", "benefits.1", "founded"),
        ("It silts up.", "benefits.1", "doubtful"),  # four letters alike are not five
        ("It is so: ears.", "features.2", "founded"),  # up to three letters a word is grammar
        ("Ears hear many things.", "features.2", "doubtful"),  # one of four
        ("It has it.", "features.2", "doubtful"),  # no word to compare
        ("Nights at home.", "features.2", "founded"),
        ("The knight has it.", "features.2", "doubtful"),
    ],
)
def test_how_many_of_which_words_have_to_be_there(text: str, fact: str, held: str) -> None:
    assert checked(text, fact).held == held


def test_a_claim_without_words_says_nothing_of_a_fact() -> None:
    assert checked("So it is.").reason.startswith("nothing of it stands in benefits.1")


def test_the_product_s_own_words_support_nothing() -> None:
    claim = "The night kettle sings."
    assert checked(claim, "features.2").held == "founded"
    assert checked(claim, "features.2", own_words="Deluxe night kettle").held == "doubtful"
    assert "nothing of it" in checked(claim, "features.2", own_words="Deluxe night kettle").reason


def test_lines_are_searched_for_what_no_claim_was_flagged_for() -> None:
    unfounded = ClaimMade(text="Boils in 40 seconds.", fact=None)
    doubtful = ClaimMade(text="Guaranteed to fall 3 times.", fact="benefits.1")
    founded = ClaimMade(text="Holds 1.3 litres.", fact="features.1")
    lines = [
        " Boils in 40 seconds. Guaranteed to fall 3 times.",
        "Holds 1.3 litres. ",
        "Holds 1.3 litres. ",
        "Holds 1.2 litres.",
        "No. 1 of 7, the best: 90 % proven",
    ]
    found = check([unfounded, doubtful, founded], FACTS, lines=lines)
    assert [c.held for c in found] == [*("unfounded", "doubtful", "founded"), *["unfounded"] * 2]
    assert found[3:] == (
        CheckedClaim("Holds 1.3 litres.", "unfounded", "", "no fact holds: 1.3"),
        CheckedClaim(
            *("No. 1 of 7, the best: 90 % proven", "unfounded", ""),
            "no fact holds: 7, 90 %, No. 1, the best, proven",
        ),
    )


def test_a_promise_that_a_fact_makes_too_is_none_in_any_letter_case() -> None:
    facts = {"proof.1": "CLINICALLY tested"}
    assert check([], facts, lines=["Clinically tested.", "clinically"]) == ()


def test_whatever_is_not_founded_is_without_grounds() -> None:
    states = ["founded", "doubtful", "unfounded"]
    rows = [{"text": s, "held": "".join([*s])} for s in states]  # as read from a file
    assert without_grounds(rows) == ["doubtful", "unfounded"]
    assert without_grounds(CheckedClaim(s, s, "", "") for s in states) == states[1:]  # type: ignore[arg-type]
    assert without_grounds(None) == []

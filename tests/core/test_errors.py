"""Words of errors: a reason that quotes a service ends in one full stop."""

import pytest

from vtlib.core.errors import sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the day's quota is used up", "the day's quota is used up."),
        ("API key not valid.", "API key not valid."),
        ("twice over..", "twice over."),
        ("has a field been renamed? ", "has a field been renamed?"),
    ],
)
def test_a_sentence_ends_once(text, said):
    assert sentence(text) == said
    assert sentence(sentence(text)) == said

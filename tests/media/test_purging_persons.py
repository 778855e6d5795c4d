"""A purge of persons on real payloads of every platform: the same posts, accounts and numbers
afterwards.
"""

import json
from pathlib import Path

import pytest

from vtlib.core.models import Mapped, MappedAccount
from vtlib.media.retention import without_persons
from vtlib.platforms import outcome, recognise
from vtlib.platforms.fields import nested

DATA = Path(__file__).parent.parent / "platforms" / "data"
# Fields that name a page or an account, and that some shapes have no handle beside.
ALSO_HANDLES = ("pageName", "title", "name")
ITEMS = [
    pytest.param(path.stem, case["payload"], id=f"{path.stem}-{number}")
    for path in sorted(DATA.glob("*.json"))
    for number, case in enumerate(json.loads(path.read_text(encoding="utf-8"))["items"])
    if isinstance(case["payload"], dict)
]


@pytest.mark.parametrize(("platform", "item"), ITEMS)
def test_the_same_post_and_numbers_without_the_person(platform, item):
    cleaned = without_persons(item)
    assert recognise(nested(cleaned)) == recognise(nested(item))
    before, after = outcome(platform, item), outcome(platform, cleaned)
    assert type(after) is type(before)
    if isinstance(before, Mapped):
        assert (after.post, after.metrics) == (before.post, before.metrics)
    if isinstance(before, (Mapped, MappedAccount)) and before.account:
        assert after.account.account_id == before.account.account_id
        known = {item.get(key) for key in ALSO_HANDLES}
        assert not after.account.display_name or after.account.display_name in known
        assert not (after.counts and after.counts.bio)
        assert (after.counts and after.counts.followers) == (
            before.counts and before.counts.followers
        )


def test_pictures_in_every_spelling_and_comments_with_their_writers_go_and_counts_stay():
    item = {
        "ownerProfilePicUrl": "https://p/1.jpg",
        "authorMeta": {"originalAvatarUrl": "https://p/2.jpg", "id": "7"},
        "latestComments": [{"ownerUsername": "somebody", "text": "my words"}],
        "firstComment": "my words",
        "comments": [{"author": "somebody"}],
        "commentsCount": 3,
        "latestComments/0/text": "my words",
        "statistics": {"comments": 3, "replies": "12"},
    }
    assert without_persons(item) == {
        "authorMeta": {"id": "7"},
        "commentsCount": 3,
        "statistics": {"comments": 3, "replies": "12"},
    }
    assert without_persons({"comments": 0, "replies": None}) == {"comments": 0, "replies": None}

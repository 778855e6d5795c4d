"""Documents for the tests of export."""

from datetime import UTC, datetime, timedelta

from vtlib.scripts.formats import FORMATS, Document, FormattedDocument
from vtlib.scripts.schedule import Clash, Shoot

NOW = datetime(2026, 5, 2, 10, tzinfo=UTC)
STARTS = datetime(2026, 5, 4, 7, tzinfo=UTC)
SHOOTS = (
    Shoot(
        "aa11",
        "quiet-abc123",
        "Quiet evenings",
        3,
        STARTS,
        STARTS + timedelta(hours=2),
        "Europe/Berlin",
        location="Kitchen",
        beat_ids=("b1", "b3"),
        talent=("Mia",),
        props=("phones",),
    ),
    Shoot(
        "bb22",
        "quiet-abc123",
        "Quiet evenings",
        3,
        STARTS + timedelta(hours=1),
        STARTS + timedelta(hours=3),
        "Europe/Berlin",
        location="Garden",
        talent=("Mia",),
    ),
)
CLASHES = (Clash("talent", "Mia", ("aa11", "bb22"), "Mia is in both at once"),)
PRODUCT = {
    "name": "Core Deck",
    "description": "Cards for quiet evenings",
    "benefits": ["talk"],
    "audience": "parents",
}


def document(script, **facts) -> Document:
    given = {
        "made_by": "Ann",
        "product": PRODUCT,
        "brand": "Yakety Pack",
        "shoots": SHOOTS,
        "clashes": CLASHES,
    }
    return Document(script, "quiet-abc123", 3, "draft", NOW, **{**given, **facts})


def written(name: str, script, **facts) -> FormattedDocument:
    return FORMATS[name].write(document(script, **facts))


def text_of(name: str, script, **facts) -> str:
    return written(name, script, **facts).data.decode("utf-8-sig")

"""Who lives in the simulated world: invented brands and creators on the seven platforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtlib.core.models import Platform

Role = Literal["own", "competitor", "reference"]

INSTAGRAM: Platform = "instagram"
BIG = ("instagram", "tiktok", "youtube")


@dataclass(frozen=True, slots=True)
class Member:
    """One account before the dice are thrown.

    `traits`: private, hides_likes, renames, metrics_break (fields vanish in the last weekly
    capture), russian, japanese, german.
    """

    platform: Platform
    brand: str
    role: Role
    followers: int
    n_posts: int
    traits: frozenset[str] = frozenset()
    stem: str = ""

    @property
    def handle(self) -> str:
        """The handle as the platform's own rules would allow it, always recognisable as
        simulated.
        """
        joint = {"linkedin": "-", "facebook": "."}.get(self.platform, "_")
        return f"sim{joint}{self.stem or self.brand}"

    @property
    def name(self) -> str:
        return f"{self.brand.capitalize()} (simulated)"


def _on(
    brand: str, role: Role, sizes: dict[Platform, tuple[int, int]], **traits: str
) -> list[Member]:
    return [
        Member(p, brand, role, followers, n, frozenset(traits.get(p, "").split()))
        for p, (followers, n) in sizes.items()
    ]


CAST: tuple[Member, ...] = (
    *_on(
        "quibblewick",
        "own",
        {
            "instagram": (18_400, 48),
            "tiktok": (9_700, 44),
            "youtube": (5_200, 42),
            "x": (3_100, 36),
            "facebook": (11_000, 30),
            "linkedin": (2_400, 22),
            "pinterest": (4_800, 22),
        },
    ),
    *_on(
        "snorrelby",
        "competitor",
        {
            "instagram": (210_000, 56),
            "tiktok": (480_000, 58),
            "youtube": (96_000, 50),
            "x": (41_000, 40),
            "facebook": (150_000, 32),
        },
        youtube="hides_likes",
    ),
    *_on(
        "plonkworth",
        "competitor",
        {
            "instagram": (64_000, 50),
            "tiktok": (37_000, 46),
            "youtube": (22_000, 44),
            "linkedin": (18_000, 24),
            "pinterest": (31_000, 24),
        },
        instagram="hides_likes metrics_break",
    ),
    *_on(
        "fizzendale",
        "competitor",
        {
            "instagram": (12_800, 42),
            "tiktok": (88_000, 52),
            "facebook": (7_600, 28),
            "x": (15_500, 38),
        },
        tiktok="renames",
    ),
    *_on(
        "doodlebean",
        "reference",
        {"instagram": (1_350_000, 54), "tiktok": (2_600_000, 60), "youtube": (740_000, 52)},
    ),
    *_on(
        "wobbelkueche",
        "reference",
        {
            "instagram": (330_000, 50),
            "tiktok": (125_000, 48),
            "youtube": (58_000, 44),
            "pinterest": (77_000, 24),
        },
        instagram="german",
        tiktok="german",
        youtube="german",
        pinterest="german",
    ),
    Member("youtube", "кухнядудл", "reference", 190_000, 44, frozenset({"russian"})),
    Member("tiktok", "moshimoshi", "reference", 640_000, 50, frozenset({"japanese"})),
    *_on("tinytable", "reference", {"tiktok": (5_300, 42), "x": (8_900, 40)}),
    *_on("nibblelab", "reference", {"instagram": (27_500, 46), "linkedin": (9_900, 20)}),
    Member(INSTAGRAM, "hushpantry", "competitor", 6_200, 20, frozenset({"private"})),
)

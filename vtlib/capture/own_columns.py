"""Headings of the platforms' own exports (English), what each means, and in which unit."""

from __future__ import annotations

from typing import Literal

Unit = Literal["count", "s", "ratio"]
# metric -> (unit, headings in lower case)
COLUMNS: dict[str, tuple[Unit, tuple[str, ...]]] = {
    "views": ("count", ("views", "video views", "plays", "total views")),
    "engaged_views": ("count", ("engaged views",)),
    "reach": ("count", ("reach", "accounts reached", "reached audience", "unique viewers")),
    "impressions": ("count", ("impressions",)),
    "likes": ("count", ("likes", "total likes", "reactions")),
    "comments": ("count", ("comments", "total comments", "comments added")),
    "shares": ("count", ("shares", "total shares")),
    "saves": ("count", ("saves", "saved", "favorites", "total favorites")),
    "follows": ("count", ("follows", "new followers", "subscribers", "subscribers gained")),
    "profile_visits": ("count", ("profile visits", "profile views")),
    "watch_time": (
        "s",
        (
            *("watch time (hours)", "watch time (minutes)", "total watch time", "total play time"),
            "watch time",
        ),
    ),
    "watch_time_mean": (
        "s",
        (
            *("average view duration", "average watch time", "avg. watch time"),
            *("average percentage watched in seconds", "average time watched"),
        ),
    ),
    "watched_share": (
        "ratio",
        ("average percentage viewed (%)", "average percentage viewed", "watched full video"),
    ),
    "click_rate": ("ratio", ("impressions click-through rate (%)", "click-through rate")),
}
URL = ("permalink", "post url", "video link", "link", "url", "video url", "post link")
ID = ("post id", "video id", "content", "media id")
# fact of a post -> headings; what a post that is not there yet is made of
FACTS: dict[str, tuple[str, ...]] = {
    "title": ("video title", "title"),
    "caption": ("description", "caption"),
    "posted_at": ("publish time", "video publish time", "post time", "published at"),
    "duration_s": ("duration (sec)", "duration (seconds)", "duration"),
    "handle": ("account username", "username"),
    "type": ("post type",),
}
DAY = ("date", "day")
POSITION = ("video position (%)", "position (%)", "time (%)")
RETENTION = (
    *("absolute audience retention (%)", "audience retention (%)", "retention (%)", "retention"),
)
WHOLE_LIFE = frozenset({"", "lifetime", "total"})  # in a column of days: a number of all days
# Meta Business Suite writes month/day/year, in its Greek export as in its English one.
META = ("post id", "permalink", "publish time")
TOTALS = frozenset(
    {
        *("total", "totals", "grand total", "gesamt", "summe", "insgesamt", "totale", "totaal"),
        *("totaux", "suma", "totalt", "yhteensä", "toplam", "razem", "celkem", "итого", "всего"),
        *("σύνολο", "合計", "总计", "總計", "합계", "المجموع"),
    }
)


def find_column(headings: list[str], names: tuple[str, ...]) -> str | None:
    """The heading that is the first of `names` to be there, in any case of letters; None when
    none is.
    """
    low = {h.lower(): h for h in reversed(headings)}
    return next((low[n] for n in names if n in low), None)

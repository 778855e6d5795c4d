"""`vt patterns --platform`, `vt process plan --sample`: from imported posts of one platform to a
drawn sample.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

ACCOUNTS, POSTS = 6, 26


@pytest.fixture
def imported(vt, tmp_path: Path) -> str:
    """TikTok posts of six accounts: those with a licensed track reach twice as many, one in
    twenty is a hit.
    """
    rng = np.random.default_rng(0)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    items = []
    for n in range(ACCOUNTS * POSTS):
        who, turn = divmod(n, POSTS)
        is_licensed = bool(rng.random() < 0.4)
        ln = 8 + who / 2 + 0.7 * is_licensed + rng.normal(0, 0.4) + 3.0 * (n % 20 == 0)
        items.append(
            {
                "id": str(7_500_000_000_000_000_000 + n),
                "text": "Invented",
                "createTime": int((start + timedelta(days=4 * turn, hours=who)).timestamp()),
                "webVideoUrl": f"https://www.tiktok.com/@sim_{who}/video/{7_500_000_000_000_000_000 + n}",  # noqa: E501
                "authorMeta": {"id": str(100 + who), "name": f"sim_{who}", "fans": 1000},
                "musicMeta": {"musicName": "Waltz" if is_licensed else "original sound",
                              "musicOriginal": not is_licensed, "musicId": str(n)},
                "videoMeta": {"duration": 9},
                "effectStickers": [],
                "playCount": int(np.exp(ln)), "diggCount": 5, "commentCount": 1, "shareCount": 1,
            }
        )  # fmt: skip
    path = tmp_path / "tiktok.json"
    path.write_text(json.dumps(items))
    assert vt("project", "create", "Spring").code == 0
    made = vt("import", "dataset", path, "--project", "spring", "--captured-at", "2026-06-01")
    assert made.code == 0, made.err
    return "spring"


def test_a_project_without_posts_is_told_what_is_missing(vt) -> None:
    vt("project", "create", "Spring")
    found = vt("process", "plan", "--project", "spring")
    assert found.code == 0, found.err
    assert "no posts are judged yet" in found.out
    assert "not known yet" in found.out
    assert "no patterns on tiktok yet" in vt("patterns", "--platform", "tiktok").out


def test_tiktok_s_own_patterns_and_films_for_more(vt, imported: str) -> None:
    assert vt("analyze", "outliers", "--project", imported).code == 0
    assert vt("analyze", "performance", "--project", imported).code == 0
    rows = {r["pattern"]: r for r in vt("patterns", "--platform", "tiktok", "--json").data}
    assert rows["sound_original"]["claim"] == "fewer views"
    assert rows["sound_original"]["ratio"] < 0.8
    assert not vt("patterns", "--platform", "x", "--json").data
    assert "sound_original" in vt("patterns", "--by-platform", "--claimed").out
    plan = vt("process", "plan", "--project", imported, "--films", "16", "--sample", "--json")
    assert plan.code == 0, plan.err
    needed = {r["pattern"]: r for r in plan.data["patterns"]}
    assert needed["fast_cuts_3s"]["films_known"] == 0
    assert (plan.data["measure"], plan.data["new"]) == (16, 16)
    assert any("not known yet" in line for line in plan.data["headline"])
    again = vt("process", "plan", "--project", imported, "--films", "16", "--sample", "--json")
    assert (again.data["new"], again.data["drawn"]) == (0, 16)
    assert vt("check").code == 0

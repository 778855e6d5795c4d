"""yt-dlp's real extractors, unmodified, on canned pages of their platforms."""

import json

import pytest

from simulator import clips
from simulator.build import build_world
from tests.media.download.any_host import any_host
from vtlib.media.download import DownloadRequest, DownloadRules, UrlAllowlist, fetch
from vtlib.media.probe import prove

TIKTOK = "https://www.tiktok.com/@sim/video/7106594312292453675"
CDN = "v16-webapp-prime.tiktokcdn.com"
WORLD = build_world(seed=7)
FILM = next(p for p in WORLD.posts if p.is_video and p.exists(WORLD.epoch) and p.duration_s < 5)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return clips.film(WORLD, FILM, tmp_path_factory.mktemp("film")).read_bytes()


def tiktok_page(status: int, media_url: str = f"https://{CDN}/film.mp4"):
    post = {
        "id": "7106594312292453675",
        "desc": "simulated",
        "createTime": "1654640000",
        "video": {
            "duration": 4,
            "width": 288,
            "height": 512,
            "ratio": "540p",
            "playAddr": media_url,
            "format": "mp4",
        },
        "author": {"id": "1", "uniqueId": "sim", "nickname": "sim", "secUid": "MS4"},
        "stats": {"playCount": 5},
    }
    detail = {"statusCode": status, "itemInfo": {"itemStruct": post if status == 0 else {}}}
    data = json.dumps({"__DEFAULT_SCOPE__": {"webapp.video-detail": detail}})
    html = (
        f'<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">{data}</script>'
    )
    return 200, {"Content-Type": "text/html"}, f"<html>{html}</html>".encode()


def take(pages, url, folder, resolve=lambda _host: ["93.184.216.34"], **changes):
    (folder / "work").mkdir()
    with any_host(pages, folder) as (proxy, log):
        more = {"proxy": proxy, "nocheckcertificate": True}
        rules = DownloadRules(UrlAllowlist(resolve=resolve), timeout_s=5, more=more, **changes)
        return fetch(DownloadRequest("x", url), folder / "work", rules), log


def test_a_tiktok_page_gives_its_film(film, tmp_path):
    pages = {
        "www.tiktok.com/@sim/video/": tiktok_page(0),
        f"{CDN}/film.mp4": (200, {"Content-Type": "video/mp4"}, film),
    }
    got, log = take(pages, TIKTOK, tmp_path)
    assert (got.status, got.came_by) == ("ok", "page"), got.reason
    assert prove(got.files[0].path).ok
    assert got.files[0].path.read_bytes() == film
    assert {asked.partition("/")[0] for asked in log} == {"www.tiktok.com", CDN}


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (tiktok_page(10216), "private"),
        (tiktok_page(10222), "private"),
        (tiktok_page(10204), "broken"),
        (tiktok_page(10231), "removed"),
        ((302, {"Location": "https://www.tiktok.com/login"}, b""), "login"),
        ((429, {"Retry-After": "30"}, b""), "rate_limited"),
        ((404, {}, b""), "removed"),
        ((200, {"Content-Type": "text/html"}, b"<html>new design</html>"), "broken"),
    ],
)
def test_what_tiktok_says_instead(page, status, tmp_path):
    login = (200, {"Content-Type": "text/html"}, b"<html>Log in</html>")
    pages = {"www.tiktok.com/@sim/video/": page, "www.tiktok.com/login": login}
    got, _ = take(pages, TIKTOK, tmp_path)
    assert got.status == status, got.reason
    assert got.retry_after_s == (30 if status == "rate_limited" else None)
    assert not list((tmp_path / "work").iterdir())


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/film.mp4", "https://evil.com/film.mp4", "file:///etc/passwd"]
)
def test_a_page_cannot_send_us_elsewhere(film, tmp_path, target):
    """Neither by the media address it names, nor by a redirect of that."""
    evil = (200, {"Content-Type": "video/mp4"}, film)
    for n, pages in enumerate(
        (
            {"www.tiktok.com/@sim": tiktok_page(0, target)},
            {"www.tiktok.com/@sim": tiktok_page(0), f"{CDN}/": (302, {"Location": target}, b"")},
        )
    ):
        folder = tmp_path / str(n)
        folder.mkdir()
        got, log = take({**pages, "evil.com/": evil, "10.0.0.1/": evil}, TIKTOK, folder)
        assert got.status == "broken"
        assert not [asked for asked in log if asked.startswith(("evil", "10."))]


def test_a_platform_whose_name_leads_home_is_not_asked(tmp_path):
    got, log = take({}, TIKTOK, tmp_path, resolve=lambda _host: ["127.0.0.1"])
    assert "not public" in got.reason
    assert log == []


def test_an_instagram_page_without_cookies_asks_for_a_login(tmp_path):
    """The extractor's own sequence: front page, ruling, page; redirected to the login page."""
    html = {"Content-Type": "text/html"}
    pages = {
        "www.instagram.com/": (200, html, b'<script>["LSD",[],{"token":"t"},1]</script>'),
        "www.instagram.com/api/v1/": (200, {"Content-Type": "application/json"}, b"{}"),
        "www.instagram.com/p/": (
            302,
            {"Location": "https://www.instagram.com/accounts/login/?next=x"},
            b"",
        ),
    }
    got, log = take(pages, "https://www.instagram.com/reel/C0abcdefghi/", tmp_path)
    assert got.status in ("login", "rate_limited"), got.reason
    assert any("/p/C0abcdefghi" in asked for asked in log)


def test_cookies_are_sent_from_a_copy(film, tmp_path):
    jar = tmp_path / "cookies.txt"
    line = ".tiktok.com\tTRUE\t/\tTRUE\t2000000000\tsessionid\tsecret"
    jar.write_text(f"# Netscape HTTP Cookie File\n{line}\n")
    before = jar.read_bytes()
    pages = {
        "www.tiktok.com/@sim/video/": tiktok_page(0),
        f"{CDN}/film.mp4": (200, {"Content-Type": "video/mp4"}, film),
    }
    got, _ = take(pages, TIKTOK, tmp_path, cookies_file=jar)
    assert got.status == "ok", got.reason
    assert jar.read_bytes() == before

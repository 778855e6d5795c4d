"""Every way a host can fail, through the real clients, as one word of the list."""

from dataclasses import replace

import pytest

from simulator import clips
from simulator.build import build_world
from simulator.server import Settings, running
from vtlib.core.rate_limits import retry_after
from vtlib.media.download import DownloadRequest, DownloadRules, UrlAllowlist, fetch
from vtlib.media.download.outcome import by_status, by_text
from vtlib.media.probe import prove

WORLD = build_world(seed=7)
FILM = next(p for p in WORLD.posts if p.is_video and p.exists(WORLD.epoch) and p.duration_s < 5)
OUTCOMES = {  # fault: outcome, whatever the way
    "html_as_video": "broken",
    "image_as_video": "not_video",
    "truncated": "broken",
    "cut": "broken",
    "zero_byte": "broken",
    "audio_only": "not_video",
    "private": "private",
    "removed": "removed",
    "login": "login",
    "age": "age",
    "geo": "geo",
    "expired": "expired",
    "rate_limited": "rate_limited",
    "server_error": "broken",
    "dropped": "broken",
    "slow": "broken",
}
OF_PAGES = {
    "private",
    "removed",
    "login",
    "age",
    "geo",
    "rate_limited",
    "server_error",
    "dropped",
    "slow",
}


GONE = {"removed": "expired"}  # what a media address says of its post is no proof


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    with running(Settings(clips=tmp_path_factory.mktemp("clips"))) as live:
        clips.film(WORLD, FILM, live.sandbox.host.folder)  # rendering takes longer than we wait
        clips.sound_only(WORLD, FILM, live.sandbox.host.folder)
        clips.picture(WORLD, f"cover-{FILM.native_id}", live.sandbox.host.folder)
        yield live
    patch.undo()


@pytest.fixture
def ask(host, tmp_path):
    rules = DownloadRules(UrlAllowlist.of([host.url]), timeout_s=1, deadline_s=20)

    def call(wanted, *faults, **changes):
        for fault in faults:
            host.sandbox.faults.add(fault)
        return fetch(wanted, tmp_path, replace(rules, **changes))

    yield call
    host.sandbox.faults.clear()


def media_url(host):
    return DownloadRequest(
        FILM.post_id, None, (f"{host.url}/video/{FILM.platform}/{FILM.native_id}.mp4?sig=1",)
    )


def page(host):
    return DownloadRequest(FILM.post_id, f"{host.url}/watch/{FILM.platform}/{FILM.native_id}")


@pytest.mark.parametrize("way", [media_url, page])
def test_a_film_comes_whole(host, ask, way, tmp_path):
    got = ask(way(host))
    assert (got.status, got.came_by) == ("ok", way.__name__)
    [file] = got.files
    assert prove(file.path).ok
    assert (file.kind, file.suffix) == ("video", ".mp4")
    assert list(tmp_path.iterdir()) == [file.path]


@pytest.mark.parametrize("way", [media_url, page])
@pytest.mark.parametrize("fault", OUTCOMES)
def test_faults(host, ask, tmp_path, fault, way):
    where = "media.page" if way is page and fault in OF_PAGES else "media.video"
    order = {"kind": fault, "where": where, "times": None, "retry_after_s": 7, "delay_s": 1.5}
    got = ask(way(host), order)
    expected = GONE.get(fault, OUTCOMES[fault]) if way is media_url else OUTCOMES[fault]
    assert (got.status, got.came_by) == (expected, way.__name__), got.reason
    assert got.reason
    assert "\n" not in got.reason
    assert got.retry_after_s == (7 if fault == "rate_limited" else None)
    assert not got.is_offline
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("way", [media_url, page])
def test_a_file_beyond_the_limit_is_not_kept(host, ask, tmp_path, way):
    got = ask(way(host), max_bytes=20_000)
    assert got.status == "too_large"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fault", ["dropped", "cut", "server_error"])
def test_a_connection_that_breaks_once_is_made_again(host, ask, fault):
    assert ask(media_url(host), {"kind": fault, "where": "media.video", "times": 1}).status == "ok"


def test_a_failing_page_leaves_it_to_the_media_url_and_the_other_way_round(host, ask):
    both = replace(media_url(host), page_url=page(host).page_url)
    got = ask(both, {"kind": "login", "where": "media.page", "times": None})
    assert (got.status, got.came_by) == ("ok", "media_url")
    fresh = replace(both, is_fresh=True)
    got = ask(fresh, {"kind": "expired", "where": "media.video", "times": 1})
    assert (got.status, got.came_by) == (
        "expired",
        "media_url",
    )  # a new capture helps without a login


def test_the_most_telling_failure_is_the_outcome(host, ask):
    both = replace(media_url(host), page_url=page(host).page_url)
    faults = (
        {"kind": "private", "where": "media.page"},
        {"kind": "expired", "where": "media.video"},
    )
    assert ask(both, *faults).status == "private"


def test_slideshows_come_as_pictures_or_not_at_all(host, ask, tmp_path):
    urls = tuple(f"{host.url}/image/instagram/{FILM.native_id}-{n}.jpg" for n in range(3))
    still = DownloadRequest("x", None, urls, is_still=True)
    got = ask(still)
    assert (got.status, [f.kind for f in got.files]) == ("photo", ["image"] * 3)
    assert {(f.width, f.height, f.suffix) for f in got.files} == {(540, 675, ".jpg")}
    for path in tmp_path.iterdir():
        path.unlink()
    got = ask(still, {"kind": "removed", "where": "media.image", "skip": 2})
    assert (got.status, got.files) == ("expired", ())
    assert not list(tmp_path.iterdir())


def test_without_an_address_nothing_is_asked(host, ask):
    got = ask(DownloadRequest("x", None))
    assert (got.status, got.came_by) == ("broken", "")


def test_no_network_is_told_apart(tmp_path):
    def fail(_host):
        raise OSError("no such name")

    wanted = DownloadRequest("x", "https://www.tiktok.com/@a/video/7106594312292453675")
    assert fetch(wanted, tmp_path, DownloadRules(UrlAllowlist(resolve=fail))).is_offline


@pytest.mark.parametrize(
    ("text", "outcome"),
    [  # sentences of the extractors of yt-dlp 2026.10.26 and of the platforms
        ((
"The webpage request was redirected to the login page. You have exceeded the "
"rate-limit"
), "rate_limited"),
        ("This content is only available for registered users who follow this account", "private"),
        ((
"You do not have permission to view this post. Log into an account that has "
"access"
), "private"),
        ("You are not authorized to view this protected tweet", "private"),
        ("Restricted Video: You must be 18 years old or over to see this video", "age"),
        ("NSFW tweet requires authentication", "age"),
        ("Sign in to confirm your age. This video may be inappropriate", "age"),
        ("This post may not be comfortable for some audiences. Log in for access", "age"),
        ("TikTok is requiring login for access to this content", "login"),
        ("This video is only available for registered users. Use --cookies", "login"),
        ("Video not available, status code 10204", "removed"),
        ("Requested tweet is unavailable", "removed"),
        ("There is no video in this post", "not_video"),
        ("No video could be found in this tweet", "not_video"),
        ("No video formats found!", None),
        ("Your IP address is blocked from accessing this post", None),
        ("Unable to extract universal data for rehydration", None),
    ],
)  # fmt: skip
def test_sentences(text, outcome):
    assert by_text(text) == outcome


def test_codes():
    told = {c: by_status(c)[0] for c in (401, 403, 404, 410, 418, 429, 451, 500, 503)}
    assert told == {
        401: "login",
        403: "broken",
        404: "removed",
        410: "removed",
        418: "broken",
        429: "rate_limited",
        451: "geo",
        500: "broken",
        503: "broken",
    }


def test_retry_after_as_seconds_and_as_a_date():
    now = WORLD.epoch
    assert retry_after("12", now=now) == 12
    assert retry_after(f"{now:%a, %d %b %Y %H:%M:%S} GMT", now=now) == 0
    assert retry_after("soon", now=now) is None
    assert retry_after(None, now=now) is None

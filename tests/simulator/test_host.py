"""The video host: films with a known truth, taken by the unmodified yt-dlp, and every way to
refuse.
"""

import io
import json
import urllib.error
import urllib.request
from collections import defaultdict

import av
import numpy as np
import pytest
import yt_dlp
from PIL import Image
from yt_dlp.utils import DownloadError

from simulator import clips
from simulator.build import build_world
from simulator.soundtrack import RATE_HZ

WORLD = build_world(seed=7)
ONLINE = [p for p in WORLD.posts if p.is_video and p.exists(WORLD.epoch)]
# A film with cuts, words, speech and a beat; a still post; one that will be deleted.
FILM = next(
    p
    for p in ONLINE
    if {"fast_cuts_3s", "words_on_screen_2s", "spoken_question", "beat_drop"} <= p.features
    and p.platform == "tiktok"
)
PHOTO = next(p for p in WORLD.posts if p.format == "photo")
DOOMED = next(p for p in WORLD.posts if p.deleted_at and p.is_video)


def path_of(post):
    return f"/video/{post.platform}/{post.native_id}.mp4"


def get(live, path, method="GET", **headers):
    request = urllib.request.Request(live.url + path, headers=headers, method=method)
    with urllib.request.urlopen(request) as reply:
        return reply.status, dict(reply.headers), reply.read()


def download(url, folder):
    options = {
        "outtmpl": str(folder / "%(id)s.%(ext)s"),
        "quiet": True,
        "noprogress": True,
        "no_warnings": True,
        "cachedir": False,
        "retries": 0,
        "logger": _Quiet(),
    }
    with yt_dlp.YoutubeDL(options) as tool:
        return tool.extract_info(url)["requested_downloads"][0]["filepath"]


class _Quiet:
    def debug(self, text):
        pass

    info = warning = error = debug


def frames_of(path):
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        return float(stream.average_rate), [
            f.to_ndarray(format="rgb24") for f in film.decode(stream)
        ]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = clips.film(WORLD, FILM, tmp_path_factory.mktemp("films"))
    return path, json.loads(path.with_suffix(".json").read_text())


def test_the_file_is_what_its_truth_says(film):
    path, known = film
    fps, frames = frames_of(path)
    assert fps == known["fps"]
    assert len(frames) == round(known["duration_s"] * fps)
    assert frames[0].shape == (known["height"], known["width"], 3)
    assert abs(known["duration_s"] - FILM.duration_s) <= 1 / fps
    small = np.array([f[::8, ::8].astype(float) for f in frames])
    change = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2, 3))
    cuts = {round(c * fps) for c in known["cuts_s"]}
    # Large motion runs all through this film, and still every cut is among the greatest changes.
    assert len(cuts) >= 2
    assert {int(i) + 1 for i in np.argsort(change)[-len(cuts) :]} == cuts
    assert sum(c <= 3 for c in known["cuts_s"]) >= 2


def test_words_are_on_screen_when_they_should_be(film):
    path, known = film
    fps, frames = frames_of(path)
    shown = known["texts"][0]
    assert shown["text"] in FILM.caption
    assert shown["start_s"] < 2
    middle = frames[round((shown["start_s"] + shown["end_s"]) / 2 * fps)]
    band = middle[round(0.25 * known["height"]) : round(0.35 * known["height"])]
    white, black = (band.min(axis=2) > 230).mean(), (band.max(axis=2) < 25).mean()
    assert white > 0.03
    assert black > 0.2
    after = frames[min(round((shown["end_s"] + 0.1) * fps), len(frames) - 1)]
    band = after[round(0.25 * known["height"]) : round(0.35 * known["height"])]
    assert (band.min(axis=2) > 230).mean() < 0.03


def test_sound_is_as_loud_as_stated_and_speaks_where_stated(film):
    path, known = film
    with av.open(str(path)) as opened:
        sound = np.concatenate([f.to_ndarray()[0] for f in opened.decode(audio=0)])
    assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(known["level_dbfs"], abs=0.7)
    # Between 1 and 4 kHz there are voices only: the beat lies far below.
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    voices = np.fft.irfft(np.where((hertz > 1000) & (hertz < 4000), spectrum, 0), len(sound))
    spoken = np.zeros(len(sound), bool)
    for start, end in known["speech_s"]:
        spoken[round(start * RATE_HZ) : round(end * RATE_HZ)] = True
    ratio = np.mean(voices[spoken] ** 2) / np.mean(voices[~spoken] ** 2)
    assert ratio > 20


def test_the_same_film_twice_is_the_same_bytes(film, tmp_path):
    assert clips.film(WORLD, FILM, tmp_path).read_bytes() == film[0].read_bytes()


def test_twins_show_one_film_in_other_sizes(tmp_path):
    films = defaultdict(list)
    for post in WORLD.posts:
        if post.creative.startswith("twin-"):
            films[post.creative].append(post)
    assert len(films) > 1
    sizes = set()
    for twins in films.values():
        plans = [clips.plan(p, 7) for p in twins]
        pictures = ("width", "height")
        assert len(twins) > 1
        assert len({str({k: v for k, v in p.items() if k not in pictures}) for p in plans}) == 1
        sizes.add(len({(p["width"], p["height"]) for p in plans}))
    assert 2 in sizes, "one of them at least has another size on the other platform"
    firsts = [
        np.asarray(
            Image.fromarray(frames_of(clips.film(WORLD, p, tmp_path))[1][10]).resize((9, 16)), float
        )
        for p in twins
    ]
    assert np.abs(firsts[0] - firsts[1]).mean() < 12


def test_ytdlp_takes_the_file_and_the_page(live, tmp_path):
    for path in (path_of(FILM) + "?exp=1&sig=2", f"/watch/{FILM.platform}/{FILM.native_id}"):
        taken = download(live.url + path, tmp_path)
        assert av.open(taken).streams.video[0].frames > 50
    assert live.control("log")["counts"]["media.video"] >= 2


def test_ranges(live):
    status, headers, whole = get(live, path_of(FILM))
    assert (status, headers["Accept-Ranges"]) == (200, "bytes")
    status, headers, part = get(live, path_of(FILM), Range="bytes=100-199")
    assert (status, part) == (206, whole[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert get(live, path_of(FILM), Range="bytes=-50")[2] == whole[-50:]
    assert get(live, path_of(FILM), Range=f"bytes={len(whole) - 5}-")[2] == whole[-5:]
    with pytest.raises(urllib.error.HTTPError, match="416"):
        get(live, path_of(FILM), Range=f"bytes={len(whole)}-")
    status, headers, body = get(live, path_of(FILM), method="HEAD")
    assert (headers["Content-Length"], body) == (str(len(whole)), b"")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("private", 403),
        ("removed", 404),
        ("age", 403),
        ("geo", 451),
        ("expired", 403),
        ("rate_limited", 429),
        ("server_error", 503),
    ],
)
def test_refusals(live, tmp_path, fault, status):
    live.fault(fault, "media.video")
    with pytest.raises(DownloadError) as caught:
        download(live.url + path_of(FILM), tmp_path)
    assert caught.value.exc_info[1].status == status


def test_login_sends_to_a_page_without_a_film(live, tmp_path):
    live.fault("login", "media.page")
    with pytest.raises(DownloadError, match="Unsupported URL"):
        download(f"{live.url}/watch/{FILM.platform}/{FILM.native_id}", tmp_path)


@pytest.mark.parametrize(
    ("fault", "begins"),
    [("html_as_video", b"<!doctype html>"), ("image_as_video", b"\xff\xd8\xff")],
)
def test_what_only_looks_like_a_film(live, fault, begins):
    live.fault(fault, "media.video")
    _, headers, body = get(live, path_of(FILM))
    assert headers["Content-Type"] == "video/mp4"
    assert body.startswith(begins)


def test_films_with_a_part_missing(live):
    _, _, whole = get(live, path_of(FILM))
    live.fault("zero_byte", "media.video")
    assert get(live, path_of(FILM))[2] == b""
    live.fault("truncated", "media.video")
    _, headers, short = get(live, path_of(FILM))
    assert short == whole[: int(len(whole) * 0.6)]
    assert headers["Content-Length"] == str(len(short))
    live.fault("cut", "media.video")
    with pytest.raises(Exception, match="IncompleteRead"):
        get(live, path_of(FILM))
    live.fault("audio_only", "media.video")
    with av.open(io.BytesIO(get(live, path_of(FILM))[2])) as heard:
        assert [s.type for s in heard.streams] == ["audio"]


def test_pictures_and_what_is_not_there(live):
    status, headers, body = get(live, f"/image/instagram/{PHOTO.native_id}-1.jpg?sig=1")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(body)).size == (540, 675)
    for path in (path_of(PHOTO), "/video/tiktok/1.mp4", "/image/x/../../etc/passwd", "/etc/passwd"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(live, path)


def test_the_truth_of_a_film_can_be_asked_for(live, film):
    told = live.control(f"clip/{FILM.platform}/{FILM.native_id}")
    rendered = {k: v for k, v in film[1].items() if k not in ("post_id", "level_dbfs")}
    assert {k: v for k, v in told.items() if k != "level_dbfs"} == rendered


def test_a_deleted_post_goes_with_the_clock(live):
    assert get(live, path_of(DOOMED))[0] == 200
    live.control("clock", {"at": DOOMED.deleted_at.isoformat()})
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(live, path_of(DOOMED))

"""Export files: readable by the product's own readers, and as odd as the real ones."""

import csv
import gzip
import hashlib
import json
from collections import Counter
from datetime import timedelta

import pytest

from simulator import demo
from simulator.__main__ import main
from simulator.actors import ACTORS
from simulator.build import build_world
from simulator.exports import facebook, instagram, tiktok
from simulator.exports.frame import Frame, flat, interleave
from simulator.files import write_exports
from vtlib import platforms
from vtlib.capture import datasets
from vtlib.core.models import Mapped, MappedAccount

WORLD = build_world(seed=7)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exports") / "exports"


@pytest.fixture(scope="module")
def paths(folder):
    return write_exports(folder, seed=7)


@pytest.fixture(scope="module")
def known(folder, paths):
    return json.loads(folder.with_name("exports-truth.json").read_text())


def items_of(paths, word, n=0):
    path = [p for p in paths if word in p.name][n]
    text = path.read_bytes()
    return json.loads(gzip.decompress(text) if path.suffix == ".gz" else text)


def test_same_arguments_same_bytes(paths, tmp_path):
    again = write_exports(tmp_path / "exports", seed=7)
    assert [p.name for p in again] == [p.name for p in paths]

    def digest(files):
        return [hashlib.sha256(p.read_bytes()).hexdigest() for p in files]

    assert digest(again) == digest(paths)


def test_truth_lies_beside_the_folder_not_in_it(folder, paths):
    assert not [p for p in folder.iterdir() if "truth" in p.name]
    assert {p.suffix for p in folder.iterdir()} == {".json", ".jsonl", ".csv", ".gz", ".ndjson"}


def test_every_item_is_recognised_and_mapped_or_refused_as_the_truth_says(paths, known):
    """The product's readers and the sandbox's writers were made apart: they must agree on every
    item.
    """
    assert len(paths) > 5
    for facts, path in zip(known["files"], paths, strict=True):
        found, refused = [], 0
        for dataset in datasets.datasets(path):
            assert dataset.captured_at.isoformat() == facts["captured_at"], path.name
            for _, item in datasets.items(dataset):
                hit = platforms.recognise(item)
                assert hit, (path.name, item)
                outcome = platforms.outcome(hit[0], item)
                if isinstance(outcome, Mapped):
                    found.append(outcome.post.post_id)
                    assert outcome.account is not None
                    post = WORLD.post_of[outcome.post.post_id]
                    assert abs(outcome.post.posted_at - post.posted_at) < timedelta(seconds=1)
                    assert outcome.account.account_id == post.account_id
                else:
                    refused += 1
        assert (len(set(found)), refused) == (facts["posts"], facts["without_post"]), path.name
        assert len(found) - len(set(found)) == facts["repeated"]


def test_a_later_capture_sees_later_numbers(paths):
    first, second = (
        {i["id"]: i for i in items_of(paths, "instagram-scraper", n) if "id" in i} for n in (0, 1)
    )
    both = first.keys() & second.keys()
    films = [k for k in both if "videoViewCount" in first[k]]
    assert all(second[k]["videoViewCount"] >= first[k]["videoViewCount"] for k in films)
    assert any(second[k]["videoViewCount"] > first[k]["videoViewCount"] for k in films)
    assert all(second[k]["displayUrl"] != first[k]["displayUrl"] for k in both)
    assert second.keys() - first.keys()


def test_hidden_likes_and_the_break(paths):
    before, after = items_of(paths, "instagram-post", 2), items_of(paths, "instagram-post", 3)
    assert {i["likesCount"] for i in before} == {-1}
    assert {i["likesCount"] for i in after} == {3}
    assert any("videoPlayCount" in i for i in before)
    assert not any(set(i) & {"videoPlayCount", "videoDuration", "musicInfo"} for i in after)
    assert any("videoViewCount" in i for i in after)


def test_photos_have_no_views_and_fresh_reels_only_plays(paths):
    photos = [i for i in items_of(paths, "instagram-scraper") if i.get("type") == "Image"]
    assert photos
    assert not any(set(i) & {"videoViewCount", "videoPlayCount"} for i in photos)
    reels = [p for p in paths if "reel" in p.name]
    text = reels[1].read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert all(r["videoPlayCount"] for r in rows)
    assert {bool(r["videoViewCount"]) for r in rows} == {True, False}


def test_csv_has_a_mark_paths_and_texts(paths):
    path = next(p for p in paths if "tiktok" in p.name)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    header = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    assert {"authorMeta/fans", "hashtags/0/name", "error"} <= set(header)


def test_renamed_deleted_private(paths):
    later = items_of(paths, "tiktok-scraper_2026-06-15")
    names = Counter(i.get("authorMeta", {}).get("name") for i in later)
    assert names["sim_fizzendale_hq"] == 30
    assert "sim_fizzendale" not in names
    assert {i["input"] for i in later if "error" in i} == {"sim_fizzendale", "sim_nobody"}
    gone = next(p for p in WORLD.posts if p.deleted_at and p.platform == "youtube")
    seen = [{i.get("id") for i in items_of(paths, "youtube", n)} for n in range(4)]
    assert [gone.native_id in s for s in seen] == [True, True, False, False]
    refused = [i for i in items_of(paths, "instagram-scraper") if "error" in i]
    assert [i["inputUrl"] for i in refused] == ["https://www.instagram.com/sim_hushpantry/"]


def test_hostile_text_comes_through_untouched(paths, known):
    assert "<script>" in json.dumps(items_of(paths, "instagram-scraper"))
    tiktok_csv = next(p for p in paths if "tiktok" in p.name).read_text(encoding="utf-8-sig")
    assert "=HYPERLINK(" in tiktok_csv
    breakouts = {b["post_id"] for b in known["breakouts"]}
    assert set(known["oddities"]["hostile"]) <= breakouts


def test_coauthored_post_comes_under_both_accounts(paths):
    shared = [i for i in items_of(paths, "instagram-scraper") if i.get("coauthorProducers")]
    assert len(shared) == 4
    assert len({i["id"] for i in shared}) == 2
    assert len({i["inputUrl"] for i in shared}) == 2


def test_profiles_name_followers_and_privacy(paths):
    profiles = {i["username"]: i for i in items_of(paths, "instagram-profile")}
    assert profiles["sim_quibblewick"]["followersCount"] == 18_400
    assert profiles["sim_hushpantry"]["private"] is True
    assert profiles["sim_hushpantry"]["latestPosts"] == []
    assert all(
        isinstance(platforms.outcome("instagram", p), MappedAccount) for p in profiles.values()
    )


def test_what_the_product_asks_is_what_the_actors_take():
    """Every actor the sources know is simulated, and none of their inputs is refused."""
    from vtlib.platforms.actors import ActorRequest

    frame = Frame(WORLD, WORLD.epoch)
    targets = {
        "hashtag": ("foldflat",),
        "search": ("kitchen",),
        "posts": ("https://sim.invalid/1",),
    }
    assert all(source.ACTORS for source in platforms.SOURCES.values())
    for platform, source in platforms.SOURCES.items():
        handle = WORLD.on(platform)[0].handle
        for actor in source.ACTORS:
            for ask in actor.asks:
                request = ActorRequest(ask, targets.get(ask, (handle,)), limit=12)
                spec = ACTORS[actor.name]
                items = list(spec.run(frame, spec.check(actor.build(request))))
                outcomes = [platforms.outcome(platform, i) for i in items]
                mapped = [o for o in outcomes if isinstance(o, Mapped | MappedAccount)]
                if (
                    ask != "posts"
                    and "profile-posts" not in actor.name
                    and "supreme" not in actor.name
                ):
                    assert mapped, (actor.name, ask)


def test_rounded_reels_and_comments_left_out():
    frame = Frame(WORLD, WORLD.epoch)
    reel = next(p for p in WORLD.posts if p.platform == "facebook" and p.is_video)
    item = facebook.reel_item(frame, reel, "https://www.facebook.com/sim.quibblewick")
    assert not {"likes", "comments"} & set(item)
    assert [facebook.reduced(n) for n in (950, 63_210, 1_240_000)] == ["950", "63K", "1.2M"]
    quiet = next(
        p
        for p in WORLD.posts
        if p.platform == "facebook" and not frame.counts(p).comments and p.exists(frame.at)
    )
    assert "comments" not in facebook.item(frame, quiet, "")


def test_slideshows_have_no_length_and_real_plays():
    frame = Frame(WORLD, WORLD.epoch)
    slides = next(
        p for p in WORLD.posts if p.platform == "tiktok" and not p.is_video and p.exists(frame.at)
    )
    item = tiktok.item(frame, slides, "sim")
    assert (item["isSlideshow"], item["videoMeta"]["duration"]) == (True, 0)
    assert item["playCount"] > 0


def test_flat_and_interleave():
    assert flat({"a": [{"b": True}, 1], "c": None}) == {"a/0/b": "true", "a/1": "1", "c": ""}
    rows = [[{"n": 1}, {"n": 2}, {"n": 3}], [{"n": 10}]]
    assert [i["n"] for i in interleave(rows)] == [1, 10, 2, 3]
    assert instagram.after_break({"likesCount": 5, "videoDuration": 3}) == {"likesCount": 5}


def test_command_writes_and_names_the_files(tmp_path, capsys):
    assert main(["export", str(tmp_path / "out"), "--seed", "3", "--epoch", "2026-01-01"]) == 0
    named = capsys.readouterr().out.split()
    assert len(named) == len(list((tmp_path / "out").iterdir()))
    assert "2026-01-22" in named[-1]


def test_the_demo_sees_posts_on_their_first_days_and_again_after_a_week(tmp_path):
    paths = write_exports(tmp_path / "out", captures=demo.FILES_DAYS, watches=demo.WATCH_DAYS)
    seen = {}
    for path in paths:
        for dataset in datasets.datasets(path):
            for _, item in datasets.items(dataset):
                mapped = platforms.outcome(platforms.recognise(item)[0], item)
                if isinstance(mapped, Mapped):
                    post = WORLD.post_of[mapped.post.post_id]
                    age_d = (dataset.captured_at - post.posted_at) / timedelta(days=1)
                    seen.setdefault(post, []).append(age_d)
    runs = [(WORLD.epoch + timedelta(days=d)) for d in (demo.WRITE_DAY, demo.RUN_DAY)]
    early = [p for p, ages in seen.items() if any(1 <= a <= 3 for a in ages) and not p.deleted_at]
    # Each of them is captured again on the demo's last day, by its account's page.
    assert len(early) >= 120
    assert sum(p.multiplier > 1 for p in early) >= 5
    fresh = [p for p in WORLD.posts if 1 <= (runs[1] - p.posted_at) / timedelta(days=1) <= 3]
    assert len(fresh) >= 8

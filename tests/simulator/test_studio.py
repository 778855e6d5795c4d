"""What the demo films: scripts after the hooks of posts, links that lead to those posts."""

import csv
import json
from datetime import timedelta

from simulator import studio
from simulator.build import build_world
from vtlib.platforms import post_ref
from vtlib.scripts.script import parse


def test_scripts_and_links_are_of_posts_of_the_time_between(tmp_path) -> None:
    world = build_world(seed=7)
    since, until = world.epoch + timedelta(days=14), world.epoch + timedelta(days=42)
    films = studio.films(world, since, until)
    assert sum(len(f.posts) for f in films) >= 25
    paths = studio.write_scripts(tmp_path, films)
    written = [parse(json.loads(p.read_text())) for p in paths]
    ids = {s.title: f"s{n}" for n, s in enumerate(written)}
    path = studio.write_links(tmp_path / "links.csv", films, ids)
    rows = list(csv.DictReader(path.open()))
    named = {post_ref(r["url"]).post_id for r in rows}
    assert named == {p.post_id for f in films for p in f.posts}
    assert all(since < p.posted_at < until for f in films for p in f.posts)
    assert {r["variant"] for r in rows if r["script"] == "s0"} == {"A", "B"}
    assert all(s.source_patterns and s.beats for s in written)


def test_five_films_of_the_time_between_stand_on_two_platforms_under_one_script() -> None:
    world = build_world(seed=7)
    since, until = world.epoch + timedelta(days=14), world.epoch + timedelta(days=42)
    where: dict[str, list[tuple[str, str]]] = {}
    for film in studio.films(world, since, until):
        for post in film.posts:
            where.setdefault(post.creative, []).append((film.title, post.platform))
    twice = [sorted(places) for places in where.values() if len(places) > 1]
    assert len(twice) == 5
    assert all([p for _, p in places] == ["instagram", "tiktok"] for places in twice)
    assert all(len({title for title, _ in places}) == 1 for places in twice)

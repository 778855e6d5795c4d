"""What the simulated brand has in production: scripts, the posts that came of them, and posts that
came of none.

The posts are those of a world, with their captions, accounts, lengths and times. A script is
written after the post that will come of it, with what life does to it in between: lines are
reworded, captions follow the hook or do not, the day slips, the cut is longer or shorter, a film
goes up on a second account, some scripts are never filmed. What is known of a post differs, too:
few are transcribed, fewer measured. The shares below are assumptions, written down as numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from simulator import words
from simulator.studio import BRAND
from simulator.world import MOVING, SimPost, World

DAYS = 60
SCRIPTED, NEVER_FILMED, CROSSED = (
    0.6,
    0.3,
    0.3,
)  # of films; of scripts, as many again; of scripted films
HOOK_SAME, HOOK_REWORDED = 0.45, 0.25  # the rest: another line about another thing
TRANSCRIBED, MEASURED, CUT_GIVEN, PLANNED, LINKED = 0.35, 0.4, 0.3, 0.5, 0.5
SAME_CAPTION, FORECAST = 0.7, 0.7  # of films on two accounts; of scripts
KEPT_WORDS, LENGTH_SD = 0.85, 0.25
SLIPS_D = (0, 0, 0, 0, 0, 0, 1, -1, 2, -3, 7, 14)
BODY = (
    "First {thing} goes on the table, then the lid",
    "Look how {thing} folds when nobody pushes",
    "It took us nine tries to get {thing} quiet",
    "Pour slowly, or {thing} starts to sing",
    "My neighbour asked what {thing} is for",
    "You only need one hand and {thing}",
    "Here is the part that everyone skips",
    "Now we put it under cold water for a minute",
    "The left side is warmer than the right one",
    "That sound means that it is ready",
    "We measured it twice to be sure",
    "And this is where the spoon comes in",
)
ENDS = (
    "Follow for the next one",
    "Tell us yours below",
    "Save it for Sunday",
    "Link in our profile",
)


@dataclass(frozen=True)
class Production:
    """A world as a matcher sees it, rows as `stages.matches.match` takes them, and `truth`:
    script of a post ('' = none).
    """

    posts: list[dict[str, Any]]
    scripts: list[dict[str, Any]]
    links: list[dict[str, str]]
    places: list[dict[str, str]]
    cuts: dict[str, list[list[int]]]
    truth: dict[str, str]


def produce(world: World) -> Production:
    """The production of the world's own brand in the DAYS after its epoch; the same world gives
    the same one.
    """
    return _Studio(world).produced()


class _Studio:
    def __init__(self, world: World) -> None:
        self.world = world
        self.dice = Random(f"productions/{world.seed}")  # noqa: S311 - a simulation, no secret
        self.made = Production([], [], [], [], {}, {})

    def produced(self) -> Production:
        own = {a.account_id for a in self.world.accounts if a.brand == BRAND}
        until = self.world.epoch + timedelta(days=DAYS)
        films = sorted(
            (p for p in self.world.posts if p.account_id in own and p.format in MOVING),
            key=lambda p: (p.posted_at, p.post_id),
        )
        past = [p for p in films if p.posted_at < self.world.epoch]
        queue = [p for p in films if self.world.epoch <= p.posted_at < until]
        places = sorted({(p.account_id, p.format) for p in past})
        while queue:
            film = queue.pop(0)
            if self.dice.random() >= SCRIPTED:
                lines, _ = self._lines(film)
                self._post(film, "", lines, pictures=self._pictures(), is_new=True)
                continue
            other = self._other(film, queue) if self.dice.random() < CROSSED else None
            if other:
                queue.remove(other)
            self._film(film, other, places)
        return self.made

    def _other(self, film: SimPost, queue: list[SimPost]) -> SimPost | None:
        """A post of another account in the days after, in whose place the same film goes up."""
        near = timedelta(days=4)
        return next(
            (
                p
                for p in queue
                if p.account_id != film.account_id and p.posted_at - film.posted_at < near
            ),
            None,
        )

    def _film(
        self, film: SimPost, other: SimPost | None, places: Sequence[tuple[str, str]]
    ) -> None:
        lines, thing = self._lines(film)
        script = self._script(film, lines, places)
        pictures = self._pictures()
        if self.dice.random() < CUT_GIVEN:
            self.made.cuts[script] = [pictures]
        has_link = other is not None and self.dice.random() < LINKED
        self._post(film, script, lines, pictures=pictures, is_new=not has_link)
        if has_link:
            self.made.links.append({"script_id": script, "post_id": film.post_id})
        if other:
            caption = film.caption if self.dice.random() < SAME_CAPTION else other.caption
            again = replace(other, caption=caption, duration_s=film.duration_s)
            self._post(again, script, lines, pictures=pictures, is_new=True)
        if self.dice.random() < NEVER_FILMED:
            spare = self.dice.choice([film, other or film])
            self._script(spare, self._lines(spare, thing=thing)[0], places)

    def _lines(self, film: SimPost, *, thing: str = "") -> tuple[list[str], str]:
        """What is said in a film, or planned: a hook that is more or less its caption's, body,
        end; and the thing.
        """
        first = film.caption.partition("\n")[0]
        dice, hook = self.dice, min(film.features & set(words.HOOK_LINES))
        own = next((t for t in words.THINGS if t in first), dice.choice(words.THINGS))
        way = dice.random()
        is_about = thing or (own if way < HOOK_SAME + HOOK_REWORDED else dice.choice(words.THINGS))
        line = dice.choice(words.HOOK_LINES[hook]).format(thing=is_about)
        if way < HOOK_SAME and not thing:
            line = self._edited(first)
        body = [t.format(thing=is_about) for t in dice.sample(BODY, k=3)]
        return [line, *body, dice.choice(ENDS)], is_about

    def _script(self, film: SimPost, lines: list[str], places: Sequence[tuple[str, str]]) -> str:
        dice, name = self.dice, f"script-{len(self.made.scripts)}"
        began = film.posted_at - timedelta(days=dice.uniform(2, 21))
        day = (film.posted_at + timedelta(days=dice.choice(SLIPS_D))).date()
        self.made.scripts.append(
            {
                "script_id": name,
                "version": 1,
                "title": " ".join(lines[0].split()[:3]),
                "lines": lines,
                "duration_s": round((film.duration_s or 6.0) * self._off(), 1),
                "production_at": began.replace(tzinfo=None),
                "publish_on": day if dice.random() < PLANNED else None,
            }
        )
        if dice.random() < FORECAST:
            self.made.places.extend(
                {"script_id": name, "account_id": a, "format": f} for a, f in places
            )
        return name

    def _post(
        self, film: SimPost, script: str, lines: Sequence[str], *, pictures: list[int], is_new: bool
    ) -> None:
        dice = self.dice
        said = " ".join(self._edited(line) for line in lines)
        self.made.posts.append(
            {
                "post_id": film.post_id,
                "account_id": film.account_id,
                "platform": film.platform,
                "format": film.format,
                "posted_at": film.posted_at.replace(tzinfo=None),
                "caption": film.caption,
                "title": "",
                "duration_s": film.duration_s,
                "speech": said if dice.random() < TRANSCRIBED else "",
                "overlays": "",
                "hashes": [h ^ (1 << dice.randrange(64)) for h in pictures]
                if dice.random() < MEASURED
                else None,
                "is_new": is_new,
            }
        )
        self.made.truth[film.post_id] = script

    def _edited(self, line: str) -> str:
        """A line as it is in the end: some words are left out, some are others."""
        return " ".join(
            w if self.dice.random() < KEPT_WORDS else self.dice.choice(("so", "well", "then", ""))
            for w in line.split()
        )

    def _pictures(self) -> list[int]:
        return [self.dice.getrandbits(64) for _ in range(8)]

    def _off(self) -> float:
        return 2.718 ** self.dice.gauss(0, LENGTH_SD)

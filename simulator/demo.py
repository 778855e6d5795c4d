"""The demo: the product's own commands, as a person would type them, with this world behind the
base URLs.

Accounts are captured, scripts written, predicted and filmed; four weeks later their posts are
linked and captured when due, and a week after that everything is captured once more, two older
captures come in as export files, and the notebooks run. Films are fetched, measured and shown to
the simulated model. The product is told addresses, keys and the world's time, nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from simulator import studio
from simulator.files import write_exports
from simulator.server import Running, Settings, running

PROJECT = "demo"
# Whole captures, and watches between them: most posts of these days are seen at 24 to 72 hours and
# again after a week, which is what early calls learn from.
FILES_DAYS, WATCH_DAYS = (0.0, 7.0), (9.0, 11.0, 16.0, 18.0, 24.0, 26.0, 28.0, 30.0)
WRITE_DAY, LINK_DAY, RUN_DAY = 14.0, 42.0, 49.0
PRODUCTS = ("fold-flat-colander", "night-light-kettle")
IDS = "scripts.json"  # which script has which id, kept from the day it was written
STEPS = ("review", "approved", "in_production", "produced")
HOURS = "2.5"  # noted for each script

# Each command as `vt` runs it; the exit code is the last one's.
_PLAY = """import json, sys
from vtlib.cli import vt
code = 0
for words in json.loads(sys.argv[1]):
    code = vt.main(args=words, prog_name="vt", standalone_mode=False)
sys.exit(code if isinstance(code, int) else 0)
"""


@dataclass(frozen=True)
class Desk:
    """A person at the workspace `home`, and the world they work in."""

    home: Path
    live: Running

    @property
    def folder(self) -> Path:
        return self.home / "outputs" / PROJECT

    def at(self, day: float) -> None:
        """Set the world's clock to so many days after its epoch."""
        self.live.sandbox.clock.set(at=self.live.sandbox.world.epoch, advance_s=day * 86_400)

    def vt(self, *words: str) -> int:
        """Run a command and show what it says; its exit code."""
        return self._run([words], capture=False).returncode

    def together(self, *commands: tuple[str, ...]) -> None:
        """Run commands one after the other in one process: what they import is imported once."""
        self._run(commands, capture=False)

    def ids(self) -> dict[str, str]:
        """Scripts by title, as `vt script list` knows them."""
        words = ("script", "list", "--project", PROJECT, "--json")
        return {
            row["title"]: row["script_id"]
            for row in json.loads(self._run([words], capture=True).stdout)
        }

    def _run(
        self, commands: Sequence[tuple[str, ...]], *, capture: bool
    ) -> subprocess.CompletedProcess[str]:
        for words in commands:
            print(f"$ vt {_short(words)}", file=sys.stderr, flush=True)  # noqa: T201 - it speaks
        now = self.live.sandbox.clock.now().isoformat()
        env = {**os.environ, **self.live.facts()["env"], "VT_HOME": str(self.home), "VT_CLOCK": now}
        command = [sys.executable, "-c", _PLAY, json.dumps(commands)]
        return subprocess.run(  # noqa: S603 - our own words
            command, env=env, check=False, text=True, stdout=subprocess.PIPE if capture else None
        )


def demo(home: Path, *, seed: int = 7) -> int:
    """Play the demo in the workspace `home`, whose params/demo.yaml describes it; the last exit
    code.

    What a day brought is done once, also by someone who plays it twice: captures are paid for,
    scripts are written.
    """
    root = home.resolve() / "outputs" / PROJECT
    with running(Settings(seed=seed, run_s=0.05, clips=root / "clips")) as live:
        return play(Desk(home.resolve(), live), seed=seed, done=root)


def play(desk: Desk, *, seed: int, done: Path) -> int:
    """Play the demo at `desk`; what a day brought is noted in the folder `done`."""
    exports = desk.folder / "exports"
    write_exports(exports, seed=seed, captures=FILES_DAYS, watches=WATCH_DAYS)
    for day, deed in ((WRITE_DAY, _write), (LINK_DAY, _link), (RUN_DAY, _refresh)):
        desk.at(day)
        mark = done / f"done-day-{day:g}"
        if not mark.exists():
            deed(desk)
            mark.touch()
    return desk.vt("run", PROJECT)


def _capture(desk: Desk) -> None:
    # Its exit code is not the demo's: the world has a private and a renamed account.
    desk.vt("scrape", "--project", PROJECT, "--again")


def _refresh(desk: Desk) -> None:
    """Capture, and fetch covers while their addresses answer: breakouts that nobody picked have no
    other picture.
    """
    _capture(desk)
    desk.vt("process", "covers", "--project", PROJECT, "--limit", "60")


def _write(desk: Desk) -> None:
    """Capture, judge, and write, release and shoot scripts, half of them for each product."""
    _capture(desk)
    films = _films(desk)
    paths = studio.write_scripts(desk.folder / "scripts", films)
    placed = ("script", "import", "--project", PROJECT, "--product")
    halves = (paths[number :: len(PRODUCTS)] for number in range(len(PRODUCTS)))
    desk.together(
        ("analyze", "outliers", "--project", PROJECT),
        *((*placed, p, *map(str, files)) for p, files in zip(PRODUCTS, halves, strict=True)),
    )
    ids = desk.ids()
    (desk.folder / IDS).write_text(json.dumps(ids))
    mine = [ids[film.title] for film in films]
    desk.together(
        *(("script", "move", status, *mine) for status in STEPS),
        ("script", "cost", mine[0], "--hours", HOURS, "--what", "filming and editing"),
    )


def _link(desk: Desk) -> None:
    """Say which posts came of the scripts, capture those that are due, and report: the next
    report says what changed.
    """
    ids = json.loads((desk.folder / IDS).read_text())
    links = studio.write_links(desk.folder / "links.csv", _films(desk), ids)
    desk.together(
        ("script", "links", str(links)),
        ("scrape", "--project", PROJECT, "--due"),
        ("run", PROJECT, "--only", "outliers"),
    )


def _films(desk: Desk) -> list[studio.Film]:
    world = desk.live.sandbox.world
    since, until = (world.epoch + timedelta(days=day) for day in (WRITE_DAY, LINK_DAY))
    return studio.films(world, since, until)


def _short(words: tuple[str, ...]) -> str:
    """A command on one line: of many words of a kind the first alone."""
    many = 8
    return (
        " ".join(words) if len(words) <= many else f"{' '.join(words[:4])} … ({len(words)} words)"
    )

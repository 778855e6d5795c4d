"""The demo: the product's own commands, as a person would type them, with this world behind the base URLs.

Two captures come in as export files, two through `vt scrape`; films are
fetched, measured and shown to the simulated model. The product is told addresses and keys, nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from vtlib.sandbox.files import write_exports
from vtlib.sandbox.server import Running, Settings, running

PROJECT = "demo"
FILES_DAYS = (0.0, 7.0)
SCRAPE_DAYS = (14.0, 21.0)
DAY_S = 86_400.0


def demo(home: Path, *, seed: int = 7) -> int:
    """Play the demo in the workspace `home`, whose params/demo.yaml describes it; the last exit code."""
    root = home.resolve() / "outputs" / PROJECT
    write_exports(root / "exports", seed=seed, captures=FILES_DAYS)
    settings = Settings(seed=seed, run_s=0.05, clips=root / "clips")
    with running(settings) as world:
        env = {**os.environ, **world.facts()["env"], "VT_HOME": str(home.resolve())}
        for day in SCRAPE_DAYS:
            _set_day(world, day)
            seen = root / f"captured-day-{day:g}"
            if not seen.exists():  # a capture is paid for once, also by someone who plays it twice
                # Its exit code is not the demo's: the world has a private and a renamed account.
                _vt(("scrape", "--project", PROJECT, "--again"), env)
                seen.touch()
        return _vt(("run", PROJECT), env)


def _set_day(world: Running, day: float) -> None:
    world.sandbox.clock.set(at=world.sandbox.world.epoch, advance_s=day * DAY_S)


def _vt(words: tuple[str, ...], env: dict[str, str]) -> int:
    print(f"$ vt {' '.join(words)}", file=sys.stderr, flush=True)  # noqa: T201 - the demo speaks
    command = [sys.executable, "-c", "from vtlib.cli import main; main()", *words]
    return subprocess.run(command, env=env, check=False).returncode  # noqa: S603 - our own words

"""python -m simulator export|serve|demo|team|tour: the simulated world as files, as services, as a
demo, as a team's, as a trial of faults.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from simulator.files import write_exports
from simulator.server import Settings, serve
from simulator.world import EPOCH


def main(arguments: list[str] | None = None) -> int:
    """Parse, call one function, print; 0 when it did what was asked."""
    chosen = _parser().parse_args(arguments)
    if chosen.command == "serve":
        return serve(
            Settings(
                seed=chosen.seed,
                epoch=chosen.epoch,
                factor=chosen.factor,
                run_s=chosen.run_seconds,
                clips=chosen.clips,
                port=chosen.port,
                fault_seed=chosen.fault_seed,
                fault_rate=chosen.fault_rate,
            )
        )
    if chosen.command == "tour":
        from simulator.tour import main as tour  # noqa: PLC0415 - brings all of vtlib with it

        return tour(chosen.only)
    if chosen.command == "demo":
        from simulator.demo import demo  # noqa: PLC0415 - only here

        return demo(chosen.home, seed=chosen.seed)
    if chosen.command == "team":
        from simulator.team import team  # noqa: PLC0415 - needs the extra `team`

        return team(chosen.home, seed=chosen.seed, stop_after_demo=chosen.stop)
    paths = write_exports(chosen.folder, seed=chosen.seed, epoch=chosen.epoch)
    sys.stdout.write("".join(f"{path}\n" for path in paths))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A simulated world with a known truth.",
        epilog="Example: python -m simulator serve --port 0 --seed 7",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="write the world as export files")
    export.add_argument("folder", type=Path)
    live = commands.add_parser("serve", help="run its services on 127.0.0.1 until interrupted")
    live.add_argument("--port", type=int, default=0, help="0 = any that is free")
    live.add_argument("--factor", type=float, default=0.0, help="simulated seconds a second")
    live.add_argument("--run-seconds", type=float, default=0.3, help="how long an actor runs")
    live.add_argument("--clips", type=Path, help="folder that keeps rendered films")
    live.add_argument("--fault-seed", type=int, help="let passing faults happen, by this seed")
    live.add_argument("--fault-rate", type=float, default=0.1, help="to this share of requests")
    trial = commands.add_parser("tour", help="drive every fault through the real commands")
    trial.add_argument("only", nargs="*", metavar="FAULT", help="only these kinds")
    play = commands.add_parser("demo", help="play the demo of a workspace with the real commands")
    play.add_argument("home", type=Path)
    play.add_argument("--seed", type=int, default=7)
    group = commands.add_parser("team", help="run a team on this machine, with the demo in it")
    group.add_argument("home", type=Path)
    group.add_argument("--seed", type=int, default=7)
    group.add_argument("--stop", action="store_true", help="end when the demo was played")
    for command in (export, live):
        command.add_argument("--seed", type=int, default=7)
        command.add_argument(
            "--epoch", type=_moment, default=EPOCH, help="ISO time the clock starts at, or: now"
        )
    return parser


def _moment(word: str) -> datetime:
    if word == "now":
        return datetime.now(UTC).replace(microsecond=0)
    at = datetime.fromisoformat(word)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())

"""`vt sandbox`, found by `vt` through the entry point group `vtlib.commands`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Command
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    from simulator.server import Running


def register(group: click.Group) -> None:
    """Add the command to `group`."""
    group.add_command(sandbox)


@click.command("sandbox", cls=Command, example="vt sandbox --port 8765 --factor 3600")
@click.option("--port", type=int, default=8765, show_default=True, help="0 = any that is free.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another world.")
@click.option(
    "--factor",
    type=float,
    default=0.0,
    show_default=True,
    help="Simulated seconds a second: with 3600 views grow while you look.",
)
@click.option(
    "--clips", type=click.Path(path_type=Path, file_okay=False), help="Keep rendered films here."
)
@click.option(
    "--fault-rate", type=click.FloatRange(0, 1), default=0.0, help="This share of requests fails."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def sandbox(*, seed: int, fault_rate: float, as_json: bool, **options: Any) -> int:
    """Run a simulated world on this machine until interrupted: an Apify API and a video host
    that speak the real protocols, for trying the real clients without an account. Everything in
    it is made up.
    """
    from simulator.server import Settings, serve  # noqa: PLC0415 - other commands need no world

    fault_seed = seed if fault_rate else None
    settings = Settings(seed=seed, fault_seed=fault_seed, fault_rate=fault_rate, **options)
    try:
        return serve(settings, say=_as_json if as_json else _as_text)
    except BadInput as error:
        raise click.ClickException(str(error)) from None


def _as_json(live: Running) -> str:
    return json.dumps(live.facts(), indent=1)


def _as_text(live: Running) -> str:
    facts = live.facts()
    lines = [f"export {name}={value}" for name, value in facts["env"].items()]
    return "\n".join(
        [
            f"A simulated world answers at {facts['url']} until Ctrl-C. In another terminal:",
            "",
            *lines,
            "vt doctor",
            "",
            f"Its clock, faults and journal: {facts['control']}/clock, /faults, /log",
        ]
    )

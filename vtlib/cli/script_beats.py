"""`vt script beat` and `vt script hook`: beats added, taken out and moved, and another opening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command
from vtlib.cli.script import by_option, notes_option, script, script_argument, seen_option
from vtlib.cli.script_text import made_text, script_data
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    from vtlib.store.project import Workspace


@command(script, "beat", example="vt script beat quiet-evenings-3fa2c1 --move b3 --to 1")
@script_argument
@click.option("--add", is_flag=True, help="Add an empty beat; --after says where.")
@click.option("--after", default="", help="Id of the beat it follows; default: the last one.")
@click.option("--remove", help="Id of a beat to take out.")
@click.option("--move", help="Id of a beat to move; --to says where.")
@click.option("--to", type=int, help="Its new number, from 1.")
@notes_option
@seen_option
@by_option
def beat(
    at: Workspace,
    ref: str,
    add: bool,
    after: str,
    remove: str | None,
    move: str | None,
    to: int | None,
    notes: str,
    seen: int | None,
    by: str,
) -> Answer:
    """Add, take out or move a beat, in a new version; what a beat says changes by `update
    --beat`.
    """
    from vtlib.scripts import beats as flow
    from vtlib.scripts.picture import time_line
    from vtlib.scripts.store import Making

    if sum(map(bool, (add, remove, move))) != 1:
        raise BadInput("one thing at a time.", todo="Give --add, --remove BEAT or --move BEAT.")
    if add:
        made, key = flow.add(at, ref, Making(by, notes or "a beat added"), after=after, seen=seen)
        return Answer({**script_data(made), "beat_id": key}, f"beat {key}: {made_text(made)}")
    if remove:
        made = flow.remove(at, ref, remove, Making(by, notes or f"without {remove}"), seen=seen)
    elif to is None:
        raise BadInput("where to?", todo="Give --to NUMBER.")
    else:
        made = flow.move(at, ref, (str(move), to), Making(by, notes or f"{move} moved"), seen=seen)
    return Answer(script_data(made), f"{made_text(made)}\n{time_line(made['script'])}")


@command(script, "hook", example="vt script hook quiet-evenings-3fa2c1 --take B")
@script_argument
@click.option("--take", metavar="LETTER", help="Make a version that opens with this variant.")
@notes_option
@seen_option
@by_option
def hook(
    at: Workspace, ref: str, take: str | None, notes: str, seen: int | None, by: str
) -> Answer:
    """Show the hooks that were written with a script, or open it with another one in a new version.

    Shoot the versions you want to compare, and link each post with its own --version and --variant:
    notebook 07 and vt analyze performance then compare the variants.
    """
    from vtlib.adaptation import hooks
    from vtlib.scripts.picture import time_line
    from vtlib.scripts.store import Making

    if take is None:
        held, known = hooks.variants(at, ref)
        return Answer({"script_id": held["script_id"], "hooks": known}, _hooks_text(known))
    made = hooks.take(at, ref, take, Making(by, notes or f"hook {take.upper()}"), seen=seen)
    link = (
        f"vt script track {made['script_id']} --version {made['version']} --variant "
        f"{take.upper()} --post-url URL"
    )
    return Answer(
        {**script_data(made), "variant": take.upper()},
        f"{made_text(made)}\n{time_line(made['script'])}\nIts post is linked by: {link}",
    )


def _hooks_text(known: list[dict[str, Any]]) -> str:
    lines = []
    for one in known:
        said = [f'"{one["spoken"]}"' if one["spoken"] else "", one["overlay"], one["visual"]]
        told = " / ".join(s for s in said if s)
        lines.append(f"{one['variant']}  {one['type'].replace('_', ' ')}: {told}")
        lines.append(f"   tests {one['tests']}")
    return "\n".join(lines)

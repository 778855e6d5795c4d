"""`vt`: a command parses, calls one function, prints. One module a family of commands."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import click

from vtlib.cli.base import Group, failure
from vtlib.cli.mishaps import as_error
from vtlib.errors import VtError

FAMILIES = {
    "analyze": ("outliers", "analyzing", "labelling", "comparing", "competitors", "performing"),
    "backup": ("operations",),
    "brand": ("catalog",),
    "check": ("looking",),
    "costs": ("looking",),
    "discover": ("scraping",),
    "doctor": ("operations",),
    "import": ("importing", "analytics"),
    "init": ("workspace",),
    "patterns": ("patterns",),
    "problems": ("looking",),
    "process": ("process",),
    "product": ("catalog",),
    "project": ("project",),
    "purge": ("process",),
    "report": ("running",),
    "restore": ("operations",),
    "review": ("review",),
    "run": ("running",),
    "runs": ("looking",),
    "scrape": ("scraping",),
    "script": ("script", "script_files", "script_beats", "adapting", "script_outcome"),
    "status": ("operations",),
    "tiktok": ("scraping",),
    "use": ("use",),
    "youtube": ("scraping",),
}


class Families(Group):
    """The families of commands, each imported when it is asked for: `vt costs` needs no scipy.

    Commands that stand outside this room are entry points of the group `vtlib.commands`: functions
    that take `vt` and add their own.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        outside = {e.name for e in entry_points(group="vtlib.commands")}
        return sorted({*FAMILIES, *outside, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for module in FAMILIES.get(cmd_name, ()):
            import_module(f"vtlib.cli.{module}")
        if cmd_name not in self.commands:
            for extension in entry_points(group="vtlib.commands", name=cmd_name):
                extension.load()(self)
        return super().get_command(ctx, cmd_name)


@click.group(cls=Families, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="viraltracker", prog_name="vt")
@click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Every event to this file, too, one JSON line each (docs/logs.md); may stand after any command.",
)
def vt(log_file: Path | None) -> None:
    """Find short videos that broke out, learn why, and whether it worked.

    VT_HOME names the workspace (default: the nearest folder with params/). See docs/commands.md.
    """


def main(argv: list[str] | None = None) -> None:
    """Run `vt` and leave with the exit code that is true."""
    words = sys.argv[1:] if argv is None else argv
    try:
        code = vt.main(args=words, prog_name="vt", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        code = 0
    except click.ClickException as error:
        code = _say(error, as_json="--json" in words)
    except (KeyboardInterrupt, click.Abort):
        print("interrupted; run the command again, it goes on where it stopped", file=sys.stderr)
        code = 130
    except Exception as fault:  # noqa: BLE001 - outside a command: a start that fails
        code = _say_error(as_error(fault), as_json="--json" in words)
    sys.exit(code if isinstance(code, int) else 0)


def _say_error(error: VtError, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(failure(error)))
    else:
        print(f"error: {error}", file=sys.stderr)
    return error.exit_code


def _say(error: click.ClickException, *, as_json: bool) -> int:
    if as_json:
        facts = {"error": "BadInput", "message": error.format_message(), "todo": "", "exit_code": 2}
        print(json.dumps(facts))
    else:
        error.show(file=sys.stderr)
    return 2

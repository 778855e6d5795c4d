"""`vt`: a command parses, calls one function of a room, prints.

For: people in a terminal, and scripts through `--json` and exit codes.
Owns: the words of the command line; no table.
Entry points: `main`. One module a family of commands; FAMILIES says which.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from vtlib.cli.base import Group, failure, summary
from vtlib.core.errors import VtError
from vtlib.core.quick_start import leave_out_grammar, leave_out_plugins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint

FAMILIES = {
    "account": ("details",),
    "advice": ("patterns",),
    "analyze": ("outliers", "videos", "compare", "performance"),
    "backup": ("operations",),
    "brand": ("catalog",),
    "check": ("activity",),
    "costs": ("activity",),
    "desk": ("details",),
    "discover": ("scrape",),
    "doctor": ("operations",),
    "export": ("exports",),
    "import": ("imports", "import_tables"),
    "init": ("project",),
    "jobs": ("jobs",),
    "mcp": ("serve",),
    "overview": ("run",),
    "patterns": ("patterns",),
    "post": ("details",),
    "problems": ("activity",),
    "process": ("process",),
    "product": ("catalog",),
    "project": ("project",),
    "purge": ("process",),
    "report": ("run", "report_reviews"),
    "restore": ("operations",),
    "review": ("outliers",),
    "run": ("run",),
    "runs": ("activity",),
    "schedule": ("jobs",),
    "scrape": ("scrape",),
    "script": ("script", "script_versions", "script_files", "script_outcome", "script_reviews"),
    "serve": ("serve",),
    "status": ("operations",),
    "store": ("team",),
    "tiktok": ("scrape",),
    "use": ("operations",),
    "video": ("details",),
    "worker": ("jobs",),
    "watch": ("watch",),
    "youtube": ("scrape",),
}

# `vt --help`, which imports no family: in the order of the work, a line each. Commands of other
# packages bring their own line.
WORKFLOW = {
    "Set up": {
        "init": "Make a workspace.",
        "doctor": "Check everything the work needs.",
        "sandbox": "Run a simulated world on this machine, to try it all.",
        "brand": "Whose products are promoted.",
        "product": "What is promoted, with the facts that may be claimed.",
        "project": "A question under research: accounts, products, runs.",
    },
    "Bring in": {
        "import": "Bring in posts without the network: URLs, exports.",
        "scrape": "Capture the newest posts of followed accounts.",
        "discover": "Posts by search words or hashtags.",
        "tiktok": "Capture from TikTok by search, hashtag or account.",
        "youtube": "Capture from YouTube by search.",
        "process": "Fetch and measure what was picked.",
    },
    "Judge": {
        "analyze": "Judge posts, ask the model about videos, compare, see what worked.",
        "review": "Keep or reject posts by hand.",
        "desk": "Browse, keep or reject, and write scripts in a window.",
    },
    "Understand": {
        "post": "One post: numbers over time, tier and why, video, scripts.",
        "video": "One video: its measures, duplicates and posts.",
        "account": "One account: followers over time, posts, tiers.",
        "patterns": "The library of patterns of the last analysis.",
    },
    "Write": {
        "advice": "What to shoot, repeat, stop and test.",
        "script": "Scripts: versions, review, production, export, posts.",
    },
    "Measure": {
        "export": "Tables for spreadsheets, Tableau or R, each column with its meaning.",
        "report": "The latest report of a project.",
        "overview": "All projects on one page.",
        "watch": "What broke out, dried up or broke since you last looked.",
        "serve": "A site of the reports for the team and its clients, with sign-in.",
        "mcp": "The workbench for assistants, by the Model Context Protocol.",
        "costs": "What was spent, on what.",
    },
    "Keep running": {
        "run": "Run the seven notebooks of a project.",
        "runs": "What ran, newest first, and how each stage fared.",
        "schedule": "What runs by itself, every night or hour.",
        "jobs": "Work that waits, runs and ran; add, cancel, pause it.",
        "worker": "Do the jobs of a team's queue.",
        "status": "Errors and usage a day.",
        "problems": "Items and stages that failed, with the reason.",
        "check": "Look for rows that must not exist.",
        "use": "Who used which command on which project.",
        "backup": "Copy the database and params/ to a folder.",
        "store": "The database: copy it, and who may do what in a team's.",
        "restore": "Make a workspace of a backup.",
        "purge": "Remove media by age or quota, or personal data.",
    },
}
OTHERS = "From other packages"


GROUP = "vtlib.commands"


class Families(Group):
    """The families of commands, each imported when it is asked for: `vt costs` needs no scipy.

    Commands that stand outside this room are entry points of the group `vtlib.commands`: functions
    that take `vt` and add their own.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        outside = {e.name for e in _outside()}
        return sorted({*FAMILIES, *outside, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for module in FAMILIES.get(cmd_name, ()):
            import_module(f"vtlib.cli.{module}")
        if cmd_name not in self.commands:
            for extension in _outside():
                if extension.name == cmd_name:
                    extension.load()(self)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        names = self.list_commands(ctx)
        headed_names = {name for lines in WORKFLOW.values() for name in lines}
        others = [
            (n, c) for n in names if n not in headed_names and (c := self.get_command(ctx, n))
        ]
        sections = {**WORKFLOW, **({OTHERS: {n: summary(c) for n, c in others}} if others else {})}
        for heading, lines in sections.items():
            with formatter.section(heading):
                formatter.write_dl([(n, line) for n, line in lines.items() if n in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        lines = {n: line for section in WORKFLOW.values() for n, line in section.items()}
        names = [n for n in self.list_commands(ctx) if n.startswith(incomplete)]
        items = [CompletionItem(n, help=lines.get(n)) for n in names]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]


def _outside() -> list[EntryPoint]:
    """Commands of other packages. `importlib.metadata` parses what every installed package
    declares, a tenth of a second; so the files are searched for the group's name first.
    """
    files = (file for folder in dict.fromkeys(sys.path) for file in _declarations(Path(folder)))
    with_group = [file.parent for file in files if GROUP in file.read_text("utf-8", "replace")]
    if not with_group:
        return []
    from importlib.metadata import Distribution

    return [e for f in with_group for e in Distribution.at(f).entry_points if e.group == GROUP]


def _declarations(folder: Path) -> Iterator[Path]:
    for pattern in ("*.dist-info/entry_points.txt", "*.egg-info/entry_points.txt"):
        yield from folder.glob(pattern)


@click.group(cls=Families, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="viraltracker", prog_name="vt")
@click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Every event to this file, too, one JSON line each (docs/logs.md); may stand after any "
    "command.",
)
def vt(log_file: Path | None) -> None:
    """Find short videos that broke out, learn why, and whether it worked.

    VT_HOME names the workspace (default: the nearest folder with params/). See docs/commands.md.
    """


def main(argv: list[str] | None = None) -> None:
    """Run `vt` and leave with the exit code that is true."""
    leave_out_grammar()
    leave_out_plugins()
    words = sys.argv[1:] if argv is None else argv
    try:
        code = vt.main(args=words, prog_name="vt", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        code = 0
    except SystemExit as left:
        code = 0 if _is_unread() else left.code
    except click.ClickException as error:
        code = _say(error, as_json="--json" in words)
    except (KeyboardInterrupt, click.Abort):
        print("interrupted; run the command again, it goes on where it stopped", file=sys.stderr)
        code = 130
    except Exception as fault:  # noqa: BLE001 - outside a command: a start that fails
        from vtlib.cli.failures import as_error

        code = _say_error(as_error(fault), as_json="--json" in words)
    sys.exit(code if isinstance(code, int) else 0)


def _is_unread() -> bool:
    """Whether the reader of our output went away (`vt … | head`): click then puts a silent
    stream in its place.
    """
    return type(sys.stdout).__name__.endswith("PacifyFlushWrapper")


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

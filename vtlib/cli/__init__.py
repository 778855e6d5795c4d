"""`vt`: a command parses, calls one function, prints. One module a family of commands."""

from __future__ import annotations

import json
import sys

import click

from vtlib.cli.base import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="viraltracker", prog_name="vt")
def vt() -> None:
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
    sys.exit(code if isinstance(code, int) else 0)


def _say(error: click.ClickException, *, as_json: bool) -> int:
    if as_json:
        facts = {"error": "BadInput", "message": error.format_message(), "todo": "", "exit_code": 2}
        print(json.dumps(facts))
    else:
        error.show(file=sys.stderr)
    return 2


# Each module registers its commands with `vt`; they stand below it in the order of a project's life.
from vtlib.cli import (  # noqa: E402
    catalog,
    importing,
    looking,
    outliers,
    project,
    review,
    running,
    workspace,
)

FAMILIES = (catalog, importing, looking, outliers, project, review, running, workspace)

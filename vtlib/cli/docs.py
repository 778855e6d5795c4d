"""Write the generated pages of docs/: commands, formats, parameters, schema (`make docs`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click
from pydantic import BaseModel

from vtlib.cli import vt
from vtlib.cli.base import Command
from vtlib.cli.formats import formats_markdown
from vtlib.core.params import Params
from vtlib.core.settings import Settings
from vtlib.store.migrate import schema_markdown

DOCS = Path(__file__).parents[2] / "docs"
GENERATED_NOTE = "<!-- made by `make docs`; change the code, not this page -->"


def pages() -> dict[str, str]:
    """Every generated page by file name."""
    return {
        "commands.md": commands_markdown(),
        "formats.md": formats_markdown(GENERATED_NOTE),
        "parameters.md": parameters_markdown(),
        "schema.md": schema_markdown(),
    }


def commands_markdown() -> str:
    """Every command with its help and an example, from the commands themselves."""
    parts = ["# Commands", GENERATED_NOTE, _COMMON]
    parts += [_command(path, one) for path, one in walk(vt, ("vt",))]
    return "\n\n".join(parts) + "\n"


def walk(group: click.Group, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], click.Command]]:
    """All leaf commands below `group`, in order of their names."""
    commands: list[tuple[tuple[str, ...], click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        one = group.get_command(context, name)
        if one is None:
            continue
        here = (*path, name)
        commands += walk(one, here) if isinstance(one, click.Group) else [(here, one)]
    return commands


def parameters_markdown() -> str:
    """Every parameter with its type, default and meaning; every setting of the environment."""
    lines = ["# Parameters", "", GENERATED_NOTE, "", _PARAMETERS, ""]
    lines += _section(Params, "")
    lines += ["## Environment and `.env`", "", "| variable | meaning |", "|---|---|"]
    lines += [
        f"| `{f.validation_alias}` | {f.description} |" for f in Settings.model_fields.values()
    ]
    return "\n".join(lines) + "\n"


def _command(path: tuple[str, ...], one: click.Command) -> str:
    context = click.Context(one, info_name=" ".join(path))
    usage = one.get_usage(context).removeprefix("Usage: ")
    rows = [r for p in one.params if (r := p.get_help_record(context))]
    table = ["| option | meaning |", "|---|---|"]
    table += [f"| `{a}` | {_cell(b)} |" for a, b in rows if not a.startswith("--json")]
    example = one.example if isinstance(one, Command) else ""
    return "\n".join(
        [
            f"## {' '.join(path)}",
            "",
            f"`{usage}`",
            "",
            " ".join((one.help or "").split()),
            "",
            *(table if len(table) > 2 else []),
            *([""] if len(table) > 2 else []),
            f"```\n{example}\n```",
        ]
    )


def _section(model: type[BaseModel], prefix: str) -> list[str]:
    title = f"## `{prefix.rstrip('.')}:`" if prefix else "## The project"
    lines = [title, "", " ".join((model.__doc__ or "").split()), ""]
    lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
    inner: list[str] = []
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            inner += _section(kind, f"{prefix}{name}.")
            continue
        default = "required" if info.is_required() else f"`{info.default!r}`"
        lines.append(f"| `{name}` | {_kind(kind)} | {default} | {_cell(info.description or '')} |")
    return [*lines, "", *inner]


def _kind(kind: Any) -> str:
    choices = get_args(kind)
    if choices and all(isinstance(c, str) for c in choices):
        return " · ".join(f"`{c}`" for c in choices)
    name = kind.__name__ if isinstance(kind, type) and not choices else str(kind)
    return _cell(
        name.replace("typing.", "").replace("vtlib.core.params.", "").replace("NoneType", "None")
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


_COMMON = """Every command takes `--json` (one JSON document on stdout; logs and progress go to stderr), asks
nothing, and exits 0 only when it did what was asked. Exit codes: 1 a fault of ours, 2 bad input, 3 credentials or
login, 4 source, 5 model, 6 data check, 7 store busy, 8 budget reached. A batch with some failed items exits with
the code of the worst and says how many. `VT_HOME` names the workspace (default: the nearest folder with `params/`)."""  # noqa: E501

_PARAMETERS = """One YAML file a project, `params/<slug>.yaml`. Precedence: the defaults below < the file <
`vt run PROJECT -p section.key=value`. Unknown keys are refused, with the nearest right name. Secrets are never
parameters: they come from the environment or `.env`."""  # noqa: E501


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

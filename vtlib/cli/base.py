"""Shared by every `vt` command: --json, logging, errors with exit codes, example in the help."""

from __future__ import annotations

import functools
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.core.errors import BadInput, VtError, nearest

if TYPE_CHECKING:
    # `vt --help` prints no table and opens no workspace: pandas, pydantic and structlog come late.
    import pandas as pd

    from vtlib.store.project import Workspace


Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Result of a command: `data` for machines, `text` for people, and the exit code."""

    data: Any
    text: str = ""
    exit_code: int = 0


class Command(click.Command):
    """A command whose help ends in an example; SCRIPT and URL are also accepted as options."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.subject = next(
            (p for p in self.params if isinstance(p, click.Argument) and p.name in _BY_OPTION), None
        )
        if self.subject is not None:
            self.params.append(_subject_option(self.subject))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self.subject is not None:
            args = _positional(
                args, _BY_OPTION[str(self.subject.name)], many=self.subject.nargs < 0
            )
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        with formatter.section("Example"):
            for line in self.example.splitlines():
                formatter.write_text(line)


_BY_OPTION = {"ref": "--script", "refs": "--script", "url": "--url"}


def _subject_option(argument: click.Argument) -> click.Option:
    """The option beside an argument, shown in the help only: `_positional` handles it."""
    flag = _BY_OPTION[str(argument.name)]
    words = f"{flag.strip('-').upper()}, as an option."
    return click.Option(
        [flag, f"{argument.name}_option"],
        expose_value=False,
        help=words,
        multiple=argument.nargs < 0,
    )


def _positional(words: list[str], flag: str, *, many: bool) -> list[str]:
    """`words` with the value of `flag` as first positional word (last, where there are many)."""
    values, rest = [], []
    stream = iter(words)
    for word in stream:
        if word == "--":
            rest += [word, *stream]
        elif word == flag:
            values += [v for v in [next(stream, None)] if v is not None]
        elif word.startswith(f"{flag}="):
            values.append(word.partition("=")[2])
        else:
            rest.append(word)
    return [*rest, *values] if many else [*values, *rest]


class Group(click.Group):
    """A group that lists whole first sentences and suggests the nearest command for a typo."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(n, self.get_command(ctx, n)) for n in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(n, summary(c)) for n, c in commands if c and not c.hidden])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = nearest(args[0], self.list_commands(ctx))
            hint = f" Did you mean {near}?" if near else " See --help."
            raise click.UsageError(f"no such command: {args[0]}.{hint}", ctx=ctx) from error


def summary(one: click.Command) -> str:
    """The first sentence of a command's help, uncut (click cuts it at the terminal's width)."""
    first = " ".join((one.help or "").split("\n\n")[0].split())
    end = _SENTENCE_END.search(first)
    return first[: end.start() + 1] if end else first


# A full stop before a capital: not that of "e.g. tiktok".
_SENTENCE_END = re.compile(r"[.!?](?= [A-Z])")


def command(group: click.Group, name: str, *, example: str) -> Callable[..., Any]:
    """Register a function(workspace, **options) -> Answer as `name`, with --json."""

    def decorate(function: Callable[..., Answer]) -> click.Command:
        @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
        @click.option("--log-file", type=click.Path(path_type=Path, dir_okay=False), hidden=True)
        @functools.wraps(function)
        def call(*, as_json: bool, log_file: Path | None, **options: Any) -> int:
            ctx = click.get_current_context()
            words = ctx.command_path.removeprefix("vt ")
            file = log_file or ctx.find_root().params.get("log_file")
            with log_to_file(file):
                return run_command(function, as_json=as_json, options=options, name=words)

        cli_command = click.command(name, cls=Command, example=example)(call)
        group.add_command(cli_command)
        return cli_command

    return decorate


def _me() -> str:
    context = click.get_current_context(silent=True)
    if context and context.resilient_parsing:  # a completion needs no name, and should be quick
        return ""
    from vtlib.core.settings import person

    return person()


by_option = click.option(
    "--by",
    envvar="VT_PERSON",
    default=_me,
    help="Who does it; default: VT_PERSON, else the login.",
)


@contextmanager
def log_to_file(file: Path | None) -> Iterator[None]:
    """Also write every event to `file`, including those of the notebooks' processes."""
    if file is None:
        yield
        return
    before = os.environ.get("VT_LOG_FILE")
    os.environ["VT_LOG_FILE"] = str(file.expanduser().resolve())
    try:
        yield
    finally:
        os.environ.pop("VT_LOG_FILE")
        if before is not None:
            os.environ["VT_LOG_FILE"] = before


def run_command(
    function: Callable[..., Answer], *, as_json: bool, options: dict[str, Any], name: str = ""
) -> int:
    """Call `function` in the workspace, print its answer or its error, return the exit code.

    The command is an event of the log, a span of a trace, and a line of use (ops/use.py).
    """
    from vtlib.core import log, telemetry
    from vtlib.ops import use

    began, run_id = time.monotonic(), log.new_run_id()
    code, at = 1, None
    try:
        code, at = _run(function, as_json=as_json, options=options, name=name, run_id=run_id)
    finally:
        if at is not None:
            seconds = round(time.monotonic() - began, 3)
            project = options.get("project")
            facts = {"command": name, "project": project if isinstance(project, str) else ""}
            use.note(at, {**facts, "seconds": seconds, "exit_code": code, "run_id": run_id})
        telemetry.close()
    return code


def _run(
    function: Callable[..., Answer],
    *,
    as_json: bool,
    options: dict[str, Any],
    name: str,
    run_id: str,
) -> tuple[int, Workspace | None]:
    from vtlib.cli.failures import as_error
    from vtlib.core import log, telemetry
    from vtlib.core.settings import load_settings
    from vtlib.store.project import Workspace

    at: Workspace | None = None
    redact, log_file = log.redactor(), None
    try:
        settings = load_settings()
        redact = log.redactor(settings.secrets)
        log.set_up(
            settings.outputs / "logs",
            level=settings.log_level,
            secrets=settings.secrets,
            run_id=run_id,
            file=settings.log_file,
        )
        telemetry.set_up(
            sentry_dsn=settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else "",
            otlp_endpoint=settings.otlp_endpoint or "",
        )
        log_file = settings.outputs / "logs" / "vt.jsonl"
        at = Workspace(settings)
        project = options.get("project")
        log.about(command=name, project=project if isinstance(project, str) else "")
        with log.timed("command", command=name) as facts, at.store.session(is_reading=True):
            answer = function(at, **options)
            facts["exit_code"] = answer.exit_code
            facts["outcome"] = "ok" if answer.exit_code == 0 else "failed"
        text = redact(_text(answer, as_json=as_json))
    except click.ClickException:
        raise
    except Exception as fault:  # noqa: BLE001 - the one place where everything ends as a sentence and a code
        error = as_error(fault, log_file=log_file)
        is_refused = isinstance(error, telemetry.REFUSALS)
        log.get("cli").info(
            "refusal" if is_refused else "failure",
            error=str(error),
            kind=type(error).__name__,
            exit_code=error.exit_code,
            exc_info=fault,
        )
        fault_to_report = (
            fault if error.exit_code == 1 else error.with_traceback(fault.__traceback__)
        )
        telemetry.report(fault_to_report, {"command": name, "exit_code": error.exit_code})
        answer = Answer(failure(error), f"error: {error}", error.exit_code)
        _print(redact(_text(answer, as_json=as_json)), to_stderr=not as_json)
        return error.exit_code, at
    _print(text, to_stderr=False)
    return answer.exit_code, at


@contextmanager
def progress(what: str, *, unit: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr for long work; silent when stderr is not a terminal."""
    from tqdm import tqdm

    with tqdm(desc=what, unit=f" {unit}", disable=not sys.stderr.isatty(), leave=False) as bar:

        def tick(count: int) -> None:
            bar.update(count)

        yield tick


def each_file(files: Sequence[Path], take_in: Callable[[Path], tuple[Any, str, bool]]) -> Answer:
    """The answer of a command that takes in files one by one: `take_in` gives what became of a
    file as data, as a sentence, and whether it was refused; an error stops that file alone.
    """
    rows: list[dict[str, Any]] = []
    lines, code = [], 0
    for path in files:
        try:
            outcome, sentence, is_refused = take_in(path)
        except VtError as error:
            rows.append({"file": path, **failure(error)})
            lines.append(f"{path.name}: {error}")
            code = max(code, error.exit_code)
            continue
        rows.append({"file": path, **asdict(outcome)})
        lines.append(f"{path.name}: {sentence}")
        code = max(code, BadInput.exit_code if is_refused else 0)
    return Answer(rows, "\n".join(lines), code)


def failure(error: VtError) -> dict[str, Any]:
    """An error as a JSON object."""
    return {
        "error": type(error).__name__,
        "message": error.message,
        "todo": error.todo,
        "exit_code": error.exit_code,
    }


def table(
    rows: pd.DataFrame | Rows, *, columns: Sequence[str] = (), empty: str = "nothing yet"
) -> str:
    """A frame, or rows with `columns` (default: those of the first row), as a plain text table.

    Missing values are a dash.
    """
    if len(rows) == 0:
        return empty
    from tabulate import tabulate

    if isinstance(rows, Sequence):
        heads = list(columns or rows[0])
        cells = [[_cell(row.get(name)) for name in heads] for row in rows]
    else:
        heads = list(rows.columns)
        cells = [[_cell(v) for v in row] for row in rows.itertuples(index=False)]
    return tabulate(cells, headers=heads, tablefmt="simple", disable_numparse=True)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame as JSON-able records: no NaN, no numpy, times as ISO 8601 UTC."""
    return [{str(k): plain(v) for k, v in row.items()} for row in frame.to_dict(orient="records")]


def plain(value: Any) -> Any:
    """A value as JSON knows it: missing -> null, numpy -> Python, times -> ISO 8601 with Z."""
    if value is None or type(value) in (str, int, bool):
        return value
    if type(value) is float:
        return None if math.isnan(value) else value
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if type(value) is datetime:
        return value.isoformat() + ("" if value.tzinfo else "Z")
    if type(value) is date or isinstance(value, Path):
        return str(value)
    return _plain_of_pandas(value)


def _plain_of_pandas(value: Any) -> Any:
    """What is left: values of numpy and pandas, and what subclasses a type of Python."""
    import numpy as np
    import pandas as pd

    if isinstance(value, np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, pd.DataFrame):
        return records(value)
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, (datetime, pd.Timestamp)):
        moment = value.isoformat()
        return moment if value.tzinfo else moment + "Z"
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if isinstance(value, (Path, date)) else value


def _cell(value: Any) -> str:
    if isinstance(value, datetime) and value == value:  # noqa: PLR0124 - NaT is not itself
        return _moment(value)
    value = plain(value)
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    # Strangers' text may hold control characters that would drive the terminal.
    return "".join(c if c.isprintable() else " " for c in str(value))[:80]


def _moment(value: datetime) -> str:
    """A time in a table, always in UTC: stored ones have no zone and are UTC."""
    utc = value.astimezone(UTC) if value.tzinfo else value
    return f"{utc:%Y-%m-%d %H:%M:%S}Z"


def _text(answer: Answer, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(plain(answer.data), ensure_ascii=False, indent=1)
    return answer.text


def _print(text: str, *, to_stderr: bool) -> None:
    """Print with what the terminal can encode; a closed pipe (`vt … | head`) is no error."""
    stream = sys.stderr if to_stderr else sys.stdout
    try:
        if text:
            click.echo(text.encode("utf-8", "replace").decode("utf-8"), file=stream)
            stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except UnicodeEncodeError:
        encoding = getattr(stream, "encoding", None) or "ascii"
        click.echo(text.encode(encoding, "replace").decode(encoding), file=stream)

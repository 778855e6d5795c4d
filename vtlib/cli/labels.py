"""`vt analyze show|correct|label|agreement`: answers as they stand, and people beside the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, Group, command, table
from vtlib.cli.imports import project_option
from vtlib.cli.outliers import analyze
from vtlib.core.conclusion import number

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

AGREED = ["field", "between", "n", "people", "kappa", "low", "high", "verdict"]
by_option = click.option("--by", required=True, help="Who says so.")


@command(
    analyze, "show", example="vt analyze show tiktok:7106594312292453675 --project spring --all"
)
@click.argument("post")
@click.option("--project", help="Slug of the project; default: the one that has the post.")
@click.option("--all", "every", is_flag=True, help="Every version side by side: models, prompts.")
def show(at: Workspace, post: str, project: str | None, every: bool) -> Answer:
    """An answer field by field: what stands, what a person put right, and what the file says of
    it.
    """
    from vtlib.analysis import answers as showing
    from vtlib.ops import projects

    opened = projects.opened(at, project or projects.with_post(at, post))
    if every:
        found = showing.versions(opened, post)
        return Answer({"post_id": post, "versions": found}, table(found))
    about, found = showing.newest(opened, post)
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in about.items()]
    return Answer({**about, "fields": found}, "\n".join([*lines, "", table(found)]))


@command(
    analyze,
    "correct",
    example="vt analyze correct tiktok:7106594312292453675 factors.emotion.score 2 --project "
    "spring --by ada",
)
@click.argument("post")
@click.argument("field")
@click.argument("value")
@project_option
@by_option
@click.option("--notes", help="Why.")
@click.option(
    "--analysis", "analysis_id", help="Another answer than the newest (vt analyze show --all)."
)
def correct(at: Workspace, post: str, field: str, value: str, project: str, **given: Any) -> Answer:
    """Put a field of an answer right, in a row of its own: the model's word stays as it was.

    FIELD is a place in the answer (vt analyze show); VALUE is JSON, or plain text. Statistics use
    the answer with the latest corrections laid over it.
    """
    from vtlib.analysis import labelling
    from vtlib.ops import projects

    given["corrected_by"] = given.pop("by")
    done = labelling.correct(projects.opened(at, project), post, field, _value(value), **given)
    return Answer(done, f"{post}: {field} is now {json.dumps(done['after'], ensure_ascii=False)}")


@analyze.group(cls=Group)
def label() -> None:
    """Label posts without having seen the answers, to learn how far the model can be trusted."""


@command(label, "export", example="vt analyze label export labels.csv --project spring")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@project_option
def export(at: Workspace, file: Path, project: str) -> Answer:
    """Write a sheet of the answered posts with an empty column a field, without the answers."""
    import pandas as pd

    from vtlib.analysis import labelling, labels
    from vtlib.ops import projects

    n = labelling.export_sheet(projects.opened(at, project), file)
    words = {f.path: ", ".join(f.options) for f in labels.FIELDS}
    guide = pd.DataFrame(list(words.items()), columns=["column", "words"])
    said = (
        f"{number(n, 'post')} in {file}; several words are separated by commas, none = "
        "nothing applies"
    )
    return Answer({"file": file, "posts": n, "fields": words}, f"{said}\n\n{table(guide)}")


@command(label, "import", example="vt analyze label import labels.csv --project spring --by ada")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@project_option
@by_option
def import_(at: Workspace, file: Path, project: str, by: str) -> Answer:
    """Read the labels of one person; empty cells are passed over."""
    from vtlib.analysis import labelling
    from vtlib.ops import projects

    n = labelling.import_sheet(projects.opened(at, project), file, by=by)
    return Answer({"file": file, "labels": n}, f"{n} labels taken in: vt analyze agreement")


@command(analyze, "agreement", example="vt analyze agreement --project spring")
@project_option
def agreement(at: Workspace, project: str) -> Answer:
    """Cohen's kappa of each labelled field, and which fields statistics may use."""
    from vtlib.analysis import labelling, labels
    from vtlib.ops import projects

    found = labelling.agreement(projects.opened(at, project))
    said = labels.sentences(found)
    data = {"headline": said, "barred": labels.barred(found), "fields": found}
    return Answer(data, "\n".join([*said, "", table(found[AGREED], empty="nothing is labelled")]))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text

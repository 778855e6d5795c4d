"""People beside the model: corrections, blind labels in a spreadsheet, and how far both agree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from vtlib.analysis import labels
from vtlib.analysis.answer import VideoAnalysis
from vtlib.analysis.corrections import checked, effective, standing
from vtlib.analysis.pictures import PictureAnalysis
from vtlib.core.errors import BadInput
from vtlib.llm import answers as store
from vtlib.store.project import Project
from vtlib.store.writes import decoded
from vtlib.tables import to_csv_safe
from vtlib.tables.reader import rows_of

ANSWERS: Mapping[str, type[BaseModel]] = {"analysis": VideoAnalysis, "pictures": PictureAnalysis}
ABOUT = ("post_id", "platform", "handle", "url", "caption")


def correct(project: Project, post_id: str, field: str, value: Any, **who: Any) -> dict[str, Any]:
    """Put a field of the newest full answer about a post right, in a row of its own.

    `who`: corrected_by (needed), notes, analysis_id (another answer than the newest). Returns
    analysis_id, field, before, after. Raises BadInput for a post without answer, a place it has
    not, a value its schema refuses.
    """
    named = who.pop("analysis_id", None)
    row = _answer(project, post_id, named)
    before = effective(row["answer"], store.corrections(project.store, [row["analysis_id"]]))
    value = checked(ANSWERS[row["task"]], before, field, value)
    who.setdefault("corrected_at", project.workspace.now())
    store.correct(project.store, row["analysis_id"], field, value, **who)
    return {"analysis_id": row["analysis_id"], "field": field, "after": value}


def answers(project: Project) -> pd.DataFrame:
    """The newest full answer about each post of a project (query analysis_answers), with
    people's corrections laid over `answer`; `model_answer` is what the model said, `corrected`
    the fields put right.
    """
    return read_answers(project, project.frame("analysis_answers"))


def read_answers(project: Project, found: pd.DataFrame) -> pd.DataFrame:
    """`found` (analysis_id, answer) with corrections laid over `answer`, and model_answer,
    corrected.
    """
    raw = decoded(found, "answer")["answer"]
    words = _corrections(project, list(found["analysis_id"]))
    mine = [words.get(i, []) for i in found["analysis_id"]]
    laid = [effective(a, w) for a, w in zip(raw, mine, strict=True)]
    return found.assign(
        model_answer=raw,
        answer=pd.Series(laid, index=found.index, dtype=object),
        corrected=pd.Series(
            [[c["field"] for c in w] for w in mine], index=found.index, dtype=object
        ),
    )


def corrected(project: Project, found: pd.DataFrame) -> pd.DataFrame:
    """`found` (analysis_id, answer, unsupported) with corrections laid over the answers; claims
    that a person put right are no longer unsupported.
    """
    raw = decoded(found, "answer")["answer"]
    words = _corrections(project, list(found["analysis_id"]))
    mine = [words.get(i, []) for i in found["analysis_id"]]
    laid = [effective(a, w) for a, w in zip(raw, mine, strict=True)]
    left = [standing(list(u), w) for u, w in zip(found["unsupported"], mine, strict=True)]
    return found.assign(
        answer=pd.Series(laid, index=found.index, dtype=object),
        unsupported=pd.Series(left, index=found.index, dtype=object),
    )


def export_sheet(project: Project, path: Path) -> int:
    """Write a sheet to label: a row an answered post, an empty column a field; returns how many
    rows.

    The answers are not in it: who labels must not see what the model said.
    """
    found = project.frame("analysis_answers")[list(ABOUT)]
    sheet = found.assign(**{field.path: "" for field in labels.FIELDS})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_csv_safe(sheet), encoding="utf-8-sig")
    return len(sheet)


def import_sheet(project: Project, path: Path, *, by: str) -> int:
    """Read the labels of a sheet; returns how many. Empty cells are passed over. All or none.

    Raises BadInput with file, row and field for a word that a field has not, and for a post without
    answer.
    """
    found = project.frame("analysis_answers")
    ids = dict(zip(found["post_id"], found["analysis_id"], strict=True))
    made = []
    for number, row in rows_of(path, needed=("post_id",)):
        for field in labels.FIELDS:
            text = (row.get(field.path.lower()) or "").strip()
            if text:
                label = _label(field, text, path.name, number)
                if row["post_id"] not in ids:
                    raise BadInput(
                        f"there is no answer about {row['post_id']}.", file=path.name, row=number
                    )
                who = {"corrected_by": by, "kind": "label"}
                made.append(
                    {"analysis_id": ids[row["post_id"]], "field": field.path, "value": label, **who}
                )
    if made:
        store.add_words(project.store, made)
    return len(made)


def agreement(project: Project) -> pd.DataFrame:
    """How far people and the model agree, field by field (analysis/labels.agreement)."""
    found, words = project.frame("analysis_answers"), project.frame("analysis_labels")
    return labels.agreement(decoded(found, "answer"), decoded(words, "value"))


def barred(project: Project) -> dict[str, str]:
    """Fields that statistics leave out since people and the model agree too little on them, and
    why.
    """
    return labels.barred(agreement(project))


def _label(field: labels.Field, text: str, file: str, row: int) -> Any:
    try:
        return field.read(text)
    except BadInput as error:
        raise BadInput(
            error.message.partition(": ")[2], todo=error.todo, file=file, row=row, field=field.path
        ) from None


def _answer(project: Project, post_id: str, analysis_id: str | None) -> dict[str, Any]:
    found = decoded(project.frame("analyses", post=post_id), "answer")
    is_full = found["task"].isin(list(ANSWERS)) & found["answer"].notna()
    found = found[is_full & ((found["analysis_id"] == analysis_id) | (analysis_id is None))]
    if found.empty:
        raise BadInput(
            f"there is no answer about {post_id} in project {project.slug}.",
            todo="See: vt analyze videos, vt analyze show POST.",
        )
    return {str(k): v for k, v in found.iloc[0].to_dict().items()}


def _corrections(project: Project, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    held: dict[str, list[dict[str, Any]]] = {}
    for row in store.corrections(project.store, ids):
        held.setdefault(row["analysis_id"], []).append(row)
    return held

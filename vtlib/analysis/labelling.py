"""Corrections and blind labels by people (a spreadsheet), and their agreement with the model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from vtlib.analysis import labels
from vtlib.analysis.answer import VideoAnalysis
from vtlib.analysis.corrections import apply_corrections, open_claims, valid_value
from vtlib.analysis.pictures import PictureAnalysis
from vtlib.core.errors import BadInput
from vtlib.llm import answers as store
from vtlib.store.project import Project
from vtlib.store.writes import decode_json
from vtlib.tables import to_csv_safe
from vtlib.tables.reader import rows_of

ANSWERS: Mapping[str, type[BaseModel]] = {"analysis": VideoAnalysis, "pictures": PictureAnalysis}
ABOUT = ("post_id", "platform", "handle", "url", "caption")


def correct(project: Project, post_id: str, field: str, value: Any, **who: Any) -> dict[str, Any]:
    """Correct a field of the newest full answer about a post, as a row of its own.

    `who`: corrected_by (required), notes, analysis_id (another answer than the newest). Returns
    analysis_id, field, after. Raises BadInput for a post without answer, an unknown field and a
    value that the schema refuses.
    """
    analysis_id = who.pop("analysis_id", None)
    row = _answer(project, post_id, analysis_id)
    before = apply_corrections(
        row["answer"], store.corrections(project.store, [row["analysis_id"]])
    )
    value = valid_value(ANSWERS[row["task"]], before, field, value)
    who.setdefault("corrected_at", project.workspace.now())
    store.correct(project.store, row["analysis_id"], field, value, **who)
    return {"analysis_id": row["analysis_id"], "field": field, "after": value}


def answers(project: Project) -> pd.DataFrame:
    """The newest full answer about each post of a project (query analysis_answers), corrected.

    `answer` has people's corrections applied; `model_answer` is the model's own, `corrected` lists
    the fields that people changed.
    """
    return read_answers(project, project.frame("analysis_answers"))


def read_answers(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` (analysis_id, answer) with corrections applied, model_answer and corrected."""
    raw, rows = _with_corrections(project, frame)
    fields = [[c["field"] for c in own] for own in rows["corrections"]]
    return rows.drop(columns="corrections").assign(
        model_answer=raw, corrected=pd.Series(fields, index=frame.index, dtype=object)
    )


def correct_frame(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` (analysis_id, answer, unsupported) with corrections applied to the answers.

    Claims that a person corrected are no longer unsupported.
    """
    _, rows = _with_corrections(project, frame)
    pairs = zip(rows["unsupported"], rows["corrections"], strict=True)
    paths = [open_claims(list(claims), own) for claims, own in pairs]
    return rows.drop(columns="corrections").assign(
        unsupported=pd.Series(paths, index=frame.index, dtype=object)
    )


def _with_corrections(project: Project, frame: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """(the model's answers, `frame` with corrected answers and their corrections)."""
    raw = decode_json(frame, "answer")["answer"]
    by_answer: dict[str, list[dict[str, Any]]] = {}
    for row in store.corrections(project.store, list(frame["analysis_id"])):
        by_answer.setdefault(row["analysis_id"], []).append(row)
    own = [by_answer.get(i, []) for i in frame["analysis_id"]]
    answers = [apply_corrections(a, c) for a, c in zip(raw, own, strict=True)]
    columns = {"answer": answers, "corrections": own}
    return raw, frame.assign(
        **{k: pd.Series(v, index=frame.index, dtype=object) for k, v in columns.items()}
    )


def export_sheet(project: Project, path: Path) -> int:
    """Write a sheet to label: a row an answered post, an empty column a field; returns how many
    rows.

    The answers are not in it: who labels must not see what the model said.
    """
    frame = project.frame("analysis_answers")[list(ABOUT)]
    sheet = frame.assign(**{field.path: "" for field in labels.FIELDS})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_csv_safe(sheet), encoding="utf-8-sig")
    return len(sheet)


def import_sheet(project: Project, path: Path, *, by: str) -> int:
    """Read the labels of a sheet; returns how many. Empty cells are passed over. All or none.

    Raises BadInput with file, row and field for a word that a field has not, and for a post without
    answer.
    """
    frame = project.frame("analysis_answers")
    ids = dict(zip(frame["post_id"], frame["analysis_id"], strict=True))
    words = []
    for number, row in rows_of(path, headings=("post_id",)):
        for field in labels.FIELDS:
            text = (row.get(field.path.lower()) or "").strip()
            if text:
                label = _label(field, text, path.name, number)
                if row["post_id"] not in ids:
                    raise BadInput(
                        f"there is no answer about {row['post_id']}.", file=path.name, row=number
                    )
                who = {"corrected_by": by, "kind": "label"}
                words.append(
                    {"analysis_id": ids[row["post_id"]], "field": field.path, "value": label, **who}
                )
    if words:
        store.add_corrections(project.store, words)
    return len(words)


def agreement(project: Project) -> pd.DataFrame:
    """How far people and the model agree, field by field (analysis/labels.agreement)."""
    frame, words = project.frame("analysis_answers"), project.frame("analysis_labels")
    return labels.agreement(decode_json(frame, "answer"), decode_json(words, "value"))


def barred(project: Project) -> dict[str, str]:
    """Fields left out of statistics because people and the model agree too little, and why."""
    return labels.barred(agreement(project))


def _label(field: labels.Field, text: str, file: str, row: int) -> Any:
    try:
        return field.read(text)
    except BadInput as error:
        raise BadInput(
            error.message.partition(": ")[2], todo=error.todo, file=file, row=row, field=field.path
        ) from None


def _answer(project: Project, post_id: str, analysis_id: str | None) -> dict[str, Any]:
    frame = decode_json(project.frame("analyses", post=post_id), "answer")
    is_full = frame["task"].isin(list(ANSWERS)) & frame["answer"].notna()
    frame = frame[is_full & ((frame["analysis_id"] == analysis_id) | (analysis_id is None))]
    if frame.empty:
        raise BadInput(
            f"there is no answer about {post_id} in project {project.slug}.",
            todo="See: vt analyze videos, vt analyze show POST.",
        )
    return {str(k): v for k, v in frame.iloc[0].to_dict().items()}

"""Answers for people: one field by field with its evidence, or all versions side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.analysis import answer_rows, labelling
from vtlib.analysis.labelling import ANSWERS, read_answers
from vtlib.core.errors import BadInput
from vtlib.core.language import marked
from vtlib.llm import answers as store
from vtlib.store.project import Project

REASONS = marked(
    {
        "handle": "account",
        "platform": "platform",
        "reason": "the model says",
        "when": "seconds",
        "sense": "sense",
        "file": "the file",
        "note": "note",
    }
)
ABOUT = (
    "analysis_id",
    "status",
    "model",
    "prompt_version",
    "grounding_share",
    "cost",
    "answered_at",
)


def newest(project: Project, post_id: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """(facts, fields) of the newest full answer about a post; fields as in `answer_rows.fields`.

    Raises BadInput when there is none.
    """
    row = _versions(project, post_id).iloc[0].to_dict()
    claims = store.claims(project.store, row["analysis_id"])
    statements = answer_rows.fields(row["answer"], row["model_answer"], claims)
    return {name: row[name] for name in ABOUT}, statements


def reasons(project: Project) -> pd.DataFrame:
    """Why posts may have worked: a row a reason of the newest answers, columns REASONS.

    Reasons that the file contradicts come last and count in no statistic.
    """
    rows = [
        {**{n: row[n] for n in ("post_id", "platform", "handle", "url")}, **reason}
        for row in labelling.answers(project).to_dict("records")
        for reason in answer_rows.reasons(
            row["answer"], store.claims(project.store, row["analysis_id"])
        )
    ]
    frame = pd.DataFrame(rows, columns=["post_id", "url", *REASONS])
    order = {word: n for n, word in enumerate(answer_rows.MARKS.values())}
    return frame.sort_values("file", key=lambda c: c.map(order), kind="stable").reset_index(
        drop=True
    )


def versions(project: Project, post_id: str) -> pd.DataFrame:
    """Every full answer about a post side by side: `field`, a column an answer, newest first."""
    return answer_rows.side_by_side(_versions(project, post_id).to_dict("records"))


def _versions(project: Project, post_id: str) -> pd.DataFrame:
    frame = project.frame("analyses", post=post_id)
    frame = frame[frame["task"].isin(list(ANSWERS)) & frame["answer"].notna()].reset_index(
        drop=True
    )
    if frame.empty:
        raise BadInput(
            f"there is no answer about {post_id} in project {project.slug}.",
            todo="vt analyze videos asks for answers.",
        )
    cost = ["unknown" if pd.isna(usd) else f"${usd:,.4f}" for usd in frame["usd"]]
    return read_answers(project, frame).assign(cost=cost)

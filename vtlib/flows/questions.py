"""From a picked post to a question for a model, and from its outcome to rows: shared by the passes of 04."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel

from vtlib import log
from vtlib.flows import asking
from vtlib.project import Project
from vtlib.services.gemini import STOPS, Attachment, Options, Outcome, Question, kept_outcome
from vtlib.services.prompts.loading import load_prompt, render
from vtlib.stages.analysis import FirstLook, PictureAnalysis, VideoAnalysis, choosing
from vtlib.store import analyses as store
from vtlib.store import runs

Depth = Literal["look", "full"]
LOOK_TOKENS = 4_096  # room for the answer of a first look, thinking included
_logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """A prompt file, the shape of its answer, and how it is asked."""

    name: str
    answer: type[BaseModel]
    options: Options


def task_of(project: Project, post: dict[Any, Any], depth: Depth) -> Task:
    """What a post is asked: a first look, the full question about a film, or the one about pictures."""
    params = project.params.analysis
    if depth == "look":
        asked = asking.options(project, model=params.first_model)
        room = min(asked.max_output_tokens, LOOK_TOKENS)
        return Task(
            "first_look", FirstLook, replace(asked, resolution="low", max_output_tokens=room)
        )
    options = asking.options(project, model=params.model)
    if choosing.is_pictures(post):
        return Task("pictures", PictureAnalysis, options)
    return Task("analysis", VideoAnalysis, options)


def question_of(project: Project, post: dict[Any, Any], depth: Depth) -> Question:
    """The question about a post of the query analysis_wanted; its key is the analysis_id it will have.

    The same post, model, prompt, schema and input give the same key.
    """
    task = task_of(project, post, depth)
    prompt = render(
        load_prompt(task.name),
        topics=[choosing.topic(post["platform"], post["format"])],
        facts=choosing.facts(post),
        strangers=choosing.strangers(post),
    )
    question = Question(prompt, task.answer, task.options, _attached(project, post))
    named = hashlib.sha256(f"{post['post_id']}/{question.identity}".encode()).hexdigest()[:24]
    return replace(question, key=named)


def take_up(project: Project, questions: tuple[Question, ...], posts: dict[str, Any]) -> int:
    """Save answers that a process got but died before saving; how many. They are paid: nothing is asked.

    `posts`: by the key of their question.
    """
    asked = {q.key: q for q in questions}
    rows = store.answered_calls(project.store, list(asked))
    for row in rows:
        key = row["analysis_id"]
        outcome = kept_outcome(asking.call_of(row), asked[key].answer)
        save(project, asked[key], outcome, posts[key])
    return len(rows)


def save(project: Project, question: Question, outcome: Outcome, post: dict[Any, Any]) -> None:
    """Write what came of a question: its row, and a problem where there is no data."""
    if outcome.status in STOPS and not outcome.calls:
        return  # it was not asked: nothing happened to the question
    if outcome.status not in STOPS:
        row = _row(project, question, outcome)
        store.save_analysis(
            project.store, {**row, "post_id": post["post_id"], "role": post["role"]}
        )
    if not outcome.has_data:
        _logger.warning("no answer", post=post["post_id"], status=outcome.status)
        problem = {
            "problem_id": f"analysis-{question.key}-{outcome.status}",
            "project_id": project.slug,
            "run_id": project.run_id or None,
            "stage": "analysis",
            "kind": outcome.status,
            "reason": outcome.reason,
            "source": post["post_id"],
            "seen_at": project.workspace.now(),
        }
        runs.add_problems(project.store, [problem])


def _attached(project: Project, post: dict[Any, Any]) -> tuple[Attachment, ...]:
    outputs = project.workspace.outputs
    if choosing.is_pictures(post):
        return tuple(
            Attachment(
                Path(outputs, image["path"]),
                choosing.picture_type(image["path"]),
                image["sha256"],
            )
            for image in post["images"]
        )
    stored = post["proxy_path"] if pd.isna(post["path"]) else post["path"]
    mime = choosing.mime_type(post["container"] if stored == post["path"] else "mp4")
    duration_s = None if pd.isna(post["duration_s"]) else float(post["duration_s"])
    return (Attachment(Path(outputs, str(stored)), mime, str(post["sha256"]), duration_s),)


def _row(project: Project, question: Question, outcome: Outcome) -> dict[str, Any]:
    """Columns of `analyses` but for the post."""
    used, calls, options = outcome.usage, outcome.calls, question.options
    now = project.workspace.now()
    first = calls[0].started_at if calls else now
    last = calls[-1].ended_at if calls else now
    return {
        "analysis_id": question.key,
        "project_id": project.slug,
        "run_id": project.run_id or None,
        "task": question.prompt.version.partition("/")[0],
        "prompt_version": question.prompt.version,
        "prompt_sha256": question.prompt.sha256,
        "schema_sha256": question.schema_sha256,
        "model": options.model,
        "model_version": next((c.model_version for c in calls if c.model_version), None),
        "input_hash": question.input_hash,
        "media_sha256": question.attachments[0].sha256,
        "options": {k: v for k, v in asdict(options).items() if k != "model"},
        "status": outcome.status,
        "reason": outcome.reason or None,
        "repairs": list(outcome.repairs),
        "missing": list(outcome.missing),
        "raw_answer": outcome.raw,
        "answer": outcome.plain(),
        "finish_reason": outcome.finish_reason,
        "tokens_in": used.tokens_in,
        "tokens_out": used.tokens_out,
        "tokens_thinking": used.tokens_thinking,
        "tokens_cached": used.tokens_cached,
        "usd": outcome.usd if calls else None,
        "n_calls": len(calls),
        "seconds": round((last - first).total_seconds(), 3),
        "asked_at": first,
        "answered_at": last,
    }

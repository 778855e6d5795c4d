"""From a picked post to a request for a model: shared by the passes of 04."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel

from vtlib.analysis import selection
from vtlib.analysis.answer import FirstLook, VideoAnalysis
from vtlib.analysis.checks import impossible_times
from vtlib.analysis.pictures import PictureAnalysis
from vtlib.llm import session
from vtlib.llm.prompts.files import load_prompt, render
from vtlib.llm.records import About
from vtlib.llm.request import Attachment, Options, Request
from vtlib.store.project import Project

Depth = Literal["look", "full"]
LOOK_TOKENS = 4_096  # room for the answer of a first look, thinking included


@dataclass(frozen=True, slots=True)
class Task:
    """A prompt file, the shape of its answer, and how it is asked."""

    name: str
    answer: type[BaseModel]
    options: Options


def task_of(project: Project, post: dict[Any, Any], depth: Depth) -> Task:
    """Which request a post gets: first pass, full for a video, or full for pictures."""
    params = project.params.model
    if depth == "look":
        settings = session.options(project, model=params.first_pass)
        room = min(settings.max_output_tokens, LOOK_TOKENS)
        return Task(
            "first_look", FirstLook, replace(settings, resolution="low", max_output_tokens=room)
        )
    options = session.options(project, model=params.name)
    if selection.is_pictures(post):
        return Task("pictures", PictureAnalysis, options)
    return Task("analysis", VideoAnalysis, options)


def question_of(
    project: Project,
    post: dict[Any, Any],
    depth: Depth,
    *,
    patterns: Mapping[str, Any] | None = None,
) -> Request:
    """The question about a post of the query analysis_wanted; its key is the analysis_id it will
    have.

    The same post, model, prompt, schema and input give the same key. A full question carries the
    project's known `patterns` (core/finding.pattern_context) with their doubt; which
    version it had is kept beside the answer (analyses.patterns_version).
    """
    task = task_of(project, post, depth)
    prompt = render(
        load_prompt(task.name),
        topics=[selection.topic(post["platform"], post["format"])],
        facts=selection.facts(post),
        strangers=selection.strangers(post),
        patterns=patterns if depth == "full" else None,
    )
    question = Request(prompt, task.answer, task.options, _attached(project, post))
    key = hashlib.sha256(f"{post['post_id']}/{question.identity}".encode()).hexdigest()[:24]
    return replace(question, key=key, check=_check(question))


def _check(question: Request) -> Callable[[BaseModel], str] | None:
    """The check of times for an answer about a video of known length; None for others."""
    length_s = next((a.duration_s for a in question.attachments if a.duration_s), None)
    return None if length_s is None else partial(impossible_times, duration_s=length_s)


def about_of(post: dict[Any, Any]) -> About:
    """What is stored beside the answer about a post of the query analysis_wanted."""
    return About("analysis", "analysis", post["post_id"], post["role"])


def _attached(project: Project, post: dict[Any, Any]) -> tuple[Attachment, ...]:
    outputs = project.workspace.outputs
    if selection.is_pictures(post):
        return tuple(
            Attachment(
                Path(outputs, image["path"]),
                selection.picture_type(image["path"]),
                image["sha256"],
            )
            for image in post["images"]
        )
    path = post["proxy_path"] if pd.isna(post["path"]) else post["path"]
    mime = selection.mime_type(post["container"] if path == post["path"] else "mp4")
    duration_s = None if pd.isna(post["duration_s"]) else float(post["duration_s"])
    return (Attachment(Path(outputs, str(path)), mime, str(post["sha256"]), duration_s),)

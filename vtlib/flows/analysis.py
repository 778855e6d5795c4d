"""04, second half: chosen films to a model, answers held against the measures; each saved as it comes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib import log
from vtlib.errors import BadInput
from vtlib.flows import asking
from vtlib.project import Project
from vtlib.services.gemini import (
    DATA,
    LASTING,
    STOPS,
    Attachment,
    Outcome,
    Prices,
    Question,
    Usage,
    kept_outcome,
)
from vtlib.services.prompts.loading import load_prompt, render
from vtlib.stages.analysis import VideoAnalysis, check, choosing, restored, summary
from vtlib.stages.analysis.checking import VERSION
from vtlib.store import analyses as store
from vtlib.store import media, runs

TASK = "analysis"
EXIT_CODES = {"bad_key": 3, "not_allowed": 3, "quota_day": 8, "budget": 8}
Progress = Callable[[int], None]
_logger = log.get(__name__)


@dataclass(frozen=True)
class Plan:
    """What would be asked: `posts` as stages/analysis/choosing.choose gives them, with `analysis_id` and
    `known` (the status of the same question asked before, None = never); `questions` are those to ask.
    """

    posts: pd.DataFrame
    questions: tuple[Question, ...]
    prices: Prices
    tokens_per_s: float | None

    @property
    def n_known(self) -> int:
        return int(self.posts["place"].notna().sum()) - len(self.questions)

    def estimate(self, *, now: Any) -> pd.DataFrame:
        """A row a question: analysis_id, tokens_in (estimated), tokens_out_max, usd_max (None = no price)."""
        rows = []
        for question in self.questions:
            tokens = question.guessed_tokens_in(tokens_per_s=self.tokens_per_s)
            most = Usage(tokens, question.options.max_output_tokens)
            usd = self.prices.cost_usd(question.options.model, most, on=now.date())
            out = question.options.max_output_tokens
            rows.append((question.key, tokens, out, usd))
        return pd.DataFrame(rows, columns=["analysis_id", "tokens_in", "tokens_out_max", "usd_max"])


@dataclass(slots=True)
class Done:
    """What one call did: outcomes by status, answers known before, and why it stopped early ("" = it did
    not). `usd` None = a cost is unknown.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    n_known: int = 0
    n_left: int = 0
    stopped: str = ""
    tokens: int = 0
    usd: float | None = 0.0
    is_priced: bool = True
    exit_code: int = 0

    @property
    def n_failed(self) -> int:
        return sum(n for status, n in self.outcomes.items() if status not in DATA)


def plan(project: Project) -> Plan:
    """Which posts are chosen, and which questions were not answered before. Nothing is asked.

    What was blocked, withheld or cannot be used is not asked again; what failed in passing is.
    """
    params = project.params.analysis
    wanted = project.frame("analysis_wanted")
    posts = choosing.choose(wanted, limit=params.limit, controls_share=params.controls_share)
    chosen = posts[posts["place"].notna()]
    made = {r["post_id"]: _question(project, r) for r in chosen.to_dict("records")}
    known = store.statuses(project.store, [q.key for q in made.values()])
    ids = [made[p].key if p in made else None for p in posts["post_id"]]
    posts = posts.assign(
        analysis_id=pd.Series(ids, index=posts.index, dtype=object),
        known=pd.Series([known.get(i or "") for i in ids], index=posts.index, dtype=object),
    )
    rest = tuple(q for q in made.values() if known.get(q.key) not in LASTING)
    return Plan(posts, rest, asking.prices(project), _rate(project))


def analyze(project: Project, *, progress: Progress | None = None) -> Done:
    """Ask what was not answered before, save each outcome as it comes, and check answers against measures.

    Run again it asks nothing that was answered. Raises CredentialsMissing without a key, BadInput for a
    model the service does not know.
    """
    planned, params = plan(project), project.params.analysis
    if _take_up(project, planned):
        planned = plan(project)
    done = Done(n_known=planned.n_known, n_left=len(planned.questions))
    done.is_priced = planned.prices.of(params.model, project.workspace.now().date()) is not None
    if planned.questions:
        cap = params.max_cost_usd
        with asking.service(project, model=params.model, max_cost_usd=cap) as gemini:
            gemini.check_model(params.model)
            gemini.sweep()
            chosen = planned.posts[planned.posts["place"].notna()]
            posts = chosen.set_index("analysis_id").to_dict("index")
            answers = gemini.ask_all(
                planned.questions, concurrency=project.params.gemini.concurrency
            )
            for question, outcome in answers:
                _save(project, question, outcome, posts[question.key])
                _count(done, outcome)
                if progress:
                    progress(1)
    recheck(project)
    return done


def recheck(project: Project) -> int:
    """Check answers that were not checked by today's checker against today's measures; how many."""
    rows = store.unchecked(project.store, project.slug, version=VERSION)
    for row in rows:
        measures = media.measures_of(project.store, row["media_sha256"])
        if measures is None or measures["status"] != "ok":
            continue
        made = check(restored(row["answer"]), measures)
        store.save_check(
            project.store,
            row["analysis_id"],
            row={**made.to_row(), "checked_at": project.workspace.now()},
            claims=made.claim_rows(),
        )
    return len(rows)


def analyze_for_notebook(project: Project) -> pd.DataFrame:
    """Ask the model where a key is set, within the caps, and give what is known of the project's posts.

    Without a key nothing is asked and what is known is shown. Raises ModelFailed or CredentialsMissing
    when nothing could be asked because the service refused.
    """
    if project.has_gemini:
        analyze(project)
    return load(project)


def load(project: Project) -> pd.DataFrame:
    """A row a question about the project's posts (stages/analysis/summary.overview), the newest first."""
    return summary.overview(project.frame("analyses", post=None))


def require_price(project: Project) -> None:
    """Raises BadInput when a cap in dollars is asked for and no price is known: it could not hold."""
    model = project.params.analysis.model
    if asking.prices(project).of(model, project.workspace.now().date()) is None:
        raise BadInput(
            f"a cap in dollars cannot hold: no price of {model} is known.",
            todo="Enter what you pay under prices: in the YAML, or use gemini.max_tokens_run.",
            field="max_cost_usd",
        )


def _question(project: Project, post: dict[Any, Any]) -> Question:
    prompt = render(
        load_prompt(TASK),
        topics=[choosing.topic(post["platform"], post["format"])],
        facts=choosing.facts(post),
        strangers=choosing.strangers(post),
    )
    stored = post["proxy_path"] if pd.isna(post["path"]) else post["path"]
    mime = choosing.mime_type(post["container"] if stored == post["path"] else "mp4")
    duration_s = None if pd.isna(post["duration_s"]) else float(post["duration_s"])
    film = Attachment(
        Path(project.workspace.outputs, str(stored)), mime, str(post["sha256"]), duration_s
    )
    chosen = asking.options(project, model=project.params.analysis.model)
    question = Question(prompt, VideoAnalysis, chosen, (film,))
    named = hashlib.sha256(f"{post['post_id']}/{question.identity}".encode()).hexdigest()[:24]
    return replace(question, key=named)


def _take_up(project: Project, planned: Plan) -> int:
    """Save answers that a process got but died before saving; how many. They are paid: nothing is asked."""
    asked = {q.key: q for q in planned.questions}
    chosen = planned.posts[planned.posts["place"].notna()]
    posts = chosen.set_index("analysis_id").to_dict("index")
    rows = store.answered_calls(project.store, list(asked))
    for row in rows:
        key = row["analysis_id"]
        _save(project, asked[key], kept_outcome(asking.call_of(row), VideoAnalysis), posts[key])
    return len(rows)


def _save(project: Project, question: Question, outcome: Outcome, post: dict[Any, Any]) -> None:
    if outcome.status in STOPS and not outcome.calls:
        return  # it was not asked: nothing happened to the question
    row = _row(project, question, outcome)
    if outcome.status not in STOPS:
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
        "task": TASK,
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


def _count(done: Done, outcome: Outcome) -> None:
    done.outcomes[outcome.status] += 1
    done.tokens += outcome.usage.total
    done.usd = None if done.usd is None or outcome.usd is None else done.usd + outcome.usd
    if outcome.status in STOPS:
        done.stopped = f"{outcome.status.replace('_', ' ')}: {outcome.reason}"
        done.exit_code = max(done.exit_code, EXIT_CODES.get(outcome.status, 5))
    else:
        done.n_left -= 1
        done.exit_code = max(done.exit_code, 0 if outcome.has_data else 5)


def _rate(project: Project) -> float | None:
    asked = project.params.gemini
    shaped = {"fps": asked.fps, "resolution": asked.resolution}
    return store.tokens_per_second(
        project.store, model=project.params.analysis.model, options=shaped
    )

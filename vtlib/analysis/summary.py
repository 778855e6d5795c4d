"""All analyses of a project: a row a video, how grounded they are, and sentences.

Claims are counted by one rule here for notebook 04, index, insight, figures and commands. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage, verb
from vtlib.core.language import clip, marked, retell, say

CAPTION_CHARS = 60
CONSTANT_SHARE, CONSTANT_MIN = 0.9, 5
HIDDEN_COLUMNS = (
    *("analysis_id", "post_id", "format", "usd", "scores", "explanation"),
    *("grounding_share", "task", "answered_at"),
    *("n_supported", "n_drifted", "n_unsupported", "n_not_checked"),
)
COLUMNS = marked(
    {
        "role": "role",
        "handle": "account",
        "platform": "platform",
        "hook_types": "hook",
        "hook_strength": "hook strength, 0 to 5",
        "overall": "overall, 0 to 5",
        "agree": "claims that agree with the file",
        "cuts_invented": "cuts invented",
        "cut_drift_s": "cuts off by, s",
        "flags_failed": "self-checks that failed",
        "status": "answer",
        "reason": "why",
        "cost": "cost (USD)",
        "tokens": "tokens",
        "model": "model",
        "prompt_version": "prompt",
        "caption": "caption",
        "url": "url",
    }
)


def overview(analyses: pd.DataFrame) -> pd.DataFrame:
    """A row a request (query analyses): outcome, main answers, how grounded they are, their cost.

    Scores of the model are opinions beside the measures, and no measurement themselves.
    """
    full = analyses[analyses["task"].isin(TASKS)]
    rows = [_row(r) for r in full.to_dict("records")]
    return pd.DataFrame(rows, columns=[*HIDDEN_COLUMNS, *COLUMNS])


def constant_scores(answers: pd.DataFrame) -> pd.DataFrame:
    """Rubrics that hardly vary over the answers of one model and prompt: model, prompt_version,
    rubric, score, share, n.

    A rubric with the same number in CONSTANT_SHARE of at least CONSTANT_MIN answers carries no
    information (pitfall 33); with fewer answers there is no row.
    """
    names = ["model", "prompt_version", "rubric", "score", "share", "n"]
    rows = []
    good = answers[answers["status"].isin(DATA)]
    for (model, prompt), mine in good.groupby(["model", "prompt_version"]):
        pairs = [(name, score) for s in mine["scores"] for name, score in s.items()]
        table = pd.DataFrame(pairs, columns=["rubric", "score"])
        for rubric, values in table.groupby("rubric")["score"]:
            counts = values.value_counts(normalize=True)
            if len(values) >= CONSTANT_MIN and counts.iloc[0] >= CONSTANT_SHARE:
                rows.append((model, prompt, rubric, counts.index[0], counts.iloc[0], len(values)))
    return pd.DataFrame(rows, columns=names)


def lines_of(choices: pd.DataFrame) -> list[str]:
    """Sentences about the choice of posts (query analysis_choices); none if all were full."""
    states = Counter(choices["state"])
    lines = []
    if states["looked_at"]:
        lines.append(
            say(
                "{posts} {were} chosen for the full question, {looked_at:,} got a first look "
                "alone; first looks took {look_tokens:,.0f} tokens.",
                posts=number(states["full"], "post"),
                were=verb(states["full"], "were"),
                looked_at=states["looked_at"],
                look_tokens=choices["look_tokens"].sum(),
            )
        )
    if states["twin"]:
        lines.append(
            say(
                "{posts} {repeat} a video that was asked about once.",
                posts=number(states["twin"], "post"),
                repeat=verb(states["twin"], "repeat"),
            )
        )
    return lines


def conclude(frame: pd.DataFrame, more: Sequence[str] = (), *, costs: bool = True) -> Conclusion:
    """The conclusion of the stage from `overview`, then `more`; `costs`: tokens and money, too."""
    if frame.empty:
        return skip_stage("analysis", say("no video has been shown to a model: set GEMINI_API_KEY"))
    good = frame[frame["status"].isin(DATA)]
    roles = Counter(good["role"])
    lines = [
        (
            say(
                "{posts} of {n_frame:,} asked about have an answer: {control:,} ordinary, "
                "{more:,} others.",
                posts=number(len(good), "post"),
                n_frame=len(frame),
                control=roles["control"],
                more=len(good) - roles["control"],
            )
        )
    ]
    bad = Counter(frame.loc[~frame["status"].isin(DATA), "status"])
    lines += [f"{number(n, 'post')}: {word.replace('_', ' ')}." for word, n in bad.most_common()]
    n_repaired = int((good["status"] == "repaired").sum()), int((good["status"] == "partial").sum())
    if any(n_repaired):
        lines.append(
            say(
                "{answers} had to be repaired, {n_repaired:,} are partial.",
                answers=number(n_repaired[0], "answer"),
                n_repaired=n_repaired[1],
            )
        )
    newest = newest_answers(frame)
    claims = count_claims(newest)
    if claims.n_checked:
        n_invented = int(newest["cuts_invented"].sum())
        lines.append(
            say(
                "Of {claims} that could be checked, {share:.0%} agree with the file; {cuts} "
                "{were} invented.",
                claims=number(claims.n_checked, "claim"),
                share=claims.share,
                cuts=number(n_invented, "cut"),
                were=verb(n_invented, "were"),
            )
        )
    lines += [_constant(r) for r in constant_scores(frame).to_dict("records")]
    lines += [_cost_line(frame)] if costs else []
    lines += more
    counts = {"analysed": len(good), "not_analysed": len(frame) - len(good)}
    if claims.n_checked:
        counts |= {"claims_checked": claims.n_checked, "claims_supported": claims.n_supported}
    return finish_stage("analysis", lines, **counts)


def _cost_line(frame: pd.DataFrame) -> str:
    tokens, costs = int(frame["tokens"].sum()), frame["usd"].dropna()
    cost = (
        f"${costs.sum():,.2f}" if len(costs) == len(frame) else say("cost unknown without prices")
    )
    return say("{tokens:,} tokens for full answers; {cost}.", tokens=tokens, cost=cost)


def _constant(row: Mapping[Any, Any]) -> str:
    name = str(row["rubric"]).replace("_", " ")
    often = say(
        "{share:.0%} of {n} answers of {model}", share=row["share"], n=row["n"], model=row["model"]
    )
    return say(
        "The rubric {name} is {score} in {often}: it carries no information.",
        name=name,
        score=row["score"],
        often=often,
    )


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    answer = _mapping(row["answer"])
    hook, cuts = answer.get("hook") or {}, _mapping(row["cuts"])
    flags = row["flags"] if isinstance(row["flags"], list) else []
    count = claims_of(row)
    tokens = [row[n] for n in ("tokens_in", "tokens_out", "tokens_thinking")]
    factors, overall = answer.get("factors") or {}, answer.get("overall") or {}
    ratings = {**factors, "platform_fit": answer.get("platform_fit"), "overall": overall}
    claims = answer.get("explanation") or []
    return {
        **{name: row.get(name) for name in (*HIDDEN_COLUMNS, *COLUMNS) if name in row},
        "caption": _line(row.get("caption")),
        "hook_types": ", ".join(_hooks(hook)) or None,
        "hook_strength": (factors.get("hook_strength") or {}).get("score"),
        "overall": overall.get("score"),
        "agree": say(
            "{n_supported} of {n_checked}", n_supported=count.n_supported, n_checked=count.n_checked
        )
        if count.n_checked
        else None,
        "cuts_invented": cuts.get("n_invented"),
        "cut_drift_s": cuts.get("drift_s"),
        "flags_failed": "; ".join(retell(f["says"]) for f in flags if f["status"] == "failed")
        or None,
        "tokens": _total(tokens),
        "cost": "unknown" if pd.isna(row["usd"]) else f"${row['usd']:,.4f}",
        "scores": {n: r["score"] for n, r in ratings.items() if r and r.get("score") is not None},
        "explanation": " ".join(c["text"] for c in claims) or None,
    }


def _line(text: Any) -> str | None:
    """A caption as one short line."""
    flat = " ".join(text.split()) if isinstance(text, str) else ""
    return flat if len(flat) <= CAPTION_CHARS else clip(flat, CAPTION_CHARS - 1).rstrip() + "…"


def _hooks(hook: Mapping[str, Any]) -> list[str]:
    """Hook types as text, the most probable first."""
    types = sorted(hook.get("types") or [], key=lambda t: -t["probability"])
    return [t["type"].replace("_", " ") for t in types]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _total(values: list[Any]) -> int:
    return sum(int(v) for v in values if not pd.isna(v))


DATA = ("ok", "repaired", "partial")
TASKS = ("analysis", "pictures")  # full answers; first looks choose, and are none
_HELD = ("supported", "drifted", "unsupported", "not_checked")


@dataclass(frozen=True, slots=True)
class ClaimCount:
    """Claims of `answers` answers: supported, at another time, contradicted, not checked."""

    answers: int = 0
    n_supported: int = 0
    n_drifted: int = 0
    n_contradicted: int = 0
    n_not_checked: int = 0

    @property
    def n_checked(self) -> int:
        """How many claims could be checked, contradicted ones included."""
        return self.n_supported + self.n_drifted + self.n_contradicted

    @property
    def share(self) -> float:
        """Supported among checked, 0 to 1; NaN when nothing could be checked."""
        return self.n_supported / self.n_checked if self.n_checked else float("nan")


def claims_of(row: Mapping[Any, Any]) -> ClaimCount:
    """The claims of one answer: a row with n_supported and the like (missing = 0)."""
    counts = [row.get(f"n_{name}") for name in _HELD]
    return ClaimCount(1, *(0 if pd.isna(n) else int(n) for n in counts))


def newest_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Of each post and task (TASKS) the newest answer with data: the rows that claims are counted
    over.

    `answers`: post_id, task, status, answered_at; as the view analyses_latest picks them.
    """
    full = answers[answers["status"].isin(DATA) & answers["task"].isin(TASKS)]
    order = full.sort_values(["answered_at", "analysis_id"], ascending=False, kind="stable")
    return order.drop_duplicates(["post_id", "task"])


def count_claims(rows: pd.DataFrame) -> ClaimCount:
    """The claims of answers (n_supported, n_drifted, n_unsupported, n_not_checked a row) or of
    groups of them (the same without n_, and `answers`: query analysis_grounding). Without rows
    all counts are 0.
    """
    if rows.empty:
        return ClaimCount()
    prefix = "n_" if "n_supported" in rows else ""
    sums = [int(pd.to_numeric(rows[prefix + name]).fillna(0).sum()) for name in _HELD]
    answers = int(rows["answers"].sum()) if "answers" in rows else len(rows)
    return ClaimCount(answers, *sums)

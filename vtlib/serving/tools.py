"""What an assistant may ask: posts, why one broke out, two compared, patterns, scripts, costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS
from vtlib.serving.answers import WORDS_MAX, ToolAnswer
from vtlib.store import catalog
from vtlib.store.project import Project, Workspace, one_session, resolve
from vtlib.store.writes import records

ROWS_MAX = 50
_INTERVAL = "80 % interval: multiplier_low to multiplier_high, around multiplier"
_POST_UNITS = {
    **dict.fromkeys(METRICS, "count when last captured"),
    "multiplier": "times the account's own usual: value brought to 7 days of age over expected",
    "value": "count of `metric` that was judged",
    "expected": "count of `metric` expected of an ordinary post at 7 days",
    "n_baseline": "posts the usual level is made from",
    "q_value": "false discovery rate, 0 to 1",
    "duration_s": "s",
    "posted_at": "UTC",
}
_POST = (
    *("url", "platform", "format", "posted_at", "duration_s", "is_paid", "tier", "multiplier"),
    *("multiplier_low", "multiplier_high", "metric", "value", "n_baseline", "q_value"),
    *("is_provisional", "score_reason", "role", "decision"),
)
_CLAIMS = """SELECT c.kind, c.held, count(*) AS n FROM analysis_claims AS c
JOIN analyses_latest AS a ON a.analysis_id = c.analysis_id
WHERE a.post_id = $post AND a.task = 'analysis' GROUP BY ALL ORDER BY n DESC, c.kind, c.held"""
_PUBLICATIONS = """SELECT u.script_id, u.version, u.post_id, u.url FROM publications AS u
JOIN scripts AS s ON s.script_id = u.script_id
WHERE $project IS NULL OR s.project_id = $project ORDER BY u.linked_at, u.post_id"""


def open_named(at: Workspace, slug: str) -> Project:
    """A project by its slug; unlike ops.projects it takes no path and writes nothing. Raises
    BadInput for an unknown one.
    """
    name = str(catalog.get(at.store, "projects", slug)["slug"])
    return Project(at, resolve(at, name, warn=False))


@one_session
def projects(at: Workspace) -> ToolAnswer:
    """All projects with their figures."""
    from vtlib.report import projects as project_rows  # noqa: PLC0415 - as the commands do

    rows = [
        {"id": r["project"], **{k: v for k, v in r.items() if k not in ("project", "folder")}}
        for r in project_rows.rows(at)
    ]
    names = _simulated(at, {str(r["id"]) for r in rows})
    units = {"posts": "posts in the project", "usd_30d": "US dollars paid in 30 days"}
    shown = [{**r, "is_simulated": r["id"] in names} for r in rows]
    return ToolAnswer(shown, len(rows), "none: counts of what is stored", units, bool(names))


@one_session
def posts(at: Workspace, project: str, filters: Mapping[str, Any], *, limit: int) -> ToolAnswer:
    """Posts that pass the desk's filters, in its order."""
    from vtlib.desk import browse  # noqa: PLC0415 - widgets take a second

    current = open_named(at, project)
    wish = {k: v for k, v in filters.items() if v not in ("", None)}
    for name, words in {**browse.CHOICES, "sort": tuple(browse.SORTS)}.items():
        if wish.get(name, "") not in ("", *words):
            known = ", ".join(w for w in words if w)
            raise BadInput(f"{name} {wish[name]} is not known.", todo=f"One of: {known}.")
    page = browse.page(current, browse.PostQuery(**wish, size=min(max(limit, 1), ROWS_MAX)))
    rows = [_post_row(view.facts) for view in page.rows]
    return ToolAnswer(
        rows,
        page.n,
        _INTERVAL,
        _POST_UNITS,
        current.params.is_simulated,
        {str(view.post_id): _words(view.facts) for view in page.rows},
        (f"page {page.number} of {page.n_pages}", *_chance(current)),
    )


@one_session
def breakout(at: Workspace, project: str, post: str) -> ToolAnswer:
    """Why a post stands where it stands: score, numbers over time, video, a model's reasons."""
    from vtlib.desk import browse, details  # noqa: PLC0415 - widgets take a second

    current = open_named(at, project)
    parts = details.post(at.store, post)
    post_id = str(parts["post"]["post_id"])
    dossier = browse.dossier(current, post_id)
    scores = [row for row in parts["projects"] if row["project_id"] == current.slug]
    with at.store.read() as connection:
        claims = records(connection, _CLAIMS, {"post": post_id})
    score_names = ("expected", "basis", "percentile", "p_value", "why", "score_notes")
    row = {
        **_post_row(dossier.post.facts),
        **({name: scores[0][name] for name in score_names} if scores else {}),
        "numbers_over_time": [_numbers(s) for s in parts["snapshots"][-20:]],
        "video": _video(dossier.post.measures),
        "claims_of_the_model": {
            "model": dossier.model,
            "checked_against_the_file": claims,
        },
        "other_posts_of_the_same_video": [d["post_id"] for d in parts["duplicates"]][:20],
        "scripts": [{k: s[k] for k in ("link", "script_id", "status")} for s in parts["scripts"]],
    }
    spoken = " ".join(str(s["text"]) for s in parts["subtitles"] if s["text"])
    strangers = {
        **_words(dossier.post.facts),
        "subtitles": spoken[:WORDS_MAX],
        "words_on_screen": _on_screen(dossier.post.measures),
        "what_a_model_says": dossier.answer,
    }
    return ToolAnswer(
        [row],
        1,
        _INTERVAL,
        {**_POST_UNITS, "age_h": "h after posting", "p_value": "0 to 1", "percentile": "0 to 100"},
        current.params.is_simulated,
        {post_id: {k: v for k, v in strangers.items() if v}},
        (
            *_chance(current),
            "What a model says are claims: see how many `checked_against_the_file` were measured.",
        ),
    )


@one_session
def comparison(at: Workspace, project: str, first: str, second: str) -> ToolAnswer:
    """Two posts, each as `breakout` gives it, and the ratio of each number."""
    one, two = breakout(at, project, first), breakout(at, project, second)
    names = (*METRICS, "multiplier", "duration_s")
    ratios = {n: _ratio(one.rows[0].get(n), two.rows[0].get(n)) for n in names}
    sides = [{**a.rows[0]} for a in (one, two)]
    both = {"id": "first / second", "ratios": {k: v for k, v in ratios.items() if v is not None}}
    return ToolAnswer(
        [*sides, both],
        2,
        _INTERVAL,
        {**one.units, "ratios": "first over second"},
        one.is_simulated,
        {**one.strangers, **two.strangers},
        (*one.notes, "Two posts prove no cause: see the patterns for what holds over many."),
    )


@one_session
def patterns(at: Workspace, project: str, *, claimed_only: bool) -> ToolAnswer:
    """Features that go with views or breakouts, with their certainty."""
    from vtlib.performance import library  # noqa: PLC0415 - scipy takes a second

    current = open_named(at, project)
    table = library.library(at, current.slug)
    if claimed_only and len(table):
        table = table[table["claim"].ne("")]
    names = (
        *("pattern", "claim", "definition", "kind", "ratio", "ratio_low", "ratio_high", "q_value"),
        *("n_with", "n_without", "accounts_with", "share_ordinary", "share_breakout", "replicates"),
        *("trend", "posts_needed", "note"),
    )
    rows = [
        {"id": str(r["pattern_id"]), **{n: r[n] for n in names if n in r}}
        for r in table.to_dict("records")
    ]
    units = {
        "ratio": "views with the feature over views without, against each account's own level",
        "n_with": "posts with it",
        "q_value": "false discovery rate over all features tested, 0 to 1",
        "share_ordinary": "0 to 1, among ordinary posts",
        "share_breakout": "0 to 1, among breakouts",
    }
    return ToolAnswer(
        rows,
        len(rows),
        "80 % interval: ratio_low to ratio_high, around ratio",
        units,
        current.params.is_simulated,
        notes=("A pattern without a claim was tested and is not shown to hold.",),
    )


@one_session
def scripts(at: Workspace, *, project: str = "", product: str = "", status: str = "") -> ToolAnswer:
    """Scripts with the posts made from them, and each forecast against what came."""
    from vtlib.scripts import queries  # noqa: PLC0415 - as the commands do

    current = open_named(at, project) if project else None
    slug = current.slug if current else None
    listed = queries.listing(at.store, project=slug, product=product or None, status=status or None)
    with at.store.read() as connection:
        links = records(connection, _PUBLICATIONS, {"project": slug})
        places = {str(r["project_id"]) for r in listed if r["project_id"]}
    verdicts = [v for name in sorted(places) for v in at.store.rows_file("verdicts", project=name)]
    names = (
        *(
            "title",
            "status",
            "version",
            "product_id",
            "project_id",
            "duration_s",
            "approved_version",
        ),
        *("assignee", "due_on", "publish_on", "open_comments", "waiting_for", "updated_at"),
    )
    rows = [
        {
            "id": r["script_id"],
            **{n: r[n] for n in names},
            "posts": [link for link in links if link["script_id"] == r["script_id"]],
            "results": [_result(v) for v in verdicts if v["script_id"] == r["script_id"]],
        }
        for r in listed
    ]
    return ToolAnswer(
        rows,
        len(rows),
        "80 % interval of a forecast: low to high, around predicted; frozen before publication",
        {
            "predicted": "views at 7 days, or a rate (see target)",
            "actual": "as predicted",
            "difference_pct": "actual over predicted, percent",
            "percentile": "0 to 100 among the account's own posts",
            "duration_s": "s",
        },
        bool(_simulated(at, places, current)),
    )


@one_session
def costs(at: Workspace, *, project: str = "", days: int = 0) -> ToolAnswer:
    """What was spent: priced lines, the total and its split."""
    from vtlib.llm import costs as llm_costs  # noqa: PLC0415 - as the commands do
    from vtlib.llm.bill import bill  # noqa: PLC0415
    from vtlib.ops.status import span  # noqa: PLC0415

    current = open_named(at, project) if project else None
    over = span(at, project=current.slug if current else None, days=days or None)
    lines = llm_costs.ledger_of_all(at, project=over.project, since=over.since)
    rows = [{"id": f"line {number}", **line} for number, line in enumerate(lines, 1)]
    return ToolAnswer(
        rows,
        len(rows),
        "none: sums of what was booked; what has no price is named in the total",
        {"usd": "US dollars", "hours": "h of people", "n": "calls or entries"},
        bool(_simulated(at, {line["project_id"] for line in lines}, current)),
        notes=(f"Total {bill(lines).words}",),
    )


def _simulated(at: Workspace, slugs: set[Any], asked: Project | None = None) -> set[Any]:
    """Those of the projects whose data are simulated, and of the one that was asked for."""
    names = {*slugs, asked.slug} if asked else slugs
    return {n for n in names if n and resolve(at, n, warn=False).is_simulated}


def _post_row(facts: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {n: facts[n] for n in METRICS if facts.get(n) is not None}
    return {"id": facts["post_id"], **{n: facts[n] for n in _POST}, **numbers}


def _words(facts: Mapping[str, Any]) -> dict[str, Any]:
    words = {"account": facts["handle"], "caption": facts["caption"], "title": facts["title"]}
    return {name: text for name, text in words.items() if text}


def _numbers(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    counts = {n: snapshot[n] for n in METRICS if snapshot[n] is not None}
    return {"captured_at": snapshot["captured_at"], "age_h": snapshot["age_h"], **counts}


def _video(measures: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if measures is None:
        return None
    speech = (measures["speech"] or {}).get("segments") or []
    return {
        "duration_s": measures["duration_s"],
        "shots": len(measures["shots"] or []),
        "speech_s": round(sum(float(end) - float(start) for start, end in speech), 2),
    }


def _on_screen(measures: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    items: Iterable[Mapping[str, Any]] = ((measures or {}).get("text") or {}).get("items") or ()
    return [{k: item.get(k) for k in ("start_s", "end_s", "text")} for item in items][:60]


def _ratio(one: Any, two: Any) -> float | None:
    numbers = isinstance(one, (int, float)) and isinstance(two, (int, float))
    return round(float(one) / float(two), 4) if numbers and two else None


def _result(verdict: Mapping[str, Any]) -> dict[str, Any]:
    names = ("post_id", "version", "target", "status", "predicted", "low", "high", "actual")
    more = ("difference_pct", "is_inside", "percentile", "reason")
    return {name: verdict[name] for name in (*names, *more)}


def _chance(project: Project) -> tuple[str, ...]:
    """How many posts broke out, and how many may be there by chance: the pages' sentence."""
    from vtlib.outliers.messages import chance_range  # noqa: PLC0415 - scipy takes a second

    runs = project.store.rows_file("outlier_run", project=project.slug)
    if not runs:
        return ("No post is judged yet: vt analyze outliers.",)
    (run,) = runs
    if run["n_breakout"] is None:
        return ()
    n = run["n_breakout"] + (run["n_extreme"] or 0)
    head = f"Of {run['n_scored']:,} posts judged {n:,} broke out (tiers breakout and extreme)."
    low, high = run["expected_false_alarms_low"], run["expected_false_alarms"]
    return (head, chance_range(n, low, high, run["chance_words"] or ())) if n else (head,)

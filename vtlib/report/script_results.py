"""How each script did, a line each: picture, predicted, actual, verdict, why."""

from __future__ import annotations

import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.figures import count, off_text
from vtlib.core.language import marked, say
from vtlib.report.post import first_frames
from vtlib.store.project import Project, one_session
from vtlib.tables import ResultLine, ResultLines

_OURS = ("title", "variant", "reason", "product_id")
TITLE = marked("How each script did")


@one_session
def results(project: Project, *, product_id: str = "") -> ResultLines:
    """A line for each script with posts, those that did best first; views are of posts of 7 days
    and more, brought to that age, each against its account's own median and its frozen forecast.
    `product_id` "" = of all products.
    """
    raw = project.frame("insight_verdicts")
    raw = raw[raw["product_id"].eq(product_id)] if product_id else raw
    rows, ids = project.visible(raw, ours=_OURS), raw["post_id"]
    if rows.empty:
        return ResultLines(
            say(TITLE), (), say("No script has a post yet: vt script track links one.")
        )
    pictures = first_frames(project, list(dict.fromkeys(ids.dropna())))
    own = pd.Series([pictures.get(post) for post in ids], index=rows.index, dtype=object)
    rows = rows.assign(picture=own)
    last = rows.drop_duplicates(["script_id", "post_id"], keep="last")
    lines = [(_rank(mine), script_line(mine)) for _, mine in last.groupby("script_id", sort=False)]
    lines.sort(key=lambda pair: pair[0])
    caption = say("Source: verdicts · predicted: frozen before publication, summed over the posts")
    return ResultLines(say(TITLE), tuple(line for _, line in lines), caption)


def sums(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Per script (index script_id): actual and predicted views summed over its matured posts, NaN
    without any, and post_id, the last of its posts.
    """
    last = verdicts.drop_duplicates(["script_id", "post_id"], keep="last")
    views = _matured(last).groupby("script_id")[["actual", "predicted"]].sum()
    return (
        last.drop_duplicates("script_id", keep="last")
        .set_index("script_id")[["post_id"]]
        .join(views)
    )


def script_line(rows: pd.DataFrame) -> ResultLine:
    """The line of one script from its verdicts (query insight_verdicts) with `picture`."""
    script = str(rows["script_id"].iloc[0])
    title = str(rows["title"].iloc[0] or script)
    pictures = [p for p in rows.get("picture", []) if isinstance(p, bytes)]
    picture = pictures[0] if pictures else None
    matured = _matured(rows)
    if matured.empty:
        why = say("{posts} linked; a verdict takes 7 days.", posts=number(len(rows), "post"))
        return ResultLine(title, say("too early"), "skipped", (), why, picture, script)
    n, beats = len(matured), int(matured["beats_median"].eq(True).sum())
    actual, predicted = (float(matured[name].sum()) for name in ("actual", "predicted"))
    figures = (
        (say("actual"), say("{actual} views", actual=count(actual))),
        (say("predicted"), count(predicted)),
        (say("off"), off_text(actual, predicted)),
        (say("posts"), number(n)),
    )
    best = matured.sort_values("actual", ascending=False).iloc[0]
    why = say(
        "{beats} of {n} above its account's own median; most on {platform}: {actual} views, above "
        "{percentile:.0f} of 100 own posts.",
        beats=beats,
        n=n,
        platform=best["platform"],
        actual=count(float(best["actual"])),
        percentile=best["percentile"],
    )
    kind = "ok" if beats == n else "failed" if not beats else "skipped"
    word = {
        "ok": say("above its usual"),
        "failed": say("below its usual"),
        "skipped": say("mixed"),
    }[kind]
    return ResultLine(title, word, kind, figures, why, picture, script, actual, predicted)


def _matured(rows: pd.DataFrame) -> pd.DataFrame:
    use = rows["status"].eq("matured") & rows["is_plain"].eq(True) & rows["actual"].notna()
    return rows[use & rows["predicted"].notna() & rows["percentile"].notna()]


def _rank(rows: pd.DataFrame) -> tuple[bool, float]:
    """Scripts with a verdict first, the largest share above the usual before the others."""
    matured = _matured(rows)
    if matured.empty:
        return True, 0.0
    return False, -float(matured["actual"].sum() / max(matured["predicted"].sum(), 1.0))

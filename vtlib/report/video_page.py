"""The page of a video, and the page of all videos looked at."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from vtlib import tables
from vtlib.core.conclusion import number
from vtlib.core.figures import count, share
from vtlib.core.language import marked, retell, say, word
from vtlib.core.models import METRICS
from vtlib.report import assembly, drawing, posters
from vtlib.report.facts import Page, VideoView

_ROLES = marked(
    {
        "breakout": "broke out",
        "control": "ordinary, for comparison",
        "kept": "kept by a person",
    }
)
_CHECKED = ("supported", "drifted", "unsupported")


def write_video(
    path: Path, view: VideoView, *, ordinary: VideoView | None, is_bounded: bool, page: Page
) -> Path:
    """Write a video as the self-contained page `path`; returns it.

    `ordinary`: the view of the ordinary post beside it, None = it has no page. `is_bounded` as for
    posters.poster.
    """
    one = posters.poster(view, is_bounded=is_bounded)
    usual = usual_of(view.facts)
    content = {
        **assembly.shell(page, with_charts=False, is_folded=True),
        "lead": lead(view, sure=one.sure if view.is_breakout else ""),
        "poster": one,
        "by": posters.byline(view.facts),
        "frames": _frames(view),
        "preview": "data:video/mp4;base64," + base64.b64encode(view.preview).decode("ascii")
        if view.preview
        else "",
        "link": view.link,
        "length_s": float(view.measures["duration_s"] or 0) if view.measures else 0.0,
        "has_scenes": bool(view.scenes),
        "lanes": assembly.trusted(drawing.lanes(view.measures, view.scenes))
        if view.measures
        else "",
        "reasons": [(r.text, drawing.check_words(r.held), r.held) for r in view.reasons],
        "hook": ", ".join(map(word, view.hook_types)),
        "numbers": list(numbers(view, usual)),
        "n_account": number(drawing.known(view.account).shape[0]),
        "account": assembly.trusted(
            drawing.account_svg(
                view.account, post_id=view.post_id, ordinary=view.ordinary, usual=usual
            )
        ),
        "growth": assembly.trusted(
            drawing.growth_svg(view.numbers, str(view.facts.get("metric")), usual)
        ),
        "metric": word(view.facts.get("metric") or ""),
        "ordinary": _beside(ordinary, is_bounded=is_bounded),
        "became": [_script(s) for s in view.scripts],
        "details": tables.show(_details(view), source="outlier_scores of one post"),
    }
    return assembly.write_page(path, "video.html.j2", content)


def write_videos(path: Path, views: Sequence[VideoView], *, is_bounded: bool, page: Page) -> Path:
    """Write the cards of all videos looked at as the self-contained page `path`; returns it."""
    groups = [
        (say("What broke out"), [v for v in views if v.is_breakout]),
        (say("Ordinary posts of the same accounts"), [v for v in views if v.role == "control"]),
    ]
    rest = {v.post_id for _, group in groups for v in group}
    groups.append((say("Others that were picked"), [v for v in views if v.post_id not in rest]))
    content = {
        **assembly.shell(page, with_charts=False, is_folded=True),
        "lead": say(
            "{videos} and posts were looked at, each with a page.",
            videos=number(len(views), "video"),
        )
        if views
        else say("No video was looked at yet: nothing is judged or picked."),
        "groups": [
            (title, [posters.poster(v, is_bounded=is_bounded) for v in group])
            for title, group in groups
            if group
        ],
    }
    return assembly.write_page(path, "videos.html.j2", content)


def usual_of(facts: Mapping[str, Any]) -> float:
    """What the account usually reaches at the age of this post, in the unit of its value: value
    over multiplier; NaN where the post was not judged.
    """
    value, multiple = (float(facts.get(n) or "nan") for n in ("value", "multiplier"))
    return value / multiple if multiple > 0 else float("nan")


def lead(view: VideoView, *, sure: str) -> str:
    """How far the post is above its usual, in a sentence."""
    if not posters.is_judged(view):
        return say(
            "Not judged: {reason}.",
            reason=retell(view.facts.get("reason") or "") or say("no number to judge it by"),
        )
    metric = word(view.facts.get("metric") or "views")
    words = say(
        "{multiple} what its account usually reaches by {metric}",
        multiple=posters.multiple(view),
        metric=metric,
    )
    return f"{words} ({posters.bounds(view)}){f': {sure}' if sure else ''}."


def numbers(view: VideoView, usual: float) -> Iterator[tuple[str, str, str]]:
    """(name, this post's figure, its account's usual or "") of what is known."""
    newest = view.numbers.iloc[-1] if len(view.numbers) else pd.Series(dtype=object)
    metric = view.facts.get("metric")
    judged = view.facts.get("value")
    if judged is not None and not pd.isna(judged):
        base = count(usual) if usual >= 0 else ""
        yield word(metric), count(float(judged)), base
    for name in METRICS:
        value = newest.get(name)
        if name != metric and value is not None and not pd.isna(value):
            yield word(name), count(float(value)), ""
    if view.measures:
        yield say("length"), say("{seconds:.1f} s", seconds=view.measures["duration_s"]), ""
        yield say("cuts"), f"{len(view.measures['cuts_s'])}", ""
    checked = [r.held for r in view.reasons if r.held in _CHECKED]
    if checked:
        agree = checked.count("supported") / len(checked)
        yield (
            say("reasons the file supports"),
            say("{agree} of {n_checked}", agree=share(agree), n_checked=len(checked)),
            "",
        )


def _frames(view: VideoView) -> list[tuple[float, str, str]]:
    """(place, label, data URL): the second of a video, the number of a picture."""
    urls = [tables.picture_url(jpeg) for _, jpeg in view.frames]
    if view.measures is None:
        return [(float(n), say("picture {n}", n=n), url) for n, url in enumerate(urls, 1)]
    return [(t, f"{t:.1f} s", url) for (t, _), url in zip(view.frames, urls, strict=True)]


def _beside(view: VideoView | None, *, is_bounded: bool) -> dict[str, Any] | None:
    if view is None:
        return None
    one = posters.poster(view, is_bounded=is_bounded)
    frames = _frames(view)[:6]
    return {
        "poster": one,
        "href": PurePosixPath(view.href).name,
        "frames": frames,
        "lanes": assembly.trusted(drawing.lanes(view.measures)) if view.measures else "",
        "numbers": list(numbers(view, float("nan"))),
    }


def _script(row: Mapping[str, Any]) -> dict[str, Any]:
    """A script after this video: title, status, result in words."""
    actual, predicted = (_number(row.get(name)) for name in ("actual", "predicted"))
    result = say("no post yet") if not row.get("posts") else say("its post is not 7 days old")
    is_known = actual == actual  # noqa: PLR0124 - not NaN
    if is_known:
        off = (
            ""
            if not predicted > 0
            else say(", {actual:+,.0f} % off", actual=100 * (actual / predicted - 1))
        )
        result = say(
            "{actual} views at 7 days, predicted {predicted}{off}",
            actual=count(actual),
            predicted=count(predicted),
            off=off,
        )
    return {
        "id": str(row["script_id"]),
        "title": tables.cell(row["title"], "text").text,
        "status": word(row["status"]),
        "result": result,
        "facts": {f"script.{row['script_id']}.actual": count(actual)} if is_known else {},
    }


def _number(value: Any) -> float:
    return float("nan") if value is None or pd.isna(value) else float(value)


_DETAILS = marked(
    (
        *(
            "tier",
            "multiplier",
            "multiplier_low",
            "multiplier_high",
            "p_value",
            "q_value",
            "metric",
        ),
        *(
            "value",
            "age_h",
            "basis",
            "n_baseline",
            "look",
            "percentile",
            "reason",
            "notes",
            "caption",
        ),
    )
)


def _details(view: VideoView) -> pd.DataFrame:
    """What the judgement says, a row a fact: what, value (as text)."""
    rows = []
    for name in _DETAILS:
        value = view.facts.get(name)
        if isinstance(value, (list, np.ndarray)) or value is None or pd.isna(value) or value == "":
            continue
        form = tables.html.form_of(pd.Series([value]), name)
        rows.append((word(name), tables.cell(value, form).text))
    rows.append((say("looked at because"), say(_ROLES.get(view.role, view.role))))
    return pd.DataFrame(rows, columns=["what", "value"])

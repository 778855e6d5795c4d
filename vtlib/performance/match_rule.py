"""Which new own posts came of which scripts in production: evidence for each pair, a
probability, reasons in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number
from vtlib.media.duplicates import same_creative
from vtlib.performance.match_odds import FEATURES, METHOD, probabilities
from vtlib.performance.match_words import best_line, coverage, rarity, words

__all__ = ["METHOD", "PAIR_COLUMNS", "Known", "match"]

# Fitted by `bench/matches.py --fit` on the simulated worlds of seeds 1 to 15.
WEIGHTS = {
    "constant": -4.60,
    "same_video": 7.24,
    "other_video": -4.40,
    "caption_words": 3.72,
    "speech_words": 5.15,
    "sister_words": 1.87,
    "on_day": 3.58,
    "far_day": -0.87,
    "usual_place": 0.16,
    "place_taken": -3.26,
    "length_off": -2.73,
}
PAIR_COLUMNS = ("post_id", "script_id", "version", "probability", "reasons", *FEATURES[1:])
ON_DAY_SCALE_D = 2.0  # a post two days off the planned day has 1 / e of its weight
FAR_D = 10.0
SINCE_SCALE_D = 14.0  # where no day is planned: days since it went into production
SPOKEN_MIN = 0.3


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside posts and scripts: `links` (script_id, post_id) of posts linked
    before, `places` (script_id, account_id, format) where a script was expected, `cuts` the
    picture hashes of each script's own video files, `closed` (script_id, post_id) pairs that
    were refused or undone: no candidates.
    """

    links: pd.DataFrame
    places: pd.DataFrame
    cuts: Mapping[str, Sequence[Sequence[int]]]
    closed: pd.DataFrame


def match(
    posts: pd.DataFrame, scripts: pd.DataFrame, context: Known, *, window_days: int
) -> pd.DataFrame:
    """PAIR_COLUMNS: each candidate pair of a new own post and a script in production, the likeliest
    first.

    `posts`: post_id, account_id, platform, format, posted_at, caption, title, duration_s, speech,
    overlays (texts, '' = not known), hashes (None = not measured), is_new; those that are not new
    lend their captions and hashes alone. `scripts`: script_id, version, title, lines (list of
    texts), duration_s, production_at, publish_on. A pair is a candidate when the post went up after
    the script went into production, at most `window_days` later.
    """
    fresh = posts[posts["is_new"].astype(bool) & posts["posted_at"].notna()]
    pairs = fresh.merge(scripts, how="cross", suffixes=("", "_script"))
    days = (pairs["posted_at"] - pairs["production_at"]).dt.total_seconds() / 86_400
    pairs = pairs[(days >= 0) & (days <= window_days)]
    shut = set(context.closed[["script_id", "post_id"]].itertuples(index=False, name=None))
    keys = zip(pairs["script_id"], pairs["post_id"], strict=True)
    pairs = pairs[[key not in shut for key in keys]].reset_index(drop=True)
    if pairs.empty:
        return pd.DataFrame(columns=list(PAIR_COLUMNS))
    evidence = _MatchEvidence.of(posts, scripts, context)
    rows = [evidence.row(pair) for pair in pairs.to_dict("records")]
    weights = np.array([WEIGHTS[name] for name in FEATURES])
    x = np.array([[row[name] for name in FEATURES] for row, _ in rows], float)
    chance = probabilities(x, pd.factorize(pairs["post_id"])[0], weights)
    result = pairs[["post_id", "script_id", "version"]].assign(
        probability=chance, **{name: x[:, n] for n, name in enumerate(FEATURES)}
    )
    result["reasons"] = pd.Series([reasons for _, reasons in rows], dtype=object)
    order = result.sort_values(
        ["probability", "post_id", "script_id"], ascending=[False, True, True]
    )
    return order[list(PAIR_COLUMNS)].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _MatchEvidence:
    """Words and pictures of everything, made once; `row` holds one pair against it."""

    weights: Mapping[str, float]
    caption: Mapping[str, frozenset[str]]
    hashes: Mapping[str, Sequence[int] | None]
    account: Mapping[str, str]
    sisters: Mapping[str, list[str]]
    places: frozenset[tuple[str, str, str]]
    with_places: frozenset[str]
    cuts: Mapping[str, Sequence[Sequence[int]]]

    @classmethod
    def of(cls, posts: pd.DataFrame, scripts: pd.DataFrame, context: Known) -> _MatchEvidence:
        rows = posts.to_dict("records")
        caption = {str(r["post_id"]): words(_texts(r["title"], r["caption"])) for r in rows}
        texts = [words(_texts(r["speech"], r["overlays"])) for r in rows]
        lines = [words(" ".join(own)) for own in scripts["lines"]]
        return cls(
            weights=rarity([*(t for t in (*caption.values(), *texts) if t), *lines]),
            caption=caption,
            hashes={str(r["post_id"]): r["hashes"] for r in rows},
            account={str(r["post_id"]): str(r["account_id"]) for r in rows},
            sisters={
                str(script): own["post_id"].astype(str).tolist()
                for script, own in context.links.groupby("script_id")
            },
            places=frozenset(
                context.places[["script_id", "account_id", "format"]].itertuples(
                    index=False, name=None
                )
            ),
            with_places=frozenset(context.places["script_id"]),
            cuts=context.cuts,
        )

    def row(self, pair: Mapping[Any, Any]) -> tuple[dict[str, float], list[str]]:
        """The features of a pair, and what speaks for it in words."""
        parts = (self._video, self._words, self._day, self._place, self._length)
        row, reasons = dict.fromkeys(FEATURES, 0.0) | {"constant": 1.0}, []
        for part in parts:
            values, reason = part(pair)
            row |= values
            reasons += [reason] if reason else []
        return row, reasons

    def _video(self, pair: Mapping[Any, Any]) -> tuple[dict[str, float], str]:
        own = self.hashes.get(str(pair["post_id"]))
        script = str(pair["script_id"])
        cuts = [*self.cuts.get(script, ())]
        cuts += [h for s in self.sisters.get(script, ()) if (h := self.hashes.get(s)) is not None]
        if own is None or len(own) == 0 or not cuts:
            return {}, ""
        comparisons = (same_creative(list(own), list(cut)) for cut in cuts)
        share = max((m.share for m in comparisons if m.is_same), default=0.0)
        if share:
            return {
                "same_video": 1.0
            }, f"the same video as the script's cut ({share:.0%} of its pictures)"
        return {"other_video": 1.0}, ""

    def _words(self, pair: Mapping[Any, Any]) -> tuple[dict[str, float], str]:
        post, script = str(pair["post_id"]), str(pair["script_id"])
        lines: Sequence[str] = [str(pair["title_script"]), *_list(pair["lines"])]
        caption, line = best_line(lines, self.caption[post], self.weights)
        post_words = words(_texts(pair["speech"], pair["overlays"]))
        speech_share = coverage(words(" ".join(_list(pair["lines"]))), post_words, self.weights)
        others = [
            self.caption.get(s, frozenset()) for s in self.sisters.get(script, ()) if s != post
        ]
        sister = max((coverage(o, self.caption[post], self.weights) for o in others), default=0.0)
        claims = (
            (caption, f'its caption has {caption:.0%} of the line "{_short(line)}"'),
            (speech_share, f"{speech_share:.0%} of the script's words are said or shown in it"),
            (sister, f"its caption is that of another post of the script ({sister:.0%})"),
        )
        values = {
            "caption_words": caption,
            "speech_words": speech_share,
            "sister_words": sister,
        }
        return values, "; ".join(text for share, text in claims if share >= SPOKEN_MIN)

    def _day(self, pair: Mapping[Any, Any]) -> tuple[dict[str, float], str]:
        posted_at, planned_at = pd.Timestamp(str(pair["posted_at"])), pair["publish_on"]
        if planned_at is not None and not pd.isna(planned_at):
            off = abs((posted_at.normalize() - pd.Timestamp(str(planned_at))).days)
            near = "on the planned day" if not off else f"{number(off, 'day')} off the planned day"
            values = {"on_day": float(np.exp(-off / ON_DAY_SCALE_D)), "far_day": float(off > FAR_D)}
            return values, f"posted {near}" if off <= FAR_D else ""
        since = (posted_at - pd.Timestamp(str(pair["production_at"]))).days
        values = {"on_day": 0.5 * float(np.exp(-since / SINCE_SCALE_D))}
        return values, f"posted {number(since, 'day')} after the script went into production"

    def _place(self, pair: Mapping[Any, Any]) -> tuple[dict[str, float], str]:
        script, account = str(pair["script_id"]), str(pair["account_id"])
        place = (script, account, str(pair["format"]))
        mine = [self.account.get(s) for s in self.sisters.get(script, ()) if s != pair["post_id"]]
        values = {"place_taken": float(account in mine)}
        if script not in self.with_places:
            return values, ""
        is_usual = place in self.places
        return values | {
            "usual_place": float(is_usual)
        }, "an account and format it was forecast for" if is_usual else ""

    def _length(self, pair: Mapping[Any, Any]) -> tuple[dict[str, float], str]:
        post, script = pair["duration_s"], pair["duration_s_script"]
        if pd.isna(post) or pd.isna(script) or not post or not script:
            return {}, ""
        off = min(abs(float(np.log(float(post) / float(script)))), 2.0)
        is_like = off < np.log(1.25)
        reason = f"{float(post):.0f} s long, as its script ({float(script):.0f} s)"
        return {"length_off": off}, reason if is_like else ""


def _texts(*texts: object) -> str:
    return " ".join(t for t in texts if isinstance(t, str))


def _list(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, (list, tuple, np.ndarray)) else []


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"

"""Match new own posts to scripts in production: evidence, probability, reasons in words."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number
from vtlib.media.duplicates import compare_hashes

METHOD = "match-logit/1"
FEATURES = (
    *(
        "constant",
        "same_video",
        "other_video",
        "caption_words",
        "speech_words",
        "sister_words",
    ),
    *("on_day", "far_day", "usual_place", "place_taken", "length_off"),
)
RIDGE = 0.05  # of squared weights: keeps a feature that always or never decides finite


def probabilities(x: np.ndarray, post: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The probability (0 to 1) of each pair: float [n], for features `x` [n, len(FEATURES)] and
    the number of its `post`.
    """
    if not len(x):
        return np.empty(0)
    utility = x @ weights
    _, place = np.unique(post, return_inverse=True)
    top = np.zeros(place.max() + 1)
    np.maximum.at(top, place, utility)
    odds = np.exp(utility - top[place])
    rest = np.exp(-top) + np.bincount(place, odds)
    return odds / rest[place]


def fit(x: np.ndarray, post: np.ndarray, is_true: np.ndarray) -> np.ndarray:
    """Weights of FEATURES by penalised likelihood.

    `post`: number of the post of each pair; `is_true`: whether it came of that script (at most one
    true pair a post). A post without a true pair came of none. Nothing is penalised but weights
    other than the constant.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - it loads slowly, and only fitting needs it

    _, place = np.unique(post, return_inverse=True)
    penalty = np.full(x.shape[1], RIDGE)
    penalty[0] = 0.0

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        p = probabilities(x, post, weights)
        none = np.maximum(1 - np.bincount(place, p), 1e-12)
        has_one = np.bincount(place, is_true) > 0
        cost = -np.log(np.maximum(p[is_true], 1e-12)).sum() - np.log(none[~has_one]).sum()
        slope = x.T @ (p - is_true)
        return cost + (penalty * weights**2).sum(), slope + 2 * penalty * weights

    result = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(result.x)


_WORDS = re.compile(r"\w+")
# Writing without spaces (Chinese, Japanese, Thai, …): pairs of signs take the place of words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
MIN_WORDS = 2  # a line of one word says nothing
MIN_WEIGHT = 3.0  # ln; lines of common words alone are shared by everyone


@lru_cache(maxsize=20_000)
def words(text: str | None) -> frozenset[str]:
    """The words of a text, case and form folded; of writing without spaces, pairs of signs."""
    plain = unicodedata.normalize("NFKC", text or "").casefold()
    parts: set[str] = set()
    for word in _WORDS.findall(plain):
        runs = _UNSPACED.findall(word)
        if runs:
            parts |= {run[n : n + 2] for run in runs for n in range(max(len(run) - 1, 1))}
        else:
            parts.add(word)
    return frozenset(parts)


def rarity(texts: Iterable[frozenset[str]]) -> dict[str, float]:
    """ln(n / texts with the word) of each word; what every text has weighs nothing."""
    documents = list(texts)
    counts = Counter(word for text in documents for word in text)
    return {word: math.log((len(documents) + 1) / (n + 0.5)) for word, n in counts.items()}


def coverage(line: frozenset[str], text: frozenset[str], weights: Mapping[str, float]) -> float:
    """Share (0 to 1, by weight) of a line's words in the text; 0 for an uninformative line."""
    total = sum(weights.get(word, 0.0) for word in line)
    if len(line) < MIN_WORDS or total < MIN_WEIGHT or not text:
        return 0.0
    return sum(weights.get(word, 0.0) for word in line & text) / total


def best_line(
    lines: Iterable[str], text: frozenset[str], weights: Mapping[str, float]
) -> tuple[float, str]:
    """The largest coverage of any line, and that line; (0, '') where none is covered."""
    return max(((coverage(words(line), text, weights), line) for line in lines), default=(0.0, ""))


__all__ = ["METHOD", "PAIR_COLUMNS", "MatchContext", "match"]

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
class MatchContext:
    """What is known beside posts and scripts: `links` (script_id, post_id) of posts linked
    before, `places` (script_id, account_id, format) where a script was expected, `cuts` the
    picture hashes of each script's own video files, `closed_pairs` (script_id, post_id) pairs that
    were refused or undone: no candidates.
    """

    links: pd.DataFrame
    places: pd.DataFrame
    cuts: Mapping[str, Sequence[Sequence[int]]]
    closed_pairs: pd.DataFrame


def match(
    posts: pd.DataFrame, scripts: pd.DataFrame, context: MatchContext, *, window_days: int
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
    shut = set(context.closed_pairs[["script_id", "post_id"]].itertuples(index=False, name=None))
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
    def of(cls, posts: pd.DataFrame, scripts: pd.DataFrame, context: MatchContext) -> Self:
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
        comparisons = (compare_hashes(list(own), list(cut)) for cut in cuts)
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

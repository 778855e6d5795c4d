"""The way to follow an advice: the script to open, else the exact command. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.core.conclusion import product_name

OPEN = ("draft", "review", "approved", "in_production")


@dataclass(frozen=True, slots=True)
class Way:
    """A command, what it is about, and a note that a sentence ends with ("" = none)."""

    command: str
    note: str = ""
    script_id: str | None = None
    product_id: str | None = None


def way_of_pattern(
    project: str,
    row: Mapping[Any, Any],
    kind: str,
    *,
    fits: pd.DataFrame,
    scripts: pd.DataFrame,
) -> Way:
    """To follow a pattern: an open script after a video that carries it, else the best
    recommended pair whose video carries it, else a new script from the pattern; to leave it out
    (`kind` stop): the pattern with its posts.
    """
    pattern = str(row["pattern"])
    if kind in ("stop", "repeat"):
        return Way(_line("vt", "patterns", pattern, "--project", project))
    carrying = fits[[pattern in names for names in fits["patterns"]]] if len(fits) else fits
    if len(scripts) and len(carrying):
        ready = scripts[scripts["status"].isin(OPEN) & scripts["posts"].eq(0)]
        ready = ready[ready["source_post_id"].isin(carrying["post_id"])]
        if len(ready):
            one = ready.iloc[0]
            note = f"; the script {one['title']} is after such a video"
            return Way(
                way_of_script(one["script_id"]), note, str(one["script_id"]), one["product_id"]
            )
    best = carrying[carrying["is_recommended"].eq(True)] if len(carrying) else carrying
    if len(best):
        fit = best.iloc[0]
        note = (
            f"; best fit among its videos: {product_name(fit)} with "
            f"{fit['handle'] or fit['post_id']}, "
            f"{fit['score']:.1f} of 5 (an opinion)"
        )
        product = str(fit.get("product") or fit["product_id"])
        words = ("--video", str(fit["post_id"]), "--product", product)
        return Way(
            _line("vt", "script", "adapt", "--project", project, *words),
            note,
            None,
            fit["product_id"],
        )
    words = ("--from-pattern", pattern, "--title", f"On {pattern.replace('_', ' ')}")
    return Way(_line("vt", "script", "create", "--project", project, *words))


def way_of_script(script_id: str) -> str:
    """The command that opens a script."""
    return _line("vt", "script", "show", script_id)


def way_of_product(product_id: str) -> str:
    """The command that shows what a product's posts brought and cost."""
    return _line("vt", "analyze", "performance", "--product", product_id.rsplit("/", 1)[-1])


def variant_command(script_id: str, variant: str) -> str:
    """The command that links a post of a variant, so that it counts."""
    words = ("--post-url", "URL", "--variant", variant)
    return _line("vt", "script", "track", script_id, *words)


def _line(*words: str) -> str:
    return shlex.join(str(word) for word in words)

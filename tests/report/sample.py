"""A seeded project's frames and an executed notebook over them, made without a kernel."""

from pathlib import Path
from typing import Any

import altair as alt
import nbformat
import numpy as np
import pandas as pd

from vtlib import charts, tables
from vtlib.core import conclusion
from vtlib.report import IndexFacts, Page, PageSection, StageLink

HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"> =HYPERLINK("http://evil.example") </script>'  # noqa: E501


def scores(accounts: int = 4, posts: int = 40, seed: int = 7) -> pd.DataFrame:
    """outlier_scores joined with posts and accounts."""
    rng = np.random.default_rng(seed)
    n = accounts * posts
    who = np.repeat(np.arange(accounts), posts)
    platform = np.array(["instagram", "tiktok", "youtube"])[who % 3]
    expected = np.exp(8 + who % 5 + rng.normal(0, 0.1, n))
    ln_m = rng.normal(0, 0.7, n) + np.where(rng.random(n) < 0.05, 2.4, 0)
    multiplier = np.exp(ln_m)
    tier = np.select(
        [multiplier > 15, multiplier > 6, multiplier > 3], ["extreme", "breakout", "watch"], "none"
    )
    day = pd.Timestamp("2026-05-01") + pd.to_timedelta(rng.integers(0, 180 * 24, n), unit="h")
    caption = [
        f"Three things nobody tells you about running in the rain, part {i}" for i in range(n)
    ]
    caption[int(np.argmax(multiplier))] = HOSTILE
    return pd.DataFrame(
        {
            "post_id": [f"{p}:{i}" for i, p in enumerate(platform)],
            "account_id": [f"{p}:{w}" for p, w in zip(platform, who, strict=True)],
            "platform": platform,
            "format": np.where(who % 3 == 2, "short", "reel"),
            "handle": [f"runner_{w}" for w in who],
            "url": [f"https://www.{p}.com/v/{i}" for i, p in enumerate(platform)],
            "posted_at": day,
            "captured_at": pd.Timestamp("2026-11-02 09:00"),
            "caption": caption,
            "value": np.round(expected * multiplier).astype(int),
            "metric": "views",
            "multiplier": multiplier,
            "multiplier_low": multiplier / 2.4,
            "multiplier_high": multiplier * 2.4,
            "p_value": np.clip(0.5 / multiplier**2, 0, 1),
            "tier": tier,
        }
    )


def curve() -> pd.DataFrame:
    age = np.geomspace(1, 24 * 60, 40)
    rows = []
    for platform, form, tau, basis, n in (
        ("instagram", "reel", 3, "fitted", 412),
        ("youtube", "short", 10, "prior", 31),
    ):
        g = np.log1p(-np.exp(-age / 24 / tau)) - np.log1p(-np.exp(-7 / tau))
        rows.append(
            pd.DataFrame(
                {
                    "platform": platform,
                    "format": form,
                    "age_h": age,
                    "g_ln": g,
                    "basis": basis,
                    "n_pairs": n,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def pairs() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    fitted = curve().query("basis == 'fitted'")
    picked = fitted.sample(412, replace=True, random_state=1)
    return picked.assign(g_ln=picked["g_ln"] + rng.normal(0, 0.2, len(picked)))


def states() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = []
    for platform, form, shown in (
        ("instagram", "reel", "views plays likes comments"),
        ("instagram", "photo", "likes comments"),
        ("tiktok", "video", "views likes comments shares saves"),
        ("youtube", "short", "views likes comments"),
        ("linkedin", "text", "likes comments shares"),
    ):
        for metric in ("views", "plays", "impressions", "likes", "comments", "shares", "saves"):
            n = int(rng.integers(50, 200))
            if metric not in shown:
                rows.append((platform, form, metric, "not_exposed", n))
                continue
            hidden = n // 6 if metric == "likes" else 0
            rows.append((platform, form, metric, "observed", n - hidden))
            if hidden:
                rows.append((platform, form, metric, "hidden", hidden))
    return pd.DataFrame(rows, columns=["platform", "format", "metric", "state", "n"])


def captures() -> pd.DataFrame:
    at = pd.to_datetime(
        [
            "2026-10-05 06:00",
            "2026-10-12 06:00",
            "2026-10-19 06:00",
            "2026-10-26 06:00",
            "2026-11-02 09:00",
        ]
    )
    found = [420, 433, 441, 150, 462]
    return pd.DataFrame(
        {
            "captured_at": at,
            "started_at": at,
            "found": found,
            "mapped": [f - 4 for f in found],
            "new": [416, 22, 19, 0, 31],
            "updated": [0, 407, 418, 146, 427],
            "skipped": [4, 4, 4, 4, 4],
        }
    )


def bundle(shown: Any) -> dict[str, Any]:
    """The output a notebook keeps of an object."""
    if isinstance(shown, (alt.TopLevelMixin,)):
        return dict(alt.renderers.get()(shown.to_dict()))
    if hasattr(shown, "_repr_mimebundle_"):
        return dict(shown._repr_mimebundle_())
    return {"text/html": shown._repr_html_(), "text/plain": repr(shown)}


def notebook(path: Path, *shown: Any, extra: tuple[Any, ...] = ()) -> Path:
    """An executed notebook that shows `shown`, one cell each, then the raw outputs `extra`."""
    new = nbformat.v4
    cells = [
        new.new_markdown_cell(
            "# Outliers\n\nWhich posts stood **far above** what is usual for their account?",
            id="title",
        )
    ]
    for i, one in enumerate(shown):
        out = new.new_output("execute_result", data=bundle(one), execution_count=i + 1)
        cells.append(
            new.new_code_cell(
                f"show({i})  # cell", outputs=[out], execution_count=i + 1, id=f"cell-{i}"
            )
        )
    if extra:
        cells.append(
            new.new_code_cell(
                "raise SystemExit", outputs=list(extra), execution_count=99, id="extra"
            )
        )
    nbformat.write(new.new_notebook(cells=cells), path)
    return path


def full_notebook(path: Path) -> Path:
    charts.enable()
    frame = scores()
    top = frame.sort_values("multiplier_low", ascending=False)
    columns = [
        "handle",
        "platform",
        "posted_at",
        "value",
        "multiplier",
        "p_value",
        "tier",
        "caption",
        "url",
    ]
    end = conclusion.finish_stage(
        "outliers", [f"{len(frame)} posts were judged.", HOSTILE], scored=len(frame), breakouts=9
    )
    return notebook(
        path,
        charts.accounts_over_time(frame),
        charts.accounts_over_time(scores(accounts=12)),
        charts.multipliers(frame),
        charts.growth(curve(), pairs()),
        charts.coverage(states()),
        charts.capture_history(captures()),
        charts.growth(curve().head(0)),
        tables.show(top, source="outlier_scores", columns=columns, max_rows=25),
        end,
    )


def page(profile: Any = "analyst") -> Page:
    nav = (
        ("Overview", "index.html"),
        ("Import", "01_import.html"),
        ("Outliers", ""),
        ("Performance", "07_performance.html"),
    )
    params = {"outliers": {"method": "calibrated", "window_days": 180, "levels": [1, 2]}}
    provenance = {
        "code version": "0.1.0+abc1234",
        "params": params,
        "data": {"posts": 1620, "snapshots": 4102},
        "models": "none used",
        "spend": "$0.42",
        "run id": "2026-11-02T09-00-00",
        "time": "2026-11-02 09:03",
    }
    return Page("Outliers: Rain Shoes", profile, is_simulated=True, nav=nav, provenance=provenance)


def index_facts(profile: Any = "client") -> IndexFacts:
    frame = scores(accounts=9, posts=60)
    hits = frame["tier"].isin(["breakout", "extreme"])
    run = {
        "method": "calibrated",
        "n_scored": 540,
        "n_not_scored": 22,
        "expected_false_alarms": 5.0,
        "expected_false_alarms_low": 1.0,
        "chance_words": [],
        "n_watch": 31,
        "n_breakout": int(hits.sum()),
        "n_extreme": 3,
    }
    places = pd.DataFrame(
        {
            "platform": ["instagram", "tiktok", "youtube"],
            "accounts": [3, 3, 3],
            "posts": [180, 180, 180],
            "captures": [5, 4, 2],
            "first_posted_at": pd.Timestamp("2026-05-01"),
            "last_posted_at": pd.Timestamp("2026-10-28"),
            "first_captured_at": pd.Timestamp("2026-10-05"),
            "last_captured_at": pd.Timestamp("2026-11-02"),
        }
    )
    problems = pd.DataFrame(
        {
            "stage": ["import", "import"],
            "kind": ["provider_error", "unreadable"],
            "n": [14, 2],
            "reason": ["the provider says: private account", f"no id in {HOSTILE}"],
        }
    )
    spend = pd.DataFrame(
        {
            "kind": ["data", "model"],
            "provider": ["apify", "gemini"],
            "what": ["posts", "tokens"],
            "n": [20, 4],
            "hours": None,
            "gb_months": None,
            "usd": [0.40, 0.02],
            "unpriced": 0,
            "hours_unpriced": None,
        }
    )
    later = "no model key: set GEMINI_API_KEY"
    stages = (
        StageLink("import", "Import", "01_import.html", "ok", "", 3.2),
        StageLink(
            "scraping", "Scraping", "02_scraping.html", "skipped", "no token: set APIFY_TOKEN", 0.4
        ),
        StageLink("outliers", "Outliers", "03_outliers.html", "ok", "", 4.9),
        StageLink("analysis", "Analysis", "04_analysis.html", "skipped", later, 0.3),
        StageLink("adaptation", "Adaptation", "05_adaptation.html", "skipped", later, 0.3),
        StageLink("comparison", "Comparison", "06_comparison.html", "skipped", later, 0.3),
        StageLink(
            "performance",
            "Performance",
            "07_performance.html",
            "failed",
            "a column is missing",
            1.3,
        ),
    )
    fits = pd.DataFrame(
        {"post": ["A", "B"], "product": ["Rain shoe", "Wool sock"], "fit": [4.5, 2.0]}
    )
    section = PageSection(
        "What fits which product", ("Two posts were compared.",), tables.show(fits, source="fits")
    )
    around = page(profile)
    about = Page(
        "Rain Shoes, autumn run",
        around.profile,
        is_simulated=True,
        nav=(("Overview", ""), *around.nav[1:2]),
        provenance=around.provenance,
    )
    return IndexFacts(about, frame, run, places, problems, spend, stages, (section,))

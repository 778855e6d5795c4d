"""The scripts as tables and sentences from numbers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vtlib.adaptation.claims import without_grounds
from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage
from vtlib.core.language import marked, say
from vtlib.scripts.beat_table import with_letters

COLUMNS = marked(
    {
        "title": "script",
        "reason": "why",
        "fit": "fit, 0 to 5",
        "duration_s": "length (s)",
        "difficulty": "difficulty",
        "claims": "claims founded",
        "structure_pct": "structure kept",
        "copied_pct": "words copied",
        "status": "status",
        "script_id": "script id",
        "url": "post",
    }
)
FORMATS = {"fit": ".1f", "structure_pct": "pct", "copied_pct": "pct"}
HOOK_COLUMNS = marked(
    {
        "title": "script",
        "variant": "variant",
        "type": "type",
        "spoken": "says",
        "overlay": "on screen",
        "visual": "shows",
        "tests": "what it tests",
    }
)
CLAIM_COLUMNS = marked(
    {
        "title": "script",
        "held": "held",
        "text": "claim",
        "reason": "why",
    }
)
Rows = Sequence[Mapping[str, Any]]


def overview(rows: Rows) -> pd.DataFrame:
    """A row an adaptation (adaptation/store.adaptations): COLUMNS, the account and `flagged`.

    `flagged`: the claims that a person has to clear.
    """
    records = [_row(r) for r in rows]
    return pd.DataFrame(records, columns=["account_id", "handle", "platform", "flagged", *COLUMNS])


def hooks(rows: Rows) -> pd.DataFrame:
    """Every hook variant, as HOOK_COLUMNS: A, B, C of each script."""
    records = [
        {**_named(r), **hook, "type": hook["type"].replace("_", " ")}
        for r in rows
        for hook in with_letters(r["hooks"] or [])
    ]
    return pd.DataFrame(records, columns=list(HOOK_COLUMNS))


def claims(rows: Rows) -> pd.DataFrame:
    """Every checked claim, as CLAIM_COLUMNS, unsupported ones first."""
    records = [{**_named(r), **claim} for r in rows for claim in r["claims"] or []]
    table = pd.DataFrame(records, columns=list(CLAIM_COLUMNS))
    order = table["held"].map({"unfounded": 0, "doubtful": 1}).fillna(2)
    return table.assign(order=order).sort_values("order", kind="stable").drop(columns="order")


def conclude(
    rows: Rows, outcomes: Rows, *, has_key: bool, waits: str = "", stopped: str = ""
) -> Conclusion:
    """The conclusion of 05. `waits`: why no pair was adapted; `stopped`: why it ended early."""
    if not rows:
        reason = stopped or waits if has_key else say("set GEMINI_API_KEY")
        return skip_stage(
            "adaptation", reason or say("no pair of video and product fits well enough")
        )
    by = Counter(r["origin"] for r in rows)
    products = len({r["product_id"] for r in rows})
    lines = [
        (
            say(
                "{scripts} for {products}: {adaptation:,} on the pattern of a video, {original:,} "
                "from patterns alone.",
                scripts=number(len(rows), "script"),
                products=number(products, "product"),
                adaptation=by["adaptation"],
                original=by["original"],
            )
        ),
        _claims_line(rows),
        _wording_line(rows),
    ]
    if waits and not by["adaptation"]:
        lines.append(waits)
    n_gone = sum(r["title"] is None for r in rows)
    if n_gone:
        lines.append(
            say("{scripts} deleted by people and not made again.", scripts=number(n_gone, "script"))
        )
    bad = Counter[str]()
    for o in outcomes:
        if o["task"] != "fits" and o["status"] not in ("ok", "repaired"):
            bad[o["status"]] += o["n"]
    lines += [f"{number(n, 'question')}: {s.replace('_', ' ')}." for s, n in bad.most_common()]
    if stopped:
        lines.append(say("Stopped: {stopped}", stopped=stopped))
    n_flagged = sum(len(without_grounds(r["claims"])) for r in rows)
    return finish_stage(
        "adaptation", [x for x in lines if x], scripts=len(rows), flagged_claims=n_flagged
    )


def _claims_line(rows: Rows) -> str:
    total = sum(len(r["claims"] or []) for r in rows)
    n_flagged = sum(len(without_grounds(r["claims"])) for r in rows)
    if not total:
        return say("No claim about a product was made.")
    rest = (
        say("; a person has to clear the other {n_flagged:,}", n_flagged=n_flagged)
        if n_flagged
        else ""
    )
    return say(
        "{total:,} of {claims} rest on a fact of the product{rest}.",
        total=total - n_flagged,
        claims=number(total, "claim"),
        rest=rest,
    )


def _wording_line(rows: Rows) -> str:
    far = [r["distance"] for r in rows if r["distance"]]
    copies = [d for d in far if d["is_copied"]]
    if not far:
        return ""
    if not copies:
        return say(
            "None of {scripts} with a source takes over its wording.",
            scripts=number(len(far), "script"),
        )
    longest = max(d["longest_run"] for d in copies)
    return say(
        "{n_copies:,} of {scripts} with a source take over wording (up to {longest:,} words in a "
        "row): rewrite before review.",
        n_copies=len(copies),
        scripts=number(len(far), "script"),
        longest=longest,
    )


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"product_name": row["product_name"], "title": row["title"] or "(deleted)"}


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    far, scores = row["distance"] or {}, row["scores"] or {}
    claims = row["claims"] or []
    bad = without_grounds(claims)
    plain = {n: row.get(n) for n in ("account_id", "handle", "platform", "url", "difficulty")}
    script = {n: row.get(n) for n in ("duration_s", "status", "script_id")}
    return {
        **plain,
        **script,
        **_named(row),
        "reason": row["reason"],
        "fit": sum(scores.values()) / len(scores) if scores else None,
        "claims": say("{more} of {n_claims}", more=len(claims) - len(bad), n_claims=len(claims)),
        "flagged": " / ".join(bad) or None,
        "structure_pct": _pct(far.get("structure_ratio")),
        "copied_pct": _pct(far.get("copied_ratio")),
    }


def _pct(ratio: float | None) -> float | None:
    return None if ratio is None else 100 * ratio

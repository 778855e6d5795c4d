"""What is true of a world, for judging whoever guesses it; the product never reads it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from simulator import words
from simulator.world import SimAccount, SimPost, World


def truth(world: World) -> dict[str, Any]:
    """Accounts with level and shape, true hits with multiplier and cause, dead and evergreen posts,
    series, effects, decoys, oddities.

    Everything is plain JSON; times are ISO 8601 in UTC; `ln_effect` adds to ln(views).
    """
    return {
        "seed": world.seed,
        "epoch": _iso(world.epoch),
        "effects": [{"feature": f, "ln_effect": e} for f, e in words.EFFECTS.items()],
        "effects_on": words.EFFECTS_ON,
        "licensed": [p.post_id for p in world.posts if p.sound],
        "decoys": list(words.DECOYS),
        "accounts": [_account(a) for a in world.accounts],
        "breakouts": [_breakout(p) for p in world.posts if p.multiplier > 1],
        "dead": [p.post_id for p in world.posts if p.is_dead],
        "evergreen": {p.post_id: round(p.late_ratio, 4) for p in world.posts if p.is_evergreen},
        "series": {p.post_id: p.series for p in world.posts if p.series},
        "features": {p.post_id: sorted(p.features) for p in world.posts},
        "oddities": _oddities(world),
    }


def _account(account: SimAccount) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "handle": account.handle,
        "role": account.role,
        "followers_at_epoch": account.followers,
        "ln_level": round(account.ln_level, 4),
        **{name: round(value, 4) for name, value in asdict(account.shape).items()},
    }


def _breakout(post: SimPost) -> dict[str, Any]:
    return {
        "post_id": post.post_id,
        "account_id": post.account_id,
        "format": post.format,
        "posted_at": _iso(post.posted_at),
        "multiplier": post.multiplier,
        "cause": post.cause,
    }


def _oddities(world: World) -> dict[str, Any]:
    hostile = {words.HOSTILE[k].split("{thing}")[0] for k in words.HOSTILE}
    starts = tuple(h.replace("{{", "{").replace("}}", "}") for h in hostile)
    return {
        "hostile": [p.post_id for p in world.posts if p.caption.startswith(starts)],
        "paid": [p.post_id for p in world.posts if "paid" in p.flags],
        "pinned": [p.post_id for p in world.posts if "pinned" in p.flags],
        "likes_hidden": [p.post_id for p in world.posts if "likes_hidden" in p.flags],
        "coauthored": {p.post_id: p.coauthor for p in world.posts if p.coauthor},
        "twins": [p.post_id for p in world.posts if p.creative.startswith("twin-")],
        "deleted": {p.post_id: _iso(p.deleted_at) for p in world.posts if p.deleted_at},
        "private": [a.account_id for a in world.accounts if "private" in a.traits],
        "renamed": [
            {
                "account_id": a.account_id,
                "from": a.handle,
                "to": a.handle_at(a.renamed_at),
                "at": _iso(a.renamed_at),
            }
            for a in world.accounts
            if a.renamed_at
        ],
    }


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

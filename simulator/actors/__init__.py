"""The simulated actors by name: each takes the real actor's input and writes the real actor's
items.

As with the real ones a wrong field name is ignored: such a run succeeds and holds nothing.
"""

from __future__ import annotations

from simulator.actors import facebook, instagram, linkedin, pinterest, tiktok, x, youtube
from simulator.actors.asking import ActorSpec, InvalidInput

__all__ = ["ACTORS", "ActorSpec", "InvalidInput"]

ACTORS: dict[str, ActorSpec] = {
    spec.name: spec
    for module in (instagram, tiktok, youtube, x, facebook, linkedin, pinterest)
    for spec in module.ACTORS
}

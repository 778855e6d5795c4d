"""`vt script matches|unlink|cut`: which posts came of which scripts, proposed, decided and
undone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli.base import Answer, command, table
from vtlib.cli.script import by_option, script, script_argument
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.store.project import Workspace

SHOWN = ("state", "probability", "script_id", "post_id", "handle", "posted_at", "because")
_WORDS = {"link": "linked", "refuse": "refused", "unlink": "undone", "proposed": "proposed"}


@command(script, "matches", example="vt script matches --project spring")
@click.option("--project", help="Slug of the project.")
@click.option("--script", "ref", help="With --accept, --refuse or --reopen: which script.")
@click.option("--accept", metavar="POST", help="Link this proposed post (id or URL) to --script.")
@click.option("--refuse", metavar="POST", help="It did not come of --script: not proposed again.")
@click.option("--reopen", metavar="POST", help="Take a refusal back.")
@click.option("--reason", default="", help="Why, in words.")
@by_option
def matches(
    at: Workspace,
    project: str | None,
    ref: str | None,
    accept: str | None,
    refuse: str | None,
    reopen: str | None,
    reason: str,
    by: str,
) -> Answer:
    """Which new own posts came of which scripts: proposed with a probability and reasons, or linked
    already.

    Matched anew at each call and each run: the same video, words of caption, speech and screen,
    day, account, length. From performance.link_from on a post is linked without asking; vt script
    unlink undoes it.
    """
    from vtlib.ops import projects
    from vtlib.performance import matches as flow

    chosen = [(deed, post) for deed, post in _deeds(accept, refuse, reopen) if post]
    if len(chosen) > 1 or (chosen and not ref):
        raise BadInput(
            "--accept, --refuse and --reopen take one post, and --script names its script.",
            todo="vt script matches --script S --accept POST",
        )
    if chosen:
        ((deed, post),) = chosen
        return _decided(deed, at, str(ref), str(post), by=by, reason=reason)
    if not project:
        raise BadInput("--project is needed: the slug of a project.", todo="See: vt project list")
    opened = projects.opened(at, project)
    renewed = flow.renew(opened)
    rows = flow.listing(opened)
    text = table(_shown(rows), empty="no post fits a script in production")
    return Answer(rows, "\n\n".join(t for t in (renewed.message, text) if t))


def _deeds(*posts: str | None) -> list[tuple[str, str | None]]:
    return list(zip(("accept", "refuse", "reopen"), posts, strict=True))


def _decided(deed: str, at: Workspace, ref: str, post: str, *, by: str, reason: str) -> Answer:
    from vtlib.performance import matches as flow

    if deed == "accept":
        made = flow.accept(at, ref, post, by=by, reason=reason)
        word = (
            f"{made['post_id']} is version {made['version']} of {made['script_id']} "
            f"({made['status']})."
        )
        return Answer(made, f"{word} {made['forecast']}")
    if deed == "refuse":
        pair = flow.refuse(at, ref, post, by=by, reason=reason)
        said = f"{pair['post_id']} did not come of {pair['script_id']}: it is not proposed again."
    else:
        pair = flow.reopen(at, ref, post, by=by, reason=reason)
        said = f"{pair['post_id']} may be proposed for {pair['script_id']} again."
    return Answer({k: pair[k] for k in ("script_id", "post_id")} | {"decision": deed}, said)


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    because = [
        r["reason"] or "; ".join(r["reasons"] if r["reasons"] is not None else ())
        for r in rows.to_dict("records")
    ]
    chance = rows["probability"].map("{:.0%}".format, na_action="ignore")
    state = rows["state"].map(_WORDS)
    return rows.assign(because=because, probability=chance, state=state)[[*SHOWN]]


@command(
    script,
    "unlink",
    example="vt script unlink quiet-evenings-3fa2c1 --post tiktok:7106594312292453675",
)
@script_argument
@click.option("--post", required=True, help="Id or URL of the post.")
@click.option("--reason", default="", help="Why, in words.")
@by_option
def unlink(at: Workspace, ref: str, post: str, reason: str, by: str) -> Answer:
    """Undo the link of a post to a script, whoever or whatever made it; the machine does not
    link it again.
    """
    from vtlib.performance import matches as flow

    undone = flow.unlink(at, ref, post, by=by, reason=reason)
    facts = {k: undone[k] for k in ("script_id", "version", "post_id", "linked_by")}
    return Answer(
        facts,
        f"{undone['post_id']} is not linked to {undone['script_id']} any more (it was, by "
        f"{undone['linked_by']}).",
    )


@command(script, "cut", example="vt script cut quiet-evenings-3fa2c1 final-v3.mp4")
@script_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@by_option
def cut(at: Workspace, ref: str, file: Path, by: str) -> Answer:
    """Show the edited video of a script: posts that show the same pictures are then known by them.

    Its pictures are measured (64-bit hashes) and kept, not the file.
    """
    from vtlib.performance import matches as flow

    made = flow.add_cut(at, ref, file, by=by)
    pictures = f"{made['n_hashes']} pictures of {made['duration_s']:.1f} s"
    return Answer(made, f"{made['name']}: {pictures} are kept for {made['script_id']}.")

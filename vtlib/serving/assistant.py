"""The tools of the workbench for assistants, over the Model Context Protocol (PyPI `mcp`)."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from vtlib.core.errors import GET_TEAM_EXTRA, CredentialsMissing, VtError
from vtlib.scripts.store import ScriptHome
from vtlib.serving import tools
from vtlib.serving.answers import STRANGERS_NOTE, ToolAnswer, document
from vtlib.serving.drafts import DraftBeat, DraftText, write_draft
from vtlib.store.project import Workspace

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context, MCPServer

# Who writes a draft, from the request of a tool. Raises BadInput for who may not.
Writer = Callable[[Any], str]

INSTRUCTIONS = f"""The research workbench ViralTracker: short videos that broke out, why, and the \
scripts made from them. Each answer has `n` (all that match), `n_shown`, `interval` (how sure), \
`units`, `rows` (with ids and links to quote) and `notes`. Say so when `is_simulated` is true. \
Give figures with their interval and n; a multiplier is against the account's own usual level. \
{STRANGERS_NOTE}"""
_LIMIT = Field(20, ge=1, le=tools.ROWS_MAX, description="Rows at most.")
_PROJECT = Field(description="Slug of a project; the tool projects lists them.")
_POST = Field(description="Post id (platform:number) or URL.", max_length=300)
Slug = Annotated[str, Field(max_length=120)]
Word = Annotated[str, Field(max_length=200)]


def build(at: Workspace, *, writer: Writer | None = None) -> MCPServer[Any]:
    """A server of the workspace's tools; with `writer` one that writes a script, as a draft.

    Each call is an operation of its own on the database. Raises CredentialsMissing where the extra
    `team` is not installed.
    """
    require_team("mcp")
    from mcp.server.mcpserver import MCPServer  # noqa: PLC0415 - of the extra team

    server: MCPServer[Any] = MCPServer(
        "viraltracker",
        title="ViralTracker",
        instructions=INSTRUCTIONS,
        version=version("viraltracker"),
        log_level="WARNING",
        subscriptions=False,
    )
    _add_posts(server, at)
    _add_rest(server, at)
    if writer is not None:
        _add_drafts(server, at, writer)
    return server


def require_team(command: str) -> None:
    """Raise CredentialsMissing where the extra `team` is not installed, saying how to get it."""
    if find_spec("mcp") is None:
        raise CredentialsMissing(
            f"vt {command} needs the extra `team`.",
            todo=GET_TEAM_EXTRA,
        )


def _add(server: MCPServer[Any], function: Callable[..., ToolAnswer], *, is_writing: bool) -> None:
    from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415
    from mcp.types import ToolAnnotations  # noqa: PLC0415

    @functools.wraps(function)
    def call(*args: Any, **values: Any) -> dict[str, Any]:
        try:
            return document(function(*args, **values))
        except VtError as error:
            raise ToolError(str(error)) from None

    # The SDK reads the parameters from the signature, and would follow `__wrapped__` to ToolAnswer.
    signature = inspect.signature(function, eval_str=True)
    call.__signature__ = signature.replace(return_annotation=dict[str, Any])  # type: ignore[attr-defined]
    del call.__wrapped__
    hints = ToolAnnotations(
        read_only_hint=not is_writing,
        destructive_hint=False,
        idempotent_hint=not is_writing,
        open_world_hint=False,
    )
    server.add_tool(call, annotations=hints)


def _add_posts(server: MCPServer[Any], at: Workspace) -> None:
    def find_posts(  # noqa: PLR0913, PLR0917 - one a filter of the desk, which assistants name
        project: Annotated[Slug, _PROJECT],
        search: Annotated[Word, Field(description="Words in caption, speech, on screen.")] = "",
        tier: Annotated[
            Word, Field(description="broke_out, extreme, breakout, watch, none, too_early.")
        ] = "",
        platform: Word = "",
        format: Word = "",  # noqa: A002 - the desk's name
        role: Annotated[Word, Field(description="own, competitor, reference.")] = "",
        hook: Annotated[Word, Field(description="Type of hook, as a model says.")] = "",
        account: Annotated[Word, Field(description="Name of the account or part of it.")] = "",
        multiplier: Annotated[Word, Field(description="At least, e.g. 5.")] = "",
        views: Annotated[Word, Field(description="At least, e.g. 100k.")] = "",
        posted_from: Annotated[Word, Field(description="YYYY-MM-DD, UTC.")] = "",
        posted_to: Annotated[Word, Field(description="YYYY-MM-DD, UTC, included.")] = "",
        sort: Annotated[
            Word, Field(description="sure (surely large), multiplier, views, posted …")
        ] = "sure",
        page: Annotated[int, Field(ge=1, le=100_000)] = 1,
        limit: Annotated[int, _LIMIT] = 20,
    ) -> ToolAnswer:
        """Posts of a project by the desk's filters: how far above its account's usual each is."""
        filters = {k: v for k, v in locals().items() if k not in ("project", "limit", "at")}
        return tools.posts(at, project, filters, limit=limit)

    def explain_breakout(
        project: Annotated[Slug, _PROJECT], post: Annotated[str, _POST]
    ) -> ToolAnswer:
        """Why a post stands where it stands: its score and chance, numbers over time, what was
        measured in the video, what a model says and how much of that was checked.
        """
        return tools.breakout(at, project, post)

    def compare_posts(
        project: Annotated[Slug, _PROJECT],
        first: Annotated[str, _POST],
        second: Annotated[str, _POST],
    ) -> ToolAnswer:
        """Two posts side by side, with the ratio of each number."""
        return tools.comparison(at, project, first, second)

    for function in (find_posts, explain_breakout, compare_posts):
        _add(server, function, is_writing=False)


def _add_rest(server: MCPServer[Any], at: Workspace) -> None:
    def projects() -> ToolAnswer:
        """All projects: posts, breakouts, last run, scripts by status, money of 30 days."""
        return tools.projects(at)

    def patterns(
        project: Annotated[Slug, _PROJECT],
        claimed_only: Annotated[bool, Field(description="Only what is shown to hold.")] = True,  # noqa: FBT002
    ) -> ToolAnswer:
        """Features that go with more views or breakouts, each with effect, interval and n."""
        return tools.patterns(at, project, claimed_only=claimed_only)

    def scripts(project: Slug = "", product: Slug = "", status: Word = "") -> ToolAnswer:
        """Scripts, the posts made from them, and each frozen forecast against what came."""
        return tools.scripts(at, project=project, product=product, status=status)

    def costs(
        project: Slug = "",
        days: Annotated[int, Field(ge=0, le=3650, description="0 = ever.")] = 0,
    ) -> ToolAnswer:
        """What data, models, people and storage cost, in US dollars."""
        return tools.costs(at, project=project, days=days)

    for function in (projects, patterns, scripts, costs):
        _add(server, function, is_writing=False)


def _add_drafts(server: MCPServer[Any], at: Workspace, writer: Writer) -> None:
    from mcp.server.mcpserver import Context  # noqa: PLC0415 - read as an annotation

    def create_draft_script(  # noqa: PLR0913, PLR0917 - as find_posts
        project: Annotated[Slug, _PROJECT],
        product: Annotated[Slug, Field(description="Slug of the product.")],
        draft: DraftText,
        beats: Annotated[list[DraftBeat], Field(min_length=1, max_length=60)],
        context: Context,
        modelled_on: Annotated[str, Field(max_length=300, description="Id of a post.")] = "",
    ) -> ToolAnswer:
        """Write a new script as version 1 with status draft. People review, approve and shoot it;
        nothing else can be changed from here.
        """
        place = ScriptHome(product, project, modelled_on or None, origin="assistant")
        return write_draft(at, place, draft, beats, by=writer(context.request_context.request))

    create_draft_script.__annotations__["context"] = Context
    _add(server, create_draft_script, is_writing=True)

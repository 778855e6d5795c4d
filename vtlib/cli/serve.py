"""`vt serve`, `vt mcp`: the site of reports, who may read what, and the tools of assistants."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, by_option, command, table
from vtlib.core.conclusion import number

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

drafts_option = click.option(
    "--allow-drafts",
    is_flag=True,
    help="Assistants may write new scripts, as drafts; default: they read only.",
)


class Serving(Group):
    """`vt serve` is short for `vt serve start`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_start = not args or (args[0].startswith("-") and args[0] not in ("-h", "--help"))
        return super().parse_args(ctx, ["start", *args] if is_start else args)


@vt.group(cls=Serving)
def serve() -> None:
    """A site of the reports of all projects and of shared scripts (vt serve = vt serve start), and
    who may read what.
    """


@command(
    serve, "start", example="vt serve start --port 8700 --name reports.agency.example && vt serve"
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8700, show_default=True)
@click.option("--name", "names", multiple=True, help="Host name of the site. May be repeated.")
@click.option(
    "--proxy-header",
    default="",
    metavar="HEADER",
    help="The team's proxy signs people in and names them in this header, e.g. X-Forwarded-User; "
    "passwords are not asked then.",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    default=("127.0.0.1", "::1"),
    show_default=True,
    help="Address that such a proxy connects from. May be repeated.",
)
@drafts_option
@by_option
def start(
    at: Workspace,
    host: str,
    port: int,
    names: tuple[str, ...],
    proxy_header: str,
    proxies: tuple[str, ...],
    allow_drafts: bool,
    by: str,
) -> Answer:
    """Serve until Ctrl-C. The team reads every report, a client what was published of the brand; on
    a shared script both answer on the page. Assistants of the team connect at /mcp.

    Where nobody is invited, only this machine reaches it, without sign-in, as --by. docs/team.md
    says how it stands behind a proxy, with TLS and the desk.
    """
    from vtlib.serving import people, site
    from vtlib.serving.guards import SiteOptions
    from vtlib.serving.people import Visitor

    is_open = not proxy_header and not people.listing(at)
    local = Visitor(by, "approver") if is_open else None
    options = SiteOptions(names, proxy_header, proxies, local, allow_drafts)
    site.serve(at, options, host=host, port=port, on_start=_say)
    return Answer({"host": host, "port": port}, "The site is closed.")


def _say(url: str) -> None:
    print(f"serving at {url} (Ctrl-C ends it)", file=sys.stderr, flush=True)


@command(serve, "invite", example="vt serve invite 'Mia Reed' --brand acme --role approver")
@click.argument("person")
@click.option("--brand", default="", help="A client of this brand; default: one of the team.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "editor", "approver"]),
    default="viewer",
    show_default=True,
    help="viewer reads, editor comments and sends back too, approver approves too.",
)
@click.option(
    "--no-password", is_flag=True, help="Signed in by the proxy alone (vt serve --proxy-header)."
)
@by_option
def invite(at: Workspace, person: str, brand: str, role: str, no_password: bool, by: str) -> Answer:
    """Let a person sign in, or change what they may. The password is shown once; inviting again
    makes a new one.

    Where a script has approvers (vt script assign), the site's approver has to be one of them.
    """
    from vtlib.serving import people

    guest = people.Visitor(person, role, brand)
    password = people.invite(at, guest, by=by, has_password=not no_password)
    facts = {"person": person, "role": role, "brand": brand or None, "password": password or None}
    whose = f"a client of {brand}" if brand else "of the team"
    text = f"{person} is invited: {role}, {whose}."
    shown = f"\nPassword, shown this once: {password}" if password else ""
    return Answer(facts, text + shown)


@command(serve, "remove", example="vt serve remove 'Mia Reed'")
@click.argument("person")
def remove(at: Workspace, person: str) -> Answer:
    """Let a person sign in no more; what they decided stays."""
    from vtlib.serving import people

    people.remove(at, person)
    return Answer({"person": person}, f"{person} cannot sign in any more.")


@command(serve, "people", example="vt serve people")
def list_people(at: Workspace) -> Answer:
    """Who may sign in, as what, and who invited them."""
    from vtlib.serving import people

    rows = people.listing(at)
    return Answer(rows, table(rows, empty="nobody is invited: vt serve invite NAME"))


@command(serve, "publish", example="vt serve publish spring")
@click.argument("ref", metavar="RUN")
@by_option
def publish(at: Workspace, ref: str, by: str) -> Answer:
    """Let the clients of its brand read a report. RUN is a run's id, or a project for its latest
    copy for clients (vt run PROJECT --profile client).

    A copy with pseudonyms is searched first; one that leads to a stranger is refused (exit 6).
    """
    from vtlib.serving import published

    row = published.publish(at, ref, by=by)
    return Answer(row, f"Clients of {row['brand_id']} may read {row['run_id']}.")


@command(serve, "withdraw", example="vt serve withdraw spring")
@click.argument("ref", metavar="RUN")
def withdraw(at: Workspace, ref: str) -> Answer:
    """Take a report, or all of a project, from its clients."""
    from vtlib.serving import published

    n = published.withdraw(at, ref)
    return Answer({"withdrawn": n}, f"{number(n, 'report')} withdrawn.")


@command(serve, "published", example="vt serve published")
def list_published(at: Workspace) -> Answer:
    """The reports that clients may read, and who published them."""
    from vtlib.serving import published
    from vtlib.serving.people import Visitor

    rows = [r for r in published.reports(at, Visitor("", "viewer")) if r["published_at"]]
    columns = ("run_id", "project_id", "brand_id", "published_by", "published_at")
    return Answer(rows, table(rows, columns=columns, empty="nothing yet: vt serve publish RUN"))


@command(vt, "mcp", example="vt mcp")
@drafts_option
@by_option
def mcp(at: Workspace, allow_drafts: bool, by: str) -> Answer:
    """Serve the workbench to an assistant on standard input and output (Model Context Protocol):
    find posts, explain a breakout, compare, patterns, scripts and results, costs.

    Each answer has n, interval, units and the rows behind; strangers' texts stand apart, marked as
    data. docs/mcp.md says how an assistant starts it; over HTTP it is /mcp of vt serve.
    """
    from vtlib.serving import assistant

    server = assistant.build(at, writer=(lambda _: by) if allow_drafts else None)
    server.run("stdio")
    return Answer({})

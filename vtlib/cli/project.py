"""`vt project`, and `vt init` for their workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, table
from vtlib.cli.catalog import (
    archived_option,
    brand_option,
    facts_text,
    rows_answer,
    slug_option,
    with_archive,
)
from vtlib.core.conclusion import number
from vtlib.core.models import PLATFORMS, Platform

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

ROLES = ("own", "competitor", "reference")


@vt.group(cls=Group)
def project() -> None:
    """A question under research: accounts, products, parameters, runs."""


@command(project, "create", example='vt project create "Spring launch" --brand yakety-pack')
@click.argument("name")
@slug_option
@brand_option
def create(at: Workspace, name: str, slug: str | None, brand: str | None) -> Answer:
    """Add a project and its params/<slug>.yaml, if that is not there yet."""
    from vtlib.ops import projects
    from vtlib.store import catalog

    key = catalog.create_project(at.store, name, slug=slug, brand=brand)
    path = projects.write_starter(at, key, title=name, brand=brand)
    return Answer({"slug": key, "params": path}, f"project {key}, parameters in {path}")


@command(project, "list", example="vt project list")
@brand_option
@archived_option
def list_(at: Workspace, brand: str | None, has_archived: bool) -> Answer:
    """All projects, or those of a brand."""
    from vtlib.store import catalog

    rows = catalog.listing(at.store, "projects", brand=brand, has_archived=has_archived)
    more = ["archived_at"] if has_archived else []
    return rows_answer(rows, ["slug", "name", "brand_id", "created_at", *more])


with_archive(project, "projects")


@command(project, "show", example="vt project show spring-launch --json")
@click.argument("slug")
def show(at: Workspace, slug: str) -> Answer:
    """One project with its accounts and products."""
    from vtlib.store import catalog, people

    row = catalog.get(at.store, "projects", slug)
    accounts = people.project_accounts(at.store, slug)
    products = people.project_products(at.store, slug)
    cells = accounts[["platform", "handle", "role", "followers", "notes"]]
    text = "\n".join(
        [
            facts_text(row),
            f"products  {', '.join(p['product_id'] for p in products) or '-'}",
            "",
            table(cells, empty="no accounts: vt project add-accounts"),
        ]
    )
    return Answer({**row, "accounts": accounts, "products": products}, text)


@command(project, "update", example='vt project update spring-launch --notes "second round"')
@click.argument("slug")
@click.option("--name")
@click.option("--notes")
@brand_option
def update(
    at: Workspace, slug: str, name: str | None, notes: str | None, brand: str | None
) -> Answer:
    """Change a project's name, notes or brand."""
    from vtlib.store import catalog

    catalog.update_project(at.store, slug, {"name": name, "notes": notes, "brand": brand})
    row = catalog.get(at.store, "projects", slug)
    return Answer(row, facts_text(row))


@command(
    project,
    "add-accounts",
    example="vt project add-accounts spring-launch handles.txt --platform tiktok --role "
    "competitor\n"
    "vt project add-accounts spring-launch https://www.tiktok.com/@some_handle --role own",
)
@click.argument("slug", metavar="PROJECT")
@click.argument("sources", nargs=-1, required=True, metavar="FILE|URL|HANDLE...")
@click.option("--platform", type=click.Choice(PLATFORMS), help="Needed for bare handles.")
@click.option("--role", type=click.Choice(ROLES), default="competitor", show_default=True)
def add_accounts(
    at: Workspace, slug: str, sources: tuple[str, ...], platform: Platform | None, role: str
) -> Answer:
    """Follow accounts, named by profile URLs, handles or files. FILE has a handle, @handle or
    profile URL a line, or is a CSV with a header: handle and, if you like, platform, role,
    notes.
    """
    from vtlib.ops import projects
    from vtlib.store import people

    rows = projects.named_accounts(sources, platform=platform, role=role)
    new = people.add_accounts(at.store, slug, rows)
    return Answer(
        {"read": len(rows), "new": new}, f"{number(len(rows), 'account')} read, {new} new"
    )


@command(project, "add-products", example="vt project add-products spring-launch core-deck")
@click.argument("slug", metavar="PROJECT")
@click.argument("products", nargs=-1, required=True, metavar="PRODUCT...")
def add_products(at: Workspace, slug: str, products: tuple[str, ...]) -> Answer:
    """Give a project products (slug, or brand/slug)."""
    from vtlib.store import people

    people.add_products(at.store, slug, products)
    product_ids = [p["product_id"] for p in people.project_products(at.store, slug)]
    return Answer({"products": product_ids}, f"products of {slug}: {', '.join(product_ids)}")


@command(vt, "init", example="vt init my-research && cd my-research && vt project create Spring")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def init(_: Workspace, folder: Path) -> Answer:
    """Make a workspace: params/, outputs/, .env and the database. What is there stays as it is."""
    from vtlib.ops import projects

    folder_path = projects.init(folder)
    return Answer(
        {"workspace": folder_path}, f"workspace {folder_path}; next: vt project create NAME"
    )

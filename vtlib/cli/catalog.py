"""`vt brand` and `vt product`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, table

if TYPE_CHECKING:
    from vtlib.store.project import Workspace


@vt.group(cls=Group)
def brand() -> None:
    """Whose products are promoted."""


@vt.group(cls=Group)
def product() -> None:
    """What is promoted, with the facts that adaptations may claim."""


slug_option = click.option("--slug", help="Default: the name in lower case with hyphens.")
brand_option = click.option("--brand", help="Slug of the brand.")


@command(brand, "create", example='vt brand create "Yakety Pack"')
@click.argument("name")
@slug_option
def create_brand(at: Workspace, name: str, slug: str | None) -> Answer:
    """Add a brand."""
    from vtlib.store import catalog

    key = catalog.create_brand(at.store, name, slug=slug)
    return Answer({"slug": key}, f"brand {key}")


archived_option = click.option(
    "--archived", "has_archived", is_flag=True, help="Archived ones too."
)


def with_archive(group: click.Group, table: str) -> None:
    """Add `archive` and `unarchive` to the commands of brands, products or projects (`table`)."""
    noun = table[:-1]
    example = "yakety-pack/core-deck" if noun == "product" else "yakety-pack"

    @command(group, "archive", example=f"vt {noun} archive {example}")
    @click.argument("slug")
    def archive(at: Workspace, slug: str) -> Answer:
        """Put it away: lists, vt run --all and new fits leave it out; every row stays, and
        unarchive brings it back.
        """
        return _set_archived(at, table, slug, is_archived=True)

    @command(group, "unarchive", example=f"vt {noun} unarchive {example}")
    @click.argument("slug")
    def unarchive(at: Workspace, slug: str) -> Answer:
        """Bring back what was archived."""
        return _set_archived(at, table, slug, is_archived=False)


def _set_archived(at: Workspace, table: str, slug: str, *, is_archived: bool) -> Answer:
    from vtlib.store import catalog

    key = catalog.set_archived(at.store, table, slug, is_archived=is_archived)
    word = "archived" if is_archived else "in use again"
    return Answer(catalog.get(at.store, table, key), f"{table[:-1]} {key} is {word}")


with_archive(brand, "brands")
with_archive(product, "products")


@command(brand, "list", example="vt brand list --json")
@archived_option
def list_brands(at: Workspace, has_archived: bool) -> Answer:
    """All brands."""
    from vtlib.store import catalog

    brands = catalog.listing(at.store, "brands", has_archived=has_archived)
    return rows_answer(
        brands, ["slug", "name", "created_at", *(["archived_at"] if has_archived else [])]
    )


@command(brand, "show", example="vt brand show yakety-pack")
@click.argument("slug")
def show_brand(at: Workspace, slug: str) -> Answer:
    """One brand and its products."""
    from vtlib.store import catalog

    row = catalog.get(at.store, "brands", slug)
    products = catalog.listing(at.store, "products", brand=slug)
    text = f"{facts_text(row)}\nproducts  {', '.join(p['slug'] for p in products) or '-'}"
    return Answer({**row, "products": products}, text)


@command(brand, "update", example='vt brand update yakety-pack --name "Yakety"')
@click.argument("slug")
@click.option("--name", required=True)
def update_brand(at: Workspace, slug: str, name: str) -> Answer:
    """Rename a brand; its slug stays."""
    from vtlib.store import catalog

    catalog.update_brand(at.store, slug, name=name)
    return Answer(catalog.get(at.store, "brands", slug), f"brand {slug}: {name}")


def product_options(function: Any) -> Any:
    """Options that describe a product; lists are comma-separated or repeated."""
    for name, text in (
        ("--context-prompt", "What a model is told besides; @FILE reads it from a file."),
        ("--price", "As a customer reads it, with its currency."),
        ("--audience", "Who buys it."),
        ("--description", "One or two sentences."),
    ):
        function = click.option(name, help=text)(function)
    for name, names in (
        ("--feature", "--features"),
        ("--benefit", "--benefits"),
        ("--problem", "--problems"),
    ):
        words = "One that may be repeated, or several with commas."
        function = click.option(name, names, name.strip("-"), multiple=True, help=words)(function)
    return function


@command(
    product,
    "create",
    example='vt product create "Core Deck" --brand yakety-pack --price "$39" --problems "screen time, silence"',  # noqa: E501
)
@click.argument("name")
@click.option("--brand", required=True, help="Slug of the brand.")
@slug_option
@product_options
def create_product(
    at: Workspace, name: str, brand: str, slug: str | None, **options: Any
) -> Answer:
    """Add a product to a brand."""
    from vtlib.store import catalog

    key = catalog.create_product(
        at.store, brand, {"name": name, **_product_row(options)}, slug=slug
    )
    return Answer(catalog.get(at.store, "products", key), f"product {key}")


@command(product, "list", example="vt product list --brand yakety-pack")
@brand_option
@archived_option
def list_products(at: Workspace, brand: str | None, has_archived: bool) -> Answer:
    """All products, or those of a brand."""
    from vtlib.store import catalog

    products = catalog.listing(at.store, "products", brand=brand, has_archived=has_archived)
    more = ["archived_at"] if has_archived else []
    return rows_answer(products, ["slug", "brand_id", "name", "price", "audience", *more])


@command(product, "show", example="vt product show yakety-pack/core-deck")
@click.argument("slug")
@brand_option
def show_product(at: Workspace, slug: str, brand: str | None) -> Answer:
    """One product with all its facts. SLUG may be brand/slug."""
    from vtlib.store import catalog

    row = catalog.get(at.store, "products", _ref(slug, brand))
    return Answer(row, facts_text(row))


@command(
    product, "update", example='vt product update core-deck --price "$35" --benefit "calm evenings"'
)
@click.argument("slug")
@brand_option
@click.option("--name")
@product_options
def update_product(
    at: Workspace, slug: str, brand: str | None, name: str | None, **options: Any
) -> Answer:
    """Change facts of a product; what is not given stays."""
    from vtlib.store import catalog

    ref = _ref(slug, brand)
    catalog.update_product(at.store, ref, {"name": name, **_product_row(options)})
    row = catalog.get(at.store, "products", ref)
    return Answer(row, facts_text(row))


def rows_answer(rows: list[dict[str, Any]], columns: list[str]) -> Answer:
    """Rows as a table for people and whole for machines."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    return Answer(rows, table(frame.where(frame.notna(), None)))


def facts_text(facts: dict[str, Any]) -> str:
    """One fact a line; what is not known is a dash."""
    width = max(map(len, facts)) + 2
    lines = []
    for name, value in facts.items():
        text = "; ".join(map(str, value)) if isinstance(value, list) else value
        lines.append(f"{name:<{width}}{'-' if text in (None, '') else text}")
    return "\n".join(lines)


def _ref(slug: str, brand: str | None) -> str:
    return f"{brand}/{slug}" if brand and "/" not in slug else slug


def _split_values(values: tuple[str, ...]) -> list[str]:
    """One value is split at commas; repeated options are taken literally."""
    words = values[0].split(",") if len(values) == 1 else values
    return [w.strip() for w in words if w.strip()]


def _product_row(options: dict[str, Any]) -> dict[str, Any]:
    names = {"problem": "problems", "benefit": "benefits", "feature": "features"}
    facts: dict[str, Any] = {
        names.get(k, k): _split_values(v) if isinstance(v, tuple) else v for k, v in options.items()
    }
    prompt = str(facts.get("context_prompt") or "")
    if prompt.startswith("@"):
        path = Path(prompt[1:])
        if not path.is_file():
            raise click.BadParameter(f"there is no file {path}", param_hint="--context-prompt")
        facts["context_prompt"] = path.read_text(encoding="utf-8")
    return {k: v for k, v in facts.items() if v not in (None, [])}

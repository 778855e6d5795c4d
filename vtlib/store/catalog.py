"""Brands, products and projects: what people name and describe. Human columns only.

Keys are the slugs: brand_id `slug`, product_id `brand/slug`, project_id `slug`; they never change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vtlib.core.errors import BadInput, nearest
from vtlib.core.settings import person
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import naive, records, save

PRODUCT_FACTS = (
    *("name", "description", "audience", "price"),
    *("problems", "benefits", "features", "context_prompt"),
)
_KEYS = {"brands": "brand_id", "products": "product_id", "projects": "project_id"}


def slug_of(name: str) -> str:
    """`name` in lower case with hyphens. Raises BadInput when nothing is left of it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if not slug:
        raise BadInput(f"no slug can be made from {name!r}", todo="Give one with --slug.")
    return slug


def create_brand(
    store: Store, name: str, *, slug: str | None = None, now: datetime | None = None
) -> str:
    """Add a brand; returns its slug. Raises BadInput when it exists."""
    slug = slug_of(slug or name)
    return _create(store, "brands", {"brand_id": slug, "slug": slug, "name": name}, now)


def create_product(
    store: Store,
    brand: str,
    facts: Mapping[str, Any],
    *,
    slug: str | None = None,
    now: datetime | None = None,
) -> str:
    """Add a product to a brand; returns its id `brand/slug`. `facts`: PRODUCT_FACTS, at least name.

    Raises BadInput when it exists, the brand does not, or a fact is unknown.
    """
    slug = slug_of(slug or str(facts["name"]))
    key = f"{find(store, 'brands', brand)}/{slug}"
    _require_facts(facts, PRODUCT_FACTS)
    row = {**facts, "product_id": key, "brand_id": brand, "slug": slug}
    return _create(store, "products", row, now)


def create_project(
    store: Store,
    name: str,
    *,
    slug: str | None = None,
    brand: str | None = None,
    now: datetime | None = None,
) -> str:
    """Add a project; returns its slug. Raises BadInput when it exists or the brand does not."""
    slug = slug_of(slug or name)
    brand_id = find(store, "brands", brand) if brand else None
    row = {"project_id": slug, "slug": slug, "name": name, "brand_id": brand_id}
    return _create(store, "projects", row, now)


def update_brand(store: Store, slug: str, *, name: str, now: datetime | None = None) -> None:
    """Rename a brand. Raises BadInput for an unknown slug, with the nearest."""
    _update(store, "brands", find(store, "brands", slug), {"name": name}, now)


def update_product(
    store: Store, product: str, facts: Mapping[str, Any], *, now: datetime | None = None
) -> None:
    """Change facts of a product (`slug` or `brand/slug`); a fact of None is left as it is.

    Raises BadInput for an unknown or ambiguous product and an unknown fact.
    """
    _require_facts(facts, PRODUCT_FACTS)
    _update(store, "products", find(store, "products", product), facts, now)


def update_project(
    store: Store, slug: str, facts: Mapping[str, Any], *, now: datetime | None = None
) -> None:
    """Change name, notes or brand (a slug) of a project; a fact of None is left as it is."""
    _require_facts(facts, ("name", "notes", "brand"))
    row = {k: v for k, v in facts.items() if k != "brand"}
    if facts.get("brand"):
        row["brand_id"] = find(store, "brands", str(facts["brand"]))
    _update(store, "projects", find(store, "projects", slug), row, now)


def find(store: Store, table: str, ref: str) -> str:
    """The id of a brand, product or project (`table` in the plural) that people call `ref`.

    Raises BadInput when there is none (with the nearest), or for a product's slug in several
    brands.
    """
    with store.read() as connection:
        return find_in(connection, table, ref)


def find_in(connection: Connection, table: str, ref: str) -> str:
    """`find` inside an operation that is under way."""
    key = _KEYS[table]
    rows = connection.execute(f"SELECT {key}, slug FROM {table} ORDER BY 1").fetchall()
    hits = [str(i) for i, slug in rows if ref in (i, slug)]
    if len(hits) == 1:
        return hits[0]
    noun = table[:-1]
    if hits:
        raise BadInput(
            f"the {noun} {ref} is in several brands.",
            todo=f"Name it with its brand: {' or '.join(hits)}.",
        )
    near = nearest(ref, [str(slug) for _, slug in rows])
    todo = f"Did you mean {near}?" if near else f"See: vt {noun} list"
    raise BadInput(f"there is no {noun} {ref}.", todo=todo)


def get(store: Store, table: str, ref: str) -> dict[str, Any]:
    """A brand, product or project as a dict (lists decoded). Raises BadInput like `find`."""
    with store.read() as connection:
        key = find_in(connection, table, ref)
        return records(connection, f"SELECT * FROM {table} WHERE {_KEYS[table]} = ?", [key])[0]


def listing(
    store: Store, table: str, *, brand: str | None = None, has_archived: bool = False
) -> list[dict[str, Any]]:
    """Brands, products or projects in use, in order of their ids; of one brand if it is named.

    Archived ones, and those of an archived brand, are left out unless `has_archived`.
    """
    with store.read() as connection:
        brand_id = find_in(connection, "brands", brand) if brand else None
        sql = f"""SELECT * FROM {table} WHERE ($brand IS NULL OR brand_id = $brand) AND ($all OR (
            archived_at IS NULL
            AND coalesce(brand_id NOT IN (SELECT brand_id FROM brands
            WHERE archived_at IS NOT NULL), true)))
            ORDER BY {_KEYS[table]}"""
        return records(connection, sql, {"brand": brand_id, "all": has_archived})


def set_archived(
    store: Store, table: str, ref: str, *, is_archived: bool, now: datetime | None = None
) -> str:
    """Archive a brand, product or project, or bring it back; returns its id. Rows stay.

    Raises BadInput like `find`.
    """
    with store.write("people") as connection:
        key = find_in(connection, table, ref)
        connection.execute(
            f"UPDATE {table} SET archived_at = CASE WHEN $archived THEN coalesce(archived_at, "
            f"$now) END, changed_by = $by WHERE {_KEYS[table]} = $key",
            {"archived": is_archived, "now": naive(now), "by": person(), "key": key},
        )
    return key


def archived_because(store: Store, project: str) -> str:
    """Why a project is out of use: it or its brand is archived; "" when it is in use."""
    sql = """SELECT p.archived_at IS NOT NULL, b.archived_at IS NOT NULL, p.brand_id
    FROM projects AS p
        LEFT JOIN brands AS b ON b.brand_id = p.brand_id WHERE p.project_id = ?"""
    with store.read() as connection:
        row = connection.execute(sql, [project]).fetchone()
    is_own, is_by_brand, brand = row or (False, False, None)
    if is_own:
        return f"the project {project} is archived"
    return f"the brand {brand} of project {project} is archived" if is_by_brand else ""


def _create(store: Store, table: str, row: Mapping[str, Any], now: datetime | None) -> str:
    key, at = _KEYS[table], naive(now)
    with store.write("people") as connection:
        if _exists(connection, table, str(row[key])):
            noun = table[:-1]
            raise BadInput(
                f"the {noun} {row['slug']} exists already.",
                todo=f"Change it with: vt {noun} update {row['slug']}",
            )
        facts = {"created_at": at, "updated_at": at, "changed_by": person()}
        save(connection, table, [{**row, **facts}], key=[key])
    return str(row[key])


def _update(
    store: Store, table: str, key: str, facts: Mapping[str, Any], now: datetime | None
) -> None:
    values = {k: v for k, v in facts.items() if v is not None}
    with store.write("people") as connection:
        sql = f"SELECT * FROM {table} WHERE {_KEYS[table]} = ?"
        (before,) = records(connection, sql, [key])
        if {k: before[k] for k in values} != values:
            row = {**before, **values, "updated_at": naive(now), "changed_by": person()}
            save(connection, table, [row], key=[_KEYS[table]])


def _exists(connection: Connection, table: str, key: str) -> bool:
    sql = f"SELECT 1 FROM {table} WHERE {_KEYS[table]} = ?"
    return connection.execute(sql, [key]).fetchone() is not None


def _require_facts(facts: Mapping[str, Any], names: tuple[str, ...]) -> None:
    if strange := [name for name in facts if name not in names]:
        near = nearest(strange[0], list(names))
        todo = f"Did you mean {near}?" if near else f"Known: {', '.join(names)}."
        raise BadInput(f"there is no fact {strange[0]}.", todo=todo)

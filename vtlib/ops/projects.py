"""Workspaces and projects as people set them up: folders, starter YAML, lists of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS, Account, Platform
from vtlib.core.settings import Settings, load_settings, make_private
from vtlib.platforms import account_ref
from vtlib.store import catalog, people
from vtlib.store.project import Project, Workspace, declared_params, resolve
from vtlib.tables.reader import read_table, read_text, sheet_rows

TABLES = (".txt", ".csv", ".tsv", ".xlsx")
STARTER = """# Parameters of this project; docs/parameters.md lists every key. Secrets belong in .env.
project: {slug}
title: {title}
{brand}
# accounts:
#   - {{platform: tiktok, handle: some_handle, role: competitor}}
# products:
#   - {{slug: some-product, name: Some product, price: "", audience: ""}}
importing:
  datasets: []   # files, folders or globs, relative to the workspace
outliers:
  method: calibrated
report:
  # named: creators stand with names, words, pictures and links, for a client too.
  # pseudonyms: before a page leaves the house for people who may not know whom you watch.
  creators: named
"""  # noqa: E501


def init(folder: Path) -> Path:
    """Make a workspace, keeping existing files. Returns its absolute path."""
    root = folder.expanduser().resolve()
    (root / "params").mkdir(parents=True, exist_ok=True)
    make_private(root / "outputs")
    env = root / ".env"
    if not env.exists():
        env.write_text(env_text(), encoding="utf-8")
        env.chmod(0o600)
    Workspace(load_settings(root)).store.query("SELECT 1")
    return root


def env_text() -> str:
    """The initial `.env` (and `.env.example`): every setting explained, none set."""
    lines = [
        (
            "# Settings of this workspace. The environment wins over this file. Secrets belong here, "  # noqa: E501
            "never in params/."
        ),
        "",
    ]
    for info in Settings.model_fields.values():
        lines += [f"# {info.description}", f"# {info.validation_alias}=", ""]
    return "\n".join(lines)


def write_starter(at: Workspace, slug: str, *, title: str, brand: str | None) -> Path:
    """params/<slug>.yaml for a new project; an existing file is kept."""
    path = at.params_path(slug)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = f"brand: {{slug: {brand}}}\n" if brand else ""
        title_yaml = yaml.safe_dump(title, allow_unicode=True, width=1000).splitlines()[0]
        path.write_text(STARTER.format(slug=slug, title=title_yaml, brand=lines), encoding="utf-8")
    return path


def open_project(at: Workspace, project: str, *, over: dict[str, Any] | None = None) -> Project:
    """The project named by slug or YAML path; raises BadInput when it is known in neither way."""
    params = resolve(at, project, over=over)
    if not at.params_path(project).exists():
        catalog.get(at.store, "projects", project)  # raises with the nearest slug
    result = Project(at, params, yaml_params=declared_params(at, params.project, file=project))
    sync(result)
    return result


def require_in_use(project: Project) -> None:
    """Raise BadInput when the project or its brand is archived."""
    if reason := catalog.archived_because(project.store, project.slug):
        noun, name = ("project", project.slug)
        if reason.startswith("the brand "):
            noun, name = "brand", reason.split()[2]
        raise BadInput(f"{reason}.", todo=f"Bring it back: vt {noun} unarchive {name}")


def product_id(at: Workspace, ref: str) -> str:
    """The id (brand/slug) of a product. Raises BadInput for an unknown or ambiguous one."""
    return catalog.find(at.store, "products", ref)


def with_post(at: Workspace, post_id: str) -> str:
    """The only project that has a post. Raises BadInput for none or several."""
    return only_project(people.projects_of_post(at.store, post_id), post_id)


def only_project(slugs: list[str], post_id: str) -> str:
    """The only one of `slugs`, projects with a post. Raises BadInput for none or several."""
    if len(slugs) == 1:
        return slugs[0]
    many = f"{post_id} is in {', '.join(slugs)}." if slugs else f"no project has {post_id}."
    raise BadInput(many, todo="Name the project: --project P." if slugs else "See: vt project list")


def with_product(at: Workspace, product: str | None) -> str:
    """The one project that has a product; without a product the only project there is.

    Raises BadInput for none, and for several, which are named.
    """
    if product:
        slugs = people.projects_of(at.store, product_id(at, product))
    else:
        slugs = [str(p["slug"]) for p in catalog.listing(at.store, "projects")]
    if len(slugs) == 1:
        return slugs[0]
    whose = f"with product {product}" if product else "to choose from"
    if not slugs:
        raise BadInput(f"there is no project {whose}.", todo="See: vt project list")
    raise BadInput(
        f"there are several projects {whose}: {', '.join(slugs)}.", todo="Name one with --project."
    )


def sync(project: Project) -> None:
    """Write brand, products and accounts of the YAML to the store; others stay."""
    with project.store.session():
        _sync(project)


def _sync(project: Project) -> None:
    params, store = project.params, project.store
    brand = params.brand.slug if params.brand else None
    if params.brand and not _known(store, "brands", params.brand.slug):
        catalog.create_brand(store, params.brand.name or params.brand.slug, slug=params.brand.slug)
    people.ensure_project(store, project.slug, name=params.title or None, brand=brand)
    for product in params.products:
        if brand is None:
            raise BadInput(
                f"product {product.slug} has no brand.", todo="Add brand: {slug: …} to the YAML."
            )
        facts = {k: v for k, v in product.model_dump(exclude={"slug"}).items() if v}
        facts.setdefault("name", product.slug)
        ref = f"{brand}/{product.slug}"
        if _known(store, "products", ref):
            catalog.update_product(store, ref, facts)
        else:
            catalog.create_product(store, brand, facts, slug=product.slug)
        people.add_products(store, project.slug, [ref])
    if params.accounts:
        rows = [
            account_row(a.handle, platform=a.platform, role=a.role, notes=a.notes)
            for a in params.accounts
        ]
        people.add_accounts(store, project.slug, rows)


def read_lines(path: Path) -> list[str]:
    """Lines of a text file without blanks and comments. Raises BadInput when unreadable."""
    lines = (line.split(" #")[0].strip() for line in read_text(path).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def named_accounts(
    words: Iterable[str], *, platform: Platform | None, role: str
) -> list[dict[str, Any]]:
    """Accounts from files, profile URLs, @handles and handles, in any mixture (`read_accounts`,
    `account_row`).

    Raises BadInput for a word that is neither, with what it may be.
    """
    rows: list[dict[str, Any]] = []
    for word in words:
        path = Path(word)
        if path.is_file():
            rows += read_accounts(path, platform=platform, role=role)
        elif not word.startswith("@") and (path.suffix.lower() in TABLES or path.is_absolute()):
            raise BadInput(f"there is no file {word}.", todo="Check the path.")
        elif platform is None and "/" not in word:
            raise BadInput(
                f"{word} is no file here, and a handle alone names no platform.",
                todo="Add --platform, e.g. --platform tiktok, or paste the profile's URL. "
                f"({word})",
            )
        else:
            rows.append(account_row(word, platform=platform, role=role, notes=""))
    return rows


def read_accounts(path: Path, *, platform: str | None, role: str) -> list[dict[str, Any]]:
    """Accounts from a list of handles or profile URLs, or from a table with a `handle` column.

    Raises BadInput with the file and row of the first that cannot be used.
    """
    rows = _account_rows(path)
    accounts = []
    for number, row in rows:
        cells = {name: text.strip() for name, text in row.items()}
        where = cells.get("platform") or platform
        if where is not None and where not in PLATFORMS:
            raise BadInput(
                f"{where} is none of {', '.join(PLATFORMS)}.",
                file=path.name,
                row=number,
                field="platform",
            )
        try:
            accounts.append(
                account_row(
                    cells.get("handle", ""),
                    platform=where,
                    role=cells.get("role") or role,
                    notes=cells.get("notes", ""),
                )
            )
        except BadInput as error:
            raise BadInput(
                error.message, todo=error.todo, file=path.name, row=number, field="handle"
            ) from None
    return accounts


def _account_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(row, cells) of a table with a column `handle`; else (number, handle) of its lines."""
    table = read_table(path, is_guarded=True)
    if "handle" in {name.lower() for name in table.columns}:
        return list(sheet_rows(table))
    return [(number, {"handle": line}) for number, line in enumerate(read_lines(path), 1)]


def account_row(handle: str, *, platform: Platform | None, role: str, notes: str) -> dict[str, Any]:
    """A followed account as the store takes it."""
    account: Account = account_ref(handle, platform=platform)
    return {
        "platform": account.platform,
        "native_id": account.native_id,
        "handle": account.handle,
        "url": account.url,
        "role": role,
        "notes": notes or None,
    }


def _known(store: Any, table: str, ref: str) -> bool:
    try:
        catalog.get(store, table, ref)
    except BadInput:
        return False
    return True

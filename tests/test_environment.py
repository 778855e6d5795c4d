"""pyproject, requirements.lock and environment.yml name the same packages, without any index."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked() -> dict[str, str]:
    extras = [d for group in PROJECT["optional-dependencies"].values() for d in group]
    pairs = (
        re.match(r"([A-Za-z0-9_.-]+)(\[.*?\])?(.*)", d) for d in PROJECT["dependencies"] + extras
    )
    return {canonical(m.group(1)): m.group(3) for m in pairs if m}


def locked() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        m = re.match(r"([A-Za-z0-9_.-]+)(?:\[.*?\])?==([^ ;\\]+)", line)
        if m:
            found.setdefault(canonical(m.group(1)), []).append(m.group(2))
    return found


def conda() -> dict[str, str]:
    env = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(d["pip"] for d in env["dependencies"] if isinstance(d, dict))
    return {canonical(n): v for n, v in (p.split("==") for p in pip if "==" in p)}


def test_every_dependency_is_locked() -> None:
    assert set(asked()) <= set(locked())


def test_conda_users_get_the_same_versions() -> None:
    ours = conda()
    assert set(ours) == set(asked())
    assert {n: v for n, v in ours.items() if v not in locked()[n]} == {}


def test_the_lock_names_no_index_and_has_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|--index|--extra-index|--find-links", text)
    assert text.count("--hash=sha256:") > len(locked())


def test_pip_takes_the_lock_as_it_is() -> None:
    """Without --no-deps pip refuses a lock with hashes as soon as a package asks for an extra."""
    lines = [
        line
        for name in ("Makefile", "docs/install.md")
        for line in (ROOT / name).read_text().splitlines()
        if "pip install" in line and "-r requirements.lock" in line and "uv pip" not in line
    ]
    assert len(lines) == 2
    assert all("--no-deps --require-hashes" in line for line in lines)

"""Write requirements.lock (uv) and environment.yml (the same versions for conda users) from
pyproject.toml.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """# The same versions as requirements.lock, for conda users:
#   conda env create -f environment.yml && conda activate viraltracker
#   pip install --no-deps -e . -e simulator
# Written by `make lock`; a test holds pyproject.toml, requirements.lock and this file together.
name: viraltracker
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def names() -> list[str]:
    """The packages that pyproject.toml asks for, in order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [d for group in project["optional-dependencies"].values() for d in group]
    return sorted({re.split(r"[\[<>=!~ ]", d)[0].lower() for d in project["dependencies"] + extras})


def main() -> None:
    """Resolve, then copy the pinned versions for Python 3.11."""
    flags = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-header"]
    flags += ["--all-extras", "-q", "pyproject.toml", "-o", "requirements.lock", *sys.argv[1:]]
    subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "uv", "pip", "compile", *flags], cwd=ROOT, check=True
    )
    lock = (ROOT / "requirements.lock").read_text()
    lines = []
    for name in names():
        pattern = re.escape(name).replace("_", "[-_]").replace(r"\-", "[-_]")
        version = re.search(rf"(?mi)^{pattern}(?:\[[^\]]*\])?==([^ ;\\]+)", lock)
        if version is None:
            raise SystemExit(f"{name} is not in requirements.lock")
        lines.append(f"    - {name}=={version.group(1)}\n")
    (ROOT / "environment.yml").write_text(HEAD + "".join(f"  {line}" for line in lines))


if __name__ == "__main__":
    main()

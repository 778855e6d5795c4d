"""python -m vtlib.sandbox export FOLDER: the simulated world as export files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vtlib.sandbox.files import write_exports


def main(arguments: list[str] | None = None) -> int:
    """Parse, call one function, print; 0 when it did what was asked."""
    parser = argparse.ArgumentParser(
        prog="python -m vtlib.sandbox",
        description="A simulated world with a known truth.",
        epilog="Example: python -m vtlib.sandbox export outputs/demo/exports --seed 7",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="write the world as export files")
    export.add_argument("folder", type=Path)
    export.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args(arguments)
    paths = write_exports(chosen.folder, seed=chosen.seed)
    sys.stdout.write("".join(f"{path}\n" for path in paths))
    return 0


if __name__ == "__main__":
    sys.exit(main())

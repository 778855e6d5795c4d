"""Memory and speed of importing a large export: 1 GB beside 100 MB of the same simulated items.

Run `python bench/importing.py [--gb 1.0]`. Each import runs in a process of its own, whose peak
memory is read from the kernel. Target: ten times the items take at most 1.25 times the memory.
Speed is shown as a ratio to reading the same file with the standard library's JSON parser, line by
line, in the same session.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simulator.files import write_exports

GROWTH_MAX = 1.25
CHILD = """
import resource, sys
from pathlib import Path
from vtlib.capture import imports as importing
from vtlib.ops import projects
from vtlib.store.project import Workspace
from vtlib.core.settings import load_settings
home, file = map(Path, sys.argv[1:])
(home / "params").mkdir(parents=True)
(home / "params" / "big.yaml").write_text("project: big\\n")
big = projects.open_project(Workspace(load_settings(home)), "big")
(done,) = importing.import_files(big, [file])
assert done.status == "ok", done.reason
print(done.found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def write(path: Path, items: list[dict], size: float) -> Path:
    """Items over and over under new ids, as JSON lines, until the file has `size` bytes."""
    written = n = 0
    with path.open("w", encoding="utf-8") as out:
        while written < size:
            item = items[n % len(items)]
            code = f"B{n:010d}"
            url = f"https://www.instagram.com/p/{code}/"
            line = json.dumps({**item, "id": str(10**15 + n), "shortCode": code, "url": url})
            written += out.write(line + "\n")
            n += 1
    return path


def imported(folder: Path, file: Path) -> tuple[int, float, float]:
    """Items found, peak memory in MB, and seconds, of an import in its own process."""
    start = time.perf_counter()
    words = [sys.executable, "-c", CHILD, str(folder), str(file)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    said = done.stdout.split()
    return int(said[0]), float(said[1]), time.perf_counter() - start


def parsed(file: Path) -> float:
    """Seconds to read the lines of a file as JSON and forget them."""
    start = time.perf_counter()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            json.loads(line)
    return time.perf_counter() - start


def main() -> int:
    """Import a tenth and the whole, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=1.0, help="size of the larger file (1.0)")
    size = parser.parse_args().gb * 1e9
    print(f"{'file':>8}  {'items':>9}  {'peak memory':>11}  {'time':>8}  {'/ bare JSON':>11}")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_exports(home / "exports", seed=7, captures=(0.0,))
        items = _items(home / "exports")
        peaks = []
        for part in (size / 10, size):
            file = write(home / f"{part:.0f}.jsonl", items, part)
            found, peak_mb, seconds = imported(home / f"ws{part:.0f}", file)
            peaks.append(peak_mb)
            ratio = seconds / parsed(file)
            print(
                f"{part / 1e6:>5.0f} MB  {found:>9,}  {peak_mb:>8.0f} MB  {seconds:>6.0f} s  "
                f"{ratio:>9.1f} x"
            )
    growth = peaks[1] / peaks[0]
    print(f"memory for ten times the items: {growth:.2f} x (target at most {GROWTH_MAX} x)")
    return int(growth > GROWTH_MAX)


def _items(folder: Path) -> list[dict]:
    for file in sorted(folder.glob("*instagram*.json*")):
        found = json.loads(file.read_text(encoding="utf-8"))
        posts = [item for item in found if item.get("shortCode")]
        if posts:
            return posts
    raise SystemExit("the simulated world has no export of instagram posts")


if __name__ == "__main__":
    sys.exit(main())

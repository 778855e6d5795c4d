"""The proof that a report can be reproduced: nbval executes an executed notebook again.

It runs the cells, so what they do is done again: only ever for a project that is offline.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from vtlib.core.errors import BadInput, VtError

LONGEST_TEXT = 2000
_COLOURS = re.compile(r"#x1B\[[0-9;]*m")


def reproduce(
    notebooks: Sequence[Path], *, kernel: str = "python3", timeout_s: float = 600
) -> dict[str, list[str]]:
    """Execute executed notebooks again and compare outputs strictly.

    Gives, by file name, what differed: one text a cell, none for a notebook that was reproduced.
    Cells tagged `nbval-ignore-output` (charts) are executed and not compared. `kernel` may be the
    one of `fork_server`. Raises BadInput without nbval (it comes with the dev extra) or without
    notebooks, VtError when the comparison itself fails.
    """
    if importlib.util.find_spec("nbval") is None:
        raise BadInput("nbval is not installed.", todo="Run: pip install -e '.[dev]'")
    if not notebooks:
        raise BadInput("there is no notebook to reproduce.")
    with tempfile.TemporaryDirectory(prefix="vt-nbval-") as folder:
        report = Path(folder) / "report.xml"
        command = [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-kernel-name", kernel),
            *("-c", "/dev/null", "--rootdir", folder, "-p", "no:cacheprovider", "-q"),
            *("-o", "junit_family=xunit1", f"--junitxml={report}"),
            *(str(path.resolve()) for path in notebooks),
        ]
        try:
            process = subprocess.run(  # noqa: S603 - our own arguments
                command, capture_output=True, text=True, timeout=timeout_s, check=False
            )
        except subprocess.TimeoutExpired:
            raise VtError(f"executing again took longer than {timeout_s:g} s.") from None
        # 0: all passed, 1: some cells differed; anything else is pytest's own trouble.
        if process.returncode not in (0, 1) or not report.exists():
            raise VtError(f"nbval failed: {(process.stdout + process.stderr).strip()[-500:]}")
        return _differences(report, notebooks)


def _differences(report: Path, notebooks: Sequence[Path]) -> dict[str, list[str]]:
    differences: dict[str, list[str]] = {path.name: [] for path in notebooks}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it just now
        for trouble in (*case.iter("failure"), *case.iter("error")):
            text = _COLOURS.sub("", trouble.text or "").strip()
            differences[Path(case.get("file", "")).name].append(text[:LONGEST_TEXT])
    return differences

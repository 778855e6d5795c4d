"""What a start costs: seconds of CPU of help, completion, three lists and an export, beside
`python -c "import pandas"`.

    .venv/bin/python bench/start.py [--best-of 5]

User and system time of a fresh process in a workspace with a project, a script and a booking; the
best of several, since other work on the machine makes a start dearer and never cheaper. Exit 1
where a limit is missed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tabulate import tabulate

HELP_MAX_S, LIST_MAX_S, EXPORT_MAX_S = 0.5, 0.8, 2.0
TEN = (
    *("markdown", "fountain", "pdf", "docx", "storyboard"),
    *("shots", "xlsx", "callsheet", "fcpxml", "srt"),
)
SCRIPT = """# Quiet evenings

## hook {#b1 3 s}

- **Spoken:** You will not hear it.

## proof {#b2 6 s}

- **Spoken:** Forty decibels, beside the baby's bed.
- **Visual:** The meter next to the sleeping child

## cta {#b3 4 s}

- **Spoken:** See the link below.
"""
PLAY = "from vtlib.cli import main; main()"


def completion(words: str) -> dict[str, str]:
    """The environment in which bash asks `vt` to complete the last of `words` (click's
    protocol).
    """
    last = str(len(words.split()) - 1)
    return {"_VT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": last}


STARTS: dict[str, tuple[list[str], dict[str, str], float]] = {
    "vt --help": (["--help"], {}, HELP_MAX_S),
    "vt scr<TAB>": ([], completion("vt scr"), HELP_MAX_S),
    "vt script li<TAB>": ([], completion("vt script li"), HELP_MAX_S),
    "vt script list --st<TAB>": ([], completion("vt script list --st"), HELP_MAX_S),
    "vt analyze outliers --me<TAB>": ([], completion("vt analyze outliers --me"), HELP_MAX_S),
    "vt script list": (["script", "list"], {}, LIST_MAX_S),
    "vt status": (["status"], {}, LIST_MAX_S),
    "vt costs": (["costs"], {}, LIST_MAX_S),
    "vt script export, ten formats": (
        ["script", "export", "--project", "spring", *(w for f in TEN for w in ("--format", f))],
        {},
        EXPORT_MAX_S,
    ),
}


def cpu_s(code: str, words: list[str], environ: dict[str, str]) -> float:
    """User and system seconds of a fresh Python that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *words],
        check=True,
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def workspace(folder: str) -> dict[str, str]:
    """The environment of a new workspace with a project and a script of three beats."""
    environ = {"VT_HOME": folder, "PYTHONDONTWRITEBYTECODE": ""}
    (Path(folder) / "params").mkdir()
    (Path(folder) / "quiet.md").write_text(SCRIPT)
    for words in (
        ["project", "create", "Spring"],
        ["script", "import", f"{folder}/quiet.md", "--project", "spring"],
    ):
        cpu_s(PLAY, words, environ)
    return environ


def main() -> int:
    """Print the table; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--best-of", type=int, default=5)
    times = range(parser.parse_args().best_of)
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        environ = workspace(folder)
        pandas = min(cpu_s("import pandas", [], environ) for _ in times)
        rows = []
        for name, (words, more, limit) in STARTS.items():
            # The words of a completion come from the environment; sys.argv[0] has to be `vt`.
            code = f"import sys; sys.argv[0] = 'vt'; {PLAY}"
            best = min(cpu_s(code, words, {**environ, **more}) for _ in times)
            rows.append((name, best, limit, best / pandas, "" if best < limit else "MISSED"))
    rows.append(('python -c "import pandas"', pandas, None, 1.0, ""))
    heads = ("start", "CPU s", "limit s", "of pandas", "")
    print(tabulate(rows, headers=heads, floatfmt=".2f"))
    return int(any(row[-1] for row in rows))


if __name__ == "__main__":
    sys.exit(main())

"""A workspace on the tour, and the real commands run in it."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.server import Running
from vtlib.cli import main
from vtlib.store.connection import Store

PROJECT = "tour"
YAML = """project: tour
is_simulated: true
accounts:
  - {{platform: tiktok, handle: sim_snorrelby}}
  - {{platform: instagram, handle: sim_snorrelby}}
scraping: {{limit: 6, profiles: false, deadline_s: {deadline_s}}}
media: {{parts: [], retry_gap_h: 0, timeout_s: 3, max_tries: 9}}
model: {{inline_max_mb: 0, concurrency: 1, attempts: 2, timeout_s: 2, ready_wait_s: 1, deadline_s: 20, requests_per_minute: 6000}}
"""  # noqa: E501


@dataclass(frozen=True, slots=True)
class Said:
    """How a command left and what it said to machines."""

    code: int
    data: Any


@dataclass(frozen=True)
class Home:
    """A workspace whose services are those of `live`."""

    folder: Path
    live: Running

    @classmethod
    def made(cls, folder: Path, live: Running, *, deadline_s: float) -> Home:
        """A new workspace with the tour's project."""
        (folder / "params").mkdir(parents=True)
        (folder / "params" / f"{PROJECT}.yaml").write_text(YAML.format(deadline_s=deadline_s))
        return cls(folder, live)

    def vt(self, *words: str) -> Said:
        """Run `vt words… --project tour --json` in this process, as in a workspace of its own."""
        os.environ |= {
            "VT_HOME": str(self.folder),
            "VT_APIFY_URL": self.live.url,
            "APIFY_TOKEN": self.live.token,
            "VT_GEMINI_URL": self.live.url,
            "GEMINI_API_KEY": self.live.token,
        }
        out, code = io.StringIO(), 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            try:
                main([*words, "--project", PROJECT, "--json"])
            except SystemExit as left:
                code = int(left.code or 0)
        return Said(code, json.loads(out.getvalue()))

    @property
    def store(self) -> Store:
        return Store(self.folder / "outputs" / "viraltracker.duckdb")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database holds."""
        return [tuple(row) for row in self.store.query(sql).itertuples(index=False)]

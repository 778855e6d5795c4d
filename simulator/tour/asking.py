"""The part of the tour that asks a model: questions about two films, each answered and kept
once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.gemini import Habits
from simulator.tour.fetching import PICKED, Fetches
from simulator.tour.home import Home, Said
from simulator.tour.plan import Found, Stop, joined
from vtlib.store.data_checks import run_checks

TRIES_MAX = 3
# The question was answered, but the answer never reached us whole: there is no way to have it sent
# again.
UNHEARD = frozenset({"lost_reply", "slow", "bad_json", "html", "empty_body"})
# Answered, but nothing that could be used: a person who runs the command again wants another
# answer.
_UNUSABLE = """SELECT count(*) FROM model_calls WHERE kind = 'ask'
AND status IN ('unreadable', 'invalid', 'empty', 'truncated')"""
_LOST = """SELECT count(*) FROM (
    SELECT analysis_id FROM model_calls WHERE status IN ('ok', 'repaired', 'partial')
) AS c ANTI JOIN (SELECT analysis_id FROM analyses
WHERE answer IS NOT NULL) AS a USING (analysis_id)"""


class Asks:
    """Questions with faults, each in a copy of one workspace in which two films were fetched."""

    def __init__(self, base: Home) -> None:
        self.base, self.live = base, base.live
        self._n = 0

    @classmethod
    @contextmanager
    def ready(cls, folder: Path, clips: Path) -> Iterator[Asks]:
        """A world whose posts were captured and two of their films fetched; its model makes no
        slips.
        """
        with Fetches.ready(folder, clips, model=Habits(slips=False, ready_s=0)) as picked:
            if picked.base.vt("process", "videos").code:
                raise RuntimeError("the tour cannot begin: no films could be fetched")
            yield cls(picked.base)

    def drive(self, stop: Stop) -> Found:
        """Order the fault, ask until nothing is left to do, then once more: nothing may be asked
        again.
        """
        home, sandbox = self._copy(), self.live.sandbox
        sandbox.journal.entries.clear()
        sandbox.gemini.asked.clear()
        sandbox.gemini.files.files.clear()
        sandbox.faults.add(stop.order())
        said = [home.vt("analyze", "videos")]
        while said[-1].code and len(said) < TRIES_MAX:
            said.append(home.vt("analyze", "videos"))
        is_met = self._is_met(stop)
        sandbox.faults.clear()
        calls, asked = self._calls(), len(sandbox.gemini.asked)
        ((unusable,),) = home.rows(_UNUSABLE)
        twice = self._answered_twice() - self._unheard() - int(unusable)
        last = home.vt("analyze", "videos")
        wrong = [] if is_met else ["the fault was never met"]
        return Found(
            stop,
            outcome=joined([_told(s) for s in said]),
            calls=calls,
            paid_twice=max(twice, 0) + self._calls() - calls,
            rows_lost=_lost(home, answered=asked),
            wrong=(*wrong, *self._left(), *_unsound(home), *_unsaid(stop, [*said, last])),
        )

    def _copy(self) -> Home:
        self._n += 1
        folder = self.base.folder.with_name(f"ask-{self._n}")
        shutil.copytree(self.base.folder, folder)
        return Home(folder, self.live)

    def _calls(self) -> int:
        return sum(e["route"] == "gemini.generate" for e in self.live.sandbox.journal.entries)

    def _unheard(self) -> int:
        entries = self.live.sandbox.journal.entries
        # An empty body is a fault of the answer, so the journal names none: it shows by its bytes.
        return sum(
            e["route"] == "gemini.generate" and (e["fault"] in UNHEARD or not e["bytes"])
            for e in entries
        )

    def _answered_twice(self) -> int:
        asked = self.live.sandbox.gemini.asked
        return len(asked) - len(set(asked))

    def _left(self) -> list[str]:
        files = self.live.sandbox.gemini.files.files
        return [f"{len(files)} files were left at the service"] if files else []

    def _is_met(self, stop: Stop) -> bool:
        left = [o for o in self.live.sandbox.faults.listed() if o["kind"] == stop.kind]
        return not left or left[0]["times"] < int(stop.order()["times"])


def _told(said: Said) -> str:
    if "outcomes" not in said.data:
        return f"exit {said.code}: {said.data['message']}"
    words = [f"{n} {status}" for status, n in sorted(said.data["outcomes"].items())]
    head = f"exit {said.code}: " if said.code else ""
    return head + (", ".join(words) or "nothing asked")


def _lost(home: Home, *, answered: int) -> int:
    """Picked posts without a named outcome, answers that were journalled and are no analysis,
    and requests that the service answered and no journal knows.
    """
    ((named,),) = home.rows("SELECT count(*) FROM analyses WHERE status IS NOT NULL")
    ((unsaved,),) = home.rows(_LOST)
    ((known,),) = home.rows("SELECT count(*) FROM model_calls")
    return max(PICKED - int(named), 0) + int(unsaved) + max(answered - int(known), 0)


def _unsound(home: Home) -> list[str]:
    found = run_checks(home.store)
    bad = found[(found["n"] > 0) & (found["severity"] == "error")]
    empty = home.rows("SELECT count(*) FROM analyses WHERE answer IS NOT NULL AND status = 'ok'")
    halves = home.rows("SELECT answer FROM analyses WHERE status = 'ok'")
    nulls = sum(not json.loads(str(a)).get("beats") for (a,) in halves)
    words = [f"vt check: {name}" for name in bad["check"]]
    return [*words, *([f"{nulls} of {empty[0][0]} answers are empty"] if nulls else [])]


def _unsaid(stop: Stop, said: list[Said]) -> list[str]:
    """A fault that passes leaves two answers; of another, its name stands in the outcomes."""
    if said[-1].code:
        return [f"still exit {said[-1].code} after {len(said)} tries"]
    if stop.passes:
        return [] if said[-1].data["known"] == PICKED else ["an answer is missing"]
    told = [s.data.get("outcomes", {}) for s in said]
    return [] if any(set(t) - {"ok"} for t in told) else ["nothing was said of it"]

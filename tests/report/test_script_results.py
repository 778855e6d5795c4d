"""A line a script: what was predicted, what came, and the verdict in a word."""

import pandas as pd
import pytest

from tests.report import insight_sample, sample
from vtlib.report.script_results import script_line
from vtlib.tables import ResultLine, ResultLines


def rows(actual: list[float], beats: list[bool], *, status: str = "matured") -> pd.DataFrame:
    n = len(actual)
    return insight_sample.verdicts(n, n).head(n).assign(
        script_id="s1",
        title="Lid drops",
        status=status,
        actual=actual,
        predicted=1000.0,
        beats_median=beats,
        percentile=90.0,
        platform=["tiktok", "youtube", "x"][:n],
    )  # fmt: skip


VERDICTS = [
    ([3000.0, 1500.0], [True, True], "above its usual", "ok", "+125%"),
    ([3000.0, 500.0], [True, False], "mixed", "skipped", "+75%"),
    ([200.0, 400.0], [False, False], "below its usual", "failed", "-70%"),
]


@pytest.mark.parametrize(("actual", "beats", "word", "kind", "off"), VERDICTS)
def test_a_script_is_judged_against_the_usual_of_its_accounts(
    actual: list[float], beats: list[bool], word: str, kind: str, off: str
) -> None:
    line = script_line(rows(actual, beats))
    assert (line.title, line.verdict, line.kind) == ("Lid drops", word, kind)
    assert dict(line.figures)["off"] == off
    assert dict(line.figures)["posts"] == "2"
    assert line.why.startswith(f"{sum(beats)} of 2 above its account's own median; most on ")


def test_a_young_post_has_no_verdict_yet() -> None:
    line = script_line(rows([3000.0], [True], status="too early"))
    assert (line.verdict, line.figures) == ("too early", ())
    assert line.why == "1 post linked; a verdict takes 7 days."


def test_lines_are_escaped_html_and_plain_text() -> None:
    line = ResultLine(
        sample.HOSTILE, "mixed", "skipped", (("actual", "1.2 M"),), "why", b"\xff\xd8"
    )
    lines = ResultLines("How each did", (line,), "Source: verdicts")
    html = lines._repr_html_()
    assert "<script>" not in html
    assert "data:image/jpeg;base64," in html
    assert "mixed; actual 1.2 M" in repr(lines)

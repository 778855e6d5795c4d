"""Tables that nobody has seen: every column is matched right or asked about, most without asking,
and the numbers are those that were written.
"""

import io
import random

import pandas as pd
import pytest

from tests.capture.made_up_tables import CAPTURED_AT, COUNTS, N_LAYOUTS, Made, _Maker, made_up
from tests.capture.real_headings import TABLES
from vtlib.capture.proposals import Proposal
from vtlib.capture.table_match import propose, without_sums
from vtlib.core.models import Mapped
from vtlib.platforms import layouts
from vtlib.tables.reader import Table, read_table

SEEDS = range(N_LAYOUTS)
SOUND = [seed for seed in SEEDS if not made_up(seed).must_ask]
# Posts of X have impressions, which it calls views; TikTok's and Instagram's have no titles.
SAME = {"views": ("views", "impressions"), "title?": ("caption", "title")}


def table_of(made: Made) -> Table:
    return read_table(lambda: io.BytesIO(made.content), name=f"t{made.seed}.csv")


def proposal_of(made: Made) -> Proposal:
    return propose(table_of(made), captured_at=CAPTURED_AT)


def open_columns(proposal: Proposal) -> set[str]:
    return {name for question in proposal.questions for name in question.columns}


def faults(proposal: Proposal, truth: dict[str, str], traps: tuple[str, ...]) -> list[str]:
    """What is wrong and not asked about; an id beside a link may stay unread."""
    read, asked = {m.column: m.target for m in proposal.matches}, open_columns(proposal)
    has_link = bool(proposal.column_of("url"))
    wrong = [
        f"{head} is {target}, read as {read[head] or 'nothing'}"
        for target, head in truth.items()
        if read[head] not in SAME.get(target, (target,))
        and head not in asked
        and not (target == "native_id" and has_link)
    ]
    return wrong + [f"{h} read as {read[h]}" for h in traps if read[h] and h not in asked]


def is_asked(made: Made, proposal: Proposal) -> bool:
    """Whether something is asked; beside rounded ids a column of sound ones is as good."""
    is_sound = proposal.column_of("native_id") == made.truth.get("native_id", "")
    return bool(proposal.questions) or (made.must_ask == "rounded ids" and is_sound)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_column_is_right_or_asked_about(seed: int) -> None:
    made = made_up(seed)
    proposal = proposal_of(made)
    assert not made.must_ask or is_asked(made, proposal)
    assert all(q.answer for q in proposal.questions)
    can_go_in = all(question.choices for question in proposal.questions)
    assert not can_go_in or faults(proposal, made.truth, made.traps) == []


def test_most_tables_are_matched_without_asking() -> None:
    without = sum(not proposal_of(made_up(seed)).questions for seed in SEEDS)
    assert without >= 0.8 * N_LAYOUTS


def test_tables_with_a_fault_on_purpose_are_among_them() -> None:
    assert {made_up(seed).must_ask for seed in SEEDS} == {
        *("", "swapped", "parts", "series", "two views", "rounded ids"),
    }


@pytest.mark.parametrize("seed", SOUND)
def test_numbers_are_those_that_were_written(seed: int) -> None:
    made = made_up(seed)
    proposal = proposal_of(made)
    table = without_sums(table_of(made))
    results = [layouts.outcome(proposal.layout(), row) for _, row in table.plain_rows()]
    assert len(results) == len(made.rows)
    for post, result in zip(made.rows, results, strict=True):
        assert isinstance(result, Mapped), result
        assert result.post.native_id == post["native_id"]
        for count in (c for c in COUNTS if c in made.truth):
            name = count if made.platform != "x" or count != "views" else "impressions"
            metric, value = result.metrics[name], int(post[count])
            if metric.state == "estimated":
                assert made.is_rounded
                assert metric.value == pytest.approx(value, rel=0.06)
            else:
                assert metric.value == value
        assert result.post.posted_at is not None
        assert abs((result.post.posted_at - post["posted_at"]).total_seconds()) <= 86_400


@pytest.mark.parametrize("seed", [s for s in SOUND if not made_up(s).is_rounded])
def test_numbers_are_those_that_pandas_reads(seed: int) -> None:
    """pandas is told what we find out: separator, encoding, marks, and where the headings are."""
    made = made_up(seed)
    proposal = proposal_of(made)
    is_comma = any(s.decimal == "," for s in table_of(made).styles.values())
    marks = {"decimal": ",", "thousands": "."} if is_comma else {"thousands": ","}
    head = made.truth["views"]
    frame = pd.read_csv(
        io.BytesIO(made.content),
        sep=made.separator,
        encoding=made.encoding,
        dtype=str,
        header=table_of(made).header_row - 1,
        skip_blank_lines=False,
        **marks,
    )
    numbers = [int(cell.replace(marks["thousands"], "")) for cell in frame[head].dropna()]
    table = without_sums(table_of(made))
    ours = [table.styles[head].read_number(row[head], is_count=True) for _, row in table.rows()]
    assert numbers[: len(ours)] == [one.value for one in ours if one]
    assert proposal.column_of("url") == made.truth["url"]


def of_headings(name: str) -> tuple[bytes, dict[str, str], tuple[str, ...]]:
    """A table with the headings of real ones, its truth and its traps."""
    heads, platform = TABLES[name]
    maker = _Maker(random.Random(name), 3)
    maker.platform, maker.dates, maker.numbers, maker.is_rounded = platform, "zoned", "plain", False
    posts = [maker.post() for _ in range(12)]
    frame = pd.DataFrame(
        {
            head: [cell(maker, kind, n, p) for n, p in enumerate(posts)]
            for head, kind in heads.items()
        }
    )
    truth = {
        {"clock": "duration_s"}.get(kind, kind): head
        for head, kind in heads.items()
        if kind in KNOWN or kind == "clock"
    }
    traps = tuple(
        h for h, kind in heads.items() if kind not in KNOWN and kind not in ("?", "clock")
    )
    return frame.to_csv(index=False).encode(), truth, traps


KNOWN = (
    *COUNTS,
    "native_id",
    "url",
    "posted_at",
    "caption",
    "title",
    "title?",
    "duration_s",
    "handle",
    "display_name",
    "account_id",
)


def cell(maker: _Maker, kind: str, n: int, post: dict[str, object]) -> str:
    if kind in ("", "?"):
        return str(maker.dice.randint(0, 9))
    special = {
        "title?": post["caption"],
        "title": post["caption"],
        "display_name": f"The {post['handle']}",
        "account_id": "UC" + "a" * 22,
        "flag": "true",
        "long": str(31_000_000 + n),
        "word": f"no {n % 3}",
        "index": str(n + 1),
        "clock": f"0:{post['duration_s']:02}",
    }
    if kind in special:
        return str(special[kind])
    return maker.cell(kind, post) if kind in post else maker.trap(kind, n, post)


@pytest.mark.parametrize("name", TABLES)
def test_headings_of_real_tables(name: str) -> None:
    content, truth, traps = of_headings(name)
    table = read_table(lambda: io.BytesIO(content), name=name)
    proposal = propose(table, captured_at=CAPTURED_AT)
    assert faults(proposal, truth, traps) == []
    assert len(proposal.questions) <= 1

"""Each pitfall names the tests that hold it, and they are there."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "pitfalls.md"
N_PITFALLS = 78


def test_every_pitfall_is_held_by_tests_that_exist() -> None:
    rows = re.findall(
        r"^\| (\d+) \| .+ \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [int(number) for number, _ in rows] == list(range(1, N_PITFALLS + 1))
    for number, named in rows:
        tests = re.findall(r"`(\S+)::(\w+)`", named)
        assert tests, number
        for file, test in tests:
            assert f"def {test}(" in (HERE / file).read_text(encoding="utf-8"), (number, file, test)

"""Each pitfall names the tests that hold it, and they are there."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "pitfalls.md"
VTLIB = HERE.parent / "vtlib"
# Of 78 that are known. The last, an advisory lock of PostgreSQL taken too late, cannot happen here
# until there is a shared store: test_the_shared_store_brings_its_pitfall fails on the day that one
# takes such a lock.
N_PITFALLS = 77


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


def test_the_shared_store_brings_its_pitfall() -> None:
    files = [p for ending in ("*.py", "*.sql") for p in VTLIB.rglob(ending)]
    assert len(files) > 100
    locking = [p.name for p in files if "pg_advisory" in p.read_text(encoding="utf-8")]
    assert not locking, "pitfall 78 is possible now: give it a row and a test"
    assert "Pitfall 78" in PAGE.read_text(encoding="utf-8")

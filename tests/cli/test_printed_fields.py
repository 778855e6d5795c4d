"""The keys of `--json` that come from a class's fields: others script against them."""

from dataclasses import fields

import pytest

from vtlib.performance.follow_up import ScriptOutcome
from vtlib.performance.publication import ScriptChange
from vtlib.performance.sentences import InsightSentence
from vtlib.scripts.files import ImportedScript
from vtlib.store.backup import BackupSummary

PRINTED = {
    ScriptChange: "script_id said facts exit_code",
    InsightSentence: "kind said table rows",
    ImportedScript: "status script_id title version seen conflicts",
    BackupSummary: "path made_at rows files bytes vanished",
    ScriptOutcome: (
        "script_id title said verdict numbers patterns advice verdicts predictions native costs"
    ),
}


@pytest.mark.parametrize(
    ("printed", "keys"), PRINTED.items(), ids=lambda p: getattr(p, "__name__", "")
)
def test_printed_classes_keep_their_keys(printed, keys) -> None:
    assert [field.name for field in fields(printed)] == keys.split()

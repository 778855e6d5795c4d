"""What makes our own processes start faster."""

from __future__ import annotations

import sys

# jsonschema imports it where it can, to check the format `iri`, which the schemas of Vega-Lite and
# of notebooks do not have; building its grammar takes 1 to 2 s.
GRAMMAR = "rfc3987_syntax"


def leave_out_grammar() -> None:
    """Keep jsonschema from building a grammar that nothing here checks by."""
    # None is Python's own sign of a missing module.
    sys.modules.setdefault(GRAMMAR, None)  # type: ignore[arg-type]

"""What makes our own processes start faster."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# jsonschema imports it where it can, to check the format `iri`, which the schemas of Vega-Lite and
# of notebooks do not have; building its grammar takes 1 to 2 s.
GRAMMAR = "rfc3987_syntax"


def leave_out_grammar() -> None:
    """Keep jsonschema from building a grammar that nothing here checks by."""
    # None is Python's own sign of a missing module.
    sys.modules.setdefault(GRAMMAR, None)  # type: ignore[arg-type]


def leave_out_plugins() -> None:
    """Stop pydantic from scanning every installed package for plug-ins (0.1 s)."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


@contextmanager
def leave_out(name: str) -> Iterator[None]:
    """Make an optional import of `name` fail in this block, unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]

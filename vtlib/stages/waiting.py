"""Stages whose services are not joined yet: they show what is there and say what they wait for."""

from __future__ import annotations

from vtlib.stages.conclusion import Conclusion, number, skipped


def products(stage: str, rows: list[dict[str, object]], *, has_key: bool) -> Conclusion:
    """05 and 06: which products wait to be fitted."""
    line = (
        f"{number(len(rows), 'product')} of the project wait."
        if rows
        else "The project has no products."
    )
    need = "" if has_key else "set GEMINI_API_KEY; "
    return skipped(stage, f"{need}{stage} is not part of this version", [line])

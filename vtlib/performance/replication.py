"""Whether an effect was there again: in other accounts, and later in time (the hold-out of a
pattern).
"""

from __future__ import annotations

import numpy as np

from vtlib.core.proportions import Rate
from vtlib.performance.effects import Shift
from vtlib.performance.trend import Halves

MIN_ASKED = 3  # accounts with posts on both sides


def replicates(shift: Shift, by_account: Rate, again: Halves) -> str:
    """One of "repeatable", "untried in time", "mixed", "one hit", "too few accounts".

    Repeatable: no account alone makes it, more than half of the accounts agree, beyond chance, and
    it was there in the earlier half of the posts and again, beyond chance, in the later half; where
    that could not be tried, "untried in time". One hit: without some single account the sign turns.
    Else mixed, or too few accounts to ask. `by_account`: agreement over accounts.
    """
    if by_account.n < MIN_ASKED:
        return "too few accounts"
    if shift.least * shift.shift <= 0 or shift.most * shift.shift <= 0:
        return "one hit"
    if by_account.low <= 0.5:
        return "mixed"
    if not again.tried:
        return "untried in time"
    sign = np.sign(shift.shift)
    is_held = min(again.early * sign, again.low * sign, again.high * sign) > 0
    return "repeatable" if is_held else "mixed"

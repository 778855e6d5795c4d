import numpy as np
import pandas as pd
import pytest

from vtlib.core.membership import is_in, n_distinct, numbered


@pytest.mark.parametrize(("low", "high"), [(0, 5), (0, 400), (3, 2_000_000), (-4, 4)])
def test_numbers_are_those_of_sorted_values(low: int, high: int) -> None:
    code = np.random.default_rng(1).integers(low, high, 300)
    names, inverse = np.unique(code, return_inverse=True)
    assert numbered(code).tolist() == inverse.tolist()
    assert n_distinct(code) == len(names)
    assert (numbered(code[:0]).tolist(), n_distinct(code[:0])) == ([], 0)


def test_texts_are_found_as_pandas_finds_them() -> None:
    column = pd.Series(["a", None, "c", "a"], dtype="str")
    values = pd.Series(["c", "d", "a"], dtype="str")
    assert is_in(column, values).tolist() == column.isin(values).tolist() == [1, 0, 1, 1]

import numpy as np
import pytest

from vtlib.outliers.parallel import in_slices


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 35])
def test_every_row_is_worked_on_once(n):
    seen = np.zeros(n, int)

    def work(part):
        seen[part] += 1

    in_slices(work, n, rows=10)
    assert (seen == 1).all()


@pytest.mark.parametrize("n", [5, 50])
def test_an_error_in_a_slice_is_raised(n):
    def work(part):
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        in_slices(work, n, rows=10)

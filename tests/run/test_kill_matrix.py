"""`vt` killed at events of the services and at its own writes, then run again (`make faults`
takes every point).
"""

from collections import Counter

import pytest

from tests.peers.matrix import POINTS, Matrix, Point, excess, store_of, table

# One of each kind; the last moment before something is safe, or the first after it.
HANDFUL = (
    Point("capture", "run_created:before_reply"),
    Point("capture", "items_page", 2),
    Point("capture", "charge_booked:before", 2),
    Point("capture", "chunk_mapped", 2),
    Point("media", "file_noted:before", 2),
    Point("ask", "model_answered:before_reply", 2),
    Point("ask", "answer_saved:before", 2),
)
NAMED = {  # every event that the matrix must hold
    *("run_created", "run_finished", "items_page", "chunk_mapped", "charge_booked"),
    *("file_uploaded", "model_answered", "answer_saved", "download_finished", "measure_saved"),
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def matrix():
    with Matrix.ready() as ready:
        yield ready


def test_every_event_is_in_the_matrix():
    assert {p.at for p in POINTS} >= NAMED
    assert set(HANDFUL) <= set(POINTS)


@pytest.mark.parametrize("point", HANDFUL, ids=str)
def test_killed_and_run_again(matrix, point):
    found = matrix.drive(point)
    assert found.is_sound, table([found])


def test_a_second_run_and_a_row_that_is_gone_are_seen(matrix):
    """Somebody forgets the order after the kill, and takes a post away."""

    def forget(home):
        with store_of(home).write() as connection:
            connection.execute("DELETE FROM capture_orders")

    found = matrix.drive(Point("capture", "run_created"), between=forget)
    assert (found.paid_twice, found.is_sound) == (1, False)
    rows = {"posts": Counter(a=1, b=1)}
    assert (excess(rows, {"posts": Counter(a=1)}), excess({"posts": Counter(a=1)}, rows)) == (1, 0)
    assert excess({"posts": Counter(a=2)}, {"posts": Counter(a=1)}) == 1


def test_a_point_that_is_never_reached_is_not_sound(matrix):
    found = matrix.drive(Point("media", "measure_saved", 99))
    assert (found.stops, found.is_sound) == (0, False)

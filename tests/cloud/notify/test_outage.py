"""When a channel is out of order, and how fast a recipient may be told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.notify.outage import Outage
from cloud.notify.pace import Pace
from cloud.notify.rate import Permits

PACE = Pace(outage_attempts=3, outage_s=60)


def test_so_many_failures_in_a_row_are_an_outage_and_one_success_ends_it() -> None:
    outage = Outage(PACE)
    assert not outage.is_known
    for at in (1000, 2000):
        outage.failed(at)
        assert outage.since == 0
    outage.failed(3000)
    assert (outage.since, outage.is_known) == (1000, True)
    outage.worked()
    assert (outage.since, outage.is_known) == (0, True)
    outage.failed(9000)
    assert outage.since == 0


def test_failing_for_so_long_is_one_too_and_a_wrong_set_up_at_once() -> None:
    slow, wrong = Outage(PACE), Outage(PACE)
    slow.failed(1000)
    slow.failed(61_000)
    assert slow.since == 1000
    wrong.failed(5000, for_sure=True)
    assert wrong.since == 5000


@given(st.integers(1, 6000), st.lists(st.tuples(st.floats(0, 30), st.integers(1, 500)), max_size=60))
def test_no_more_than_a_burst_and_so_many_a_minute(per_minute: int, asked: list[tuple[float, int]]) -> None:
    permits, now, given = Permits(per_minute), 0.0, 0
    for pause, wanted in asked:
        now += pause
        given += permits.take(wanted, now)
        assert permits.left(now) <= max(1, per_minute / 3)
    assert given <= max(1.0, per_minute / 3) + now * per_minute / 60 + 1e-6


@given(st.integers(1, 6000))
def test_after_the_wait_there_is_a_permit(per_minute: int) -> None:
    permits = Permits(per_minute)
    permits.take(10_000, 0.0)
    wait_s = permits.wait_s(0.0)
    assert wait_s > 0
    assert permits.take(1, wait_s + 1e-6) == 1

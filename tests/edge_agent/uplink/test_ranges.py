"""Ranges are a set of numbers, and stay few when the numbers lie close together."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.uplink.ranges import Ranges

NUMBER = st.integers(1, 30)
STEP = st.one_of(st.tuples(st.just("add"), NUMBER, NUMBER), st.tuples(st.just("take"), NUMBER, NUMBER))


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_they_are_a_set(steps: list[tuple[str, int, int]]) -> None:
    ranges, numbers = Ranges(), set[int]()
    for verb, one, other in steps:
        first, last = min(one, other), max(one, other)
        if verb == "add":
            ranges.add(one)
            numbers.add(one)
        else:
            gone = {number for number in numbers if first <= number <= last}
            assert ranges.take(first, last) == min(gone, default=None)
            numbers -= gone
        assert [number for number in range(32) if number in ranges] == sorted(numbers)
        assert len(ranges) == sum(1 for number in numbers if number - 1 not in numbers)


def test_an_hour_of_batches_is_one_range() -> None:
    ranges = Ranges()
    for pair in range(1800):  # events and readings overtake one another
        ranges.add(2 * pair + 1)
        ranges.add(2 * pair)
    assert len(ranges) == 1

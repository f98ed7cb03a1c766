"""Rate and flat line: doubted, never corrected."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device_profiles.schema import Limits
from edge_agent.sampling.quality import Trace, judge
from edge_agent.sampling.reading import Reading, bad


def qualities(limits: Limits, *steps: tuple[int, float | bool | str | None]) -> list[str]:
    trace, found = Trace(), []
    for second, value in steps:
        raw = bad("p", "timeout", second * 1000) if value is None else Reading("p", value, second * 1000)
        trace, reading = judge(trace, raw, limits)
        assert reading.value == value
        found.append(reading.quality)
    return found


def test_a_jump_is_doubted_once_and_a_spike_twice() -> None:
    limits = Limits(rate_per_s=0.1)
    assert qualities(limits, (1, 1.0), (2, 1.05), (3, 9.0), (4, 9.0)) == ["", "", "uncertain:rate", ""]
    assert qualities(limits, (1, 1.0), (2, 9.0), (3, 1.0)) == ["", "uncertain:rate", "uncertain:rate"]


def test_a_slow_change_over_a_long_silence_is_good() -> None:
    assert qualities(Limits(rate_per_s=0.1), (1, 1.0), (101, 9.0)) == ["", ""]


def test_the_rate_over_a_gap_of_bad_readings_counts_from_the_last_value() -> None:
    assert qualities(Limits(rate_per_s=1), (1, 1.0), (2, None), (4, 3.5), (5, 9.0)) == [
        "",
        "bad:timeout",
        "",
        "uncertain:rate",
    ]


def test_a_value_that_stands_still_too_long_is_doubted_until_it_moves() -> None:
    steps = ((0, 1.0), (9, 1.0), (10, 1.0), (11, 1.0), (12, 1.1), (13, 1.1))
    assert qualities(Limits(flat_s=10), *steps) == ["", "", "uncertain:flat", "uncertain:flat", "", ""]


def test_texts_and_switches_have_no_rate() -> None:
    assert qualities(Limits(rate_per_s=0.001), (1, "a"), (2, "b")) == ["", ""]
    assert qualities(Limits(rate_per_s=0.001), (1, False), (2, True)) == ["", ""]


def test_a_clock_that_goes_back_is_no_rate() -> None:
    assert qualities(Limits(rate_per_s=0.001, flat_s=1), (100, 1.0), (50, 99.0), (50, 1.0)) == ["", "", ""]


@given(st.lists(st.tuples(st.integers(1, 10_000), st.floats(-1e6, 1e6)), max_size=30))
def test_without_limits_nothing_is_doubted(steps: list[tuple[int, float]]) -> None:
    assert set(qualities(Limits(), *steps)) <= {""}

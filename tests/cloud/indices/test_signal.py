"""Readings as functions of time: holding, gaps, amounts, counters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.indices.grid import day_begun, grid
from cloud.indices.signal import (
    amount,
    covered_ms,
    integral_ms,
    mean,
    reported_ms,
    rise,
    signal_of,
    since_before,
    standing,
)
from tests.cloud.indices.tables import DAY_MS, HOUR_MS, MIDNIGHT

STEPS = st.lists(st.tuples(st.integers(1, 50), st.floats(-100, 100)), min_size=1, max_size=20)


def _at(*times: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.asarray(times, dtype=np.int64)


@given(STEPS, st.integers(1, 40), st.integers(-60, 1100), st.integers(1, 100))
@settings(deadline=None, max_examples=60)
def test_the_integral_is_that_of_counting_every_millisecond(
    steps: list[tuple[int, float]], hold: int, begin: int, span: int
) -> None:
    times = np.cumsum([gap for gap, _ in steps]).tolist()
    values = [value for _, value in steps]
    signal = signal_of(times, values, hold)
    newest = [max((at for at in times if at <= now), default=None) for now in range(begin, begin + span)]
    known = [
        values[times.index(at)] for at, now in zip(newest, range(begin, begin + span), strict=True)
        if at is not None and now < at + hold
    ]  # fmt: skip
    assert covered_ms(signal, _at(begin), _at(begin + span))[0] == len(known)
    assert integral_ms(signal, _at(begin), _at(begin + span))[0] == pytest.approx(sum(known), abs=1e-6)


def test_a_value_holds_until_the_next_and_not_for_ever() -> None:
    signal = signal_of([0, 100], [1.0, 3.0], 150)
    assert standing(signal, _at(-1, 0, 99, 100, 249, 250)).tolist() == pytest.approx(
        [np.nan, 1, 1, 3, 3, np.nan], nan_ok=True
    )
    assert mean(signal, _at(0), _at(200))[0] == 2
    assert np.isnan(mean(signal, _at(0), _at(400))[0]), "less than three quarters is known"


def test_a_mean_stamped_at_its_end_is_of_the_time_before() -> None:
    stamped = since_before(signal_of([HOUR_MS, 2 * HOUR_MS], [10.0, 20.0], HOUR_MS))
    assert mean(stamped, _at(0, HOUR_MS), _at(HOUR_MS, 2 * HOUR_MS)).tolist() == [10, 20]


def test_amounts_close_the_window_at_its_end() -> None:
    rain = signal_of([600, 1200, 1800], [1.0, 2.0, 4.0], 600)
    assert amount(rain, _at(0, 600, 1800), _at(600, 1800, 2400)).tolist() == pytest.approx([1, 6, np.nan], nan_ok=True)
    assert reported_ms(rain, _at(0, 300), _at(1800, 2400)).tolist() == [1800, 1500]


def test_a_counter_that_is_reset_goes_on() -> None:
    assert rise(signal_of([1, 2, 3, 4], [5.0, 9.0, 2.0, 3.0], 10), _at(1), _at(4))[0] == 7


def test_days_end_on_their_border_and_steps_follow_the_clock_of_hanoi() -> None:
    assert day_begun(_at(MIDNIGHT, MIDNIGHT + 1)).tolist() == [MIDNIGHT - DAY_MS, MIDNIGHT]
    seven = MIDNIGHT + 19 * HOUR_MS
    assert day_begun(_at(seven, seven + 1), hour=19).tolist() == [seven - DAY_MS, seven]
    noons = grid(MIDNIGHT, MIDNIGHT + 2 * DAY_MS, step_ms=DAY_MS, offset_ms=12 * HOUR_MS)
    assert noons.tolist() == [MIDNIGHT + 12 * HOUR_MS, MIDNIGHT + 36 * HOUR_MS]

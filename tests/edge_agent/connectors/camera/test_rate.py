"""Pictures per second."""

from __future__ import annotations

import pytest

from edge_agent.connectors.camera import rate
from edge_agent.connectors.camera.rate import Rate


def run(counts: list[tuple[float, int]]) -> Rate:
    state = Rate()
    for at, count in counts:
        state = rate.step(state, count, at)
    return state


def test_it_is_unknown_at_first_and_the_opening_burst_does_not_count() -> None:
    assert Rate().per_s(0) is None
    slow_start = [(0.0, 0), (5.0, 1), (6.0, 27), (7.0, 32), (8.0, 37)]
    assert run(slow_start).per_s(8) is None
    assert run([*slow_start, (9.0, 42)]).per_s(9) == pytest.approx(5)


def test_a_steady_camera() -> None:
    state = run([(float(second), 5 * second + 1) for second in range(60)])
    assert state.per_s(59.9) == pytest.approx(5)
    assert len(state.counts) <= 12


def test_a_stalled_camera_slows_down() -> None:
    state = run([(float(second), 25 * second) for second in range(20)])
    rates = [rate.step(state, 475, at).per_s(at) for at in (21.0, 23.0, 25.0, 27.0)]
    assert rates == sorted(rates, key=lambda value: -(value or 0))
    assert rates[-1] is not None
    assert rates[-1] < 15


def test_one_picture_in_five_seconds_is_a_rate_and_not_zero() -> None:
    state = run([(at / 2, 1 + at // 10) for at in range(100)])
    assert state.per_s(50) == pytest.approx(0.2, rel=0.1)

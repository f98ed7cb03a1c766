"""Faults of simulated devices: the same seed tells the same story, and each fault does what its name says."""

from __future__ import annotations

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from simulators.faults import FaultKind, Faults, FaultWindow, fault_schedule

VALUES = {"level_m": 30.0, "count": 5, "open": True}


@example(1, 5e-324, 1.0)  # so seldom that it is never
@given(st.integers(0, 10_000), st.floats(0, 60), st.floats(1, 600))
def test_a_schedule_is_ordered_within_its_time_and_repeatable(seed: int, per_h: float, mean_s: float) -> None:
    windows = fault_schedule(seed, duration_s=7200, faults_per_h=per_h, mean_s=mean_s)
    assert windows == fault_schedule(seed, duration_s=7200, faults_per_h=per_h, mean_s=mean_s)
    assert all(0 <= window.begin_s <= window.end_s <= 7200 for window in windows)
    assert all(first.end_s <= second.begin_s for first, second in itertools.pairwise(windows))


def test_faults_are_switched_and_scheduled() -> None:
    faults = Faults(schedule=(FaultWindow(FaultKind.SILENT, 10, 20),))
    assert [FaultKind.SILENT in faults.active(moment) for moment in (9, 10, 19, 20)] == [False, True, True, False]
    faults.start(FaultKind.SLOW, FaultKind.GARBAGE)
    assert set(faults.active(15)) == {FaultKind.SILENT, FaultKind.SLOW, FaultKind.GARBAGE}
    faults.stop(FaultKind.SLOW)
    assert set(faults.active(0)) == {FaultKind.GARBAGE}
    faults.stop()
    assert not faults.active(0)


def test_a_stuck_sensor_repeats_itself_until_it_is_freed() -> None:
    faults = Faults()
    assert faults.distorted({"level_m": 1.0}, 0) == {"level_m": 1.0}
    faults.start(FaultKind.STUCK)
    assert faults.distorted({"level_m": 2.0}, 1) == {"level_m": 2.0}
    assert faults.distorted({"level_m": 3.0}, 2) == {"level_m": 2.0}
    faults.stop(FaultKind.STUCK)
    assert faults.distorted({"level_m": 4.0}, 3) == {"level_m": 4.0}


def test_a_drift_grows_and_leaves_counts_alone() -> None:
    faults = Faults()
    faults.start(FaultKind.DRIFT, at_s=3600)
    assert faults.distorted(VALUES, 3600) == VALUES
    assert faults.distorted(VALUES, 2 * 3600) == {"level_m": 30.6, "count": 5, "open": True}


def test_spikes_come_now_and_then() -> None:
    faults = Faults()
    faults.start(FaultKind.SPIKE)
    told = [faults.distorted(VALUES, moment)["level_m"] for moment in range(14)]
    assert sorted(set(told)) == [30.0, 300.0]
    assert told.count(300.0) == 2

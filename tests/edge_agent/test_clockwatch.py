"""The gateway's own time under every clock that a cabinet has seen: none, set forwards, set back, stepped (F17-F19)."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.clock import ScaledClock
from device_profiles.schema import Limits, Report
from edge_agent.clockwatch import EARLIEST_MS, PATIENCE_S, SETTLE_S, ClockWatch
from edge_agent.connector import Sample
from edge_agent.sampling.sieve import Sieve
from tests.edge_agent.samples import point, profile
from tests.fakes import YAGI_MS, ManualClock

HOUR_MS = 3_600_000
YEAR_MS = 365 * 24 * HOUR_MS


class Cabinet:
    """A clock that somebody sets, and the watch over it that looks every second."""

    def __init__(self, now_ms: int = YAGI_MS, *, floor_ms: int = 0) -> None:
        self.clock = ManualClock(now_ms)
        self.watch = ClockWatch(self.clock, floor_ms=floor_ms)

    def set(self, by_ms: int) -> None:
        self.clock.set_wall(self.clock.now_ms() + by_ms)

    def wait(self, seconds: float) -> list[int]:
        return asyncio.run(self.waited(seconds))

    async def waited(self, seconds: float) -> list[int]:
        moments = []
        for _ in range(round(seconds)):
            await self.clock.advance(1)
            moments.append(self.watch.now_ms())
        return moments

    @property
    def ahead_s(self) -> int:
        """How far own time is ahead of the wall clock."""
        return round((self.watch.now_ms() - self.clock.now_ms()) / 1000)


def test_a_clock_that_runs_well_is_followed_to_the_millisecond() -> None:
    cabinet = Cabinet(floor_ms=YAGI_MS)
    cabinet.set(40)  # what a time service corrects each minute
    assert (cabinet.watch.now_ms(), cabinet.watch.state()) == (cabinet.clock.now_ms(), "good")
    cabinet.set(-900)
    assert cabinet.ahead_s == 1
    assert cabinet.wait(2)[-1] == cabinet.clock.now_ms()
    assert cabinet.watch.state() == "good"


@pytest.mark.parametrize("step_ms", [HOUR_MS, YEAR_MS, 20_000], ids=["hour", "year", "seconds"])
def test_f17_a_step_forwards_is_followed_when_it_stands_and_doubted_until_then(step_ms: int) -> None:
    cabinet = Cabinet()
    cabinet.set(step_ms)
    cabinet.wait(SETTLE_S - 2)
    assert (cabinet.ahead_s, cabinet.watch.state()) == (-step_ms // 1000, "doubtful")
    cabinet.wait(5)
    assert (cabinet.ahead_s, cabinet.watch.state()) == (0, "good")
    assert cabinet.watch.jumped  # nothing is called too old by such a clock


@pytest.mark.parametrize("step_ms", [YEAR_MS, HOUR_MS, -HOUR_MS, -YEAR_MS])
def test_a_step_that_is_taken_back_at_once_leaves_no_trace(step_ms: int) -> None:
    cabinet = Cabinet()
    cabinet.set(step_ms)
    moments = cabinet.wait(30)
    assert cabinet.watch.state() == "doubtful"
    cabinet.set(-step_ms)
    moments += cabinet.wait(5)
    assert moments == [YAGI_MS + 1000 * n for n in range(1, 36)]
    assert (cabinet.watch.state(), cabinet.watch.jumped) == ("good", False)


def test_f18_a_step_back_by_an_hour_is_waited_for_at_half_speed() -> None:
    cabinet = Cabinet()
    cabinet.set(-HOUR_MS)
    moments = cabinet.wait(3600)
    assert cabinet.watch.state() == "doubtful"
    moments += cabinet.wait(3700)
    assert (cabinet.watch.state(), cabinet.ahead_s) == ("good", 0)
    assert all(300 <= later - earlier <= 1001 for earlier, later in pairwise(moments[:-200]))
    assert all(later >= earlier for earlier, later in pairwise(moments))


def test_a_clock_that_was_a_year_ahead_is_put_right_within_a_minute() -> None:
    """Nothing could wait for it: the centre took nothing of that year."""
    cabinet = Cabinet(YAGI_MS + YEAR_MS)
    cabinet.wait(10)
    cabinet.set(-YEAR_MS)
    cabinet.wait(SETTLE_S + 2)
    assert (cabinet.ahead_s, cabinet.watch.state()) == (0, "good")


def test_f19_in_1970_time_counts_from_the_boot_until_somebody_knows_it() -> None:
    cabinet = Cabinet(5000, floor_ms=YAGI_MS)
    assert cabinet.watch.began_ms is None
    assert cabinet.wait(7)[-1] == 7000
    assert cabinet.watch.state() == "doubtful"
    cabinet.clock.set_wall(YAGI_MS + HOUR_MS)
    assert cabinet.watch.now_ms() == YAGI_MS + HOUR_MS + 1  # behind everything that was counted
    assert cabinet.watch.began_ms == YAGI_MS + HOUR_MS - 7000
    assert (cabinet.watch.state(), cabinet.watch.jumped) == ("good", False)


def test_a_clock_behind_the_last_known_time_is_no_time_but_does_not_starve_the_centre() -> None:
    cabinet = Cabinet(YAGI_MS - HOUR_MS * 24, floor_ms=YAGI_MS)
    cabinet.wait(PATIENCE_S - 2)
    assert cabinet.watch.began_ms is None
    cabinet.wait(4)
    assert (cabinet.ahead_s, cabinet.watch.state()) == (0, "doubtful")


def test_before_the_house_was_built_no_patience_makes_it_true() -> None:
    cabinet = Cabinet(EARLIEST_MS - 48 * HOUR_MS)
    cabinet.wait(PATIENCE_S + 10)
    assert cabinet.watch.began_ms is None


steps = st.lists(st.tuples(st.integers(-HOUR_MS // 4, 24 * HOUR_MS), st.integers(1, 90)), max_size=4)


@given(steps, st.integers(0, 20_000))
def test_own_time_and_a_devices_times_rise_whatever_is_done_to_the_clock(
    steps: list[tuple[int, int]], at_first: int
) -> None:
    """Steps back of up to an hour in all: longer ones are the named exception."""
    cabinet = Cabinet(at_first, floor_ms=YAGI_MS)
    sieve = Sieve(profile())
    rows = []
    cabinet.clock.set_wall(YAGI_MS)

    async def live() -> None:
        for by_ms, seconds in steps:
            cabinet.set(by_ms)
            for _ in range(seconds):
                await cabinet.clock.advance(1)
                now, elapsed = cabinet.watch.now_ms(), round(cabinet.watch.monotonic() * 1000)
                rows.extend(sieve.sift([Sample("d", "p", 1.0)], now=now, elapsed_ms=elapsed))

    asyncio.run(live())
    assert len(rows) == sum(seconds for _, seconds in steps)
    assert all(earlier.observed_at < later.observed_at for earlier, later in pairwise(rows))


@given(st.integers(-2 * YEAR_MS, 2 * YEAR_MS))
def test_after_any_step_the_clock_is_trusted_again_without_anybodys_doing(by_ms: int) -> None:
    cabinet = Cabinet(floor_ms=YAGI_MS - 3 * YEAR_MS)
    cabinet.set(max(by_ms, EARLIEST_MS - YAGI_MS + HOUR_MS))

    async def live() -> None:
        for _ in range(160):
            await cabinet.clock.advance(50)
            cabinet.watch.look()

    asyncio.run(live())
    assert (cabinet.watch.state(), cabinet.ahead_s) == ("good", 0)


@pytest.mark.parametrize("by_ms", [HOUR_MS, 30 * 24 * HOUR_MS, -2 * HOUR_MS])
def test_a_step_makes_nothing_flat_nothing_fast_and_no_heartbeat_due(by_ms: int) -> None:
    """Intervals are counted, not read off a clock that somebody set (F17, F18)."""
    cabinet = Cabinet()
    calm = point(limits=Limits(flat_s=600, rate_per_s=1.0), report=Report(deadband=0.5, heartbeat_s=900))
    sieve = Sieve(profile(calm))

    def read(value: float) -> list[str]:
        now, elapsed = cabinet.watch.now_ms(), round(cabinet.watch.monotonic() * 1000)
        rows = sieve.sift([Sample("d", "p", value)], now=now, elapsed_ms=elapsed)
        return [reading.quality or "good" for row in rows for reading in row.readings]

    assert read(1.0) == ["good"]
    cabinet.set(by_ms)
    cabinet.wait(SETTLE_S + 10)
    assert read(1.0) == []
    cabinet.wait(2)
    assert read(100.0) == ["uncertain:rate"]


def test_the_time_of_a_story_is_never_in_doubt_however_long_ago_it_is_told() -> None:
    """Sơn Tinh was in July 2018: no box of ours ran then, and none is asked to believe a wall clock."""
    machine = ManualClock()
    watch = ClockWatch(ScaledClock(1_531_958_400_000, 3600.0, machine=machine), floor_ms=YAGI_MS)
    assert watch.now_ms() == watch.began_ms == 1_531_958_400_000
    assert (watch.state(), watch.is_behind, watch.jumped) == ("good", False, False)

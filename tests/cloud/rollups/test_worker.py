"""Live readings, then a backlog: the hours that it touches are computed, no other, whatever dies between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.metrics import Metric
from cloud.rollups.worker import HOURS_A_TURN, Kept
from cloud.store.base import Commit, SeriesKey
from cloud.store.memory import MemoryStore
from cloud.store.memory_roll_ups import MemoryRollUps
from cloud.store.roll_up import GRAINS, MINUTE, QUARTER, DeviceKey, Grain, Rolled, RolledPoint
from cloud.store.roll_up import HOUR as HOURS
from tests.cloud.rollups.house import HOUR, MIN, REFRESH_S, SETTLE_S, TODAY, House
from tests.cloud.store.blocks import LEVEL, block
from tests.cloud.store.stores import KINDS, both_stores

RIVER = DeviceKey("river_gauge", "gw1", "river")


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with both_stores(request, tmp_path) as (raw, roll_ups):
        made = House(tmp_path, raw, roll_ups)
        await made.readings.open_roll_ups()
        yield made
        made.state.close()


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path, MemoryStore(), FailingRollUps())
    await made.readings.open_roll_ups()
    yield made
    made.state.close()


class FailingRollUps(MemoryRollUps):
    """Roll-ups that a test can take away: before one grain is written, or altogether."""

    def __init__(self) -> None:
        super().__init__()
        self.fails_at: Grain | None = None
        self.fault: StoreUnavailableError | None = None
        self.written: list[tuple[Grain, int]] = []
        self.opened = 0

    async def open(self) -> None:
        """Counts how often it was opened."""
        self.opened += 1

    async def write(self, grain: Grain, points: Sequence[RolledPoint]) -> None:
        """Keeps it and notes which windows were written, unless the test says otherwise."""
        if self.fault or grain == self.fails_at:
            raise self.fault or StoreUnavailableError("gone")
        self.written += [(grain, window.begin) for point in points for window in point.windows]
        await super().write(grain, points)


async def kept(house: House, grain: Grain, key: SeriesKey = LEVEL) -> list[Rolled]:
    return list(await house.roll_ups.windows(key, grain, begin=TODAY - 48 * HOUR, end=TODAY + 48 * HOUR))


async def test_a_backlog_recomputes_the_hours_that_it_touches_and_no_other(house: House) -> None:
    live = [block(*[float(hour)] * 4, begin=TODAY + hour * HOUR) for hour in range(-5, 0)]
    await house.bring(*live)
    assert house.dirty() == [-5, -4, -3, -2, -1]
    await house.clock.advance(SETTLE_S)
    assert await house.worker.turn() == 5
    assert (house.dirty(), await house.worker.turn()) == ([], 0)
    before = {grain: await kept(house, grain) for grain in GRAINS}
    assert [window.begin for window in before[HOURS]] == [TODAY + hour * HOUR for hour in range(-5, 0)]

    late = TODAY - 3 * HOUR
    await house.bring(block(0.25, 100.5, 8.0, begin=late + 20 * MIN), block(7.5, begin=late + 59 * MIN))
    await house.bring(block(1.0, begin=late, device="other"))
    assert house.dirty() == [-3]
    await house.clock.advance(SETTLE_S - 1)
    assert await house.worker.turn() == 0, "stragglers get their time"
    await house.clock.advance(1)
    assert await house.worker.turn() == 2
    after = {grain: await kept(house, grain) for grain in GRAINS}
    assert [window for window in after[HOURS] if window.begin != late] == [
        window for window in before[HOURS] if window.begin != late
    ]
    assert after[HOURS][2] == Rolled(late, -3, 100.5, 4 * -3 + 0.25 + 100.5 + 8 + 7.5, 8, 7.5)
    assert [window for window in after[QUARTER] if late <= window.begin < late + HOUR] == [
        Rolled(late, -3, -3, -12, 4, -3),
        Rolled(late + 15 * MIN, 0.25, 100.5, 108.75, 3, 8),
        Rolled(late + 45 * MIN, 7.5, 7.5, 7.5, 1, 7.5),
    ]
    assert [window for window in after[MINUTE] if late <= window.begin < late + HOUR] == [
        Rolled(late, -3, -3, -12, 4, -3),
        Rolled(late + 20 * MIN, 0.25, 100.5, 108.75, 3, 8),
        Rolled(late + 59 * MIN, 7.5, 7.5, 7.5, 1, 7.5),
    ]
    assert (await kept(house, HOURS, replace(LEVEL, device="other")))[0].total == 1.0


@pytest.mark.parametrize("step_ms", [60_000, 180_000, 900_000, 1_800_000, HOUR, 6 * HOUR, 24 * HOUR])
async def test_answers_from_roll_ups_equal_those_of_raw_readings(house: House, step_ms: int) -> None:
    levels = [number % 97 / 4 for number in range(1, 400)]
    for hour in (-40, -39, -30, -20, -19, -18, -3, -2, -1, 0):
        times = [TODAY + hour * HOUR + number * 9_001 for number in range(399)]
        await house.bring(block(points={"level_m": levels}, times=times))
    await house.clock.advance(SETTLE_S)
    assert await house.worker.turn() == 9, "the hour that still runs is not due yet"
    await house.bring(block(77.0, begin=TODAY - 19 * HOUR + 5), block(78.0, begin=TODAY + MIN))
    assert house.dirty() == [-19, 0], "one hour is dirty amid clean ones, and the running one always"
    for begin, end in [
        (TODAY - 41 * HOUR, TODAY + HOUR),
        (TODAY - 39 * HOUR + 61_234, TODAY + 12_345),
        (TODAY - 19 * HOUR + 30 * MIN, TODAY - 20_001),
        (TODAY - 30 * HOUR, TODAY - 30 * HOUR + 4 * HOUR),
    ]:
        expected = await house.raw.series(LEVEL, begin=begin, end=end, step_ms=step_ms)
        found = await house.readings.series(LEVEL, begin=begin, end=end, step_ms=step_ms)
        assert [replace(each, mean=0.0) for each in found] == [replace(each, mean=0.0) for each in expected]
        assert [each.mean for each in found] == pytest.approx([each.mean for each in expected], rel=1e-12)


async def test_a_long_range_reads_no_raw_readings(memory: House) -> None:
    await memory.bring(*[block(1.0, 2.0, begin=TODAY - day * 24 * HOUR) for day in range(1, 29)])
    await memory.clock.advance(SETTLE_S)
    assert await memory.worker.turn() == 28
    assert isinstance(memory.raw, MemoryStore)
    await memory.raw.purge(begin=0, end=TODAY + HOUR)
    begin, end = TODAY - 30 * 24 * HOUR, TODAY
    buckets = await memory.readings.series(LEVEL, begin=begin, end=end, step_ms=24 * HOUR)
    assert sum(bucket.count for bucket in buckets) == 56
    assert await memory.readings.series(LEVEL, begin=begin, end=end, step_ms=24 * HOUR + 1) == []


async def test_a_short_range_is_read_raw_while_it_is_young_and_rolled_up_when_it_is_old(memory: House) -> None:
    await memory.bring(block(1.0, 2.0, begin=TODAY - 60 * MIN), block(3.0, begin=TODAY - 25 * HOUR))
    await memory.clock.advance(SETTLE_S)
    await memory.worker.turn()
    assert isinstance(memory.raw, MemoryStore)
    await memory.raw.purge(begin=0, end=TODAY + HOUR)
    young = {"begin": TODAY - 2 * HOUR, "end": TODAY}
    old = {"begin": TODAY - 26 * HOUR, "end": TODAY - 24 * HOUR}
    assert await memory.readings.series(LEVEL, step_ms=MIN, **young) == []
    assert [bucket.last for bucket in await memory.readings.series(LEVEL, step_ms=MIN, **old)] == [3.0]


async def test_a_crash_between_any_two_steps_computes_again_with_the_same_result(memory: House) -> None:
    roll_ups = memory.roll_ups
    assert isinstance(roll_ups, FailingRollUps)
    await memory.bring(block(1.0, 2.0, begin=TODAY - HOUR))
    await memory.clock.advance(SETTLE_S)
    for grain in GRAINS:
        roll_ups.fails_at = grain
        with pytest.raises(StoreUnavailableError):
            await memory.worker.turn()
        assert memory.dirty() == [-1]
        memory.restart()
        await memory.readings.open_roll_ups()
    roll_ups.fails_at = None
    (seen,) = memory.state.due_dirty(now=memory.clock.now_ms(), limit=9)
    await memory.worker.turn()
    memory.state.commit(Commit(dirty=[seen]))  # as if killed after the last write, before the log was cleaned
    memory.restart()
    first = [await kept(memory, grain) for grain in GRAINS]
    assert await memory.worker.turn() == 1
    assert [await kept(memory, grain) for grain in GRAINS] == first
    assert first[2] == [Rolled(TODAY - HOUR, 1, 2, 3, 2, 2)]
    assert memory.dirty() == []


async def test_what_comes_while_an_hour_is_computed_makes_it_dirty_again(memory: House) -> None:
    await memory.bring(block(1.0, begin=TODAY - HOUR))
    await memory.bring(block(2.0, begin=TODAY - HOUR + 1000))
    (row,) = memory.state.due_dirty(now=TODAY + HOUR, limit=9)
    assert row.marks == 1, "a busy hour costs one row"
    await memory.clock.advance(SETTLE_S)
    due = memory.state.due_dirty(now=memory.clock.now_ms(), limit=9)
    memory.marks.claim(due)
    await memory.bring(block(3.0, begin=TODAY - HOUR + 2000))
    memory.state.clean(due)
    assert memory.dirty() == [-1], "who cleans has not seen the third reading"
    await memory.clock.advance(SETTLE_S)
    await memory.worker.turn()
    assert (await kept(memory, HOURS))[0].count == 3
    assert memory.dirty() == []


async def test_the_running_hour_is_computed_now_and_then_and_when_it_is_over(memory: House) -> None:
    await memory.clock.advance(60)
    await memory.bring(block(1.0, begin=TODAY))
    await memory.clock.advance(REFRESH_S - 1)
    assert await memory.worker.turn() == 0
    await memory.clock.advance(1)
    assert await memory.worker.turn() == 1
    assert (await kept(memory, HOURS))[0].count == 1
    await memory.clock.advance(HOUR / 1000 - REFRESH_S - 60 - 10)
    await memory.bring(block(2.0, begin=TODAY + HOUR - 10_000))
    await memory.clock.advance(10 + SETTLE_S)
    assert await memory.worker.turn() == 1
    assert (await kept(memory, HOURS))[0].count == 2


async def test_a_great_backlog_is_worked_off_in_bounded_turns(memory: House) -> None:
    await memory.bring(*[block(float(n), begin=TODAY - n * HOUR) for n in range(1, 200)])
    await memory.clock.advance(SETTLE_S)
    turns = []
    while hours := await memory.worker.turn():
        turns.append(hours)
    assert turns == [HOURS_A_TURN] * 3 + [199 - 3 * HOURS_A_TURN]
    windows = await memory.roll_ups.windows(LEVEL, HOURS, begin=0, end=TODAY)
    assert [window.last for window in windows] == [float(n) for n in range(199, 0, -1)]


async def test_a_store_that_is_away_is_asked_again_and_opened_again(memory: House) -> None:
    roll_ups = memory.roll_ups
    assert isinstance(roll_ups, FailingRollUps)
    roll_ups.fault = StoreMisconfiguredError("somebody dropped the database")
    await memory.bring(block(1.0, begin=TODAY - HOUR))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(memory.worker.run())
        await _passing(memory, lambda: memory.metrics.value(Metric.ROLL_UP_RETRIES) > 1)
        assert memory.dirty() == [-1]
        opened, roll_ups.fault = roll_ups.opened, None
        await _passing(memory, lambda: not memory.dirty())
        assert roll_ups.opened > opened
        assert memory.metrics.value(Metric.ROLLED) == 1
        running.cancel()


async def _passing(house: House, done: Callable[[], bool]) -> None:
    """Lets time pass until it is done; work on threads takes its own."""
    async with asyncio.timeout(20):
        while not done():
            await house.clock.advance(10)
            await asyncio.to_thread(house.dirty)


async def test_what_is_too_old_goes_but_not_before_it_was_computed(tmp_path: Path) -> None:
    keep = Kept(2, {MINUTE: 3, QUARTER: 4, HOURS: 0})
    house = House(tmp_path, MemoryStore(), MemoryRollUps(), kept=keep)
    await house.readings.open_roll_ups()
    day = 24 * HOUR
    await house.bring(*[block(float(age), begin=TODAY - age * day) for age in range(1, 6)])
    assert await house.worker.purge() == 0, "nothing is computed yet"
    await house.clock.advance(SETTLE_S)
    await house.worker.turn()
    assert house.metrics.value(Metric.ROLL_UPS_MISSED) == 3, "what is older than readings stay is not rolled up"
    assert await house.worker.purge() == 3
    house.clock.set_wall(TODAY + 4 * day)
    assert await house.worker.purge() == 2
    left = [len(await house.roll_ups.windows(LEVEL, grain, begin=0, end=TODAY)) for grain in GRAINS]
    assert left == [0, 0, 2]
    house.state.close()

"""An exercise's time: all programs agree on it, it can stand still, and a loop on it never becomes a spin."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from device_profiles.clock import Pace, ScaledClock, SystemClock, pace_at
from device_profiles.exercise import PACE, ExerciseConfig, PaceFollower, read_paces, set_speed
from tests.fakes import YAGI_MS, ManualClock
from tests.waiting import eventually

HOUR_S = 3600.0


def test_the_story_is_the_same_for_whoever_asks_late() -> None:
    """Three hours at an hour a second, a pause, then real time: told by moments alone."""
    paces = (Pace(100.0, 0.0, HOUR_S), Pace(103.0, 3 * HOUR_S, 0.0), Pace(110.0, 3 * HOUR_S, 1.0))
    told = [pace_at(paces, at).elapsed_at(at) for at in (90.0, 100.0, 101.5, 103.0, 109.0, 110.0, 112.0)]
    assert told == [0.0, 0.0, 1.5 * HOUR_S, 3 * HOUR_S, 3 * HOUR_S, 3 * HOUR_S, 3 * HOUR_S + 2.0]


async def test_a_scaled_clock_counts_both_kinds_of_time_alike() -> None:
    machine = ManualClock()
    clock = ScaledClock(YAGI_MS, 60.0, machine=machine)
    await machine.advance(2.5)
    assert clock.now_ms() == YAGI_MS + 150_000
    assert clock.monotonic() == 150.0


async def test_a_sleep_is_divided_by_the_speed_but_never_becomes_a_spin() -> None:
    clock, machine = ScaledClock(YAGI_MS, HOUR_S), SystemClock()
    began = machine.monotonic()
    await clock.sleep(10.0)
    assert 0.05 <= machine.monotonic() - began < 1.0
    before = clock.monotonic()
    await clock.sleep(1200.0)
    assert clock.monotonic() - before >= 1200.0


async def test_a_sleeper_stays_asleep_in_a_pause_and_wakes_with_the_story() -> None:
    clock = ScaledClock(YAGI_MS, 0.0)
    async with asyncio.TaskGroup() as group:
        sleeping = group.create_task(clock.sleep(HOUR_S))
        await asyncio.sleep(0)
        assert not sleeping.done()
        clock.follow([Pace(SystemClock().monotonic(), 0.0, HOUR_S * 20)])
        async with asyncio.timeout(2):
            await sleeping


async def test_programs_that_share_a_folder_share_the_time(tmp_path: Path) -> None:
    exercise = ExerciseConfig.model_validate(
        {"name": "yagi_2024", "begin": datetime.fromisoformat("2024-09-10T07:00:00+07:00"), "speed": 0}
        | {"folder": tmp_path}
    )
    early = exercise.clock()
    assert early.now_ms() == YAGI_MS
    async with asyncio.TaskGroup() as group:
        following = group.create_task(PaceFollower(early, tmp_path).run())
        set_speed(tmp_path, 600.0)
        await eventually(lambda: early.speed == 600.0)
        late = exercise.clock()
        assert abs(late.now_ms() - early.now_ms()) < 600 * 50
        turned = set_speed(tmp_path, 0.0)
        await eventually(lambda: early.speed == 0.0)
        assert early.monotonic() == late.monotonic() or late.speed == 600.0
        late.follow(read_paces(tmp_path))
        assert early.now_ms() == late.now_ms() == YAGI_MS + round(turned.elapsed_s * 1000)
        following.cancel()


async def test_a_program_that_stops_in_a_pause_stops_in_real_time(tmp_path: Path) -> None:
    clock = ScaledClock(YAGI_MS, 0.0)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(PaceFollower(clock, tmp_path).run())
        await asyncio.sleep(0)
        following.cancel()
    assert clock.speed == 1.0
    assert clock.now_ms() - YAGI_MS < 1000


@pytest.mark.parametrize("text", ["", "{", '[{"since_s": 1}]', "null", '[{"since_s":"x","elapsed_s":0,"speed":1}]'])
def test_a_damaged_file_changes_no_time(tmp_path: Path, text: str) -> None:
    (tmp_path / PACE).write_text(text, encoding="utf-8")
    assert read_paces(tmp_path) == ()

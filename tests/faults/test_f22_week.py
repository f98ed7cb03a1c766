"""F22: seven days without a link; afterwards the centre has exactly what the gateway kept, and live data came first."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from device_profiles.clock import SystemClock
from device_profiles.wire import absolute_times
from tests.benchmarks.offline_week import PER_SECOND, Week, fill
from tests.faults.conftest import Ring, Score
from tests.faults.tools.devices import POINT
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.warm import Starter
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

WEEK_MS = 7 * 86_400_000
DRAINED_WITHIN_S = 1800.0
Reading = tuple[str, str, int, float]
STORED = "SELECT device, point, at, value FROM reading JOIN series ON series.id = series WHERE point != ? LIMIT ?"
COUNT = "SELECT count(*) FROM reading JOIN series ON series.id = series WHERE point != ?"


def kept(week: Week) -> set[Reading]:
    return {
        (block.device, point, at, float(str(value)))
        for load in week.loads()
        for block in load.devices
        for point, values in block.points.items()
        for at, value in zip(absolute_times(block.times), values, strict=True)
    }


def ask(made: Platform, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(
        sqlite3.connect(f"file:{made.centre_data / 'readings.sqlite3'}?mode=ro", uri=True, timeout=30)
    ) as base:
        return base.execute(statement, values).fetchall()


def of_the_week(made: Platform) -> int:
    """How many readings of the week are stored; the gauge that pushes meanwhile has a point of its own."""
    return int(str(ask(made, COUNT, POINT)[0][0]))


@pytest.mark.timeout(2000)
async def test_f22_seven_days_offline(tmp_path: Path, starter: Starter, ring: Ring, score: Score) -> None:
    rows = ring.week_readings // PER_SECOND
    week = Week(rows * PER_SECOND, SystemClock().now_ms(), step_ms=WEEK_MS // rows)
    filled = fill(tmp_path / "edge", week)
    assert filled.readings == week.readings
    async with platform(tmp_path, starter, pause_s=0.1) as made:
        await eventually(lambda: made.verdict().stored > 0)
        backlog_when_live = of_the_week(made)
        await eventually(lambda: of_the_week(made) >= week.readings, DRAINED_WITHIN_S, every_s=0.2)
        verdict = await made.drained()
        assert verdict.lost == verdict.altered == verdict.awaited == verdict.dropped == 0
        assert verdict.unexplained == 0
        assert set(ask(made, STORED, POINT, week.readings + 1)) == kept(week)
        assert backlog_when_live < week.readings, "live data waits for no backlog"
        score.blows["F22 seven days"] = 1

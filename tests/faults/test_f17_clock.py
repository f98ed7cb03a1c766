"""F17, F18, F19: somebody sets the gateway's clock while the real agent runs, or it boots in 1970."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
import httpx
import pytest

from cloud.store.base import AlarmFilter
from cloud.store.sql import SqlStateStore
from device_profiles.wire import Channel, Health, decode, filter_for
from tests.faults.conftest import Score
from tests.faults.tools.devices import KEY, POINT
from tests.faults.tools.false_clock import FalseClock, false_clock
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.warm import Starter
from tests.servers import HOST
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

STEPS_S = (3600.0, 365 * 86400.0, -3600.0)
FIFTY_YEARS_S = 50 * 365.25 * 86400.0
DEVICE = "gauge-1"
SLACK_MS = 20_000  # the machine may be busy; the smallest step is an hour
EVERY_S = 0.02
VALUES = "SELECT value, at FROM reading JOIN series ON series.id = series WHERE device = ? AND point = ? ORDER BY at"


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FalseClock]:
    with false_clock(tmp_path_factory.mktemp("clock")) as made:
        yield made


@dataclass
class Clockless:
    """A device without a clock: the gateway stamps what it pushes. Each value is one more than the last."""

    port: int
    pushed_at: dict[float, float] = field(default_factory=dict)  # value -> true ms

    async def run(self) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            for number in itertools.count(1):
                value, at = number / 100, time.time() * 1000
                url = f"http://{HOST}:{self.port}/push/{DEVICE}"
                with suppress(httpx.HTTPError):  # the agent is away: a device without a memory goes on
                    answer = await client.post(url, json={POINT: value}, headers=headers)
                    assert answer.status_code == httpx.codes.ACCEPTED
                    self.pushed_at[value] = at
                await asyncio.sleep(EVERY_S)


@asynccontextmanager
async def stamped(folder: Path, starter: Starter, clock: FalseClock) -> AsyncIterator[tuple[Platform, Clockless]]:
    """The platform with a device that the gateway stamps; the gauges with clocks of their own are silent."""
    async with (
        platform(folder, starter, agent_starter=clock.starter, health_period_s=0.2) as made,
        asyncio.TaskGroup() as group,
    ):
        await made.gauges.rest()
        await made.drained()
        device = Clockless(made.gauges.port)
        work = group.create_task(device.run())
        try:
            yield made, device
        finally:
            work.cancel()


def stored(made: Platform) -> list[tuple[float, int]]:
    """Value and time of what the gateway stamped, by time; the gauges' own readings are an hour old."""
    with closing(
        sqlite3.connect(f"file:{made.centre_data / 'readings.sqlite3'}?mode=ro", uri=True, timeout=30)
    ) as base:
        known = {at for name, at in made.gauges.sent.values if name == DEVICE}
        return [(value, at) for value, at in base.execute(VALUES, (DEVICE, POINT)) if at not in known]


async def clock_of(made: Platform) -> str:
    """What the gateway says of its clock in its next health document."""
    async with asyncio.timeout(10), aiomqtt.Client(HOST, made.broker.port) as client:
        await client.subscribe(filter_for(Channel.HEALTH))
        async for message in client.messages:
            if not message.retain and isinstance(message.payload, bytes):
                return decode(message.payload, Health).clock
    return ""


def alarms(made: Platform) -> int:
    state = SqlStateStore(f"sqlite:///{made.centre_data / 'centre.sqlite3'}")
    try:
        return len(state.alarms(AlarmFilter(), before=None, limit=10))
    finally:
        state.close()


def check_order_and_times(made: Platform, device: Clockless) -> None:
    """Each value once, in the order of measuring, under the time at which it was measured."""
    found = stored(made)
    assert [value for value, _ in found] == sorted({value for value, _ in found})
    wrong = {value: at - device.pushed_at[value] for value, at in found if value in device.pushed_at}
    assert all(abs(error) < SLACK_MS for error in wrong.values()), max(wrong.values(), key=abs)


async def test_f17_f18_steps_of_the_clock_move_no_reading(
    tmp_path: Path, starter: Starter, clock: FalseClock, score: Score
) -> None:
    clock.set(0)
    async with stamped(tmp_path, starter, clock) as (made, device):
        await eventually(lambda: len(stored(made)) > 5)
        for number, by_s in enumerate(STEPS_S, start=1):
            made.note(f"clock set by {by_s} s")
            clock.set(by_s)
            before = len(device.pushed_at)
            await eventually(lambda before=before: len(device.pushed_at) > before + 5)  # type: ignore[misc]
            assert await clock_of(made) == "doubtful"
            clock.set(0)
            await eventually(lambda number=number: made.log("agent").count("clock agrees again") == number)  # type: ignore[misc]
        last = max(device.pushed_at)
        await eventually(lambda: stored(made)[-1][0] > last)
        check_order_and_times(made, device)
        assert alarms(made) == 0
        told = [json.loads(line)["by_s"] for line in made.log("agent").splitlines() if "clock was set" in line]
        assert [round(told_s / by_s, 1) for told_s, by_s in zip(told, STEPS_S, strict=True)] == [1.0] * len(STEPS_S)
        score.blows["F17/F18 clock set"] = len(STEPS_S)


async def test_f19_booted_in_1970_nothing_travels_until_the_time_is_known(
    tmp_path: Path, starter: Starter, clock: FalseClock, score: Score
) -> None:
    clock.set(-FIFTY_YEARS_S)
    async with stamped(tmp_path, starter, clock) as (made, device):
        await eventually(lambda: len(device.pushed_at) > 5)
        await made.kill_agent()
        made.start_agent()
        before = len(device.pushed_at)
        await eventually(lambda: len(device.pushed_at) > before + 5)
        assert await clock_of(made) == "doubtful"
        assert stored(made) == []
        clock.set(0)
        known = set(device.pushed_at)
        await eventually(lambda: {value for value, _ in stored(made)} >= known)
        check_order_and_times(made, device)
        assert await clock_of(made) == "good"
        score.blows["F19 booted in 1970"] = 1

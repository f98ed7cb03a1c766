"""The real centre, killed after live readings and after backlogs: in the end roll-ups tell what the readings tell."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cloud.rollups.fold import merged
from cloud.store.base import SeriesKey
from cloud.store.roll_up import GRAINS, HOUR, HOUR_MS, DeviceKey
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from cloud.store.sqlite_roll_ups import SqliteRollUps
from device_profiles.clock import SystemClock
from tests.cloud.stage import DEVICE, GATEWAY, PROFILE, scripted, write_config
from tests.cloud.test_kill import send_again_until_settled, start
from tests.servers import run_mosquitto
from tests.waiting import eventually

LEVEL = SeriesKey(PROFILE, GATEWAY, DEVICE, "level_m")
AGES_H = (0, 5, 3)  # live, then two backlogs
EACH = 20


@pytest.mark.scenario
@pytest.mark.timeout(120)
async def test_killed_between_any_two_steps_the_roll_ups_tell_what_the_readings_tell(tmp_path: Path) -> None:
    now = SystemClock().now_ms()
    with run_mosquitto() as broker:
        quick = "[roll_ups]\nsettle_s = 0\nrefresh_s = 1\n"
        config = write_config(tmp_path, f"mqtt://127.0.0.1:{broker.port}", more=quick)
        state = SqlStateStore(f"sqlite:///{tmp_path / 'data' / 'centre.sqlite3'}")
        centre = await start(config)
        try:
            async with scripted(broker) as gateway:
                for number, age_h in enumerate(AGES_H, start=1):
                    for batch in range(EACH):
                        at = now - age_h * HOUR_MS - 60_000 * batch
                        gateway.batch({"level_m": [27.0 + batch / 4, 27.25]}, [at, at + 500])
                    async with asyncio.timeout(40):
                        await send_again_until_settled(gateway, most=number * EACH)
                    centre.kill()
                    await centre.wait()
                    centre = await start(config)
                await eventually(lambda: state.oldest_dirty() is None, within_s=40)
        finally:
            if centre.returncode is None:
                centre.terminate()
            await centre.wait()
    state.close()
    raw = SqliteStore(tmp_path / "data" / "readings.sqlite3")
    rolled = SqliteRollUps(tmp_path / "data" / "readings_roll_ups.sqlite3")
    await raw.open()
    await rolled.open()
    (truth,) = await raw.minutes(DeviceKey(PROFILE, GATEWAY, DEVICE), begin=0, end=now + HOUR_MS)
    assert sum(window.count for window in truth.windows) == 2 * EACH * len(AGES_H)
    for grain in GRAINS:
        found = await rolled.windows(LEVEL, grain, begin=0, end=now + HOUR_MS)
        assert list(found) == merged(truth.windows, grain.step_ms)
    hours = {window.begin for window in await rolled.windows(LEVEL, HOUR, begin=0, end=now + HOUR_MS)}
    assert hours == {window.begin // HOUR_MS * HOUR_MS for window in truth.windows}, "no hour that nobody touched"
    await rolled.close()
    await raw.close()

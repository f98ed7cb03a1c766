"""kill -9 of the running centre amid a shuffled backlog of hours: the history is that of delivery in order."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from cloud.alarms.chronicle import chronicle
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from tests.cloud.stage import DEVICE, GATEWAY, scripted, write_config
from tests.cloud.test_kill import send_again_until_settled, start
from tests.servers import run_mosquitto
from tests.waiting import eventually

KILLS = 2
PERIOD_MS = 120_000
READINGS = 230
TOGETHER = 5
CHANNEL = """
[[notify.channels]]
kind = "webhook"
name = "ops"
url = "http://127.0.0.1:9/"
allow_private = true
"""


def ripples(begin: int, chance: random.Random) -> list[tuple[int, float]]:
    """A river that passes its alarm level up and down again and again, for seven hours and a half."""
    heights = [28.5 + 0.5 * abs(number // 12 % 10 - 5) for number in range(READINGS)]
    return [(begin + n * PERIOD_MS, round(height + chance.uniform(-0.6, 0.6), 2)) for n, height in enumerate(heights)]


def in_order(event: list[tuple[int, float]]) -> list[tuple[int, str]]:
    """What the rule `river_high` of the stage says of them: raised at 30.0, cleared at 29.5."""
    told: list[tuple[int, str]] = []
    for at, value in event:
        is_raised = bool(told) and told[-1][1] == "raised"
        if value >= 30.0 and not is_raised:
            told.append((at, "raised"))
        elif value <= 29.5 and is_raised:
            told.append((at, "cleared"))
    return told


@pytest.mark.scenario
@pytest.mark.timeout(240)
async def test_killed_amid_a_shuffled_backlog_the_history_is_that_of_delivery_in_order(tmp_path: Path) -> None:
    chance = random.Random(5)
    event = ripples(SystemClock().now_ms() - 8 * 3_600_000, chance)
    parts = [event[first : first + TOGETHER] for first in range(0, READINGS, TOGETHER)]
    chance.shuffle(parts)
    with run_mosquitto() as broker:
        centre = await start(write_config(tmp_path, f"mqtt://127.0.0.1:{broker.port}", more=CHANNEL))
        try:
            async with scripted(broker) as gateway:
                await gateway.be_born()
                for part in parts:
                    gateway.batch({"level_m": [value for _, value in part]}, [at for at, _ in part])
                for kill in range(1, KILLS + 2):
                    async with asyncio.timeout(60):
                        await send_again_until_settled(gateway, most=kill * len(parts) // (KILLS + 1))
                    if kill <= KILLS:
                        centre.kill()
                        await centre.wait()
                        centre = await start(tmp_path / "centre.toml")
            state = SqlStateStore(f"sqlite:///{tmp_path / 'data' / 'centre.sqlite3'}")

            def told() -> list[tuple[int, str]]:
                _, lines = state.pasts.past("river_high", GATEWAY, DEVICE, since=0)
                return [(entry.observed_at, entry.what) for entry in chronicle(lines, ["I"])]

            await eventually(lambda: told() == in_order(event), within_s=40)
            assert not state.notices(limit=9), "somebody was told what is long past"
            state.close()
        finally:
            centre.terminate()
            await centre.wait()

"""F03: kill -9 of the centre anywhere between store, commit and receipt loses nothing and doubles nothing."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from cloud.ingest.ledger import Ledger
from cloud.store.base import AlarmFilter, SeriesKey
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.clock import SystemClock
from tests.cloud.stage import DEVICE, GATEWAY, PROFILE, ScriptedGateway, scripted, write_config
from tests.servers import run_mosquitto

BATCHES = 120
KILLS = 3
RECEIPT_TIMEOUT_S = 1.0


async def start(config: Path) -> asyncio.subprocess.Process:
    """The real program in a process of its own."""
    command = [sys.executable, "-m", "cloud", "serve", "--config", str(config)]
    return await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)


async def send_again_until_settled(gateway: ScriptedGateway, *, most: int) -> None:
    """What a gateway does: whatever has no receipt is sent again."""
    while len(gateway.settled()) < most:
        unsettled = sorted(gateway.sent.keys() - gateway.settled())[:20]
        for sequence in unsettled:
            await gateway.send(gateway.sent[sequence])
        with suppress(TimeoutError):  # killed with them
            await gateway.until_settled(*unsettled, within_s=RECEIPT_TIMEOUT_S)


@pytest.mark.scenario
@pytest.mark.timeout(180)
async def test_killed_again_and_again_every_reading_counts_once(tmp_path: Path) -> None:
    with run_mosquitto() as broker:
        config = write_config(tmp_path, f"mqtt://127.0.0.1:{broker.port}")
        centre = await start(config)
        try:
            async with scripted(broker) as gateway:
                begin = SystemClock().now_ms() - 600_000
                for number in range(BATCHES):
                    at = begin + 10 * number
                    gateway.batch({"level_m": [31.0 + number / 1000, 31.0]}, [at, at + 5])
                for kill in range(1, KILLS + 1):
                    async with asyncio.timeout(60):
                        await send_again_until_settled(gateway, most=kill * BATCHES // (KILLS + 1))
                    centre.kill()
                    await centre.wait()
                    centre = await start(config)
                async with asyncio.timeout(60):
                    await send_again_until_settled(gateway, most=BATCHES)
        finally:
            if centre.returncode is None:
                centre.terminate()
            await centre.wait()
    state = SqlStateStore(f"sqlite:///{tmp_path / 'data' / 'centre.sqlite3'}")
    store = SqliteStore(tmp_path / "data" / "readings.sqlite3")
    await store.open()
    terms = Ledger(state.accounts()).terms()
    assert (terms.accepted, terms.stored, terms.awaited) == (2 * BATCHES, 2 * BATCHES, 0)
    assert state.point_counts() == {(GATEWAY, DEVICE, "level_m"): 2 * BATCHES}
    assert await store.count(SeriesKey(PROFILE, GATEWAY, DEVICE, "level_m")) == 2 * BATCHES
    assert len(state.alarms(AlarmFilter(), before=None, limit=9)) == 1
    await store.close()
    state.close()

"""F03 with InfluxDB, and the control: a receipt for what the broker has, not the centre, loses readings."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from device_profiles.wire import Batch, Channel, Receipt, decode_batch, encode, filter_for, parse_topic, topic_for
from tests.faults.conftest import Ring, Score
from tests.faults.tools.platform import CentreSide, Platform, platform
from tests.faults.tools.warm import Starter
from tests.servers import HOST, run_influxd
from tests.waiting import eventually

pytestmark = pytest.mark.scenario


async def test_f03_centre_killed_over_influxdb(tmp_path: Path, starter: Starter, ring: Ring, score: Score) -> None:
    cycles, chance = max(2, ring.cycles // 10), random.Random(ring.seed)
    with run_influxd() as influx:
        async with platform(tmp_path, starter, centre_side=CentreSide(influx=influx)) as made:
            for _ in range(cycles):
                await asyncio.sleep(chance.uniform(0, 1.5))  # the random moment, also within its start
                await made.kill_centre()
                made.start_centre()
            verdict = await made.drained()
            score.add(verdict, cycles=cycles, blow="F03 centre on InfluxDB")
            assert verdict.is_clean, f"{verdict}\n{made.timeline}"
            assert verdict.acknowledged == verdict.sent == verdict.stored > 0


async def test_f03_influxdb_killed(tmp_path: Path, starter: Starter, score: Score) -> None:
    """Its write-ahead log is on disk before it answers 204, so a kill may cost nothing that a receipt named."""
    with run_influxd() as influx:
        async with platform(tmp_path, starter, centre_side=CentreSide(influx=influx)) as made:
            await eventually(lambda: made.verdict().stored > 0)
            influx.kill()
            made.note("influxd killed")
            await made.ready()
            await asyncio.to_thread(influx.start)
            verdict = await made.drained()
            score.add(verdict, cycles=1, blow="F03 InfluxDB")
            assert verdict.is_clean, f"{verdict}\n{made.timeline}"


@asynccontextmanager
async def eager(made: Platform) -> AsyncIterator[None]:
    """Somebody at the broker who gives a receipt for every batch that the broker has."""
    async with aiomqtt.Client(HOST, made.broker.port) as client, asyncio.TaskGroup() as group:
        for channel in (Channel.READINGS, Channel.BACKLOG, Channel.EVENTS):
            await client.subscribe(filter_for(channel), qos=1)
        task = group.create_task(_receipt_all(client))
        try:
            yield
        finally:
            task.cancel()


async def _receipt_all(client: aiomqtt.Client) -> None:
    async for message in client.messages:
        batch: Batch = decode_batch(message.payload if isinstance(message.payload, bytes) else b"")
        receipt = Receipt(v=1, epoch=batch.epoch, committed=[(batch.sequence, batch.sequence)])
        gateway = parse_topic(str(message.topic)).gateway
        await client.publish(topic_for(gateway, Channel.RECEIPT), encode(receipt), qos=1)


async def test_f03_control_receipt_on_puback_loses(tmp_path: Path, starter: Starter, score: Score) -> None:
    """The same kill with receipts before the commit. If this finds no loss, the tests above prove nothing."""
    async with platform(tmp_path, starter) as made:
        await eventually(lambda: made.verdict().stored > 0)
        async with eager(made):
            await made.kill_centre()
            for _ in range(5):
                await made.ready()
            made.start_centre()
            verdict = await made.drained(within_s=5)
        score.control_lost += verdict.lost
        assert verdict.lost > 0, f"{verdict}\n{made.timeline}"

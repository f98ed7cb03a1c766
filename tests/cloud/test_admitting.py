"""Limits and drain slots on the running centre: who is over them waits, says so, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.app import Centre
from device_profiles.clock import SystemClock
from device_profiles.wire import Batch, Channel, Event
from tests.cloud.stage import DEVICE, ScriptedGateway, running, scripted, settings_for
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually

LIMITS = "[admission]\nreadings_per_s = 10\nburst_s = 4\n[drain]\nslots = 1\n"


@pytest.fixture
def broker() -> Iterator[Server]:
    """A broker of our own: retained messages of one test must not reach the next."""
    with run_mosquitto() as server:
        yield server


async def test_a_flood_waits_is_counted_and_comes_in_later_while_its_alarms_pass(
    tmp_path: Path, broker: Server
) -> None:
    now = SystemClock().now_ms()
    async with running(Centre(settings_for(tmp_path, broker, more=LIMITS))) as centre, scripted(broker) as gateway:
        await gateway.send(gateway.batch({"level_m": [20.0] * 70}, list(range(now - 70, now))))
        await gateway.until_settled(1)
        late = gateway.batch({"level_m": [21.0]}, [now])
        await gateway.send(late)
        await gateway.send(gateway.batch({}, [], events=[Event("e-1", DEVICE, "door", now)]), Channel.EVENTS)
        await gateway.until_settled(1, 3)
        (view,) = centre.view.gateways()
        assert (view.withheld, gateway.settled()) == ({"readings": 1}, {1, 3})
        await eventually(lambda: _came_in(gateway, late), within_s=20)
        assert centre.house.parts.recorder.ledger.terms().stored == 72


async def test_who_sends_backlog_beside_others_is_asked_to_wait(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker, more=LIMITS))) as centre, scripted(broker) as gateway:
        assert centre.house.parts.slots.wait_s("another", centre.clock.monotonic()) == 0.0
        batch = gateway.batch({"level_m": [20.0]}, [SystemClock().now_ms()])
        await gateway.send(batch, Channel.BACKLOG)
        await gateway.until_settled(1)
        assert [receipt.backlog_wait_s > 0 for receipt in gateway.receipts] == [True]
        await gateway.measure(20.5)
        await gateway.until_settled(1, 2)
        assert gateway.receipts[-1].backlog_wait_s == 0.0


async def _came_in(gateway: ScriptedGateway, batch: Batch) -> bool:
    await gateway.send(batch)
    return batch.sequence in gateway.settled()

"""A gateway with forty devices dies without a word and comes back: one alarm, and afterwards the truth.

The real centre on a clock that the test owns, a real broker, and a gateway whose connection is cut, so that the broker
tells its will.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.app import Centre
from cloud.settings import read_settings
from cloud.store.base import AlarmFilter, AlarmRow
from device_profiles.wire import Batch, BirthDevice, DeviceBlock, Health, State, encode, relative_times, size_of
from simulators.load.gateway import LoadGateway, Words
from tests.cloud.stage import EPOCH, GATEWAY, PROFILE, running, write_config
from tests.fakes import ManualClock
from tests.servers import Server, run_mosquitto
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.scenario

FORTY = tuple(f"gauge-{number:02}" for number in range(1, 41))
AT_REST = 12  # loops of the centre that wait for the time
PERIOD_S, SILENT_S, STEP_S = 60, 900, 5
SILENT = f"""
id = "gauge_silent"
version = 1
text = {{ vi = "Trạm {{device}} không có số liệu", en = "Gauge {{device}} says nothing" }}
instruction = {{ vi = "Kiểm tra", en = "Check" }}
owner = "PCTT"
source = "test"
confirmed = false
[selector]
profile = "river_gauge_radar"
[kind]
kind = "stale"
[[kind.levels]]
name = "silent"
severity = 3
after_s = {SILENT_S}
"""


@pytest.fixture
def broker() -> Iterator[Server]:
    """A broker of our own: a will that is retained must not reach the next test."""
    with run_mosquitto() as server:
        yield server


class Field:
    """The gateway and its devices, and the time that passes for everybody."""

    def __init__(self, clock: ManualClock, broker: Server, centre: Centre) -> None:
        self.clock, self.centre, self.idle = clock, centre, clock.sleepers
        self.sequence = self.accepted = 0
        devices = [BirthDevice(each, PROFILE, "0" * 12, "Trạm đo", "Gauge") for each in FORTY]
        birth = State(v=1, state="online", since=clock.now_ms(), epoch=EPOCH, devices=devices)
        will = State(v=1, state="lost", since=clock.now_ms(), epoch=EPOCH, devices=[])
        words = Words(GATEWAY, encode(birth), encode(will), encode(self._health()))
        self.gateway = LoadGateway(words, broker.url, lambda _: None)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """The gateway is there; at the end its connection is cut without a word."""
        async with asyncio.TaskGroup() as group:
            life = group.create_task(self.gateway.run())
            await eventually(lambda: self.gateway.is_up)
            yield
            life.cancel()
        async with asyncio.timeout(PATIENCE_S):
            while self._standing() != "lost":
                await self.passes(STEP_S)

    async def passes(self, seconds: int, *, talking: tuple[str, ...] = ()) -> None:
        """Time passes in small steps; these devices are read once a minute."""
        for second in range(0, seconds, STEP_S):
            if talking and second % PERIOD_S == 0:
                self._read(talking)
            await self.clock.advance(STEP_S)
            await eventually(self._is_idle, every_s=0.001)

    def active(self) -> list[AlarmRow]:
        """Alarms whose problem lasts."""
        rows = self.centre.state.alarms(AlarmFilter(open=True), before=None, limit=100)
        return [row for row in rows if row.state in ("unacked", "acked")]

    def _read(self, devices: tuple[str, ...]) -> None:
        self.sequence += 1
        at = self.clock.now_ms()
        blocks = [DeviceBlock(each, PROFILE, relative_times([at]), {"level_m": [28.0]}) for each in devices]
        batch = Batch(1, EPOCH, self.sequence, self.accepted, blocks, [], [])
        self.accepted += size_of(batch)
        self.gateway.say(self.sequence, encode(batch))

    def _is_idle(self) -> bool:
        """Everybody in the centre waits for the time again."""
        return self.clock.sleepers >= self.idle

    def _standing(self) -> str:
        view = self.centre.view.gateway(GATEWAY)
        return view.state if view else ""

    def _health(self) -> Health:
        return Health(
            v=1, at=self.clock.now_ms(), epoch=EPOCH, next_sequence=1, accepted=0, backlog_batches=0,
            backlog_readings=0, backlog_bytes=0, dropped_readings=0, reconnects=0, devices=[],
        )  # fmt: skip


async def test_one_alarm_names_forty_devices_and_their_return_is_told_truly(tmp_path: Path, broker: Server) -> None:
    clock, config = ManualClock(), write_config(tmp_path, broker.url)
    (tmp_path / "rules" / "gauge_silent.toml").write_text(SILENT, encoding="utf-8")
    async with running(Centre(read_settings(config), clock=clock)) as centre:
        await eventually(lambda: clock.sleepers >= AT_REST)
        field = Field(clock, broker, centre)
        async with field.connected():
            await field.passes(120, talking=FORTY)
            assert field.active() == []
        await field.passes(2 * SILENT_S)
        (alarm,) = field.active()
        assert (alarm.rule, alarm.gateway, alarm.level) == ("gateway_away", GATEWAY, "lost")
        assert alarm.text_vi.endswith(f"40 thiết bị không có số liệu: {', '.join(FORTY)}.")
        async with field.connected():
            await field.passes(PERIOD_S, talking=FORTY[2:])
            assert field.active() == []
            await field.passes(SILENT_S, talking=FORTY[2:])
            assert {(row.rule, row.device) for row in field.active()} == {
                ("gauge_silent", "gauge-01"),
                ("gauge_silent", "gauge-02"),
            }
        rows = centre.state.alarms(AlarmFilter(), before=None, limit=100)
        assert len(rows) == 3

"""A stage for scenario tests: configuration files in a folder, and a gateway that does what the test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt

from cloud.app import Centre
from cloud.settings import Settings, read_settings
from device_profiles.clock import SystemClock
from device_profiles.wire import (
    Batch,
    BirthDevice,
    Channel,
    DeviceBlock,
    DeviceHealth,
    Dropped,
    Event,
    Health,
    Receipt,
    State,
    decode,
    encode,
    relative_times,
    size_of,
    topic_for,
)
from device_profiles.wire.messages import Cell
from tests.servers import Server
from tests.waiting import eventually

GATEWAY = "gw-1"
DEVICE = "gauge-1"
PROFILE = "river_gauge_radar"
EPOCH = "00000000000000aa"

SITE = """
id = "yen-bai"
name = { vi = "Yên Bái", en = "Yen Bai" }
area = "lao-cai"
lat = 21.7
lon = 104.9

[[gateways]]
id = "gw-1"
name = { vi = "Cổng 1", en = "Gateway 1" }
"""
AREAS = """
[[areas]]
id = "lao-cai"
name = { vi = "Tỉnh Lào Cai", en = "Lao Cai province" }
"""
RULE = """
id = "river_high"
version = 1
text = { vi = "Mực nước {value} {unit}", en = "Water level {value} {unit}" }
instruction = { vi = "Kiểm tra", en = "Check" }
owner = "PCTT"
source = "test"
confirmed = false
[selector]
profile = "river_gauge_radar"
point = "level_m"
[kind]
kind = "threshold"
unit = "m"
[[kind.levels]]
name = "I"
severity = 3
above = 30.0
clear = 29.5
"""


def write_config(folder: Path, broker: str, *, more: str = "") -> Path:
    """A complete configuration of a centre with one site, one gateway and one rule."""
    for name in ("sites", "rules"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "sites" / "yen-bai.toml").write_text(SITE, encoding="utf-8")
    (folder / "sites" / "areas.toml").write_text(AREAS, encoding="utf-8")
    (folder / "rules" / "river_high.toml").write_text(RULE, encoding="utf-8")
    path = folder / "centre.toml"
    path.write_text(
        'data_dir = "data"\nsites_dir = "sites"\nrules_dir = "rules"\nrules_need_two_people = false\n'
        "[http]\nport = 0\ncookie_secure = false\n"
        f'[broker]\nurl = "{broker}"\n[flow]\nlinger_s = 0.01\nprobe_s = 0.2\n{more}',
        encoding="utf-8",
    )
    return path


def settings_for(folder: Path, broker: Server, *, more: str = "") -> Settings:
    """The settings of such a configuration."""
    return read_settings(write_config(folder, f"mqtt://127.0.0.1:{broker.port}", more=more))


@asynccontextmanager
async def running(centre: Centre) -> AsyncIterator[Centre]:
    """The centre, up and listening; stopped behind the test."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        life = group.create_task(centre.run(stop))
        try:
            await eventually(lambda: life.done() or not centre.link.fault(), within_s=10)
            yield centre
        finally:
            stop.set()


@dataclass
class ScriptedGateway:
    """Publishes what the test says, and remembers the receipts."""

    client: aiomqtt.Client
    id: str = GATEWAY
    epoch: str = EPOCH
    sequence: int = 0
    accepted: int = 0
    measured_at: int = 0
    sent: dict[int, Batch] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)

    async def publish(self, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        """Any bytes on any channel."""
        await self.client.publish(topic_for(self.id, channel), payload, qos=1, retain=retain)

    async def be_born(self) -> None:
        """Says who it is."""
        device = BirthDevice(DEVICE, PROFILE, "0" * 12, "Trạm đo", "Gauge")
        state = State(v=1, state="online", since=SystemClock().now_ms(), epoch=self.epoch, devices=[device])
        await self.publish(Channel.STATE, encode(state))

    async def tell_health(self, read_at: int = 0) -> None:
        """Says what it has accepted."""
        health = Health(
            v=1,
            at=SystemClock().now_ms(),
            epoch=self.epoch,
            next_sequence=self.sequence + 1,
            accepted=self.accepted,
            backlog_batches=0,
            backlog_readings=0,
            backlog_bytes=0,
            dropped_readings=0,
            reconnects=0,
            devices=[DeviceHealth(DEVICE, read_at)],
        )
        await self.publish(Channel.HEALTH, encode(health))

    def batch(
        self,
        points: dict[str, list[Cell]],
        times: list[int],
        *,
        events: list[Event] | None = None,
        profile: str = PROFILE,
        dropped: list[Dropped] | None = None,
    ) -> Batch:
        """The next batch, accepted but not sent."""
        self.sequence += 1
        blocks = [DeviceBlock(DEVICE, profile, relative_times(times), points)] if times else []
        batch = Batch(1, self.epoch, self.sequence, self.accepted, blocks, events or [], dropped or [])
        self.accepted += size_of(batch)
        self.sent[batch.sequence] = batch
        return batch

    async def send(self, batch: Batch, channel: Channel = Channel.READINGS) -> None:
        """Sends a batch, for the first time or again."""
        await self.publish(channel, encode(batch, "zstd"))

    async def measure(self, value: float, *, at: int | None = None) -> Batch:
        """Accepts and sends one reading; two within a millisecond would be one and the same."""
        self.measured_at = at or max(SystemClock().now_ms(), self.measured_at + 1)
        batch = self.batch({"level_m": [value]}, [self.measured_at])
        await self.send(batch)
        return batch

    def settled(self) -> set[int]:
        """Every sequence that a receipt named committed or refused."""
        ranges = [(first, last) for receipt in self.receipts for first, last in receipt.committed]
        committed = {number for first, last in ranges for number in range(first, last + 1)}
        return committed | {each.sequence for receipt in self.receipts for each in receipt.refused}

    async def until_settled(self, *sequences: int, within_s: float = 10.0) -> None:
        """Until all of these have their receipts."""
        await eventually(lambda: self.settled() >= set(sequences), within_s=within_s)

    async def listen(self) -> None:
        """Collects receipts until cancelled."""
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            self.receipts.append(decode(message.payload, Receipt))


@asynccontextmanager
async def scripted(broker: Server, *, gateway: str = GATEWAY, epoch: str = EPOCH) -> AsyncIterator[ScriptedGateway]:
    """A gateway that is connected to the broker."""
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe(topic_for(gateway, Channel.RECEIPT), qos=1)
        one = ScriptedGateway(client, gateway, epoch)
        async with asyncio.TaskGroup() as group:
            ears = group.create_task(one.listen())
            yield one
            ears.cancel()


def letters_in(folder: Path) -> list[dict[str, object]]:
    """Every dead letter on disk."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines]

"""Batches grow on a link that is full (F24): fewer bytes a reading, more of the backlog, and no batch too late."""

from __future__ import annotations

import random

import pytest

from device_profiles.wire import Channel, DeviceBlock
from edge_agent.outbox.base import Load, Priority
from edge_agent.outbox.packing import pack
from edge_agent.uplink.collecting import LONGEST_BATCH_S, Collecting
from edge_agent.uplink.lanes import Lanes
from tests.edge_agent.samples import NOW
from tests.edge_agent.uplink.mountain import EPOCH, LAN, MOUNTAIN, Line, World

DEVICES, POINTS = 3, ("level_m", "velocity_m_s", "batt_v")
SATELLITE = Line(bytes_per_s=100_000, delay_s=0.3, jitter_s=0.025)


class Stubborn(Collecting):
    """The control: batches of what is configured, whatever the link says."""

    def acknowledged(self, took_s: float) -> None:
        """Learns nothing."""


def bytes_of(seconds: int, dice: random.Random) -> int:
    """A real batch of three gauges, read every second for so long."""
    times = [NOW, *[1000] * (seconds - 1)]
    blocks = [
        DeviceBlock(f"gauge-{n}", "river_gauge_radar", times, {key: _walk(seconds, dice) for key in POINTS})
        for n in range(DEVICES)
    ]
    load = Load(Priority.READINGS, NOW, NOW, devices=tuple(blocks))
    return len(pack(load, epoch=EPOCH, sequence=9999, base=99999, dropped=[], compression="zstd").payload)


def _walk(steps: int, dice: random.Random) -> list[int | float | bool | str | None]:
    return [round(3 + dice.random(), 3) for _ in range(steps)]


class Gateway:
    """Reads every second, and keeps a batch as often as the link suggests."""

    def __init__(self, line: Line, collecting: Collecting, *, backlog: int) -> None:
        self.world = World(Lanes(receipt_timeout_s=20), line)
        self.world.collecting = collecting
        self.live_bytes = self.live_readings = 0
        self.longest_s = 0.0
        for _ in range(backlog):
            self.world.put(3000)
        self.collect()

    def collect(self) -> None:
        batch_s = self.world.collecting.batch_s(1.0)
        self.longest_s = max(self.longest_s, batch_s)
        self.world.after(batch_s, lambda: self.keep(batch_s))

    def keep(self, batch_s: float) -> None:
        seconds = max(1, round(batch_s))
        size = bytes_of(seconds, self.world.dice)
        self.world.put(size)
        self.live_bytes += size + 110
        self.live_readings += seconds * DEVICES * len(POINTS)
        self.collect()

    def bytes_per_reading(self) -> float:
        return self.live_bytes / self.live_readings


def test_f24_on_a_full_mountain_link_a_reading_costs_a_fraction_and_the_backlog_goes_sooner() -> None:
    adapting, stubborn = (Gateway(MOUNTAIN, how, backlog=200) for how in (Collecting(), Stubborn()))
    for gateway in (adapting, stubborn):
        gateway.world.run(200)
    assert adapting.bytes_per_reading() < 0.3 * stubborn.bytes_per_reading()
    drained = [sum(1 for number in each.world.stored if number <= 200) for each in (adapting, stubborn)]
    assert drained[0] > 1.2 * drained[1]


@pytest.mark.parametrize("line", [LAN, SATELLITE], ids=["lan", "satellite"])
def test_a_link_with_room_keeps_the_configured_time(line: Line) -> None:
    gateway = Gateway(line, Collecting(), backlog=50)
    gateway.world.run(60)
    assert gateway.longest_s < 1.5


def test_it_lengthens_between_the_configured_time_and_ten_seconds_and_comes_back() -> None:
    collecting = Collecting()
    assert collecting.batch_s(1.0) == 1.0
    for _ in range(100):
        collecting.acknowledged(60.0)
    assert collecting.batch_s(1.0) == LONGEST_BATCH_S
    assert collecting.batch_s(60.0) == 60.0  # whoever wants them rarer still gets them so
    for _ in range(100):
        collecting.acknowledged(0.1)
    assert collecting.batch_s(1.0) == 1.0


def test_on_a_thin_link_events_go_before_readings_and_these_before_the_backlog() -> None:
    gateway = Gateway(MOUNTAIN, Collecting(), backlog=200)
    gateway.world.every(10.0, 250, Priority.EVENTS)
    journey = gateway.world.run(200)
    slowest = {lane: journey.delay_s(0.99, lane) for lane in (Channel.EVENTS, Channel.READINGS)}
    assert slowest[Channel.EVENTS] <= slowest[Channel.READINGS] < 6
    assert max(number for number in journey.arrived_at if number <= 200) < 200  # the backlog is what waits

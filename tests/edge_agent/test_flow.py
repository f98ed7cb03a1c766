"""From observations to the disk: batches, waiting listeners, a full disk, a doubtful clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from device_profiles.schema import Report
from device_profiles.wire import Batch, decode_batch, size_of
from edge_agent.batching import READINGS_PER_BATCH, to_loads
from edge_agent.clockwatch import ClockWatch
from edge_agent.connector import Happening, Observation, Sample
from edge_agent.device import Device
from edge_agent.flow import WAITING_READINGS, Flow
from edge_agent.outbox.base import Load, Loss, OutboxFullError, Priority
from edge_agent.outbox.memory import MemoryShelf
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.outbox.shelving import ShelfOutbox
from edge_agent.sampling.reading import Reading
from edge_agent.sampling.sieve import Row
from edge_agent.vitals import Vitals
from tests.edge_agent.samples import NAME, NOW, point, profile
from tests.fakes import ManualClock, settle
from tests.waiting import eventually


class FullOutbox(ShelfOutbox):
    """An outbox whose disk takes nothing while `full`."""

    full = False

    def append(self, loads: Sequence[Load], *, now: int, losses: Sequence[Loss] = ()) -> Sequence[int]:
        if self.full:
            raise OutboxFullError("database or disk is full")
        return super().append(loads, now=now, losses=losses)


class Stage:
    """A flow over an outbox in memory, under a clock of the test's own."""

    def __init__(self, *devices: str, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.outbox = FullOutbox(MemoryShelf())
        self.watch = ClockWatch(self.clock, boot="this-boot")
        self.owner = OutboxOwner(self.outbox, self.watch)
        self.vitals = Vitals(devices, self.clock)
        model = profile(point(report=Report()), point("online"))
        self.flow = Flow(
            [Device(each, NAME, model, "0" * 12, 1.0, None) for each in devices],  # type: ignore[arg-type]
            outbox=self.owner,
            vitals=self.vitals,
            clock=self.watch,
        )

    def batches(self) -> list[Batch]:
        kept = [
            decode_batch(parcel.payload)
            for priority in Priority
            for parcel in self.outbox.peek(priority, after=0, before=2**53, limit=1000)
        ]
        return sorted(kept, key=lambda batch: batch.sequence)

    async def after(self, seconds: float) -> None:
        """Lets the time pass and the outbox's thread finish."""
        before = self.outbox.counters().next_sequence
        await self.clock.advance(seconds)
        await eventually(lambda: self.outbox.counters().next_sequence > before or not self.flow._something.is_set())
        await self.owner.fetch([])  # its one thread has done by then what was asked for before
        await settle()


@asynccontextmanager
async def stage(*devices: str, clock: ManualClock | None = None) -> AsyncIterator[Stage]:
    made = Stage(*devices, clock=clock)
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(made.flow.run())
        try:
            await settle()
            yield made
        finally:
            made.flow.stop()
            await made.clock.advance(5)
            keeping.cancel()
    made.owner.end()


def sample(value: float, device: str = "gauge") -> Sample:
    return Sample(device, "p", value)


async def test_polls_of_one_second_share_a_batch() -> None:
    async with stage("gauge", "meter") as made:
        made.flow.offer([sample(1.0)])
        made.flow.offer([sample(2.0, "meter")])
        await made.clock.advance(0.5)
        made.flow.offer([sample(3.0)])
        assert made.batches() == []
        await made.after(0.6)
        [batch] = made.batches()
        assert [(block.device, block.points["p"]) for block in batch.devices] == [
            ("gauge", [1.0, 3.0]),
            ("meter", [2.0]),
        ]
        assert batch.clock == "good"


async def test_a_listener_hears_back_when_it_is_on_disk() -> None:
    async with stage("gauge") as made, asyncio.TaskGroup() as group:
        told = group.create_task(made.flow.deliver([sample(1.0)]))
        await settle()
        assert not told.done()
        await made.after(0.06)
        await told
        assert made.outbox.counters().accepted == 1
        assert made.vitals.health()[0].read_at > 0


async def test_nothing_worth_keeping_is_nothing_to_wait_for() -> None:
    async with stage("gauge") as made:
        await made.flow.deliver([Sample("gauge", "unknown", 1.0), Sample("stranger", "p", 1.0)])
        assert made.batches() == []


async def test_an_event_goes_at_once_and_counts_once() -> None:
    async with stage("kiosk") as made:
        made.flow.offer([Happening("kiosk", "r1", "rating"), Happening("kiosk", "r1", "rating")])
        made.flow.offer([Happening("stranger", "r1", "rating")])
        await made.after(0.06)
        [batch] = made.batches()
        assert [event.id for event in batch.events] == ["r1"]


async def test_who_only_says_that_it_is_offline_was_not_heard() -> None:
    async with stage("camera") as made, asyncio.TaskGroup() as group:
        group.create_task(made.flow.deliver([Sample("camera", "online", False), Sample("camera", "p", None)]))
        await settle()
        await made.after(0.06)
        assert made.vitals.health()[0].read_at == 0


async def test_a_full_disk_makes_listeners_wait_and_loses_nothing() -> None:
    async with stage("gauge") as made:
        made.outbox.full = True
        made.flow.offer([sample(1.0)])
        async with asyncio.TaskGroup() as group:
            told = group.create_task(made.flow.deliver([sample(2.0)]))
            await made.clock.advance(20)
            assert not told.done()
            assert made.outbox.counters().accepted == 0
            made.outbox.full = False
            await until_time_brings(made, told.done)
        assert sum(size_of(batch) for batch in made.batches()) == made.outbox.counters().accepted == 2


async def test_what_memory_cannot_hold_is_declared_when_the_disk_takes_it_again() -> None:
    async with stage("gauge") as made:
        made.outbox.full = True
        many: list[Observation] = [Sample("gauge", "p", float(n), observed_at=NOW + n) for n in range(WAITING_READINGS)]
        made.flow.offer(many)
        async with asyncio.TaskGroup() as group:
            told = group.create_task(refused(made, sample(1.0)))
            await until_time_brings(made, told.done)
        assert await told
        made.outbox.full = False
        made.flow.offer([sample(2.0)])
        await until_time_brings(made, lambda: made.outbox.counters().accepted > 0)
        counters = made.outbox.counters()
        assert counters.accepted == WAITING_READINGS + 2
        assert counters.dropped_readings == WAITING_READINGS + 1
        drops = [drop for batch in made.batches() for drop in batch.dropped]
        assert {drop.reason for drop in drops} == {"disk_full"}
        assert sum(drop.readings for drop in drops) == counters.dropped_readings
        assert made.outbox.produced() == {"gauge": counters.accepted}


async def test_what_was_collected_is_on_disk_when_the_flow_has_stopped() -> None:
    async with stage("gauge") as made:
        made.flow.offer([sample(1.0)])
        made.flow.stop()
        await eventually(lambda: made.outbox.counters().accepted == 1)
        assert [batch.devices[0].points for batch in made.batches()] == [{"p": [1.0]}]


async def test_without_a_clock_readings_are_kept_undated_and_dated_when_it_is_known() -> None:
    """F19: nothing travels under a wrong time; a device that knows its own time is not made to wait."""
    async with stage("gauge", "kiosk", clock=ManualClock(0)) as made:
        made.flow.offer([sample(1.0), Happening("kiosk", "r1", "rating"), Sample("gauge", "p", 2.0, observed_at=NOW)])
        await made.after(1.1)
        [own] = made.batches()
        assert (own.clock, own.devices[0].times, own.devices[0].points["p"]) == ("doubtful", [NOW], [2.0])
        assert (made.outbox.counters().accepted, made.outbox.counters().undated_batches) == (3, 2)
        await made.clock.advance(10)
        made.clock.set_wall(NOW + 60_000)
        made.flow.offer([sample(3.0)])
        await made.after(1.1)
        await made.owner.date(boot="this-boot", offset_ms=made.watch.began_ms or 0)
        event, gauge, _, later = made.batches()
        began = NOW + 60_000 - 11_100
        assert [event.events[0].at, gauge.devices[0].times, later.devices[0].times] == [
            began,
            [began + 1],
            [NOW + 60_000],
        ]
        assert [each.clock for each in (event, gauge, later)] == ["doubtful", "doubtful", "good"]
        assert sum(size_of(batch) for batch in made.batches()) == made.outbox.counters().accepted == 4


async def test_what_was_collected_undated_when_the_clock_is_set_keeps_its_own_count() -> None:
    async with stage("gauge", clock=ManualClock(0)) as made:
        await made.clock.advance(3)
        made.flow.offer([sample(1.0)])
        made.clock.set_wall(NOW)
        made.flow.offer([sample(2.0)])
        await made.after(1.1)
        await made.owner.date(boot="this-boot", offset_ms=made.watch.began_ms or 0)
        assert sorted(moment for batch in made.batches() for moment in batch.devices[0].times) == [NOW, NOW + 1]


def test_loads_are_of_about_a_batch_and_a_device_stands_in_each_once() -> None:
    model = profile(point("a"), point("b"))
    rows = {
        device: [Row(NOW + n, (Reading("a", 1.0, NOW + n), Reading("b", 2.0, NOW + n))) for n in range(400)]
        for device in ("x", "y")
    }
    loads = to_loads(rows, [], profiles={"x": model, "y": model}, clock="good")
    sizes = []
    for load in loads:
        names = [block.device for block in load.devices]
        assert len(set(names)) == len(names)
        sizes.append(size_of(Batch(v=1, epoch="0" * 16, sequence=1, base=0, devices=list(load.devices))))
    assert sum(sizes) == 1600
    assert max(sizes) <= READINGS_PER_BATCH
    assert (loads[0].begin, loads[-1].end) == (NOW, NOW + 399)


async def refused(made: Stage, one: Sample) -> bool:
    try:
        await made.flow.deliver([one])
    except OutboxFullError:
        return True
    return False


async def until_time_brings(made: Stage, condition: Callable[[], bool]) -> None:
    """Advances the clock by a little until the condition holds; the outbox's thread needs real moments too."""

    async with asyncio.timeout(10):
        while not condition():
            await made.clock.advance(0.1)
            await asyncio.sleep(0.001)

"""PUBACKs that are lost, doubled, in another order or for nobody (F29): all is carried, nothing waits for ever."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from device_profiles.clock import SystemClock
from device_profiles.wire import Channel, Receipt, decode_batch, encode, topic_for
from edge_agent.clockwatch import ClockWatch
from edge_agent.uplink.link import Link
from tests.edge_agent.uplink.carrier import GATEWAY, carrying
from tests.edge_agent.uplink.stand_in import PUBLISH, Packet, StandIn, honest, stand_in
from tests.waiting import eventually

EVENTS = 20
FEW = 6
Manner = Callable[[StandIn, Packet], None]


def batches(broker: StandIn) -> list[int]:
    """The numbers of the batches as they came."""
    found = [*broker.published("/events"), *broker.published("/backlog"), *broker.published("/readings")]
    return [decode_batch(packet.payload).sequence for packet in found]


def is_batch(packet: Packet) -> bool:
    return packet.kind == PUBLISH and packet.topic.endswith(("/events", "/backlog", "/readings"))


def receipted(broker: StandIn, packet: Packet) -> None:
    """The centre's part."""
    batch = decode_batch(packet.payload)
    receipt = Receipt(v=1, epoch=batch.epoch, committed=[(batch.sequence, batch.sequence)])
    broker.publish(topic_for(GATEWAY, Channel.RECEIPT), encode(receipt))


class Reordered:
    """Keeps every acknowledgement back until the next is due."""

    def __init__(self) -> None:
        self.kept = b""

    def __call__(self, broker: StandIn, packet: Packet) -> None:
        if not is_batch(packet):
            honest(broker, packet)
            return
        broker.say(packet.answer)
        broker.say(self.kept)
        self.kept = b"" if self.kept else packet.answer
        receipted(broker, packet)


def for_nobody(broker: StandIn, packet: Packet) -> None:
    """Acknowledges what was never sent, then twice what was."""
    if is_batch(packet):
        broker.say(Packet(PUBLISH, packet.number ^ 0x4000).answer + 2 * packet.answer)
        receipted(broker, packet)
    else:
        honest(broker, packet)


def swallowed(broker: StandIn, packet: Packet) -> None:
    """The receipts come and no PUBACK ever does."""
    if is_batch(packet):
        receipted(broker, packet)
    else:
        honest(broker, packet)


@pytest.mark.parametrize("manner", [Reordered(), for_nobody], ids=["reordered", "for nobody"])
async def test_in_whatever_order_they_come_each_batch_travels_once(manner: Manner) -> None:
    async with stand_in(manner) as broker, carrying(Link("127.0.0.1", broker.port)) as made:
        for number in range(EVENTS):
            await made.event(number)
        await eventually(lambda: made.outbox.counters().backlog_batches == 0, 10)
        assert broker.connections == 1
        assert sorted(batches(broker)) == list(range(1, EVENTS + 1))


async def test_without_any_the_session_is_given_up_and_all_is_carried_all_the_same() -> None:
    async with stand_in(swallowed) as broker:
        async with carrying(Link("127.0.0.1", broker.port, keep_alive_s=1)) as made:
            for number in range(FEW):
                await made.event(number)
            await eventually(lambda: made.outbox.counters().backlog_batches == 0, 15)
            await eventually(lambda: broker.connections > 1, 15)
        assert set(batches(broker)) == set(range(1, FEW + 1))


async def test_a_single_lost_one_costs_a_session_and_no_reading() -> None:
    lost: list[int] = []

    def manner(broker: StandIn, packet: Packet) -> None:
        if is_batch(packet) and not lost:
            lost.append(packet.number)  # nor is there a receipt: it was lost on its way
            return
        honest(broker, packet)
        if is_batch(packet):
            receipted(broker, packet)

    async with stand_in(manner) as broker, carrying(Link("127.0.0.1", broker.port, keep_alive_s=1)) as made:
        await made.event(1)
        await eventually(lambda: lost, 5)
        await eventually(lambda: made.outbox.counters().backlog_batches == 0, 15)
        assert batches(broker) == [1, 1]
        assert broker.connections == 2


class Hasty(SystemClock):
    """Waits a moment instead of a back-off."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.05))


async def test_sessions_that_are_lost_in_the_middle_of_a_wave_leave_no_slot_taken() -> None:
    """They did, and after some losses the gateway was linked and sent nothing for ever (F21)."""
    dice, cuts = random.Random(1), 8

    def manner(broker: StandIn, packet: Packet) -> None:
        if is_batch(packet) and broker.connections <= cuts and dice.random() < 0.3 and broker.writer is not None:
            broker.writer.transport.abort()
            return
        honest(broker, packet)
        if is_batch(packet):
            receipted(broker, packet)

    async with stand_in(manner) as broker, carrying(Link("127.0.0.1", broker.port), clock=ClockWatch(Hasty())) as made:
        for number in range(200):
            await made.event(number)
        await eventually(lambda: made.outbox.counters().backlog_batches == 0, 20)
        assert broker.connections == cuts + 1

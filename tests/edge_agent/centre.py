"""A very small centre for tests of the gateway program: it takes batches, keeps count, and answers with receipts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiomqtt

from device_profiles.wire import (
    Batch,
    Channel,
    Health,
    Receipt,
    Result,
    State,
    absolute_times,
    decode,
    decode_batch,
    encode,
    filter_for,
    parse_topic,
    topic_for,
)
from device_profiles.wire.topics import BATCHES
from tests.servers import Server


@dataclass
class Centre:
    """What arrived. `answering` is cleared to withhold receipts, as the real one does while its store is down."""

    client: aiomqtt.Client
    batches: dict[tuple[str, int], Batch] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)
    arrivals: int = 0
    states: list[State] = field(default_factory=list)
    healths: list[Health] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    answering: bool = True
    holding: bool = False  # as the real one while its store is away and its rules go on
    held: list[int] = field(default_factory=list)

    def cells(self) -> dict[tuple[str, str, int], object]:
        """Every stored cell by device, point and time, as a time-series store would hold it."""
        return {
            (block.device, key, moment): value
            for batch in self.batches.values()
            for block in batch.devices
            for key, column in block.points.items()
            for moment, value in zip(absolute_times(block.times), column, strict=True)
        }

    def readings(self) -> dict[str, int]:
        """Readings and events per device."""
        from edge_agent.outbox.base import Load, Priority
        from edge_agent.outbox.packing import readings_per_device

        counts: dict[str, int] = {}
        for batch in self.batches.values():
            load = Load(Priority.READINGS, 0, 0, tuple(batch.devices), tuple(batch.events))
            for device, number in readings_per_device(load).items():
                counts[device] = counts.get(device, 0) + number
        return counts

    async def tell(self, gateway: str, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        """Publishes towards the gateway."""
        await self.client.publish(topic_for(gateway, channel), payload, qos=1, retain=retain)

    async def hold(self, gateway: str, batch: Batch) -> None:
        """A receipt that says: judged, keep it."""
        self.held.append(batch.sequence)
        receipt = Receipt(v=1, epoch=batch.epoch, held=[(batch.sequence, batch.sequence)])
        await self.tell(gateway, Channel.RECEIPT, encode(receipt))

    async def ask_again(self, gateway: str, epoch: str) -> None:
        """A receipt that misses everything held."""
        missing = [(min(self.held), max(self.held))]
        await self.tell(gateway, Channel.RECEIPT, encode(Receipt(v=1, epoch=epoch, missing=missing)))

    async def answer(self, gateway: str, *batches: Batch) -> None:
        """A receipt for these batches."""
        if batches:
            ranges = [(batch.sequence, batch.sequence) for batch in batches]
            receipt = Receipt(v=1, epoch=batches[0].epoch, committed=ranges)
            await self.tell(gateway, Channel.RECEIPT, encode(receipt))

    async def listen(self) -> None:
        """Takes everything that gateways say, for ever."""
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            address = parse_topic(str(message.topic))
            if address.channel in BATCHES:
                batch = decode_batch(message.payload)
                self.arrivals += 1
                self.channels.append(address.channel)
                if self.holding:
                    await self.hold(address.gateway, batch)
                elif self.answering:
                    self.batches[batch.epoch, batch.sequence] = batch
                    await self.answer(address.gateway, batch)
            else:
                self._note(address.channel, message.payload)

    def _note(self, channel: Channel, payload: bytes) -> None:
        if channel is Channel.STATE:
            self.states.append(decode(payload, State))
        elif channel is Channel.HEALTH:
            self.healths.append(decode(payload, Health))
        elif channel is Channel.RESULT:
            self.results.append(decode(payload, Result))


@asynccontextmanager
async def centre_at(broker: Server, *, gateway: str) -> AsyncIterator[Centre]:
    """A centre that listens to one gateway of this broker."""
    async with aiomqtt.Client("127.0.0.1", broker.port, identifier=f"centre-{gateway}") as client:
        centre = Centre(client)
        for channel in (*BATCHES, Channel.STATE, Channel.HEALTH, Channel.RESULT):
            await client.subscribe(filter_for(channel).replace("/+/+/", f"/+/{gateway}/"), qos=1)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(centre.listen())
            try:
                yield centre
            finally:
                listening.cancel()

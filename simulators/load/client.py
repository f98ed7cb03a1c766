"""Publishes a fleet's messages as fast as receipts come back, and says how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from device_profiles.wire import Channel, Receipt, decode, filter_for
from simulators.load.mqtt_wire import (
    CONNACK,
    LARGEST_PACKET_ID,
    PUBLISH,
    SUBACK,
    connect_packet,
    publish_packet,
    published,
    read_packet,
    subscribe_packet,
    take_packets,
)

CHUNK = 64  # messages written at once
CHUNK_BYTES = 65_536  # read at once
PATIENCE_S = 60.0  # without a receipt for so long something is broken


@dataclass(frozen=True, slots=True)
class Run:
    """How it went."""

    batches: int
    seconds: float
    cpu_s: float


class LoadClient:
    """One connection for a whole fleet; at most `window` batches are on their way without a receipt."""

    def __init__(self, broker: str, *, window: int = 4_000) -> None:
        parts = urlsplit(broker)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 1883
        self._window = window
        self._committed = 0
        self._moved = asyncio.Event()

    async def run(
        self, messages: Sequence[tuple[str, bytes]], *, warm_up: int = 0, warm: Callable[[], None] = lambda: None
    ) -> Run:
        """Publishes everything and returns when the last receipt has come.

        The clock starts when the first `warm_up` messages have their receipts (and `warm` has been called): what is
        done once for each device, here and in the store, is not the pace at which readings go in.
        """
        packets = [
            publish_packet(topic, payload, number % LARGEST_PACKET_ID + 1)
            for number, (topic, payload) in enumerate(messages)
        ]
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(connect_packet(f"load-{time.monotonic_ns()}"))
            await self._expect(reader, CONNACK)
            writer.write(subscribe_packet(filter_for(Channel.RECEIPT)))
            await self._expect(reader, SUBACK)
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self._listen(reader))
                await self._publish(writer, packets, range(warm_up))
                warm()
                begin, cpu = time.monotonic(), time.process_time()
                await self._publish(writer, packets, range(warm_up, len(packets)))
                listening.cancel()
        finally:
            writer.close()
            await writer.wait_closed()
        return Run(len(packets) - warm_up, time.monotonic() - begin, time.process_time() - cpu)

    async def _publish(self, writer: asyncio.StreamWriter, packets: Sequence[bytes], these: range) -> None:
        size = min(CHUNK, self._window)
        for first in these[::size]:
            end = min(first + size, these.stop)
            await self._until(end - self._window)
            writer.write(b"".join(packets[first:end]))
            await writer.drain()
        await self._until(these.stop)

    async def _until(self, committed: int) -> None:
        while self._committed < committed:
            self._moved.clear()
            async with asyncio.timeout(PATIENCE_S):
                await self._moved.wait()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        buffer = bytearray()
        while chunk := await reader.read(CHUNK_BYTES):
            buffer += chunk
            for kind, body in take_packets(buffer):
                if kind == PUBLISH:
                    _, payload = published(body)
                    receipt = decode(payload, Receipt)
                    self._committed += sum(last - first + 1 for first, last in receipt.committed)
            self._moved.set()
        raise ConnectionError("the broker ended the connection")

    async def _expect(self, reader: asyncio.StreamReader, wanted: int) -> None:
        kind, _ = await read_packet(reader)
        if kind != wanted:
            raise ConnectionError(f"the broker answers {kind:#x}, not {wanted:#x}")

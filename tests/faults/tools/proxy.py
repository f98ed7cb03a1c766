"""A TCP proxy that is as bad as a mountain link: every fault can be switched on and off while connections are open.

async with proxy_to(broker.port) as link:
    ...  link.port                          where the client connects
    ...  link.weather = Weather(latency_s=0.6, jitter_s=0.05, bytes_per_s=2000)
    ...  link.weather = SWALLOWING           half open: both sides stay connected, nothing arrives
    ...  link.cut()                          every connection ends at once, with a reset
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from tests.servers import HOST

CHUNK = 16 * 1024
QUEUE = 64  # pieces on their way in one direction; beyond it the sender feels the back-pressure
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: a close becomes a reset


@dataclass(frozen=True, slots=True)
class Weather:
    """What the link does to bytes, in both directions; the default is a clear day."""

    down: bool = False  # new connections are reset at once
    swallow: bool = False  # bytes are taken and never arrive; ends that were swallowed once stay deaf
    stall_connects: bool = False  # connections are accepted, and nothing else ever happens
    latency_s: float = 0.0
    jitter_s: float = 0.0
    bytes_per_s: float = 0.0  # per direction and connection; 0 = as fast as it goes
    piece_bytes: int = 0  # cuts the stream into pieces of this size; 0 = as they come
    reset_after_bytes: int = 0  # of one connection, both directions together; 0 = never


CLEAR = Weather()
DOWN = Weather(down=True)
SWALLOWING = Weather(swallow=True)
MOUNTAIN = Weather(latency_s=0.3, jitter_s=0.025)  # one way: 600 ms there and back
SIXTEEN_KBIT = Weather(bytes_per_s=2_000, piece_bytes=256)


@dataclass
class Connection:
    """One client, its far side, and what went between them."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    carried: int = 0
    deaf: bool = False

    def reset(self) -> None:
        """Ends both sides without a farewell."""
        for writer in (self.near, self.far):
            sock: socket.socket | None = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()


@dataclass
class Proxy:
    """Carries connections to one port of this machine through the weather."""

    target: int
    weather: Weather = CLEAR
    port: int = 0
    connects: int = 0
    up_bytes: int = 0
    down_bytes: int = 0
    open: list[Connection] = field(default_factory=list)
    serving: set[asyncio.Task[None]] = field(default_factory=set)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def become(self, **faults: float | bool) -> None:
        """Changes some of the weather and leaves the rest."""
        self.weather = replace(self.weather, **faults)  # type: ignore[arg-type]

    def cut(self) -> None:
        """Resets every open connection."""
        for connection in list(self.open):
            connection.reset()

    async def serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        """One client, until either side is gone."""
        self.connects += 1
        if self.weather.down:
            Connection(near, near).reset()
            return
        if self.weather.stall_connects:
            with suppress(OSError):
                while await reader.read(CHUNK):
                    pass
            return
        try:
            far_reader, far = await asyncio.open_connection(HOST, self.target)
        except OSError:
            Connection(near, near).reset()
            return
        connection = Connection(near, far)
        self.open.append(connection)
        try:
            async with asyncio.TaskGroup() as group:
                for source, sink, is_up in ((reader, far, True), (far_reader, near, False)):
                    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(QUEUE)
                    group.create_task(self._take(source, queue, connection, is_up))
                    group.create_task(self._give(sink, queue, connection))
        finally:
            self.open.remove(connection)
            far.close()
            with suppress(OSError):
                await far.wait_closed()

    async def _take(
        self, source: asyncio.StreamReader, queue: asyncio.Queue[tuple[float, bytes]], link: Connection, is_up: bool
    ) -> None:
        """Reads, and notes for each piece when it may arrive: latency delays a stream, it does not slow it."""
        loop, due = asyncio.get_running_loop(), 0.0
        with suppress(OSError):
            while piece := await source.read(self.weather.piece_bytes or CHUNK):
                weather = self.weather
                link.deaf = link.deaf or weather.swallow
                if link.deaf:
                    continue
                link.carried += len(piece)
                self.up_bytes += len(piece) * is_up
                self.down_bytes += len(piece) * (not is_up)
                if 0 < weather.reset_after_bytes <= link.carried:
                    link.reset()
                    break
                if weather.bytes_per_s:
                    await asyncio.sleep(len(piece) / weather.bytes_per_s)
                wait_s = weather.latency_s + self.chance.uniform(-1, 1) * weather.jitter_s
                due = max(due, loop.time() + max(0.0, wait_s))  # TCP keeps the order
                await queue.put((due, piece))
        await queue.put((due, b""))

    @staticmethod
    async def _give(sink: asyncio.StreamWriter, queue: asyncio.Queue[tuple[float, bytes]], link: Connection) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                due, piece = await queue.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not piece:
                    break
                if not link.deaf:
                    sink.write(piece)
                    await sink.drain()
        if not link.deaf:
            sink.close()
        while not queue.empty():
            queue.get_nowait()


@asynccontextmanager
async def proxy_to(target: int, *, weather: Weather = CLEAR) -> AsyncIterator[Proxy]:
    """A proxy on a port of its own; everything that it holds ends with it."""
    made = Proxy(target, weather)
    server = await asyncio.start_server(partial(_served, made), HOST, 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()
        still = set(made.serving)
        for task in still:
            task.cancel()
        if still:
            await asyncio.wait(still)


async def _served(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    task = asyncio.current_task()
    assert task is not None
    proxy.serving.add(task)
    try:
        await proxy.serve(reader, writer)
    except* OSError:
        writer.transport.abort()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        proxy.serving.discard(task)

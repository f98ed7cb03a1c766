"""Modbus devices that answer exactly what a test tells them to: raw bytes, late, torn or under a wrong name."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from pymodbus.framer import FramerRTU

REQUEST_TCP = 12
REQUEST_RTU = 8

Respond = Callable[[bytes, Callable[[bytes], None]], Awaitable[None]]


def framed(request: bytes, words: list[int], *, transaction: int | None = None, unit: int | None = None) -> bytes:
    """The right answer to a TCP request, unless told otherwise."""
    number = int.from_bytes(request[:2], "big") if transaction is None else transaction
    body = bytes([request[6] if unit is None else unit, request[7], 2 * len(words)])
    body += b"".join(word.to_bytes(2, "big") for word in words)
    return number.to_bytes(2, "big") + b"\x00\x00" + len(body).to_bytes(2, "big") + body


def wanted(request: bytes) -> int:
    """How many registers a request asks for."""
    return int.from_bytes(request[10:12] if len(request) == REQUEST_TCP else request[4:6], "big")


def serial_frame(request: bytes, words: list[int], *, unit: int | None = None) -> bytes:
    """The right answer to a serial request, unless told otherwise."""
    body = bytes([request[1], 2 * len(words)]) + b"".join(word.to_bytes(2, "big") for word in words)
    return FramerRTU.encode(None, body, request[0] if unit is None else unit, 0)  # type: ignore[arg-type]


@asynccontextmanager
async def tcp_device(respond: Respond) -> AsyncIterator[tuple[int, list[int]]]:
    """A host whose every request goes to `respond(request, send)`; gives its port and a growing list of connections."""
    connections: list[int] = []
    open_ends: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(len(connections))
        open_ends[asyncio.current_task()] = writer
        try:
            while True:
                await respond(await reader.readexactly(REQUEST_TCP), writer.write)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], connections
    finally:
        server.close()
        for writer in open_ends.values():
            writer.close()
        if open_ends:
            await asyncio.wait([task for task in open_ends if task])
        await server.wait_closed()


@asynccontextmanager
async def serial_device(respond: Respond) -> AsyncIterator[str]:
    """A pseudo terminal with devices at its far end; gives the name of the near end."""
    far, near = os.openpty()
    tty.setraw(near)
    requests: asyncio.Queue[bytes] = asyncio.Queue()
    pending = bytearray()

    def arrived() -> None:
        pending.extend(os.read(far, 256))
        while len(pending) >= REQUEST_RTU:
            requests.put_nowait(bytes(pending[:REQUEST_RTU]))
            del pending[:REQUEST_RTU]

    async def serve() -> None:
        while True:
            await respond(await requests.get(), lambda answer: _write(far, answer))

    asyncio.get_running_loop().add_reader(far, arrived)
    try:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(serve())
            yield os.ttyname(near)
            serving.cancel()
    finally:
        asyncio.get_running_loop().remove_reader(far)
        os.close(far)
        os.close(near)


def _write(far: int, answer: bytes) -> None:
    os.write(far, answer)

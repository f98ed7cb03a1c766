"""The fault proxy itself: each fault does what its name says, while the connection is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.faults.tools.proxy import CLEAR, DOWN, SWALLOWING, Proxy, Weather, proxy_to
from tests.servers import HOST
from tests.waiting import eventually


@dataclass
class Line:
    """A client that talks through the proxy to an echo."""

    proxy: Proxy
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def echo(self, said: bytes) -> bytes:
        self.writer.write(said)
        return await self.reader.readexactly(len(said))


async def ended_of(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        writer.transport.abort()  # the proxy resets connections on purpose
    finally:
        await ended_of(writer)


@asynccontextmanager
async def line_through(weather: Weather = CLEAR) -> AsyncIterator[Line]:
    ended: list[asyncio.Event] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.Event())
        await _echo(reader, writer)
        ended[-1].set()

    server = await asyncio.start_server(echo, HOST, 0)
    async with asyncio.timeout(30):
        async with proxy_to(server.sockets[0].getsockname()[1], weather=weather) as proxy:
            reader, writer = await asyncio.open_connection(HOST, proxy.port)
            try:
                yield Line(proxy, reader, writer)
            finally:
                await ended_of(writer)
        server.close()
        for each in ended:
            await each.wait()


async def one_byte(port: int) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        await reader.readexactly(1)
    finally:
        await ended_of(writer)


async def test_a_clear_day_changes_nothing() -> None:
    async with line_through() as line:
        said = bytes(range(256)) * 2000
        assert await line.echo(said) == said
        assert line.proxy.up_bytes == line.proxy.down_bytes == len(said)


async def test_down_resets_new_connections_and_cut_the_open_ones() -> None:
    async with line_through() as line:
        await line.echo(b"hello")
        line.proxy.weather = DOWN
        line.proxy.cut()
        with pytest.raises(ConnectionResetError):
            await line.reader.readexactly(1)
        with pytest.raises(OSError, match=r".*"):  # at the connect, or at the first read
            await one_byte(line.proxy.port)


async def test_half_open_swallows_for_ever_and_closes_nothing() -> None:
    async with line_through() as line:
        await line.echo(b"hello")
        line.proxy.weather = SWALLOWING
        line.writer.write(b"anybody?")
        await eventually(lambda: line.proxy.open[0].deaf)
        line.proxy.weather = CLEAR
        line.writer.write(b"still here?")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.reader.read(1), 0.2)
        assert not line.reader.at_eof()


async def test_latency_delays_without_slowing() -> None:
    async with line_through(Weather(latency_s=0.2, jitter_s=0.05)) as line:
        loop = asyncio.get_running_loop()
        began = loop.time()
        said = b"x" * 2_000_000
        line.writer.write(said)
        assert await line.reader.readexactly(len(said)) == said
        assert loop.time() - began >= 0.3  # there and back


async def test_bandwidth_and_slices() -> None:
    async with line_through(Weather(bytes_per_s=20_000, piece_bytes=100)) as line:
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await line.echo(b"y" * 4000) == b"y" * 4000
        assert loop.time() - began >= 0.19


async def test_reset_after_so_many_bytes() -> None:
    async with line_through(Weather(reset_after_bytes=1000)) as line:
        await line.echo(b"z" * 400)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await line.echo(b"z" * 400)


async def test_a_stalled_connect_is_accepted_and_silent() -> None:
    async with line_through(Weather(stall_connects=True)) as line:
        line.writer.write(b"hello?")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.reader.read(1), 0.2)


async def test_a_target_that_is_gone_is_a_reset() -> None:
    async with proxy_to(1) as proxy:
        with pytest.raises(OSError, match=r".*"):  # at the connect, or at the first read
            await one_byte(proxy.port)

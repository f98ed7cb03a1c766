"""The RTSP server, spoken to by hand and by ffmpeg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from simulators.devices.rtsp.jpeg_rtp import OTHER_PAYLOAD_TYPE
from simulators.devices.rtsp.server import RtspCamera
from tests.waiting import eventually

TCP = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"


class Client:
    """Says RTSP by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.number = reader, writer, 0

    async def ask(self, method: str, url: str, *headers: str) -> str:
        self.number += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self.number}", *headers]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("Content-Length")), 0)
        return head + (await self.reader.readexactly(length)).decode()

    async def packet(self) -> bytes:
        head = await self.reader.readexactly(4)
        assert head[:2] == b"$\x00"
        return await self.reader.readexactly(int.from_bytes(head[2:], "big"))

    async def picture(self) -> list[bytes]:
        packets = [await self.packet()]
        while not packets[-1][1] & 0x80:
            packets.append(await self.packet())
        return packets

    async def play(self, url: str) -> None:
        assert "200 OK" in await self.ask("SETUP", url + "/track1", TCP)
        assert "200 OK" in await self.ask("PLAY", url)


@pytest.fixture
async def camera() -> AsyncIterator[RtspCamera]:
    async with RtspCamera(frames_per_s=20) as device:
        yield device


@pytest.fixture
async def client(camera: RtspCamera) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
    async with asyncio.timeout(20):
        yield Client(reader, writer)
    writer.close()


async def test_a_session_by_the_book(camera: RtspCamera, client: Client) -> None:
    assert "DESCRIBE" in await client.ask("OPTIONS", camera.url)
    assert "m=video 0 RTP/AVP 26" in await client.ask("DESCRIBE", camera.url)
    await client.play(camera.url)
    first, second = await client.picture(), await client.picture()
    assert first != second
    assert int.from_bytes(second[0][2:4], "big") == (int.from_bytes(first[-1][2:4], "big") + 1) & 0xFFFF
    client.writer.write(b"$\x01\x00\x02ab")  # a receiver report, which it skips
    client.writer.write(f"TEARDOWN {camera.url} RTSP/1.0\r\nCSeq: 9\r\n\r\n".encode())
    assert b"CSeq: 9" in await client.reader.read()
    await eventually(lambda: camera.connections == 0)
    assert camera.requests["SETUP"] == camera.requests["PLAY"] == camera.requests["TEARDOWN"] == 1


async def test_what_it_cannot_do_it_says(camera: RtspCamera, client: Client) -> None:
    assert "461" in await client.ask("SETUP", camera.url, "Transport: RTP/AVP;unicast;client_port=5000-5001")
    assert "455" in await client.ask("PLAY", camera.url)
    assert "501" in await client.ask("RECORD", camera.url)
    assert "200" in await client.ask("SETUP", camera.url, TCP)
    assert "Session" in await client.ask("GET_PARAMETER", camera.url)
    client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await _rest_of(client.reader) == b""
    await eventually(lambda: camera.connections == 0)


async def test_freeze_repeats_and_other_codec_changes_the_type(camera: RtspCamera, client: Client) -> None:
    await client.play(camera.url)
    await client.picture()
    camera.faults.freeze = True
    await client.picture()  # may have been drawn before
    frozen = [[packet[12:] for packet in await client.picture()] for _ in range(3)]
    assert frozen[0] == frozen[1] == frozen[2]
    camera.faults.freeze, camera.faults.other_codec = False, True
    await client.picture()
    assert (await client.picture())[0][1] & 0x7F == OTHER_PAYLOAD_TYPE


async def test_cut_closes_what_is_open_and_what_comes_new(camera: RtspCamera, client: Client) -> None:
    await client.play(camera.url)
    camera.faults.cut = True
    await client.reader.read(10_000_000)
    await eventually(lambda: camera.connections == 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
    assert await reader.read() == b""
    writer.close()


async def test_silent_keeps_the_connection_and_says_nothing(camera: RtspCamera, client: Client) -> None:
    await client.play(camera.url)
    await client.picture()
    camera.faults.silent = True
    sent = camera.frames_sent
    client.writer.write(f"GET_PARAMETER {camera.url} RTSP/1.0\r\nCSeq: 9\r\n\r\n".encode())
    assert not (await _said_within(client.reader, 0.5)).startswith(b"RTSP")
    assert camera.frames_sent <= sent + 1
    assert camera.requests["GET_PARAMETER"] == 0
    assert camera.connections == 1


async def test_slow_sends_seldom(camera: RtspCamera, client: Client) -> None:
    await client.play(camera.url)
    await client.picture()
    camera.faults.slow = True
    await client.picture()
    sent = camera.frames_sent
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await client.picture()
    assert camera.frames_sent <= sent + 1


async def test_a_log_in_is_asked_for_and_can_change() -> None:
    async with RtspCamera(username="op", password="pw", scheme="basic") as camera:
        reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
        client = Client(reader, writer)
        assert 'Basic realm="thacba"' in await client.ask("DESCRIBE", camera.url)
        assert "200 OK" in await client.ask("DESCRIBE", camera.url, "Authorization: Basic b3A6cHc=")
        camera.faults.wrong_password = True
        assert "401" in await client.ask("DESCRIBE", camera.url, "Authorization: Basic b3A6cHc=")
        assert camera.refused == 2
        writer.close()


async def test_a_scenario_may_drive_the_water() -> None:
    async with RtspCamera(frames_per_s=20, signal=lambda at_s: {"water": 1.0, "daylight": 0.5}) as camera:
        reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
        client = Client(reader, writer)
        await client.play(camera.url)
        assert await client.picture()
        writer.close()


async def test_leaving_closes_every_connection() -> None:
    async with RtspCamera() as camera:
        reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
        await Client(reader, writer).play(camera.url)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(100_000_000)
    writer.close()
    assert camera.connections == 0


async def _rest_of(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the other side closes, orderly or not."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def _said_within(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """What comes until the time is up; the other side must not close."""
    said = b""
    try:
        async with asyncio.timeout(seconds):
            while part := await reader.read(100_000):
                said += part
    except TimeoutError:
        return said
    raise ConnectionError

"""F25: clients that whisper one byte at a time are shown the door in time, and nobody else waits for them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import Score
from tests.faults.tools.devices import KEY
from tests.faults.tools.platform import platform
from tests.faults.tools.warm import Starter
from tests.servers import HOST
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

DRIP_S = 0.1
REQUEST_WITHIN_S = 2  # the agent gives it for the head and again for the body, the centre for both
CLOSED_WITHIN_S = 30.0  # so patient is the test
HEAD = f"POST /push/gauge-1 HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {KEY}\r\nX-Long: ".encode()
BODY = HEAD[:-8] + b"Content-Length: 5000\r\n\r\n"
LOGIN = (
    b"POST /api/v1/session HTTP/1.1\r\nHost: centre\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
)


async def whisper(port: int, opening: bytes) -> None:
    """Sends some bytes, then one at a time, until the server ends the connection."""
    reader, writer = await asyncio.open_connection(HOST, port)
    listening = asyncio.ensure_future(reader.read())
    try:
        writer.write(opening)
        with suppress(OSError):
            while not listening.done():
                writer.write(b"a")
                await writer.drain()
                await asyncio.wait([listening], timeout=DRIP_S)
        with suppress(OSError):
            await listening
    finally:
        listening.cancel()
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


async def test_f25_whisperers_are_shown_the_door(tmp_path: Path, starter: Starter, score: Score) -> None:
    async with (
        platform(tmp_path, starter, gauges=1, request_within_s=REQUEST_WITHIN_S) as made,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        await eventually(lambda: made.verdict().stored > 0, 30)
        async with asyncio.timeout(CLOSED_WITHIN_S), asyncio.TaskGroup() as group:
            for opening in (b"", HEAD, BODY, BODY.replace(KEY.encode(), b"nobody")) * 4:
                group.create_task(whisper(made.gauges.port, opening))
            for opening in (b"", LOGIN[:-2] + b"X-Long: ", LOGIN) * 4:
                group.create_task(whisper(made.centre_port, opening))
            before = made.gauges.answers
            while made.gauges.answers < before + 20:  # meanwhile honest clients of both are answered
                await made.gauges.answered()
                assert (await client.get(f"http://{HOST}:{made.centre_port}/healthz")).status_code == httpx.codes.OK
            await made.gauges.rest()
        verdict = await made.drained()
        score.add(verdict)
        score.blows["F25 slow clients"] = 1
        assert verdict.is_clean, str(verdict)

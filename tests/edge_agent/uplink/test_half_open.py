"""A link that swallows bytes without a word is noticed within 1.5 keep-alive periods (F23), and nothing is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device_profiles.clock import SystemClock
from device_profiles.wire import size_of
from tests.edge_agent.centre import centre_at
from tests.edge_agent.rig import Counting, plan, running
from tests.servers import Server
from tests.waiting import eventually

KEEP_ALIVE_S = 4  # as tests/edge_agent/rig.py sets it


class Swallowing:
    """A TCP proxy that can stop forwarding while both connections stay up."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._streams: list[asyncio.StreamWriter] = []
        self.swallowing = False
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._streams += [writer, far_writer]
        doomed = self.swallowing
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, far_writer, doomed))
                group.create_task(self._carry(far_reader, writer, doomed))
        finally:
            writer.close()
            far_writer.close()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, doomed: bool) -> None:
        while chunk := await source.read(65536):
            doomed = doomed or self.swallowing
            if not doomed:
                sink.write(chunk)
                await sink.drain()
        sink.close()

    def close(self) -> None:
        for stream in self._streams:
            stream.close()


@asynccontextmanager
async def proxy_to(target: int) -> AsyncIterator[Swallowing]:
    made = Swallowing(target)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.close()
        server.close()


@pytest.mark.parametrize("talking", [True, False])
async def test_a_half_open_link_is_given_up_and_replaced(
    talking: bool, mosquitto_server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gateway, clock = f"gw-half-{talking}", SystemClock()
    pollers = {"gauge": Counting("gauge")} if talking else {}
    async with centre_at(mosquitto_server, gateway=gateway) as centre, proxy_to(mosquitto_server.port) as proxy:
        chosen = plan(tmp_path, ["gauge"], port=proxy.port, gateway=gateway)
        with caplog.at_level(logging.WARNING):
            async with running(chosen, pollers) as (_, outbox):
                await eventually(lambda: centre.states, 10)
                proxy.swallowing = True
                began = clock.monotonic()
                await eventually(lambda: "link down" in caplog.text, 10)
                assert clock.monotonic() - began <= 1.5 * KEEP_ALIVE_S + 1  # the client looks once a second
                proxy.swallowing = False
                await eventually(lambda: proxy.connections > 1 and len(centre.states) > 1, 20)
                await eventually(lambda: outbox.counters().backlog_batches <= 1, 20)
        if talking:
            assert sum(size_of(batch) for batch in centre.batches.values()) == outbox.counters().accepted

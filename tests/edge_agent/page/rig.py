"""The page of one gateway with an agent behind it: in the test's own loop, or as a server for a browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import httpx
import uvicorn

from device_profiles.clock import SystemClock
from edge_agent.control.client import SOCKET
from edge_agent.discovery.finding import Finding, News, Progress, Scope
from edge_agent.page.cabinet import Cabinet
from edge_agent.page.searching import Searching
from edge_agent.page.serving import bound_socket, cabinet_at, settings
from edge_agent.page.shell import create_page
from tests.edge_agent.page.demo_agent import GAUGE, DemoAgent
from tests.waiting import eventually

T = TypeVar("T")
FOUND = (
    Finding(
        "modbus_tcp", "192.168.8.20:502/1", "Modbus unit 1", ("river_gauge_radar",), GAUGE["connection"],  # type: ignore[arg-type]
        {"answers": "input registers 0 to 4", "level_m": "3.42 m"},
    ),
    Finding(
        "serial", "/dev/ttyUSB0", "USB-RS485 converter",
        connection={"kind": "modbus", "transport": "rtu", "serial_port": "/dev/ttyUSB0"},
        evidence={"device": "/dev/ttyUSB0"}, unfinished=("unit", "baud_rate", "parity"),
    ),
)  # fmt: skip


@dataclass
class Rig:
    """The page behind a client that has shown the code, its agent, and where they live."""

    cabinet: Cabinet
    agent: DemoAgent
    code: str
    client: httpx.AsyncClient
    agent_task: list[asyncio.Task[None]] = field(default_factory=list)

    async def enter(self) -> None:
        """Shows the code."""
        answer = await self.client.post("/login", data={"code": self.code})
        assert answer.status_code == 303

    async def see(self, path: str) -> str:
        """A page's text."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.text

    async def stop_agent(self) -> None:
        """The agent goes away."""
        self.agent_task[0].cancel()
        await asyncio.wait(self.agent_task)


def scanning(found: Sequence[News] = FOUND) -> Searching:
    """A search that finds this."""

    async def scan(_: Scope) -> AsyncIterator[News]:
        yield Progress("modbus_tcp", 1, 2)
        for each in found:
            yield each
        yield Progress("modbus_tcp", 2, 2)

    return Searching(scan)


@asynccontextmanager
async def page_rig(folder: Path, *, found: Sequence[News] = FOUND) -> AsyncIterator[Rig]:
    """A box with its agent; the client keeps cookies, and is a stranger at first."""
    cabinet = replace(cabinet_at(folder), searching=scanning(found))
    agent = DemoAgent(cabinet.clock)
    transport = httpx.ASGITransport(create_page(cabinet))
    async with (
        asyncio.TaskGroup() as group,
        httpx.AsyncClient(transport=transport, base_url="http://thacba.local:8090") as client,
    ):
        serving = group.create_task(agent.serve(folder))
        searching = group.create_task(cabinet.searching.run())
        await eventually((folder / SOCKET).exists)
        yield Rig(cabinet, agent, cabinet.access.new_code(), client, [serving])
        serving.cancel()
        searching.cancel()


@dataclass(frozen=True)
class RunningPage:
    """A page that answers at `url`."""

    url: str
    code: str
    agent: DemoAgent
    cabinet: Cabinet
    loop: asyncio.AbstractEventLoop

    def call(self, act: Callable[[], T]) -> T:
        """Does something where the page lives."""

        async def on_the_loop() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(on_the_loop(), self.loop).result(timeout=10)


@contextmanager
def running_page(folder: Path, *, found: Sequence[News] = FOUND) -> Iterator[RunningPage]:
    """Starts it in a thread of its own, hands it over, stops it."""
    started: list[RunningPage] = []
    ready = threading.Event()
    door = bound_socket("127.0.0.1", 0)
    cabinet = replace(cabinet_at(folder), searching=scanning(found))
    agent = DemoAgent(SystemClock())
    server = uvicorn.Server(settings(cabinet))

    async def serve() -> None:
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(agent.serve(folder)), group.create_task(cabinet.searching.run())]
            url = f"http://127.0.0.1:{door.getsockname()[1]}"
            started.append(RunningPage(url, cabinet.access.new_code(), agent, cabinet, asyncio.get_running_loop()))
            ready.set()
            await server.serve(sockets=[door])
            for task in others:
                task.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="page")
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the page did not start")
        yield started[0]
    finally:
        server.should_exit = True
        thread.join(10)
        door.close()

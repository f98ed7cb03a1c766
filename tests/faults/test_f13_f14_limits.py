"""F13, F14: no memory, no descriptors: what was acknowledged stays safe, and the programs come back by themselves."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.faults.conftest import Score
from tests.faults.tools.devices import KEY
from tests.faults.tools.platform import Platform, platform
from tests.faults.tools.warm import Child, Starter
from tests.servers import HOST
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

SPARE_DESCRIPTORS = 6
CROWD = 60
HELD_S = 2.0
SPARE_BYTES = 4 * 1024 * 1024
GREEDY = 24


@contextmanager
def few_descriptors(child: Child | None) -> Iterator[None]:
    """The program may open only a few more files and sockets than it has."""
    assert child is not None
    before = resource.prlimit(child.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (_highest(child.pid) + SPARE_DESCRIPTORS, before[1]))
    try:
        yield
    finally:
        resource.prlimit(child.pid, resource.RLIMIT_NOFILE, before)


def _highest(pid: int) -> int:
    return max(int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir())


@contextmanager
def crowd(port: int) -> Iterator[None]:
    """Clients that connect and say nothing."""
    clients = []
    try:
        for _ in range(CROWD):
            client = socket.socket()
            client.settimeout(0.2)
            with suppress(OSError):
                client.connect((HOST, port))
            clients.append(client)
        yield
    finally:
        for client in clients:
            client.close()


async def is_up(port: int) -> bool:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            return (await client.get(f"http://{HOST}:{port}/healthz")).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


async def settled(made: Platform, score: Score, *, blow: str) -> None:
    await made.ready()
    verdict = await made.drained()
    score.add(verdict, ready_s=max(made.ready_s))
    score.blows[blow] = score.blows.get(blow, 0) + 1
    assert verdict.is_clean, f"{verdict}\n{made.timeline}"
    assert verdict.dropped == 0


@pytest.mark.parametrize("side", ["agent", "centre"])
async def test_f14_a_crowd_takes_every_descriptor_and_leaves(
    side: str, tmp_path: Path, starter: Starter, score: Score
) -> None:
    async with platform(tmp_path, starter) as made:
        await eventually(lambda: is_up(made.centre_port))
        child, port = (made.agent, made.gauges.port) if side == "agent" else (made.centre, made.centre_port)
        assert child is not None
        with few_descriptors(child), crowd(port):
            made.note("no descriptors")
            await asyncio.sleep(HELD_S)  # the blow
            assert psutil.Process(child.pid).num_fds() <= resource.prlimit(child.pid, resource.RLIMIT_NOFILE)[0]
        made.note("descriptors again")
        await settled(made, score, blow=f"F14 descriptors, {side}")
        assert await is_up(made.centre_port)


async def test_f13_an_agent_without_memory_loses_nothing_that_it_acknowledged(
    tmp_path: Path, starter: Starter, score: Score
) -> None:
    """It refuses, or it ends and its service manager starts it again (here: the test); both are allowed."""
    async with platform(tmp_path, starter) as made:
        assert made.agent is not None
        used = psutil.Process(made.agent.pid).memory_info().vms
        resource.prlimit(made.agent.pid, resource.RLIMIT_AS, (used + SPARE_BYTES, resource.RLIM_INFINITY))
        made.note("no memory")
        until = time.monotonic() + HELD_S
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client, asyncio.TaskGroup() as group:
            for _ in range(GREEDY):
                group.create_task(_greedy(client, made, until))
        with suppress(ProcessLookupError):
            resource.prlimit(made.agent.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if not psutil.pid_exists(made.agent.pid) or psutil.Process(made.agent.pid).status() == psutil.STATUS_ZOMBIE:
            made.note("the agent ended, and is started again")
            await made.kill_agent()
            made.start_agent()
        await settled(made, score, blow="F13 memory")


async def _greedy(client: httpx.AsyncClient, made: Platform, until: float) -> None:
    """Pushes a body of half a megabyte again and again: documents that the profile knows nothing of."""
    body = json.dumps([{"id": f"x-{number}", "unknown": "x" * 50} for number in range(6000)])
    url = f"http://{HOST}:{made.gauges.port}/push/{made.gauges.names[0]}"
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            await client.post(url, content=body, headers={"Authorization": f"Bearer {KEY}"})
        await asyncio.sleep(0.01)

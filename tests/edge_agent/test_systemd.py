"""What systemd hears: ready once, alive often, how it does, and that it ends; on a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.systemd import Notifier
from tests.fakes import ManualClock, settle
from tests.waiting import eventually


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.setblocking(False)
        yield made


def heard(ear: socket.socket) -> list[str]:
    said: list[str] = []
    while True:
        try:
            said.append(ear.recv(4096).decode())
        except BlockingIOError:
            return said


async def test_ready_alive_and_stopping(ear: socket.socket, tmp_path: Path) -> None:
    clock, said = ManualClock(), iter(["not linked", "linked", "linked"])
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}
    async with asyncio.TaskGroup() as group:
        running = group.create_task(Notifier(lambda: next(said), clock, told=told).run())
        await eventually(lambda: clock.sleepers)
        assert heard(ear) == ["READY=1", "WATCHDOG=1\nSTATUS=not linked"]
        await clock.advance(10)
        assert heard(ear) == ["WATCHDOG=1\nSTATUS=linked"]
        running.cancel()
    assert heard(ear) == ["STOPPING=1"]


async def test_nobody_listens(tmp_path: Path) -> None:
    clock = ManualClock()
    for told in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}):
        async with asyncio.TaskGroup() as group:
            running = group.create_task(Notifier(lambda: "", clock, told=told).run())
            await settle()
            assert not running.done()
            running.cancel()

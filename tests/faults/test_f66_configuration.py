"""F66: a configuration that cuts the gateway off is given up by itself, also when the power goes at any moment."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.edge_agent.centre import Centre, centre_at
from tests.edge_agent.configuring.rig import (
    Gateway,
    configuration,
    gateway_file,
    gauge,
    gauges,
    push,
)
from tests.faults.conftest import Ring
from tests.faults.tools.warm import Child, Starter
from tests.servers import Server, free_port
from tests.waiting import eventually

pytestmark = pytest.mark.scenario


@dataclass
class Box:
    """A gateway program in a process of its own."""

    folder: Path
    starter: Starter
    child: Child | None = None
    starts: int = 0
    gateway: Gateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = Gateway(self.folder)

    def start(self) -> None:
        """Begins, as after a power cut."""
        file = str(self.folder / "gateway.toml")
        self.child = self.starter.start("edge", "run", "--config", file, "--log", "json", log=self.folder / "agent.log")
        self.starts += 1

    def kill(self) -> None:
        """kill -9, wherever it is."""
        assert self.child is not None
        self.child.kill()

    async def back(self) -> dict[str, Any]:
        """It answers at its control socket: the technician's page has somebody to ask."""
        assert await eventually(self.gateway.answers)
        return await self.gateway.status()

    def on_disk(self) -> Mapping[str, Any]:
        """Where the configurations stand on disk."""
        path = self.folder / "data" / "configuration" / "state.json"
        said: Mapping[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return said


@contextmanager
def box(folder: Path, starter: Starter) -> Iterator[Box]:
    made = Box(folder, starter)
    made.start()
    try:
        yield made
    finally:
        made.kill()


@asynccontextmanager
async def at_work(
    folder: Path, starter: Starter, broker: Server
) -> AsyncIterator[tuple[Box, Centre, list[dict[str, Any]]]]:
    """A box with two gauges, read and heard by a centre."""
    name = f"gw-{folder.name}"[:64]
    async with gauges(2) as hosts, centre_at(broker, gateway=name) as centre:
        devices = [gauge(f"d{number}", host.port) for number, host in enumerate(hosts)]
        gateway_file(folder, gateway=name, broker=broker.port, devices=devices)
        with box(folder, starter) as made:
            await made.back()
            await eventually(lambda: len(centre.readings()) == 2)
            yield made, centre, devices


async def nothing_is_lost(made: Box, centre: Centre) -> None:
    """What the gateway numbered is what the centre has, in one epoch and without a gap."""
    before = centre.arrivals
    await eventually(lambda: centre.arrivals > before + 3)

    async def whole() -> bool:
        numbers = sorted(sequence for _, sequence in centre.batches)
        return numbers == list(range(1, len(numbers) + 1))

    assert await eventually(whole)
    assert len({epoch for epoch, _ in centre.batches}) == 1
    assert (await made.gateway.status())["backlog"]["dropped"] == 0


async def test_f66_cut_off_by_its_configuration_and_killed_in_every_state(
    tmp_path: Path, starter: Starter, mosquitto_server: Server
) -> None:
    async with at_work(tmp_path, starter, mosquitto_server) as (made, centre, devices):
        name = (await made.gateway.status())["gateway"]
        broken = {"url": f"mqtt://127.0.0.1:{free_port()}"}
        # killed while it is tried: the trial goes on, and is given up when its time is over
        await push(centre, configuration(name, 1, within_s=5, broker=broken))
        await eventually(lambda: "trial" in made.on_disk())
        made.kill()
        made.start()
        assert (await made.back())["configuration"]["state"] == "trial"
        assert (await made.gateway.configuration(state="rolled_back"))["reason"] == "link"
        await nothing_is_lost(made, centre)
        # killed when it was given up: the good one runs, and the bad one is not tried again
        made.kill()
        made.start()
        assert (await made.back())["configuration"]["state"] == "rolled_back"
        await nothing_is_lost(made, centre)
        # killed twice while it is tried: perhaps it is what ends the program
        await push(centre, configuration(name, 2, within_s=600, broker=broken))
        for _ in range(2):
            await eventually(lambda: "trial" in made.on_disk())
            await made.back()
            made.kill()
            made.start()
        assert (await made.back())["configuration"]["reason"] == "restarts"
        await nothing_is_lost(made, centre)
        # killed when it was confirmed: it is good, and stays
        await push(centre, configuration(name, 3, devices=devices[:1]))
        await eventually(lambda: made.on_disk().get("good", {}).get("version") == 3)
        made.kill()
        made.start()
        status = await made.back()
        assert (status["configuration"]["version"], status["configuration"]["state"]) == (3, "active")
        assert [each["id"] for each in status["devices"]] == ["d0"]
        await nothing_is_lost(made, centre)


async def test_f66_killed_at_random_moments_of_many_changes(
    tmp_path: Path, starter: Starter, mosquitto_server: Server, ring: Ring
) -> None:
    chance, cycles = random.Random(ring.seed), max(6, ring.cycles // 5)
    async with at_work(tmp_path, starter, mosquitto_server) as (made, centre, devices):
        name = (await made.gateway.status())["gateway"]
        for version in range(1, cycles + 1):
            chosen = devices[: 1 + version % 2]
            await push(centre, configuration(name, version, devices=chosen))
            await asyncio.sleep(chance.uniform(0, 0.4))  # the random moment
            made.kill()
            made.start()
            status = await made.back()
            assert [each["id"] for each in status["devices"]] in (["d0"], ["d0", "d1"])
            assert not status["configuration"]["faults"]
        await made.gateway.configuration(state="active", version=cycles)
        await nothing_is_lost(made, centre)
    assert "Traceback" not in (tmp_path / "agent.log").read_text("utf-8")

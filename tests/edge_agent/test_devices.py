"""Devices come, go and change at a running agent; what they had said before is kept under the model of that time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from device_profiles.clock import SystemClock
from device_profiles.load import Catalogue, build
from edge_agent.app import Agent, opened
from edge_agent.config import GatewayConfig, ListenConfig
from edge_agent.connector import Poller, Sample
from edge_agent.connectors.http_json.push import PushServer
from edge_agent.device import Connectors, Device, Surroundings
from edge_agent.planning import Plan, plan_for
from edge_agent.registry import build_connectors
from tests.edge_agent.rig import Counting, Hanging
from tests.edge_agent.samples import NAME, point, profile
from tests.servers import free_port
from tests.waiting import eventually

CATALOGUE = Catalogue(
    {
        "test_station": profile(),
        "other_station": profile(point("p"), point("q")).model_copy(update={"profile": "other_station"}),
    }
)


def made(folder: Path, devices: Mapping[str, Mapping[str, object]], **tables: object) -> Plan:
    """A plan; every device is polled five times a second unless it says otherwise."""
    usual = {"profile": "test_station", "name": {"vi": "A", "en": "A"}, "period_s": 0.2}
    place = {"kind": "http_json", "url": "http://127.0.0.1:9"}
    raw = {
        "gateway": {"id": "gw-1", "name": {"vi": "G", "en": "G"}, "data_dir": str(folder), "batch_s": 0.05},
        "devices": [{"id": name, "connection": place, **usual, **more} for name, more in devices.items()],
        **tables,
    }
    return plan_for(build(raw, GatewayConfig, file="test"), CATALOGUE, file="test")


class Doors:
    """Makes a new poller whenever a device is built, and remembers all of them."""

    def __init__(self, kind: type[Counting] = Counting) -> None:
        self.built: dict[str, list[Counting]] = {}
        self.kind = kind

    def __call__(self, devices: Sequence[Device], _: ListenConfig) -> Connectors:
        pollers: dict[str, Poller] = {}
        for device in devices:
            pollers[device.id] = poller = self.kind(device.id)
            self.built.setdefault(device.id, []).append(poller)
        return Connectors(pollers)


@asynccontextmanager
async def at_work(plan: Plan, doors: object) -> AsyncIterator[Agent]:
    with opened(plan.config.gateway.data_dir, SystemClock(), boot="b") as (outbox, clock):
        agent = Agent(plan, outbox=outbox, build=doors, clock=clock)  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:
            work = group.create_task(agent.run())
            await eventually(lambda: len(agent.devices.current) == len(plan.devices))
            try:
                yield agent
            finally:
                agent.stop()
                await asyncio.wait([work])


async def test_who_stays_the_same_keeps_its_poller_its_memory_and_its_life_signs(tmp_path: Path) -> None:
    doors = Doors()
    before = made(tmp_path, {"a": {}, "b": {}, "c": {}})
    async with at_work(before, doors) as agent:
        await eventually(lambda: all(agent.vitals.answers().values()) and len(agent.vitals.answers()) == 3)
        renamed = {"name": {"vi": "Khác", "en": "Other"}}
        await agent.become(made(tmp_path, {"a": renamed, "b": {"period_s": 0.1}, "d": {}}))
        assert {name: len(built) for name, built in doors.built.items()} == {"a": 1, "b": 2, "c": 1, "d": 1}
        assert (doors.built["b"][0].closed, doors.built["c"][0].closed, doors.built["a"][0].closed) == (
            True,
            True,
            False,
        )
        assert agent.vitals.answers()["a"]
        assert not agent.vitals.answers()["b"]
        assert [device.name.en for device in agent.devices.current] == ["Other", "A", "A"]
        polls = doors.built["a"][0].polls
        await eventually(lambda: doors.built["a"][0].polls > polls and agent.vitals.answers()["d"])
        assert agent.outbox.counters().dropped_readings == 0


async def test_a_device_that_becomes_another_model_leaves_what_it_said_under_the_old_one(tmp_path: Path) -> None:
    doors = Doors()
    slow = {"gateway": {"id": "gw-1", "name": NAME.model_dump(), "data_dir": str(tmp_path), "batch_s": 300}}
    async with at_work(made(tmp_path, {"a": {}}, **slow), doors) as agent:
        await eventually(lambda: agent.vitals.answers().get("a"))
        await agent.become(made(tmp_path, {"a": {"profile": "other_station"}}, **slow))
        assert agent.outbox.counters().accepted > 0
        agent.flow.offer([Sample("a", "q", 7.0)])
        await agent.become(made(tmp_path, {}, **slow))
        assert agent.devices.current == ()
        await agent.become(made(tmp_path, {"a": {}}, **slow))
        kept = await agent.outbox.fetch(range(1, agent.outbox.counters().next_sequence))
        texts = [parcel.payload.decode(errors="ignore") for parcel in kept]
        assert "test_station" in texts[0]
        assert "other_station" in texts[-1]


async def test_a_poll_that_never_ends_does_not_hold_up_a_change(tmp_path: Path) -> None:
    doors = Doors(Hanging)
    async with at_work(made(tmp_path, {"a": {"period_s": 60}}), doors) as agent:
        agent.vitals.note("a", "timeout")
        async with asyncio.timeout(15):
            await agent.become(made(tmp_path, {}))
        assert agent.devices.current == ()


async def test_a_pushing_device_changes_while_the_others_push(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k3y")
    door = {"kind": "http_push", "key_file": str(tmp_path / "key")}
    listen = {"listen": {"port": free_port()}}
    servers: list[PushServer] = []

    def doors(devices: Sequence[Device], wanted: ListenConfig) -> Connectors:
        built = build_connectors(devices, Surroundings(wanted, tmp_path, SystemClock()))
        servers.extend(each for each in built.listeners.values() if isinstance(each, PushServer))
        return built

    async with (
        at_work(made(tmp_path, {"a": {"connection": door}, "b": {"connection": door}}, **listen), doors) as agent,
        httpx.AsyncClient(headers={"Authorization": "Bearer k3y"}) as client,
    ):
        url = f"http://127.0.0.1:{await servers[0].port()}/push/"

        async def push(device: str, number: int) -> tuple[int, int]:
            answer = await client.post(url + device, json={"p": 1.0 + number, "id": f"n{number}"})
            return answer.status_code, answer.json().get("repeated", -1)

        assert await push("a", 1) == (202, 0)
        await agent.become(
            made(tmp_path, {"a": {"connection": door}, "c": {"connection": {**door, "max_bytes": 2000}}}, **listen)
        )
        assert len(servers) == 1
        assert await push("a", 1) == (202, 1)  # it still knows what it was told
        assert await push("c", 1) == (202, 0)
        assert (await push("b", 2))[0] == 404
        await agent.become(made(tmp_path, {"a": {"connection": door}}, listen={"port": free_port()}))
        assert len(servers) == 2

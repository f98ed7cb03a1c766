"""A whole agent trips its siren from gateway.toml alone; what does not fit is said before anything runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from device_profiles.clock import SystemClock
from device_profiles.load import Catalogue, FileFaultsError, build, load_catalogue
from device_profiles.schema import Command
from edge_agent.app import Agent, opened
from edge_agent.config import GatewayConfig, ListenConfig
from edge_agent.connector import Observation, Sample, Scalar
from edge_agent.device import Connectors, Device, Surroundings
from edge_agent.neighbours import Neighbourhood
from edge_agent.planning import Plan, plan_for
from edge_agent.registry import build_connectors
from tests.edge_agent.samples import NAME, profile
from tests.waiting import eventually

COMMANDS = tuple(Command(verb=verb, name=NAME) for verb in ("sound", "silence"))
CATALOGUE = Catalogue(
    {
        "test_station": profile(),
        "test_siren": profile().model_copy(update={"profile": "test_siren", "commands": COMMANDS}),
        "interlock": load_catalogue()["interlock"],
    }
)
CONDITION = {"device": "stream", "point": "p", "above": 3.0}


def made(folder: Path, **connection: object) -> Plan:
    place = {"kind": "http_json", "url": "http://127.0.0.1:9"}
    lock = {"kind": "interlock", "when": [CONDITION], "then": [{"device": "siren", "verb": "sound"}], **connection}
    devices = [
        {"id": "stream", "profile": "test_station", "period_s": 0.05, "connection": place},
        {"id": "siren", "profile": "test_siren", "period_s": 60, "connection": place},
        {"id": "lock", "profile": "interlock", "connection": lock},
    ]
    name = {"vi": "A", "en": "A"}
    raw = {
        "gateway": {"id": "gw-1", "name": name, "data_dir": str(folder), "batch_s": 0.05},
        "devices": [{"name": name, **each} for each in devices],
    }
    return plan_for(build(raw, GatewayConfig, file="gateway.toml"), CATALOGUE, file="gateway.toml")


class Stream:
    """A stream whose stage the test says, and a siren that notes its orders."""

    def __init__(self) -> None:
        self.stage = 1.0
        self.orders: list[str] = []

    async def poll(self) -> Sequence[Observation]:
        return [Sample("stream", "p", self.stage)]

    async def close(self) -> None:
        return

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        del arguments
        self.orders.append(verb)
        return "obeyed"


async def test_the_gateway_sounds_its_siren_without_any_centre(tmp_path: Path) -> None:
    plan, stream, neighbours = made(tmp_path), Stream(), Neighbourhood()

    def doors(devices: Sequence[Device], listen: ListenConfig) -> Connectors:
        around = Surroundings(listen, tmp_path, SystemClock(), neighbours=neighbours)
        locks = build_connectors([each for each in devices if each.id == "lock"], around)
        return locks.and_those(Connectors(pollers={"stream": stream}, writers={"siren": stream}))

    with opened(tmp_path, SystemClock(), boot="b") as (outbox, clock):
        agent = Agent(plan, outbox=outbox, build=doors, clock=clock, neighbours=neighbours)
        async with asyncio.TaskGroup() as group:
            work = group.create_task(agent.run())
            await eventually(lambda: agent.flow.newest("stream"))
            assert stream.orders == []
            stream.stage = 3.5
            await eventually(lambda: stream.orders == ["sound"])
            tripped = await eventually(lambda: [each for each in agent.flow.newest("lock") if each.value is True])
            assert {each.point for each in tripped} == {"tripped", "armed"}
            agent.stop()
            await asyncio.wait([work])


@pytest.mark.parametrize(
    ("connection", "fault"),
    [
        ({"when": [{**CONDITION, "device": "strem"}]}, "there is no device 'strem' on this gateway (did you mean"),
        ({"when": [{**CONDITION, "point": "q"}]}, "stream has no point 'q'"),
        ({"when": [{"device": "stream", "point": "p", "equals": True}]}, "stream.p is float: compare it as such"),
        ({"then": [{"device": "siren", "verb": "sond"}]}, "siren knows no command 'sond' (did you mean 'sound'"),
        ({"after": [{"device": "siren", "verb": "sound", "arguments": {"s": 1}}]}, "siren sound takes: no arguments"),
        ({"then": [{"device": "stream", "verb": "sound"}]}, "stream knows no command 'sound' (it knows: none)"),
    ],
    ids=["device", "point", "type", "verb", "arguments", "no commands"],
)  # fmt: skip
def test_what_could_never_trip_is_refused_before_it_runs(
    tmp_path: Path, connection: dict[str, object], fault: str
) -> None:
    with pytest.raises(FileFaultsError) as caught:
        made(tmp_path, **connection)
    assert fault in str(caught.value)

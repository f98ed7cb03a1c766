"""A whole agent on invented devices, for tests of the gateway program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from device_profiles.clock import Clock, SystemClock
from device_profiles.load import Catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.app import Agent, opened
from edge_agent.config import GatewayConfig
from edge_agent.connector import Deliver, LinkError, Observation, Poller, Sample, Scalar, Writer
from edge_agent.device import Connectors
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.planning import Plan, plan_for
from tests.edge_agent.samples import NAME, profile


class Counting:
    """A poller that reads 1, 2, 3 ... and counts how often it was asked."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.polls = 0
        self.closed = False

    async def poll(self) -> Sequence[Observation]:
        self.polls += 1
        return [Sample(self.device, "p", float(self.polls))]

    async def close(self) -> None:
        self.closed = True


class Hanging(Counting):
    """A poller whose device never answers."""

    async def poll(self) -> Sequence[Observation]:
        self.polls += 1
        await asyncio.Event().wait()
        return []


class Dead(Counting):
    """A poller whose device refuses the connection."""

    async def poll(self) -> Sequence[Observation]:
        self.polls += 1
        raise LinkError("refused", "nobody there")


class Broken(Counting):
    """A poller with a bug."""

    async def poll(self) -> Sequence[Observation]:
        self.polls += 1
        raise KeyError("a bug in a connector")


class Hand:
    """A listener that the test speaks through."""

    def __init__(self) -> None:
        self.deliver: asyncio.Future[Deliver] = asyncio.get_running_loop().create_future()

    async def listen(self, deliver: Deliver) -> None:
        self.deliver.set_result(deliver)
        await asyncio.Event().wait()


class Obedient:
    """A writer that notes what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, Scalar]]] = []
        self.error: Exception | None = None

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        self.told.append((verb, arguments))
        if self.error is not None:
            raise self.error
        return "restarting"


def plan(
    data_dir: Path,
    devices: Sequence[str],
    *,
    port: int = 1,
    gateway: str = "gw-1",
    model: DeviceProfile | None = None,
    key: str = "",
    receipt_timeout_s: float = 20,
    bytes_per_day: int | None = None,
    ca_file: Path | None = None,
) -> Plan:
    """A plan whose devices all are of one invented model, read every 0.2 s."""
    chosen = model or profile()
    raw = {
        "gateway": {"id": gateway, "name": NAME, "data_dir": data_dir, "health_period_s": 0.5, "batch_s": 0.1},
        "broker": {
            "url": f"{'mqtts' if ca_file else 'mqtt'}://127.0.0.1:{port}",
            "ca_file": ca_file,
            "receipt_timeout_s": receipt_timeout_s,
            "keep_alive_s": 4,
            "bytes_per_day": bytes_per_day,
        },
        "centre": {"command_key": key},
        "devices": [
            {
                "id": device,
                "profile": chosen.profile,
                "name": NAME,
                "period_s": 0.2,
                "connection": {"kind": "http_json", "url": "http://127.0.0.1:9"},
            }
            for device in devices
        ],
    }
    config = GatewayConfig.model_validate(raw)
    return plan_for(config, Catalogue({chosen.profile: chosen}), file="gateway.toml")


@asynccontextmanager
async def running(
    chosen: Plan,
    pollers: Mapping[str, Poller],
    *,
    writers: Mapping[str, Writer] | None = None,
    hand: Hand | None = None,
    clock: Clock | None = None,
    boot: str = "this-boot",
) -> AsyncIterator[tuple[Agent, OutboxOwner]]:
    """The agent at work on these pollers, stopped at the end."""
    with opened(chosen.config.gateway.data_dir, clock or SystemClock(), bounds=chosen.bounds, boot=boot) as (
        outbox,
        own,
    ):
        connectors = Connectors(pollers, {"hand": hand} if hand else {}, writers or {})
        agent = Agent(chosen, outbox=outbox, build=lambda _devices, _listen: connectors, clock=own)
        async with asyncio.TaskGroup() as group:
            work = group.create_task(agent.run())
            try:
                yield agent, outbox
            finally:
                agent.stop()
                async with asyncio.timeout(30):  # how quick a stop is, test_killed.py judges on the program
                    await asyncio.wait([work])

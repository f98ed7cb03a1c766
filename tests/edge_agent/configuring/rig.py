"""A whole gateway program in the test's own loop, with its control socket, Modbus devices and a centre that signs."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_profiles.load import load_catalogue
from device_profiles.wire import Channel, Configuration, RunningConfiguration, Settings, encode
from device_profiles.wire.configuration import sign_configuration
from edge_agent.control.client import ControlClient
from edge_agent.control.protocol import AgentAwayError
from edge_agent.running import run_gateway, setup_for
from simulators.device import constant
from simulators.devices.modbus import ModbusHost, ModbusUnit
from tests.edge_agent.centre import Centre
from tests.waiting import eventually

GAUGE = load_catalogue()["river_gauge_radar"]
CENTRE_KEY = Ed25519PrivateKey.generate()
NAME = {"vi": "Trạm", "en": "Station"}
OFTEN = {
    key: {"deadband": 0, "deadband_percent": 0, "heartbeat_s": 0.2} for key in ("level_m", "velocity_m_s", "batt_v")
}
FILE = """
[gateway]
id = "{gateway}"
name = {{ vi = "Cổng thử", en = "Test gateway" }}
data_dir = "data"
batch_s = 0.05
health_period_s = 0.2
[broker]
url = "mqtt://127.0.0.1:{broker}"
receipt_timeout_s = 2
[centre]
command_key = "{key}"
"""


@dataclass
class Gateway:
    """One gateway program, asked through its socket as the technician's page does."""

    folder: Path
    task: asyncio.Task[None] | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def client(self) -> ControlClient:
        return ControlClient(self.folder / "data" / "control.sock")

    async def ask(self, verb: str, arguments: Mapping[str, object] | None = None) -> dict[str, Any]:
        return await self.client.ask(verb, arguments)

    async def status(self) -> dict[str, Any]:
        return await self.ask("status")

    async def answers(self) -> bool:
        try:
            await self.status()
        except AgentAwayError:
            return False
        return True

    async def configuration(self, *, state: str, version: int | None = None) -> dict[str, Any]:
        """The standing of the configurations, once it is this."""

        async def seen() -> dict[str, Any]:
            said: dict[str, Any] = (await self.status())["configuration"]
            return said if said["state"] == state and version in (None, said["version"]) else {}

        return await eventually(seen)


def public_key() -> str:
    return base64.b64encode(CENTRE_KEY.public_key().public_bytes_raw()).decode()


def gateway_file(folder: Path, *, gateway: str, broker: int, devices: Sequence[Mapping[str, Any]] = ()) -> Path:
    """gateway.toml of a gateway that knows its centre."""
    text = FILE.format(gateway=gateway, broker=broker, key=public_key())
    for device in devices:
        pairs = ", ".join(f"{key} = {json.dumps(value)}" for key, value in device["connection"].items())
        text += (
            f'[[devices]]\nid = "{device["id"]}"\nprofile = "{device["profile"]}"\nperiod_s = {device["period_s"]}\n'
        )
        text += f'name = {{ vi = "Trạm", en = "Station" }}\nconnection = {{ {pairs} }}\n[devices.report]\n'
        text += "".join(f"{key} = {{ deadband = 0, heartbeat_s = 0.2 }}\n" for key in OFTEN)
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def gauge(name: str, port: int, *, unit: int = 1, period_s: float = 0.2, **more: Any) -> dict[str, Any]:
    """A river gauge as a table."""
    connection = {"kind": "modbus", "host": "127.0.0.1", "port": port, "unit": unit, "timeout_s": 2}
    return {
        "id": name,
        "profile": "river_gauge_radar",
        "name": NAME,
        "period_s": period_s,
        "connection": connection,
        "report": OFTEN,
        **more,
    }


@asynccontextmanager
async def gateway_at(folder: Path, *, file: Path | None = None, data: Path | None = None) -> AsyncIterator[Gateway]:
    """The program at work, until the end of the block."""
    setup = setup_for(file or folder / "gateway.toml", data=data, profiles=())
    async with asyncio.TaskGroup() as group:
        gateway = Gateway(folder, group.create_task(run_gateway(setup)))
        assert await eventually(gateway.answers)
        try:
            yield gateway
        finally:
            if gateway.task is not None and not gateway.task.done():
                await gateway.ask("restart")


@asynccontextmanager
async def gauges(hosts: int, *, units: int = 1) -> AsyncIterator[list[ModbusHost]]:
    """Hosts with river gauges behind them."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(hosts):
            behind = [
                ModbusUnit(GAUGE, constant(level_m=29.5, velocity_m_s=1.0, batt_v=12.6), unit=number + 1)
                for number in range(units)
            ]
            made.append(await stack.enter_async_context(ModbusHost(behind)))
        yield made


def configuration(gateway: str, version: int, *, within_s: int = 30, **tables: Any) -> Configuration:
    """What the centre wants."""
    return Configuration(
        v=1, gateway=gateway, version=version, issued_at=1, settings=Settings(**tables), confirm_within_s=within_s
    )


async def push(centre: Centre, wanted: Configuration, *, key: Ed25519PrivateKey = CENTRE_KEY) -> None:
    """Sends it as the centre does: signed and retained."""
    signed = sign_configuration(wanted, key)
    await centre.tell(wanted.gateway, Channel.CONFIGURATION, encode(signed), retain=True)


async def reported(centre: Centre, **wanted: object) -> RunningConfiguration:
    """What the last birth says of the configuration, once it says this."""

    def seen() -> RunningConfiguration | None:
        said = centre.states[-1].running if centre.states else None
        fits = said is not None and all(getattr(said, name) == value for name, value in wanted.items())
        return said if fits else None

    said = await eventually(seen)
    assert said is not None
    return said

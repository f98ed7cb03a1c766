"""A broker of others for tests: messages from mosquitto_pub, the doors of a room, and a disk with a gate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from device_profiles.clock import SystemClock
from device_profiles.schema import DeviceProfile
from edge_agent.connector import Happening, LinkError, Listener, Observation, Sample, Writer
from edge_agent.device import Connection, Connectors, Device, Surroundings, Wires
from edge_agent.mqtt_line import MqttLine
from tests.edge_agent.samples import NAME
from tests.servers import HOST, program
from tests.waiting import eventually

Build = Callable[[Sequence[Device], Surroundings], Connectors]


@dataclass(frozen=True, slots=True)
class Address:
    host: str = HOST
    port: int = 0
    request_within_s: int = 15


@dataclass(slots=True)
class Site:
    """Devices at work: what they delivered, how they ended, and a gate in front of the disk."""

    doors: Connectors
    wires: Wires
    heard: list[Observation] = field(default_factory=list)
    ended: dict[str, LinkError] = field(default_factory=dict)
    disk: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def samples(self) -> list[Sample]:
        return [each for each in self.heard if isinstance(each, Sample)]

    @property
    def happenings(self) -> list[Happening]:
        return [each for each in self.heard if isinstance(each, Happening)]

    def said(self, device: str = "d") -> dict[str, object]:
        """The newest value, or else the fault, of each point."""
        return {each.point: each.fault or each.value for each in self.samples if each.device == device}

    @property
    def line(self) -> MqttLine:
        """The one connection to the broker."""
        (shared,) = self.wires.values()
        assert isinstance(shared.line, MqttLine)
        return shared.line

    def writer(self, device: str = "d") -> Writer:
        return self.doors.writers[device]


def device(profile: DeviceProfile, connection: Connection, name: str = "d") -> Device:
    return Device(name, NAME, profile, "0" * 12, profile.period_s, connection)


@asynccontextmanager
async def site(
    build: Build, devices: Sequence[Device], folder: Path, *, looks_only: bool = False
) -> AsyncIterator[Site]:
    """The devices listen, and the broker knows what to."""
    wires: Wires = {}
    around = Surroundings(Address(), folder, SystemClock(), wires, looks_only=looks_only)
    place = Site(build(devices, around), wires)
    place.disk.set()

    async def deliver(observations: Sequence[Observation]) -> None:
        await place.disk.wait()
        place.heard.extend(observations)

    async def listen(name: str, listener: Listener) -> None:
        try:
            await listener.listen(deliver)
        except LinkError as loss:
            place.ended[name] = loss

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(listen(name, listener)) for name, listener in place.doors.listeners.items()]
        await eventually(
            lambda: place.ended or (_lines_asked(wires) if looks_only else _is_asked(folder, len(devices)))
        )
        try:
            yield place
        finally:
            for task in tasks:
                task.cancel()


def _lines_asked(wires: Wires) -> bool:
    """The same for devices that only look: their line knows."""
    lines = [shared.line for shared in wires.values()]
    return all(isinstance(line, MqttLine) and line.asked for line in lines)


def _is_asked(folder: Path, devices: int) -> bool:
    """Whether the broker was asked for the topics of all: the sessions on disk say so."""
    sessions = [json.loads(file.read_bytes()) for file in (folder / "mqtt").glob("*.json")]
    return sum(len(session["topics"]) for session in sessions) >= devices


async def publish(port: int, topic: str, payload: object, *options: str) -> None:
    """As somebody else's device does: mosquitto_pub; a payload that is no text or bytes is sent as JSON."""
    content = payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else None
    content = json.dumps(payload).encode() if content is None else content
    command = [program("mosquitto_pub"), "-h", HOST, "-p", str(port), "-t", topic, "-s", *options]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    await process.communicate(content)
    assert process.returncode == 0

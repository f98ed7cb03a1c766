"""A device whose log is heard: its listener at work, and what it delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from device_profiles.clock import Clock, SystemClock
from device_profiles.load import load_catalogue
from edge_agent.config import ListenConfig
from edge_agent.connector import Happening, LinkError, Observation, Sample, Scalar
from edge_agent.connectors.syslog.build import build
from edge_agent.connectors.syslog.config import SyslogConnection
from edge_agent.connectors.syslog.connector import LogListener
from edge_agent.device import Device, Surroundings, Wires
from tests.edge_agent.samples import NAME
from tests.waiting import eventually

CATALOGUE = load_catalogue()
SENDERS = ("127.0.0.1",)


@dataclass(slots=True)
class Heard:
    """What one device was heard to say; sums, because counts since the last report come in pieces."""

    listener: LogListener
    sums: dict[str, int] = field(default_factory=dict)
    newest: dict[str, Sample] = field(default_factory=dict)
    happened: list[Happening] = field(default_factory=list)
    lost: str = ""

    async def deliver(self, observations: Sequence[Observation]) -> None:
        for each in observations:
            if isinstance(each, Happening):
                self.happened.append(each)
            else:
                self.newest[each.point] = each
                self.sums[each.point] = self.sums.get(each.point, 0) + int(each.value or 0)

    def value(self, point: str) -> Scalar | None:
        return self.newest[point].value if point in self.newest else None


def device(profile: str, name: str = "log-01", *, period_s: float = 0.2, **connection: object) -> Device:
    """A device of the catalogue on a free port of loopback."""
    made = SyslogConnection.model_validate({"host": "127.0.0.1", "port": 0, "senders": SENDERS, **connection})
    return Device(name, NAME, CATALOGUE[profile], CATALOGUE.hash_of(profile), period_s, made)


@asynccontextmanager
async def hearing(
    *devices: Device, clock: Clock | None = None, wires: Wires | None = None
) -> AsyncIterator[Mapping[str, Heard]]:
    """Their listeners, at work until the end of the block; a session that is lost begins again at once."""
    around = Surroundings(ListenConfig(), Path(), clock or SystemClock(), {} if wires is None else wires)
    heard: dict[str, Heard] = {}
    for name, listener in build(devices, around).listeners.items():
        assert isinstance(listener, LogListener)
        heard[name] = Heard(listener)
    async with asyncio.TaskGroup() as group:
        works = [group.create_task(_keep(each)) for each in heard.values()]
        await eventually(lambda: all(each.listener.port or each.lost for each in heard.values()))
        try:
            yield heard
        finally:
            for work in works:
                work.cancel()


async def _keep(heard: Heard) -> None:
    while True:
        try:
            await heard.listener.listen(heard.deliver)
        except LinkError as error:
            heard.lost = error.fault
            await asyncio.sleep(0)

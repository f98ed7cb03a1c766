"""The OPC UA connector: hears the changes of a device's nodes, and reads all of them in every round.

```
 server ── changes, every publishing_s ──▶ samples ─┐
        ── one question for all nodes, every round ─┴─▶ outbox      a value that stands is seen to stand
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from device_profiles.sources.opcua import OpcUaSource
from edge_agent.connector import CommandError, Deliver, LinkError, Sample, Scalar
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.connectors.opcua.readout import Spot, Told, sample, silent, spots_of
from edge_agent.connectors.opcua.session import Session, open_session
from edge_agent.ordering import ordered, shows
from edge_agent.racing import first_of
from edge_agent.scaling import unscaled

KEPT_CHANGES = 10  # of one node between two reports, when they carry the server's own times
LOOK_AGAIN_S = 0.3  # between two looks at a value that was written
LONGEST_ROUND_S = 60.0  # a lost server is noticed by then, however seldom the device is read


class OpcUaDevice:
    """One device behind a server: a listener, and a writer over the same session."""

    def __init__(
        self,
        device: str,
        connection: OpcUaConnection,
        profile: DeviceProfile,
        *,
        folder: Path,
        clock: Clock,
        round_s: float | None = None,
    ) -> None:
        """`round_s` is how often every node is read, beside its changes; without it the profile says so."""
        self._device = device
        self._connection = connection
        self._profile = profile
        self._folder = folder
        self._clock = clock
        self._round_s = min(round_s or profile.period_s, LONGEST_ROUND_S)
        self._spots = spots_of(profile)
        self._nodes = tuple(dict.fromkeys([*(spot.source.node for spot in self._spots), *_written(profile)]))
        self._session: Session | None = None

    async def listen(self, deliver: Deliver) -> None:
        """Delivers until cancelled; LinkError when the server is lost, after every point has said so."""
        try:
            async with open_session(self._connection, self._folder) as session:
                await self._hear(session, deliver)
        except LinkError as error:
            await deliver(silent(self._device, self._spots, error.fault))
            raise
        finally:
            self._session = None

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Writes what the profile names, looks whether the server shows it, and says so."""
        if self._connection.writes != "allowed":
            raise CommandError('the configuration of this device allows no writes: writes = "allowed"')
        write, wanted = ordered(self._profile, verb, arguments)
        session, source = self._session, write.source
        if session is None:
            raise LinkError("no_answer", "there is no session with the server now")
        if not isinstance(source, OpcUaSource):
            raise CommandError("the profile's write is not for OPC UA")
        raw = wanted if isinstance(wanted, str | bool) else unscaled(wanted, scale=source.scale, offset=source.offset)
        if raw is None:
            raise CommandError("the profile's scale leads nowhere")
        spot = Spot(verb, source, is_text=isinstance(wanted, str))
        await session.write(source.node, raw)
        try:
            async with asyncio.timeout(write.within_s):
                shown = await self._shown(session, spot)
                while not shows(write, wanted, shown):
                    await asyncio.sleep(LOOK_AGAIN_S)
                    shown = await self._shown(session, spot)
        except TimeoutError:
            late = f"written, but the server does not show {wanted} after {write.within_s:g} s"
            raise LinkError("device", late) from None
        return f"{wanted} written, the server shows {shown}"

    async def _hear(self, session: Session, deliver: Deliver) -> None:
        await session.know(self._nodes)
        await self._round(session, deliver)
        queue = KEPT_CHANGES if self._connection.clock == "server" else 1
        nodes = [spot.source.node for spot in self._spots]
        await session.subscribe(nodes, every_s=self._connection.publishing_s, queue=queue)
        self._session = session
        await first_of(self._changes(session, deliver), self._rounds(session, deliver))

    async def _changes(self, session: Session, deliver: Deliver) -> None:
        while True:
            found = [self._sample(spot, told) for node, told in await session.changes() for spot in self._at(node)]
            if found:
                await deliver(found)

    async def _rounds(self, session: Session, deliver: Deliver) -> None:
        while True:
            await self._clock.sleep(self._round_s)
            await self._round(session, deliver)

    async def _round(self, session: Session, deliver: Deliver) -> None:
        """Everything now: a value that has not changed for a day was still read a moment ago."""
        told = await session.read([spot.source.node for spot in self._spots])
        await deliver(
            [replace(sample(self._device, spot, told[spot.source.node]), observed_at=None) for spot in self._spots]
        )

    async def _shown(self, session: Session, spot: Spot) -> Scalar | None:
        told = await session.read([spot.source.node])
        return sample(self._device, spot, told[spot.source.node]).value

    def _sample(self, spot: Spot, told: Told) -> Sample:
        found = sample(self._device, spot, told)
        return found if self._connection.clock == "server" else replace(found, observed_at=None)

    def _at(self, node: str) -> Sequence[Spot]:
        return [spot for spot in self._spots if spot.source.node == node]


def _written(profile: DeviceProfile) -> Sequence[str]:
    sources = [command.write.source for command in profile.commands if command.write is not None]
    return [source.node for source in sources if isinstance(source, OpcUaSource)]

"""The BACnet connector: one poller and writer per device; what is too much at once is asked in halves, then singly."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile, PointType
from device_profiles.sources.bacnet import BacnetSource
from edge_agent.connector import CommandError, LinkError, Sample, Scalar
from edge_agent.connectors.bacnet.asker import Asker, NoSuchServiceError, TooBigError
from edge_agent.connectors.bacnet.config import BacnetConnection
from edge_agent.connectors.bacnet.readout import Spot, Told, sample, silent, spots_of, value_of
from edge_agent.ordering import ordered, shows
from edge_agent.scaling import unscaled

LOOK_AGAIN_S = 0.3  # between two looks at a value that was written


class BacnetDevice:
    """One device. Who it is, it is asked when the link begins, and again after every silence."""

    def __init__(self, device: str, connection: BacnetConnection, profile: DeviceProfile) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._spots = spots_of(profile)
        self._asker: Asker | None = None
        self._asks_singly = False
        self._turn = asyncio.Lock()  # one question at a time: small devices lose the second

    async def poll(self) -> Sequence[Sample]:
        """Every point once; LinkError when the device answers nothing, or is another one."""
        async with self._turn:
            try:
                return await self._poll(await self._met())
            except LinkError:
                self._forget()
                raise

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Writes what the profile names, looks whether the device shows it, and says so."""
        if self._connection.writes != "allowed":
            raise CommandError('the configuration of this device allows no writes: writes = "allowed"')
        write, wanted = ordered(self._profile, verb, arguments)
        source = write.source
        if not isinstance(source, BacnetSource):
            raise CommandError("the profile's write is not for BACnet")
        spot = Spot(verb, source, _type_of(wanted))
        async with self._turn:
            asker = await self._met()
            await asker.put(source.object, _raw(source, wanted), priority=self._connection.priority)
            try:
                async with asyncio.timeout(write.within_s):
                    shown = await self._shown(asker, spot)
                    while not shows(write, wanted, shown):
                        await asyncio.sleep(LOOK_AGAIN_S)
                        shown = await self._shown(asker, spot)
            except TimeoutError:
                late = f"written, but the device does not show {wanted} after {write.within_s:g} s"
                raise LinkError("device", late) from None
        return f"{wanted} written, the device shows {shown}"

    @property
    def local_port(self) -> int:
        """UDP port of ours that answers come back to; 0 while there is no socket."""
        return self._asker.local_port if self._asker is not None else 0

    async def close(self) -> None:
        """Lets go of the socket."""
        self._forget()

    def _forget(self) -> None:
        if self._asker is not None:
            self._asker.close()
            self._asker = None

    async def _met(self) -> Asker:
        if self._asker is None:
            asker = Asker(self._connection, await _address(self._connection.host))
            try:
                await asker.meet()
            except BaseException:
                asker.close()
                raise
            self._asker = asker
        return self._asker

    async def _poll(self, asker: Asker) -> Sequence[Sample]:
        """When the device falls silent half-way, the rest is bad and not the whole poll lost."""
        found: list[Sample] = []
        for begin in range(0, len(self._spots), self._connection.max_objects):
            spots = self._spots[begin : begin + self._connection.max_objects]
            try:
                told = await self._some(asker, [spot.source.object for spot in spots])
            except LinkError as error:
                if not found:
                    raise
                self._forget()
                return [*found, *silent(self._device, self._spots[begin:], error.fault)]
            found += [sample(self._device, spot, told[spot.source.object]) for spot in spots]
        return found

    async def _some(self, asker: Asker, objects: Sequence[str]) -> Mapping[str, Told]:
        if not self._asks_singly:
            try:
                return await asker.several(objects)
            except NoSuchServiceError:
                self._asks_singly = True
            except TooBigError:
                if len(objects) > 1:
                    half = len(objects) // 2
                    first = await self._some(asker, objects[:half])
                    return {**first, **await self._some(asker, objects[half:])}
        return {each: await asker.one(each) for each in objects}

    async def _shown(self, asker: Asker, spot: Spot) -> Scalar | None:
        value, _ = value_of(spot, (await asker.one(spot.source.object)).value)
        return value


async def _address(host: str) -> str:
    """The IPv4 address of a name; LinkError when nobody knows it."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise LinkError("no_answer", f"{host} is not known: {error}") from error
    return str(found[0][4][0])


def _type_of(wanted: Scalar) -> PointType:
    return PointType.STRING if isinstance(wanted, str) else PointType.FLOAT


def _raw(source: BacnetSource, wanted: Scalar) -> Scalar:
    if isinstance(wanted, str | bool):
        return wanted
    for theirs, ours in source.codes.items():
        if ours == wanted:
            return int(theirs)
    raw = unscaled(wanted, scale=source.scale, offset=source.offset)
    if raw is None or source.codes:
        raise CommandError("the profile knows no such value of the device")
    return raw

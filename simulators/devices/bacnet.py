"""BACnet/IP devices that are not there: bacpypes3's own device, a profile's objects by a signal, flags at will."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Self

from bacpypes3.basetypes import StatusFlags
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.analog import AnalogInputObject, AnalogOutputObject, AnalogValueObject, AnalogValueObjectCmd
from bacpypes3.local.binary import BinaryInputObject, BinaryOutputObject, BinaryValueObject, BinaryValueObjectCmd
from bacpypes3.local.device import DeviceObject
from bacpypes3.local.multistate import MultiStateInputObject, MultiStateOutputObject, MultiStateValueObject
from bacpypes3.pdu import IPv4Address

from device_profiles.schema import DeviceProfile
from device_profiles.sources.bacnet import BacnetSource
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import Value
from simulators.faults import FaultKind, Faults

EVERY_S = 0.2
OBJECTS = {
    "analog-input": AnalogInputObject, "analog-output": AnalogOutputObject, "analog-value": AnalogValueObject,
    "binary-input": BinaryInputObject, "binary-output": BinaryOutputObject, "binary-value": BinaryValueObject,
    "multi-state-input": MultiStateInputObject, "multi-state-output": MultiStateOutputObject,
    "multi-state-value": MultiStateValueObject,
}  # fmt: skip
COMMANDED = {"analog-value": AnalogValueObjectCmd, "binary-value": BinaryValueObjectCmd}
UNITLESS, NORMAL, STATES = {"units": "noUnits"}, {"polarity": "normal"}, {"numberOfStates": 32}
OF_KIND: dict[str, dict[str, Any]] = {
    "analog-input": UNITLESS, "analog-output": UNITLESS, "analog-value": UNITLESS,
    "binary-input": NORMAL, "binary-output": NORMAL,
    "multi-state-input": STATES, "multi-state-output": STATES, "multi-state-value": STATES,
}  # fmt: skip


class BacnetDevice:
    """One device with the objects of a profile; what commands write is kept apart from what the signal says."""

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        device: int = 1001,
        elapsed: Elapsed | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.device = device
        self.faults = Faults()
        self.objects: dict[str, Any] = {}
        self._profile = profile
        self._signal = signal
        self._elapsed = elapsed or stopwatch()
        self._application: Any = None
        self._stack = AsyncExitStack()
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            us = DeviceObject(
                objectName=self._profile.profile, objectIdentifier=f"device,{self.device}", vendorIdentifier=0
            )
            self._application = NormalApplication(us, IPv4Address(f"{self.host}:{self.port}"))
            stack.callback(self._application.close)
            server = self._application.normal.server
            await server._local_transport_ready.wait()
            self.port = server.local_transport.get_extra_info("socket").getsockname()[1]
            self._fill()
            self.tell()
            group = await stack.enter_async_context(asyncio.TaskGroup())
            stack.callback(self._stopping.set)
            group.create_task(self._live())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def forget(self, name: str) -> None:
        """The device has no such object any more."""
        self._application.delete_object(self.objects.pop(name))

    def _fill(self) -> None:
        for point in self._profile.points:
            if isinstance(point.source, BacnetSource):
                self._add(point.source.object)
        for command in self._profile.commands:
            source = command.write.source if command.write is not None else None
            if isinstance(source, BacnetSource) and source.object not in self.objects:
                self._add(source.object, is_commanded=True)

    def _add(self, name: str, *, is_commanded: bool = False) -> None:
        kind = name.split(",", maxsplit=1)[0]
        first: Any = 0.0 if kind.startswith("analog") else "inactive" if kind.startswith("binary") else 1
        settings: dict[str, Any] = {"presentValue": first, "statusFlags": [0, 0, 0, 0], "outOfService": False}
        settings |= {"eventState": "normal", "reliability": "no-fault-detected", **OF_KIND.get(kind, {})}
        made = OBJECTS[kind]
        if is_commanded or kind.endswith("output"):
            made = COMMANDED.get(kind, made)
            settings["relinquishDefault"] = first
        here = made(objectIdentifier=name, objectName=name, **settings)
        self._application.add_object(here)
        self.objects[name] = here

    async def _live(self) -> None:
        """Tells the values of each moment until the device is taken away."""
        while not self._stopping.is_set():
            self.tell()
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    def tell(self) -> None:
        """Says the values of this moment."""
        elapsed_s = self._elapsed()
        active = self.faults.active(elapsed_s)
        broken = FaultKind.SILENT in active or FaultKind.EXCEPTION in active  # a field device behind its controller
        values = self.faults.distorted(self._signal(elapsed_s), elapsed_s)
        for point in self._profile.points:
            if point.key in values and isinstance(point.source, BacnetSource):
                here = self.objects[point.source.object]
                here.presentValue = _raw(point.source, values[point.key])
                here.statusFlags = StatusFlags([0, int(broken), 0, 0])
                here.reliability = "communication-failure" if broken else "no-fault-detected"


def _raw(source: BacnetSource, value: Value) -> Any:
    if isinstance(value, bool):
        return "active" if value else "inactive"
    if isinstance(value, str):
        return value
    for theirs, ours in source.codes.items():
        if ours == value:
            return int(theirs)
    raw = (value - source.offset) / (source.scale or 1.0)
    return round(raw) if source.object.startswith("multi-state") else raw

"""The gateways of an exercise that real agents play, over real protocols, with devices of the story's physics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from device_profiles.clock import Clock
from device_profiles.load import Catalogue
from simulators.demo.ports import HOST
from simulators.device import Signal
from simulators.devices.http_devices import HttpDevice
from simulators.devices.kiosk import Kiosk
from simulators.devices.modbus import ModbusDevice
from simulators.encoding import Value
from simulators.province.fleet import PlacedDevice
from simulators.province.province import Province
from simulators.scenarios.scenario import ScenarioFile

SPOKEN = ("modbus", "http_json", "kiosk")
FIRST = "gw-tram-yen-bai"  # the gauge that the whole story is about
MOST_DEVICES = 6  # of one gateway: each is a server of its own


def real_gateways(
    gateways: Mapping[str, Sequence[PlacedDevice]], catalogue: Catalogue, scenario: ScenarioFile
) -> list[str]:
    """One gateway for each protocol that is spoken here; never one whose link or mains the story cuts."""
    cuts = (*scenario.power_cuts, *scenario.link_cuts)
    areas, names = {area for cut in cuts for area in cut.areas}, {name for cut in cuts for name in cut.gateways}
    cut_off = {name for name, devices in gateways.items() if name in names or devices[0].area in areas}
    found: dict[str, str] = {}
    for name in sorted(gateways, key=lambda each: (each != FIRST, each)):
        protocols = {catalogue[device.profile].protocol for device in gateways[name]}
        if name in cut_off or not protocols <= set(SPOKEN) or len(gateways[name]) > MOST_DEVICES:
            continue
        (spoken, *others) = sorted(protocols)
        if not others:
            found.setdefault(spoken, name)
    return sorted(found.values())


class RealDevices:
    """Devices that answer on their own protocols what the province's physics say at the story's time."""

    def __init__(self, stack: AsyncExitStack, province: Province, catalogue: Catalogue, clock: Clock) -> None:
        self._stack = stack
        self._province = province
        self._catalogue = catalogue
        self._clock = clock

    async def start(self, device: PlacedDevice) -> Mapping[str, Any]:
        """Starts one device and says how an agent reaches it."""
        profile = self._catalogue[device.profile]
        signal = self._signal(device.id)
        if profile.protocol == "modbus":
            unit = await self._stack.enter_async_context(ModbusDevice(profile, signal, elapsed=self._clock.monotonic))
            return {"kind": "modbus", "host": HOST, "port": unit.port, "unit": unit.unit}
        if profile.protocol == "kiosk":
            kiosk = await self._stack.enter_async_context(Kiosk(profile, signal, elapsed=self._clock.monotonic))
            return {"kind": "kiosk", "url": kiosk.url}
        asked = await self._stack.enter_async_context(HttpDevice(profile, signal, elapsed=self._clock.monotonic))
        return {"kind": "http_json", "url": asked.url}

    def _signal(self, device: str) -> Signal:
        def signal(_: float) -> Mapping[str, Value]:
            return self._province.values(device, self._clock.now_ms())

        return signal

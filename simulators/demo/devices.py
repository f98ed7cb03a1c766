"""Starts the simulated devices of a demonstration, and says how agents reach each of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from device_profiles.load import Catalogue
from device_profiles.schema import DeviceProfile
from simulators.demo.files import Connection, write_secret
from simulators.demo.fleet import DemoDevice, DemoGateway
from simulators.demo.ports import HOST
from simulators.device import Elapsed
from simulators.devices.http_devices import HttpDevice, RainGauge
from simulators.devices.kiosk import Kiosk
from simulators.devices.modbus import ModbusDevice
from simulators.devices.rtsp.server import RtspCamera
from simulators.encoding import Value

CAMERA_USER = "thacba"


@dataclass(slots=True)
class Stage:
    """Devices that run, each on its own protocol, and the connections that lead to them."""

    stack: AsyncExitStack
    folder: Path
    catalogue: Catalogue
    elapsed: Elapsed
    gauges: dict[str, RainGauge] = field(default_factory=dict)

    async def start(self, gateway: DemoGateway, *, listen_port: int) -> dict[str, Connection]:
        """Starts the devices of a gateway; those that push will post to its agent's port."""
        return {device.id: await self._start(gateway, device, listen_port) for device in gateway.devices}

    async def _start(self, gateway: DemoGateway, device: DemoDevice, listen_port: int) -> Connection:
        profile = self.catalogue[device.profile]
        match device.kind:
            case "modbus":
                return await self._modbus(device, profile)
            case "http_json":
                return await self._asked(device, profile)
            case "http_push":
                return await self._pushing(device, profile, f"http://{HOST}:{listen_port}/push/{device.id}")
            case "kiosk":
                return await self._kiosk(device, profile)
            case "camera":
                return await self._camera(gateway, device)

    async def _modbus(self, device: DemoDevice, profile: DeviceProfile) -> Connection:
        unit = ModbusDevice(profile, device.signal, elapsed=self.elapsed)
        await self.stack.enter_async_context(unit)
        return {"kind": "modbus", "host": HOST, "port": unit.port, "unit": unit.unit}

    async def _asked(self, device: DemoDevice, profile: DeviceProfile) -> Connection:
        asked = HttpDevice(profile, device.signal, elapsed=self.elapsed)
        await self.stack.enter_async_context(asked)
        return {"kind": "http_json", "url": asked.url}

    async def _pushing(self, device: DemoDevice, profile: DeviceProfile, url: str) -> Connection:
        key, place = self._secret(device)
        gauge = RainGauge(
            profile,
            device.signal,
            url=url,
            key=key.get_secret_value(),
            period_s=device.period_s,
            name=device.id,
            elapsed=self.elapsed,
        )
        await self.stack.enter_async_context(gauge)
        self.gauges[device.id] = gauge
        return {"kind": "http_push", "key_file": str(place.relative_to(self.folder))}

    async def _kiosk(self, device: DemoDevice, profile: DeviceProfile) -> Connection:
        kiosk = Kiosk(profile, device.signal, visits=device.raters, elapsed=self.elapsed)
        await self.stack.enter_async_context(kiosk)
        return {"kind": "kiosk", "url": kiosk.url}

    async def _camera(self, gateway: DemoGateway, device: DemoDevice) -> Connection:
        password, place = self._secret(device)
        camera = RtspCamera(
            username=CAMERA_USER,
            password=password.get_secret_value(),
            seed=len(gateway.id) + len(device.id),
            signal=lambda _: _numbers(device.signal(self.elapsed())),
        )
        await self.stack.enter_async_context(camera)
        file = str(place.relative_to(self.folder))
        return {"kind": "camera", "url": camera.url, "username": CAMERA_USER, "password_file": file}

    def _secret(self, device: DemoDevice) -> tuple[SecretStr, Path]:
        secret = SecretStr(secrets.token_urlsafe(24))
        return secret, write_secret(self.folder, device.id, secret)


def _numbers(values: Mapping[str, Value]) -> Mapping[str, float | int | bool]:
    return {key: value for key, value in values.items() if not isinstance(value, str)}

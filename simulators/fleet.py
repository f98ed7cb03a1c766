"""A set of simulated devices from a file: how they are started, each on its own protocol."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal, Self, cast
from urllib.parse import urlsplit

from device_profiles.clock import SystemClock
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import Catalogue, FileFaultsError, read_toml
from device_profiles.schema import DeviceProfile
from simulators.broker_device import BrokerDevice, Tongue
from simulators.device import Elapsed, Signal
from simulators.devices.http_devices import HttpDevice, RainGauge
from simulators.devices.kiosk import Kiosk
from simulators.devices.lorawan import ChirpStack
from simulators.devices.modbus import ModbusDevice
from simulators.devices.mqtt_json import OwnWords
from simulators.devices.rtsp.server import RtspCamera
from simulators.devices.sdi12 import Sdi12Line, Sdi12Sensor
from simulators.devices.snmp import SnmpDevice
from simulators.devices.station_file import FileStation
from simulators.devices.syslog import LogSender
from simulators.faults import Faults, fault_schedule
from simulators.fleet_config import (
    FleetConfig,
    Simulated,
    SimulatedBacnet,
    SimulatedCamera,
    SimulatedGauge,
    SimulatedHttp,
    SimulatedKiosk,
    SimulatedLog,
    SimulatedLorawan,
    SimulatedModbus,
    SimulatedMqttJson,
    SimulatedOpcUa,
    SimulatedProbe,
    SimulatedSnmp,
    SimulatedStation,
)
from simulators.hall import visits
from simulators.models import MODELS, model_of, signal_of
from simulators.signals import DAY_S, HOUR_S

PLANNED_DAYS = 7  # of the scenario; after that a device stays well


def load_fleet(path: Path, catalogue: Catalogue) -> FleetConfig:
    """The file, checked against the catalogue; FileFaultsError with every fault."""
    config = read_toml(path, FleetConfig)
    faults = [fault for device in config.devices if (fault := _misfit(device, catalogue, path))]
    if faults:
        raise FileFaultsError(faults)
    return config


class Fleet:
    """Runs the devices of a file; `addresses` tells how to reach each."""

    def __init__(self, config: FleetConfig, catalogue: Catalogue) -> None:
        self.addresses: dict[str, Mapping[str, str | int]] = {}
        self._config = config
        self._catalogue = catalogue
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        elapsed = _scenario_time(self._config)
        async with self._stack as stack:
            for device in self._config.devices:
                self.addresses[device.id] = await self._start(stack, device, elapsed)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self, stack: AsyncExitStack, device: Simulated, elapsed: Elapsed) -> Mapping[str, str | int]:
        profile = self._catalogue[device.profile]
        if isinstance(device, SimulatedCamera):
            return await self._camera(stack, device)
        signal = signal_of(profile, device.seed)
        match device:
            case SimulatedModbus():
                return await self._modbus(stack, device, profile, signal, elapsed)
            case SimulatedGauge():
                gauge = RainGauge(
                    profile,
                    signal,
                    url=device.url,
                    key=device.key,
                    period_s=device.period_s,
                    name=device.id,
                    elapsed=elapsed,
                )
                _plan_faults(gauge.faults, device)
                await stack.enter_async_context(gauge)
                return {"kind": device.kind, "url": device.url}
            case SimulatedMqttJson() | SimulatedLorawan():
                return await self._heard(stack, device, profile, signal, elapsed)
            case SimulatedLog():
                return await self._log(stack, device, profile, signal, elapsed)
            case SimulatedStation():
                return await self._station(stack, device, profile, signal, elapsed)
            case SimulatedProbe():
                return await self._probe(stack, device, profile, signal, elapsed)
            case _:
                return await self._asked(stack, device, profile, signal, elapsed)

    async def _modbus(
        self, stack: AsyncExitStack, device: SimulatedModbus, profile: DeviceProfile, signal: Signal, elapsed: Elapsed
    ) -> Mapping[str, str | int]:
        host = self._config.host
        unit = ModbusDevice(profile, signal, unit=device.unit, host=host, port=device.port, elapsed=elapsed)
        _plan_faults(unit.faults, device)
        await stack.enter_async_context(unit)
        return {"kind": device.kind, "host": host, "port": unit.port, "unit": unit.unit}

    async def _heard(
        self,
        stack: AsyncExitStack,
        device: SimulatedMqttJson | SimulatedLorawan,
        profile: DeviceProfile,
        signal: Signal,
        elapsed: Elapsed,
    ) -> Mapping[str, str | int]:
        tongue: Tongue = (
            ChirpStack(profile, dev_eui=device.dev_eui, application=device.application)
            if isinstance(device, SimulatedLorawan)
            else OwnWords(profile, device.name)
        )
        speaker = BrokerDevice(tongue, signal, url=device.url, period_s=device.period_s, elapsed=elapsed)
        _plan_faults(speaker.faults, device)
        await stack.enter_async_context(speaker)
        return {"kind": device.kind, "url": device.url}

    async def _log(
        self, stack: AsyncExitStack, device: SimulatedLog, profile: DeviceProfile, signal: Signal, elapsed: Elapsed
    ) -> Mapping[str, str | int]:
        parts = urlsplit(device.target)
        sender = LogSender(
            profile,
            signal,
            where=(parts.hostname or "", parts.port or 0),
            transport=cast(Literal["udp", "tcp"], parts.scheme),  # the pattern of `target` allows no other
            period_s=device.period_s,
            name=device.id,
            elapsed=elapsed,
        )
        _plan_faults(sender.faults, device)
        await stack.enter_async_context(sender)
        return {"kind": device.kind, "target": device.target}

    async def _station(
        self, stack: AsyncExitStack, device: SimulatedStation, profile: DeviceProfile, signal: Signal, elapsed: Elapsed
    ) -> Mapping[str, str | int]:
        folder, code = device.folder, device.station
        station = FileStation(profile, signal, folder=folder, station=code, period_s=device.period_s, elapsed=elapsed)
        _plan_faults(station.faults, device)
        await stack.enter_async_context(station)
        return {"kind": device.kind, "folder": str(folder), "station": code}

    async def _probe(
        self, stack: AsyncExitStack, device: SimulatedProbe, profile: DeviceProfile, signal: Signal, elapsed: Elapsed
    ) -> Mapping[str, str | int]:
        probe = Sdi12Sensor(profile, signal, address=device.address, measures_s=device.measures_s)
        _plan_faults(probe.faults, device)
        line = await stack.enter_async_context(Sdi12Line([probe], elapsed=elapsed))
        return {"kind": device.kind, "serial_port": line.port, "address": device.address}

    async def _plant(
        self,
        stack: AsyncExitStack,
        device: SimulatedSnmp | SimulatedOpcUa | SimulatedBacnet,
        profile: DeviceProfile,
        signal: Signal,
        elapsed: Elapsed,
    ) -> Mapping[str, str | int]:
        host, port = self._config.host, device.port
        if isinstance(device, SimulatedSnmp):
            agent = SnmpDevice(profile, signal, community=device.community, host=host, port=port, elapsed=elapsed)
            _plan_faults(agent.faults, device)
            await stack.enter_async_context(agent)
            return {"kind": device.kind, "host": host, "port": agent.port}
        if isinstance(device, SimulatedBacnet):
            from simulators.devices.bacnet import BacnetDevice  # noqa: PLC0415 -- an extra: it may be missing

            controller = BacnetDevice(profile, signal, device=device.device, host=host, port=port, elapsed=elapsed)
            _plan_faults(controller.faults, device)
            await stack.enter_async_context(controller)
            return {"kind": device.kind, "host": host, "port": controller.port, "device": device.device}
        from simulators.devices.opcua import OpcUaDevice  # noqa: PLC0415 -- an extra, heavy: it may be missing

        server = OpcUaDevice(profile, signal, host=host, port=port, elapsed=elapsed)
        _plan_faults(server.faults, device)
        await stack.enter_async_context(server)
        return {"kind": device.kind, "url": server.url, "port": server.port}

    async def _asked(
        self,
        stack: AsyncExitStack,
        device: SimulatedHttp | SimulatedKiosk | SimulatedSnmp | SimulatedOpcUa | SimulatedBacnet,
        profile: DeviceProfile,
        signal: Signal,
        elapsed: Elapsed,
    ) -> Mapping[str, str | int]:
        if isinstance(device, SimulatedSnmp | SimulatedOpcUa | SimulatedBacnet):
            return await self._plant(stack, device, profile, signal, elapsed)
        host, port, key = self._config.host, device.port, device.key
        asked: HttpDevice | Kiosk
        if isinstance(device, SimulatedKiosk):
            day = visits(device.seed)
            asked = Kiosk(profile, signal, visits=day, key=key, host=host, port=port, elapsed=elapsed)
        else:
            asked = HttpDevice(profile, signal, key=key, host=host, port=port, elapsed=elapsed)
        _plan_faults(asked.faults, device)
        await stack.enter_async_context(asked)
        return {"kind": device.kind, "url": asked.url, "port": asked.port}

    async def _camera(self, stack: AsyncExitStack, device: SimulatedCamera) -> Mapping[str, str | int]:
        camera = RtspCamera(
            host=self._config.host,
            port=device.port,
            username=device.username,
            password=device.password,
            seed=device.seed,
            scene=device.scene,
        )
        await stack.enter_async_context(camera)
        return {"kind": device.kind, "url": camera.url, "port": camera.port}


def _scenario_time(config: FleetConfig) -> Elapsed:
    """Seconds since the scenario's first midnight."""
    monotonic = SystemClock().monotonic
    start = monotonic()
    return lambda: config.start_h * HOUR_S + (monotonic() - start) * config.speed


def _plan_faults(faults: Faults, device: Simulated) -> None:
    if device.faults is not None:
        faults.schedule = fault_schedule(
            device.seed,
            duration_s=PLANNED_DAYS * DAY_S,
            faults_per_h=device.faults.faults_per_h,
            mean_s=device.faults.mean_s,
            kinds=device.faults.kinds,
        )


def _misfit(device: Simulated, catalogue: Catalogue, path: Path) -> Fault | None:
    where = f"devices[{device.id}].profile"
    if device.profile not in catalogue.profiles:
        hint = did_you_mean(device.profile, sorted(catalogue.profiles))
        return Fault(str(path), where, f"{device.profile!r} is not in the catalogue", hint)
    protocol = catalogue[device.profile].protocol
    if device.kind.replace("http_push", "http_json") != protocol:
        return Fault(str(path), where, f"a {device.profile} is no {device.kind} device", f"use a kind of {protocol}")
    if device.kind != "camera" and model_of(catalogue[device.profile]) is None:
        return Fault(str(path), where, f"nobody has invented signals for {device.profile}", f"use {', '.join(MODELS)}")
    return None

"""A set of simulated devices from a file: what stands in it, and how they are started."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from device_profiles.clock import SystemClock
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import Catalogue, FileFaultsError, read_toml
from device_profiles.schema import DeviceProfile, Identifier, Key, Strict
from simulators.broker_device import BrokerDevice, Tongue
from simulators.device import Elapsed, Signal
from simulators.devices.http_devices import HttpDevice, RainGauge
from simulators.devices.kiosk import Kiosk
from simulators.devices.lorawan import ChirpStack
from simulators.devices.modbus import ModbusDevice
from simulators.devices.mqtt_json import OwnWords
from simulators.devices.rtsp.server import RtspCamera
from simulators.faults import FaultKind, Faults, fault_schedule
from simulators.hall import visits
from simulators.models import MODELS, model_of, signal_of
from simulators.signals import DAY_S, HOUR_S

LOOPBACK = "127.0.0.1"
BROKER = r"^mqtt://[^/@\s]+$"
PLANNED_DAYS = 7  # of the scenario; after that a device stays well


class SimulatedFaults(Strict):
    """How often a device goes wrong, at random moments that the seed fixes."""

    faults_per_h: float = Field(1.0, gt=0, le=60, description="Faults per hour of the scenario.")
    mean_s: float = Field(60.0, gt=0, description="Mean length of a fault.")
    kinds: tuple[FaultKind, ...] = Field(tuple(FaultKind), min_length=1, strict=False, description="Which faults.")


class _Simulated(Strict):
    """What all simulated devices are told."""

    id: Identifier = Field(description="Name in the list of addresses.")
    profile: Key = Field(description="Device model, from the catalogue.")
    seed: int = Field(1, ge=0, description="One seed is one place.")
    port: int = Field(0, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    faults: SimulatedFaults | None = Field(None, description="What goes wrong with it; nothing when absent.")


class SimulatedModbus(_Simulated):
    """A Modbus TCP device."""

    kind: Literal["modbus"] = Field(description="Always modbus.")
    unit: int = Field(1, ge=0, le=255, description="Unit address.")


class SimulatedHttp(_Simulated):
    """A device that answers GET /data."""

    kind: Literal["http_json"] = Field(description="Always http_json.")
    key: str = Field("", description="Key that it wants; empty for none. A toy key: never one that is used elsewhere.")


class SimulatedGauge(_Simulated):
    """A rain gauge that pushes."""

    kind: Literal["http_push"] = Field(description="Always http_push.")
    url: str = Field(pattern=r"^https?://", description="Push address of the agent: http://host:port/push/<device>.")
    key: str = Field(min_length=1, description="Key that it sends. A toy key: never one that is used elsewhere.")
    period_s: float = Field(10.0, gt=0, description="Time between reports.")


class SimulatedKiosk(_Simulated):
    """A queue kiosk."""

    kind: Literal["kiosk"] = Field(description="Always kiosk.")
    key: str = Field("", description="Key that it wants; empty for none. A toy key: never one that is used elsewhere.")


class SimulatedCamera(_Simulated):
    """An IP camera on RTSP; its faults are switched by tests only."""

    kind: Literal["camera"] = Field(description="Always camera.")
    username: str = Field("", description="User that it wants; empty for none.")
    password: str = Field("", description="Password. A toy password: never one that is used elsewhere.")


class SimulatedMqttJson(_Simulated):
    """A device that speaks through a broker in its maker's own words."""

    kind: Literal["mqtt_json"] = Field(description="Always mqtt_json.")
    url: str = Field(pattern=BROKER, description="Broker: mqtt://host:port.")
    name: str = Field(min_length=1, max_length=128, description="Its own name at the broker.")
    period_s: float = Field(10.0, gt=0, description="Time between reports.")


class SimulatedLorawan(_Simulated):
    """A LoRaWAN device, with the ChirpStack that hands it over."""

    kind: Literal["lorawan"] = Field(description="Always lorawan.")
    url: str = Field(pattern=BROKER, description="Broker of the ChirpStack: mqtt://host:port.")
    application: str = Field("17c82e96-be03-4f38-aef3-f83d48582d97", description="ID of its application.")
    dev_eui: str = Field(pattern=r"^[0-9a-fA-F]{16}$", description="Its DevEUI.")
    period_s: float = Field(10.0, gt=0, description="Time between uplinks.")


Simulated = Annotated[
    SimulatedModbus
    | SimulatedHttp
    | SimulatedGauge
    | SimulatedKiosk
    | SimulatedCamera
    | SimulatedMqttJson
    | SimulatedLorawan,
    Field(discriminator="kind"),
]


class FleetConfig(Strict):
    """A set of simulated devices."""

    host: str = Field(LOOPBACK, min_length=1, description="Address to listen on.")
    start_h: float = Field(12.0, ge=0, lt=24, description="Hour of the day at which the scenario begins.")
    speed: float = Field(1.0, gt=0, le=100_000, description="Scenario seconds per real second.")
    devices: tuple[Simulated, ...] = Field(min_length=1, description="The devices.")

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [device.id for device in self.devices]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"devices named twice: {', '.join(twice)}")
        return self


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

    async def _asked(
        self,
        stack: AsyncExitStack,
        device: SimulatedHttp | SimulatedKiosk,
        profile: DeviceProfile,
        signal: Signal,
        elapsed: Elapsed,
    ) -> Mapping[str, str | int]:
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

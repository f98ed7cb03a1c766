"""What may be asked of the agent over the control socket: how it does, what it reads, and to read once more."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from device_profiles.load import Catalogue, FileFaultsError, build
from edge_agent.app import Agent
from edge_agent.birth import agent_version
from edge_agent.config import DeviceConfig, GatewayConfig, anchored
from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.merging import proved_name, with_secrets
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.lines import line_conflicts
from edge_agent.control.protocol import ControlError, Verb
from edge_agent.device import Device
from edge_agent.devices import Build
from edge_agent.once import read_once
from edge_agent.registry import resolve
from edge_agent.sampling.reading import Reading

TRIAL = "try-"  # folders with the passwords of a trial, for as long as it lasts
Part = Callable[[], Mapping[str, object]]


class AgentVerbs:
    """`status`, `values`, `read`, `try`, `restart`. `parts` are what others add to the status."""

    def __init__(
        self,
        agent: Agent,
        *,
        catalogue: Catalogue,
        build_doors: Build,
        secret_files: Callable[[], Mapping[str, str]],
        parts: Mapping[str, Part],
    ) -> None:
        self._agent = agent
        self._catalogue = catalogue
        self._build = build_doors
        self._secret_files = secret_files
        self._parts = parts
        self._began = agent.clock.monotonic()

    def verbs(self) -> Mapping[str, Verb]:
        """For the control socket."""
        return {
            "status": self.status,
            "values": self.values,
            "read": self.read,
            "try": self.try_,
            "restart": self.restart,
        }

    async def status(self, _: Mapping[str, object]) -> Mapping[str, object]:
        """The gateway at a glance. Times in ms since 1970 UTC, 0 = never."""
        agent, config = self._agent, self._agent.plan.config
        counters = agent.outbox.counters()
        return {
            "gateway": config.gateway.id,
            "name_vi": config.gateway.name.vi,
            "name_en": config.gateway.name.en,
            "agent": agent_version(),
            "at": agent.clock.now_ms(),
            "uptime_s": round(agent.clock.monotonic() - self._began, 1),
            "clock": agent.clock.state(),
            "link": self._link(),
            "backlog": {
                "readings": counters.backlog_readings,
                "batches": counters.backlog_batches,
                "bytes": counters.backlog_bytes,
                "dropped": counters.dropped_readings,
            },
            "hours_left": agent.health.hours_left(),
            "disk_free": shutil.disk_usage(config.gateway.data_dir).free,
            "devices": self._devices(),
            **{name: dict(part()) for name, part in self._parts.items()},
        }

    async def values(self, _: Mapping[str, object]) -> Mapping[str, object]:
        """The newest reading of each point of each device, worth sending or not."""
        return {"devices": [self._values_of(device, "") for device in self._agent.devices.current]}

    async def read(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """One reading of {device} now; a device that owns the pace answers with what it said last."""
        device = self._known(arguments.get("device"))
        fault = await self._agent.devices.read(device.id)
        return self._values_of(device, fault)

    async def try_(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """One reading of a {device} that is not configured, given as its table; `secrets` holds its passwords."""
        table, given = arguments.get("device"), arguments.get("secrets") or {}
        if not isinstance(table, Mapping) or not isinstance(given, Mapping):
            raise ControlError("try", "give a device as a table", "{device: {id, profile, name, connection}}")
        with tempfile.TemporaryDirectory(prefix=TRIAL, dir=self._agent.plan.config.gateway.data_dir) as folder:
            files = {
                proved_name(str(name)): _written(Path(folder), str(name), secret) for name, secret in given.items()
            }
            try:
                device = self._resolved(table, {**self._secret_files(), **files})
                doors = self._build([device], self._agent.plan.config.listen)
            except FileFaultsError as error:
                hint = next((fault.hint for fault in error.faults if fault.hint), "")
                raise ControlError("try", "; ".join(str(fault) for fault in error.faults), hint) from error
            except ConfigurationError as error:
                raise ControlError("try", error.detail) from error
            (outcome,) = await read_once([device], doors, self._agent.clock)
        return _document(device, outcome.readings, outcome.fault)

    async def restart(self, _: Mapping[str, object]) -> Mapping[str, object]:
        """Ends the program in good order; whoever started it starts it again."""
        self._agent.stop()
        return {"restarting": True}

    def _link(self) -> dict[str, object]:
        standing, link, clock = self._agent.carrier.standing, self._agent.carrier.link, self._agent.clock
        since = clock.now_ms() - (clock.monotonic() - standing.since) * 1000 if standing.since is not None else 0
        return {
            "up": standing.is_up,
            "fault": standing.fault if link else "no_broker",
            "since": round(since),
            "broker": f"{link.host}:{link.port}" if link else "",
            "receipts": standing.receipts,
            "sessions": standing.sessions,
        }

    def _devices(self) -> list[dict[str, object]]:
        health = {each.device: each for each in self._agent.vitals.health()}
        return [
            {
                "id": device.id,
                "profile": device.profile.profile,
                "name_vi": device.name.vi,
                "name_en": device.name.en,
                "fault": health[device.id].fault if device.id in health else "",
                "read_at": health[device.id].read_at if device.id in health else 0,
                "connection": device.connection.model_dump(mode="json", exclude_defaults=True)
                | {"kind": device.connection.kind},
            }
            for device in self._agent.devices.current
        ]

    def _values_of(self, device: Device, fault: str) -> dict[str, object]:
        return _document(device, self._agent.flow.newest(device.id), fault)

    def _known(self, name: object) -> Device:
        for device in self._agent.devices.current:
            if device.id == name:
                return device
        known = ", ".join(device.id for device in self._agent.devices.current)
        raise ControlError("read", f"no device {name} on this gateway", f"it has {known}" if known else "")

    def _resolved(self, table: Mapping[str, object], files: Mapping[str, str]) -> Device:
        """The device on its own, when it agrees with the devices that share its line."""
        plan = self._agent.plan.config
        named = {"id": "tried", "name": {"vi": "Thử", "en": "Trial"}, **table}
        tables = with_secrets({"gateway": {"data_dir": str(plan.gateway.data_dir)}, "devices": [named]}, files)
        config = anchored(build(tables, GatewayConfig, file="device"), plan.gateway.data_dir)
        faults = line_conflicts((_modbus(config.devices) | _modbus(plan.devices)).items())
        if faults:
            raise FileFaultsError(faults)
        (device,) = resolve(config, self._catalogue, file="device")
        return device


def remove_trials(data_dir: Path) -> None:
    """Removes the passwords of trials that a power cut ended."""
    for folder in data_dir.glob(f"{TRIAL}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _modbus(devices: Sequence[DeviceConfig]) -> dict[str, ModbusConnection]:
    return {device.id: device.connection for device in devices if isinstance(device.connection, ModbusConnection)}


def _written(folder: Path, name: str, secret: object) -> str:
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(str(secret), encoding="utf-8")
    return str(path)


def _document(device: Device, readings: Sequence[Reading], fault: str) -> dict[str, object]:
    """The device with a value beside each point of its model, and what the value should be."""
    newest = {reading.point: reading for reading in readings}
    points = []
    for point in device.profile.points:
        reading = newest.get(point.key)
        points.append(
            {
                "point": point.key,
                "name_vi": point.name.vi,
                "name_en": point.name.en,
                "value": reading.value if reading else None,
                "unit": point.unit,
                "quality": (reading.quality or "good") if reading else "",
                "observed_at": reading.observed_at if reading else 0,
                "limits": point.limits.model_dump(exclude_none=True),
                "expected": _expected(point.limits.minimum, point.limits.maximum),
                "choices": {key: {"vi": text.vi, "en": text.en} for key, text in point.choices.items()},
            }
        )
    said = {"id": device.id, "device": device.id, "profile": device.profile.profile, "fault": fault}
    return {**said, "points": points}


def _expected(minimum: float | None, maximum: float | None) -> str:
    """What the value should be, as far as the model says."""
    if minimum is None or maximum is None:
        return "" if minimum is maximum else f"≥ {minimum:g}" if minimum is not None else f"≤ {maximum:g}"
    return f"{minimum:g} … {maximum:g}"

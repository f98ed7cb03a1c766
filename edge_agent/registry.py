"""Who reads which device: resolves the configuration against the catalogue and builds the connectors by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from device_profiles.clock import Clock
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import Catalogue, FileFaultsError
from device_profiles.schema import DeviceProfile, Limits, Point, Report, Text
from device_profiles.sources.registry import SPEAKS
from edge_agent.config import Connection, DeviceConfig, GatewayConfig, ListenConfig
from edge_agent.connector import Listener, Poller, Writer
from edge_agent.connectors.http_json.config import PushConnection
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.lines import line_conflicts

PUSHED = "http_push"
PUSH = "push"  # the one listener of every device that pushes
Wires = dict[tuple[object, ...], Any]  # the Modbus room alone knows what a wire is


@dataclass(frozen=True, slots=True)
class Device:
    """One device with its profile, site overrides applied; `hash` names the profile as the catalogue holds it."""

    id: str
    name: Text
    profile: DeviceProfile
    hash: str
    period_s: float
    connection: Connection

    def reads_as(self, other: Device) -> bool:
        """Whether nothing but the name differs: then its connection, its schedule and its memory go on."""
        return replace(self, name=other.name) == other


@dataclass(frozen=True, slots=True)
class Connectors:
    """The doors to the devices: pollers and writers by device, listeners by the name that logs use."""

    pollers: Mapping[str, Poller] = field(default_factory=dict)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    writers: Mapping[str, Writer] = field(default_factory=dict)


def resolve(config: GatewayConfig, catalogue: Catalogue, *, file: str) -> tuple[Device, ...]:
    """Every device with its profile; FileFaultsError with all that does not fit the catalogue."""
    faults = [fault for device in config.devices for fault in _faults_of(device, catalogue, file)]
    faults += line_conflicts(
        (device.id, device.connection) for device in config.devices if isinstance(device.connection, ModbusConnection)
    )
    if faults:
        raise FileFaultsError(faults)
    return tuple(_resolved(device, catalogue) for device in config.devices)


def build_connectors(
    devices: Sequence[Device], *, listen: ListenConfig, data_dir: Path, clock: Clock, wires: Wires | None = None
) -> Connectors:
    """The connectors of these devices; only the rooms that are used are imported, so a small agent stays small.

    `wires` are those that devices share, over one configuration and the next.
    """
    pollers: dict[str, Poller] = {}
    listeners: dict[str, Listener] = {}
    writers: dict[str, Writer] = {}
    _build_modbus(_of_kind(devices, "modbus"), pollers, wires)
    _build_http(_of_kind(devices, "http_json"), pollers)
    _build_kiosks(_of_kind(devices, "kiosk"), pollers, writers)
    _build_push(_of_kind(devices, PUSHED), listeners, listen)
    _build_cameras(_of_kind(devices, "camera"), listeners, data_dir, clock)
    return Connectors(pollers, listeners, writers)


def is_pushed(device: Device) -> bool:
    """Whether the device pushes, so that it has no connection of ours."""
    return device.connection.kind == PUSHED


def expect_pushes(listener: Listener, devices: Sequence[Device]) -> None:
    """The open push endpoint expects these devices from now on, and none else."""
    from edge_agent.connectors.http_json.push import PushServer

    if isinstance(listener, PushServer):
        listener.expect(_pushes(devices))


def _pushes(devices: Sequence[Device]) -> dict[str, tuple[PushConnection, DeviceProfile]]:
    return {each.id: (each.connection, each.profile) for each in devices if isinstance(each.connection, PushConnection)}


def _of_kind(devices: Sequence[Device], kind: str) -> list[Device]:
    return [device for device in devices if device.connection.kind == kind]


def _build_modbus(devices: Sequence[Device], pollers: dict[str, Poller], wires: Wires | None) -> None:
    if devices:
        from edge_agent.connectors.modbus.connector import build_modbus

        units = [(each.id, each.connection, each.profile) for each in devices]
        pollers.update(build_modbus(units, wires))  # type: ignore[arg-type]


def _build_http(devices: Sequence[Device], pollers: dict[str, Poller]) -> None:
    if devices:
        from edge_agent.connectors.http_json.connector import build_http_json

        for each in devices:
            pollers[each.id] = build_http_json(each.id, each.connection, each.profile)  # type: ignore[arg-type]


def _build_kiosks(devices: Sequence[Device], pollers: dict[str, Poller], writers: dict[str, Writer]) -> None:
    if devices:
        from edge_agent.connectors.kiosk.connector import build_kiosk

        for each in devices:
            kiosk = build_kiosk(each.id, each.connection, each.profile)  # type: ignore[arg-type]
            pollers[each.id], writers[each.id] = kiosk, kiosk


def _build_push(devices: Sequence[Device], listeners: dict[str, Listener], listen: ListenConfig) -> None:
    if devices:
        from edge_agent.connectors.http_json.push import PushServer

        listeners[PUSH] = PushServer(listen, _pushes(devices))


def _build_cameras(devices: Sequence[Device], listeners: dict[str, Listener], data_dir: Path, clock: Clock) -> None:
    if devices:
        from edge_agent.connectors.camera.connector import build_camera

        for each in devices:
            listeners[each.id] = build_camera(
                each.id,
                each.connection,  # type: ignore[arg-type]
                each.profile,
                snapshots=data_dir / "snapshots",
                clock=clock,
            )


def _faults_of(device: DeviceConfig, catalogue: Catalogue, file: str) -> Iterator[Fault]:
    where = f"devices[{device.id}]"
    if device.profile not in catalogue.profiles:
        hint = did_you_mean(device.profile, sorted(catalogue.profiles))
        yield Fault(file, f"{where}.profile", f"{device.profile!r} is not in the catalogue", hint)
        return
    profile = catalogue[device.profile]
    if SPEAKS[device.connection.kind] != profile.protocol:
        kinds = [kind for kind, protocol in SPEAKS.items() if protocol == profile.protocol]
        reason = f"a {device.profile} does not speak {device.connection.kind}"
        yield Fault(file, f"{where}.connection.kind", reason, f"use {' or '.join(kinds)}")
    known = [point.key for point in profile.points]
    for table, keys in (("limits", device.limits), ("report", device.report)):
        for key in keys:
            if key not in known:
                hint = did_you_mean(key, known)
                yield Fault(file, f"{where}.{table}.{key}", f"a {device.profile} has no such point", hint)


def _resolved(device: DeviceConfig, catalogue: Catalogue) -> Device:
    profile = catalogue[device.profile]
    points = tuple(
        _overridden(point, device.limits.get(point.key), device.report.get(point.key)) for point in profile.points
    )
    return Device(
        id=device.id,
        name=device.name,
        profile=profile.model_copy(update={"points": points}),
        hash=catalogue.hash_of(device.profile),
        period_s=device.period_s or profile.period_s,
        connection=device.connection,
    )


def _overridden(point: Point, limits: Limits | None, report: Report | None) -> Point:
    """The point with those limits and report rules replaced that the site's file names."""
    changed: dict[str, Limits | Report] = {}
    if limits is not None:
        changed["limits"] = point.limits.model_copy(update=limits.model_dump(exclude_unset=True))
    if report is not None:
        changed["report"] = point.report.model_copy(update=report.model_dump(exclude_unset=True))
    return point.model_copy(update=changed)

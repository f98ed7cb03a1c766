"""Who reads which device: resolves the configuration against the catalogue and has the rooms build the connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import cast

from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import Catalogue, FileFaultsError
from device_profiles.schema import Limits, Point, Report
from device_profiles.sources.registry import SPEAKS
from edge_agent.claims import claim_faults
from edge_agent.config import DeviceConfig, GatewayConfig
from edge_agent.connector import Listener
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.lines import line_conflicts
from edge_agent.connectors.rooms import ROOMS
from edge_agent.device import Connectors, Device, Surroundings
from edge_agent.interlocks.config import InterlockConnection
from edge_agent.interlocks.fitting import interlock_faults

PUSHED = "http_push"
PUSH = "push"  # the one listener of every device that pushes

Build = Callable[[Sequence[Device], Surroundings], Connectors]


def resolve(config: GatewayConfig, catalogue: Catalogue, *, file: str) -> tuple[Device, ...]:
    """Every device with its profile; FileFaultsError with all that does not fit the catalogue."""
    faults = [fault for device in config.devices for fault in _faults_of(device, catalogue, file)]
    faults += line_conflicts(
        (device.id, device.connection) for device in config.devices if isinstance(device.connection, ModbusConnection)
    )
    faults += claim_faults(((device.id, device.connection) for device in config.devices), file=file)
    faults += _interlock_faults(config, catalogue, file)
    if faults:
        raise FileFaultsError(faults)
    return tuple(_resolved(device, catalogue) for device in config.devices)


def build_connectors(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """The connectors of these devices; only the rooms that are used are imported, so a small agent stays small."""
    connectors = Connectors()
    for kind in dict.fromkeys(device.connection.kind for device in devices):
        build = _room_of(kind)
        connectors = connectors.and_those(build([each for each in devices if each.connection.kind == kind], around))
    return connectors


def is_pushed(device: Device) -> bool:
    """Whether the device pushes, so that it has no connection of ours."""
    return device.connection.kind == PUSHED


def expect_pushes(listener: Listener, devices: Sequence[Device]) -> None:
    """The open push endpoint expects these devices from now on, and none else."""
    from edge_agent.connectors.http_json import build as room

    room.expect_pushes(listener, devices)


def _room_of(kind: str) -> Build:
    module, _, function = ROOMS[kind].partition(":")
    return cast(Build, getattr(import_module(f"edge_agent.connectors.{module}"), function))


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
    for table, keys in (("limits", device.limits), ("report", device.report), ("offset", device.offset)):
        for key in keys:
            if key not in known:
                hint = did_you_mean(key, known)
                yield Fault(file, f"{where}.{table}.{key}", f"a {device.profile} has no such point", hint)
    for point in profile.points:
        if point.key in device.offset and not hasattr(point.source, "offset"):
            yield Fault(file, f"{where}.offset.{point.key}", f"no number of a {profile.protocol} can be moved")


def _interlock_faults(config: GatewayConfig, catalogue: Catalogue, file: str) -> Iterator[Fault]:
    known = {each.id: catalogue[each.profile] for each in config.devices if each.profile in catalogue.profiles}
    interlocks = {
        each.id: each.connection for each in config.devices if isinstance(each.connection, InterlockConnection)
    }
    return interlock_faults(interlocks, known, file=file)


def _resolved(device: DeviceConfig, catalogue: Catalogue) -> Device:
    profile = catalogue[device.profile]
    points = tuple(
        _moved(_overridden(point, device.limits.get(point.key), device.report.get(point.key)), device.offset)
        for point in profile.points
    )
    measurement = profile.reports_as or profile.profile
    return Device(
        id=device.id,
        name=device.name,
        profile=profile.model_copy(update={"profile": measurement, "points": points}),
        hash=catalogue.hash_of(measurement),
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


def _moved(point: Point, offsets: Mapping[str, float]) -> Point:
    """The point with the site's own offset on top of its model's: two gauges of one model have two zeros."""
    if point.key not in offsets:
        return point
    source = point.source.model_copy(update={"offset": getattr(point.source, "offset", 0.0) + offsets[point.key]})
    return point.model_copy(update={"source": source})

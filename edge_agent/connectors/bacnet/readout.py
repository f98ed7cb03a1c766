"""What a device says of an object, as a sample: present value, status flags and reliability; pure.

The flags are those of ANSI/ASHRAE 135, clause 12: in-alarm, fault, overridden, out-of-service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from device_profiles.schema import DeviceProfile, PointType
from device_profiles.sources.bacnet import BacnetSource
from edge_agent.connector import Sample, Scalar
from edge_agent.scaling import scaled

NO_FAULT = "no-fault-detected"
FAULT, OVERRIDDEN, OUT_OF_SERVICE = "fault", "overridden", "out-of-service"


@dataclass(frozen=True, slots=True)
class Told:
    """One object's answer. `fault`: why there is no value; `reliability` is the standard's word, such as no-sensor."""

    value: Scalar | None = None
    flags: frozenset[str] = frozenset()
    reliability: str = ""
    fault: str = ""


NO_SUCH_OBJECT = Told(fault="missing")
BROKEN = Told(fault="device")


@dataclass(frozen=True, slots=True)
class Spot:
    """One point and the object that it is read from."""

    point: str
    source: BacnetSource
    type: PointType


def spots_of(profile: DeviceProfile) -> tuple[Spot, ...]:
    """Every point that is an object of a BACnet device."""
    return tuple(
        Spot(point.key, point.source, point.type) for point in profile.points if isinstance(point.source, BacnetSource)
    )


def sample(device: str, spot: Spot, told: Told) -> Sample:
    """The point's sample: a sensor at fault has no value, one that somebody holds by hand has a doubtful one."""
    if told.fault:
        return Sample(device, spot.point, None, fault=told.fault)
    if FAULT in told.flags:
        return Sample(device, spot.point, None, fault=_code(told.reliability))
    value, fault = value_of(spot, told.value)
    return Sample(device, spot.point, value, fault=fault, doubt="" if fault else _doubt(told.flags))


def silent(device: str, spots: Sequence[Spot], fault: str) -> list[Sample]:
    """These points of a device that fell silent half-way."""
    return [Sample(device, spot.point, None, fault=fault) for spot in spots]


def value_of(spot: Spot, raw: Scalar | None) -> tuple[Scalar | None, str]:
    """A present value as a value of its point, or why there is none."""
    if raw is None:
        return None, "missing"
    if spot.type is PointType.STRING:
        return str(raw), ""
    if isinstance(raw, str):
        return None, "type"
    if spot.source.codes:
        code = spot.source.codes.get(str(int(raw)))
        return (None, "range") if code is None else (code, "")
    if isinstance(raw, bool):
        return raw, ""
    value = scaled(raw, scale=spot.source.scale, offset=spot.source.offset)
    return (None, "not_a_number") if value is None else (value, "")


def _code(reliability: str) -> str:
    return reliability.replace("-", "_") if reliability not in ("", NO_FAULT) else "device"


def _doubt(flags: frozenset[str]) -> str:
    return next((flag.replace("-", "_") for flag in (OUT_OF_SERVICE, OVERRIDDEN) if flag in flags), "")

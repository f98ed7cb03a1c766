"""What a server says of a node, as a sample: values, times, and status codes that are not good; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from device_profiles.schema import DeviceProfile, PointType
from device_profiles.sources.opcua import OpcUaSource
from edge_agent.connector import Sample, Scalar
from edge_agent.scaling import scaled

Severity: TypeAlias = Literal["good", "uncertain", "bad"]

NAMESPACE = re.compile(r"^nsu=([^;]+);(.*)$", re.DOTALL)
WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Told:
    """One value of a node; `status` is the standard's name of a code that is not good, such as BadSensorFailure."""

    value: object
    severity: Severity = "good"
    status: str = ""
    at_ms: int | None = None

    @property
    def code(self) -> str:
        """The status as readings carry it: sensor_failure, last_usable_value."""
        word = self.status.removeprefix("Bad").removeprefix("Uncertain")
        return WORD.sub("_", word).lower() or "device"


NO_SUCH_NODE = Told(None, "bad", "BadNodeIdUnknown")


@dataclass(frozen=True, slots=True)
class Spot:
    """One point and the node that it is read from."""

    point: str
    source: OpcUaSource
    is_text: bool


def spots_of(profile: DeviceProfile) -> tuple[Spot, ...]:
    """Every point that lies in a server."""
    return tuple(
        Spot(point.key, point.source, point.type is PointType.STRING)
        for point in profile.points
        if isinstance(point.source, OpcUaSource)
    )


def sample(device: str, spot: Spot, told: Told) -> Sample:
    """The point's sample: bad status, no value; uncertain status, a value in doubt."""
    if told.severity == "bad":
        return Sample(device, spot.point, None, told.at_ms, fault=told.code)
    value, fault = _value(spot, told.value)
    doubt = told.code if told.severity == "uncertain" and not fault else ""
    return Sample(device, spot.point, value, told.at_ms, fault=fault, doubt=doubt)


def silent(device: str, spots: Sequence[Spot], fault: str) -> list[Sample]:
    """Every point of a device that is lost."""
    return [Sample(device, spot.point, None, fault=fault) for spot in spots]


def in_namespace(node: str, namespaces: Sequence[str]) -> str:
    """The node with its namespace as the server numbers it today; empty when the server does not know it."""
    found = NAMESPACE.match(node)
    if not found:
        return node
    uri, rest = found.groups()
    return f"ns={list(namespaces).index(uri)};{rest}" if uri in namespaces else ""


def _value(spot: Spot, raw: object) -> tuple[Scalar | None, str]:
    if raw is None:
        return None, "missing"
    if isinstance(raw, bool):
        return raw, ""
    if isinstance(raw, str):
        return raw, ""  # refused later, unless the point is a text or a choice
    if isinstance(raw, int | float) and not spot.is_text:
        value = scaled(raw, scale=spot.source.scale, offset=spot.source.offset)
        return (None, "not_a_number") if value is None else (value, "")
    return None, "type"

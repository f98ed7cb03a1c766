"""What a gateway makes of a device's values: what is beyond its limits is bad, what changes too fast doubtful; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from device_profiles.schema import DeviceProfile, Point, PointType
from simulators.encoding import Value


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device said at a moment, by its own clock: usable values, and quality codes where something is wrong."""

    observed_at: int
    values: Mapping[str, Value]
    quality: Mapping[str, str] = field(default_factory=dict)


def checked(
    profile: DeviceProfile, values: Mapping[str, Value], observed_at: int, before: Reading | None = None
) -> Reading:
    """The values in the types of the profile, each held to its limits and to what was read before."""
    usable: dict[str, Value] = {}
    quality: dict[str, str] = {}
    for point in profile.points:
        if point.key not in values:
            continue
        value = _typed(point, values[point.key])
        code = _code(point, value, before, observed_at)
        if code:
            quality[point.key] = code
        if not code.startswith("bad:"):
            usable[point.key] = value
    return Reading(observed_at, usable, quality)


def unchanged(reading: Reading, before: Reading) -> bool:
    """Whether a reading says nothing new."""
    return reading.values == before.values and reading.quality == before.quality


def _typed(point: Point, value: Value) -> Value:
    if point.type is PointType.BOOL or isinstance(value, str):
        return bool(value) if point.type is PointType.BOOL else value
    return float(value) if point.type is PointType.FLOAT else round(value)


def _code(point: Point, value: Value, before: Reading | None, observed_at: int) -> str:
    if isinstance(value, bool | str):
        return ""
    limits = point.limits
    if limits.minimum is not None and value < limits.minimum or limits.maximum is not None and value > limits.maximum:
        return "bad:range"
    old = before.values.get(point.key) if before else None
    if before is None or limits.rate_per_s is None or not isinstance(old, int | float):
        return ""
    seconds = max((observed_at - before.observed_at) / 1000, 1.0)
    return "uncertain:rate" if abs(value - old) / seconds > limits.rate_per_s else ""

"""The values of a sensor's commands as samples of its points; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from device_profiles.sources.sdi12 import Sdi12Source
from edge_agent.connector import Sample

ABORTED = "aborted"  # the sensor announced values and gave none
MISSING = "missing"  # it gave fewer than the profile knows
FAULTY = "device"  # it gave the value by which it says that it failed
SCALED_DIGITS = 12

Answer = Sequence[float] | str  # the values, or the fault that kept us from them


def commands_for(profile: DeviceProfile) -> list[str]:
    """Each command that the points need, once, in the order of the points."""
    return list(
        dict.fromkeys(point.source.command for point in profile.points if isinstance(point.source, Sdi12Source))
    )


def read_out(device: str, profile: DeviceProfile, answers: Mapping[str, Answer]) -> list[Sample]:
    """Every point once."""
    found: list[Sample] = []
    for point in profile.points:
        if isinstance(point.source, Sdi12Source):
            value, fault = _value(point.source, answers.get(point.source.command, ABORTED))
            found.append(Sample(device, point.key, value, fault=fault))
    return found


def _value(source: Sdi12Source, answer: Answer) -> tuple[float | None, str]:
    if isinstance(answer, str):
        return None, answer
    if not answer:
        return None, ABORTED
    if len(answer) < source.value:
        return None, MISSING
    raw = answer[source.value - 1]
    if raw in source.faulty:
        return None, FAULTY
    if source.scale == 1.0 and source.offset == 0.0:
        return raw, ""
    return float(f"{raw * source.scale + source.offset:.{SCALED_DIGITS}g}"), ""

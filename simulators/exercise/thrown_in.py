"""What a trainer throws in, as it changes what a device of the story says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from device_profiles.exercise_plan import Injection
from simulators.encoding import Value
from simulators.faults import DRIFT_PER_H, SPIKE_FACTOR

HOUR_MS = 3_600_000
SPIKE_EVERY = 7  # samples

Says = Callable[[int], Mapping[str, Value]]  # what the device would say at a moment


def is_cut(thrown_in: Sequence[Injection], gateway: str, at: int) -> bool:
    """Whether a trainer holds the gateway's link."""
    return any(each.fault == "link_lost" and each.gateway == gateway and _lasts(each, at) for each in thrown_in)


def said(
    thrown_in: Sequence[Injection], device: tuple[str, str], at: int, says: Says, *, period_ms: int
) -> Mapping[str, Value]:
    """What a device (gateway, device) says with everything that was thrown in; nothing when it is silent."""
    mine = [each for each in thrown_in if (each.gateway, each.device) == device and _lasts(each, at)]
    if any(each.fault == "silent" for each in mine):
        return {}
    stuck = next((each for each in mine if each.fault == "stuck"), None)
    values = says(stuck.begin if stuck else at)
    for each in mine:
        if each.fault == "drift":
            values = _times(values, 1 + DRIFT_PER_H * (at - each.begin) / HOUR_MS)
        elif each.fault == "spike" and at // period_ms % SPIKE_EVERY == 0:
            values = _times(values, SPIKE_FACTOR)
    return values


def _lasts(each: Injection, at: int) -> bool:
    return each.begin <= at < each.end


def _times(values: Mapping[str, Value], factor: float) -> Mapping[str, Value]:
    return {key: value * factor if isinstance(value, float) else value for key, value in values.items()}

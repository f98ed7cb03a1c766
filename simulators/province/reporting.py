"""What a gateway makes of a device's values: what is beyond its limits is bad, what changes too fast doubtful; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from device_profiles.schema import DeviceProfile, Limits
from simulators.encoding import Value
from simulators.scenarios.story import FaultMode

B = TypeVar("B")

Before = Callable[[], Mapping[str, Value]]  # what the device said one period ago; asked only when a limit needs it


def doubts(profile: DeviceProfile, values: Mapping[str, Value], before: Before) -> Mapping[str, str]:
    """Quality codes of the points whose values are beyond their limits, as an agent gives them."""
    found: dict[str, str] = {}
    for point in profile.points:
        value = values.get(point.key)
        if isinstance(value, bool | str) or value is None:
            continue
        if _beyond(point.limits, value):
            found[point.key] = "bad:range"
        elif point.limits.rate_per_s is not None:
            old = before().get(point.key)
            if isinstance(old, int | float) and abs(value - old) / profile.period_s > point.limits.rate_per_s:
                found[point.key] = "uncertain:rate"
    return found


def arriving(batches: Sequence[B], modes: set[FaultMode]) -> Sequence[B]:
    """Messages in the order in which they arrive: each twice, or every second one before the one ahead of it."""
    told = list(batches)
    if FaultMode.OUT_OF_ORDER in modes:
        told = [each for pair in _pairs(told) for each in reversed(pair)]
    if FaultMode.DUPLICATED in modes:
        told = [each for each in told for _ in range(2)]
    return told


def _pairs(batches: Sequence[B]) -> Iterator[Sequence[B]]:
    for first in range(0, len(batches), 2):
        yield batches[first : first + 2]


def _beyond(limits: Limits, value: float) -> bool:
    too_low = limits.minimum is not None and value < limits.minimum
    return too_low or (limits.maximum is not None and value > limits.maximum)

"""What every simulated device shares: the signal that drives it and the count of seconds that it lives by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from device_profiles.clock import SystemClock
from simulators.encoding import Value

Signal: TypeAlias = Callable[[float], Mapping[str, Value]]  # seconds since the scenario began -> values by point
Elapsed: TypeAlias = Callable[[], float]  # seconds since the scenario began


def stopwatch() -> Elapsed:
    """Counts the seconds from now on."""
    monotonic = SystemClock().monotonic
    start = monotonic()
    return lambda: monotonic() - start


def constant(**values: Value) -> Signal:
    """A signal that never changes, for tests and for trying things out."""
    return lambda _elapsed_s: values

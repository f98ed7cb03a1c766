"""Whether a value that fits can be believed: too fast a change, or none at all for too long."""

from __future__ import annotations

from dataclasses import dataclass, replace

from device_profiles.schema import Limits
from edge_agent.connector import Scalar
from edge_agent.sampling.reading import Reading


@dataclass(frozen=True, slots=True)
class Trace:
    """What judging the next reading needs: the last value, when it was read, and since when it stands unchanged."""

    value: Scalar | None = None
    observed_at: int = 0
    since: int = 0


def judge(trace: Trace, reading: Reading, limits: Limits) -> tuple[Trace, Reading]:
    """The reading with its quality, and the trace after it. Bad readings leave the trace as it was."""
    if reading.value is None:
        return trace, reading
    same = trace.value is not None and reading.value == trace.value and reading.observed_at >= trace.since
    after = Trace(reading.value, reading.observed_at, trace.since if same else reading.observed_at)
    if _too_fast(trace, reading, limits.rate_per_s):
        return after, replace(reading, quality="uncertain:rate")
    if limits.flat_s is not None and reading.observed_at - after.since >= limits.flat_s * 1000:
        return after, replace(reading, quality="uncertain:flat")
    return after, reading


def _too_fast(trace: Trace, reading: Reading, rate_per_s: float | None) -> bool:
    now, before = reading.value, trace.value
    if rate_per_s is None or isinstance(now, bool | str | None) or isinstance(before, bool | str | None):
        return False
    elapsed_ms = reading.observed_at - trace.observed_at
    return elapsed_ms > 0 and abs(now - before) * 1000 > rate_per_s * elapsed_ms

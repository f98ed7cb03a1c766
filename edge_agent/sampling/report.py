"""Whether a reading is worth sending: on change beyond the deadband, and at least every heartbeat."""

from __future__ import annotations

from device_profiles.schema import Report
from edge_agent.connector import Scalar
from edge_agent.sampling.reading import Reading

BAD_HEARTBEAT_S = 300.0  # a dead device says so again this often when its profile reports every reading


def worth_sending(last: Reading | None, reading: Reading, policy: Report) -> bool:
    """True when the centre should hear of this reading, given the last one that it heard of."""
    if last is None or reading.quality != last.quality:
        return True
    elapsed_ms = reading.observed_at - last.observed_at
    if elapsed_ms < 0:  # somebody set the clock, or the device delivers an older record: keep both
        return True
    if reading.value is None or last.value is None:
        return elapsed_ms >= (policy.heartbeat_s or BAD_HEARTBEAT_S) * 1000
    if policy.heartbeat_s == 0 or elapsed_ms >= policy.heartbeat_s * 1000:
        return True
    return _changed(last.value, reading.value, policy)


def _changed(before: Scalar, now: Scalar, policy: Report) -> bool:
    if isinstance(before, bool | str) or isinstance(now, bool | str):
        return before != now
    return abs(now - before) > max(policy.deadband, policy.deadband_percent / 100 * abs(before))

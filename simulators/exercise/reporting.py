"""Which of a device's values are worth sending, as the agents judge it: changes beyond the deadband, and heartbeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from device_profiles.schema import DeviceProfile, Report
from simulators.encoding import Value

BAD_HEARTBEAT_MS = 300_000  # as the agents: who fails says so again so often


@dataclass(slots=True)
class Reporter:
    """Remembers of one device what the centre has heard last."""

    profile: DeviceProfile
    _last: dict[str, tuple[int, Value, str]] = field(default_factory=dict)

    def worth_sending(self, at: int, values: Mapping[str, Value], quality: Mapping[str, str]) -> Mapping[str, Value]:
        """The values that are reported; they count as heard."""
        chosen: dict[str, Value] = {}
        for point in self.profile.points:
            if point.key not in values:
                continue
            value, code = values[point.key], quality.get(point.key, "")
            if self._is_news(point.key, at, value, code, point.report):
                chosen[point.key] = value
                self._last[point.key] = (at, value, code)
        return chosen

    def _is_news(self, key: str, at: int, value: Value, code: str, policy: Report) -> bool:
        if key not in self._last:
            return True
        before_at, before, before_code = self._last[key]
        if code != before_code:
            return True
        if code.startswith("bad:"):
            return at - before_at >= (policy.heartbeat_s * 1000 or BAD_HEARTBEAT_MS)
        if policy.heartbeat_s == 0 or at - before_at >= policy.heartbeat_s * 1000:
            return True
        if isinstance(before, bool | str) or isinstance(value, bool | str):
            return before != value
        return abs(value - before) > max(policy.deadband, policy.deadband_percent / 100 * abs(before))

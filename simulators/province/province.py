"""The province in one story: what each device says, which gateways have power and a line, which alarms belong to it.

Pure: the same story and seed give the same answer for any device at any time, asked in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from simulators.encoding import Value
from simulators.models import MODELS
from simulators.province.fleet import by_id
from simulators.scenarios.scenario import ScenarioFile
from simulators.scenarios.story import Awaited

DAY_MS = 86_400_000
VIETNAM_MS = 7 * 3_600_000  # UTC+7, without summer time
CAMERA: Mapping[str, Value] = {
    "online": True,
    "fps": 15.0,
    "frozen": False,
    "black": False,
    "blurred": False,
    "moved": False,
    "motion": 0.1,
    "brightness": 110.0,
}


class Province:
    """All devices of the pilot fleet in one story."""

    def __init__(self, scenario: ScenarioFile, seed: int = 1) -> None:
        self.scenario = scenario
        self.seed = seed
        self.begin_ms = moment_ms(scenario.begin)
        self.end_ms = moment_ms(scenario.end)
        self._midnight_ms = (self.begin_ms + VIETNAM_MS) // DAY_MS * DAY_MS - VIETNAM_MS

    @property
    def expected(self) -> Sequence[Awaited]:
        """Alarms that the story has to raise."""
        return self.scenario.expected

    @property
    def forbidden(self) -> Sequence[Awaited]:
        """Alarms that the story must not raise."""
        return self.scenario.forbidden

    def values(self, device_id: str, at_ms: int) -> Mapping[str, Value]:
        """What a device says at a moment; KeyError for one that is not in the fleet."""
        device = by_id()[device_id]
        if device.profile == "ip_camera":
            return CAMERA
        elapsed_s = (at_ms - self._midnight_ms) / 1000
        return MODELS[device.profile](self.seed * 1000 + device.number)(elapsed_s)

    def quality(self, device_id: str, at_ms: int) -> Mapping[str, str]:
        """Points whose values are not what they should be: point -> quality code; such values are not sent."""
        return {}

    def observed_at(self, device_id: str, at_ms: int) -> int:
        """What the device's own clock shows at a moment, in ms since 1970 UTC."""
        return at_ms

    def mains(self, gateway: str, at_ms: int) -> bool:
        """Whether the site of a gateway has mains."""
        return True

    def link(self, gateway: str, at_ms: int) -> bool:
        """Whether a gateway runs and reaches the centre."""
        return True


def moment_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return round(moment.timestamp() * 1000)

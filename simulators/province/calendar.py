"""What the clock on the wall says in Vietnam (UTC+7, without summer time), and where the sun stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY_MS = 86_400_000
VIETNAM_MS = 7 * 3_600_000
LATITUDE = math.radians(21.7)
LONGITUDE_H = (104.9 - 105.0) / 15  # noon of the sun against that of the clock
NOON_LUX = 90_000.0
SCHOOL_H = ((7.25, 11.25), (13.75, 16.5))
SUNDAY, SATURDAY = 6, 5


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment on the wall."""

    at_ms: int
    hour: float
    weekday: int
    month: int
    day_of_year: int

    @property
    def is_workday(self) -> bool:
        """Monday to Friday."""
        return self.weekday < SATURDAY

    @property
    def sun(self) -> float:
        """Sine of the sun's height: 1 above us, 0 at sunrise and sunset, below 0 by night."""
        tilt = math.radians(23.44) * math.sin(2 * math.pi * (self.day_of_year - 81) / 365.25)
        turned = math.radians(15 * (self.hour + LONGITUDE_H - 12))
        return math.sin(LATITUDE) * math.sin(tilt) + math.cos(LATITUDE) * math.cos(tilt) * math.cos(turned)

    @property
    def is_school(self) -> bool:
        """Lessons are held, Monday to Friday."""
        return self.is_workday and any(begin <= self.hour < end for begin, end in SCHOOL_H)


def moment_of(at_ms: int) -> Moment:
    """The moment on the wall for ms since 1970 UTC."""
    local = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms + VIETNAM_MS)
    hour = local.hour + local.minute / 60 + local.second / 3600
    return Moment(at_ms, hour, local.weekday(), local.month, local.timetuple().tm_yday)


def midnight_ms(at_ms: int) -> int:
    """When the day began, in ms since 1970 UTC."""
    return (at_ms + VIETNAM_MS) // DAY_MS * DAY_MS - VIETNAM_MS

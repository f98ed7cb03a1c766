"""The kind `schedule`: a state that must not be at this hour, such as street lights that burn at noon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import IDLE, Ladder, Level, Levels, Standing, check_levels, ladder_of
from device_profiles.schema import Strict

HANOI = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")  # no summer time since 1975
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = r"^([01]\d|2[0-3]):[0-5]\d$"


class Hours(Strict):
    """A stretch of the day at Hà Nội; one that passes midnight belongs to the day it starts."""

    start: str = Field(pattern=TIME, description="From this time on, HH:MM at Hà Nội.")
    end: str = Field(pattern=TIME, description="Until before this time, HH:MM; before `start`: of the next day.")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        (), description="Only on these days; empty = all."
    )
    months: tuple[int, ...] = Field((), description="Only in these months, 1 to 12; empty = all.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.start == self.end:
            raise ValueError(f"hours start and end at {self.start}")
        wrong = [month for month in self.months if not 1 <= month <= 12]
        if wrong:
            raise ValueError(f"there is no month {wrong[0]}")
        return self

    def began(self, at: datetime) -> datetime | None:
        """When the stretch began in which a time at Hà Nội lies; None when it lies in none."""
        clock, passes_midnight = f"{at:%H:%M}", self.end < self.start
        day = at - timedelta(days=1) if passes_midnight and clock < self.end else at
        inside = clock >= self.start or clock < self.end if passes_midnight else self.start <= clock < self.end
        if not inside or not self._on(day):
            return None
        return day.replace(hour=int(self.start[:2]), minute=int(self.start[3:]), second=0, microsecond=0)

    def _on(self, day: datetime) -> bool:
        return (not self.days or DAYS[day.weekday()] in self.days) and (not self.months or day.month in self.months)


class Schedule(Strict):
    """Levels that a value must not reach within certain hours. True counts as 1, false as 0.

    ```
      hours      ──────┌────────────────────┐──────
      value      on ───────────┐ off        :
      level            :hold_s▲┘ left        left at the latest by the first reading after the hours
    ```
    """

    kind: Literal["schedule"]
    unit: str = Field("1", description="UCUM unit of the thresholds; must be the point's own.")
    hours: tuple[Hours, ...] = Field(min_length=1, max_length=24, description="When the levels count.")
    hold_s: float = Field(0.0, ge=0, le=604800, description="How long a level must last within the hours.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        check_levels(self.levels)
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, self.hold_s)

    def fits(self, unit: str) -> bool:
        """True when the thresholds are in the point's unit."""
        return unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """Values strictly between these two cannot change an idle standing."""
        return self.ladder.band

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a good reading; outside the hours nothing is reached."""
        began = began_of(self.hours, at)
        if began is None:
            return IDLE
        pending = bool(standing.since) and not standing.level
        return self.ladder.step(IDLE if pending and standing.since[0] < began else standing, at, value)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: the value itself."""
        del standing, at
        return float(value)

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]


def began_of(hours: Iterable[Hours], at: int) -> int | None:
    """When the hours began in which a time lies, both in milliseconds since 1970; None outside them."""
    local = datetime.fromtimestamp(at / 1000, HANOI)
    began = [begin for stretch in hours if (begin := stretch.began(local)) is not None]
    return round(min(began).timestamp() * 1000) if began else None

"""Times of the day at Hà Nội, on some days of the week; a stretch that passes midnight belongs to the day it starts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal

from pydantic import Field

from device_profiles.schema import Strict

HANOI = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")  # no summer time since 1975
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
DAY = timedelta(days=1)


class Hours(Strict):
    """A stretch of the day; a whole day when it ends at the time it starts."""

    start: str = Field(pattern=TIME, description="From this time on, HH:MM at Hà Nội.")
    end: str = Field(pattern=TIME, description="Until before this time, HH:MM; not behind `start`: of the next day.")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        (), description="Only when it starts on these days; empty = all."
    )


def is_on(hours: Hours, day: date) -> bool:
    """True when the stretch starts on that day of the week."""
    return not hours.days or DAYS[day.weekday()] in hours.days


def span_of(hours: Hours, day: date) -> tuple[datetime, datetime]:
    """Begin and end of the stretch that starts on that day."""
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    last = day if end > start else day + DAY
    return datetime.combine(day, start, HANOI), datetime.combine(last, end, HANOI)


def ends_at(hours: Hours, at: datetime) -> datetime | None:
    """When the stretch ends in which a time lies; None when it lies in none."""
    for day in (at.date(), at.date() - DAY):
        begin, end = span_of(hours, day)
        if is_on(hours, day) and begin <= at < end:
            return end
    return None


def at_hanoi(at: int) -> datetime:
    """A time in ms since 1970 UTC as the clock at Hà Nội shows it."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(HANOI)


def in_ms(at: datetime) -> int:
    """A time in ms since 1970 UTC."""
    return round(at.timestamp() * 1000)

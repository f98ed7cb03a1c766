"""When the centre makes the next monthly report by itself (pure), and what it is told to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import Field

from cloud.reports.month import VIETNAM, Month
from device_profiles.schema import Strict

HOUR_MS: Final = 3_600_000


class ReportsConfig(Strict):
    """The monthly reports."""

    monthly: bool = Field(True, description="The centre makes the report of a month by itself when it is over.")
    after_h: float = Field(3, ge=0, le=240, description="So many hours after the month's end, for what comes late.")
    plan: Path | None = Field(None, description="File of the indicators; without it the packaged proposal.")


@dataclass(frozen=True, slots=True)
class Coming:
    """The next report: its month and when it is made. `trouble`: why the last try failed, and `tried_at`."""

    month: Month
    at: int
    trouble: str = ""
    tried_at: int | None = None


def month_at(now: int) -> Month:
    """The month that a time lies in."""
    when = datetime.fromtimestamp(now / 1000, VIETNAM)
    return Month(when.year, when.month)


def due_at(month: Month, config: ReportsConfig) -> int:
    """When the report of a month is made."""
    return month.end + round(config.after_h * HOUR_MS)

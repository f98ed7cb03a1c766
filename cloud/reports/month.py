"""A month of Vietnam: its name, its two ends, and the month before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from cloud.errors import ConfigurationError

VIETNAM: Final = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Month:
    """From `begin` on, before `end`, in ms since 1970 UTC."""

    year: int
    number: int

    @property
    def begin(self) -> int:
        """Its first moment."""
        return round(datetime(self.year, self.number, 1, tzinfo=VIETNAM).timestamp() * 1000)

    @property
    def end(self) -> int:
        """The first moment after it."""
        year, number = divmod(self.year * 12 + self.number, 12)
        return Month(year, number + 1).begin

    @property
    def before(self) -> Month:
        """The month before."""
        year, number = divmod(self.year * 12 + self.number - 2, 12)
        return Month(year, number + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


def month_of(text: str) -> Month:
    """The month of a text such as 2024-06; ConfigurationError when it is none."""
    try:
        when = datetime.strptime(text, "%Y-%m").replace(tzinfo=VIETNAM)
    except ValueError as error:
        raise ConfigurationError(f"{text}: is no month such as 2024-06") from error
    return Month(when.year, when.month)

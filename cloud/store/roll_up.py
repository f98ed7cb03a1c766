"""What roll-ups are, and the port of the store that keeps them: windows of a point that stand in for raw readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.store.base import ReadingStore, SeriesKey
from device_profiles.schema import ROLL_UP_ENDINGS

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
RAW_DAYS = 30  # how long raw readings stay unless told otherwise: longer ranges are read from roll-ups


@dataclass(frozen=True, slots=True)
class Grain:
    """One width of window. The series is the profile's name with an underscore and this name behind it."""

    name: str
    step_ms: int
    keep_days: int  # unless told otherwise


MINUTE = Grain("1m", 60_000, 90)
QUARTER = Grain("15m", 900_000, 365)
HOUR = Grain("1h", HOUR_MS, 1825)
GRAINS = (MINUTE, QUARTER, HOUR)


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """One device as a profile describes it: all its points are rolled up together."""

    profile: str
    gateway: str
    device: str


@dataclass(frozen=True, slots=True)
class Rolled:
    """A point in one window beginning at `begin` (ms since 1970 UTC), which is never empty."""

    begin: int
    minimum: float
    maximum: float
    total: float
    count: int
    last: float


@dataclass(frozen=True, slots=True)
class RolledPoint:
    """Windows of one point at one site, rising. A device that moved has some at each of its sites."""

    site: str
    key: SeriesKey
    windows: Sequence[Rolled]


class RawStore(ReadingStore, Protocol):
    """A store of readings that roll-ups can be made from."""

    async def minutes(self, device: DeviceKey, *, begin: int, end: int) -> Sequence[RolledPoint]:
        """Every numeric point of a device between two full minutes, in windows of a minute; empty ones are left out."""

    async def purge(self, *, begin: int, end: int) -> int:
        """Forgets readings, codes and events between two times (end excluded), where the server does not do so itself.

        Goes in small steps, so that writing never waits long; says how many readings went.
        """


class RollUpStore(Protocol):
    """Keeps windows by grain. One contract suite runs over every adapter."""

    async def open(self) -> None:
        """Makes the store ready; StoreUnavailableError when it cannot be reached yet."""

    async def write(self, grain: Grain, points: Sequence[RolledPoint]) -> None:
        """Commits all of it; writing again replaces. StoreUnavailableError when the outcome is unknown."""

    async def windows(self, key: SeriesKey, grain: Grain, *, begin: int, end: int) -> Sequence[Rolled]:
        """The point's windows that begin between two times (end excluded), rising; two of one time for two sites."""

    async def purge(self, grain: Grain, *, before: int) -> int:
        """Forgets windows that begin before a time, where the server does not do so itself; says how many."""

    async def close(self) -> None:
        """Lets go of files and connections."""


def is_roll_up(profile: str) -> bool:
    """Whether a series of this name would collide with the roll-ups of another profile."""
    return profile.endswith(ROLL_UP_ENDINGS)

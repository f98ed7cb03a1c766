"""How the house is arranged by its files: what administrators see, and change there and not on a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cloud.people.people import People

DEFAULT_ALARM_DAYS = 1825
DEFAULT_AUDIT_DAYS = 730


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Rosters as they run now, channels by name and kind, and how many days things stay (0 = for ever)."""

    people: Callable[[], People] = People
    channels: tuple[tuple[str, str], ...] = ()
    alarm_days: int = DEFAULT_ALARM_DAYS
    audit_days: int = DEFAULT_AUDIT_DAYS

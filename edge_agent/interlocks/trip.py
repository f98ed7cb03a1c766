"""The life of an interlock: ready, tripped, spent; and when it may trip at all. Pure.

```
          conditions hold, armed                 most_s is over
  ready ───────────────────────▶ tripped ───────────────────────▶ spent
    ▲                              │  conditions ended, least_s is over │
    └──────────────────────────────┴───────────────────────────────────┘ conditions ended
```
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from edge_agent.interlocks.config import InterlockConnection


class Phase(StrEnum):
    """Where an interlock stands. Spent: it has had its longest time, and its conditions have not ended yet."""

    READY = "ready"
    TRIPPED = "tripped"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Trip:
    """An interlock at one moment; `since_s` on the monotonic count."""

    phase: Phase = Phase.READY
    since_s: float = 0.0
    trips: int = 0


def step(interlock: InterlockConnection, trip: Trip, holds: bool | None, *, may_trip: bool, now_s: float) -> Trip:
    """The interlock after a look at its conditions; `may_trip`: it is armed, and has a reason to act."""
    if holds is None:
        holds = {"stay": trip.phase is not Phase.READY, "trip": True, "release": False}[interlock.blind]
    if trip.phase is Phase.READY:
        return Trip(Phase.TRIPPED, now_s, trip.trips + 1) if holds and may_trip else trip
    if trip.phase is Phase.SPENT:
        return trip if holds else released(trip, now_s=now_s)
    lasted = now_s - trip.since_s
    if interlock.most_s is not None and lasted >= interlock.most_s:
        return replace(trip, phase=Phase.SPENT, since_s=now_s)
    return trip if holds or lasted < interlock.least_s else released(trip, now_s=now_s)


def released(trip: Trip, *, now_s: float) -> Trip:
    """The interlock when its conditions have ended, or somebody disarmed it."""
    return replace(trip, phase=Phase.READY, since_s=now_s)

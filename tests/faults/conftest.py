"""How long the ring is, and what its tests share; what they find goes to score.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.score import Score
from tests.faults.tools.warm import Starter, warm_starter

__all__ = ["Ring", "Score"]


def _asked(name: str, short: int) -> int:
    return int(os.environ.get(f"FAULT_{name}", str(short)))


@dataclass(frozen=True, slots=True)
class Ring:
    """How often each blow falls: a few times in `make test`, very often in `make faults`."""

    cycles: int = _asked("CYCLES", 50)
    cuts: int = _asked("CUTS", 20)
    update_cuts: int = _asked("UPDATE_CUTS", 10)  # of an update; more than a thousand = each step in each way
    alarm_kills: int = _asked("ALARM_KILLS", 8)
    restarts: int = _asked("RESTARTS", 4)
    patterns: int = _asked("PATTERNS", 1)
    week_readings: int = _asked("WEEK", 20_000)  # over seven days, however many there are
    seed: int = _asked("SEED", 1)
    minute_s: float = _asked("MINUTE_MS", 60) / 1000  # how long a minute of an offline pattern lasts


@pytest.fixture(scope="session")
def ring() -> Ring:
    """The length of this run."""
    return Ring()


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    """Starts agents and centres fast."""
    with warm_starter() as made:
        yield made

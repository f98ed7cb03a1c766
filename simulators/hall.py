"""A public-service hall through the day: who comes, who waits, who is served, how much paper is left. Pure."""

from __future__ import annotations

import bisect
import heapq
import math
import random
from dataclasses import dataclass

from simulators.signals import DAY_S, HOUR_S

OPEN_H = ((7.5, 11.5), (13.5, 17.0))  # office hours, with the noon break
PEAKS_H = (8.7, 14.5)
PEAK_ARRIVALS_PER_H = 44.0
SERVICE_S = 380.0
TICKETS_PER_ROLL = 500
FORGETS_TO_RATE = 0.4
SCORES = (1, 2, 3, 4, 5)
SCORE_WEIGHTS = (2, 3, 10, 35, 50)


@dataclass(frozen=True, slots=True)
class Visit:
    """One person: took a ticket, was called, went home; rated the service or not (0)."""

    arrived_s: float
    called_s: float
    left_s: float
    counter: int
    score: int


@dataclass(frozen=True, slots=True)
class Hall:
    """What a kiosk in the hall knows at one moment."""

    tickets: int
    waiting: int
    wait_min: float
    served: int
    counters_open: int
    paper_pct: float
    rating: float


def visits(seed: int, *, day: int = 0, counters: int = 4) -> tuple[Visit, ...]:
    """Everybody who comes on this day: arrivals at random around two peaks, served first come, first served."""
    dice = random.Random(f"{seed}:{day}:hall")  # noqa: S311 - physics, not secrets
    free = [(OPEN_H[0][0] * HOUR_S, counter) for counter in range(1, counters + 1)]
    heapq.heapify(free)
    found: list[Visit] = []
    for arrived in _arrivals(dice):
        free_at, counter = heapq.heappop(free)
        called = max(arrived, free_at)
        left = called + dice.gammavariate(4.0, SERVICE_S / 4.0)
        heapq.heappush(free, (left, counter))
        score = 0 if dice.random() < FORGETS_TO_RATE else dice.choices(SCORES, SCORE_WEIGHTS)[0]
        found.append(Visit(arrived + day * DAY_S, called + day * DAY_S, left + day * DAY_S, counter, score))
    return tuple(found)


def hall_at(day: tuple[Visit, ...], elapsed_s: float, *, counters: int = 4) -> Hall:
    """The state of the hall at this moment of the day that these visits make up."""
    come = day[: bisect.bisect_right(day, elapsed_s, key=lambda visit: visit.arrived_s)]
    waiting = [visit for visit in come if visit.called_s > elapsed_s]
    gone = [visit for visit in come if visit.left_s <= elapsed_s]
    scores = [visit.score for visit in gone if visit.score]
    longest = elapsed_s - waiting[0].arrived_s if waiting else 0.0
    return Hall(
        tickets=len(come),
        waiting=len(waiting),
        wait_min=round(longest / 60, 1),
        served=len(gone),
        counters_open=counters if is_open(elapsed_s) else 0,
        paper_pct=round(100.0 * (1 - len(come) % TICKETS_PER_ROLL / TICKETS_PER_ROLL), 1),
        rating=round(sum(scores) / len(scores), 2) if scores else 5.0,
    )


def is_open(elapsed_s: float) -> bool:
    """True within office hours."""
    hour = elapsed_s % DAY_S / HOUR_S
    return any(begin <= hour < end for begin, end in OPEN_H)


def _arrivals(dice: random.Random) -> list[float]:
    """Moments at which people come: a Poisson process, thinned to the shape of the day."""
    found: list[float] = []
    for begin_h, end_h in OPEN_H:
        moment = begin_h * HOUR_S + dice.expovariate(PEAK_ARRIVALS_PER_H / HOUR_S)
        while moment < end_h * HOUR_S:
            if dice.random() < _crowd(moment / HOUR_S):
                found.append(moment)
            moment += dice.expovariate(PEAK_ARRIVALS_PER_H / HOUR_S)
    return found


def _crowd(hour: float) -> float:
    """Share of the highest rate of arrivals, 0.3 to 1."""
    return 0.3 + 0.7 * max(math.exp(-(((hour - peak) / 0.9) ** 2)) for peak in PEAKS_H)

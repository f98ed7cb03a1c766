"""Halls, schools, hospitals, visitors, markets and offices on an ordinary day."""

from __future__ import annotations

import math
from collections.abc import Mapping

from simulators.device import Signal
from simulators.encoding import Value
from simulators.hall import Visit, hall_at, is_open, visits
from simulators.signals import DAY_S, HOUR_S, hour_of_day, noise

ROLL = 532  # pupils of a school
SEATS = 90  # of a view point, before it is full


def kiosk(seed: int) -> Signal:
    """The queue of a public-service hall."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        hall = hall_at(_day(seed, elapsed_s), elapsed_s)
        return {
            "online": True,
            "tickets": hall.tickets,
            "waiting": hall.waiting,
            "wait_min": hall.wait_min,
            "served": hall.served,
            "counters_open": hall.counters_open,
            "paper_pct": hall.paper_pct,
            "rating": hall.rating,
        }

    days: dict[int, tuple[Visit, ...]] = {}

    def _day(seed: int, elapsed_s: float) -> tuple[Visit, ...]:
        number = int(elapsed_s // DAY_S)
        if number not in days:
            days.clear()
            days[number] = visits(seed, day=number)
        return days[number]

    return signal


def tablet(seed: int) -> Signal:
    """A counter whose visitors are content."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        score = 5 if noise(seed, elapsed_s, period_s=400) > -0.3 else 4
        return {"score": score, "satisfied_pct_50": round(94 + 3 * noise(seed + 1, elapsed_s, period_s=HOUR_S), 1)}

    return signal


def dossiers(seed: int) -> Signal:
    """A one-stop shop that keeps its terms."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "received": round(85 * _of_the_day(elapsed_s)),
            "overdue": 2,
            "on_time_pct": round(98.4 + 0.5 * noise(seed, elapsed_s, period_s=DAY_S), 1),
            "online_pct": round(71 + 4 * noise(seed + 1, elapsed_s, period_s=DAY_S), 1),
        }

    return signal


def job_exchange(seed: int) -> Signal:
    """An employment centre: visitors by day, claims within their term."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "vacancies": round(1240 + 60 * noise(seed, elapsed_s, period_s=3 * DAY_S)),
            "visitors": round(64 * _of_the_day(elapsed_s)),
            "claims_waiting": round(38 + 10 * noise(seed + 1, elapsed_s, period_s=DAY_S)),
            "claims_overdue_pct": round(max(0.0, 2 + 2 * noise(seed + 2, elapsed_s, period_s=DAY_S)), 1),
        }

    return signal


def payout(seed: int) -> Signal:
    """A pay-out point of social insurance: open in office hours, enough cash until evening."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        done = _of_the_day(elapsed_s)
        waiting = 9 + 5 * noise(seed, elapsed_s, period_s=900) if is_open(elapsed_s) else 0
        return {
            "open": is_open(elapsed_s),
            "waiting": round(max(0.0, waiting)),
            "paid": round(140 * done),
            "cash_pct": round(100 - 65 * done, 1),
        }

    return signal


def school_gate(seed: int) -> Signal:
    """Pupils who come before lessons and go after them."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        inside = _between(hour_of_day(elapsed_s), 6.9, 16.8)
        came = ROLL * (0.965 + 0.01 * noise(seed, math.floor(elapsed_s / DAY_S) * DAY_S, period_s=DAY_S))
        return {"present": round(came * inside), "attendance_pct": round(100 * came / ROLL, 1)}

    return signal


def hospital(seed: int) -> Signal:
    """A medical centre at its usual load."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "beds_pct": round(78 + 5 * noise(seed, elapsed_s, period_s=6 * HOUR_S), 1),
            "er_waiting": round(4 + 3 * noise(seed + 1, elapsed_s, period_s=HOUR_S)),
            "ambulances_free": 3 if noise(seed + 2, elapsed_s, period_s=HOUR_S) > 0 else 2,
        }

    return signal


def visitors(seed: int) -> Signal:
    """A view point: some dozens at a time, most after nine."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        there = 32 * _between(hour_of_day(elapsed_s), 8.0, 17.5) * (1 + 0.3 * noise(seed, elapsed_s, period_s=900))
        come = round(400 * _of_the_day(elapsed_s))
        return {
            "people_in": come,
            "people_out": max(0, come - round(there)),
            "capacity_pct": round(100 * there / SEATS, 1),
        }

    return signal


def lodging(seed: int) -> Signal:
    """What hotels and homestays register."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "guests_vn": round(820 + 90 * noise(seed, elapsed_s, period_s=DAY_S)),
            "guests_foreign": round(75 + 25 * noise(seed + 1, elapsed_s, period_s=DAY_S)),
            "rooms_pct": round(46 + 8 * noise(seed + 2, elapsed_s, period_s=DAY_S), 1),
        }

    return signal


def market(seed: int) -> Signal:
    """Live pigs, đồng a kilogram."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        price = 65_000 + 1_800 * noise(seed, elapsed_s, period_s=7 * DAY_S)
        before = 65_000 + 1_800 * noise(seed, elapsed_s - 7 * DAY_S, period_s=7 * DAY_S)
        return {"price_vnd": round(price, -2), "change_7d_pct": round(100 * (price / before - 1), 2)}

    return signal


def budget(seed: int) -> Signal:
    """Public investment a little behind its plan in September."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        planned = 66.0 + elapsed_s / DAY_S * 0.3
        spent = planned - 4 + noise(seed, elapsed_s, period_s=7 * DAY_S)
        return {
            "revenue_pct": round(71.5 + elapsed_s / DAY_S * 0.25, 2),
            "disbursed_pct": round(spent, 2),
            "behind_plan_pct": round(planned - spent, 2),
        }

    return signal


def quarry(seed: int) -> Signal:
    """Trucks over a quarry's scale, between six and eighteen, within the licence."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        hour = hour_of_day(elapsed_s)
        share = min(1.0, max(0.0, (hour - 6.0) / 12.0))
        tonnes = 620 * share * (1 + 0.03 * noise(seed, math.floor(elapsed_s / DAY_S) * DAY_S, period_s=DAY_S))
        return {
            "tonnes_today": round(tonnes, 1),
            "licence_pct": round(tonnes / 8.0, 1),
            "trucks_today": round(tonnes / 18),
            "trucks_off_hours": 0,
        }

    return signal


def _of_the_day(elapsed_s: float) -> float:
    """The share of a day's visitors who have come by now, 0 to 1."""
    return min(1.0, max(0.0, (hour_of_day(elapsed_s) - 7.5) / 9.5))


def _between(hour: float, begin: float, end: float) -> float:
    """1 within these hours, with half an hour of coming and going at both ends."""
    return min(1.0, max(0.0, (hour - begin) / 0.5), max(0.0, (end - hour) / 0.5)) if begin < hour < end else 0.0

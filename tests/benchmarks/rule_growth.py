"""What a reading costs the judge as rules become more: 100 that match everywhere, up to 9,900 that look elsewhere.

`python -m tests.benchmarks.rule_growth`: readings and evaluations a second, and how the cost of a reading grows.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from cloud.alarms.book import AlarmBook
from cloud.rules.judge import Judge
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from cloud.store.base import Columns
from device_profiles.schema import PointType

MATCHING = 100  # rules that look at every device; the rest looks at the same profile elsewhere
TOTALS = (100, 1_000, 10_000)
DEVICES, ROWS, ROUNDS = 200, 10, 5
PROFILE, POINT = "river_gauge_radar", "level_m"
BEGIN = 1_725_753_600_000
STEP_MS = 60_000


@dataclass(frozen=True, slots=True)
class Cost:
    """The judge with so many rules."""

    rules: int
    place_s: float  # the first reading of every device: its rules are found
    readings_per_s: float
    evaluations_per_s: float


def cost_of(total: int) -> Cost:
    """Feeds the same readings to a judge with so many rules; the best of the rounds, for machines are never quiet."""
    judge = Judge(rule_set([_rule(number) for number in range(total)]), AlarmBook())
    gc.collect()
    began = time.perf_counter()
    judge.observe(_blocks(0), received_at=BEGIN)
    place_s = time.perf_counter() - began
    best = min(_timed(judge, _blocks(number)) for number in range(1, ROUNDS + 1))
    assert not judge.faults
    readings = DEVICES * ROWS
    return Cost(total, round(place_s, 3), round(readings / best), round(readings * MATCHING / best))


def growth(costs: Sequence[Cost]) -> float:
    """How many times as much a reading costs with the most rules as with the fewest."""
    return round(costs[0].readings_per_s / costs[-1].readings_per_s, 2)


def _timed(judge: Judge, blocks: Sequence[Columns]) -> float:
    began = time.perf_counter()
    judge.observe(blocks, received_at=blocks[-1].times[-1])
    return time.perf_counter() - began


def _blocks(number: int) -> list[Columns]:
    """Rising water: each block reaches the lowest threshold of some rules, so that they are truly stepped."""
    times = [BEGIN + (number * ROWS + row) * STEP_MS for row in range(ROWS)]
    return [
        Columns(
            site=f"site-{device % 20}",
            gateway=f"gateway-{device // 10}",
            device=f"device-{device}",
            profile=PROFILE,
            times=times,
            points={POINT: [30.0 + 0.01 * ((row + number) % 7) for row in range(ROWS)]},
            quality={},
            types={POINT: PointType.FLOAT},
        )
        for device in range(DEVICES)
    ]


def _rule(number: int) -> Rule:
    """The first hundred match everywhere; the others look at one device each that does not say anything here."""
    elsewhere = {"devices": [f"elsewhere-{number}"]} if number >= MATCHING else {}
    above = 30.05 if number % 10 == 0 else 40.0  # every tenth begins to hold, again and again
    return Rule.model_validate(
        {
            "id": f"rule_{number}",
            "version": 1,
            "text": {"vi": "Mực nước {value}", "en": "Level {value}"},
            "instruction": {"vi": "Xem", "en": "Look"},
            "owner": "bench",
            "source": "bench",
            "confirmed": True,
            "selector": {"profile": PROFILE, "point": POINT, **elsewhere},
            "kind": {
                "kind": "threshold",
                "unit": "m",
                "hold_s": 3600.0,
                "levels": [{"name": "high", "severity": 3, "above": above}],
            },
        }
    )


def main() -> None:
    """Runs all sizes and prints one line of JSON."""
    costs = [cost_of(total) for total in TOTALS]
    figures = {"rule_growth": growth(costs), "costs": [asdict(cost) for cost in costs]}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()

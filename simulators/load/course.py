"""What a fleet said: how much was sent and receipted, and how long each receipt took."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from simulators.load.gateway import LoadFleet, LoadGateway

BOUNDS_MS: Final = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000)


@dataclass(slots=True)
class Latencies:
    """How long receipts took, in steps; percentiles are those of the steps' upper ends."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_MS) + 1))
    longest_ms: float = 0.0

    def add(self, ms: float) -> None:
        """One receipt."""
        self.counts[bisect_left(BOUNDS_MS, ms)] += 1
        self.longest_ms = max(self.longest_ms, ms)

    @property
    def total(self) -> int:
        """How many receipts."""
        return sum(self.counts)

    def quantile_ms(self, share: float) -> float:
        """So many milliseconds or less, for this share of the receipts."""
        seen = 0
        for bound, count in zip(BOUNDS_MS, self.counts, strict=False):
            seen += count
            if seen >= share * self.total:
                return min(float(bound), self.longest_ms)
        return self.longest_ms

    def as_json(self) -> Mapping[str, object]:
        """For the last line of the command: percentiles, and the histogram with its steps' upper ends."""
        steps = {f"<={bound}": count for bound, count in zip(BOUNDS_MS, self.counts, strict=False)}
        shares = {f"p{share}_ms": round(self.quantile_ms(share / 100), 1) for share in (50, 95, 99)}
        histogram = {**steps, f">{BOUNDS_MS[-1]}": self.counts[-1]}
        return {**shares, "max_ms": round(self.longest_ms, 1), "histogram_ms": histogram}


class Course:
    """Lets the gateways speak, and keeps the figures."""

    def __init__(self, fleet: LoadFleet) -> None:
        self._fleet = fleet
        self._said_at: dict[tuple[str, int], float] = {}
        self.latencies = Latencies()
        self.said = 0
        for gateway in fleet.gateways:
            gateway.receipted = self._ear(gateway)

    def say(self, gateway: LoadGateway, sequence: int, payload: bytes) -> None:
        """One new batch of a gateway; while it has no session the batch waits, and its time counts."""
        self.said += 1
        self._said_at[gateway.words.gateway, sequence] = time.monotonic()
        gateway.say(sequence, payload)

    @property
    def figures(self) -> Mapping[str, object]:
        """Batches: said, sent (repetitions included), receipted, and how long that took."""
        return {
            "said": self.said,
            "sent": sum(each.sent for each in self._fleet.gateways),
            "receipted": self.latencies.total,
            "owed": len(self._said_at),
            "sessions": sum(each.sessions for each in self._fleet.gateways),
            "latency": self.latencies.as_json(),
        }

    def _ear(self, gateway: LoadGateway) -> _Ear:
        return _Ear(self, gateway.words.gateway)

    def receipted(self, gateway: str, sequence: int) -> None:
        """A receipt came."""
        said_at = self._said_at.pop((gateway, sequence), None)
        if said_at is not None:
            self.latencies.add((time.monotonic() - said_at) * 1000)


@dataclass(frozen=True, slots=True)
class _Ear:
    """Knows whose receipts it hears."""

    course: Course
    gateway: str

    def __call__(self, sequence: int) -> None:
        self.course.receipted(self.gateway, sequence)

"""What the API shows: the values that the centre hands to it, with the very names of the JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from device_profiles.schema import PointType, Text
from device_profiles.wire.messages import Cell, Scalar

Freshness = Literal["measured", "unchanged", "stale", "doubtful", "never"]
GatewayState = Literal["online", "lost", "stopped", "never"]
ClockWord = Literal["good", "doubtful", "unknown"]
LetterState = Literal["open", "retried", "discarded"]


@dataclass(frozen=True, slots=True)
class SiteView:
    """A place with gateways; `attributes`: what its file says of it, such as flood_level_1_m."""

    id: str
    name: Text
    area: str
    lat: float
    lon: float
    gateways: tuple[str, ...]
    attributes: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GatewayView:
    """What a gateway last said of itself; times in ms since 1970 UTC, None = never heard."""

    id: str
    name: Text
    site: str
    state: GatewayState = "never"
    since: int | None = None
    epoch: str = ""
    agent: str = ""
    configuration: str = ""
    health_at: int | None = None
    backlog_batches: int = 0
    backlog_readings: int = 0
    backlog_bytes: int = 0
    hours_left: float | None = None
    dropped_readings: int = 0
    reconnects: int = 0
    clock: ClockWord = "unknown"
    devices: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)  # batches that had to wait since the start, by limit


@dataclass(frozen=True, slots=True)
class PointView:
    """One point of a device with its newest value.

    `quality` reads good, bad:<reason> or uncertain:<reason>; `value` is the newest usable one.
    `stale_after_ms`: how long after `read_at` of the device (or `received_at`) the value counts as stale.
    """

    key: str
    name: Text
    unit: str
    type: PointType
    value: Cell = None
    quality: str = "good"
    freshness: Freshness = "never"
    observed_at: int | None = None
    received_at: int | None = None
    stale_after_ms: int = 0


@dataclass(frozen=True, slots=True)
class Glance:
    """What lists say of a device: how fresh its values are, when the newest was measured, whether all are good."""

    freshness: Mapping[Freshness, int]
    newest_at: int | None
    all_good: bool

    @property
    def silent(self) -> int:
        """How many points say nothing about now."""
        return self.freshness.get("stale", 0) + self.freshness.get("never", 0)


@dataclass(frozen=True)
class DeviceView:
    """One device: where it stands, whether it answers (`fault` empty = yes), and its points.

    `source` is the device that an index is worked out from; empty for a device.
    """

    gateway: str
    id: str
    name: Text
    profile: str
    site: str
    fault: str = ""
    read_at: int | None = None
    points: tuple[PointView, ...] = ()
    source: str = ""

    @cached_property
    def place(self) -> str:
        """What cursors know it by; no part of the JSON, as the glance is none."""
        return f"{self.gateway}/{self.id}"

    @cached_property
    def glance(self) -> Glance:
        """Worked out once, when somebody asks: a view is shown many times. It is no part of the JSON."""
        times = [point.observed_at for point in self.points if point.observed_at is not None]
        return Glance(
            Counter(point.freshness for point in self.points),
            max(times, default=None),
            all(point.quality == "good" for point in self.points),
        )


@dataclass(frozen=True, slots=True)
class ThresholdView:
    """A level of a rule on one point, as the chart draws it; severity 1 is the worst, 4 the least.

    `level` is its identity, `level_shown` what people read for it.
    """

    rule: str
    level: str
    level_shown: Text
    value: float
    severity: int


@dataclass(frozen=True, slots=True)
class SpanView:
    """Readings that were given up for one reason, between two times; 0 readings = nobody said how many."""

    reason: str
    readings: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class AccountView:
    """The ledger's account of one epoch of one gateway: accepted = stored + dead-lettered + dropped + awaited."""

    gateway: str
    epoch: str
    accepted: int
    stored: int
    dead_lettered: int
    dropped: int
    awaited: int
    stored_ranges: tuple[tuple[int, int], ...] = ()
    missing_ranges: tuple[tuple[int, int], ...] = ()
    dead_by_reason: Mapping[str, int] = field(default_factory=dict)
    dropped_by_reason: Mapping[str, int] = field(default_factory=dict)
    drops: tuple[SpanView, ...] = ()
    held_ranges: tuple[tuple[int, int], ...] = ()  # judged, not stored yet: the store was away; awaited


TERMS = ("accepted", "stored", "dead_lettered", "dropped", "awaited")


def sums_of(accounts: Sequence[AccountView]) -> dict[str, int]:
    """The five figures of the ledger over many accounts."""
    return {term: sum(getattr(account, term) for account in accounts) for term in TERMS}


@dataclass(frozen=True, slots=True)
class DeadLetterView:
    """Readings that were refused, and what somebody did with them since.

    `begin` and `end`: time span of the readings; `at`: when they were refused; `handled_reason`: why discarded.
    """

    id: str
    at: int
    gateway: str
    device: str
    profile: str
    point: str
    epoch: str
    sequence: int
    reason: str
    readings: int
    begin: int
    end: int
    state: LetterState = "open"
    handled_at: int | None = None
    handled_by: str = ""
    handled_reason: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetterDetail:
    """A dead letter with its readings; `marks`: position and quality code; `facts` are those of an event."""

    letter: DeadLetterView
    times: tuple[int, ...]
    values: tuple[Cell, ...]
    marks: tuple[tuple[int, str], ...]
    facts: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which dead letters a list asks for; None means any. Times are those of burial, `end` excluded."""

    gateway: str | None = None
    reason: str | None = None
    begin: int | None = None
    end: int | None = None
    state: LetterState | None = "open"
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """What the centre counts of itself since `started_at`.

    `alarms_raised` and `notices_sent` count for ever (or since start when the store cannot tell).
    """

    started_at: int
    first_reading_at: int | None = None
    alarms_raised: int = 0
    notices_sent: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """A command that somebody wants sent; the centre signs it and waits for the result."""

    gateway: str
    device: str
    verb: str
    arguments: dict[str, int | float | bool | str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command stands: `sent` when no result came in time, `asked` when another person must confirm it."""

    id: str
    outcome: Literal["done", "failed", "refused", "expired", "sent", "asked"]
    at: int
    detail: str = ""

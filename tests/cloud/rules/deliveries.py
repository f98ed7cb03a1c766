"""The same readings, delivered in order or any other way, with reviews and restarts in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from cloud.alarms.chronicle import Entry, chronicle
from cloud.rules.judge import Judge, Judgement
from cloud.rules.rule import Rule
from tests.cloud.rules.builders import Kept, block

Readings = Sequence[tuple[int, float]]
LATE_S = 900.0
MINUTE, HOUR = 60_000, 3_600_000
Fate = tuple[
    str, int, str, str
]  # in what it travels, where in a shuffled order, how often it comes, what happens behind it


class Timed(Protocol):
    """A reading with its time in ms since 1970 UTC."""

    @property
    def at(self) -> int:
        """When it was read."""


R = TypeVar("R", bound=Timed)
R_contra = TypeVar("R_contra", bound=Timed, contravariant=True)


class Receiver(Protocol[R_contra]):
    """A centre that readings come to."""

    def take(self, readings: Sequence[R_contra], *, now: int) -> None:
        """They arrive together."""

    def restart(self) -> None:
        """It begins anew with what was kept."""

    def review(self, *, now: int) -> None:
        """It looks at everything that is marked."""


def deliver(centre: Receiver[R], fated: Iterable[tuple[R, Fate]]) -> None:
    """Each reading by its fate: at once, among its neighbours somewhere, or six hours late; in blocks, some twice."""
    arrivals = []
    for reading, (travels, minutes, copies, behind) in fated:
        delay = {"fresh": 0, "shuffled": minutes * MINUTE // 3, "late": 6 * HOUR + minutes * MINUTE}[travels]
        arrivals += [(reading.at + delay + copy * 40_000, reading, behind) for copy in range(1 + (copies == "twice"))]
    waiting: list[R] = []
    for now, reading, behind in sorted(arrivals):
        waiting.append(reading)
        if behind == "cut":
            continue  # arrives with the next
        centre.take(waiting, now=now)
        waiting = []
        if behind == "restart":
            centre.restart()
        if behind == "review":
            centre.review(now=now)
    now = max(now for now, *_ in arrivals) + MINUTE
    if waiting:
        centre.take(waiting, now=now)
    centre.review(now=now)


@dataclass
class Ledger(Kept):
    """What is kept; nobody is told anything under a key that was used before."""

    def keep(self, judgement: Judgement) -> Judgement:
        """Commits a judgement."""
        again = [notice.key for notice in judgement.notices if notice.key in self.notices]
        assert not again, f"told twice: {again}"
        return super().keep(judgement)


@dataclass
class Centre:
    """What a centre makes of readings as they arrive: `kept` is all that a restart finds, `stored` the raw readings."""

    rules: Sequence[Rule]
    kept: Ledger = field(default_factory=Ledger)
    stored: dict[int, float] = field(default_factory=dict)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begins anew with what was kept."""
        self.judge = self.kept.judge(*self.rules, late_s=LATE_S)

    def take(self, readings: Readings, *, now: int) -> None:
        """Readings arrive together, in order of their times."""
        self.stored.update(readings)
        self.kept.keep(self.judge.observe([block(readings)], received_at=now))

    def review(self, *, now: int) -> None:
        """Looks at everything that is marked."""
        self.kept.review(self.judge, sorted(self.stored.items()), now=now)

    def told(self, rule: Rule) -> list[Entry]:
        """The history of a rule's alarms as it is known now."""
        mine = {row.id for row in self.kept.alarms.values() if row.rule == rule.id}
        levels = [level.name for level in rule.kind.levels]
        return chronicle((line for line in self.kept.history if line.alarm in mine), levels)


def in_order(rules: Sequence[Rule], readings: Readings) -> Centre:
    """A centre that gets each reading at once."""
    centre = Centre(rules)
    for at, value in sorted(readings):
        centre.take([(at, value)], now=at)
    return centre

"""The same readings, delivered in order or any other way, with reviews and restarts in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cloud.alarms.chronicle import Entry, chronicle
from cloud.rules.judge import Judge, Judgement
from cloud.rules.rule import Rule
from tests.cloud.rules.builders import Kept, block

Readings = Sequence[tuple[int, float]]
LATE_S = 900.0


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

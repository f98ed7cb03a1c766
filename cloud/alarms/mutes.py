"""Everything that keeps alarms from being told: the shelves, planned work, and what flaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from cloud.alarms.book import Key
from cloud.alarms.flap import Flaps
from cloud.alarms.planned import PlannedWorks
from cloud.alarms.shelf import Shelves
from cloud.store.base import RuleStateRow

SHELVED: Literal["shelved"] = "shelved"
OUT_OF_SERVICE: Literal["out_of_service"] = "out_of_service"


@dataclass(frozen=True, slots=True)
class Mutes:
    """What is quiet, and what is said of it. Its parts are mutable; the judge owns them."""

    shelves: Shelves = field(default_factory=Shelves)
    planned: PlannedWorks = field(default_factory=PlannedWorks)
    flaps: Flaps = field(default_factory=Flaps)
    suppressed: set[Key] = field(default_factory=set)  # told as part of another problem; cloud/rules/causes.py keeps it

    def restore(self, states: Iterable[RuleStateRow]) -> None:
        """Starts again from the rows that were kept."""
        rows = [row for row in states if row.rule.startswith("@")]
        self.shelves.restore(rows)
        self.planned.restore(rows)
        self.flaps.restore(rows)

    def why(self, key: Key, *, site: str, now: int) -> str:
        """Why nobody is told of a problem now: shelved or out_of_service; empty when people are told."""
        if self.shelves.of(key) is not None:
            return SHELVED
        return OUT_OF_SERVICE if self.planned.covering(key, site=site, at=now) is not None else ""

    def shown(self, key: Key, *, site: str, now: int) -> str:
        """The same for people who look: also suppressed, and flapping, of which they are told only what is graver."""
        if why := self.why(key, site=site, now=now):
            return why
        if key in self.suppressed:
            return "suppressed"
        return "flapping" if self.flaps.of(key) is not None else ""

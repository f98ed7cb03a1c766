"""Everything that keeps alarms from being told: the shelves, and planned work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from cloud.alarms.book import Key
from cloud.alarms.planned import PlannedWorks
from cloud.alarms.shelf import Shelves
from cloud.store.base import RuleStateRow

SHELVED: Literal["shelved"] = "shelved"
OUT_OF_SERVICE: Literal["out_of_service"] = "out_of_service"


@dataclass(frozen=True, slots=True)
class Mutes:
    """What people have said about problems beforehand. Its parts are mutable; the judge owns them."""

    shelves: Shelves = field(default_factory=Shelves)
    planned: PlannedWorks = field(default_factory=PlannedWorks)

    def restore(self, states: Iterable[RuleStateRow]) -> None:
        """Starts again from the rows that were kept."""
        rows = [row for row in states if row.rule.startswith("@")]
        self.shelves.restore(rows)
        self.planned.restore(rows)

    def why(self, key: Key, *, site: str, now: int) -> str:
        """Why nobody is told of a problem now: shelved or out_of_service; empty when people are told."""
        if self.shelves.of(key) is not None:
            return SHELVED
        return OUT_OF_SERVICE if self.planned.covering(key, site=site, at=now) is not None else ""

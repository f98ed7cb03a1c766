"""How quickly people did what an exercise asked of them, in real seconds: a fast story makes nobody quicker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from cloud.store.rows import AlarmHistoryRow, AlarmRow

BY_PEOPLE = ("acknowledged", "commented", "assigned", "shelved", "reset")

RealSeconds = Callable[[int, int], float | None]  # between two moments of the story; None when nobody can say


@dataclass(frozen=True, slots=True)
class Answered:
    """One alarm and what people did about it first; times of the story in ms, and how long they took in reality."""

    alarm: str
    rule: str
    level: str
    severity: int
    site: str
    device: str
    text_vi: str
    text_en: str
    raised_at: int
    touched_at: int | None = None
    touched_by: str = ""
    touched_s: float | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str = ""
    acknowledged_s: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One operator over the whole exercise."""

    name: str
    acknowledged: int
    median_s: float
    longest_s: float


def answered(row: AlarmRow, history: Sequence[AlarmHistoryRow], real: RealSeconds) -> Answered:
    """What people did first about one alarm, counted from the moment at which the centre raised it."""
    touch = next((line for line in history if line.what in BY_PEOPLE and line.actor), None)
    acknowledged = next((line for line in history if line.what == "acknowledged" and line.actor), None)
    return Answered(
        row.id, row.rule, row.level, row.severity, row.site, row.device, row.text_vi, row.text_en, row.received_at,
        touched_at=touch.at if touch else None,
        touched_by=touch.actor if touch else "",
        touched_s=real(row.received_at, touch.at) if touch else None,
        acknowledged_at=acknowledged.at if acknowledged else None,
        acknowledged_by=acknowledged.actor if acknowledged else "",
        acknowledged_s=real(row.received_at, acknowledged.at) if acknowledged else None,
    )  # fmt: skip


def people_in(answers: Sequence[Answered]) -> list[Person]:
    """Everybody who acknowledged something, the quickest first."""
    names = {each.acknowledged_by for each in answers if each.acknowledged_s is not None}
    found = []
    for name in names:
        taken = [
            each.acknowledged_s for each in answers if each.acknowledged_by == name and each.acknowledged_s is not None
        ]
        found.append(Person(name, len(taken), median(taken), max(taken)))
    return sorted(found, key=lambda each: (each.median_s, each.name))

"""The verdict on an exercise: what should have been raised against what was, and what should not have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from cloud.store.rows import AlarmHistoryRow, AlarmRow
from device_profiles.exercise_plan import EVERYWHERE, ExpectedAlarm, ForbiddenAlarm, Plan

RAISING = ("raised", "escalated", "missed")  # a missed one was found in late readings: true, but nobody was told

Outcome = Literal["raised", "waiting", "missing"]


@dataclass(frozen=True, slots=True)
class Raised:
    """One level of one alarm, when it was reached; `late` = only late readings showed it."""

    alarm: str
    rule: str
    level: str
    site: str
    gateway: str
    device: str
    observed_at: int
    late: bool
    places: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """One expected alarm, and the first that fulfilled it."""

    expected: ExpectedAlarm
    outcome: Outcome
    raised: Raised | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the exercise stands; it holds when nothing is missing, nothing forbidden came, and nothing is awaited."""

    findings: Sequence[Finding]
    forbidden: Sequence[Raised]
    raised: int

    @property
    def holds(self) -> bool:
        """Whether all of it came, and nothing false."""
        return not self.forbidden and all(each.outcome == "raised" for each in self.findings)

    def count(self, outcome: Outcome) -> int:
        """How many of the expected alarms stand so."""
        return sum(each.outcome == outcome for each in self.findings)


def raised_in(row: AlarmRow, history: Sequence[AlarmHistoryRow], areas: Mapping[str, frozenset[str]]) -> list[Raised]:
    """Every level that an alarm reached. `areas` gives the areas that each site lies in, from small to large."""
    places = areas.get(row.site, frozenset()) | {row.site, row.gateway, row.device, f"{row.gateway}/{row.device}"}
    return [
        Raised(
            row.id, row.rule, line.level, row.site, row.gateway, row.device, line.observed_at,
            late=line.what == "missed", places=places,
        )
        for line in history
        if line.what in RAISING
    ]  # fmt: skip


def judge(plan: Plan, raised: Sequence[Raised], *, now: int) -> Verdict:
    """The verdict at a moment of the story: what may still come is waited for."""
    by_time = sorted(raised, key=lambda each: each.observed_at)
    forbidden = [each for each in by_time if any(_fits(each, wrong) for wrong in plan.forbidden)]
    return Verdict([_finding(each, by_time, now) for each in plan.expected], forbidden, len(by_time))


def _finding(expected: ExpectedAlarm, raised: Sequence[Raised], now: int) -> Finding:
    found = next((each for each in raised if _fits(each, expected)), None)
    if found is not None:
        return Finding(expected, "raised", found)
    return Finding(expected, "missing" if now >= expected.end else "waiting")


def _fits(raised: Raised, wanted: ExpectedAlarm | ForbiddenAlarm) -> bool:
    return (
        fnmatchcase(raised.rule, wanted.rule)
        and wanted.begin <= raised.observed_at <= wanted.end
        and wanted.level in ("", raised.level)
        and (wanted.place == EVERYWHERE or wanted.place in raised.places)
    )

"""How soon people and machines reacted: times and shares from the histories of alarms and incidents (pure).

```
  measured ──▶ alarm raised ──▶ acknowledged
                    │  └─────▶ incident ──▶ dispatched ──▶ begun ──▶ resolved
                    └────────▶ the value returned (repaired)
```
What ended in the month counts in it, whenever it began; what had begun and not ended at the end of the month waits.
Lines that were written later are not looked at: so a month stays as it was, however late its report is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from math import ceil
from statistics import fmean, median
from typing import Final

import msgspec

from cloud.alarms.chronicle import OVER, WITHDRAWN
from cloud.incidents.casebook import OPENED, Facts, conclusion_of
from cloud.incidents.workflow import Conclusion, Move
from cloud.reports.figures import Word, verdict_on
from cloud.reports.plan import SHARES, Measure, Reaction
from cloud.rules.review_settling import WITHDRAWN_RULE
from cloud.store.incident_port import IncidentHistoryRow
from cloud.store.reaction_port import RuleLine
from cloud.store.rows import AlarmHistoryRow

UNIT_MS: Final[Mapping[str, int]] = {"s": 1_000, "min": 60_000, "h": 3_600_000}
RAISED, ESCALATED, ACKNOWLEDGED = "raised", "escalated", "acknowledged"
WITHOUT: Final = "!"
ENDS: Final = (Move.CLOSE, Move.REJECT, Move.MERGE)


@dataclass(frozen=True, slots=True)
class Timing:
    """A reaction in a month: over so many that ended; `waiting` had not ended when the month did.

    `known`: the histories hold something of the month, so that nothing counted means that nothing happened.
    """

    value: float | None
    counted: int
    waiting: int
    known: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that counts: the ms that it took, or 1 and 0 for whether it was so; None = it had not ended."""

    rules: Sequence[str]
    value: int | None


@dataclass(frozen=True, slots=True)
class AlarmPast:
    """The lines of one alarm, as written."""

    rule: str
    lines: Sequence[AlarmHistoryRow]


@dataclass(frozen=True, slots=True)
class Past:
    """Everything that is known at the end of a month of what lived in it."""

    begin: int
    end: int
    alarms: Mapping[str, AlarmPast]
    incidents: Mapping[str, Sequence[IncidentHistoryRow]]

    @property
    def known(self) -> bool:
        """Whether anything was written in the month."""
        told: Iterable[Sequence[AlarmHistoryRow | IncidentHistoryRow]]
        told = [*(each.lines for each in self.alarms.values()), *self.incidents.values()]
        return any(self.holds(line.at) for lines in told for line in lines)

    def holds(self, at: int) -> bool:
        """Whether a time lies in the month."""
        return self.begin <= at < self.end


def past_of(
    alarm_lines: Iterable[RuleLine], incident_lines: Iterable[IncidentHistoryRow], begin: int, end: int
) -> Past:
    """The lines by alarm and by incident."""
    rules: dict[str, str] = {}
    lines: dict[str, list[AlarmHistoryRow]] = {}
    for each in alarm_lines:
        rules[each.line.alarm] = each.rule
        lines.setdefault(each.line.alarm, []).append(each.line)
    incidents: dict[str, list[IncidentHistoryRow]] = {}
    for line in incident_lines:
        incidents.setdefault(line.incident, []).append(line)
    return Past(begin, end, {alarm: AlarmPast(rules[alarm], lines[alarm]) for alarm in lines}, incidents)


def happenings(reaction: Reaction, past: Past) -> list[Happening]:
    """What counts for a reaction, of the rules that it is about."""
    found = _FOUND[reaction.measure](past)
    return [each for each in found if any(is_about(reaction, rule) for rule in each.rules)]


def is_about(reaction: Reaction, rule: str) -> bool:
    """Whether the alarms of a rule count."""
    fitting = [each for each in reaction.rules if fnmatchcase(rule, each.removeprefix(WITHOUT))]
    return bool(fitting) and not any(each.startswith(WITHOUT) for each in fitting)


def timing_of(reaction: Reaction, found: Sequence[Happening], *, known: bool) -> Timing:
    """The figure over everything that ended."""
    values = sorted(each.value for each in found if each.value is not None)
    return Timing(_value(reaction, values) if values else None, len(values), len(found) - len(values), known)


def word_on(reaction: Reaction, timing: Timing) -> Word:
    """How it stands against its target; idle: the month is known, and nothing of the kind ended in it."""
    if timing.value is None:
        return "idle" if timing.known else "none"
    return verdict_on(timing.value, reaction.target, reaction.better)


def _value(reaction: Reaction, values: Sequence[int]) -> float:
    if reaction.measure in SHARES:
        return 100 * fmean(values)
    unit = UNIT_MS[reaction.unit]
    if reaction.how == "p90":
        return values[ceil(0.9 * len(values)) - 1] / unit
    return (median(values) if reaction.how == "median" else fmean(values)) / unit


def _detected(past: Past) -> Iterator[Happening]:
    for alarm in past.alarms.values():
        for line in alarm.lines:
            if line.what == RAISED and past.holds(line.at):
                yield Happening([alarm.rule], max(0, line.at - line.observed_at))


def _acknowledged(past: Past) -> Iterator[Happening]:
    for alarm in past.alarms.values():
        since = None
        for line in alarm.lines:
            if line.what in (RAISED, ESCALATED):
                since = line.at if since is None else since
            elif line.what == ACKNOWLEDGED and since is not None:
                if past.holds(line.at):
                    yield Happening([alarm.rule], line.at - since)
                since = None
        if since is not None:
            yield Happening([alarm.rule], None)


def _repaired(past: Past) -> Iterator[Happening]:
    for alarm in past.alarms.values():
        since = None
        gone = _withdrawn_at(alarm)
        for line in alarm.lines:
            if line.what == RAISED and since is None and line.observed_at not in gone:
                since = line.observed_at
            elif line.what in OVER and since is not None:
                if past.holds(line.at) and line.comment != WITHDRAWN_RULE:  # nothing was repaired then
                    yield Happening([alarm.rule], max(0, line.observed_at - since))
                since = None
        if since is not None:
            yield Happening([alarm.rule], None)


def _withdrawn(past: Past) -> Iterator[Happening]:
    for alarm in past.alarms.values():
        gone = _withdrawn_at(alarm)
        for line in alarm.lines:
            if line.what == RAISED and past.holds(line.at):
                yield Happening([alarm.rule], int(line.observed_at in gone))


def _withdrawn_at(alarm: AlarmPast) -> set[int]:
    return {line.observed_at for line in alarm.lines if line.what == WITHDRAWN}


def _moved(past: Past, *, how: Move) -> Iterator[Happening]:
    """From the raise out of which an incident was opened until the first such move."""
    for lines in past.incidents.values():
        raised = _raised_for(lines[0], past)
        if not raised:
            continue
        rules, since = [rule for rule, _ in raised], min(at for _, at in raised)
        moved = next((line.at for line in lines if line.what == how), None)
        if moved is not None and past.holds(moved):
            yield Happening(rules, max(0, moved - since))
        elif moved is None and not any(line.what in ENDS for line in lines):
            yield Happening(rules, None)


def _rejected(past: Past) -> Iterator[Happening]:
    for lines in past.incidents.values():
        rules = [rule for rule, _ in _raised_for(lines[0], past)]
        for line in lines:
            if line.what in (Move.CLOSE, Move.REJECT) and past.holds(line.at):
                yield Happening(rules or [""], int(line.what == Move.REJECT))


def _false(past: Past) -> Iterator[Happening]:
    """Tests and exercises are neither: nobody was alarmed without cause."""
    for rules, said in _ended(past):
        if said in (Conclusion.REAL, Conclusion.FALSE):
            yield Happening(rules, int(said is Conclusion.FALSE))


def _concluded(past: Past) -> Iterator[Happening]:
    for rules, said in _ended(past):
        yield Happening(rules, int(said is not None))


def _ended(past: Past) -> Iterator[tuple[Sequence[str], Conclusion | None]]:
    """Each end in the month that is no merger, with what was said of it until then."""
    for lines in past.incidents.values():
        rules = [rule for rule, _ in _raised_for(lines[0], past)] or [""]
        for number, line in enumerate(lines, 1):
            if line.what in (Move.CLOSE, Move.REJECT) and past.holds(line.at):
                yield rules, conclusion_of(lines[:number])


def _raised_for(opened: IncidentHistoryRow, past: Past) -> list[tuple[str, int]]:
    """The rule of each alarm that an incident was opened with, and when it was last raised before."""
    if opened.what != OPENED:
        return []
    found = []
    for name in msgspec.json.decode(opened.facts, type=Facts).alarms:
        alarm = past.alarms.get(name)
        raised = [line.at for line in alarm.lines if line.what == RAISED and line.at <= opened.at] if alarm else []
        if alarm and raised:
            found.append((alarm.rule, raised[-1]))
    return found


_FOUND: Final[Mapping[Measure, Callable[[Past], Iterator[Happening]]]] = {
    "detected": _detected,
    "acknowledged": _acknowledged,
    "dispatched": partial(_moved, how=Move.DISPATCH),
    "begun": partial(_moved, how=Move.START),
    "resolved": partial(_moved, how=Move.RESOLVE),
    "repaired": _repaired,
    "withdrawn": _withdrawn,
    "rejected": _rejected,
    "false": _false,
    "concluded": _concluded,
}

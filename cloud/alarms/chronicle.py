"""The chronicle: the history of a rule's alarms at one device as it is known now, read from lines that only ever grow.

```
  lines, as written     10 raised I   30 cleared I   |  20 missed II   10 withdrawn   5 missed I
  what is known now      5 raised I   20 escalated II   30 cleared II
```
The last word about an instant holds: `withdrawn` says that nothing happened then after all, `missed` that a level was
raised and `missed_end` that it was left, to the named level or, without one, to none. Where the level did not change,
nothing happened. So two ways of delivery of the same readings have the same chronicle, however their lines differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cloud.store.base import AlarmHistoryRow

MISSED, MISSED_END, WITHDRAWN = "missed", "missed_end", "withdrawn"
UPWARDS = ("raised", "escalated", MISSED)
OVER = ("cleared", "latched")  # what latches has returned, although its alarm stays
DOWNWARDS = ("eased", *OVER, MISSED_END)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: raised, escalated, eased or cleared; `level` is the new one, or the one that ended."""

    observed_at: int
    what: str
    level: str


@dataclass(frozen=True, slots=True)
class Fact:
    """The last word about an instant: the level from then on, empty for none; and the alarm whose line says so."""

    level: str
    what: str
    alarm: str


Facts = dict[int, Fact]  # by the time of observation, ms since 1970 UTC


def facts_of(lines: Iterable[AlarmHistoryRow]) -> Facts:
    """The last word about every instant; `lines` of one rule and device, in the order in which they were written."""
    facts: Facts = {}
    for line in lines:
        if line.what == WITHDRAWN:
            facts.pop(line.observed_at, None)
        elif line.what in UPWARDS or line.what in DOWNWARDS:
            level = "" if line.what in OVER else line.level
            facts[line.observed_at] = Fact(level, line.what, line.alarm)
    return dict(sorted(facts.items()))


def level_at(facts: Facts, at: int) -> str:
    """The level that held at a time, that of a line of this very instant included; empty for none."""
    return next((fact.level for then, fact in sorted(facts.items(), reverse=True) if then <= at), "")


def chronicle(lines: Iterable[AlarmHistoryRow], levels: Sequence[str] = ()) -> list[Entry]:
    """What happened, in order of time; `levels` from mild to grave, without them each line's own word decides."""
    entries: list[Entry] = []
    level = ""
    for at, fact in facts_of(lines).items():
        if fact.level != level:
            entries.append(Entry(at, _word(level, fact, levels), fact.level or level))
            level = fact.level
    return entries


def _word(before: str, fact: Fact, levels: Sequence[str]) -> str:
    if not fact.level:
        return "cleared"
    if not before:
        return "raised"
    if before in levels and fact.level in levels:
        return "escalated" if levels.index(fact.level) > levels.index(before) else "eased"
    return "escalated" if fact.what in UPWARDS else "eased"

"""Flapping: a problem that is raised again and again is said to flap, once, instead of being told every time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from cloud.alarms.book import Key, key_of
from cloud.store.base import AlarmHistoryRow, AlarmRow, RuleStateRow

FLAP = "@flap/"  # the row of what was raised lately is called so, followed by its rule
REMEMBERED = 200  # raises of one problem
AT_ONCE = 500  # so that the end of a storm does not make one huge commit
MINUTE_MS = 60_000
FOREVER = 2**63


@dataclass(frozen=True, slots=True)
class FlapLimits:
    """More than `raises` of one level within a time is flapping (0 = never); it ends after a calm time."""

    raises: int = 5
    within_ms: int = 1_800_000
    calm_ms: int = 1_800_000


@dataclass(frozen=True, slots=True)
class Flap:
    """What is remembered of a problem that was raised lately. Times of readings, in ms since 1970 UTC.

    `raised`: when, and to which level. `since`: flapping since then; 0 = it does not flap. While it flaps, `count` is
    how often it was raised, `told` the gravest severity that people were told (0 = none yet), `muted` whether
    anything was kept from them, and `alarm` its alarm, so that what is raised again stays one alarm.
    """

    rule: str
    gateway: str
    device: str
    raised: tuple[tuple[int, str], ...] = ()
    since: int = 0
    count: int = 0
    told: int = 0
    muted: bool = False
    alarm: AlarmRow | None = None

    @property
    def key(self) -> Key:
        """What flaps."""
        return self.rule, self.gateway, self.device

    @property
    def last(self) -> int:
        """When it was last raised."""
        return self.raised[-1][0] if self.raised else 0


@dataclass(slots=True)
class Flaps:
    """Every problem that was raised lately. Mutable; the judge owns it.

    `limits`: of each rule. `closed`: the last alarm of each problem that flaps, when it is closed; shared with the
    book of alarms, which opens it again instead of a new one.
    """

    limits: Mapping[str, FlapLimits] = field(default_factory=dict)
    closed: dict[Key, AlarmRow] = field(default_factory=dict)
    _by_key: dict[Key, Flap] = field(default_factory=dict)
    _due: int = 0  # nothing is over before

    def restore(self, states: Iterable[RuleStateRow]) -> None:
        """Starts again from the rows that were kept."""
        kept = (row.state for row in states if row.rule.startswith(FLAP) and row.state)
        self._by_key = {flap.key: flap for flap in (msgspec.json.decode(state, type=Flap) for state in kept)}
        self._due = 0
        self.closed.clear()
        self.closed.update({key: flap.alarm for key, flap in self._by_key.items() if flap.alarm})

    def of(self, key: Key) -> Flap | None:
        """The flap of a problem that flaps now."""
        flap = self._by_key.get(key)
        return flap if flap is not None and flap.since else None

    def limits_of(self, rule: str) -> FlapLimits:
        """When a rule's alarms flap."""
        return self.limits.get(rule, FlapLimits())

    def raised(
        self, alarm: AlarmRow, *, observed_at: int, now: int
    ) -> tuple[Sequence[AlarmHistoryRow], Sequence[RuleStateRow]]:
        """Counts a raise; the lines of history that say that something begins or ends to flap, and the rows."""
        limits, key = self.limits_of(alarm.rule), key_of(alarm)
        if not limits.raises:
            return (), ()
        flap, lines = self._by_key.get(key) or Flap(*key), []
        if flap.since and observed_at - flap.last > limits.calm_ms:
            lines.append(steady(flap, alarm, limits, now=now))
            flap = Flap(*key)
        recent = [each for each in flap.raised if each[0] > observed_at - limits.within_ms]
        recent = [*recent[1 - REMEMBERED :], (observed_at, alarm.level)]
        flap = replace(flap, raised=tuple(recent), alarm=None, count=flap.count + bool(flap.since))
        same = sum(level == alarm.level for _, level in recent)
        if not flap.since and same > limits.raises:
            flap = replace(flap, since=observed_at, count=same)
            words = f"{same} times in {limits.within_ms // MINUTE_MS} min"
            lines.append(_line(alarm, now, observed_at, "flapping", words))
        return lines, [self.put(flap)]

    def put(self, flap: Flap) -> RuleStateRow:
        """Remembers it."""
        self._by_key[flap.key] = flap
        self._due = min(self._due, self._end(flap))
        if flap.alarm is not None:
            self.closed[flap.key] = flap.alarm
        else:
            self.closed.pop(flap.key, None)
        return RuleStateRow(FLAP + flap.rule, flap.gateway, flap.device, msgspec.json.encode(flap).decode())

    def take(self, flap: Flap) -> RuleStateRow:
        """Forgets it."""
        self._by_key.pop(flap.key, None)
        self.closed.pop(flap.key, None)
        return RuleStateRow(FLAP + flap.rule, flap.gateway, flap.device, None)

    def over(self, now: int) -> Sequence[Flap]:
        """What has been calm for long enough, or was raised too long ago to count; not all at once."""
        if now < self._due:
            return ()
        ends = {flap.key: self._end(flap) for flap in self._by_key.values()}
        self._due = min((end for end in ends.values() if end > now), default=FOREVER)
        over = [self._by_key[key] for key, end in ends.items() if end <= now]
        if len(over) > AT_ONCE:
            self._due = now
        return over[:AT_ONCE]

    def _end(self, flap: Flap) -> int:
        limits = self.limits_of(flap.rule)
        return flap.last + (limits.calm_ms if flap.since else limits.within_ms)


def voice(flap: Flap, kind: str, severity: int) -> tuple[Literal["", "raised", "flapping"], Flap]:
    """What people are told of something that flaps: `flapping` once, then only what is graver; empty = nothing."""
    if kind == "raised" and not flap.told:
        return "flapping", replace(flap, told=severity)
    if kind == "raised" and severity < flap.told:
        return "raised", replace(flap, told=severity)
    return "", replace(flap, muted=True)


def in_words(flap: Flap, alarm: AlarmRow, limits: FlapLimits) -> AlarmRow:
    """The alarm, whose texts say that it flaps."""
    minutes = limits.within_ms // MINUTE_MS
    return replace(
        alarm,
        text_vi=f"Chập chờn, {flap.count} lần trong {minutes} phút: {alarm.text_vi}",
        text_en=f"Flapping, {flap.count} times in {minutes} min: {alarm.text_en}",
    )


def steady(flap: Flap, alarm: AlarmRow, limits: FlapLimits, *, now: int) -> AlarmHistoryRow:
    """The line of history that says that it flaps no more."""
    return _line(alarm, now, flap.last + limits.calm_ms, "steady", f"{flap.count} times")


def _line(alarm: AlarmRow, now: int, observed_at: int, what: str, words: str) -> AlarmHistoryRow:
    return AlarmHistoryRow(alarm.id, now, observed_at, what, alarm.level, None, "system", words)

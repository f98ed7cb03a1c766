"""Planned work: what is out of service between two times, so that its alarms are recorded and told to nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from cloud.alarms.book import Key, key_of
from cloud.alarms.lifecycle import AlarmError
from cloud.store.base import AlarmHistoryRow, AlarmRow, RuleStateRow

PLANNED = "@planned/"  # the row of a piece of work is called so, followed by its id
DAY_MS = 86_400_000
LONGEST_MS = 90 * DAY_MS
REMEMBERED_MS = 30 * DAY_MS  # what has ended is still reported for so long
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What is out of service: everything that agrees with all the parts that are named."""

    site: str = ""
    gateway: str = ""
    device: str = ""
    rule: str = ""

    def covers(self, key: Key, site: str) -> bool:
        """True when an alarm of this rule and device, at this site, is meant."""
        rule, gateway, device = key
        pairs = ((self.site, site), (self.gateway, gateway), (self.device, device), (self.rule, rule))
        return all(wanted in ("", found) for wanted, found in pairs)


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """Work at a site, gateway, device or rule. Times in ms since 1970 UTC; `ended_at` None = it has not ended yet."""

    id: str
    scope: Scope
    begin: int
    until: int
    reason: str
    actor: str
    at: int
    began: bool = False
    ended_at: int | None = None
    ended_by: str = ""

    def lasts(self, now: int) -> bool:
        """True when it is going on then."""
        return self.begin <= now < self.until and (self.ended_at is None or now < self.ended_at)


class PlannedWorks:
    """All planned work, and what has ended lately. Mutable; the judge owns it."""

    def __init__(self) -> None:
        self._by_id: dict[str, PlannedWork] = {}

    def restore(self, states: Iterable[RuleStateRow]) -> None:
        """Starts again from the rows that were kept."""
        kept = (row.state for row in states if row.rule.startswith(PLANNED) and row.state)
        works = (msgspec.json.decode(state, type=PlannedWork) for state in kept)
        self._by_id = {work.id: work for work in works}

    def all(self) -> Sequence[PlannedWork]:
        """Every piece of work, the one that begins first before the others."""
        return sorted(self._by_id.values(), key=lambda work: (work.begin, work.id))

    def one(self, identifier: str) -> PlannedWork:
        """One of them, which has not ended; AlarmError when there is none."""
        work = self._by_id.get(identifier)
        if work is None or work.ended_at is not None:
            raise AlarmError(f"no planned work {identifier}")
        return work

    def covering(self, key: Key, *, site: str, at: int) -> PlannedWork | None:
        """The work that has a problem out of service at a time."""
        covering = (work for work in self._by_id.values() if work.lasts(at) and work.scope.covers(key, site))
        return max(covering, key=lambda work: (work.until, work.id), default=None)

    def put(self, work: PlannedWork) -> RuleStateRow:
        """Plans or changes it."""
        if work.id not in self._by_id and len(self._by_id) >= MOST:
            raise AlarmError(f"there are {MOST} pieces of planned work already")
        self._by_id[work.id] = work
        return RuleStateRow(PLANNED + work.id, "", "", msgspec.json.encode(work).decode())

    def beginning(self, now: int) -> list[PlannedWork]:
        """What begins now."""
        return [work for work in self.all() if not work.began and work.lasts(now)] if self._by_id else []

    def begin(self, work: PlannedWork) -> RuleStateRow:
        """Lets it begin."""
        return self.put(replace(work, began=True))

    def ending(self, now: int) -> list[PlannedWork]:
        """What has lasted until its end."""
        return [work for work in self.all() if work.ended_at is None and work.until <= now] if self._by_id else []

    def forget(self, now: int) -> list[RuleStateRow]:
        """Lets go of what ended long ago."""
        old = [work.id for work in self._by_id.values() if work.ended_at and work.ended_at + REMEMBERED_MS <= now]
        for identifier in old:
            del self._by_id[identifier]
        return [RuleStateRow(PLANNED + identifier, "", "", None) for identifier in old]


def planned(scope: Scope, *, begin: int, until: int, reason: str, actor: str, at: int) -> PlannedWork:
    """A new piece of work; AlarmError when its place or its time makes no sense."""
    if scope == Scope():
        raise AlarmError("planned work needs a site, a gateway, a device or a rule")
    if scope.device and not scope.gateway:
        raise AlarmError("a device is named together with its gateway")
    if not max(begin, at) < until <= at + LONGEST_MS:
        raise AlarmError("planned work ends after it begins, after now, and within 90 days")
    work = PlannedWork("", scope, max(begin, at), until, reason, actor, at)
    digest = hashlib.blake2s(msgspec.json.encode(work), digest_size=6).hexdigest()
    return replace(work, id=f"{at:012x}{digest}")


def ended(work: PlannedWork, *, at: int, actor: str) -> PlannedWork:
    """The work after its end."""
    return replace(work, began=True, ended_at=at, ended_by=actor)


def covered(work: PlannedWork, alarms: Iterable[AlarmRow]) -> list[AlarmRow]:
    """The alarms of these that the work is about."""
    return [row for row in alarms if work.scope.covers(key_of(row), row.site)]


def out_of_service(work: PlannedWork, alarm: AlarmRow, *, at: int) -> AlarmHistoryRow:
    """The line of history that says that an alarm is out of service, why, and until when (`observed_at`)."""
    return AlarmHistoryRow(alarm.id, at, work.until, "out_of_service", alarm.level, None, work.actor, work.reason)

"""Tries a rule on a case of its test file, through the same judge as live: readings and times in, alarms out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cloud.alarms.book import AlarmBook
from cloud.rules.cases import MINUTE_MS, Case, Cases, Reading
from cloud.rules.judge import Judge, Judgement, NoticeOptions, Places
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns, NoticeRow, RuleStateRow
from device_profiles.schema import PointType

TICK_MS = MINUTE_MS // 2
CHANNEL = "trial"
ANY = "value"  # point of the readings that a rule on a whole device is tried with


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case: `told` are the alarms as the rule makes them, `fault` is empty when all is right."""

    rule: str
    case: str
    expected: tuple[str, ...]
    told: tuple[str, ...]
    notices: int
    fault: str = ""


@dataclass(slots=True)
class Memory:
    """What the state store would hold. Mutable; the trial is its only owner."""

    states: dict[tuple[str, str, str], RuleStateRow] = field(default_factory=dict)
    alarms: dict[str, AlarmRow] = field(default_factory=dict)
    history: list[AlarmHistoryRow] = field(default_factory=list)
    notices: dict[str, NoticeRow] = field(default_factory=dict)

    def keep(self, judgement: Judgement) -> None:
        """Commits a judgement."""
        self.states.update({(row.rule, row.gateway, row.device): row for row in judgement.rule_states})
        self.alarms.update({row.id: row for row in judgement.alarms})
        self.history.extend(judgement.history)
        self.notices.update({row.key: row for row in judgement.notices})

    def judge(self, rule: Rule, case: Case) -> Judge:
        """A judge as it stands after a restart."""
        places = Places(areas={case.site: case.areas}, sites={case.gateway: case.site})
        judge = Judge(rule_set([rule]), AlarmBook(), places=places, notices=NoticeOptions(channels=(CHANNEL,)))
        judge.restore(list(self.states.values()), [row for row in self.alarms.values() if row.open])
        return judge


def try_rule(rule: Rule, cases: Cases) -> list[Outcome]:
    """What became of every case of a rule."""
    return [try_case(rule, case) for case in cases.case]


def told_by(rule: Rule, case: Case) -> tuple[str, ...]:
    """What the rule says to a case, straight through."""
    return _told(_run(rule, case, restarts=False)[0], case)


def try_case(rule: Rule, case: Case) -> Outcome:
    """The case straight through, and again with a restart of the centre after each reading: both must agree."""
    memory, fault = _run(rule, case, restarts=False)
    again, _ = _run(rule, case, restarts=True)
    told, notices = _told(memory, case), len(memory.notices)
    if not fault and told != case.expect:
        fault = _difference(case.expect, told)
    if not fault and case.notices not in (None, notices):
        fault = f"{notices} notices instead of {case.notices}"
    if not fault and _told(again, case) != told:
        fault = f"after restarts: {_difference(told, _told(again, case))}"
    return Outcome(rule.id, case.name, case.expect, told, notices, fault)


def _run(rule: Rule, case: Case, *, restarts: bool) -> tuple[Memory, str]:
    memory = Memory()
    judge = memory.judge(rule, case)
    readings = case.stream(rule.selector.point or ANY)
    clock = case.begin_ms
    ends = [*(reading.received_at for reading in readings[1:]), case.at(case.until or 0)]
    for reading, following in zip(readings, ends, strict=True):
        memory.keep(judge.observe([_block(rule, case, reading)], received_at=reading.received_at))
        while case.until is not None and clock <= following:
            _hear(judge, rule, case, reading=reading, now=clock)
            memory.keep(judge.tick(clock))
            clock += TICK_MS
        if judge.faults:
            return memory, f"the rule faulted: {judge.faults[rule.id]}"
        if restarts:
            judge = memory.judge(rule, case)
    return memory, ""


def _hear(judge: Judge, rule: Rule, case: Case, *, reading: Reading, now: int) -> None:
    """The gateway's health says that the device is read and has nothing new."""
    if case.read_until is not None:
        at = min(now, case.at(case.read_until))
        judge.heard(case.gateway, reading.device, rule.selector.profile, at, settled=True)


def _block(rule: Rule, case: Case, reading: Reading) -> Columns:
    return Columns(
        site=case.site,
        gateway=case.gateway,
        device=reading.device,
        profile=rule.selector.profile,
        times=[reading.at],
        points={reading.point: [reading.value]},
        quality={reading.point: [(0, reading.quality)]} if reading.quality else {},
        types={reading.point: PointType.BOOL if isinstance(reading.value, bool) else PointType.FLOAT},
    )


def _told(memory: Memory, case: Case) -> tuple[str, ...]:
    return tuple(f"{case.told(line.observed_at)} {line.what} {line.level}".rstrip() for line in memory.history)


def _difference(expected: Sequence[str], told: Sequence[str]) -> str:
    """The first line in which the two differ."""
    for wanted, said in zip(expected, told, strict=False):
        if wanted != said:
            return f"expected {wanted!r}, the rule said {said!r}"
    if len(told) > len(expected):
        return f"the rule also said {told[len(expected)]!r}"
    return f"expected {expected[len(told)]!r}, the rule said nothing more"

"""Tries a rule on a case of its test file, through the same judge as live: readings and times in, alarms out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from cloud.alarms.book import AlarmBook, Key
from cloud.rules.case_readings import MINUTE_MS, Reading
from cloud.rules.cases import Case, Cases
from cloud.rules.groups import Input
from cloud.rules.judge import Judge, Judgement, NoticeOptions, Places
from cloud.rules.review import Readings
from cloud.rules.review_at_once import past_of, past_of_rule, review_at_once
from cloud.rules.review_groups import GroupCase, Source
from cloud.rules.review_settling import Case as ReviewCase
from cloud.rules.review_settling import Past
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns, NoticeRow, RuleStateRow
from device_profiles.explain import did_you_mean
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

    def judge(self, rules: Sequence[Rule], places: Places) -> Judge:
        """A judge as it stands after a restart."""
        judge = Judge(rule_set(rules), AlarmBook(), places=places, notices=NoticeOptions(channels=(CHANNEL,)))
        judge.restore(list(self.states.values()), [row for row in self.alarms.values() if row.open])
        return judge

    def review(self, judge: Judge, readings: Sequence[Reading], *, now: int) -> None:
        """Looks again at what late readings may have changed."""

        def good(case: ReviewCase) -> Readings:
            mine = [each for each in readings if _is_of(each, case) and not each.quality]
            return sorted((each.at, float(each.value)) for each in mine if isinstance(each.value, int | float))

        def given(case: GroupCase) -> list[Input]:
            return [each for source in case.sources for each in _inputs(source, readings)]

        def past(key: Key) -> Past:
            return past_of(key, self.alarms, self.history)

        of_rule = partial(past_of_rule, alarms=self.alarms, history=self.history)
        for judgement in review_at_once(judge, good, past, now=now, inputs_of=given, past_of_rule=of_rule):
            self.keep(judgement)

    def notices_of(self, rule: str) -> int:
        """How many notices of a rule's alarms there are."""
        return sum(self.alarms[notice.alarm].rule == rule for notice in self.notices.values())


def try_rule(rule: Rule, cases: Cases, known: Mapping[str, Rule] | None = None) -> list[Outcome]:
    """What became of every case of a rule; `known` are the rules that its cases may let run, too."""
    return [try_case(rule, case, known) for case in cases.case]


def told_by(rule: Rule, case: Case, known: Mapping[str, Rule] | None = None) -> tuple[str, ...]:
    """What the rule says to a case, straight through."""
    return _told(_run([rule, *_others(case, known or {})], case, restarts=False)[0], rule, case)


def try_case(rule: Rule, case: Case, known: Mapping[str, Rule] | None = None) -> Outcome:
    """The case straight through, and again with a restart of the centre after each reading: both must agree."""
    missing = [name for name in case.with_rules if name not in (known or {})]
    if missing:
        hint = did_you_mean(missing[0], sorted(known or {}))
        fault = f"with_rules: {missing[0]!r} is no rule here{f' ({hint})' if hint else ''}"
        return Outcome(rule.id, case.name, case.expect, (), 0, fault)
    rules = [rule, *_others(case, known or {})]
    memory, fault = _run(rules, case, restarts=False)
    again, _ = _run(rules, case, restarts=True)
    told, notices = _told(memory, rule, case), memory.notices_of(rule.id)
    if not fault and told != case.expect:
        fault = _difference(case.expect, told)
    if not fault and case.notices not in (None, notices):
        fault = f"{notices} notices instead of {case.notices}"
    if not fault and _told(again, rule, case) != told:
        fault = f"after restarts: {_difference(told, _told(again, rule, case))}"
    return Outcome(rule.id, case.name, case.expect, told, notices, fault)


def _others(case: Case, known: Mapping[str, Rule]) -> list[Rule]:
    return [known[name] for name in case.with_rules if name in known]


def _run(rules: Sequence[Rule], case: Case, *, restarts: bool) -> tuple[Memory, str]:
    """Plays a case; the first of the rules is the one that is tried."""
    memory, selector = Memory(), rules[0].selector
    readings = case.stream(selector.profile, selector.point or ANY)
    places = _places(case, readings)
    judge = memory.judge(rules, places)
    clock = case.begin_ms
    ends = [*(reading.received_at for reading in readings[1:]), case.at(case.until or 0)]
    for reading, following in zip(readings, ends, strict=True):
        memory.keep(judge.observe([_block(reading)], received_at=reading.received_at))
        while case.until is not None and clock <= following:
            _hear(judge, case, reading=reading, now=clock)
            memory.keep(judge.tick(clock))
            clock += TICK_MS
        if judge.faults:
            name, fault = next(iter(judge.faults.items()))
            return memory, f"{'the rule' if name == rules[0].id else name} faulted: {fault}"
        if restarts:
            judge = memory.judge(rules, places)
    memory.review(judge, readings, now=max(clock, ends[-1], readings[-1].received_at))
    return memory, ""


def _places(case: Case, readings: Sequence[Reading]) -> Places:
    origins = {reading.origin for reading in readings}
    return Places(
        areas={origin.site: case.areas_of(origin.site) for origin in origins},
        sites={origin.gateway: origin.site for origin in origins},
    )


def _hear(judge: Judge, case: Case, *, reading: Reading, now: int) -> None:
    """The gateway's health says that the device is read and has nothing new."""
    if case.read_until is not None:
        at, origin = min(now, case.at(case.read_until)), reading.origin
        judge.heard(origin.gateway, origin.device, origin.profile, at, settled=True)


def _block(reading: Reading) -> Columns:
    origin = reading.origin
    return Columns(
        site=origin.site,
        gateway=origin.gateway,
        device=origin.device,
        profile=origin.profile,
        times=[reading.at],
        points={origin.point: [reading.value]},
        quality={origin.point: [(0, reading.quality)]} if reading.quality else {},
        types={origin.point: PointType.BOOL if isinstance(reading.value, bool) else PointType.FLOAT},
    )


def _inputs(source: Source, readings: Sequence[Reading]) -> Iterator[Input]:
    """What a member gave as an input of a group."""
    for each in readings:
        origin = each.origin
        mine = (origin.gateway, origin.device, origin.point) == (*source.member, source.point)
        if mine and not each.quality and isinstance(each.value, int | float):
            yield Input(each.at, float(each.value), source.member, source.part)


def _is_of(reading: Reading, case: ReviewCase) -> bool:
    origin = reading.origin
    _, gateway, device = case.key
    return (origin.gateway, origin.device, origin.point) == (gateway, device, case.rule.selector.point)


def _told(memory: Memory, rule: Rule, case: Case) -> tuple[str, ...]:
    own = [line for line in memory.history if memory.alarms[line.alarm].rule == rule.id]
    return tuple(f"{case.told(line.observed_at)} {line.what} {line.level}".rstrip() for line in own)


def _difference(expected: Sequence[str], told: Sequence[str]) -> str:
    """The first line in which the two differ."""
    for wanted, said in zip(expected, told, strict=False):
        if wanted != said:
            return f"expected {wanted!r}, the rule said {said!r}"
    if len(told) > len(expected):
        return f"the rule also said {told[len(expected)]!r}"
    return f"expected {expected[len(told)]!r}, the rule said nothing more"

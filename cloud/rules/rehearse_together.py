"""Rehearses a rule over several inputs: all its devices play together, moment after moment, through one judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter

from cloud.alarms.book import AlarmBook
from cloud.rules.groups_roster import inputs_of, is_of_groups
from cloud.rules.judge import Judge, Judgement, NoticeOptions
from cloud.rules.kinds.combination import Combination
from cloud.rules.kinds.stale import Stale
from cloud.rules.rehearse import ANY, Played, RehearsalError, Stage
from cloud.rules.rehearse_rule import CHANNEL, as_rehearsed
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from cloud.rules.selector import Selector
from cloud.store.base import AlarmRow, Columns, RawColumn, SeriesKey
from device_profiles.schema import PointType

TICK_MS = 30_000  # where silence is judged; elsewhere the judge hears of time with each reading
MOST_TOGETHER = 5_000_000  # readings: a minute or two


@dataclass(frozen=True, slots=True)
class Voice:
    """The readings of one point of one device, in one stretch of time."""

    site: str
    key: SeriesKey
    column: RawColumn


def plays_together(rule: Rule, others: Sequence[Rule]) -> bool:
    """True when what the rule says depends on more than the readings of one device."""
    return is_of_groups(rule) or bool(_causes_of(rule, others))


def company_of(rule: Rule, others: Sequence[Rule]) -> list[Rule]:
    """The rule, all that it listens to, and those that keep it quiet; RehearsalError when one is not there."""
    known = {each.id: each for each in others} | {rule.id: rule}
    company, asked = {}, [rule.id, *_causes_of(rule, others)]
    while asked:
        name = asked.pop(0)
        if name in company:
            continue
        if name not in known:
            raise RehearsalError(f"{rule.id} listens to the rule {name}, which does not run: rehearse it where it does")
        company[name] = each = known[name]
        asked += [listened.rule for listened in each.kind.alarms] if isinstance(each.kind, Combination) else []
    return list(company.values())


def _causes_of(rule: Rule, others: Sequence[Rule]) -> list[str]:
    """The rules whose alarms keep people from hearing of this one; gateways are never away in a rehearsal."""
    running = {each.id for each in others}
    return [
        *(name for name in rule.unless if name in running),
        *(each.id for each in others if rule.id in each.folds and each.id != rule.id),
    ]


def selectors_of(company: Sequence[Rule]) -> list[Selector]:
    """Whose readings are needed."""
    found: list[Selector] = []
    for rule in company:
        if not isinstance(rule.kind, Combination):
            for place in rule.places:
                found += [each for each in inputs_of(place) or [place.selector] if each not in found]
    return found


class Ensemble:
    """A company of rules; what the first of them does is kept. `play` is given one stretch of time after the other."""

    def __init__(self, company: Sequence[Rule], stage: Stage) -> None:
        self._rule = company[0]
        self._begin, self._end = stage.begin, stage.end
        self._listens = any(isinstance(each.kind, Stale) for each in company)
        self._ticked = stage.begin - TICK_MS  # it listens from the beginning on
        self._alarms: dict[str, AlarmRow] = {}
        self._played: defaultdict[tuple[str, str, str], Played] = defaultdict(self._nobody)
        options = NoticeOptions(channels=(CHANNEL,), late_s=stage.late_s)
        rules = rule_set([as_rehearsed(each, alone=False) for each in company])
        self._judge = Judge(rules, AlarmBook(), places=stage.places, notices=options)

    def play(self, voices: Sequence[Voice]) -> None:
        """What is read at one moment is judged together; RehearsalError when a rule faults."""
        streams = [_moments(voice) for voice in voices]
        for now, moment in groupby(merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
            self._pass_time(now)
            self._keep(self._judge.observe([block for _, block in moment], received_at=now))
            if self._judge.faults:
                name, fault = next(iter(self._judge.faults.items()))
                raise RehearsalError(f"{name} faulted: {fault}")

    def end(self) -> list[Played]:
        """Everything that came of it, by place."""
        self._pass_time(self._end)
        return [self._played[place] for place in sorted(self._played)]

    def _pass_time(self, now: int) -> None:
        if not self._listens:
            self._keep(self._judge.tick(now))
            return
        while self._ticked + TICK_MS <= now:
            self._ticked += TICK_MS
            self._keep(self._judge.tick(self._ticked))

    def _keep(self, judgement: Judgement) -> None:
        for alarm in judgement.alarms:
            if alarm.rule == self._rule.id:
                self._alarms[alarm.id] = alarm
        for line in judgement.history:
            if line.alarm in self._alarms:
                self._at(self._alarms[line.alarm]).history.append(line)
        for notice in judgement.notices:
            if notice.alarm in self._alarms:
                self._at(self._alarms[notice.alarm]).notices.append(notice)

    def _at(self, alarm: AlarmRow) -> Played:
        played = self._played[alarm.site, alarm.gateway, alarm.device]
        if not played.site:
            selector = self._rule.selector
            played.site = alarm.site
            played.key = SeriesKey(selector.profile, alarm.gateway, alarm.device, selector.point)
        return played

    @staticmethod
    def _nobody() -> Played:
        return Played("", SeriesKey("", "", "", ""))


def _moments(voice: Voice) -> Iterator[tuple[int, Columns]]:
    """The readings of one voice, each as a block of its own."""
    key, point = voice.key, voice.key.point or ANY
    types = {point: PointType.FLOAT}
    for at, value in zip(voice.column.times, voice.column.values, strict=True):
        yield at, Columns(voice.site, key.gateway, key.device, key.profile, [at], {point: [value]}, {}, types)

"""Reviews everything that is marked at once, from readings in memory: for tests of rule files and for rehearsals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from cloud.alarms.book import Key, key_of
from cloud.rules.groups import Input
from cloud.rules.judge import Judge, Judgement
from cloud.rules.review import Readings, enough_of
from cloud.rules.review_combinations import past_of_combination, settle_combination, voices_of
from cloud.rules.review_groups import GroupCase, past_of_group
from cloud.rules.review_groups_settling import settle_group
from cloud.rules.review_settling import Case, Past, drop, settle, stretch_of, truth_of
from cloud.store.base import AlarmHistoryRow, AlarmRow


def review_at_once(
    judge: Judge,
    readings_of: Callable[[Case], Readings],
    past_of: Callable[[Key], Past],
    *,
    now: int,
    inputs_of: Callable[[GroupCase], Iterable[Input]] = lambda case: (),
    past_of_rule: Callable[[str], Past] = lambda rule: Past(),
) -> Iterator[Judgement]:
    """What the reviews of all marks change; each is to be kept before the next is asked for."""
    cases = judge.cases(list(judge.marks))
    for case in cases:
        readings = enough_of(case.kind, readings_of(case), begin=case.mark.since)
        past = past_of(case.key)
        truth = truth_of(case, past, readings)
        yield judge.act(partial(settle, case=case, past=past, truth=truth), now=now)
    for mark in list(judge.marks):
        for group in judge.group_cases([mark]):
            past = past_of(group.key)
            stretch = stretch_of(group, past)
            found = past_of_group(group, inputs_of(group), begin=stretch.begin, level=stretch.level)
            yield judge.act(partial(settle_group, case=group, past=past, found=found), now=now)
    while combinations := judge.combination_cases(list(judge.marks)):  # one that is put right marks those above it
        upper = combinations[0]
        past = past_of(upper.key)
        voices = voices_of(upper, {each.rule: past_of_rule(each.rule) for each in upper.kind.alarms})
        stretch = stretch_of(upper, past)
        heard = past_of_combination(upper, voices, begin=stretch.begin, level=stretch.level)
        yield judge.act(partial(settle_combination, case=upper, past=past, found=heard), now=now)
    for mark in list(judge.marks):
        yield judge.act(partial(drop, mark=mark), now=now)


def past_of_rule(rule: str, alarms: Mapping[str, AlarmRow], history: Iterable[AlarmHistoryRow]) -> Past:
    """The past of a rule at all places, out of everything."""
    mine = {row.id: row for row in alarms.values() if row.rule == rule}
    return Past(list(mine.values()), [line for line in history if line.alarm in mine])


def past_of(key: Key, alarms: Mapping[str, AlarmRow], history: Iterable[AlarmHistoryRow]) -> Past:
    """The past of a rule and device, out of everything."""
    mine = [row for row in alarms.values() if key_of(row) == key]
    ids = {row.id for row in mine}
    return Past(mine, [line for line in history if line.alarm in ids])

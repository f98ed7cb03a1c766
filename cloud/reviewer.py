"""Looks again at what late readings may have changed, from the readings that are stored, and has it put right.

    marks that are quiet ──▶ raw readings + the alarm's past ──▶ replay, off the loop ──▶ settle, in the recorder's turn

Readings that a gateway still holds are not in the store: its marks wait. When anything has moved between looking and
settling, nothing is changed, and it is looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from cloud.ingest.patience import Patience
from cloud.metrics import Metric, Metrics
from cloud.recorder import Recorder
from cloud.rules.desk import Act
from cloud.rules.groups import Input
from cloud.rules.review import DAY_MS, Truth, go_on, is_enough, reach_ms, start
from cloud.rules.review_combinations import (
    CombinationCase,
    CombinationPast,
    past_of_combination,
    settle_combination,
    voices_of,
)
from cloud.rules.review_groups import GroupCase, GroupPast, MovedError, is_known, past_of_group
from cloud.rules.review_groups import reach_ms as group_reach_ms
from cloud.rules.review_groups_settling import settle_group, skip_group
from cloud.rules.review_marks import Mark
from cloud.rules.review_settling import Case, Past, drop, settle, stretch_of
from cloud.rules.roster import Roster
from cloud.rules.turn import Turn
from cloud.store.base import ReadingStore, SeriesKey
from cloud.store.past_port import PastStore
from device_profiles.clock import Clock

AT_ONCE = 64  # cases of one turn
PACE_S = 1.0
PROBE_S = 30.0
TRIES = 3  # a device that says much moves on while it is looked at
FIRST_BACK_MS = 600_000
LONGEST_BACK_MS = 60 * DAY_MS  # memory from further back is left out
MANY_INPUTS = 1_000_000  # of a group, with what its members gave
REST = 9.0  # times as long as a group's review took, groups are left alone
AGAIN_S = 15.0  # until a group that moved is looked at again
MANY = 200_000  # readings from further back
GRACE_MS = 7_200_000  # readings are let go by the hour
CLOCKS_MS = 600_000  # what happened may be written down with a clock that is so far ahead


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """When a mark is looked at: nothing came late for `quiet_s`, or it has waited for `longest_s`.

    `kept_days` is how long readings are stored, 0 = for ever: what is older is not judged again.
    """

    quiet_s: float = 5.0
    longest_s: float = 600.0
    kept_days: int = 0


class Reviewer:
    """The only one who reviews; lives in the process that judges."""

    def __init__(
        self,
        recorder: Recorder,
        readings: ReadingStore,
        past: PastStore,
        *,
        clock: Clock,
        metrics: Metrics,
        terms: ReviewTerms | None = None,
    ) -> None:
        self._recorder = recorder
        self._readings = readings
        self._past = past
        self._clock = clock
        self._metrics = metrics
        self._terms = terms or ReviewTerms()
        self._groups_from = 0.0  # monotonic
        self._patience = Patience("reviews", clock, metrics, counter=Metric.REVIEW_RETRIES, probe_s=PROBE_S)

    async def run(self) -> NoReturn:
        """Until cancelled. A store that is away is asked again, with growing pauses; the marks keep what is to do."""
        while True:
            began = self._clock.monotonic()
            done = await self._patience.until_taken(self.turn)
            busy_s = self._clock.monotonic() - began
            await self._clock.sleep(busy_s if done == AT_ONCE else PACE_S)  # at least half of the time is for others

    async def turn(self) -> int:
        """Looks at the marks that have waited longest; says how many that were.

        What has moved meanwhile is looked at again at once, and stays marked when it goes on moving.
        """
        quiet_ms, longest_ms = round(self._terms.quiet_s * 1000), round(self._terms.longest_s * 1000)
        due = self._recorder.due_reviews(quiet_ms=quiet_ms, longest_ms=longest_ms, limit=AT_ONCE)
        left: Sequence[Mark] = due
        for _ in range(TRIES):
            found = [(mark, await self._look(mark)) for mark in left]
            moved = await self._settle([(mark, work) for mark, work in found if work is not None])
            self._metrics.add(Metric.REVIEWS_AGAIN, len(moved))
            left = moved
        self._metrics.add(Metric.REVIEWS, len(due) - len(left))
        return len(due) + await self._turn_of_groups(quiet_ms, longest_ms)

    async def _turn_of_groups(self, quiet_ms: int, longest_ms: int) -> int:
        """Looks at one group, and then leaves groups alone for nine times as long: they take a tenth of the time."""
        began = self._clock.monotonic()
        if began < self._groups_from:
            return 0
        due = self._recorder.due_reviews(quiet_ms=quiet_ms, longest_ms=longest_ms, limit=1, groups=True)
        for mark in due:
            work = await self._look_at_group(mark)
            moved = await self._settle([(mark, work)] if work is not None else [])
            self._metrics.add(Metric.REVIEWS_AGAIN if moved else Metric.REVIEWS, 1)
            now = self._clock.monotonic()
            self._groups_from = now + max(REST * (now - began), AGAIN_S if moved else 0.0)
        return len(due)

    async def _look_at_group(self, mark: Mark) -> Act | None:
        """As `_look`; where too much would have to be read, the mark is let go and counted."""
        combination = self._recorder.combination_case_of(mark.key)
        if combination is not None:
            return await self._look_at_combination(combination)
        case = self._recorder.group_case_of(mark.key)
        if case is None:
            return partial(drop, mark=mark)
        past = await self._past_of(case)
        stretch = stretch_of(case, past, stored_since=self._stored_since())
        inputs = await self._inputs(case, stretch.begin)
        if inputs is None or not is_known(case, inputs, begin=stretch.begin):
            self._metrics.add(Metric.REVIEWS_SKIPPED, 1)
            return partial(skip_group, case=case)
        done: list[GroupPast] = []
        work = partial(past_of_group, case, inputs, begin=stretch.begin, level=stretch.level)
        await asyncio.to_thread(self._recorder.guard, case.rule.id, lambda: done.append(work()))
        return partial(settle_group, case=case, past=past, found=done[0]) if done else None

    async def _look_at_combination(self, case: CombinationCase) -> Act | None:
        """What a combination makes of the alarms that it listens to, as their history is known now."""
        since = case.mark.since - CLOCKS_MS
        pasts = {
            each.rule: Past(*await asyncio.to_thread(self._past.past_of_rule, each.rule, since=since))
            for each in case.kind.alarms
        }
        past = await self._past_of(case)
        stretch = stretch_of(case, past, stored_since=self._stored_since())
        work = partial(past_of_combination, case, voices_of(case, pasts), begin=stretch.begin, level=stretch.level)
        done: list[CombinationPast] = []
        await asyncio.to_thread(self._recorder.guard, case.rule.id, lambda: done.append(work()))
        return partial(settle_combination, case=case, past=past, found=done[0]) if done else None

    async def _inputs(self, case: GroupCase, begin: int) -> list[Input] | None:
        """What every member gave from far enough back; None when that is too much."""
        inputs: list[Input] = []
        since = max(0, begin - min(group_reach_ms(case.kind), LONGEST_BACK_MS))
        for source in case.sources:
            key = SeriesKey(source.profile, *source.member, source.point)
            for at in range(since, source.newest + 1, DAY_MS):
                column = await self._readings.raw(key, begin=at, end=min(at + DAY_MS, source.newest + 1))
                both = zip(column.times, column.values, strict=True)
                inputs += [Input(then, float(value), source.member, source.part) for then, value in both]
                if len(inputs) > MANY_INPUTS:
                    return None
        return inputs

    def _stored_since(self) -> int:
        """Readings of before may be gone."""
        keep_ms = self._terms.kept_days * DAY_MS
        return self._clock.now_ms() - keep_ms + GRACE_MS if keep_ms else 0

    async def _look(self, mark: Mark) -> Act | None:
        """What is to be done about a mark; None when its rule broke over it, and runs no more."""
        case = self._recorder.case_of(mark.key)
        if case is None:
            return partial(drop, mark=mark)
        past = await self._past_of(case)
        truth = await self._truth(case, past)
        return None if truth is None else partial(settle, case=case, past=past, truth=truth)

    async def _settle(self, works: Sequence[tuple[Mark, Act]]) -> list[Mark]:
        """Does all of it in one commit; returns what something has overtaken."""
        moved: list[Mark] = []

        def act(turn: Turn, roster: Roster) -> None:
            for mark, work in works:
                try:
                    work(turn, roster)
                except MovedError:
                    moved.append(mark)

        if works:
            await self._recorder.act(act)
        return moved

    async def _past_of(self, case: Case | GroupCase | CombinationCase) -> Past:
        read = partial(self._past.past, *case.key, since=case.mark.since - CLOCKS_MS)
        return Past(*await asyncio.to_thread(read))

    async def _truth(self, case: Case, past: Past) -> Truth | None:
        """Replays a case's stretch a day at a time; None when the rule broke over it."""
        stretch = stretch_of(case, past, stored_since=self._stored_since())
        before = await self._before(case, stretch.begin)
        first = partial(start, case.kind, before, begin=stretch.begin, level=stretch.level)
        truth = await self._guarded(case, first)
        at = stretch.begin
        while truth is not None and at <= max(case.newest, *stretch.quiet, 0):
            day = range(at, at + DAY_MS)
            readings = await self._raw(case, at, min(day.stop, case.newest + 1))
            quiet = [moment for moment in stretch.quiet if moment in day]
            truth = await self._guarded(case, partial(go_on, case.kind, truth, readings, quiet=quiet))
            at = day.stop
        return truth

    async def _before(self, case: Case, begin: int) -> list[tuple[int, float]]:
        """The readings before a stretch that are enough to know what the rule remembers at its begin."""
        readings: list[tuple[int, float]] = []
        since, back = begin, max(FIRST_BACK_MS, case.kind.ladder.hold_ms + reach_ms(case.kind))
        while not is_enough(case.kind, readings, since=since) and len(readings) < MANY:
            if since <= max(0, begin - LONGEST_BACK_MS):
                break
            since, end = max(0, since - back, begin - LONGEST_BACK_MS), since
            readings = await self._raw(case, since, end) + readings
            back *= 4
        return readings

    async def _raw(self, case: Case, begin: int, end: int) -> list[tuple[int, float]]:
        _, gateway, device = case.key
        key = SeriesKey(case.profile, gateway, device, case.rule.selector.point)
        if begin >= end:
            return []
        column = await self._readings.raw(key, begin=begin, end=end)
        return list(zip(column.times, column.values, strict=True))

    async def _guarded(self, case: Case, work: Callable[[], Truth]) -> Truth | None:
        """Works beside the loop, in the one place that catches a faulty rule."""
        done: list[Truth] = []
        await asyncio.to_thread(self._recorder.guard, case.rule.id, lambda: done.append(work()))
        return done[0] if done else None

"""The trainer's office: sets the pace of an exercise, throws faults in, and puts verdict and debrief together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cloud.exercise.debrief import Act, Debrief, Standing, counted, real_between
from cloud.exercise.recorder import read_recorded
from cloud.exercise.times import Answered, answered
from cloud.exercise.verdict import Raised, Verdict, judge, raised_in
from cloud.store.base import AlarmFilter, AlarmHistoryRow, AlarmRow, StateStore
from device_profiles.clock import Clock, SystemClock
from device_profiles.exercise import ExerciseConfig, read_paces, set_speed
from device_profiles.exercise_plan import Injection, Plan, inject, read_injections, read_plan
from device_profiles.schema import Text

PAGE = 500
MOST_ALARMS = 5_000
MOST_ACTS = 5_000
PREFIX = "exercise_"  # of what trainers do, in the audit log

Areas = Callable[[], Mapping[str, frozenset[str]]]


class ExerciseOffice:
    """One exercise; its folder and the state database hold everything, so that a restart forgets nothing."""

    def __init__(
        self, exercise: ExerciseConfig, state: StateStore, *, clock: Clock, areas: Areas, machine: Clock | None = None
    ) -> None:
        self._exercise = exercise
        self._state = state
        self._clock = clock
        self._areas = areas
        self._machine: Clock = machine or SystemClock()

    @property
    def folder(self) -> Path:
        """What the programs of the exercise share."""
        return self._exercise.folder

    def plan(self) -> Plan | None:
        """What the exercise is measured against, when somebody has written it."""
        return read_plan(self.folder)

    def standing(self) -> Standing:
        """Where the story is, and how fast it runs."""
        plan, name, now = self.plan(), self._exercise.name, self._clock.now_ms()
        title = plan.title if plan else Text(vi=name, en=name)
        end = plan.end if plan else None
        return Standing(name, title, self._exercise.begin_ms, now, getattr(self._clock, "speed", 1.0), end)

    def set_speed(self, speed: float) -> None:
        """Lets the story run so fast, until its end; 0 = a pause."""
        plan = self.plan()
        end_s = (plan.end - self._exercise.begin_ms) / 1000 if plan else None
        set_speed(self.folder, speed, end_s=end_s, machine=self._machine)

    def throw_in(self, injection: Injection) -> None:
        """Gives the fault to whoever feeds the exercise."""
        inject(self.folder, injection)

    async def verdict(self) -> Verdict | None:
        """What came against what was planned; None without a plan."""
        return await asyncio.to_thread(self._verdict)

    async def debrief(self) -> Debrief:
        """Everything of the exercise; takes a moment with many alarms."""
        return await asyncio.to_thread(self._debrief)

    def _verdict(self) -> Verdict | None:
        plan, areas = self.plan(), self._areas()
        if plan is None:
            return None
        raised: list[Raised] = []
        for row, lines in self._alarms():
            raised += raised_in(row, lines, areas)
        return judge(plan, raised, now=self._clock.now_ms())

    def _debrief(self) -> Debrief:
        paces, begin = read_paces(self.folder), self._exercise.begin_ms

        def real(first: int, last: int) -> float | None:
            return real_between(paces, begin, first, last)

        areas, plan = self._areas(), self.plan()
        answers: list[Answered] = []
        raised: list[Raised] = []
        for row, lines in self._alarms():
            answers.append(answered(row, lines, real))
            raised += raised_in(row, lines, areas)
        now = self._clock.now_ms()
        return Debrief(
            standing=self.standing(),
            real_s=real(begin, now) or 0.0,
            plan=plan,
            verdict=judge(plan, raised, now=now) if plan else None,
            answers=sorted(answers, key=lambda each: (each.raised_at, each.alarm)),
            acts=self._acts(),
            injections=read_injections(self.folder),
            notices=counted([each.channel for each in read_recorded(self.folder)]),
        )

    def _alarms(self) -> Iterator[tuple[AlarmRow, list[AlarmHistoryRow]]]:
        """Every alarm with its history, the newest first."""
        before: str | None = None
        for _ in range(MOST_ALARMS // PAGE):
            rows = self._state.alarms(AlarmFilter(), before=before, limit=PAGE)
            for row in rows:
                yield row, list(self._state.history(row.id))
            if len(rows) < PAGE:
                return
            before = rows[-1].id

    def _acts(self) -> list[Act]:
        rows = [row for row in self._state.audit(limit=MOST_ACTS) if row.action.startswith(PREFIX)]
        return [Act(row.at, row.actor, row.action.removeprefix(PREFIX), row.detail) for row in reversed(rows)]

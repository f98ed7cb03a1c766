"""The single writer of the centre's state: ledger, rules and alarms change together, in one commit, or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest

from cloud.alarms.book import Key
from cloud.alarms.mutes import Mutes
from cloud.errors import StoreUnavailableError
from cloud.indices.marks import IndexMarks
from cloud.ingest.intake import Admitted
from cloud.ingest.ledger import Amendment, Draft, Ledger, Settlement
from cloud.ingest.window import Window, counted
from cloud.rollups.marks import Marks
from cloud.rules.absence import Sign
from cloud.rules.desk import Act
from cloud.rules.judge import Judge, Judgement
from cloud.rules.platform import Report
from cloud.rules.review_combinations import CombinationCase
from cloud.rules.review_groups import GroupCase
from cloud.rules.review_marks import Mark
from cloud.rules.review_settling import Case
from cloud.rules.rule_set import RuleSet
from cloud.store.base import AlarmFilter, Columns, Commit, StateStore
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

OPEN_ALARMS_MAX = 100_000

Keep = Callable[[Sequence[Columns]], Awaitable[object]]  # writes derived points; StoreUnavailableError when it cannot
Announce = Callable[[Judgement], None]  # tells the rest of the house what was committed


@dataclass(frozen=True, slots=True)
class Settled:
    """What a window came to: every batch to be receipted, and the columns that the rules had not seen."""

    settlements: Sequence[Settlement] = ()
    new: Sequence[Settlement] = ()
    columns: Sequence[Columns] = field(default_factory=list)
    held: int = 0  # batches


class Recorder:
    """Owns the judge and the ledger. Whatever changes them waits for its turn here.

    A commit that fails leaves a judge that has gone ahead of what is kept, and perhaps a commit that was kept although
    the answer got lost. So both are built anew from the state store before anything else is judged.
    """

    def __init__(
        self,
        state: StateStore,
        new_judge: Callable[[], Judge],
        *,
        clock: Clock,
        keep: Keep,
        announce: Announce,
        marks: Marks,
        index_marks: IndexMarks | None = None,
    ) -> None:
        self._state = state
        self._marks = marks
        self._index_marks = index_marks
        self._new_judge = new_judge
        self._clock = clock
        self._keep = keep
        self._announce = announce
        self._lock = asyncio.Lock()
        self._judge: Judge | None = None
        self._fault = ""
        self.ledger = Ledger()

    def fault(self) -> str:
        """Empty when the last commit was taken, else why not."""
        return self._fault

    def rule_faults(self) -> dict[str, str]:
        """Rules that broke and no longer run, with the reason."""
        return dict(self._judge.faults) if self._judge is not None else {}

    def late_readings(self) -> int:
        """Readings that came behind newer ones."""
        return self._judge.late_readings if self._judge is not None else 0

    def heard(self, gateway: str, device: str, profile: str, read_at: int, *, settled: bool) -> None:
        """Notes a sign of life of a device that brought no reading; `settled`: its gateway has nothing unsent."""
        if self._judge is not None:
            self._judge.heard(gateway, device, profile, read_at, settled=settled)

    async def open(self) -> None:
        """Takes up where the state store stands; StoreUnavailableError when it cannot be read."""
        async with self._lock:
            await self._ready()

    async def settle(self, window: Window, *, received_at: int) -> Settled:
        """Judges and commits what is new in a window; StoreUnavailableError means: nothing is settled, try again.

        When the store goes away before it has the derived points, the window is held after all.
        """
        async with self._lock:
            judge = await self._ready()
            settlements = window.settlements()
            draft = self.ledger.draft(settlements)
            fresh, again = _unjudged(window, draft)
            judgement = judge.observe(fresh, received_at=received_at)
            derived = [*judgement.derived, *judge.derive(again)]
            if not window.held and not await self._is_kept(derived):
                window.hold()
                settlements = window.settlements()
                draft = self.ledger.draft(settlements)
            stored = [] if window.held else [*fresh, *again]
            base = Commit(accounts=draft.rows(self._clock.now_ms()), point_counts=counted(stored))
            touched = [] if window.held else [*stored, *derived]
            await self._commit(replace(judgement, derived=()), base, touched)
            self.ledger.install(draft, settlements)
        return Settled(settlements, draft.new, fresh, len(draft.held))

    async def derive(self, columns: Sequence[Columns]) -> None:
        """Judges and stores what indices were worked out to be; StoreUnavailableError means: work them out again.

        Judged first: what is stored already is not worked out to be anything new, and would never be judged.
        """
        async with self._lock:
            judge = await self._ready()
            judgement = judge.observe(columns, received_at=self._clock.now_ms())
            await self._commit(judgement, Commit(), columns)
        await self._keep(columns)  # nobody who brings readings waits for it
        async with self._lock:
            await self._commit(Judgement(), Commit(), columns)  # hours whose roll-ups somebody has computed meanwhile

    async def amend(self, amendment: Amendment, columns: Sequence[Columns] = ()) -> str:
        """Commits what was done with a dead letter, and judges what it brought; done twice, it counts once.

        Returns the outcome that holds: that of the first time.
        """
        async with self._lock:
            judge = await self._ready()
            done = self.ledger.outcome_of(amendment)
            if done:
                return done
            now = self._clock.now_ms()
            draft = self.ledger.amended(amendment)
            judgement = judge.observe(columns, received_at=now)
            await self._commit(judgement, Commit(accounts=draft.rows(now), point_counts=counted(columns)), columns)
            self.ledger.install(draft, ())
        return amendment.outcome

    async def platform(self, report: Report) -> None:
        """Raises and clears the alarms of the platform itself; StoreUnavailableError when that could not be kept."""
        await self._judged(lambda judge, now: judge.platform(report, now=now))

    async def leave(self, gateway: str) -> None:
        """Lets the rules forget a gateway that is gone for good; StoreUnavailableError when that was not kept."""
        await self._judged(lambda judge, now: judge.leave(gateway, now=now))

    async def tick(self, gateways: Iterable[Sign] = ()) -> None:
        """Judges the silence of devices and gateways; StoreUnavailableError when the outcome could not be kept."""
        await self._judged(lambda judge, now: judge.tick(now, gateways))

    async def replace(self, rules: RuleSet, new_judge: Callable[[], Judge]) -> None:
        """Goes on with another rule set."""
        await self._judged(lambda judge, now: judge.replace(rules, now=now))
        self._new_judge = new_judge

    async def act(self, work: Act) -> None:
        """Does what somebody wants about an alarm; AlarmError when where it stands forbids it."""
        await self._judged(lambda judge, now: judge.act(work, now=now))

    def mutes(self) -> Mutes:
        """What keeps problems from people: to look at, not to change."""
        return self._judge.mutes if self._judge is not None else Mutes()

    def due_reviews(self, *, quiet_ms: int, longest_ms: int, limit: int, groups: bool = False) -> list[Mark]:
        """What late readings marked longest ago and is to be looked at; where a gateway holds readings, it waits.

        `groups`: of rules over several inputs, or of all others; groups wait for every gateway.
        """
        if self._judge is None:
            return []
        now, holding = self._clock.now_ms(), {gateway for gateway, _ in self.ledger.held()}
        due = self._judge.marks.due(quiet_since=now - quiet_ms, first_before=now - longest_ms)
        if groups and holding:
            return []
        free = (mark for mark in due if mark.gateway not in holding and self._judge.is_of_group(mark) == groups)
        return nsmallest(limit, free, key=lambda mark: mark.first)

    def case_of(self, key: Key) -> Case | None:
        """A case as it stands now; None when nothing is marked, or the rule or the device is gone."""
        mark = self._judge.marks.get(key) if self._judge is not None else None
        return next(iter(self._judge.cases([mark])), None) if self._judge is not None and mark is not None else None

    def group_case_of(self, key: Key) -> GroupCase | None:
        """The same of a rule over several inputs."""
        mark = self._judge.marks.get(key) if self._judge is not None else None
        return next(iter(self._judge.group_cases([mark])), None) if self._judge is not None and mark else None

    def combination_case_of(self, key: Key) -> CombinationCase | None:
        """The same of a rule that listens to others."""
        mark = self._judge.marks.get(key) if self._judge is not None else None
        return next(iter(self._judge.combination_cases([mark])), None) if self._judge is not None and mark else None

    def reviews(self) -> int:
        """How many stretches of the past wait to be looked at again."""
        return len(self._judge.marks) if self._judge is not None else 0

    def guard(self, rule: str, work: Callable[[], None]) -> None:
        """Does something with a rule: when it breaks, it is named, and runs no more until it is replaced."""
        if self._judge is not None:
            self._judge.guard(rule, work)

    async def _judged(self, decide: Callable[[Judge, int], Judgement]) -> Judgement:
        async with self._lock:
            judge = await self._ready()
            judgement = decide(judge, self._clock.now_ms())
            await self._commit(judgement, Commit())
            return judgement

    async def _commit(self, judgement: Judgement, base: Commit, columns: Sequence[Columns] = ()) -> None:
        """One transaction; derived points go first, because what is committed is never judged again."""
        now = self._clock.now_ms()
        dirty = self._marks.rows((*columns, *judgement.derived), now=now)
        indices = self._index_marks.rows(columns, now=now) if self._index_marks is not None else ()
        change = Commit(
            base.accounts,
            base.point_counts,
            judgement.rule_states,
            judgement.alarms,
            judgement.history,
            judgement.notices,
            dirty,
            indices,
        )
        try:
            if judgement.derived:
                await self._keep(judgement.derived)
            if change != Commit():
                await asyncio.to_thread(self._state.commit, change)
        except StoreUnavailableError as error:
            self._marks.failed(dirty)
            if self._index_marks is not None:
                self._index_marks.failed(indices)
            self._judge = None
            self._fault = str(error)
            raise
        self._fault = ""
        if judgement.alarms or judgement.notices:
            self._announce(judgement)

    async def _is_kept(self, derived: Sequence[Columns]) -> bool:
        try:
            if derived:
                await self._keep(derived)
        except StoreUnavailableError:
            return False
        return True

    async def _ready(self) -> Judge:
        """The judge, built anew from what is kept when the last commit failed."""
        if self._judge is not None:
            return self._judge
        try:
            accounts = await asyncio.to_thread(self._state.accounts)
            states = await asyncio.to_thread(self._state.rule_states)
            alarms = await asyncio.to_thread(
                self._state.alarms, AlarmFilter(open=True), before=None, limit=OPEN_ALARMS_MAX
            )
        except StoreUnavailableError as error:
            self._fault = str(error)
            raise
        self.ledger.reload(accounts)
        judge = self._new_judge()
        judge.restore(states, alarms)
        self._judge = judge
        self._fault = ""
        return judge


def _unjudged(window: Window, draft: Draft) -> tuple[list[Columns], list[Columns]]:
    """The columns that are new to the rules, and those that they saw while the store was away."""
    new = {each.identity for each in (*draft.new, *draft.held)}
    fresh: list[Columns] = []
    again: list[Columns] = []
    for batch in _once(window):
        identity = (batch.gateway, batch.epoch, batch.sequence)
        if identity in new:
            kept = again if identity in draft.recalled else fresh
            kept.extend(each for each in batch.columns if each.times)
    return fresh, again


def _once(window: Window) -> list[Admitted]:
    """Each batch of a window once, however often it arrived in it."""
    return list({(batch.gateway, batch.epoch, batch.sequence): batch for batch in window.batches}.values())

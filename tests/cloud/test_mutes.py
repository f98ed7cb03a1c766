"""What keeps alarms from people survives the database: commits that fail, answers that get lost, and restarts."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from cloud.alarms.book import AlarmBook
from cloud.alarms.planned import Scope, planned
from cloud.errors import StoreUnavailableError
from cloud.recorder import Recorder
from cloud.rollups.marks import Marks
from cloud.rules import desk, planning
from cloud.rules.desk import Remark
from cloud.rules.judge import Judge, NoticeOptions
from cloud.rules.load import load_rules
from cloud.store.base import AlarmFilter, AlarmHistoryRow, AlarmRow
from tests.cloud.test_recorder import CATALOGUE, Bench, FlakyState

Step = Callable[[], Awaitable[object]]
HIGH, LOW = 31.0, 27.0


class Night:
    """A recorder that is anew after every step, over one database."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.bench = Bench(folder)
        self.state: FlakyState = self.bench.state
        self.clock = self.bench.clock
        self.rules = load_rules(folder / "rules", CATALOGUE)
        self.sequence = 0
        self.recorder = self.anew()

    def anew(self) -> Recorder:
        """As after kill -9."""
        return Recorder(
            self.state,
            lambda: Judge(self.rules, AlarmBook(), notices=NoticeOptions(("ops",))),
            clock=self.clock,
            keep=self._keep,
            announce=lambda _: None,
            marks=Marks(settle_ms=0, refresh_ms=0),
        )

    async def _keep(self, _columns: object) -> None:
        """Derived points are not looked at here."""

    def read(self, value: float) -> Step:
        """The gauge says something."""
        self.sequence += 1
        sequence, at = self.sequence, self.clock.now_ms()
        return lambda: self.recorder.settle(self.bench.window(sequence, value), received_at=at)

    def seen(self) -> tuple[list[AlarmRow], list[list[AlarmHistoryRow]], list[tuple[str, int]]]:
        """Everything that is kept of alarms and notices."""
        alarms = list(self.state.alarms(AlarmFilter(), before=None, limit=99))
        notices = sorted((row.key, row.created_at) for row in self.state.notices(limit=999))
        return alarms, [list(self.state.history(row.id)) for row in alarms], notices


async def night(folder: Path, *, chance: random.Random | None) -> Night:
    """A river that flaps, planned work in between, an acknowledgement, and calm; each step perhaps with a mishap."""
    it = Night(folder)
    begin = it.clock.now_ms()
    work = planned(
        Scope(site="yen-bai"), begin=begin + 240_000, until=begin + 480_000, reason="sửa", actor="minh", at=begin
    )

    async def done(make: Callable[[], Step]) -> None:
        step = make()
        if chance is not None:
            it.state.fault = chance.choice(["", "before", "after"])
            with suppress(StoreUnavailableError):
                await step()
            it.state.fault = ""
            it.recorder = it.anew()
        await step()

    await done(lambda: lambda: it.recorder.act(planning.plan(work)))
    for minute in range(1, 16):
        await it.clock.advance(60)
        value = HIGH if minute % 2 else LOW
        await done(partial(it.read, value))
        await done(lambda: it.recorder.tick)
    (alarm, *_) = it.state.alarms(AlarmFilter(open=True), before=None, limit=9)
    await it.recorder.act(desk.acknowledge(alarm.id, Remark("lan", "")))
    await it.clock.advance(1_860)
    await done(lambda: it.recorder.tick)
    return it


@pytest.mark.parametrize("seed", range(2))
async def test_mishaps_change_nothing_that_people_see(tmp_path: Path, seed: int) -> None:
    plain = await night(tmp_path / "plain", chance=None)
    broken = await night(tmp_path / "broken", chance=random.Random(seed))
    assert broken.seen() == plain.seen()
    (alarms, histories, notices) = plain.seen()
    words = [line.what for line in histories[0]]
    assert {"flapping", "out_of_service", "in_service", "steady"} <= set(words)
    assert len(alarms) == 1
    assert len(notices) < words.count("raised")
    for it in (plain, broken):
        it.state.close()

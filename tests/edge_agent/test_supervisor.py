"""One dead, slow, lying or faulty device never delays another."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from edge_agent.connector import LinkError, Observation
from edge_agent.outbox.base import OutboxBrokenError
from edge_agent.supervisor import Breaker, PollLoop, attempt, first_delay_s, keep_going, next_delay_s, patience_s
from edge_agent.vitals import Vitals
from tests.edge_agent.rig import Broken, Counting, Dead, Hanging, plan, running
from tests.fakes import ManualClock, settle
from tests.waiting import eventually


async def test_the_others_keep_their_period(tmp_path: Path) -> None:
    sick = [Hanging("hanging"), Dead("dead"), Broken("broken")]
    well = [Counting(f"well-{n}") for n in range(4)]
    pollers = {each.device: each for each in [*sick, *well]}
    async with running(plan(tmp_path, list(pollers)), pollers) as (agent, outbox):
        await eventually(lambda: all(each.polls >= 10 for each in well), 4)  # 10 x 0.2 s
        assert max(each.polls for each in well) - min(each.polls for each in well) <= 2
        assert (sick[0].polls, sick[1].polls <= 6, sick[2].polls <= 6) == (1, True, True)
        faults = {each.device: each.fault for each in agent.vitals.health()}
        assert (faults["dead"], faults["broken"], faults["well-0"]) == ("refused", "device", "")
        await eventually(lambda: outbox.counters().accepted >= 40, 4)
    assert all(each.closed for each in pollers.values())


async def test_a_dead_device_says_so_once_and_is_asked_less_often(tmp_path: Path) -> None:
    clock, dead = ManualClock(), Dead("dead")
    [device] = plan(tmp_path, ["dead"]).devices
    offered: list[Observation] = []
    vitals = Vitals(["dead"], clock)
    loop = PollLoop(device, dead, offer=offered.extend, vitals=vitals, clock=clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        await clock.advance(1)
        early = dead.polls
        await clock.advance(600)
        late = dead.polls
        await clock.advance(600)
        task.cancel()
    assert early >= 3
    assert 9 <= dead.polls - late <= 11  # once a minute
    assert vitals.health()[0].fault == "refused"
    assert {getattr(each, "fault", "") for each in offered} == {"refused"}


class Deaf(Counting):
    """A poller whose library swallows a cancellation, as `asyncio.wait_for` of Python 3.11 does beside an answer."""

    async def poll(self) -> Sequence[Observation]:
        with suppress(asyncio.CancelledError):
            await super().poll()
            await asyncio.Event().wait()
        return []


async def test_a_swallowed_cancellation_ends_the_polling_all_the_same(tmp_path: Path) -> None:
    deaf = Deaf("deaf")
    async with running(plan(tmp_path, ["deaf"]), {"deaf": deaf}):
        await eventually(lambda: deaf.polls)
    assert (deaf.polls, deaf.closed) == (1, True)


async def test_the_way_back_is_logged_once_with_its_duration(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    vitals = Vitals(["gauge"], clock)
    with caplog.at_level(logging.INFO):
        vitals.note("gauge", "timeout")
        vitals.note("gauge", "timeout")
        await clock.advance(90)
        vitals.note("gauge", "refused")
        vitals.note("gauge", "")
        vitals.note("gauge", "")
        vitals.note("unknown", "timeout")
    assert [record.message for record in caplog.records] == ["device lost", "device fault changed", "device back"]
    assert caplog.records[-1].__dict__["after_s"] == 90.0
    assert vitals.health()[0].read_at == clock.now_ms()


def test_the_breaker_opens_slowly_and_never_wider_than_a_minute() -> None:
    breaker, periods = Breaker(), []
    for _ in range(10):
        periods.append(breaker.period_s(5))
        breaker = breaker.failed()
    assert periods == [5, 5, 5, 10, 20, 40, 60, 60, 60, 60]
    assert Breaker(50).period_s(300) == 300


class Queued(Counting):
    """A sensor on a line with many others."""

    longest_poll_s = 600.0


def test_a_poll_may_take_its_period_within_bounds_and_longer_where_sensors_wait_for_one_another() -> None:
    assert [patience_s(Counting("p"), period_s) for period_s in (0.2, 10.0, 900.0)] == [5.0, 10.0, 30.0]
    assert patience_s(Queued("q"), 900.0) == 600.0


def test_polls_stay_on_their_grid() -> None:
    assert next_delay_s(10, 0.5) == 9.5
    assert next_delay_s(10, 25) == 5  # the covered moments are left out
    delays = {first_delay_s(f"device-{n}", 10) for n in range(50)}
    assert len(delays) > 40
    assert max(delays) < 1
    assert first_delay_s("device-1", 0.1) <= 0.05


async def test_work_begins_again_later_each_time() -> None:
    clock, began = ManualClock(), []

    async def fail() -> None:
        began.append(clock.monotonic())
        raise LinkError("refused", "")

    faults: list[str] = []
    async with asyncio.TaskGroup() as group:
        task = group.create_task(keep_going("x", fail, lost=faults.append, clock=clock))
        await clock.advance(300)
        task.cancel()
    assert 30 <= len(began) <= 120  # full jitter up to eight seconds
    assert set(faults) == {"refused"}


async def test_who_is_refused_waits_much_longer() -> None:
    clock, tries = ManualClock(), 0

    async def refuse() -> None:
        nonlocal tries
        tries += 1
        raise LinkError("unauthorised", "")

    async with asyncio.TaskGroup() as group:
        task = group.create_task(keep_going("x", refuse, lost=lambda _: None, clock=clock))
        await clock.advance(3600)
        task.cancel()
    assert 30 <= tries <= 120  # less than one in thirty seconds (F31)


@pytest.mark.parametrize(
    ("fault", "in_five_minutes", "at_once"),
    [("unauthorised", 10, 8), ("taken_over", 10, 8), ("dns", 100, 24)],  # F31, F27, F26
)
async def test_a_whole_fleet_without_a_way_in_is_no_storm(fault: str, in_five_minutes: int, at_once: int) -> None:
    clock, tries, fleet = ManualClock(), list[float](), 30

    async def fail() -> None:
        tries.append(clock.monotonic())
        raise LinkError(fault, "")

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keep_going("x", fail, lost=lambda _: None, clock=clock)) for _ in range(fleet)]
        await clock.advance(600)
        for task in tasks:
            task.cancel()
    settled = [moment for moment in tries if moment >= 300]  # all of them wait their longest by then
    assert len(settled) < in_five_minutes * fleet  # 10 in five minutes: less than one in thirty seconds
    assert max(Counter(map(int, settled)).values()) <= at_once  # full jitter: they never march in step


async def test_a_broken_disk_ends_the_program() -> None:
    async def write() -> None:
        raise OutboxBrokenError("disk I/O error")

    with pytest.raises(OutboxBrokenError):
        await attempt("x", write)


async def test_a_manual_clock_wakes_sleepers_in_order() -> None:
    clock, woken = ManualClock(), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        for seconds in (3, 1, 2, 0):
            group.create_task(sleeper(seconds))
        await settle()
        assert clock.sleepers == 3
        await clock.advance(5)
    assert woken == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)]

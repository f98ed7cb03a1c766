"""The centre makes the report of a month by itself when the month is over: once, and again after a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.errors import StoreUnavailableError
from cloud.reporting import LOOK_S, START_S, Reporter
from cloud.reports.coming import Coming, ReportsConfig, due_at, month_at
from cloud.reports.month import month_of
from cloud.reports.plan import read_report_plan
from cloud.reports.promise import PROFILE
from cloud.reports.shelf import ReportShelf
from cloud.store.base import Columns, StoredSeries
from cloud.store.memory import MemoryStore
from cloud.store.sql import SqlStateStore
from device_profiles.schema import PointType
from tests.fakes import ManualClock
from tests.readme_check import assert_documented
from tests.waiting import eventually

HOUR_MS = 3_600_000
JUNE, JULY = month_of("2026-06"), month_of("2026-07")
PLAN = read_report_plan(None)
SMALL = PLAN.model_copy(update={"indicators": PLAN.indicators[:1], "modules": ()})
THREE = ReportsConfig.model_validate({})


class Away(MemoryStore):
    """A store that is not there when it is first asked what it has."""

    away = 1

    async def stored(self, profile: str, point: str, *, begin: int, end: int) -> Sequence[StoredSeries]:
        """Raises once."""
        self.away -= 1
        if self.away >= 0:
            raise StoreUnavailableError("the store does not answer")
        return await super().stored(profile, point, begin=begin, end=end)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqlStateStore]:
    found = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    found.migrate()
    yield found
    found.close()


@pytest.fixture
def shelf(tmp_path: Path) -> ReportShelf:
    return ReportShelf(tmp_path / "reports")


async def noted(store: MemoryStore) -> MemoryStore:
    """The centre ran in June: it noted what a gateway had accepted."""
    types = {"accepted": PointType.INT}
    times = [JUNE.begin + HOUR_MS, JUNE.end - HOUR_MS]
    await store.write([Columns("s", "gw", "gateway", PROFILE, times, {"accepted": [1, 500]}, {}, types)], [])
    return store


@asynccontextmanager
async def running(reporter: Reporter, clock: ManualClock) -> AsyncIterator[None]:
    """The reporter lives, and its start is over."""
    async with asyncio.TaskGroup() as group:
        life = group.create_task(reporter.run())
        await clock.advance(START_S)
        yield
        life.cancel()


def reporter_of(
    store: MemoryStore, state: SqlStateStore, shelf: ReportShelf, clock: ManualClock, config: ReportsConfig = THREE
) -> Reporter:
    return Reporter(store, state, shelf, plan=SMALL, config=config, clock=clock)


async def test_a_month_is_reported_three_hours_after_its_end_and_not_twice(
    state: SqlStateStore, shelf: ReportShelf
) -> None:
    store, clock = await noted(MemoryStore()), ManualClock(JUNE.end + 2 * HOUR_MS)
    reporter = reporter_of(store, state, shelf, clock)
    assert reporter.coming() == Coming(JUNE, JUNE.end + 3 * HOUR_MS)
    async with running(reporter, clock):
        assert shelf.months() == []
        await clock.advance(3 * LOOK_S)
        await eventually(shelf.months)
    made = shelf.report(JUNE)
    assert made is not None
    assert JUNE.end + 3 * HOUR_MS <= made.made_at < JUNE.end + 4 * HOUR_MS
    assert made.promise.accepted > 0
    again = reporter_of(store, state, shelf, clock)
    assert again.coming() == Coming(JULY, JULY.end + 3 * HOUR_MS)
    async with running(again, clock):
        await clock.advance(3 * LOOK_S)
    assert shelf.report(JUNE) == made


async def test_a_centre_that_was_away_at_the_end_of_the_month_reports_it_when_it_is_back(
    state: SqlStateStore, shelf: ReportShelf
) -> None:
    store, clock = await noted(MemoryStore()), ManualClock(JULY.begin + 20 * 24 * HOUR_MS)
    async with running(reporter_of(store, state, shelf, clock), clock):
        await eventually(shelf.months)
    assert shelf.months() == [JUNE]


async def test_a_month_before_the_centre_was_there_has_no_report(state: SqlStateStore, shelf: ReportShelf) -> None:
    clock = ManualClock(JULY.end + 24 * HOUR_MS)
    reporter = reporter_of(await noted(MemoryStore()), state, shelf, clock)
    async with running(reporter, clock):
        await eventually(lambda: reporter.coming() == Coming(month_of("2026-08"), due_at(month_of("2026-08"), THREE)))
    assert shelf.months() == []


async def test_a_failure_is_told_and_tried_again(
    state: SqlStateStore, shelf: ReportShelf, caplog: pytest.LogCaptureFixture
) -> None:
    store, clock = await noted(Away()), ManualClock(JUNE.end + 4 * HOUR_MS)
    reporter = reporter_of(store, state, shelf, clock)
    with caplog.at_level(logging.ERROR):
        async with running(reporter, clock):
            coming = reporter.coming()
            assert coming is not None
            assert (coming.month, coming.trouble) == (JUNE, "the store does not answer")
            assert coming.tried_at == JUNE.end + 4 * HOUR_MS + round(START_S * 1000)
            assert "monthly report not made" in caplog.messages
            await clock.advance(LOOK_S)
            await eventually(shelf.months)
            await eventually(lambda: reporter.coming() == Coming(JULY, due_at(JULY, THREE)))


async def test_a_centre_that_is_told_so_makes_none(state: SqlStateStore, shelf: ReportShelf) -> None:
    clock = ManualClock(JUNE.end + 4 * HOUR_MS)
    off = ReportsConfig.model_validate({"monthly": False})
    reporter = reporter_of(await noted(MemoryStore()), state, shelf, clock, off)
    async with running(reporter, clock):
        await clock.advance(LOOK_S)
    assert (shelf.months(), reporter.coming()) == ([], None)


def test_months_end_at_midnight_of_vietnam_and_every_setting_is_documented() -> None:
    assert (month_at(JUNE.end - 1), month_at(JUNE.end)) == (JUNE, JULY)
    assert_documented("cloud/reports", ReportsConfig)

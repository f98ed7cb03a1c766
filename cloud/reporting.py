"""Makes the report of each month by itself when the month is over: once, also when the centre was away then."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, NoReturn

from cloud.api.views import sums_of
from cloud.errors import CloudError
from cloud.ingest.ledger import Ledger
from cloud.reports.collect import Sources, devices_in, monthly_report
from cloud.reports.coming import Coming, ReportsConfig, due_at, month_at
from cloud.reports.month import Month
from cloud.reports.plan import ReportPlan
from cloud.reports.promise import PROFILE
from cloud.reports.shelf import ReportShelf
from cloud.store.base import ReadingStore, StateStore
from cloud.views import account_views
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

START_S: Final = 60.0  # a start has better things to do, and the store must be open
LOOK_S: Final = 1800.0  # how often it looks whether one is due, and tries again what failed
# What a month's readings can do to a sum; the centre watches rivers, and does not stop for a report.
REFUSALS: Final = (CloudError, OSError, ArithmeticError, LookupError, ValueError)


async def sources_of(store: ReadingStore, state: StateStore, shelf: ReportShelf, month: Month) -> Sources:
    """What the report of a month is worked out from."""

    def kept() -> Sources:
        ledger = sums_of(list(account_views(Ledger(state.accounts()), None)))
        return Sources(store, devices_in(state.births()), ledger, state.reactions, shelf.earlier(month))

    return await asyncio.to_thread(kept)


class Reporter:
    """Keeps what is due on the shelf, where a report that was made stays: so none is made twice."""

    def __init__(
        self, store: ReadingStore, state: StateStore, shelf: ReportShelf, *, plan: ReportPlan, config: ReportsConfig,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._store = store
        self._state = state
        self._shelf = shelf
        self._plan = plan
        self._config = config
        self._clock = clock
        self._failed: Coming | None = None
        self._empty: Month | None = None  # a month in which the centre was not there yet

    def coming(self) -> Coming | None:
        """The next report, or the one that failed; None when the centre makes none by itself."""
        if not self._config.monthly:
            return None
        if self._failed is not None:
            return self._failed
        month = month_at(self._clock.now_ms())
        month = month.before if self._is_wanted(month.before) else month
        return Coming(month, due_at(month, self._config))

    async def run(self) -> NoReturn:
        """Until cancelled."""
        await self._clock.sleep(START_S)
        while True:
            if self._config.monthly:
                await self.look()
            await self._clock.sleep(LOOK_S)

    async def look(self) -> None:
        """Makes the report of last month if it is due and not there yet; a failure is told, and tried again."""
        now = self._clock.now_ms()
        month = month_at(now).before
        if now < due_at(month, self._config) or not self._is_wanted(month):
            self._failed = None
            return
        try:
            await self._make(month)
        except REFUSALS as error:
            log.exception("monthly report not made", extra={"month": str(month)})
            said = str(error) if isinstance(error, CloudError) else type(error).__name__
            self._failed = Coming(month, due_at(month, self._config), said, now)
        else:
            self._failed = None

    def _is_wanted(self, month: Month) -> bool:
        return month != self._empty and month not in self._shelf.months()

    async def _make(self, month: Month) -> None:
        if not await self._store.stored(PROFILE, "accepted", begin=month.begin, end=month.end):
            self._empty = month
            return
        sources = await sources_of(self._store, self._state, self._shelf, month)
        report = await monthly_report(self._plan, month, sources, made_at=self._clock.now_ms())
        await asyncio.to_thread(self._shelf.put, report)
        log.info("monthly report made", extra={"month": str(month), "sha256": report.sha256})

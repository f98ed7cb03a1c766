"""The notice pipeline: looks at what is due, plans it, hands it to the channels, and forgets what is long over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import replace

from cloud.errors import StoreUnavailableError
from cloud.notify.chain import Limits, Terms
from cloud.notify.lane import Channel, Lane, RetryPolicy
from cloud.notify.plan import Plan, Planner
from cloud.notify.standing import Moment
from cloud.notify.way import Way
from cloud.people.people import People
from cloud.store.notice_port import NoticeChange, NoticeStore
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0  # how long a notice that waited may be overdue
FORGET_EVERY_S = 3600.0
KEEP_DAYS = 90
DAY_MS = 86_400_000
AT_ONCE = 10_000  # due notices in one look; whatever is looked at leaves the due ones, so none starves


class NoticePipeline:
    """The only sender of notices. A crash between sending and recording repeats one notice with the same key."""

    def __init__(
        self,
        notices: NoticeStore,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        terms: Terms | None = None,
        policy: RetryPolicy | None = None,
        keep_days: int = KEEP_DAYS,
    ) -> None:
        policy = policy or RetryPolicy()
        limits = Limits(policy.attempts, round(policy.max_age_s * 1000))
        self._notices = notices
        self._clock = clock
        self._keep_ms = keep_days * DAY_MS
        self._woken = asyncio.Event()
        self._planner = Planner(replace(terms or Terms(), limits=limits))
        self._lanes = {name: Lane(name, each, self, clock=clock, policy=policy) for name, each in channels.items()}

    @property
    def terms(self) -> Terms:
        """Whom there is to tell, and at what pace."""
        return self._planner.terms

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Per channel: attempts that were sent, retried, failed, and notices that were delayed."""
        return {name: dict(lane.counts) for name, lane in self._lanes.items()}

    @property
    def outages(self) -> Mapping[str, int | None]:
        """Since when each channel is out of order (ms since 1970 UTC); 0 = it works, None = it was not tried yet."""
        lanes = self._lanes.items()
        return {name: lane.outage.since if lane.outage.is_known else None for name, lane in lanes}

    @property
    def in_hand(self) -> int:
        """How many notices the channels have been handed and not yet sent."""
        return sum(len(lane.in_hand) for lane in self._lanes.values())

    def wake(self) -> None:
        """New notices were committed."""
        self._woken.set()

    def replace_people(self, people: People) -> None:
        """Goes on with these persons and teams."""
        self._planner.terms = replace(self.terms, people=people)

    async def settle(self, change: NoticeChange) -> None:
        """Keeps what became of notices; StoreUnavailableError."""
        await asyncio.to_thread(self._notices.settle, change)

    async def run(self) -> None:
        """Sends until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look_regularly())
                group.create_task(self._forget_old())
                for lane in self._lanes.values():
                    group.create_task(lane.run())
                while True:
                    if not await self._look():
                        await self._woken.wait()
                        self._woken.clear()
        finally:
            for lane in self._lanes.values():
                await lane.notifier.close()

    async def _look_regularly(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            self._woken.set()

    async def _forget_old(self) -> None:
        """Notices that are done go after a while; what happened stays in the history of their alarms."""
        while True:
            before = self._clock.now_ms() - self._keep_ms
            try:
                await asyncio.to_thread(self._notices.forget, before=before)
            except StoreUnavailableError as error:
                log.warning("old notices not forgotten", extra={"error": str(error)})
            await self._clock.sleep(FORGET_EVERY_S)

    async def _look(self) -> bool:
        """Plans and hands over what is due; True when there may be more at once."""
        at = Moment(self._clock.now_ms(), self._clock.monotonic())
        ways = {name: lane.way(at) for name, lane in self._lanes.items()}
        in_hand = {key for lane in self._lanes.values() for key in lane.in_hand}  # before the look: rows of it age
        try:
            plan, more = await asyncio.to_thread(self._plan, at, ways, in_hand)
        except StoreUnavailableError as error:
            log.warning("notices not read", extra={"error": str(error)})
            return False
        for channel, item in plan.send:
            self._lanes[channel].hand(item)
        for row in plan.rows:
            if row.state == "failed":
                log.error("notice failed", extra={"channel": row.channel, "key": row.key, "error": row.error})
        return more

    def _plan(self, at: Moment, ways: Mapping[str, Way], in_hand: Collection[str]) -> tuple[Plan, bool]:
        """In a worker thread: thousands of notices must not keep the pages waiting."""
        found = self._notices.due(now=at.ms, limit=AT_ONCE)
        due = [row for row in found if row.key not in in_hand]
        if not due:
            return Plan(), False
        plan = self._planner.plan(due, ways, at)
        change = plan.change()
        if change != NoticeChange():
            self._notices.settle(change)
        return plan, len(found) == AT_ONCE or bool(plan.new)

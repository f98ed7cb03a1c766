"""One channel at work: sends what it is handed, the gravest first, and records every attempt."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import NoReturn, Protocol

from cloud.errors import StoreUnavailableError
from cloud.notify.address_book import address_of
from cloud.notify.chain import Terms, attempt, fallback_at, has_next, next_way, not_taken, refused, sent
from cloud.notify.content import decode_content
from cloud.notify.lines import Item
from cloud.notify.notifier import NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError, Notifier
from cloud.notify.outage import Outage
from cloud.notify.rate import Permits
from cloud.notify.standing import Moment
from cloud.notify.way import Way
from cloud.store.notice_port import NoticeChange
from cloud.store.rows import NoticeRow
from device_profiles.backoff import Backoff
from device_profiles.clock import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Channel:
    """A notifier and how fast it may send; `alone` = every notice by itself, for programs that must hear of each."""

    notifier: Notifier
    per_minute: int = 60
    alone: bool = False


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a notice is tried before it counts as failed."""

    base_s: float = 2.0
    cap_s: float = 300.0
    attempts: int = 100
    max_age_s: float = 24 * 3600.0
    attempt_s: float = 60.0


class Desk(Protocol):
    """The pipeline, as its lanes see it."""

    @property
    def terms(self) -> Terms:
        """Whom there is to tell, and at what pace."""

    async def settle(self, change: NoticeChange) -> None:
        """Keeps it; StoreUnavailableError."""

    def wake(self) -> None:
        """Has the due notices looked at again."""


class Lane:
    """Owns what it was handed until that is recorded; `in_hand` are the keys of all of it."""

    def __init__(self, name: str, channel: Channel, desk: Desk, *, clock: Clock, policy: RetryPolicy) -> None:
        self.name = name
        self.notifier = channel.notifier
        self._alone = channel.alone
        self.outage = Outage(desk.terms.pace)
        self.counts: Counter[str] = Counter()
        self.in_hand: set[str] = set()
        self._desk = desk
        self._clock = clock
        self._attempt_s = policy.attempt_s
        self._permits = Permits(channel.per_minute)
        self._backoff = Backoff(base_s=policy.base_s, cap_s=policy.cap_s)
        self._closed_until_s = 0.0
        self._waiting: list[tuple[bool, int, int, Item]] = []
        self._order = count()
        self._arrived = asyncio.Event()

    def way(self, at: Moment) -> Way:
        """How the channel stands."""
        closed_s = self._closed_until_s - at.s
        return Way(at.after(closed_s) if closed_s > 0 else 0, self.outage.since > 0, self._alone)

    def hand(self, item: Item) -> None:
        """Takes a notice that is to be sent now."""
        self.in_hand.add(item.row.key)
        heapq.heappush(self._waiting, (not item.is_urgent, item.row.severity, next(self._order), item))
        self._arrived.set()

    async def run(self) -> NoReturn:
        """Sends until cancelled."""
        while True:
            await self._arrived.wait()
            while self._waiting:
                wait_s = self._permits.wait_s(self._clock.monotonic())
                if wait_s:
                    await self._give_back([each for *_, each in self._waiting if self._is_late(each)])
                    await self._clock.sleep(wait_s)
                elif self._permits.take(1, self._clock.monotonic()):
                    await self._tell(heapq.heappop(self._waiting)[-1])
            self._arrived.clear()

    async def _tell(self, item: Item) -> None:
        """One attempt, recorded at once: a crash repeats this notice, and no other one."""
        tried = Item(replace(item.row, attempts=item.row.attempts + 1), item.content)
        outcome, error = await self._attempt(tried.row)
        now = self._clock.now_ms()
        after = self._after(tried, outcome, error=error, now=now)
        record = attempt(item.row, self.name, outcome, at=now, error=error)
        await self._settle(NoticeChange([after], (), [record]), [item])
        if outcome in ("failed", "misconfigured"):  # the channel is out of order: what comes behind waits as long
            await self._give_back([each for *_, each in self._waiting])
        if after.state == "pending":
            self._desk.wake()

    async def _attempt(self, row: NoticeRow) -> tuple[str, str]:
        """What came of it, and why not."""
        try:
            async with asyncio.timeout(self._attempt_s):
                await self.notifier.send(decode_content(row.body), to=address_of(row, self._desk.terms.people))
        except NoticeMisconfiguredError as error:
            return "misconfigured", str(error)
        except NoticeRefusedError as error:
            return "refused", str(error)
        except NoticeLinkError as error:
            return "failed", str(error)
        except Exception as error:  # one attempt must not stop the pipeline
            log.exception("notice attempt faulted", extra={"channel": self.name, "key": row.key})
            return "failed", f"{type(error).__name__}: {error}"
        return "sent", ""

    def _after(self, tried: Item, outcome: str, *, error: str, now: int) -> NoticeRow:
        """The notice as it stands behind the attempt."""
        if outcome == "sent":
            self._backoff.reset()
            self.outage.worked()
            self.counts["sent"] += 1
            return sent(tried.row, self.name)
        people = self._desk.terms.people
        if outcome == "refused":  # it is about this notice or person, and says nothing of the channel
            row = refused(tried.row, people, error=error, now=now)
        else:
            self.outage.failed(now, for_sure=outcome == "misconfigured")
            again_at = now + self._close()
            if outcome == "misconfigured" and has_next(tried.row, people):
                row = next_way(tried.row, error=error, now=now)
            else:
                row = not_taken(tried, self._desk.terms, error=error, now=now, again_at=again_at)
        self._tell_log(tried.row, row, error)
        return row

    def _close(self) -> int:
        """Takes nothing for a while; says how long, in ms."""
        delay_s = max(1.0, self._backoff.next_delay())
        self._closed_until_s = self._clock.monotonic() + delay_s
        return round(delay_s * 1000)

    def _tell_log(self, before: NoticeRow, after: NoticeRow, error: str) -> None:
        facts = {"channel": self.name, "key": before.key, "error": error}
        if after.state == "failed":
            self.counts["failed"] += 1
            log.error("notice failed", extra=facts)
            return
        self.counts["retried"] += 1
        if not before.error:
            log.warning("notice not taken", extra=facts)

    def _is_late(self, item: Item) -> bool:
        terms = self._desk.terms
        return has_next(item.row, terms.people) and self._clock.now_ms() >= fallback_at(item, terms.pace)

    async def _give_back(self, items: Sequence[Item]) -> None:
        """Hands notices back unsent: the next look finds another way for them, or lets them wait."""
        if not items:
            return
        self.counts["delayed"] += len(items)
        gone = {item.row.key for item in items}
        self._waiting = [each for each in self._waiting if each[-1].row.key not in gone]
        heapq.heapify(self._waiting)
        now = self._clock.now_ms()
        await self._settle(NoticeChange([replace(item.row, due_at=now, via="") for item in items]), items)
        self._desk.wake()

    async def _settle(self, change: NoticeChange, items: Sequence[Item]) -> None:
        """When it cannot be recorded, it stays due, with the same key."""
        try:
            await self._desk.settle(change)
        except StoreUnavailableError as error:
            log.warning("notices not recorded", extra={"error": str(error)})
        finally:
            self.in_hand.difference_update(item.row.key for item in items)

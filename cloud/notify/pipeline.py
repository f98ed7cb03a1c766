"""The notice pipeline: sends what is due, tries again with growing delays, and shows what it gave up."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from cloud.errors import StoreUnavailableError
from cloud.notify.content import decode_content
from cloud.notify.notifier import NoticeLinkError, NoticeRefusedError, Notifier
from cloud.notify.rate import Permits
from cloud.store.base import NoticeRow, StateStore
from device_profiles.backoff import Backoff
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0  # how long a retry may be overdue
FORGET_EVERY_S = 3600.0
KEEP_DAYS = 90
DAY_MS = 86_400_000
AT_ONCE = 1000  # due notices fetched in one look; what is delayed leaves the due ones, so none starves


@dataclass(frozen=True, slots=True)
class Channel:
    """A notifier and how fast it may send."""

    notifier: Notifier
    per_minute: int = 60


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a notice is tried before it counts as failed."""

    base_s: float = 2.0
    cap_s: float = 300.0
    attempts: int = 100
    max_age_s: float = 24 * 3600.0
    attempt_s: float = 60.0


@dataclass(slots=True)
class _Lane:
    """One channel at work."""

    notifier: Notifier
    permits: Permits
    backoff: Backoff
    busy: bool = False
    counts: Counter[str] = field(default_factory=Counter)


class NoticePipeline:
    """The only sender of notices. A crash between sending and recording repeats one notice with the same key."""

    def __init__(
        self,
        state: StateStore,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        policy: RetryPolicy | None = None,
        keep_days: int = KEEP_DAYS,
    ) -> None:
        self._state = state
        self._clock = clock
        self._policy = policy or RetryPolicy()
        self._keep_ms = keep_days * DAY_MS
        self._woken = asyncio.Event()
        self._lanes = {
            name: _Lane(
                channel.notifier,
                Permits(channel.per_minute),
                Backoff(base_s=self._policy.base_s, cap_s=self._policy.cap_s),
            )
            for name, channel in channels.items()
        }

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Per channel: sent, retried, delayed, failed."""
        return {name: dict(lane.counts) for name, lane in self._lanes.items()}

    def wake(self) -> None:
        """New notices were committed."""
        self._woken.set()

    async def run(self) -> None:
        """Sends until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look_regularly())
                group.create_task(self._forget_old())
                while True:
                    await self._send_due(group)
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
                await asyncio.to_thread(self._state.forget_notices, before=before)
            except StoreUnavailableError as error:
                log.warning("old notices not forgotten", extra={"error": str(error)})
            await self._clock.sleep(FORGET_EVERY_S)

    async def _send_due(self, group: asyncio.TaskGroup) -> None:
        idle = {name for name, lane in self._lanes.items() if not lane.busy}  # before the look: rows of a busy one age
        try:
            due = await self._look()
        except StoreUnavailableError as error:
            log.warning("notices not read", extra={"error": str(error)})
            return
        for name, notices in due.items():
            if name not in self._lanes:
                await self._give_up(name, notices)
            elif name in idle:
                self._lanes[name].busy = True
                group.create_task(self._serve(self._lanes[name], notices))

    async def _look(self) -> dict[str, list[NoticeRow]]:
        due = await asyncio.to_thread(self._state.due_notices, now=self._clock.now_ms(), limit=AT_ONCE)
        by_channel: dict[str, list[NoticeRow]] = {}
        for notice in due:
            by_channel.setdefault(notice.channel, []).append(notice)
        return by_channel

    async def _give_up(self, name: str, notices: Sequence[NoticeRow]) -> None:
        log.error("notices for a channel that is gone", extra={"channel": name, "notices": len(notices)})
        for notice in notices:
            await self._settle(replace(notice, state="failed", error=f"no channel {name} is configured"))

    async def _serve(self, lane: _Lane, notices: Sequence[NoticeRow]) -> None:
        """One look's notices of one channel; when they cannot be recorded they stay due, with the same keys."""
        try:
            await self._send(lane, sorted(notices, key=lambda notice: (_severity(notice), notice.created_at)))
        except StoreUnavailableError as error:
            log.warning("notices not recorded", extra={"error": str(error)})
        finally:
            lane.busy = False

    async def _send(self, lane: _Lane, notices: Sequence[NoticeRow]) -> None:
        """The gravest first; what the rate does not allow is delayed to its turn."""
        allowed = lane.permits.take(len(notices), self._clock.monotonic())
        await self._delay(lane, notices[allowed:], step_ms=lane.permits.interval_ms)
        for number, notice in enumerate(notices[:allowed], 1):
            tried = await self._attempt(lane, notice)
            await self._settle(tried)
            if tried.state == "pending":  # the channel is out of order: what comes behind waits as long
                await self._delay(lane, notices[number:allowed], due_at=tried.due_at)
                return

    async def _attempt(self, lane: _Lane, notice: NoticeRow) -> NoticeRow:
        """The notice after one attempt: sent, failed for good, or pending until its next turn."""
        tried = replace(notice, attempts=notice.attempts + 1)
        try:
            async with asyncio.timeout(self._policy.attempt_s):
                await lane.notifier.send(decode_content(notice.body))
        except NoticeRefusedError as error:
            return self._failed(lane, tried, str(error))
        except NoticeLinkError as error:
            return self._again(lane, tried, str(error))
        except Exception as error:  # one attempt must not stop the pipeline
            log.exception("notice attempt faulted", extra={"channel": notice.channel, "key": notice.key})
            return self._again(lane, tried, f"{type(error).__name__}: {error}")
        lane.backoff.reset()
        lane.counts["sent"] += 1
        return replace(tried, state="sent", error="")

    def _again(self, lane: _Lane, notice: NoticeRow, error: str) -> NoticeRow:
        now = self._clock.now_ms()
        if notice.attempts >= self._policy.attempts or now - notice.created_at >= self._policy.max_age_s * 1000:
            return self._failed(lane, notice, error)
        if not notice.error:
            log.warning("notice not taken", extra={"channel": notice.channel, "key": notice.key, "error": error})
        lane.counts["retried"] += 1
        delay_ms = max(1000, round(lane.backoff.next_delay() * 1000))
        return replace(notice, due_at=now + delay_ms, error=error)

    def _failed(self, lane: _Lane, notice: NoticeRow, error: str) -> NoticeRow:
        log.error("notice failed", extra={"channel": notice.channel, "key": notice.key, "error": error})
        lane.counts["failed"] += 1
        return replace(notice, state="failed", error=error)

    async def _delay(self, lane: _Lane, notices: Sequence[NoticeRow], *, step_ms: float = 0.0, due_at: int = 0) -> None:
        now = self._clock.now_ms()
        for number, notice in enumerate(notices, 1):
            lane.counts["delayed"] += 1
            await self._settle(replace(notice, due_at=due_at or now + round(number * step_ms)))

    async def _settle(self, notice: NoticeRow) -> None:
        await asyncio.to_thread(self._state.settle_notice, notice)


def _severity(notice: NoticeRow) -> int:
    try:
        return decode_content(notice.body).severity
    except msgspec.DecodeError:
        return 4  # its attempt will say what is wrong with it

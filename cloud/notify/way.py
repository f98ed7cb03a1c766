"""Finds the channel that a notice takes now: the first of its recipient's chain that can be tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cloud.notify.chain import Terms, attempt, chain_of, failed, fallback_at, has_next, next_way
from cloud.notify.lines import Item
from cloud.people.people import CALL_LIST
from cloud.store.notice_port import AttemptRow
from cloud.store.rows import NoticeRow

CALLING = "calling"
NOBODY_CALLED = "nobody called"


@dataclass(frozen=True, slots=True)
class Way:
    """How a channel stands: until when it takes nothing (ms since 1970 UTC, 0 = it does), and whether it is out.

    What goes `alone` is never gathered into digests.
    """

    closed_until: int = 0
    is_out: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Where a notice is now: on `channel`, or, when that is empty, kept as `item.row` says."""

    item: Item
    channel: str
    attempts: tuple[AttemptRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Router:
    """Knows the terms, how every channel stands, and what time it is (ms since 1970 UTC)."""

    terms: Terms
    ways: Mapping[str, Way]
    now: int

    def find(self, item: Item) -> Step:
        """The way for now; channels that are gone, out of order or too slow are passed over, which is recorded."""
        passed: list[AttemptRow] = []
        chain = chain_of(item.row, self.terms.people)
        while item.row.step < len(chain):
            channel = chain[item.row.step]
            reason = self._reason_to_pass(item, channel)
            if not reason:
                return replace(self._on(item, channel), attempts=tuple(passed))
            passed.append(attempt(item.row, channel, "passed", at=self.now, error=reason))
            if not has_next(item.row, self.terms.people):
                return Step(Item(failed(item.row, reason), item.content), "", tuple(passed))
            item = Item(next_way(item.row, error=reason, now=self.now), item.content)
        return Step(Item(failed(item.row, "no channel is left"), item.content), "", tuple(passed))

    def _reason_to_pass(self, item: Item, channel: str) -> str:
        row = item.row
        more = has_next(row, self.terms.people)
        if channel == CALL_LIST:
            ended = row.state == CALLING and (more or self.terms.limits.are_reached(row, self.now))
            return NOBODY_CALLED if ended else ""
        way = self.ways.get(channel)
        if way is None:
            return f"no channel {channel} is configured"
        if more and row.since and self.now >= fallback_at(item, self.terms.pace):
            return "not taken in time"
        return f"{channel} is out of order" if more and way.is_out and way.closed_until > self.now else ""

    def _on(self, item: Item, channel: str) -> Step:
        """On its channel, on the call list, or waiting until the channel takes something again."""
        row = item.row
        if channel == CALL_LIST:
            if row.state == CALLING:
                return Step(Item(replace(row, due_at=self.now + self._call_ms), item.content), "")
            return Step(item, channel)
        closed_until = self.ways[channel].closed_until
        started = replace(row, since=row.since or self.now)
        if closed_until <= self.now:
            return Step(Item(started, item.content), channel)
        waiting = Item(started, item.content)
        if has_next(row, self.terms.people):
            closed_until = min(closed_until, fallback_at(waiting, self.terms.pace))
        return Step(Item(replace(started, due_at=closed_until), item.content), "")

    def on_call_list(self, row: NoticeRow) -> NoticeRow:
        """The notice as an entry of the call list: somebody calls, or after a while the next way is taken."""
        return replace(row, state=CALLING, since=self.now, due_at=self.now + self._call_ms)

    @property
    def _call_ms(self) -> int:
        return round(self.terms.pace.call_s * 1000)

"""The way of a notice to its recipient: one channel, or a person's chain of them, and what an attempt makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cloud.notify.lines import Item
from cloud.notify.pace import Pace
from cloud.notify.recipient import person_of
from cloud.people.people import People
from cloud.store.notice_port import AttemptRow
from cloud.store.rows import NoticeRow


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a notice is tried before it counts as failed."""

    attempts: int = 100
    max_age_ms: int = 86_400_000

    def are_reached(self, row: NoticeRow, now: int) -> bool:
        """True when it is time to give up."""
        return row.attempts >= self.attempts or now - row.created_at >= self.max_age_ms


@dataclass(frozen=True, slots=True)
class Terms:
    """Whom there is to tell, at what pace, and for how long."""

    people: People = field(default_factory=People)
    pace: Pace = field(default_factory=lambda: Pace.model_validate({}))
    limits: Limits = field(default_factory=Limits)


def chain_of(row: NoticeRow, people: People) -> tuple[str, ...]:
    """The channels by which the recipient is reached, the first to be tried first."""
    person = people.persons.get(person_of(row.channel))
    return person.channels if person is not None else (row.channel,)


def has_next(row: NoticeRow, people: People) -> bool:
    """True when there is another way behind this one."""
    return row.step + 1 < len(chain_of(row, people))


def fallback_at(item: Item, pace: Pace) -> int:
    """When the next way is taken, in ms since 1970 UTC; only for one that is under way."""
    return item.row.since + round((pace.fallback_s if item.is_urgent else pace.fallback_mild_s) * 1000)


def attempt(row: NoticeRow, channel: str, outcome: str, *, at: int, error: str = "") -> AttemptRow:
    """The record of an attempt."""
    return AttemptRow(row.key, channel, person_of(row.channel), at, outcome, error)


def sent(row: NoticeRow, channel: str) -> NoticeRow:
    """It has arrived."""
    return replace(row, state="sent", error="", via=channel)


def failed(row: NoticeRow, error: str) -> NoticeRow:
    """It is given up, and stays visible."""
    return replace(row, state="failed", error=error)


def next_way(row: NoticeRow, *, error: str, now: int) -> NoticeRow:
    """The same on its next channel, at once."""
    return replace(row, state="pending", step=row.step + 1, since=0, due_at=now, error=error, via="")


def refused(row: NoticeRow, people: People, *, error: str, now: int) -> NoticeRow:
    """The channel will never take it."""
    return next_way(row, error=error, now=now) if has_next(row, people) else failed(row, error)


def not_taken(item: Item, terms: Terms, *, error: str, now: int, again_at: int) -> NoticeRow:
    """The channel did not take it now: again later, by the next way, or never more."""
    row, more = item.row, has_next(item.row, terms.people)
    if more and now >= fallback_at(item, terms.pace):
        return next_way(row, error=error, now=now)
    if terms.limits.are_reached(row, now):
        return failed(row, error)
    return replace(row, due_at=min(again_at, fallback_at(item, terms.pace)) if more else again_at, error=error)

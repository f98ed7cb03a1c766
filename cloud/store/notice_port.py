"""The port of notices: what is kept of them and of every attempt, and what a store must do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.store.rows import NoticeRow


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt to tell somebody. `outcome`: sent, failed, refused, misconfigured, passed (over), called.

    `actor` is who ticked the call list; times in ms since 1970 UTC.
    """

    notice: str
    channel: str
    person: str
    at: int
    outcome: str
    error: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class NoticeChange:
    """What one step of the pipeline changes: kept in one transaction or not at all."""

    rows: Sequence[NoticeRow] = ()  # as they stand now, but for their bodies
    new: Sequence[NoticeRow] = ()  # digests and notices to persons; one whose key is there already stays as it is
    attempts: Sequence[AttemptRow] = ()
    rewritten: Sequence[NoticeRow] = ()  # those whose body has changed, too


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """Which notices a page asks for; None means any. `channel` is the recipient: a channel, team or person."""

    state: str | None = None
    channel: str | None = None
    alarm: str | None = None
    severity: int | None = None
    digest: str | None = None


class NoticeStore(Protocol):
    """Notices, kept beside the state. Synchronous, as the StateStore is."""

    def due(self, *, now: int, limit: int) -> Sequence[NoticeRow]:
        """Notices that wait for their turn and whose time has come: the gravest first, then the oldest."""

    def settle(self, change: NoticeChange) -> None:
        """All of it in one transaction; StoreUnavailableError when the database does not take it.

        What has ended meanwhile (somebody ticked the call list) stays so.
        """

    def tick_called(self, notice: NoticeRow, attempt: AttemptRow) -> bool:
        """Ends a notice that is on the call list; False, and nothing changes, when it is there no more."""

    def notice(self, key: str) -> NoticeRow | None:
        """One notice."""

    def page(self, wanted: NoticeFilter, *, before: tuple[int, str] | None, limit: int) -> Sequence[NoticeRow]:
        """Newest first; `before` is created_at and key of the notice behind which the page starts."""

    def attempts(self, notices: Sequence[str]) -> Sequence[AttemptRow]:
        """The attempts of these notices, oldest first."""

    def counts(self) -> Mapping[str, int]:
        """How many notices there are by state."""

    def forget(self, *, before: int) -> None:
        """Forgets notices of before that time that have ended, with their attempts; the alarms' history stays."""

"""The two ports of the centre's memory: readings (time series) and state (everything that must be transactional)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.store.audit_port import AuditLog
from cloud.store.factor_port import FactorStore
from cloud.store.passkey_port import PasskeyStore
from cloud.store.reaction_port import ReactionStore
from cloud.store.repeat_port import RepeatStore
from cloud.store.rows import (
    AccountRow,
    AlarmFilter,
    AlarmHistoryRow,
    AlarmRow,
    AuditRow,
    BirthRow,
    Commit,
    DirtyRow,
    NoticeRow,
    OpenAlarms,
    RejectRow,
    RuleStateRow,
    SecretRow,
    UserRow,
)
from device_profiles.schema import PointType
from device_profiles.wire import Event
from device_profiles.wire.messages import Cell

__all__ = [
    "AccountRow",
    "AlarmFilter",
    "AlarmHistoryRow",
    "AlarmRow",
    "AuditRow",
    "BirthRow",
    "Bucket",
    "Columns",
    "Commit",
    "DirtyRow",
    "NoticeRow",
    "OpenAlarms",
    "PlacedEvent",
    "RawColumn",
    "ReadingStore",
    "RejectRow",
    "Rejection",
    "RuleStateRow",
    "SecretRow",
    "SeriesKey",
    "StateStore",
    "StoredSeries",
    "UserRow",
]

# --- readings -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Columns:
    """The readings of one device in one batch, checked against its profile: what the store writes and rules judge.

    `times` are absolute, ms since 1970 UTC, rising; every column is as long. `types` pins each point's type.
    A null cell is either nothing to report or, with a `bad:` code in `quality`, a reading without value.
    """

    site: str
    gateway: str
    device: str
    profile: str
    times: list[int]
    points: dict[str, list[Cell]]
    quality: dict[str, list[tuple[int, str]]]
    types: Mapping[str, PointType]


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event with the site and gateway that it came from."""

    site: str
    gateway: str
    event: Event


@dataclass(frozen=True, slots=True)
class Rejection:
    """Readings that the store will never take: `index` of the columns in the write, their times, and why.

    The events of a write are numbered on behind its columns. The reason's first word, up to a colon, can be counted.
    """

    index: int
    times: tuple[int, ...]
    readings: int
    reason: str


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """One point of one device, as the store finds it."""

    profile: str
    gateway: str
    device: str
    point: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """What happened to a point in one stretch of time beginning at `begin` (ms since 1970 UTC)."""

    begin: int
    minimum: float
    maximum: float
    mean: float
    last: float
    count: int


@dataclass(frozen=True, slots=True)
class RawColumn:
    """The good readings of one point as they were stored: times (ms since 1970 UTC), rising, and a value for each."""

    times: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """A point of a device that has readings, and the site where it was last."""

    site: str
    key: SeriesKey


class ReadingStore(Protocol):
    """A time-series store. One contract suite runs over every adapter."""

    async def open(self) -> None:
        """Makes the store ready (database, retention); StoreUnavailableError when it cannot be reached yet."""

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Commits all of it, but for what it returns as never storable.

        Usable values (good and uncertain) go to the series `profile`, with tags site, gateway, device; every quality
        code goes to the series `quality` (tags site, gateway, device, point; field code); events go to `event`.
        Raises StoreUnavailableError when the outcome is unknown or nothing was stored: then nothing may be receipted,
        and writing the same again is harmless.
        """

    async def series(self, key: SeriesKey, *, begin: int, end: int, step_ms: int) -> Sequence[Bucket]:
        """The point between two times, in buckets aligned to multiples of `step_ms`; empty buckets are left out."""

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        """The good readings between two times (end excluded): usable ones without an `uncertain:` code, no texts.

        All of them are in memory at once: callers choose the stretch of time.
        """

    async def stored(self, profile: str, point: str, *, begin: int, end: int) -> Sequence[StoredSeries]:
        """Which devices have usable readings of a point between two times (end excluded), by gateway and device."""

    async def latest(self, key: SeriesKey) -> tuple[int, Cell] | None:
        """Time and value of the newest usable reading."""

    async def count(self, key: SeriesKey) -> int:
        """How many usable readings the series holds."""

    async def check(self) -> str:
        """One sentence on the server (kind, version); StoreUnavailableError when it does not take a canary point."""

    async def close(self) -> None:
        """Lets go of files and connections."""


# --- state ----------------------------------------------------------------------------------------------------------


class StateStore(Protocol):
    """Transactional state. Synchronous: callers off the event loop use one worker thread (asyncio.to_thread)."""

    @property
    def factors(self) -> FactorStore:
        """The second factors of people."""

    @property
    def passkeys(self) -> PasskeyStore:
        """The passkeys of people."""

    @property
    def reactions(self) -> ReactionStore:
        """What happened to alarms and incidents in a time."""

    @property
    def repeats(self) -> RepeatStore:
        """What orders with an idempotency key came to."""

    def migrate(self) -> None:
        """Brings the database to this version's schema; CloudError when it is newer than this program."""

    def commit(self, change: Commit) -> None:
        """All of it in one transaction; StoreUnavailableError when the database does not take it."""

    def accounts(self) -> Sequence[AccountRow]:
        """Every account of the ledger."""

    def point_counts(self) -> Mapping[tuple[str, str, str], int]:
        """Usable readings stored per (gateway, device, point)."""

    def rule_states(self) -> Sequence[RuleStateRow]:
        """Every rule's standing."""

    def alarms(self, wanted: AlarmFilter, *, before: str | None, limit: int) -> Sequence[AlarmRow]:
        """Newest first by id (ids sort by time of raising); `before` is the id behind which the page starts."""

    def open_alarms(self) -> Sequence[OpenAlarms]:
        """How many alarms are open, by site and severity."""

    def alarm(self, identifier: str) -> AlarmRow | None:
        """One alarm."""

    def history(self, alarm: str, *, skip: int = 0, limit: int | None = None) -> Sequence[AlarmHistoryRow]:
        """What happened to it, oldest first; lines are only ever added, so a page may begin behind so many."""

    def due_dirty(self, *, now: int, limit: int) -> Sequence[DirtyRow]:
        """Hours whose roll-ups shall be computed now, the longest due first."""

    def dirty_hours(self, gateway: str, device: str, profile: str) -> Sequence[int]:
        """The begins of one device's dirty hours, rising."""

    def oldest_dirty(self) -> int | None:
        """The begin of the oldest dirty hour of all."""

    def clean(self, rows: Sequence[DirtyRow]) -> None:
        """Forgets these rows, but for those that were marked again since."""

    def rolled_since(self) -> int:
        """Since which hour the log of dirty hours is whole; before it there may be readings without roll-ups."""

    def notices(self, *, limit: int) -> Sequence[NoticeRow]:
        """The newest notices, whatever their state; all else on them is in notice_port.py."""

    def forget_alarms(self, *, before: int, limit: int) -> int:
        """Forgets closed alarms, with their history, that nothing happened to since that time; says how many."""

    def forget_audit(self, *, before: int, limit: int) -> int:
        """Forgets the oldest audit rows of before that time; says how many."""

    def put_births(self, rows: Sequence[BirthRow]) -> None:
        """Keeps a gateway's last state and health."""

    def births(self) -> Sequence[BirthRow]:
        """What every gateway last said of itself."""

    def put_reject(self, row: RejectRow) -> None:
        """Appends to the bounded reject log (the oldest beyond 10,000 go)."""

    def rejects(self, *, limit: int) -> Sequence[RejectRow]:
        """The newest rejects."""

    def put_user(self, row: UserRow) -> None:
        """Adds or replaces a user."""

    def user(self, name: str) -> UserRow | None:
        """One user."""

    def users(self) -> Sequence[UserRow]:
        """Everybody."""

    def put_secret(self, row: SecretRow) -> None:
        """Keeps a session or token."""

    def secret(self, digest: str) -> SecretRow | None:
        """The session or token with this digest."""

    def drop_secret(self, digest: str) -> None:
        """Ends a session or token."""

    def secrets(self) -> Sequence[SecretRow]:
        """Every session and token, newest first, ended ones too."""

    @property
    def audit_log(self) -> AuditLog:
        """The audit log as a chain."""

    def put_audit(self, row: AuditRow) -> None:
        """Appends to the audit log."""

    def audit(self, *, limit: int) -> Sequence[AuditRow]:
        """The newest audit rows."""

    def close(self) -> None:
        """Lets go of the database."""

"""The centre's transactional state in SQL: SQLite by default, PostgreSQL by URL; one transaction per change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, bindparam, case, delete, func, select

from cloud.store.alarm_query import alarm_conditions
from cloud.store.audit_port import AuditFilter
from cloud.store.audit_sql import SqlAuditLog
from cloud.store.base import (
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
from cloud.store.citizen_sql import SqlCitizenStore
from cloud.store.commissioning_sql import SqlCommissioningStore
from cloud.store.configuration_sql import SqlConfigurationStore
from cloud.store.disaster_sql import SqlDisasterStore
from cloud.store.enrolment_sql import SqlEnrolmentStore
from cloud.store.factor_port import FactorStore
from cloud.store.factor_sql import SqlFactorStore
from cloud.store.incident_files_sql import SqlIncidentFiles
from cloud.store.incident_sql import SqlIncidentStore
from cloud.store.index_sql import SqlIndexLog, mark
from cloud.store.notice_sql import SqlNoticeStore
from cloud.store.passkey_port import PasskeyStore
from cloud.store.passkey_sql import SqlPasskeyStore
from cloud.store.past_sql import SqlPastStore
from cloud.store.reaction_port import ReactionStore
from cloud.store.reaction_sql import SqlReactionStore
from cloud.store.repeat_port import RepeatStore
from cloud.store.repeat_sql import SqlRepeatStore
from cloud.store.rule_proposal_sql import SqlRuleProposalStore
from cloud.store.rule_version_sql import SqlRuleVersionStore
from cloud.store.schema_version import upgrade
from cloud.store.sql_door import SqlDoor, append, as_dict, as_tuple, put, put_many, put_new
from cloud.store.tables import (
    ACCOUNT,
    ALARM,
    ALARM_HISTORY,
    BIRTH,
    DIRTY,
    NOTICE,
    PERSON,
    POINT_COUNT,
    REJECT,
    ROLLED_SINCE,
    RULE_STATE,
    SECRET,
)

REJECTS_KEPT = 10_000
WHOLE = 2**31  # SQLite skips lines only where there is a limit
BUSY_S = 20.0  # how long a change waits for another one, or for a server that does not answer
R = TypeVar("R")


class SqlStateStore:
    """Keeps everything that must be transactional. Safe for several threads; several processes with PostgreSQL.

    After StoreUnavailableError from `commit` on a server, the change may have been kept although the answer got lost:
    read `accounts`, `rule_states` and the open alarms again before anything else is committed.
    """

    def __init__(self, url: str, *, rejects_kept: int = REJECTS_KEPT, busy_s: float = BUSY_S) -> None:
        self._door = SqlDoor(url, busy_s=busy_s)
        self._rejects_kept = rejects_kept
        self.incidents = SqlIncidentStore(self._door)
        self.incident_files = SqlIncidentFiles(self._door)
        self.notice_book = SqlNoticeStore(self._door)
        self.rule_versions = SqlRuleVersionStore(self._door)
        self.rule_proposals = SqlRuleProposalStore(self._door)
        self.pasts = SqlPastStore(self._door)
        self.reactions: ReactionStore = SqlReactionStore(self._door)
        self.configurations = SqlConfigurationStore(self._door)
        self.enrolment = SqlEnrolmentStore(self._door)
        self.commissioning = SqlCommissioningStore(self._door)
        self.index_log = SqlIndexLog(self._door)
        self.disaster = SqlDisasterStore(self._door)
        self.citizens = SqlCitizenStore(self._door)
        self.repeats: RepeatStore = SqlRepeatStore(self._door)
        self.audit_log = SqlAuditLog(self._door)
        self.factors: FactorStore = SqlFactorStore(self._door)
        self.passkeys: PasskeyStore = SqlPasskeyStore(self._door)

    def migrate(self) -> None:
        """Brings the database to this version's schema; CloudError when it is newer than this program."""
        with self._door.writing() as connection:
            upgrade(connection)

    def commit(self, change: Commit) -> None:
        """All of it in one transaction; StoreUnavailableError when the database does not take it."""
        with self._door.writing() as connection:
            put_many(connection, ACCOUNT, list(map(as_tuple, change.accounts)))
            counts = [(*point, more) for point, more in change.point_counts.items()]
            put_many(connection, POINT_COUNT, counts, adding="readings")
            _put_rule_states(connection, change.rule_states)
            put(connection, ALARM, map(as_dict, _closed_first(change.alarms)))
            append(connection, ALARM_HISTORY, map(as_dict, change.history))
            put_new(connection, NOTICE, map(as_dict, change.notices))
            put_many(connection, DIRTY, list(map(as_tuple, change.dirty)), adding="marks")
            mark(connection, change.indices)

    def accounts(self) -> Sequence[AccountRow]:
        """Every account of the ledger."""
        return self._rows(AccountRow, select(ACCOUNT).order_by(ACCOUNT.c.gateway, ACCOUNT.c.epoch))

    def point_counts(self) -> Mapping[tuple[str, str, str], int]:
        """Usable readings stored per (gateway, device, point)."""
        with self._door.reading() as connection:
            rows = connection.execute(select(POINT_COUNT)).all()
        return {(gateway, device, point): readings for gateway, device, point, readings in rows}

    def rule_states(self) -> Sequence[RuleStateRow]:
        """Every rule's standing."""
        return self._rows(RuleStateRow, select(RULE_STATE))

    def alarms(self, wanted: AlarmFilter, *, before: str | None, limit: int) -> Sequence[AlarmRow]:
        """Newest first by id (ids sort by time of raising); `before` is the id behind which the page starts."""
        query = select(ALARM).order_by(ALARM.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(ALARM.c.id < before)
        return self._rows(AlarmRow, query.where(*alarm_conditions(wanted)))

    def open_alarms(self) -> Sequence[OpenAlarms]:
        """How many alarms are open, by site and severity."""
        waiting = func.sum(case((ALARM.c.acknowledged_at.is_(None), 1), else_=0)).label("unacknowledged")
        query = select(ALARM.c.site, ALARM.c.severity, func.count().label("alarms"), waiting)
        return self._rows(OpenAlarms, query.where(ALARM.c.open).group_by(ALARM.c.site, ALARM.c.severity))

    def alarm(self, identifier: str) -> AlarmRow | None:
        """One alarm."""
        return self._row(AlarmRow, select(ALARM).where(ALARM.c.id == identifier))

    def history(self, alarm: str, *, skip: int = 0, limit: int | None = None) -> Sequence[AlarmHistoryRow]:
        """What happened to it, oldest first."""
        columns = [column for column in ALARM_HISTORY.c if column.key != "number"]
        query = select(*columns).where(ALARM_HISTORY.c.alarm == alarm).order_by(ALARM_HISTORY.c.number)
        if skip or limit is not None:
            query = query.offset(skip).limit(WHOLE if limit is None else limit)
        return self._rows(AlarmHistoryRow, query)

    def due_dirty(self, *, now: int, limit: int) -> Sequence[DirtyRow]:
        """Hours whose roll-ups shall be computed now, the longest due first."""
        return self._rows(DirtyRow, select(DIRTY).where(DIRTY.c.due_at <= now).order_by(DIRTY.c.due_at).limit(limit))

    def dirty_hours(self, gateway: str, device: str, profile: str) -> Sequence[int]:
        """The begins of one device's dirty hours, rising."""
        mine = (DIRTY.c.gateway == gateway, DIRTY.c.device == device, DIRTY.c.profile == profile)
        with self._door.reading() as connection:
            return list(connection.scalars(select(DIRTY.c.hour).where(*mine).order_by(DIRTY.c.hour)))

    def oldest_dirty(self) -> int | None:
        """The begin of the oldest dirty hour of all."""
        with self._door.reading() as connection:
            hour: int | None = connection.scalar(select(func.min(DIRTY.c.hour)))
        return hour

    def clean(self, rows: Sequence[DirtyRow]) -> None:
        """Forgets these rows, but for those that were marked again since."""
        seen = [column == bindparam(f"its_{column.name}") for column in DIRTY.c if column.name != "due_at"]
        if rows:
            values = [{f"its_{name}": value for name, value in as_dict(row).items()} for row in rows]
            with self._door.writing() as connection:
                connection.execute(delete(DIRTY).where(*seen), values)

    def rolled_since(self) -> int:
        """Since which hour the log of dirty hours is whole."""
        with self._door.reading() as connection:
            hour: int = connection.execute(select(ROLLED_SINCE.c.hour)).scalar_one()
        return hour

    def notices(self, *, limit: int) -> Sequence[NoticeRow]:
        """The newest notices, whatever their state."""
        query = select(NOTICE).order_by(NOTICE.c.created_at.desc(), NOTICE.c.key.desc())
        return self._rows(NoticeRow, query.limit(limit))

    def forget_alarms(self, *, before: int, limit: int) -> int:
        """Forgets closed alarms, with their history, that nothing happened to since that time; says how many."""
        old = (~ALARM.c.open, ALARM.c.changed_at < before)
        found = self._numbers(select(ALARM.c.id).where(*old).order_by(ALARM.c.id).limit(limit))
        if found:
            still = select(ALARM.c.id).where(ALARM.c.id.in_(found), *old)  # somebody may have added a comment
            with self._door.writing() as connection:
                connection.execute(delete(ALARM_HISTORY).where(ALARM_HISTORY.c.alarm.in_(still)))
                connection.execute(delete(ALARM).where(ALARM.c.id.in_(found), *old))
        return len(found)

    def forget_audit(self, *, before: int, limit: int) -> int:
        """Forgets the oldest audit rows of before that time; says how many."""
        return self.audit_log.forget(before=before, limit=limit)

    def put_births(self, rows: Sequence[BirthRow]) -> None:
        """Keeps the last state and health of gateways."""
        with self._door.writing() as connection:
            put(connection, BIRTH, [as_dict(row) for row in rows])

    def births(self) -> Sequence[BirthRow]:
        """What every gateway last said of itself."""
        return self._rows(BirthRow, select(BIRTH).order_by(BIRTH.c.gateway))

    def put_reject(self, row: RejectRow) -> None:
        """Appends to the bounded reject log (the oldest beyond the limit go)."""
        with self._door.writing() as connection:
            append(connection, REJECT, [as_dict(row)])
            newest = select(func.max(REJECT.c.number)).scalar_subquery()
            connection.execute(delete(REJECT).where(REJECT.c.number <= newest - self._rejects_kept))

    def rejects(self, *, limit: int) -> Sequence[RejectRow]:
        """The newest rejects."""
        columns = [column for column in REJECT.c if column.key != "number"]
        return self._rows(RejectRow, select(*columns).order_by(REJECT.c.number.desc()).limit(limit))

    def put_user(self, row: UserRow) -> None:
        """Adds or replaces a user."""
        with self._door.writing() as connection:
            put(connection, PERSON, [as_dict(row)])

    def user(self, name: str) -> UserRow | None:
        """One user."""
        return self._row(UserRow, select(PERSON).where(PERSON.c.name == name))

    def users(self) -> Sequence[UserRow]:
        """Everybody."""
        return self._rows(UserRow, select(PERSON).order_by(PERSON.c.name))

    def put_secret(self, row: SecretRow) -> None:
        """Keeps a session or token; those that ended before this one began are forgotten."""
        with self._door.writing() as connection:
            put(connection, SECRET, [as_dict(row)])
            ended = SECRET.c.expires_at.between(1, row.created_at - 1)  # 0 never ends
            connection.execute(delete(SECRET).where(ended, SECRET.c.digest != row.digest))

    def secret(self, digest: str) -> SecretRow | None:
        """The session or token with this digest, even one that has ended: the caller knows what time it is."""
        return self._row(SecretRow, select(SECRET).where(SECRET.c.digest == digest))

    def secrets(self) -> Sequence[SecretRow]:
        """Every session and token, newest first, ended ones too."""
        return self._rows(SecretRow, select(SECRET).order_by(SECRET.c.created_at.desc(), SECRET.c.digest))

    def drop_secret(self, digest: str) -> None:
        """Ends a session or token."""
        with self._door.writing() as connection:
            connection.execute(delete(SECRET).where(SECRET.c.digest == digest))

    def put_audit(self, row: AuditRow) -> None:
        """Appends to the audit log."""
        self.audit_log.append(row)

    def audit(self, *, limit: int) -> Sequence[AuditRow]:
        """The newest audit rows."""
        newest = self.audit_log.newest(AuditFilter(), before=None, limit=limit)
        return [AuditRow(row.at, row.actor, row.action, row.target, row.detail) for row in newest]

    def close(self) -> None:
        """Lets go of the database."""
        self._door.close()

    def _numbers(self, query: Select[Any]) -> list[Any]:
        """The identities that a query finds; a reader keeps no commit waiting."""
        with self._door.reading() as connection:
            return list(connection.scalars(query))

    def _rows(self, kind: type[R], query: Select[*tuple[object, ...]]) -> list[R]:
        with self._door.reading() as connection:
            return [kind(**row) for row in connection.execute(query).mappings()]

    def _row(self, kind: type[R], query: Select[*tuple[object, ...]]) -> R | None:
        return next(iter(self._rows(kind, query)), None)


def _closed_first(alarms: Iterable[AlarmRow]) -> list[AlarmRow]:
    """The last word on each alarm; a rule may close one alarm and open its next in the same window."""
    last = {alarm.id: alarm for alarm in alarms}
    return sorted(last.values(), key=lambda alarm: alarm.open)


def _put_rule_states(connection: Connection, states: Iterable[RuleStateRow]) -> None:
    last = {(row.rule, row.gateway, row.device): row for row in states}
    put_many(connection, RULE_STATE, [as_tuple(row) for row in last.values() if row.state is not None])
    for row in last.values():
        if row.state is None:
            gone = (RULE_STATE.c.rule == row.rule, RULE_STATE.c.gateway == row.gateway)
            connection.execute(delete(RULE_STATE).where(*gone, RULE_STATE.c.device == row.device))

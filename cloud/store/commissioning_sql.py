"""Commissioning records in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update

from cloud.store.commissioning_port import CommissioningFileRow, CommissioningRow, Page
from cloud.store.commissioning_tables import COMMISSIONING, COMMISSIONING_FILE
from cloud.store.sql_door import SqlDoor, append, as_dict

LISTED = [column for column in COMMISSIONING.c if column.name != "body"]
FILE_COLUMNS = [column for column in COMMISSIONING_FILE.c if column.name != "place"]
OUTSTANDING = COMMISSIONING_FILE.c.received_at.is_(None)


class SqlCommissioningStore:
    """Keeps what gateways signed, word for word; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def add(self, row: CommissioningRow, files: Sequence[CommissioningFileRow]) -> None:
        """Keeps a record with its files, all of it or nothing; StateConflictError when its id is taken."""
        with self._door.writing() as connection:
            append(connection, COMMISSIONING, [as_dict(row)])
            numbered = [as_dict(file) | {"place": place} for place, file in enumerate(files)]
            append(connection, COMMISSIONING_FILE, numbered)

    def record(self, identifier: str) -> CommissioningRow | None:
        """One record with its body."""
        with self._door.reading() as connection:
            query = select(COMMISSIONING).where(COMMISSIONING.c.id == identifier)
            found = connection.execute(query).mappings().first()
        return CommissioningRow(**found) if found else None

    def records(self, page: Page) -> Sequence[CommissioningRow]:
        """Newest first, by when they came."""
        query = select(*LISTED, literal("").label("body"))
        query = query.order_by(COMMISSIONING.c.received_at.desc(), COMMISSIONING.c.id.desc()).limit(page.limit)
        if page.gateway:
            query = query.where(COMMISSIONING.c.gateway == page.gateway)
        if page.before:
            query = query.where(_behind(page.before))
        with self._door.reading() as connection:
            return [CommissioningRow(**row) for row in connection.execute(query).mappings()]

    def files(self, identifier: str) -> Sequence[CommissioningFileRow]:
        """The files of a record: photos in the order of the record, whether they have come or not."""
        mine = COMMISSIONING_FILE.c.record == identifier
        query = select(*FILE_COLUMNS).where(mine).order_by(COMMISSIONING_FILE.c.place)
        with self._door.reading() as connection:
            return [CommissioningFileRow(**row) for row in connection.execute(query).mappings()]

    def received(self, identifier: str, sha256: str, *, at: int) -> None:
        """The content of a file is kept; with the last one the record is complete."""
        mine = COMMISSIONING_FILE.c.record == identifier
        this = and_(mine, COMMISSIONING_FILE.c.sha256 == sha256, OUTSTANDING)
        with self._door.writing() as connection:
            connection.execute(update(COMMISSIONING_FILE).where(this).values(received_at=at))
            left = connection.scalar(select(func.count()).select_from(COMMISSIONING_FILE).where(mine, OUTSTANDING))
            if not left:
                which = and_(COMMISSIONING.c.id == identifier, COMMISSIONING.c.complete_at.is_(None))
                connection.execute(update(COMMISSIONING).where(which).values(complete_at=at))

    def kept_digests(self) -> frozenset[str]:
        """Contents that a record names, whether they have come or not."""
        with self._door.reading() as connection:
            return frozenset(connection.scalars(select(COMMISSIONING_FILE.c.sha256).distinct()))

    def named_bytes(self) -> int:
        """How much all files take that records name; one that two records name counts once."""
        each = select(func.max(COMMISSIONING_FILE.c.size).label("size")).group_by(COMMISSIONING_FILE.c.sha256)
        with self._door.reading() as connection:
            total: int | None = connection.scalar(select(func.sum(each.subquery().c.size)))
        return int(total or 0)

    def count(self, gateway: str, *, since: int) -> int:
        """How many records a gateway has sent since then."""
        which = (COMMISSIONING.c.gateway == gateway, COMMISSIONING.c.received_at >= since)
        with self._door.reading() as connection:
            return connection.scalar(select(func.count()).select_from(COMMISSIONING).where(*which)) or 0


def _behind(identifier: str) -> ColumnElement[bool]:
    """What comes after the record with this id in the order of `records`; everything when there is none such."""
    at = select(COMMISSIONING.c.received_at).where(COMMISSIONING.c.id == identifier).scalar_subquery()
    same = and_(COMMISSIONING.c.received_at == at, COMMISSIONING.c.id < identifier)
    return or_(at.is_(None), COMMISSIONING.c.received_at < at, same)

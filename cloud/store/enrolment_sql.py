"""Enrolment in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, delete, func, select, update

from cloud.errors import StateConflictError
from cloud.store.enrolment_port import CertificateRow, ClaimRow, Enrolled, GatewayRow, SecurityEventRow
from cloud.store.enrolment_tables import CERTIFICATE, CLAIM, GATEWAY, NONCE, SECURITY_EVENT
from cloud.store.sql_door import SqlDoor, append, as_dict, put

R = TypeVar("R")
REVOKED = CERTIFICATE.c.revoked_at > 0


class SqlEnrolmentStore:
    """Implements EnrolmentStore; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def gateways(self) -> Sequence[GatewayRow]:
        """Every gateway of the registry, by id."""
        return self._rows(GatewayRow, select(GATEWAY).order_by(GATEWAY.c.gateway))

    def gateway(self, gateway: str) -> GatewayRow | None:
        """One of them."""
        return next(iter(self._rows(GatewayRow, select(GATEWAY).where(GATEWAY.c.gateway == gateway))), None)

    def claim(self, digest: str) -> ClaimRow | None:
        """The claim whose code has this digest."""
        return next(iter(self._rows(ClaimRow, select(CLAIM).where(CLAIM.c.digest == digest))), None)

    def claims(self, gateway: str) -> Sequence[ClaimRow]:
        """Every claim of a gateway, newest first."""
        query = select(CLAIM).where(CLAIM.c.gateway == gateway).order_by(CLAIM.c.created_at.desc(), CLAIM.c.digest)
        return self._rows(ClaimRow, query)

    def open_claims(self, *, now: int) -> Sequence[ClaimRow]:
        """Claims that may still be used."""
        is_open = (CLAIM.c.used_at == 0, CLAIM.c.withdrawn_at == 0, CLAIM.c.expires_at > now)
        return self._rows(ClaimRow, select(CLAIM).where(*is_open).order_by(CLAIM.c.created_at, CLAIM.c.digest))

    def certificate(self, serial: str) -> CertificateRow | None:
        """One certificate."""
        return next(iter(self._rows(CertificateRow, select(CERTIFICATE).where(CERTIFICATE.c.serial == serial))), None)

    def certificates(self, gateway: str) -> Sequence[CertificateRow]:
        """Every certificate of a gateway, newest first."""
        query = select(CERTIFICATE).where(CERTIFICATE.c.gateway == gateway)
        return self._rows(CertificateRow, query.order_by(CERTIFICATE.c.issued_at.desc(), CERTIFICATE.c.serial))

    def certificate_ends(self) -> Mapping[str, int]:
        """When the last good certificate of each gateway ends."""
        query = select(CERTIFICATE.c.gateway, func.max(CERTIFICATE.c.not_after)).where(~REVOKED)
        with self._door.reading() as connection:
            rows = connection.execute(query.group_by(CERTIFICATE.c.gateway)).all()
        return {gateway: int(end) for gateway, end in rows}

    def revoked(self, *, now: int) -> Sequence[CertificateRow]:
        """Every revoked certificate that is not out of date."""
        query = select(CERTIFICATE).where(REVOKED, CERTIFICATE.c.not_after > now)
        return self._rows(CertificateRow, query.order_by(CERTIFICATE.c.revoked_at, CERTIFICATE.c.serial))

    def owed(self) -> Sequence[CertificateRow]:
        """Revoked certificates of which the broker was not told."""
        query = select(CERTIFICATE).where(REVOKED, CERTIFICATE.c.told_at == 0)
        return self._rows(CertificateRow, query.order_by(CERTIFICATE.c.revoked_at, CERTIFICATE.c.serial))

    def told(self, serials: Sequence[str], *, now: int) -> None:
        """The broker took these revocations."""
        with self._door.writing() as connection:
            connection.execute(update(CERTIFICATE).where(CERTIFICATE.c.serial.in_(serials)).values(told_at=now))

    def change(self, step: Enrolled) -> None:
        """All of it in one transaction; StateConflictError when the claim was used meanwhile."""
        with self._door.writing() as connection:
            if step.use is not None:
                _use(connection, step.use)
            if step.revoke is not None:
                gateway, at, reason = step.revoke
                mine = (CERTIFICATE.c.gateway == gateway, ~REVOKED)
                connection.execute(update(CERTIFICATE).where(*mine).values(revoked_at=at, reason=reason))
            put(connection, GATEWAY, map(as_dict, step.gateways))
            put(connection, CLAIM, map(as_dict, step.claims))
            put(connection, CERTIFICATE, map(as_dict, step.certificates))

    def add_gateway(self, row: GatewayRow, claim: ClaimRow) -> None:
        """Adds a gateway that must not be there; StateConflictError."""
        with self._door.writing() as connection:
            append(connection, GATEWAY, [as_dict(row)])
            append(connection, CLAIM, [as_dict(claim)])

    def spend_nonce(self, gateway: str, nonce: str, *, at: int) -> bool:
        """False when this nonce was spent before."""
        try:
            with self._door.writing() as connection:
                append(connection, NONCE, [{"gateway": gateway, "nonce": nonce, "at": at}])
        except StateConflictError:
            return False
        return True

    def forget_nonces(self, *, before: int) -> None:
        """Forgets nonces whose requests are too old to be repeated."""
        with self._door.writing() as connection:
            connection.execute(delete(NONCE).where(NONCE.c.at < before))

    def add_event(self, row: SecurityEventRow) -> int:
        """Keeps an event, and says its number."""
        facts = as_dict(row)
        del facts["number"]
        query = SECURITY_EVENT.insert().values(facts).returning(SECURITY_EVENT.c.number)
        with self._door.writing() as connection:
            return int(connection.execute(query).scalar_one())

    def repeat_event(self, number: int, times: int, *, at: int) -> None:
        """The same happened again, so many times, the last time then."""
        more = {"times": SECURITY_EVENT.c.times + times, "last_at": at}
        with self._door.writing() as connection:
            connection.execute(update(SECURITY_EVENT).where(SECURITY_EVENT.c.number == number).values(more))

    def events(
        self, *, before: int | None, limit: int, kind: str = "", gateway: str = ""
    ) -> Sequence[SecurityEventRow]:
        """Newest first; `before` is the number behind which the page starts."""
        query = select(SECURITY_EVENT).order_by(SECURITY_EVENT.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(SECURITY_EVENT.c.number < before)
        if kind:
            query = query.where(SECURITY_EVENT.c.kind == kind)
        if gateway:
            query = query.where(SECURITY_EVENT.c.gateway == gateway)
        return self._rows(SecurityEventRow, query)

    def grave_events(self, *, since: int) -> Sequence[SecurityEventRow]:
        """Grave events whose last time is not before that, newest first."""
        grave = (SECURITY_EVENT.c.is_grave, SECURITY_EVENT.c.last_at >= since)
        query = select(SECURITY_EVENT).where(*grave).order_by(SECURITY_EVENT.c.number.desc()).limit(1000)
        return self._rows(SecurityEventRow, query)

    def _rows(self, kind: type[R], query: Select[Any]) -> list[R]:
        with self._door.reading() as connection:
            return [kind(**row) for row in connection.execute(query).mappings()]


def _use(connection: Connection, claim: ClaimRow) -> None:
    unused = (CLAIM.c.digest == claim.digest, CLAIM.c.used_at == 0, CLAIM.c.withdrawn_at == 0)
    if connection.execute(update(CLAIM).where(*unused).values(as_dict(claim))).rowcount != 1:
        raise StateConflictError("the claim was used or withdrawn meanwhile")

"""Joins: a code and a signing request become a certificate, once; and a certificate becomes its successor.

The steps, of which each may be the last before a power cut: sign (nobody knows of it yet) - ONE commit (claim used,
certificate, gateway active, old certificates revoked) - the broker is told of what was revoked (owed in the database) -
the answer, which is made of the rows, so that the same box may ask again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from cloud.brokering.port import BrokerDoor, DoorError
from cloud.enrolment import security
from cloud.enrolment.authority import Authority, Issued
from cloud.enrolment.certificates import RequestWrongError, key_digest, read_request
from cloud.enrolment.lifecycle import Bearer, Worth, contacted, plain, used, worth_of
from cloud.enrolment.registry import Registry
from cloud.enrolment.revoking import Revoker
from cloud.errors import CloudError, StateConflictError
from cloud.store.base import AuditRow
from cloud.store.enrolment_port import CertificateRow, ClaimRow, Enrolled, EnrolmentStore, GatewayRow
from device_profiles.clock import Clock
from device_profiles.wire import WireError
from device_profiles.wire.claims import JoinAnswer, JoinReason, JoinRequest, Welcome, read_code

HOUR_MS = 3_600_000
RENEWALS_PER_HOUR = 12  # a lost answer is asked for again; a gateway that asks for ever fills the database


class JoinRefusedError(CloudError):
    """The gateway may not join: why, in one of the contract's words."""

    def __init__(self, reason: JoinReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: JoinReason = reason


@dataclass(frozen=True, slots=True)
class Reception:
    """What joining works with. `welcome` says what a gateway must know, from its row."""

    store: EnrolmentStore
    authority: Authority | None
    registry: Registry
    revoker: Revoker
    door: BrokerDoor
    events: security.SecurityEvents
    clock: Clock
    audit: Callable[[AuditRow], None]
    welcome: Callable[[GatewayRow], Welcome]


class Joining:
    """One join at a time; whoever comes meanwhile waits."""

    def __init__(self, reception: Reception) -> None:
        self._with = reception
        config = reception.registry.config
        self._days = config.certificate_days
        self._contact_ms = config.first_contact_minutes * 60_000
        self._barred = frozenset(map(plain, config.barred_serials))

    async def join(self, request: JoinRequest, *, source: str) -> JoinAnswer:
        """The identity for whoever brings a good code; JoinRefusedError, and a security event where one is due."""
        authority = self._with.authority
        try:
            code = read_code(request.code)
        except WireError as error:
            raise JoinRefusedError("claim_unknown", error.detail) from error
        if authority is None:
            raise JoinRefusedError("claim_unknown", "This centre has no authority yet.")
        async with self._with.registry.lock:
            claim = await asyncio.to_thread(self._with.store.claim, authority.digest_of(code))
            if claim is None:
                raise JoinRefusedError("claim_unknown", "Nobody knows this code: look at the label again.")
            return await self._join(authority, claim, request, source)

    async def renew(self, gateway: str, csr: str) -> CertificateRow:
        """A successor for a certificate whose holder has proved himself; the old one stays good until its end."""
        authority, now = self._with.authority, self._with.clock.now_ms()
        if authority is None:
            raise JoinRefusedError("claim_unknown", "This centre has no authority.")
        try:
            request = await asyncio.to_thread(read_request, csr)
        except RequestWrongError as error:
            raise JoinRefusedError("csr_wrong", str(error)) from error
        async with self._with.registry.lock:
            rows = await asyncio.to_thread(self._with.store.certificates, gateway)
            if sum(row.issued_at > now - HOUR_MS for row in rows) >= RENEWALS_PER_HOUR:
                raise JoinRefusedError("too_many", "Too many certificates within an hour: wait, and keep the last one.")
            issued = await asyncio.to_thread(authority.issue, request, gateway, now=now, days=self._days)
            row = _row(issued, gateway, now)
            await asyncio.to_thread(self._with.store.change, Enrolled(certificates=[row]))
        await self._audit("gateway_renew", gateway, row.serial)
        return row

    async def _join(self, authority: Authority, claim: ClaimRow, request: JoinRequest, source: str) -> JoinAnswer:
        now = self._with.clock.now_ms()
        try:
            signed = await asyncio.to_thread(read_request, request.csr)
        except RequestWrongError as error:
            await self._event(security.CSR_WRONG, claim, source, str(error))
            raise JoinRefusedError("csr_wrong", str(error)) from error
        bearer = Bearer(key_digest(signed), request.serial, now)
        worth = worth_of(claim, bearer, contact_ms=self._contact_ms)
        if worth is Worth.OPEN and plain(request.serial) in self._barred:
            worth = Worth.WRONG_SERIAL
        row = self._with.registry.placed(claim.gateway)
        if worth is Worth.REPEAT and row is not None:
            return await self._same_again(authority, claim, row)
        if worth is not Worth.OPEN:
            raise await self._refused(worth, claim, request, source)
        if row is None:
            raise JoinRefusedError("claim_expired", "The site of this gateway has no file any more: have it moved.")
        issued = await asyncio.to_thread(authority.issue, signed, claim.gateway, now=now, days=self._days)
        return await self._keep(authority, (claim, row), issued, bearer)

    async def _keep(
        self, authority: Authority, claimed: tuple[ClaimRow, GatewayRow], issued: Issued, bearer: Bearer
    ) -> JoinAnswer:
        claim, row = claimed
        active = replace(row, state="active", changed_at=bearer.at, expected_serial=bearer.serial, note="")
        step = Enrolled(
            [active],
            certificates=[_row(issued, claim.gateway, bearer.at)],
            revoke=(claim.gateway, bearer.at, "replaced"),
            use=used(claim, bearer, issued.serial),
        )
        try:
            await asyncio.to_thread(self._with.store.change, step)
        except StateConflictError as error:  # another centre with the same database was faster
            raise JoinRefusedError("claim_used", "The claim was used a moment ago.") from error
        self._with.registry.take(active)
        self._with.revoker.wake()
        detail = f"{claim.purpose} serial {bearer.serial or '?'} certificate {issued.serial}"
        await self._audit("gateway_join", claim.gateway, detail)
        await self._admit(claim.gateway)
        return await self._answer(authority, active, issued.pem)

    async def _same_again(self, authority: Authority, claim: ClaimRow, row: GatewayRow) -> JoinAnswer:
        """The answer that got lost; what was revoked meanwhile is not given again."""
        kept = await asyncio.to_thread(self._with.store.certificate, claim.serial)
        if kept is None or kept.revoked_at:
            raise JoinRefusedError("claim_expired", "The certificate of this claim was revoked.")
        return await self._answer(authority, row, kept.pem)

    async def _refused(self, worth: Worth, claim: ClaimRow, request: JoinRequest, source: str) -> JoinRefusedError:
        serial = f"serial {request.serial or '?'}"
        if worth is Worth.REPLAYED:
            await self._event(security.CLAIM_REPLAYED, claim, source, serial)
            return JoinRefusedError("claim_used", "The code was used already, by another box.")
        if worth is Worth.WRONG_SERIAL:
            await self._touch(claim)
            await self._event(security.CLAIM_WRONG_SERIAL, claim, source, serial)
            return JoinRefusedError("serial_not_expected", "The code is for a box with another serial number.")
        await self._event(security.CLAIM_EXPIRED_USED, claim, source, serial)
        if worth is Worth.OVER:
            return JoinRefusedError("claim_used", "The code was used already, by this box; ask for a new one.")
        return JoinRefusedError("claim_expired", "The code has ended, or a newer label exists; ask for a new one.")

    async def _touch(self, claim: ClaimRow) -> None:
        """Somebody came with the right code: from now on it does not live for days."""
        touched = contacted(claim, at=self._with.clock.now_ms())
        if touched != claim:
            await asyncio.to_thread(self._with.store.change, Enrolled(claims=[touched]))

    async def _admit(self, gateway: str) -> None:
        try:
            await self._with.door.admit(gateway)
        except DoorError as error:  # the broker asks for nothing but the certificate
            await self._audit("gateway_admit_failed", gateway, str(error))

    async def _answer(self, authority: Authority, row: GatewayRow, pem: str) -> JoinAnswer:
        welcome = await asyncio.to_thread(self._with.welcome, row)
        return JoinAnswer(row.gateway, pem, authority.chain_pem, authority.roots_pem, welcome)

    async def _event(self, kind: str, claim: ClaimRow, source: str, detail: str) -> None:
        await self._with.events.record(kind, gateway=claim.gateway, source=source, detail=detail)

    async def _audit(self, action: str, gateway: str, detail: str) -> None:
        row = AuditRow(self._with.clock.now_ms(), f"gateway {gateway}", action, gateway, detail)
        await asyncio.to_thread(self._with.audit, row)


def _row(issued: Issued, gateway: str, now: int) -> CertificateRow:
    return CertificateRow(issued.serial, gateway, issued.public_key, issued.pem, now, issued.not_after)

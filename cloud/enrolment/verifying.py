"""Believes or refuses what a gateway has signed: key, time, and each nonce once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from cloud.enrolment import security
from cloud.enrolment.certificates import public_key_of
from cloud.enrolment.registry import GONE, Registry
from cloud.errors import CloudError
from cloud.store.enrolment_port import CertificateRow, EnrolmentStore
from device_profiles.clock import Clock
from device_profiles.wire import WireError
from device_profiles.wire.requests import WINDOW_MS, Asked, Proof, check_time, read_proof, verify_request

DAY_MS: Final = 86_400_000
FORGET_MS: Final = 2 * WINDOW_MS
CLEANED_MS: Final = 60_000
RefusalReason = Literal[
    "unsigned", "malformed", "forged", "stale", "replayed", "certificate_unknown", "certificate_revoked",
    "certificate_expired", "gateway_retired",
]  # fmt: skip


class RequestRefusedError(CloudError):
    """The request is not believed: why, in one of the contract's words."""

    def __init__(self, reason: RefusalReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: RefusalReason = reason


class Verifier:
    """Checks against the certificates in force; nonces are spent on disk, so that a restart opens no window."""

    def __init__(
        self, store: EnrolmentStore, registry: Registry, events: security.SecurityEvents, *, clock: Clock
    ) -> None:
        self._store = store
        self._registry = registry
        self._events = events
        self._clock = clock
        self._cleaned_at = 0

    async def check(
        self, headers: Mapping[str, str], asked: Asked, *, source: str = "", allow_expired: bool = False
    ) -> str:
        """The gateway that signed this; RequestRefusedError. `allow_expired`: only to ask for a new certificate."""
        try:
            proof = read_proof(headers)
        except WireError as error:
            raise RequestRefusedError(
                "unsigned" if error.reason == "unsigned" else "malformed", error.detail
            ) from error
        gateway, now = proof.stamp.gateway, self._clock.now_ms()
        rows = await asyncio.to_thread(self._store.certificates, gateway)
        signer = _signer(rows, asked, proof)
        if signer is None:
            reason: RefusalReason = "forged" if rows else "certificate_unknown"
            known = gateway if rows else ""
            await self._events.record(security.REQUEST_FORGED, gateway=known, source=source, detail=asked.target)
            raise RequestRefusedError(reason, "The signature fits no certificate of this gateway.")
        await self._check_certificate(signer, now, source=source, allow_expired=allow_expired)
        try:
            check_time(proof.stamp, now=now)
        except WireError as error:  # a clock, most often: the gateway signs again with the centre's time
            raise RequestRefusedError("stale", error.detail) from error
        if not await asyncio.to_thread(self._store.spend_nonce, gateway, proof.stamp.nonce, at=now):
            await self._events.record(security.REQUEST_REPLAYED, gateway=gateway, source=source, detail=asked.target)
            raise RequestRefusedError("replayed", "This request came before.")
        await self._clean(now)
        return gateway

    async def _check_certificate(self, signer: CertificateRow, now: int, *, source: str, allow_expired: bool) -> None:
        gateway = signer.gateway
        row = self._registry.row(gateway)
        if signer.revoked_at or (row is not None and row.state in GONE):
            detail = f"certificate {signer.serial}"
            await self._events.record(security.CERTIFICATE_REVOKED_USED, gateway=gateway, source=source, detail=detail)
            is_retired = row is not None and row.state == "retired"
            raise RequestRefusedError(
                "gateway_retired" if is_retired else "certificate_revoked", "The certificate was revoked."
            )
        grace = self._registry.config.re_enrol_days * DAY_MS if allow_expired else 0
        if now >= signer.not_after + grace:
            detail = f"certificate {signer.serial}"
            await self._events.record(security.CERTIFICATE_EXPIRED_USED, gateway=gateway, source=source, detail=detail)
            raise RequestRefusedError("certificate_expired", "The certificate has ended: ask for a new one.")

    async def _clean(self, now: int) -> None:
        if now - self._cleaned_at >= CLEANED_MS:
            self._cleaned_at = now
            await asyncio.to_thread(self._store.forget_nonces, before=now - FORGET_MS)


def _signer(rows: Sequence[CertificateRow], asked: Asked, proof: Proof) -> CertificateRow | None:
    """The best certificate whose key signed this: a good one before a revoked one, a late end before an early one."""
    tried: dict[str, bool] = {}
    for row in sorted(rows, key=lambda each: (bool(each.revoked_at), -each.not_after)):
        if row.public_key not in tried:
            tried[row.public_key] = _fits(row, asked, proof)
        if tried[row.public_key]:
            return row
    return None


def _fits(row: CertificateRow, asked: Asked, proof: Proof) -> bool:
    try:
        verify_request(public_key_of(row.pem), asked, proof)
    except WireError:
        return False
    return True

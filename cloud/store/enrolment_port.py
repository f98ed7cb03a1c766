"""The port of enrolment: gateways, claims, certificates, used nonces and security events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

GatewayState = Literal["expected", "active", "retired", "revoked"]
ClaimPurpose = Literal["new", "replace"]


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """A gateway that was added through the registry. Times in ms since 1970 UTC.

    `profiles`: ids of the device profiles that are expected there, with commas between them.
    """

    gateway: str
    site: str
    name_vi: str
    name_en: str
    state: GatewayState
    profiles: str
    expected_serial: str
    added_at: int
    added_by: str
    changed_at: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A one-time right to become a gateway. Only a keyed digest of its code is kept.

    `first_contact_at`: somebody came with the right code; `used_at`: a certificate was given, to the key whose digest
    is `public_key`; `withdrawn_at`: a later claim for the same gateway took its place. 0 = never.
    """

    digest: str
    gateway: str
    site: str
    purpose: ClaimPurpose
    expected_serial: str
    created_at: int
    created_by: str
    expires_at: int
    first_contact_at: int = 0
    used_at: int = 0
    public_key: str = ""
    serial: str = ""  # of the certificate
    withdrawn_at: int = 0


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate that we issued. `reason`: retired, revoked or replaced; "" while it is good.

    `told_at`: when the broker took the revocation; 0 while that is owed.
    """

    serial: str
    gateway: str
    public_key: str
    pem: str
    issued_at: int
    not_after: int
    revoked_at: int = 0
    reason: str = ""
    told_at: int = 0


@dataclass(frozen=True, slots=True)
class SecurityEventRow:
    """Something that was refused and that people should know of. `times` counts repetitions until `last_at`."""

    number: int
    at: int
    last_at: int
    kind: str
    gateway: str
    source: str
    detail: str
    is_grave: bool
    times: int = 1


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What one step changes: kept in one transaction or not at all.

    `revoke`: every good certificate of this gateway is revoked at that time for that reason, but for those in
    `certificates`. `use`: the claim is marked used, if it was not; StateConflictError when somebody else was faster.
    """

    gateways: Sequence[GatewayRow] = ()
    claims: Sequence[ClaimRow] = ()
    certificates: Sequence[CertificateRow] = ()
    revoke: tuple[str, int, str] | None = None
    use: ClaimRow | None = None


class EnrolmentStore(Protocol):
    """Kept beside the state. Synchronous, as the StateStore is; StoreUnavailableError when the database is away."""

    def gateways(self) -> Sequence[GatewayRow]:
        """Every gateway of the registry, by id."""

    def gateway(self, gateway: str) -> GatewayRow | None:
        """One of them."""

    def claim(self, digest: str) -> ClaimRow | None:
        """The claim whose code has this digest."""

    def claims(self, gateway: str) -> Sequence[ClaimRow]:
        """Every claim of a gateway, newest first."""

    def open_claims(self, *, now: int) -> Sequence[ClaimRow]:
        """Claims that may still be used."""

    def certificate(self, serial: str) -> CertificateRow | None:
        """One certificate."""

    def certificates(self, gateway: str) -> Sequence[CertificateRow]:
        """Every certificate of a gateway, newest first."""

    def certificate_ends(self) -> Mapping[str, int]:
        """When the last good certificate of each gateway ends."""

    def revoked(self, *, now: int) -> Sequence[CertificateRow]:
        """Every revoked certificate that is not out of date: the content of the revocation list."""

    def owed(self) -> Sequence[CertificateRow]:
        """Revoked certificates of which the broker was not told."""

    def told(self, serials: Sequence[str], *, now: int) -> None:
        """The broker took these revocations."""

    def change(self, step: Enrolled) -> None:
        """All of it in one transaction; StateConflictError when a claim was used or a gateway added meanwhile."""

    def add_gateway(self, row: GatewayRow, claim: ClaimRow) -> None:
        """Adds a gateway that must not be there; StateConflictError."""

    def spend_nonce(self, gateway: str, nonce: str, *, at: int) -> bool:
        """False when this nonce was spent before."""

    def forget_nonces(self, *, before: int) -> None:
        """Forgets nonces whose requests are too old to be repeated."""

    def add_event(self, row: SecurityEventRow) -> int:
        """Keeps an event, and says its number."""

    def repeat_event(self, number: int, times: int, *, at: int) -> None:
        """The same happened again, so many times, the last time then."""

    def events(
        self, *, before: int | None, limit: int, kind: str = "", gateway: str = ""
    ) -> Sequence[SecurityEventRow]:
        """Newest first; `before` is the number behind which the page starts."""

    def grave_events(self, *, since: int) -> Sequence[SecurityEventRow]:
        """Grave events whose last time is not before that."""

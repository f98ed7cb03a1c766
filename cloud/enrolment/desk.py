"""What people see of the registry: states, open claims, and how long certificates are good."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cloud.enrolment.lifecycle import ends_at
from cloud.enrolment.registry import Registry
from cloud.inventory.live import LiveInventory
from cloud.store.enrolment_port import CertificateRow, ClaimRow, EnrolmentStore
from device_profiles.clock import Clock
from device_profiles.schema import Text

State = Literal["listed", "expected", "active", "retired", "revoked"]
ClaimState = Literal["open", "used", "expired", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A gateway: `listed` means that a file names it and nobody has given it a claim. Times in ms since 1970 UTC."""

    gateway: str
    name: Text
    site: str
    state: State
    in_file: bool
    profiles: tuple[str, ...] = ()
    serial: str = ""
    added_at: int | None = None
    added_by: str = ""
    changed_at: int | None = None
    note: str = ""
    claim_ends_at: int | None = None
    certificate_ends_at: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim without its code."""

    purpose: str
    site: str
    state: ClaimState
    expected_serial: str
    created_at: int
    created_by: str
    ends_at: int
    used_at: int | None


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate without itself."""

    serial: str
    issued_at: int
    not_after: int
    revoked_at: int | None
    reason: str
    broker_told_at: int | None


@dataclass(frozen=True, slots=True)
class EnrolledDetail:
    """A gateway with its claims and certificates, newest first."""

    gateway: Enrolled
    claims: tuple[ClaimView, ...]
    certificates: tuple[CertificateView, ...]


class EnrolmentDesk:
    """Reads; changes nothing."""

    def __init__(self, store: EnrolmentStore, registry: Registry, inventory: LiveInventory, *, clock: Clock) -> None:
        self._store = store
        self._registry = registry
        self._inventory = inventory
        self._clock = clock
        self._contact_ms = registry.config.first_contact_minutes * 60_000

    async def all(self) -> Sequence[Enrolled]:
        """Every gateway of registry and files."""
        now = self._clock.now_ms()
        claims = {each.gateway: each for each in await asyncio.to_thread(self._store.open_claims, now=now)}
        ends = await asyncio.to_thread(self._store.certificate_ends)
        names = sorted({row.gateway for row in self._registry.rows()} | self._inventory.filed.gateways.keys())
        return [each for name in names if (each := self._enrolled(name, claims.get(name), ends)) is not None]

    async def one(self, gateway: str) -> EnrolledDetail | None:
        """One gateway with everything; None when nobody knows it."""
        claims = await asyncio.to_thread(self._store.claims, gateway)
        rows = await asyncio.to_thread(self._store.certificates, gateway)
        good = [row.not_after for row in rows if not row.revoked_at]
        newest = next((each for each in claims if self._state_of(each) == "open"), None)
        view = self._enrolled(gateway, newest, {gateway: max(good)} if good else {})
        if view is None:
            return None
        return EnrolledDetail(view, tuple(map(self._claim, claims)), tuple(map(_certificate, rows)))

    def _enrolled(self, gateway: str, claim: ClaimRow | None, ends: Mapping[str, int]) -> Enrolled | None:
        row, filed = self._registry.row(gateway), self._inventory.filed
        site, entry = filed.site_of(gateway), filed.gateway(gateway)
        if row is None:
            return (
                None
                if site is None or entry is None
                else Enrolled(gateway, entry.name, site.id, "listed", in_file=True)
            )
        return Enrolled(
            gateway=gateway,
            name=entry.name if entry else Text(vi=row.name_vi, en=row.name_en),
            site=site.id if site else row.site,
            state=row.state,
            in_file=site is not None,
            profiles=tuple(each for each in row.profiles.split(",") if each),
            serial=row.expected_serial,
            added_at=row.added_at,
            added_by=row.added_by,
            changed_at=row.changed_at,
            note=row.note,
            claim_ends_at=ends_at(claim, contact_ms=self._contact_ms) if claim is not None else None,
            certificate_ends_at=ends.get(gateway),
        )

    def _state_of(self, claim: ClaimRow) -> ClaimState:
        if claim.used_at:
            return "used"
        if claim.withdrawn_at:
            return "withdrawn"
        is_over = self._clock.now_ms() >= ends_at(claim, contact_ms=self._contact_ms)
        return "expired" if is_over else "open"

    def _claim(self, row: ClaimRow) -> ClaimView:
        end = ends_at(row, contact_ms=self._contact_ms)
        state = self._state_of(row)
        head = (row.purpose, row.site, state, row.expected_serial, row.created_at, row.created_by)
        return ClaimView(*head, end, row.used_at or None)


def _certificate(row: CertificateRow) -> CertificateView:
    told = row.told_at or None
    return CertificateView(row.serial, row.issued_at, row.not_after, row.revoked_at or None, row.reason, told)

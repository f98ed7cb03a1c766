"""The registry of gateways: who is expected, who is active, who is gone; the one writer of its rows.

```
              add                  join                     revoke
   (nobody) ───────▶ expected ───────────▶ active ─────────────────────▶ revoked
                        │  ▲ label           │ ▲ replace: a claim; the        │ replace
                        │  └─ a new code     │ └─ old certificate dies with   │
                        ▼                    ▼    the join of the new box     ▼
                      retired ◀────────────────────────────────────────── (active again with the join)
```
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from cloud.enrolment.authority import Authority
from cloud.enrolment.certificates import AuthorityError
from cloud.enrolment.config import EnrolmentConfig
from cloud.enrolment.revoking import Revoker
from cloud.errors import CloudError, StateConflictError
from cloud.inventory.live import Added, LiveInventory
from cloud.store.base import AuditRow
from cloud.store.enrolment_port import ClaimPurpose, ClaimRow, Enrolled, EnrolmentStore, GatewayRow
from device_profiles.clock import Clock
from device_profiles.schema import Text
from device_profiles.wire import WireError
from device_profiles.wire.claims import Claim, centre_address, code_of, link_of

DAY_MS: Final = 86_400_000
GONE: Final = frozenset({"retired", "revoked"})
NUMBERS: Final = 10_000  # gateways at one site whose ids we invent
BITS: Final = 45


class RegistryError(CloudError):
    """What was asked does not fit what the registry holds; `reason` is a word that programs can rely on."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewGateway:
    """A gateway that is expected at a site; without an id it gets one, without a name it is called after its site."""

    site: str
    gateway: str = ""
    name: Text | None = None
    profiles: tuple[str, ...] = ()
    serial: str = ""
    valid_days: int = 0


@dataclass(frozen=True, slots=True)
class Ticket:
    """A claim as it is printed; the code is said once and never kept."""

    gateway: str
    name: Text
    site: str
    site_name: Text
    purpose: ClaimPurpose
    code: str
    link: str
    expires_at: int
    expected_serial: str


@dataclass(frozen=True, slots=True)
class Registrar:
    """What the registry works with. `authority` is None until somebody has made one."""

    store: EnrolmentStore
    authority: Authority | None
    inventory: LiveInventory
    revoker: Revoker
    clock: Clock
    config: EnrolmentConfig
    audit: Callable[[AuditRow], None]
    centre_url: str
    profiles: Mapping[str, object]
    moved: Callable[[str], None]  # a gateway came, went, or is elsewhere now


class Registry:
    """Every change is kept first, then believed: the inventory follows the rows."""

    def __init__(self, registrar: Registrar) -> None:
        self._with = registrar
        self.lock = asyncio.Lock()  # joins take it, too
        self._rows: dict[str, GatewayRow] = {}

    @property
    def config(self) -> EnrolmentConfig:
        """How long claims and certificates live."""
        return self._with.config

    async def open(self) -> None:
        """Takes up where the rows stand."""
        rows = await asyncio.to_thread(self._with.store.gateways)
        self._rows = {row.gateway: row for row in rows}
        self._install()

    def row(self, gateway: str) -> GatewayRow | None:
        """What the registry holds of a gateway; None also for one that only a file names."""
        return self._rows.get(gateway)

    def placed(self, gateway: str) -> GatewayRow | None:
        """The row with the site where the gateway is now (a file's word first); None when no file knows that site."""
        row, filed = self._rows.get(gateway), self._with.inventory.filed
        site = filed.site_of(gateway) or (filed.sites.get(row.site) if row is not None else None)
        return None if row is None or site is None else replace(row, site=site.id)

    def rows(self) -> Sequence[GatewayRow]:
        """Every gateway of the registry, by id."""
        return [self._rows[each] for each in sorted(self._rows)]

    async def add(self, wish: NewGateway, *, actor: str) -> Ticket:
        """Expects a gateway, and gives the claim for it."""
        self._check_site(wish.site)
        self._check_profiles(wish.profiles)
        async with self.lock:
            gateway = wish.gateway or self._free_id(wish.site)
            if gateway in self._rows or gateway in self._with.inventory.filed.gateways:
                raise RegistryError("gateway_known", f"There is a gateway {gateway!r} already: label or replace it.")
            now = self._with.clock.now_ms()
            name = wish.name or self._with.inventory.sites[wish.site].name
            row = GatewayRow(
                gateway, wish.site, name.vi, name.en, "expected", ",".join(wish.profiles), wish.serial, now, actor, now
            )
            ticket, claim = self._claim(row, "new", actor=actor, days=wish.valid_days)
            try:
                await asyncio.to_thread(self._with.store.add_gateway, row, claim)
            except StateConflictError as error:
                raise RegistryError("gateway_known", f"There is a gateway {gateway!r} already.") from error
            self.take(row)
        await self._audit(actor, "gateway_add", gateway, f"site {wish.site}")
        return ticket

    async def label(self, gateway: str, *, actor: str, serial: str | None = None, days: int = 0) -> Ticket:
        """A new code for a gateway that is still expected; the old one dies."""
        async with self.lock:
            row = self._known(gateway)
            if row.state != "expected":
                raise RegistryError("wrong_state", f"The gateway is {row.state}: replace it to get another claim.")
            ticket = await self._give_claim(row, "new", actor=actor, serial=serial, days=days)
        await self._audit(actor, "gateway_label", gateway)
        return ticket

    async def replace(self, gateway: str, *, actor: str, serial: str | None = None, days: int = 0) -> Ticket:
        """A claim for a new box in the place of an old one, which stays good until the new one has joined."""
        async with self.lock:
            row = self._known(gateway)
            if row.state == "retired":
                raise RegistryError("wrong_state", "The gateway is retired.")
            ticket = await self._give_claim(row, "replace", actor=actor, serial=serial, days=days)
        await self._audit(actor, "gateway_replace", gateway)
        return ticket

    async def move(self, gateway: str, site: str, *, actor: str) -> GatewayRow:
        """Puts a gateway at another site, from its next batch on; what it brought before stays where it was."""
        self._check_site(site)
        async with self.lock:
            row = self._known(gateway)
            if gateway in self._with.inventory.filed.gateways:
                raise RegistryError("in_file", f"The file of site {row.site} names this gateway: change it there.")
            if row.state in GONE:
                raise RegistryError("wrong_state", f"The gateway is {row.state}.")
            moved = replace(row, site=site, changed_at=self._with.clock.now_ms())
            claims = await asyncio.to_thread(self._with.store.claims, gateway)
            theirs = [replace(each, site=site) for each in claims if not each.used_at and not each.withdrawn_at]
            await asyncio.to_thread(self._with.store.change, Enrolled([moved], claims=theirs))
            self.take(moved)
        await self._audit(actor, "gateway_move", gateway, f"{row.site} to {site}")
        return moved

    async def retire(self, gateway: str, *, actor: str, reason: str) -> GatewayRow:
        """Ends a gateway for good: its certificate and its claims die, its history stays."""
        return await self._end(gateway, "retired", actor=actor, reason=reason)

    async def revoke(self, gateway: str, *, actor: str, reason: str) -> GatewayRow:
        """Puts a gateway out at once, for instance because its cabinet was stolen; `replace` takes it in again."""
        return await self._end(gateway, "revoked", actor=actor, reason=reason)

    def take(self, row: GatewayRow) -> None:
        """Believes a row that is kept."""
        former, self._rows[row.gateway] = self._rows.get(row.gateway), row
        if former is not None and _place(former) == _place(row):
            return
        if row.state in GONE:
            self._with.inventory.bar(row.gateway)
        else:
            self._with.inventory.put(_added(row))
        self._with.moved(row.gateway)

    # --- steps ------------------------------------------------------------------------------------------------------

    async def _end(self, gateway: str, how: Literal["retired", "revoked"], *, actor: str, reason: str) -> GatewayRow:
        async with self.lock:
            row = self._known(gateway)
            if row.state in ("retired", how):
                raise RegistryError("wrong_state", f"The gateway is {row.state} already.")
            now = self._with.clock.now_ms()
            ended = replace(row, state=how, changed_at=now, note=reason)
            claims = [replace(each, withdrawn_at=now) for each in await self._open_claims(gateway)]
            step = Enrolled([ended], claims=claims, revoke=(gateway, now, how))
            await asyncio.to_thread(self._with.store.change, step)
            self.take(ended)
        await self._audit(actor, f"gateway_{'retire' if how == 'retired' else 'revoke'}", gateway, reason)
        self._with.revoker.wake()
        return ended

    async def _give_claim(
        self, row: GatewayRow, purpose: ClaimPurpose, *, actor: str, serial: str | None, days: int
    ) -> Ticket:
        if serial is not None:
            row = replace(row, expected_serial=serial, changed_at=self._with.clock.now_ms())
        elif purpose == "replace":
            row = replace(row, expected_serial="")  # the old box's number is not the new one's
        ticket, claim = self._claim(row, purpose, actor=actor, days=days)
        old = [replace(each, withdrawn_at=claim.created_at) for each in await self._open_claims(row.gateway)]
        await asyncio.to_thread(self._with.store.change, Enrolled([row], claims=[*old, claim]))
        self.take(row)
        return ticket

    async def _open_claims(self, gateway: str) -> list[ClaimRow]:
        claims = await asyncio.to_thread(self._with.store.claims, gateway)
        return [each for each in claims if not each.used_at and not each.withdrawn_at]

    def _claim(self, row: GatewayRow, purpose: ClaimPurpose, *, actor: str, days: int) -> tuple[Ticket, ClaimRow]:
        desk, code = self._with, code_of(secrets.randbits(BITS))
        if desk.authority is None:
            raise AuthorityError("There is no authority yet: thacba-cloud authority init, then start the centre again.")
        try:
            centre_address(desk.centre_url)
        except WireError as error:
            detail = "Gateways must know where we are: enrolment.centre_url in centre.toml, https://…"
            raise RegistryError("centre_url", detail) from error
        self._check_site(row.site)
        site, now = desk.inventory.filed.sites[row.site], desk.clock.now_ms()
        end = now + (days or desk.config.claim_days) * DAY_MS
        link = link_of(Claim(desk.centre_url, code, desk.authority.pin), page=desk.config.page)
        name, serial = Text(vi=row.name_vi, en=row.name_en), row.expected_serial
        ticket = Ticket(row.gateway, name, row.site, site.name, purpose, code, link, end, serial)
        digest = desk.authority.digest_of(code)
        return ticket, ClaimRow(digest, row.gateway, row.site, purpose, serial, now, actor, end)

    def _known(self, gateway: str) -> GatewayRow:
        """The gateway's row; one that only a file names gets its row here, and counts as expected."""
        row = self._rows.get(gateway)
        if row is not None:
            filed = self._with.inventory.filed.site_of(gateway)
            return row if filed is None else replace(row, site=filed.id)
        site, entry = self._with.inventory.filed.site_of(gateway), self._with.inventory.filed.gateway(gateway)
        if site is None or entry is None:
            raise RegistryError("unknown", f"There is no gateway {gateway!r}.")
        now = self._with.clock.now_ms()
        return GatewayRow(gateway, site.id, entry.name.vi, entry.name.en, "expected", "", "", now, "file", now)

    def _free_id(self, site: str) -> str:
        taken = self._rows.keys() | self._with.inventory.filed.gateways.keys()
        stem = f"gw-{site.removeprefix('site-')}"[:58]
        return next(
            each for each in (f"{stem}-{number:02d}" for number in range(1, NUMBERS)) if each not in taken
        )  # ten thousand at one site is a fault of whoever asks

    def _check_site(self, site: str) -> None:
        if site not in self._with.inventory.filed.sites:
            raise RegistryError("site_unknown", f"There is no site {site!r}.")

    def _check_profiles(self, profiles: Sequence[str]) -> None:
        unknown = [each for each in profiles if each not in self._with.profiles]
        if unknown:
            raise RegistryError("profile_unknown", f"There is no device profile {unknown[0]!r}.")

    def _install(self) -> None:
        rows = self._rows.values()
        self._with.inventory.install(list(map(_added, rows)), {row.gateway for row in rows if row.state in GONE})

    async def _audit(self, actor: str, action: str, gateway: str, detail: str = "") -> None:
        row = AuditRow(self._with.clock.now_ms(), actor, action, gateway, detail)
        await asyncio.to_thread(self._with.audit, row)


def _added(row: GatewayRow) -> Added:
    return Added(row.gateway, row.site, Text(vi=row.name_vi, en=row.name_en))


def _place(row: GatewayRow) -> tuple[object, ...]:
    """What the inventory must know of a row: a join changes nothing of it."""
    return row.site, row.name_vi, row.name_en, row.state in GONE

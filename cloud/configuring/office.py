"""The office of configurations: keeps what every gateway shall run, sends it, and takes up what was changed on site.

set ─▶ check ─▶ seal ─▶ sign ─▶ state database ─▶ retained message ─▶ gateway tries it ─▶ birth says what runs ─▶ drift
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cloud.configuring.compare import changes, line_diff
from cloud.configuring.drift import Drift, drift_of
from cloud.configuring.post import Post
from cloud.configuring.sheet import (
    FILE,
    ConfigurationRefusedError,
    Reading,
    read,
    secrets_in,
    settings_in,
    table_of,
    text_of,
)
from cloud.configuring.terms import (
    ConfigurationChangedError,
    Desk,
    Draft,
    Hand,
    Preview,
    UnknownGatewayError,
)
from cloud.errors import StateConflictError, StoreUnavailableError
from cloud.store.base import AuditRow
from cloud.store.configuration_port import ConfigurationRow
from device_profiles.explain import Fault
from device_profiles.wire.configuration import (
    Configuration,
    SignedConfiguration,
    sign_configuration,
)
from device_profiles.wire.messages import RunningConfiguration, Settings
from device_profiles.wire.sealing import seal

log = logging.getLogger(__name__)

ROUND_S = 0.5
NO_KEY = "The centre has no command key: make one with `thacba-cloud keys`, and tell the gateways its public half."


class ConfigurationOffice:
    """One writer. Belongs to one event loop; the database is asked in threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._desired: dict[str, ConfigurationRow] = {}
        self._turn = asyncio.Lock()
        self._post = Post(desk.link, desk.clock)
        self._spoke: dict[str, None] = {}

    async def open(self) -> None:
        """Reads what every gateway shall run."""
        rows = await asyncio.to_thread(self._desk.store.newest_of_all)
        self._desired = {row.gateway: row for row in rows}

    async def run(self) -> NoReturn:
        """Sends what gateways have not got, and takes up what was changed on site, until cancelled."""
        while True:
            await self._desk.clock.sleep(ROUND_S)
            if self._post.is_link_new():
                self._post.want(*self._desired)
            await self._look_at_births()
            self._post.send(self._wanted)

    def spoke(self, gateway: str) -> None:
        """A gateway said something of itself."""
        self._spoke[gateway] = None

    def desired(self, gateway: str) -> ConfigurationRow | None:
        """What a gateway shall run."""
        return self._desired.get(gateway)

    def running(self, gateway: str) -> RunningConfiguration | None:
        """What it says it runs."""
        standing = self._desk.fleet.gateway(gateway)
        return standing.running if standing else None

    def drift(self, gateway: str) -> Drift:
        """How the one stands to the other."""
        return drift_of(self._desired.get(gateway), self.running(gateway))

    async def versions(self, gateway: str, *, limit: int = 100) -> Sequence[ConfigurationRow]:
        """Every version, newest first; UnknownGatewayError."""
        self._need(gateway)
        return await asyncio.to_thread(self._desk.store.versions, gateway, limit=limit)

    async def version(self, gateway: str, version: int) -> ConfigurationRow:
        """One version; UnknownGatewayError."""
        self._need(gateway)
        row = await asyncio.to_thread(self._desk.store.version, gateway, version)
        if row is None:
            raise UnknownGatewayError(f"{gateway} never had a configuration {version}.")
        return row

    async def check(self, draft: Draft) -> Preview:
        """What a draft would change; ConfigurationRefusedError with every fault. Keeps and sends nothing."""
        self._need(draft.gateway)
        reading = self._read(draft)
        former = self._desired.get(draft.gateway)
        before = settings_in(former.text) if former else Settings()
        number = self._next_version(draft.gateway)
        wanted = Configuration(1, draft.gateway, number, self._desk.clock.now_ms(), reading.settings)
        lines = line_diff(former.text if former else "", draft.text, names=(_label(former), f"{number}"))
        return Preview(number, changes(table_of(before), table_of(reading.settings)), lines, wanted)

    async def set(self, draft: Draft, hand: Hand) -> ConfigurationRow:
        """Keeps a new version and sends it; ConfigurationRefusedError, ConfigurationChangedError."""
        self._need(draft.gateway)
        async with self._turn:
            former = self._desired.get(draft.gateway)
            if hand.match is not None and hand.match != (former.version if former else 0):
                raise ConfigurationChangedError("Somebody changed the configuration since you read it: read it again.")
            reading = self._read(draft)
            if not hand.rollout and reading.settings.release != (settings_in(former.text).release if former else ""):
                raise ConfigurationRefusedError([Fault(FILE, "release", "moves in waves alone", "begin a roll-out")])
            sealed, sealed_to = await self._sealed(draft, reading, former)
            return await self._keep(draft, reading.settings, hand, sealed=sealed, sealed_to=sealed_to)

    async def restore(self, gateway: str, version: int, hand: Hand) -> ConfigurationRow:
        """Gives a gateway the text of a former version under a new number; as `set`."""
        row = await self.version(gateway, version)
        return await self.set(Draft(gateway, row.text), hand)

    def _wanted(self, gateway: str) -> ConfigurationRow | None:
        """What must be sent to a gateway; None when it has it, or when there is nothing signed."""
        row = self._desired.get(gateway)
        return row if row is not None and row.body and self.drift(gateway).word != "in_step" else None

    def _read(self, draft: Draft) -> Reading:
        former = self._desired.get(draft.gateway)
        known = set(former.sealed) | secrets_in(former.text) if former else set()
        return read(draft.text, self._desk.profiles, given=draft.secrets, known=known)

    async def _keep(
        self, draft: Draft, settings: Settings, hand: Hand, *, sealed: Mapping[str, str], sealed_to: str
    ) -> ConfigurationRow:
        """Signs, keeps and sends."""
        if self._desk.key is None:
            raise ConfigurationRefusedError([Fault(FILE, "", NO_KEY)])
        now = self._desk.clock.now_ms()
        wanted = Configuration(
            v=1,
            gateway=draft.gateway,
            version=self._next_version(draft.gateway),
            issued_at=now,
            settings=settings,
            confirm_within_s=hand.confirm_within_s,
            sealed=dict(sealed),
        )
        signed = sign_configuration(wanted, self._desk.key)
        row = ConfigurationRow(
            gateway=draft.gateway,
            version=wanted.version,
            source="centre",
            author=hand.author,
            at=now,
            comment=hand.comment,
            text=draft.text,
            body=signed.body,
            signature=signed.signature,
            sealed=sealed,
            sealed_to=sealed_to,
            rollout=hand.rollout,
        )
        await self._add(row)
        self._post.want(row.gateway)
        return row

    async def _add(self, row: ConfigurationRow) -> None:
        try:
            await asyncio.to_thread(self._desk.store.add, row)
        except StateConflictError as error:
            raise ConfigurationChangedError("Somebody changed the configuration just now: read it again.") from error
        self._desired[row.gateway] = row

    async def _sealed(
        self, draft: Draft, reading: Reading, former: ConfigurationRow | None
    ) -> tuple[dict[str, str], str]:
        """The secrets that this version carries, and the key they are sealed to.

        A name without one here means the secret that the gateway has already under this name.
        """
        key = await asyncio.to_thread(self._desk.keys.public_key, draft.gateway)
        if key is None and draft.secrets:
            reason = "this gateway has no certificate yet, so that no secret can be sealed for it"
            raise ConfigurationRefusedError([Fault(FILE, name, reason) for name in sorted(draft.secrets)])
        mark = digest_of(key) if key is not None else ""
        is_same = former is not None and former.sealed_to == mark and bool(mark)
        carried = dict(former.sealed) if former is not None and is_same else {}
        sealed = {name: carried[name] for name in reading.secrets if name in carried}
        if key is not None:
            for name, secret in draft.secrets.items():
                sealed[name] = seal(key, secret.encode(), context=f"{draft.gateway}/{name}")
        return sealed, mark if sealed else ""

    def _next_version(self, gateway: str) -> int:
        """Above everything that the centre wanted and the gateway ever had."""
        former, running = self._desired.get(gateway), self.running(gateway)
        known = [former.version if former else 0]
        if running is not None:
            known += [running.version, running.tried]
        return max(known) + 1

    def _need(self, gateway: str) -> None:
        if not self._desk.knows(gateway):
            raise UnknownGatewayError(f"There is no gateway {gateway!r}.")

    async def _look_at_births(self) -> None:
        spoke, self._spoke = self._spoke, {}
        for gateway in spoke:
            running, drift = self.running(gateway), self.drift(gateway)
            if drift.word in ("waiting", "silent") and drift.desired:
                self._post.want(gateway)
            elif drift.word == "site" and running is not None and running.state == "active":
                await self._adopt(gateway, running)

    async def _adopt(self, gateway: str, running: RunningConfiguration) -> None:
        """What was changed on site becomes the next version; the gateway's own number when it is free."""
        if running.settings is None or not self._desk.knows(gateway):
            return  # the next birth tells them
        text = text_of(table_of(running.settings))
        async with self._turn:
            former = self._desired.get(gateway)
            if former is not None and former.source == "site" and former.text == text:
                self._post.want(gateway)  # taken up already, under a number that it has not heard of yet
                return
            is_free = running.version > (former.version if former else 0)
            now = self._desk.clock.now_ms()
            wanted = Configuration(
                v=1,
                gateway=gateway,
                version=running.version if is_free else self._next_version(gateway),
                issued_at=now,
                settings=running.settings,
            )
            signed = sign_configuration(wanted, self._desk.key) if self._desk.key else SignedConfiguration("", "")
            row = ConfigurationRow(
                gateway, wanted.version, "site", "", now, "", text, signed.body,
                signed.signature,
            )  # fmt: skip
            try:
                await self._add(row)
            except (ConfigurationChangedError, StoreUnavailableError) as error:
                log.warning("site change not adopted", extra={"gateway": gateway, "error": str(error)})
                return
            log.info("site change adopted", extra={"gateway": gateway, "version": row.version})
            audit = AuditRow(now, "site", "configuration_adopted", gateway, str(row.version))
            await asyncio.to_thread(self._desk.audit, audit)
            if not is_free:
                self._post.want(gateway)


def digest_of(key: EllipticCurvePublicKey) -> str:
    """SHA-256 of a public key, as it names what secrets are sealed to."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _label(row: ConfigurationRow | None) -> str:
    return str(row.version) if row else "0"

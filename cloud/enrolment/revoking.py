"""Carries revocations to where they count: the list beside the authority, and the broker; owed until it is done."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final, NoReturn

from cloud.brokering.port import BrokerDoor, DoorError
from cloud.enrolment.authority import CRL, Authority, Revoked
from cloud.enrolment.files import write_public
from cloud.errors import StoreUnavailableError
from cloud.store.enrolment_port import CertificateRow, EnrolmentStore
from device_profiles.backoff import Backoff
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

LONGEST_S: Final = 15.0  # a revocation must count within a minute


class Revoker:
    """Tells the broker of every revocation until it has taken it; the database keeps what is owed over a restart."""

    def __init__(
        self, store: EnrolmentStore, authority: Authority | None, folder: Path, door: BrokerDoor, *, clock: Clock
    ) -> None:
        self._store = store
        self._authority = authority
        self._file = folder / CRL
        self._door = door
        self._clock = clock
        self._work = asyncio.Event()
        self._done = asyncio.Event()

    def wake(self) -> None:
        """Something was revoked."""
        self._done.clear()
        self._work.set()

    async def settled(self) -> None:
        """Returns when nothing is owed any more."""
        await self._done.wait()

    async def run(self) -> NoReturn:
        """Pays what is owed, from before a restart, too, until cancelled."""
        backoff = Backoff(base_s=0.5, cap_s=LONGEST_S)
        while True:
            self._work.clear()
            try:
                await self.pay()
            except (DoorError, StoreUnavailableError, OSError) as error:
                log.warning("revocation not carried out yet", extra={"error": str(error)})
                await self._clock.sleep(backoff.next_delay())
                continue
            backoff.reset()
            self._done.set()
            await self._work.wait()

    async def pay(self) -> None:
        """Writes the list, and tells the broker what it was not told; may be repeated."""
        owed = await asyncio.to_thread(self._store.owed)
        text = await asyncio.to_thread(self._written)
        for gateway in dict.fromkeys(each.gateway for each in owed):
            await self._door.revoke(gateway, text.encode())
            told = [each.serial for each in owed if each.gateway == gateway]
            await asyncio.to_thread(self._store.told, told, now=self._clock.now_ms())
            log.info("gateway put out", extra={"gateway": gateway, "certificates": len(told)})

    def _written(self) -> str:
        if self._authority is None:
            return ""
        now = self._clock.now_ms()
        text = self._authority.revocation_list([_entry(each) for each in self._store.revoked(now=now)], now=now)
        write_public(self._file, text)
        return text


def _entry(row: CertificateRow) -> Revoked:
    return Revoked(row.serial, row.revoked_at, replaced=row.reason == "replaced")

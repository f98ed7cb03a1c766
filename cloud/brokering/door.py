"""Puts gateways out of a Mosquitto: the revocation list, SIGHUP, and a take-over that ends the live session.

Mosquitto 2.0 reads the list again at SIGHUP, and asks nobody who is connected for his certificate again.
At the fleet's listener the client id is the name in the certificate, so that somebody who comes with this client id
through the centre's listener, and leaves, ends exactly this session. A list that cannot be read would open the door to
everybody: it is looked at before it is put there.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from cryptography import x509

from cloud.brokering.config import DoorConfig
from cloud.brokering.port import DoorError
from cloud.enrolment.certificates import instant
from cloud.enrolment.files import write_public
from device_profiles.clock import Clock

Cut = Callable[[str], Awaitable[None]]  # ends the session of a client id; DoorError
SOON: Final = timedelta(days=7)  # a list that is out of date locks everybody out
UNSEEN_S: Final = 2.0  # how long the broker gets when we cannot read in its log that it has read the list


class MosquittoDoor:
    """Implements BrokerDoor for the settings that `thacba-cloud broker config` makes."""

    def __init__(self, config: DoorConfig, cut: Cut, clock: Clock) -> None:
        self._config = config
        self._cut = cut
        self._clock = clock
        self._reloaded = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._read = b""  # the list that the broker has read

    async def revoke(self, gateway: str, crl_pem: bytes) -> None:
        """Returns when nobody with a revoked certificate can come in, and the gateway's session is cut; DoorError."""
        async with self._one_at_a_time:
            if crl_pem != self._read:  # many at once share one list
                await self._put_list(crl_pem)
                self._read = crl_pem
            await self._cut(gateway)

    async def admit(self, gateway: str) -> None:
        """Its certificate is enough."""

    async def _put_list(self, crl_pem: bytes) -> None:
        """Puts the list where the broker reads it and waits until it has; DoorError."""
        self._check(crl_pem)
        self._reloaded.clear()
        try:
            await asyncio.to_thread(write_public, self._config.crl_file, crl_pem.decode("ascii"))
        except OSError as error:
            raise DoorError(f"{self._config.crl_file}: {error.strerror}") from error
        self._signal()
        if self._config.log_file is None:
            await self._clock.sleep(UNSEEN_S)
            return
        try:
            async with asyncio.timeout(self._config.reload_s):
                await self._reloaded.wait()
        except TimeoutError:
            raise DoorError(f"the broker has not read {self._config.crl_file} again") from None

    def note_reload(self) -> None:
        """The broker's log says that it has read everything again."""
        self._reloaded.set()

    def _check(self, crl_pem: bytes) -> None:
        try:
            revoked = x509.load_pem_x509_crl(crl_pem)
        except ValueError as error:
            raise DoorError("the revocation list cannot be read") from error
        end = revoked.next_update_utc
        if end is None or end < instant(self._clock.now_ms()) + SOON:
            raise DoorError("the revocation list runs out: with it the broker would let nobody in")

    def _signal(self) -> None:
        """Without a process to signal, the path unit beside the broker sees that the file has changed."""
        if self._config.pid_file is None:
            return
        try:
            os.kill(int(self._config.pid_file.read_text()), signal.SIGHUP)
        except ProcessLookupError:
            raise DoorError("the broker does not run") from None
        except (OSError, ValueError) as error:
            raise DoorError(f"{self._config.pid_file}: the broker cannot be told ({error})") from error

"""Tells systemd how the program does: ready, alive, a sentence for `systemctl status`, and that it ends (sd_notify)."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping

from device_profiles.clock import Clock

log = logging.getLogger(__name__)

LEAST_PERIOD_S, USUAL_PERIOD_S = 0.5, 10.0
READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


class Notifier:
    """Speaks to whoever started the program; does nothing when nobody listens.

    It beats on the event loop: a loop that stands still is silent, and systemd starts the program anew (WatchdogSec).
    """

    def __init__(self, status: Callable[[], str], clock: Clock, *, told: Mapping[str, str] = os.environ) -> None:
        """`status`: the sentence; `told`: the environment."""
        self._status = status
        self._clock = clock
        self._address = told.get("NOTIFY_SOCKET", "")
        self._period_s = _period(told.get("WATCHDOG_USEC", ""))

    async def run(self) -> None:
        """Says that the program is ready, and goes on until it is cancelled."""
        self._say(READY)
        try:
            while True:
                self._say(f"{ALIVE}\nSTATUS={self._status()}")
                await self._clock.sleep(self._period_s)
        finally:
            self._say(STOPPING)

    def _say(self, text: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            try:
                out.sendto(text.encode(), address)
            except OSError as error:  # full, or gone: the next beat says it again
                log.debug("systemd not reached", extra={"error": str(error)})


def _period(watchdog_us: str) -> float:
    """A third of what systemd waits for, as often as anybody reads the sentence."""
    if not watchdog_us.isdigit():
        return USUAL_PERIOD_S
    return max(LEAST_PERIOD_S, min(USUAL_PERIOD_S, int(watchdog_us) / 3e6))

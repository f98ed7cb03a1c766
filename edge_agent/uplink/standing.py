"""How the link is, and one log line per change of that."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from edge_agent.uplink.link import Link

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkStanding:
    """How a link is now. `since`: monotonic seconds since when; None before the first attempt ended."""

    is_up: bool = False
    fault: str = ""
    since: float | None = None
    sessions: int = 0
    receipts: int = 0


class Standing:
    """Owns what is known of the link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.now = LinkStanding()

    def up(self, at: float, *, backlog: int) -> None:
        """A session was born."""
        before = self.now
        lasted = 0.0 if before.is_up or before.since is None else round(at - before.since, 1)
        self.now = replace(before, is_up=True, fault="", since=at, sessions=before.sessions + 1)
        log.info("link up", extra={"after_s": lasted, "backlog": backlog})

    def parted(self, at: float) -> None:
        """The session is over, whoever ended it."""
        if self.now.is_up:
            self.now = replace(self.now, is_up=False, since=at)

    def lost(self, fault: str, at: float) -> None:
        """One line when the link goes, one per change of the reason, none per attempt."""
        if fault != self.now.fault:
            log.warning("link down", extra={"fault": fault, "host": self._link.host, "port": self._link.port})
        since = at if self.now.since is None or self.now.is_up else self.now.since
        self.now = replace(self.now, is_up=False, fault=fault, since=since)

    def heard(self, receipts: int) -> None:
        """The centre answered."""
        self.now = replace(self.now, receipts=self.now.receipts + receipts)

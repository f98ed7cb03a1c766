"""Carries desired configurations to their gateways: retained, paced, and again after a broker that forgot them."""

from __future__ import annotations

from collections.abc import Callable

from cloud.ingest.subscriber import Link
from cloud.store.configuration_port import ConfigurationRow
from device_profiles.clock import Clock
from device_profiles.wire import Channel, encode, topic_for
from device_profiles.wire.configuration import SignedConfiguration

PER_ROUND = 100  # a fleet that comes back at once must not fill the way to the broker
AGAIN_S = 60.0  # a gateway that still says it has not got it is sent it again no sooner, and each time twice as late:
LONGEST_S = 6 * 3600.0  # it may have reasons, and pays for every byte


class Post:
    """What waits to be sent, and what was sent when. Belongs to the office."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._due: dict[str, None] = {}
        self._sent: dict[str, tuple[int, float, float]] = {}  # version, when, and how long not again
        self._linked_s = 0.0

    def want(self, *gateways: str) -> None:
        """These may need what they shall run."""
        self._due.update(dict.fromkeys(gateways))

    def is_link_new(self) -> bool:
        """True once after every loss: the broker may have lost what it retained."""
        linked_s, before_s = self._link.connected_for_s(), self._linked_s
        self._linked_s = linked_s
        if not linked_s or (before_s and linked_s >= before_s):
            return False
        self._sent.clear()
        return True

    def send(self, wanted: Callable[[str], ConfigurationRow | None]) -> None:
        """Sends some of what is due; while the broker is away it waits."""
        if self._link.fault():
            return
        now = self._clock.monotonic()
        for gateway in list(self._due)[:PER_ROUND]:
            del self._due[gateway]
            row = wanted(gateway)
            version, at, pause_s = self._sent.get(gateway, (0, 0.0, 0.0))
            is_same = row is not None and version == row.version
            if row is None or (is_same and now - at < pause_s):
                continue
            payload = encode(SignedConfiguration(row.body, row.signature))
            self._link.send(topic_for(gateway, Channel.CONFIGURATION), payload, retain=True)
            self._sent[gateway] = (row.version, now, min(2 * pause_s, LONGEST_S) if is_same else AGAIN_S)

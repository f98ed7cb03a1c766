"""How many series each gateway may make: one device with invented names must not fill the index of the server."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from cloud.store.base import Columns, PlacedEvent
from cloud.store.line_protocol import IDENTIFIER, NAME, is_storable
from cloud.store.roll_up import is_roll_up
from device_profiles.schema import RESERVED_PROFILES


class SeriesBudget:
    """Admits what is known, learns what is new while the gateway's budget lasts, and says why it refuses.

    It counts in memory and starts anew with the process: a restart forgives, the server's own limit stays.
    """

    def __init__(self, per_gateway: int) -> None:
        self._per_gateway = per_gateway
        self._series: dict[str, set[tuple[str, ...]]] = {}
        self._seen: set[tuple[str, str, str, str, tuple[str, ...]]] = set()  # shapes of blocks that were proven before

    def refusal(self, block: Columns) -> str:
        """Why the block may not be written, as a countable reason; empty when it may."""
        shape = (block.site, block.gateway, block.device, block.profile, tuple(block.points))
        if shape not in self._seen:
            ids = (block.site, block.gateway, block.device)
            if (
                block.profile in RESERVED_PROFILES
                or is_roll_up(block.profile)
                or not is_storable(*ids, block.profile, *block.points)
            ):
                return "name"
            if not self._affords(block.gateway, {(block.profile, block.site, block.device)}):
                return "cardinality"
            self._seen.add(shape)
        if block.quality:
            codes = {("quality", block.site, block.device, point) for point in block.quality}
            if not codes <= self._series[block.gateway] and not self._affords(block.gateway, codes):
                return "cardinality"
        return ""

    def refusal_of_event(self, placed: PlacedEvent) -> str:
        """The same for an event."""
        event = placed.event
        if not is_storable(placed.site, placed.gateway, event.device) or not NAME.fullmatch(event.kind):
            return "name"
        if not IDENTIFIER.fullmatch(event.id) or not all(map(NAME.fullmatch, event.facts)):
            return "name"
        affordable = self._affords(placed.gateway, {("event", placed.site, event.device, event.kind)})
        return "" if affordable else "cardinality"

    def _affords(self, gateway: str, wanted: AbstractSet[tuple[str, ...]]) -> bool:
        known = self._series.setdefault(gateway, set())
        new = wanted - known
        if len(known) + len(new) > self._per_gateway:
            return False
        known |= new
        return True

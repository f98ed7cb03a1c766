"""What happened at a device, in the form that the wire allows."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

from device_profiles.wire import Event
from device_profiles.wire.proof import NAME
from device_profiles.wire.topics import IDENTIFIER
from edge_agent.connector import Happening, Scalar

LARGEST_INT = 2**53
LATEST_MOMENT = 2**53


def to_event(happening: Happening, *, now: int) -> Event:
    """The event; an id that could not travel becomes its digest, so that it still counts once."""
    named = IDENTIFIER.fullmatch(happening.id) is not None
    moment = happening.observed_at
    return Event(
        id=happening.id if named else hashlib.sha256(happening.id.encode("utf-8", "replace")).hexdigest()[:32],
        device=happening.device,
        kind=happening.kind if NAME.fullmatch(happening.kind) else "unknown",
        at=moment if moment is not None and 0 < moment <= LATEST_MOMENT else now,
        facts=_travelling(happening.facts),
    )


def _travelling(facts: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {key: _finite(value) for key, value in facts.items() if NAME.fullmatch(key)}


def _finite(value: Scalar) -> Scalar:
    """The value; as a text when JSON has no such number."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) > LARGEST_INT:
        return str(value)
    return value

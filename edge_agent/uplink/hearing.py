"""What a message of the broker is, when it is one of ours."""

from __future__ import annotations

import logging
from typing import TypeVar

from device_profiles.wire import Channel, Receipt, State, WireError, decode, parse_topic

log = logging.getLogger(__name__)
M = TypeVar("M", Receipt, State)


def channel_of(topic: str) -> Channel | None:
    """The channel of a topic; None when it is none of ours."""
    try:
        return parse_topic(topic).channel
    except WireError:
        return None


def documents_in(payload: bytes, kind: type[M]) -> list[M]:
    """The document in a message; none when it is not one, for what a receipt would have freed is simply sent again."""
    try:
        return [decode(payload, kind)]
    except WireError as error:
        log.warning("message unreadable", extra={"kind": kind.__name__, "error": str(error)})
        return []

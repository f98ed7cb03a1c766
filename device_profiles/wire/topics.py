"""The topics of the wire contract, thacba/1/<shard>/<gateway>/<channel>: this file alone builds and parses them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from zlib import crc32

from device_profiles.wire.errors import WireError

ROOT = "thacba/1"
FLEET = 16_384  # topics remembered: a fleet says the same ones again and again
IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Channel(StrEnum):
    """The last level of a topic: what kind of message it carries, and in which direction."""

    STATE = "state"
    READINGS = "readings"
    BACKLOG = "backlog"
    EVENTS = "events"
    HEALTH = "health"
    RESULT = "result"
    RECEIPT = "receipt"
    COMMAND = "command"
    CONFIGURATION = "configuration"


UP = (Channel.STATE, Channel.READINGS, Channel.BACKLOG, Channel.EVENTS, Channel.HEALTH, Channel.RESULT)
DOWN = (Channel.RECEIPT, Channel.COMMAND, Channel.CONFIGURATION)
RETAINED = frozenset({Channel.STATE, Channel.HEALTH, Channel.CONFIGURATION})
BATCHES = frozenset({Channel.READINGS, Channel.BACKLOG, Channel.EVENTS})


@dataclass(frozen=True, slots=True)
class Address:
    """Which gateway a topic belongs to, and which channel of it."""

    gateway: str
    channel: Channel


def shard_of(gateway: str) -> str:
    """Two hex digits, the same for a gateway for ever: workers divide the fleet by them (CRC-32, lowest byte)."""
    return f"{crc32(gateway.encode()) & 0xFF:02x}"


@lru_cache(maxsize=FLEET)
def topic_for(gateway: str, channel: Channel) -> str:
    """The topic of one channel of one gateway; WireError when the id could not stand in a topic."""
    if not IDENTIFIER.fullmatch(gateway):
        raise WireError("gateway_id", f"{gateway!r} is not a gateway id")
    return f"{ROOT}/{shard_of(gateway)}/{gateway}/{channel}"


def filter_for(channel: Channel, shard: str = "+") -> str:
    """The subscription that hears one channel of every gateway, of one shard or of all."""
    return f"{ROOT}/{shard}/+/{channel}"


@lru_cache(maxsize=FLEET)
def parse_topic(topic: str) -> Address:
    """The address in a topic; WireError when it is not one of ours."""
    parts = topic.split("/")
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT:
        raise WireError("topic", f"{topic!r} is not a topic of the wire contract")
    _, _, shard, gateway, channel = parts
    if not IDENTIFIER.fullmatch(gateway) or shard != shard_of(gateway):
        raise WireError("topic", f"{topic!r}: shard and gateway do not belong together")
    try:
        return Address(gateway, Channel(channel))
    except ValueError:
        raise WireError("topic", f"{topic!r}: no channel {channel!r}") from None

"""What somebody published at a broker; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody published; `retained` when the broker kept it from before, nobody knows how long."""

    topic: str
    payload: bytes
    retained: bool = False
    number: int = 0
    qos: int = 0

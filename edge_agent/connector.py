"""What every connector shares: samples, events, the three shapes of a connector and its errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

Scalar: TypeAlias = int | float | bool | str


class EdgeError(Exception):
    """Base of every error that the gateway program raises on purpose."""


class LinkError(EdgeError):
    """The other side cannot be reached or answers nonsense; trying again may help. `fault` is a short code."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail


class CommandError(EdgeError):
    """The device refuses the command, or does not know it; trying again never helps."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One raw value of one point, already scaled by the profile's source; no value when `fault` says why not.

    `observed_at` is the device's own time in ms since 1970 UTC, or None when the agent shall stamp it.
    `fault` is a short code such as `exception_02`, `timeout`, `missing`, `not_a_number`. `doubt` is one for a value
    that the device gives and does not vouch for, such as `last_usable_value`: the reading is uncertain.
    """

    device: str
    point: str
    value: Scalar | None
    observed_at: int | None = None
    fault: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened once at a device; `id` is the device's own when it has one, so it counts once."""

    device: str
    id: str
    kind: str
    observed_at: int | None = None
    facts: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture as JPEG, masks burnt in, of this moment (ms since 1970 UTC).

    `purpose` is what pictures of the place may be kept for, and `keep_h` for how long: 0 = shown, never kept.
    """

    jpeg: bytes
    at_ms: int
    purpose: str = ""
    keep_h: float = 0.0


Observation: TypeAlias = Sample | Happening
Deliver: TypeAlias = Callable[[Sequence[Observation]], Awaitable[None]]  # returns when the outbox has it on disk


class Poller(Protocol):
    """Reads a device when asked. Owns no clock, no retry and no queue.

    One on a line where slow sensors wait for one another says how long a poll may take: attribute `longest_poll_s`.
    """

    async def poll(self) -> Sequence[Observation]:
        """Every point of the device once; LinkError when the device as a whole does not answer."""

    async def close(self) -> None:
        """Lets go of the device; never raises."""


class Listener(Protocol):
    """Hears a device that owns the pace; runs until cancelled, LinkError when the device is lost."""

    async def listen(self, deliver: Deliver) -> None:
        """Delivers what the device says; each call returns when it is safe on disk."""


class Writer(Protocol):
    """Tells a device to do something."""

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Does it and says what came of it; CommandError when refused, LinkError when unreachable."""

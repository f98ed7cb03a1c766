"""Readings that can never be stored, as values; the JSON line that keeps each of them; and what people did with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import msgspec

from device_profiles.wire import Batch, DeviceBlock, Event, relative_times
from device_profiles.wire.messages import Cell, Scalar

ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Some readings of one point, or one event, that were refused, and why; complete, so that they can be retried.

    `reason` is a countable word: unmapped_point, unknown_profile, type, text_too_long, too_old, future, series_budget,
    or what the store said. `marks`: position and quality code, as in a batch. An event has no profile, its kind as
    point, its id as the only value, and its `facts`.
    """

    gateway: str
    device: str
    profile: str
    point: str
    epoch: str
    sequence: int
    reason: str
    readings: int
    times: tuple[int, ...] = ()
    values: tuple[Cell, ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    facts: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for the same readings, however often they are buried."""
        event = self.values if not self.profile else ()
        whose = (self.gateway, self.device, self.profile, self.point, self.epoch, self.sequence, self.word)
        text = msgspec.json.encode((*whose, self.times, event))
        return hashlib.sha256(text).hexdigest()[:ID_DIGITS]

    @property
    def word(self) -> str:
        """The countable part of the reason."""
        return self.reason.partition(":")[0]


_FIELDS = tuple(each.name for each in fields(DeadLetter))


class Headline(msgspec.Struct, frozen=True):
    """What a list shows of a letter: everything but the readings themselves. `at`: when it was buried."""

    id: str
    at: int
    gateway: str
    device: str
    profile: str
    point: str
    epoch: str
    sequence: int
    reason: str
    readings: int
    begin: int = 0
    end: int = 0


class Handled(msgspec.Struct, frozen=True):
    """What somebody did with a letter: `outcome` is retried or discarded; `reason` is theirs."""

    id: str
    outcome: str
    at: int
    actor: str
    reason: str = ""


def letter_of(event: Event, identity: tuple[str, str, int], reason: str) -> DeadLetter:
    """The letter of one event of a batch; `identity`: gateway, epoch, sequence."""
    gateway, epoch, sequence = identity
    whose = (gateway, event.device, "", event.kind, epoch, sequence)
    return DeadLetter(*whose, reason, 1, (event.at,), (event.id,), facts=event.facts)


def batch_of(letter: DeadLetter) -> Batch:
    """The readings of a letter as the gateway had sent them."""
    if not letter.profile:
        (at,), (identifier,) = letter.times, letter.values
        event = Event(str(identifier), letter.device, letter.point, at, dict(letter.facts))
        return Batch(1, letter.epoch, letter.sequence, 0, [], [event])
    points = {letter.point: list(letter.values)}
    quality = {letter.point: list(letter.marks)} if letter.marks else {}
    block = DeviceBlock(letter.device, letter.profile, relative_times(list(letter.times)), points, quality)
    return Batch(1, letter.epoch, letter.sequence, 0, [block] if letter.values else [])


def lines_of(letters: Sequence[DeadLetter], *, at: int) -> bytes:
    """One JSON line for each."""
    return b"".join(_line(each, at) for each in letters)


def _line(letter: DeadLetter, at: int) -> bytes:
    span = {"begin": min(letter.times, default=0), "end": max(letter.times, default=0)}
    content = {name: getattr(letter, name) for name in _FIELDS}  # dataclasses.asdict would copy every value
    return msgspec.json.encode({"id": letter.id, "at": at, **span, **content}) + b"\n"

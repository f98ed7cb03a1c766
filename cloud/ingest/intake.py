"""Decides what a message is worth: admitted readings, a refusal with its reason, or nothing said to a stranger."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import zstandard

from cloud.ingest.admission import AdmissionConfig, SeriesAllowance
from cloud.ingest.columns import FUTURE_MS, OLDEST_MS, Flaw, check, refuse_all, types_of
from cloud.ingest.deadletters import DeadLetter, letter_of
from cloud.ingest.doubt import doubted
from cloud.inventory.sites import Directory, Site
from cloud.store.base import Columns, PlacedEvent
from device_profiles.load import Catalogue
from device_profiles.wire import (
    Address,
    Batch,
    Channel,
    DeviceBlock,
    Dropped,
    Event,
    Health,
    Result,
    State,
    WireError,
    absolute_times,
    decode,
    decode_batch,
    size_of,
)
from device_profiles.wire.codec import GZIP_MAGIC, ZSTD_MAGIC

SAMPLE_BYTES = 64
HEAD_BYTES = 512
_HEAD = re.compile(rb'^\{"v":1,"epoch":"([0-9a-f]{16})","sequence":([1-9]\d{0,15}),"base":(\d{1,16})[,}]')


@dataclass(slots=True)
class Admitted:
    """A batch that is believed: what is storable of it, and what lies in the dead letters. stored + dead = its size."""

    gateway: str
    channel: Channel
    epoch: str
    sequence: int
    base: int
    received_at: int
    columns: list[Columns] = field(default_factory=list)
    events: list[PlacedEvent] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    size: int = 0
    dead: int = 0

    def forget_content(self) -> None:
        """A batch that is committed already needs only its receipt."""
        self.columns, self.events, self.letters = [], [], []


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that is not believed: a countable reason, what exactly, and its first bytes.

    `identity` is the epoch, sequence and base of a batch that can be refused by name, so that it is not sent for ever.
    """

    gateway: str
    channel: str
    reason: str
    detail: str
    sample: bytes
    received_at: int
    identity: tuple[str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A message of a gateway that nobody has listed: no receipt, so that nothing is lost if somebody lists it."""

    gateway: str
    channel: Channel
    received_at: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What a gateway says of itself, or what came of a command."""

    gateway: str
    site: str
    message: State | Health | Result
    received_at: int


Taken = Admitted | Rejected | Withheld | Heard
_KINDS: dict[Channel, type[State] | type[Health] | type[Result]] = {
    Channel.STATE: State,
    Channel.HEALTH: Health,
    Channel.RESULT: Result,
}


class Intake:
    """Judges messages against the catalogue, the inventory and each gateway's allowance of series."""

    def __init__(self, catalogue: Catalogue, inventory: Directory, *, allowance: SeriesAllowance | None = None) -> None:
        measured = {key: each for key, each in catalogue.profiles.items() if each.protocol != "derived"}
        self._types = {key: types_of(profile) for key, profile in measured.items()}  # indices are ours to work out
        self._inventory = inventory
        self._allowance = allowance or SeriesAllowance(AdmissionConfig.model_validate({}))

    def take(self, address: Address, payload: bytes, *, received_at: int) -> Taken:
        """What the message is worth."""
        site = self._inventory.site_of(address.gateway)
        if site is None:
            return Withheld(address.gateway, address.channel, received_at)
        kind = _KINDS.get(address.channel)
        try:
            if kind is None:
                return self._admitted(address, decode_batch(payload), site, received_at)
            return Heard(address.gateway, site.id, decode(payload, kind), received_at)
        except WireError as error:
            return Rejected(
                address.gateway,
                address.channel.value,
                error.reason,
                error.detail,
                payload[:SAMPLE_BYTES],
                received_at,
                identity_in(payload) if kind is None else None,
            )

    def readmit(self, gateway: str, batch: Batch, *, received_at: int) -> Admitted | None:
        """Checks readings of a dead letter as if they came now; None when nobody lists their gateway any more."""
        site = self._inventory.site_of(gateway)
        if site is None:
            return None
        return self._admitted(Address(gateway, Channel.BACKLOG), batch, site, received_at)

    def _admitted(self, address: Address, batch: Batch, site: Site, received_at: int) -> Admitted:
        admitted = Admitted(
            address.gateway, address.channel, batch.epoch, batch.sequence, batch.base, received_at, size=size_of(batch)
        )
        admitted.dropped = batch.dropped
        for block in batch.devices if batch.clock == "good" else map(doubted, batch.devices):
            self._take_block(admitted, block, site.id)
        for event in batch.events:
            _take_event(admitted, event, site.id)
        return admitted

    def _take_block(self, admitted: Admitted, block: DeviceBlock, site: str) -> None:
        times = absolute_times(block.times)
        types = self._types.get(block.profile)
        if types is None:
            _bury(admitted, block, refuse_all(block, times, "unknown_profile"))
            return
        known = (block.device, block.profile)
        if not self._allowance.has_room(admitted.gateway, known, len(types), now=admitted.received_at):
            _bury(admitted, block, refuse_all(block, times, "series_budget"))
            return
        checked = check(block, times, types, received_at=admitted.received_at)
        if checked.flaws:
            _bury(admitted, block, checked.flaws)
        if checked.times and checked.points:
            admitted.columns.append(
                Columns(
                    site,
                    admitted.gateway,
                    block.device,
                    block.profile,
                    checked.times,
                    checked.points,
                    checked.quality,
                    types,
                )
            )


def identity_in(payload: bytes) -> tuple[str, int, int] | None:
    """Epoch, sequence and base of a batch that cannot be read as a whole, when its head can; None when not."""
    found = _HEAD.match(_head_of(payload))
    return None if found is None else (found[1].decode(), int(found[2]), int(found[3]))


def _head_of(payload: bytes) -> bytes:
    """The first bytes of the plain text, however large the rest would unpack to."""
    try:
        if payload.startswith(GZIP_MAGIC):
            return zlib.decompressobj(31).decompress(payload, HEAD_BYTES)
        if payload.startswith(ZSTD_MAGIC):
            unpacker = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024)
            return unpacker.stream_reader(payload).read(HEAD_BYTES)
    except (zlib.error, zstandard.ZstdError):
        return b""
    return payload[:HEAD_BYTES]


def _take_event(admitted: Admitted, event: Event, site: str) -> None:
    at = admitted.received_at
    reason = "too_old" if event.at < at - OLDEST_MS else "future" if event.at > at + FUTURE_MS else ""
    if not reason:
        admitted.events.append(PlacedEvent(site, admitted.gateway, event))
        return
    admitted.dead += 1
    identity = (admitted.gateway, admitted.epoch, admitted.sequence)
    admitted.letters.append(letter_of(event, identity, reason))


def _bury(admitted: Admitted, block: DeviceBlock, flaws: Sequence[Flaw]) -> None:
    for flaw in flaws:
        if flaw.readings:
            admitted.dead += flaw.readings
            identity = (admitted.gateway, block.device, block.profile, flaw.point, admitted.epoch, admitted.sequence)
            content = (flaw.readings, flaw.times, flaw.values, flaw.marks)
            admitted.letters.append(DeadLetter(*identity, flaw.reason, *content))

"""The messages of the wire contract, version 1, as frozen values."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what every store keeps exactly
Moment = Annotated[int, Meta(ge=0, le=2**53)]  # ms since 1970 UTC, exact in every JSON reader
Scalar = Whole | float | bool | str
Cell = Whole | float | bool | str | None
Version = Literal[1]
ClockState = Literal["good", "doubtful"]
Source = Literal["file", "centre", "site"]  # of a configuration
Standing = Literal["active", "trial", "rolled_back"]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every message: frozen, and strict about keys that it does not know."""


class DeviceBlock(Message, frozen=True):
    """The readings of one device, by column.

    `times`: first absolute in ms since 1970 UTC, then differences in ms; as long as every column.
    `points`: point key -> one cell per time; null = nothing to report at that time.
    `quality`: point key -> [position, code] pairs, only where the quality is not good; the code reads
    `bad:<reason>` or `uncertain:<reason>`. A bad reading has a null cell.
    """

    device: str
    profile: str
    times: list[Moment]
    points: dict[str, list[Cell]]
    quality: dict[str, list[tuple[int, str]]] = {}


class Event(Message, frozen=True):
    """Something that happened once: it carries its own id, so that it counts once however often it is sent."""

    id: str
    device: str
    kind: str
    at: Moment
    facts: dict[str, Scalar] = {}


class Dropped(Message, frozen=True):
    """A range of sequences that the gateway gave up, declared so that the ledger can explain the gap.

    `readings` counts the readings and events in them, `begin` and `end` their time span in ms since 1970 UTC.
    """

    first: int
    last: int
    reason: str
    readings: int
    begin: Moment
    end: Moment


class Batch(Message, frozen=True):
    """What travels on `readings`, `backlog` and `events`; numbered, kept by the gateway until its receipt comes.

    `base` counts the readings and events that the gateway accepted in this epoch before this batch.
    """

    v: Version
    epoch: str
    sequence: int
    base: int
    devices: list[DeviceBlock] = []
    events: list[Event] = []
    dropped: list[Dropped] = []
    clock: ClockState = "good"


class Refused(Message, frozen=True):
    """One sequence that the centre will never store, and why: it lies in the dead letters."""

    sequence: int
    reason: str


class Receipt(Message, frozen=True):
    """What the centre has committed: the gateway may forget `committed` and `refused`, and re-sends `missing`.

    `held` arrived and were judged by the rules, but cannot be stored now: the gateway keeps them, frees its window and
    goes on with newer ones, until they are named `missing`. `backlog_wait_s` > 0 asks it to send no backlog for so many
    seconds from now; live readings and events go on.
    """

    v: Version
    epoch: str
    committed: list[tuple[int, int]] = []
    missing: list[tuple[int, int]] = []
    refused: list[Refused] = []
    held: list[tuple[int, int]] = []
    backlog_wait_s: Annotated[float, Meta(ge=0, le=3600)] = 0.0


class BirthDevice(Message, frozen=True):
    """One device as the gateway introduces it."""

    device: str
    profile: str
    hash: str
    name_vi: str
    name_en: str


class Settings(Message, frozen=True):
    """The tables of gateway.toml that a configuration replaces; what is not named stays as it is on the gateway.

    `gateway` may hold every option but `id` and `data_dir`. Paths of secrets read `sealed:<name>`.
    """

    devices: list[dict[str, object]] | None = None
    broker: dict[str, object] | None = None
    outbox: dict[str, object] | None = None
    listen: dict[str, object] | None = None
    gateway: dict[str, object] | None = None
    release: str = ""  # the wanted version of the program; empty = leave it as it is


class RunningConfiguration(Message, frozen=True):
    """What the gateway says of its configuration, in its birth and its health.

    `state`: `active` = confirmed, `trial` = waits for its confirmation, `rolled_back` = the last one that was tried
    (`tried`) was given up for `reason`, and `version` runs again. `version` is 0 and `hash` the file's while only
    gateway.toml counts. `settings` travels in the birth alone, and only for what was changed at the site.
    """

    version: int
    hash: str
    source: Source
    state: Standing
    tried: int = 0
    reason: str = ""
    settings: Settings | None = None


class State(Message, frozen=True):
    """The gateway's birth (`online`), its will (`lost`) or its clean stop (`stopped`)."""

    v: Version
    state: Literal["online", "lost", "stopped"]
    since: int
    epoch: str = ""
    agent: str = ""
    configuration: str = ""
    devices: list[BirthDevice] = []
    running: RunningConfiguration | None = None


class DeviceHealth(Message, frozen=True):
    """Whether one device answers: `read_at` is the last successful reading in ms since 1970 UTC, 0 = never."""

    device: str
    read_at: int
    fault: str = ""


class Health(Message, frozen=True):
    """Counters of the agent. `accepted` = readings and events put into the outbox in this epoch."""

    v: Version
    at: int
    epoch: str
    next_sequence: int
    accepted: int
    backlog_batches: int
    backlog_readings: int
    backlog_bytes: int
    dropped_readings: int
    reconnects: int
    hours_left: float | None = None
    clock: ClockState = "good"
    devices: list[DeviceHealth] = []
    running: RunningConfiguration | None = None


class Command(Message, frozen=True):
    """One order to a gateway or to a device of it. Times in ms since 1970 UTC."""

    v: Version
    id: str
    gateway: str
    device: str
    verb: str
    issued_at: int
    expires_at: int
    arguments: dict[str, Scalar] = {}


class SignedCommand(Message, frozen=True):
    """A command as it travels: the exact text of its JSON, and the centre's Ed25519 signature of it in base64."""

    body: str
    signature: str


class Result(Message, frozen=True):
    """How a command ended."""

    v: Version
    id: str
    outcome: Literal["done", "failed", "refused", "expired"]
    at: int
    detail: str = ""

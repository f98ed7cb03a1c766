"""What the fleet last said of itself: presence and health of gateways, newest value of every point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from cloud.inventory.passages import LATE_MS, Passage, passages_of, with_passages
from cloud.store.base import Columns
from device_profiles.wire import BirthDevice, DeviceHealth, Health, State
from device_profiles.wire.messages import Cell, RunningConfiguration

Presence = Literal["online", "lost", "stopped", "never"]
STRANGERS_KEPT = 200  # names that anybody could invent must not fill the memory


@dataclass(slots=True)
class PointStanding:
    """The newest usable value of a point, and the quality of the newest reading, usable or not."""

    value: Cell = None
    observed_at: int = 0
    received_at: int = 0
    quality: str = "good"
    quality_at: int = 0


@dataclass(slots=True)
class DeviceStanding:
    """What is known of one device."""

    gateway: str
    device: str
    profile: str
    site: str
    name_vi: str = ""
    name_en: str = ""
    read_at: int = 0
    fault: str = ""
    points: dict[str, PointStanding] = field(default_factory=dict)
    passages: list[Passage] = field(default_factory=list)  # what came late or doubted lately
    source: str = ""  # of an index: the device that it is worked out from
    turn: int = 0  # rises with every change that a page would show


@dataclass(slots=True)
class GatewayStanding:
    """What a gateway last said of itself; times in ms since 1970 UTC, 0 = never."""

    gateway: str
    presence: Presence = "never"
    since: int = 0
    state: State | None = None
    health: Health | None = None
    health_at: int = 0
    heard_at: int = 0
    said_at: int = 0  # when its state arrived
    read_at: int = 0  # when its readings last arrived
    health_gap_ms: int = 0  # between its last two health documents
    running: RunningConfiguration | None = None  # as its birth or its health last said
    turn: int = 0  # rises with every change that a page would show
    devices: dict[str, DeviceStanding] = field(default_factory=dict)

    @property
    def clock_is_good(self) -> bool:
        """Whether its times are to be believed; nobody doubts one that has not said anything of its clock."""
        return self.health is None or self.health.clock == "good"


@dataclass(slots=True)
class Stranger:
    """A gateway that nobody has listed: its batches are withheld until somebody does."""

    gateway: str
    batches: int = 0
    heard_at: int = 0


class Fleet:
    """The standing of every gateway and device. One owner, the flow, writes it; pages read it."""

    def __init__(self) -> None:
        self._gateways: dict[str, GatewayStanding] = {}
        self._strangers: dict[str, Stranger] = {}
        self._changed: set[tuple[str, str]] = set()
        self.losses = 0  # how often devices were forgotten: whoever keeps a list of them begins it anew

    def gateway(self, gateway: str) -> GatewayStanding | None:
        """One gateway, if it was ever heard."""
        return self._gateways.get(gateway)

    def gateways(self) -> Sequence[GatewayStanding]:
        """Every gateway ever heard."""
        return list(self._gateways.values())

    def device(self, gateway: str, device: str) -> DeviceStanding | None:
        """One device, if it was ever introduced or heard."""
        standing = self._gateways.get(gateway)
        return None if standing is None else standing.devices.get(device)

    def devices(self) -> Iterator[DeviceStanding]:
        """Every device ever introduced or heard."""
        for gateway in self._gateways.values():
            yield from gateway.devices.values()

    def take_changed(self) -> set[tuple[str, str]]:
        """The devices that have changed since somebody asked this; one asks, Display, which keeps what they look like.

        Bounded by the devices that there are: with a loss it begins anew.
        """
        changed, self._changed = self._changed, set()
        return changed

    def strangers(self) -> Sequence[Stranger]:
        """Gateways that nobody has listed, loudest first."""
        return sorted(self._strangers.values(), key=lambda each: -each.batches)

    def born(self, gateway: str, state: State, *, site: str, received_at: int) -> None:
        """Takes a birth, a will or a clean stop; devices that a birth no longer names are forgotten."""
        standing = self._standing(gateway)
        standing.presence, standing.since = state.state, state.since or received_at
        standing.heard_at = standing.said_at = received_at
        standing.turn += 1
        if state.state != "online":
            return
        standing.state = state
        standing.running = state.running or standing.running
        known = standing.devices
        named = {each.device: _introduced(each, known, gateway=gateway, site=site) for each in state.devices}
        indices = {each.device: each for each in known.values() if each.source in named}
        standing.devices = {**indices, **named}
        if any(each not in standing.devices for each in known):
            self._lost()
        for device in standing.devices.values():
            self._turned(device)

    def healthy(self, gateway: str, health: Health, *, received_at: int) -> None:
        """Takes a health document."""
        standing = self._standing(gateway)
        if standing.health_at and health.at > standing.health_at:
            standing.health_gap_ms = health.at - standing.health_at
        clock_was_good = standing.clock_is_good
        standing.health, standing.health_at = health, health.at
        standing.heard_at = received_at
        standing.turn += 1
        if health.running is not None:
            standing.running = _with_settings(health.running, standing.running)
        for each in health.devices:
            device = standing.devices.get(each.device)
            if device is not None:
                device.read_at, device.fault = max(device.read_at, each.read_at), each.fault
                self._turned(device)
        if standing.clock_is_good is not clock_was_good:
            for device in standing.devices.values():
                self._turned(device)

    def observed(self, columns: Columns, *, received_at: int) -> DeviceStanding:
        """Takes the readings of one device; older ones than it has change nothing."""
        gateway = self._standing(columns.gateway)
        gateway.heard_at = gateway.read_at = received_at
        device = gateway.devices.get(columns.device)
        if device is None or device.profile != columns.profile:
            device = DeviceStanding(columns.gateway, columns.device, columns.profile, columns.site)
            gateway.devices[columns.device] = device
            gateway.turn += 1
        times, quality = columns.times, columns.quality
        device.read_at = max(device.read_at, times[-1])
        if quality or received_at - times[0] > LATE_MS:
            passages = passages_of(columns, received_at=received_at)
            device.passages = with_passages(device.passages, passages) if passages else device.passages
        _take_points(device, columns, received_at)
        self._turned(device)
        return device

    def indexed(self, source: DeviceStanding, device: str, profile: str, *, names: tuple[str, str]) -> DeviceStanding:
        """The standing of an index of a device; it is there as long as its device, and is no sign of life of it."""
        devices = self._standing(source.gateway).devices
        index = devices.get(device)
        if index is None or index.profile != profile:
            index = devices[device] = DeviceStanding(source.gateway, device, profile, source.site, *names)
        index.source, index.site = source.device, source.site
        self._standing(source.gateway).turn += 1
        self._turned(index)
        return index

    def worked_out(self, index: DeviceStanding, columns: Columns, *, received_at: int) -> None:
        """Takes new results of an index."""
        index.read_at = max(index.read_at, columns.times[-1])
        _take_points(index, columns, received_at)
        self._turned(index)

    def remembered(self, device: DeviceStanding, point: str, *, observed_at: int, value: Cell) -> None:
        """Takes a value that the store had kept, unless a newer one has come since."""
        standing = device.points.setdefault(point, PointStanding())
        if observed_at > standing.observed_at:
            standing.value, standing.observed_at, standing.received_at = value, observed_at, observed_at
            self._turned(device)

    def passages(self, gateway: str, device: str) -> Sequence[Passage]:
        """What of a device came late, or with doubted times, lately."""
        standing = self.device(gateway, device)
        return standing.passages if standing is not None else ()

    def recalled(self, gateway: str, device: str, passages: Sequence[Passage]) -> None:
        """Takes what was kept of late and doubted readings of a device that is known again."""
        standing = self.device(gateway, device)
        if standing is not None:
            standing.passages = with_passages(standing.passages, passages)

    def is_reachable(self, gateway: str) -> bool:
        """Whether it makes sense to send a gateway something: it has not said, nor has its will, that it is gone."""
        standing = self._gateways.get(gateway)
        return standing is None or standing.presence not in ("lost", "stopped")

    def withheld(self, gateway: str, *, received_at: int) -> None:
        """Remembers that an unknown gateway spoke."""
        if gateway not in self._strangers and len(self._strangers) >= STRANGERS_KEPT:
            del self._strangers[min(self._strangers.values(), key=lambda each: each.heard_at).gateway]
        stranger = self._strangers.setdefault(gateway, Stranger(gateway))
        stranger.batches += 1
        stranger.heard_at = received_at

    def moved(self, gateway: str, site: str | None) -> None:
        """A gateway was listed, is at another site, or (None) is nobody's any more."""
        if site is None:
            self._gateways.pop(gateway, None)
            self._lost()
            return
        self._strangers.pop(gateway, None)
        standing = self._gateways.get(gateway)
        for device in standing.devices.values() if standing is not None else ():
            device.site = site
            self._turned(device)

    def _turned(self, device: DeviceStanding) -> None:
        device.turn += 1
        self._changed.add((device.gateway, device.device))

    def _lost(self) -> None:
        self.losses += 1
        self._changed.clear()

    def _standing(self, gateway: str) -> GatewayStanding:
        standing = self._gateways.get(gateway)
        if standing is None:
            standing = self._gateways[gateway] = GatewayStanding(gateway)
        return standing


def answering(health: Health) -> Iterator[DeviceHealth]:
    """The devices that were read at least once, as a health document tells."""
    return (each for each in health.devices if each.read_at > 0)


def _with_settings(running: RunningConfiguration, before: RunningConfiguration | None) -> RunningConfiguration:
    """What health says, with the settings that only a birth tells, as long as they are of the same version."""
    same = before is not None and (before.version, before.hash) == (running.version, running.hash)
    return replace(running, settings=before.settings) if same and before is not None else running


def _introduced(entry: BirthDevice, known: dict[str, DeviceStanding], *, gateway: str, site: str) -> DeviceStanding:
    device = known.get(entry.device)
    if device is None or device.profile != entry.profile:
        device = DeviceStanding(gateway, entry.device, entry.profile, site)
    device.name_vi, device.name_en = entry.name_vi, entry.name_en
    return device


def _take_points(device: DeviceStanding, columns: Columns, received_at: int) -> None:
    times, quality = columns.times, columns.quality
    for key, column in columns.points.items():
        point = device.points.get(key)
        if point is None:
            point = device.points[key] = PointStanding()
        _take(point, times, column, received_at=received_at)
        if key in quality or point.quality != "good":
            _take_quality(point, times, column, quality.get(key, ()))


def _take(point: PointStanding, times: list[int], column: list[Cell], *, received_at: int) -> None:
    """The newest value of the column, unless what the point has is newer."""
    position = len(column) - 1
    while position >= 0 and column[position] is None:
        position -= 1
    if position >= 0 and times[position] >= point.observed_at:
        point.value, point.observed_at, point.received_at = column[position], times[position], received_at


def _take_quality(point: PointStanding, times: list[int], column: list[Cell], marks: Sequence[tuple[int, str]]) -> None:
    """The quality of the newest reading: a mark when it has one, good when it is a value without."""
    codes = dict(marks)
    for position in range(len(times) - 1, -1, -1):
        if times[position] < point.quality_at:
            return
        code = codes.get(position)
        if code is not None or column[position] is not None:
            point.quality, point.quality_at = code or "good", times[position]
            return

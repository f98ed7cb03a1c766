"""A gateway that is not there: numbers what its devices said, and owes each batch until its receipt comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from device_profiles.load import Catalogue
from device_profiles.schema import DeviceProfile, PointType
from device_profiles.wire import (
    Batch,
    BirthDevice,
    DeviceBlock,
    DeviceHealth,
    Health,
    State,
    encode,
    relative_times,
    size_of,
)
from device_profiles.wire.messages import Cell
from simulators.encoding import Value
from simulators.province.fleet import PlacedDevice

AGENT = "thacba-exercise 1"


@dataclass(frozen=True, slots=True)
class Sample:
    """What one device said at one moment, and the quality of its points where that is not good."""

    at: int
    values: Mapping[str, Value]
    quality: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class VirtualGateway:
    """One gateway, its devices, and everything that it owes the centre."""

    id: str
    epoch: str
    devices: Sequence[PlacedDevice]
    sequence: int = 0
    accepted: int = 0
    owed: dict[int, bytes] = field(default_factory=dict)
    is_up: bool = False
    sampled_to: int = 0
    healthy_at: int = 0
    read_at: dict[str, int] = field(default_factory=dict)

    def birth(self, catalogue: Catalogue, at: int) -> bytes:
        """Its introduction."""
        devices = [
            BirthDevice(each.id, each.profile, catalogue.hash_of(each.profile), *self._names(each))
            for each in self.devices
        ]
        return encode(State(1, "online", at, self.epoch, AGENT, devices=devices))

    def _names(self, device: PlacedDevice) -> tuple[str, str]:
        """That of the site in both languages, with a number where it has more of the model."""
        like = [each.id for each in self.devices if (each.site, each.profile) == (device.site, device.profile)]
        number = f" (#{like.index(device.id) + 1})" if len(like) > 1 else ""
        return f"{device.site_name.vi}{number}", f"{device.site_name.en}{number}"

    def lost(self, at: int) -> bytes:
        """What its will says."""
        return encode(State(1, "lost", at, self.epoch))

    def health(self, at: int) -> bytes:
        """How it does."""
        self.healthy_at = at
        read = [DeviceHealth(each.id, self.read_at.get(each.id, 0)) for each in self.devices]
        return encode(
            Health(
                1, at, self.epoch, self.sequence + 1, self.accepted, len(self.owed), 0, 0, 0, reconnects=0, devices=read
            )
        )

    def take(self, said: Sequence[tuple[PlacedDevice, Sequence[Sample]]], catalogue: Catalogue) -> int | None:
        """Keeps what its devices said as the next batch; None when nothing of it is worth sending."""
        for device, samples in said:
            if samples:
                self.read_at[device.id] = samples[-1].at
        blocks = [block for device, samples in said if (block := _block(device, samples, catalogue))]
        if not blocks:
            return None
        self.sequence += 1
        batch = Batch(1, self.epoch, self.sequence, self.accepted, blocks)
        self.accepted += size_of(batch)
        self.owed[self.sequence] = encode(batch)
        return self.sequence

    def settle(self, ranges: Sequence[tuple[int, int]]) -> list[int]:
        """Forgets what the centre has; says which."""
        settled = [each for each in self.owed if any(first <= each <= last for first, last in ranges)]
        for each in settled:
            del self.owed[each]
        return settled


def _block(device: PlacedDevice, samples: Sequence[Sample], catalogue: Catalogue) -> DeviceBlock | None:
    told = [each for each in samples if each.values]
    if not told:
        return None
    profile = catalogue[device.profile]
    points: dict[str, list[Cell]] = {}
    quality: dict[str, list[tuple[int, str]]] = {}
    for key in [point.key for point in profile.points if any(point.key in each.values for each in told)]:
        codes = [(index, each.quality[key]) for index, each in enumerate(told) if key in each.quality]
        points[key] = [_cell(profile, key, each) for each in told]
        if codes:
            quality[key] = codes
    if not points:
        return None
    times = relative_times([each.at for each in told])
    return DeviceBlock(device.id, profile.reports_as or profile.profile, times, points, quality)


def _cell(profile: DeviceProfile, key: str, sample: Sample) -> Cell:
    value = sample.values.get(key)
    if value is None or sample.quality.get(key, "").startswith("bad:"):
        return None
    (kind,) = [point.type for point in profile.points if point.key == key]
    if kind is PointType.FLOAT:
        return float(value)
    if kind in (PointType.INT, PointType.ENUM):
        return round(float(value))
    return bool(value) if kind is PointType.BOOL else str(value)

"""What pages say of single points of devices: the value, whether it counts, and how grave it is; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloud.api.deps import Centre
from cloud.api.views import DeviceView, PointView, ThresholdView
from cloud.api.which import Which
from device_profiles.schema import DeviceProfile, Sector

GONE = ("stale", "never")
Devices = Sequence[DeviceView]


@dataclass(frozen=True, slots=True)
class Figure:
    """A point with what its rules say of its value; `severity` None = nothing, or not known."""

    device: DeviceView
    point: PointView
    severity: int | None = None

    @property
    def known(self) -> bool:
        """Whether there is a value that still counts: a stale one is none."""
        return self.point.value is not None and self.point.freshness not in GONE

    @property
    def value(self) -> float | None:
        """The number, when it counts."""
        value = self.point.value
        return float(value) if self.known and isinstance(value, int | float) else None

    @property
    def state(self) -> int | None:
        """The number of an enum, when it counts."""
        return None if self.value is None else int(self.value)


def point_of(device: DeviceView | None, key: str) -> PointView | None:
    """A point of a device."""
    return next((each for each in device.points if each.key == key), None) if device else None


def figure(device: DeviceView | None, key: str, levels: Sequence[ThresholdView] = ()) -> Figure | None:
    """The figure of a point; None when the device has no such point."""
    point = point_of(device, key)
    if device is None or point is None:
        return None
    plain = Figure(device, point)
    return Figure(device, point, severity_of(plain.value, levels))


def severity_of(value: float | None, levels: Iterable[ThresholdView]) -> int | None:
    """The gravest level that a value has reached; None below the first, and of what is not known."""
    if value is None:
        return None
    return min((each.severity for each in levels if value >= each.value), default=None)


def indices_of(devices: Devices, profile: str) -> Mapping[tuple[str, str], DeviceView]:
    """The derived devices of an index, by gateway and the device that they are worked out from."""
    return {(each.gateway, each.source): each for each in devices if each.source and each.profile == profile}


def with_sources(centre: Centre, models: Iterable[str], indices: Sequence[str]) -> Devices:
    """The devices of these models and indices, and those that the indices are worked out from."""
    found = centre.devices(Which(profiles=[*models, *indices]))
    known = {(each.gateway, each.id) for each in found}
    wanted = dict.fromkeys((each.gateway, each.source) for each in found if each.source)
    more = (centre.device(*key) for key in wanted if key not in known)
    return [*found, *(each for each in more if each is not None)]


def models_of(profiles: Mapping[str, DeviceProfile], sector: Sector) -> list[str]:
    """The models of a sector."""
    return [key for key, each in profiles.items() if each.sector is sector]


def gravest(severities: Iterable[int | None]) -> int | None:
    """The gravest of some severities; None when there is none."""
    return min((each for each in severities if each is not None), default=None)

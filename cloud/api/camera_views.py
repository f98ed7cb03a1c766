"""What is known of each camera's picture, without seeing it: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from cloud.api.views import DeviceView, PointView
from cloud.api.which import EVERY, Which
from device_profiles.schema import DeviceProfile, Text

PROTOCOL = "camera"
Sight = Literal["offline", "black", "frozen", "moved", "over_exposed", "blurred", "rain_on_lens", "good", "none"]
FAULTS: tuple[Sight, ...] = ("black", "frozen", "moved", "over_exposed", "blurred", "rain_on_lens")  # the gravest first
FRESH = ("measured", "unchanged")


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera: `sight` is the worst that is known of its picture, `none` = nothing fresh is known."""

    gateway: str
    device: str
    name: Text
    site: str
    sight: Sight
    faults: tuple[Sight, ...]
    observed_at: int | None
    frames_per_s: float | None = None


class Sighted(Protocol):
    """A centre with devices."""

    @property
    def profiles(self) -> Mapping[str, DeviceProfile]:
        """The catalogue."""

    def devices(self, wanted: Which = EVERY) -> Sequence[DeviceView]:
        """The devices that are asked for."""


def cameras_of(centre: Sighted) -> list[DeviceView]:
    """Every camera that this centre shows, as a device."""
    models = [key for key, each in centre.profiles.items() if each.protocol == PROTOCOL]
    return [each for each in centre.devices(Which(profiles=models)) if not each.source]


def camera_views(centre: Sighted) -> list[CameraView]:
    """The same with what is known of their pictures."""
    return list(map(view_of, cameras_of(centre)))


def view_of(device: DeviceView) -> CameraView:
    """A camera as its newest values tell it; old values tell nothing."""
    points = {point.key: point for point in device.points}
    online = points.get("online")
    faults = tuple(each for each in FAULTS if _is_true(points.get(each)))
    rate = points.get("fps")
    return CameraView(
        gateway=device.gateway,
        device=device.id,
        name=device.name,
        site=device.site,
        sight=_sight(online, faults),
        faults=faults,
        observed_at=device.glance.newest_at,
        frames_per_s=float(rate.value) if rate and _is_fresh(rate) and isinstance(rate.value, int | float) else None,
    )


def _sight(online: PointView | None, faults: tuple[Sight, ...]) -> Sight:
    if online is None or not _is_fresh(online):
        return "none"
    if not online.value:
        return "offline"
    return faults[0] if faults else "good"


def _is_true(point: PointView | None) -> bool:
    return point is not None and _is_fresh(point) and bool(point.value)


def _is_fresh(point: PointView) -> bool:
    return point.freshness in FRESH and point.value is not None

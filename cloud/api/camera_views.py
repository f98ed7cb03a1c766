"""What is known of each camera's picture, without seeing it: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from cloud.api.views import DeviceView, PointView
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

    def devices(self) -> Sequence[DeviceView]:
        """Every device."""


def camera_views(centre: Sighted) -> list[CameraView]:
    """Every camera that this centre shows."""
    return [view_of(each) for each in centre.devices() if is_camera(each, centre.profiles.get(each.profile))]


def is_camera(device: DeviceView, profile: DeviceProfile | None) -> bool:
    """Whether a gateway looks at its pictures."""
    return profile is not None and profile.protocol == PROTOCOL and not device.source


def view_of(device: DeviceView) -> CameraView:
    """A camera as its newest values tell it; old values tell nothing."""
    points = {point.key: point for point in device.points}
    online = points.get("online")
    observed = [point.observed_at for point in device.points if point.observed_at is not None]
    faults = tuple(each for each in FAULTS if _is_true(points.get(each)))
    rate = points.get("fps")
    return CameraView(
        gateway=device.gateway,
        device=device.id,
        name=device.name,
        site=device.site,
        sight=_sight(online, faults),
        faults=faults,
        observed_at=max(observed, default=None),
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

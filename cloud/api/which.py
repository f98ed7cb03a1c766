"""Which devices somebody asks the centre for: a page that shows one sector must not pay for ten thousand devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from cloud.api.views import DeviceView, Freshness


@dataclass(frozen=True, slots=True)
class Which:
    """Devices of these models, at this gateway, at this site; None = any. The index of a device is a device, too."""

    profiles: Collection[str] | None = None
    gateway: str | None = None
    site: str | None = None

    def takes(self, view: DeviceView) -> bool:
        """Whether a device is one of them."""
        return (
            (self.profiles is None or view.profile in self.profiles)
            and self.gateway in (None, view.gateway)
            and self.site in (None, view.site)
        )


EVERY = Which()


@dataclass(frozen=True, slots=True)
class DeviceCounts:
    """How many devices there are without indices, how fresh their values are, and how many report as each model."""

    devices: int = 0
    freshness: Mapping[Freshness, int] = field(default_factory=dict)
    of_profile: Mapping[str, int] = field(default_factory=dict)


def counts_of(views: Iterable[DeviceView]) -> DeviceCounts:
    """The counts of some devices; those of the whole province the centre keeps itself."""
    devices, fresh, of_profile = 0, Counter[Freshness](), Counter[str]()
    for view in views:
        of_profile[view.profile] += 1
        if not view.source:
            devices += 1
            fresh.update(view.glance.freshness)
    return DeviceCounts(devices, fresh, of_profile)

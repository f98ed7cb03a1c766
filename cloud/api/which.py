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


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What stands at a site: devices without indices, everything's models, and when the newest of it was measured."""

    devices: int
    models: frozenset[str]
    newest_at: int | None


def facts_of(views: Iterable[DeviceView]) -> SiteFacts:
    """The facts of one site."""
    here = list(views)
    times = (at for each in here if (at := each.glance.newest_at) is not None)
    models = frozenset(each.profile for each in here)
    return SiteFacts(sum(not each.source for each in here), models, max(times, default=None))


def facts_by_site(views: Iterable[DeviceView]) -> dict[str, SiteFacts]:
    """The same of every site; those of the whole province the centre keeps itself."""
    here: dict[str, list[DeviceView]] = {}
    for view in views:
        here.setdefault(view.site, []).append(view)
    return {site: facts_of(each) for site, each in here.items()}


def counts_of(views: Iterable[DeviceView]) -> DeviceCounts:
    """The counts of some devices; those of the whole province the centre keeps itself."""
    devices, fresh, of_profile = 0, Counter[Freshness](), Counter[str]()
    for view in views:
        of_profile[view.profile] += 1
        if not view.source:
            devices += 1
            fresh.update(view.glance.freshness)
    return DeviceCounts(devices, fresh, of_profile)

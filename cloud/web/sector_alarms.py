"""The open alarms of one sector, as the pages of disaster and environment list them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cloud.api.deps import Centre
from cloud.store.base import AlarmRow
from device_profiles.schema import Sector


@dataclass(frozen=True, slots=True)
class Told:
    """The gravest open alarm of a site, and how many more there are."""

    alarm: AlarmRow
    more: int


def open_alarms_of(centre: Centre, sector: Sector) -> list[AlarmRow]:
    """The gravest first, and of each severity the newest; reads the state: call it in a worker thread."""
    found = [row for row in centre.open_alarms() if _sector_of(centre, row) is sector]
    return sorted(found, key=lambda row: row.severity)


def told_by_site(alarms: Iterable[AlarmRow]) -> list[Told]:
    """One for each site, in the order of the first of each: in a flood a gauge has an alarm for each sum of rain."""
    sites: dict[str, list[AlarmRow]] = {}
    for alarm in alarms:
        sites.setdefault(alarm.site or alarm.id, []).append(alarm)
    return [Told(found[0], len(found) - 1) for found in sites.values()]


def _sector_of(centre: Centre, alarm: AlarmRow) -> Sector | None:
    """That of the model its rule watches, or of its device."""
    rule = centre.rules.running.rules.get(alarm.rule)
    device = centre.device(alarm.gateway, alarm.device)
    profile = centre.profiles.get((rule.selector.profile if rule else "") or (device.profile if device else ""))
    return profile.sector if profile is not None else None

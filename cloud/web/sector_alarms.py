"""The open alarms of one sector, as the pages of disaster and environment list them."""

from __future__ import annotations

from cloud.api.deps import Centre
from cloud.store.base import AlarmRow
from device_profiles.schema import Sector


def open_alarms_of(centre: Centre, sector: Sector) -> list[AlarmRow]:
    """The gravest first, and of each severity the newest; reads the state: call it in a worker thread."""
    found = [row for row in centre.open_alarms() if _sector_of(centre, row) is sector]
    return sorted(found, key=lambda row: row.severity)


def _sector_of(centre: Centre, alarm: AlarmRow) -> Sector | None:
    """That of the model its rule watches, or of its device."""
    rule = centre.rules.running.rules.get(alarm.rule)
    device = centre.device(alarm.gateway, alarm.device)
    profile = centre.profiles.get((rule.selector.profile if rule else "") or (device.profile if device else ""))
    return profile.sector if profile is not None else None

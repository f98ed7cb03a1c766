"""What of a centre somebody of some areas and sectors sees: devices decide, and everything else follows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from cloud.access.scope import Scope
from cloud.api.deps import Centre
from cloud.api.views import DeviceView
from cloud.api.which import EVERY, Which
from cloud.sectors.rules import profiles_of_rules
from cloud.store.base import AlarmFilter, AlarmRow
from cloud.store.incident_port import IncidentFilter, IncidentRow
from device_profiles.schema import Sector
from device_profiles.wire.helping import ITSELF


class Sight:
    """The sites, gateways, devices and alarms in sight, looked up once for a request.

    A device is in sight by its site's area and its model's sector, an alarm by its site and the model that its rule
    looks at. A gateway is when one of its devices is; what belongs to it as a whole only when all of them are.
    """

    def __init__(self, centre: Centre, scope: Scope) -> None:
        self._centre = centre
        self._scope = scope
        self.is_of_sectors = scope.sectors is not None

    @cached_property
    def around(self) -> frozenset[str]:
        """The sites of the areas, whatever stands there."""
        return frozenset(each.id for each in self._centre.sites() if self._scope.sees(each.area))

    @cached_property
    def models(self) -> frozenset[str]:
        """The device models of the sectors."""
        return frozenset(key for key, each in self._centre.profiles.items() if self._scope.cares_for(each.sector))

    @cached_property
    def rules(self) -> frozenset[str]:
        """The rules that look at these models."""
        looked_at = profiles_of_rules(self._centre.rules.running.rules)
        return frozenset(rule for rule, model in looked_at.items() if model in self.models)

    @cached_property
    def sites(self) -> frozenset[str]:
        """The sites in sight: of the areas, and where a device in sight stands."""
        return frozenset(each.site for each in self.devices()) if self.is_of_sectors else self.around

    @cached_property
    def gateways(self) -> frozenset[str]:
        """The gateways with a device in sight."""
        if self.is_of_sectors:
            return frozenset(each.gateway for each in self.devices())
        return frozenset(each.id for each in self._centre.gateways() if each.site in self.around)

    @cached_property
    def whole_gateways(self) -> frozenset[str]:
        """Those of which every device is in sight."""
        if not self.is_of_sectors:
            return self.gateways
        return frozenset(gateway for gateway in self.gateways if self._is_whole(gateway))

    def devices(self, wanted: Which = EVERY) -> list[DeviceView]:
        """The devices in sight among those that are asked for."""
        if self.is_of_sectors and wanted.profiles is None and wanted.gateway is None and wanted.site is None:
            wanted = Which(profiles=sorted(self.models))
        return [each for each in self._centre.devices(wanted) if self.has(each)]

    def has(self, device: DeviceView) -> bool:
        """Whether a device is in sight."""
        return device.site in self.around and (not self.is_of_sectors or device.profile in self.models)

    def has_device(self, gateway: str, device: str) -> bool:
        """The same by its name."""
        found = self._centre.device(gateway, device)
        return found is not None and self.has(found)

    def tells_of(self, alarm: AlarmRow) -> bool:
        """Whether an alarm is in sight."""
        return self.tells(alarm.rule, site=alarm.site, gateway=alarm.gateway, device=alarm.device)

    def tells(self, rule: str, *, site: str, gateway: str, device: str) -> bool:
        """The same by its names."""
        if self._scope.areas is not None and site not in self.around:
            return False
        if not self.is_of_sectors:
            return True
        return gateway in self.whole_gateways if device == ITSELF else rule in self.rules

    def alarms(self, wanted: AlarmFilter) -> AlarmFilter:
        """The same question of what is in sight."""
        sites = None if self._scope.areas is None else self.around
        if not self.is_of_sectors:
            return replace(wanted, sites=sites)
        return replace(wanted, sites=sites, rules=self.rules, gateways=self.whole_gateways)

    def incidents(self, wanted: IncidentFilter) -> IncidentFilter:
        """The same of incidents: those of the areas that are of the sectors, or hold an alarm in sight."""
        sites = None if self._scope.areas is None else self.around
        narrow = replace(wanted, sites=sites, areas=self._scope.areas or frozenset())
        if self._scope.sectors is None:
            return narrow
        sectors = frozenset(each.value for each in self._scope.sectors)
        return replace(narrow, sectors=sectors, holding=self.alarms(AlarmFilter()))

    def shows(self, row: IncidentRow, alarms: Iterable[AlarmRow | None]) -> bool:
        """Whether an incident with these alarms is in sight."""
        areas, sectors = self._scope.areas, self._scope.sectors
        if areas is not None and row.site not in self.around and row.area not in areas:
            return False
        return sectors is None or row.sector in sectors or any(each and self.tells_of(each) for each in alarms)

    def runs_disasters(self, area: str) -> bool:
        """Whether bulletins and evacuations of an area are in sight."""
        return self._scope.cares_for(Sector.DISASTER) and self._scope.sees(area)

    def _is_whole(self, gateway: str) -> bool:
        return all(map(self.has, self._centre.devices(Which(gateway=gateway))))

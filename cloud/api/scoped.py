"""The centre as somebody of some areas or sectors sees it: what lies elsewhere is not there.

It stands between guard.py and the routes, so that no route asks for areas itself. What is not narrowed here is handed
through; access/scope.py lets nobody of some areas or sectors come to the routes that use it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from cloud.access.scope import Scope
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.hub import Hub, LiveEvent
from cloud.api.scoped_offices import ScopedCommissioning, ScopedLetters
from cloud.api.sight import Sight
from cloud.api.views import AccountView, DeviceView, GatewayView, SiteView, sums_of
from cloud.api.which import EVERY, DeviceCounts, SiteFacts, Which, counts_of, facts_by_site
from cloud.sectors.plan import SectorPlan
from cloud.sectors.rules import profiles_of_rules
from cloud.sectors.standing import Fleet as SectorFleet
from cloud.store.base import AlarmFilter, AlarmRow, OpenAlarms, StateStore
from cloud.store.incident_port import IncidentFilter, IncidentRow, IncidentStore
from device_profiles.schema import Text


class ScopedCentre:
    """A centre with the sites of some areas and the devices of some sectors, and all that belongs to them."""

    def __init__(self, centre: Centre, scope: Scope) -> None:
        self._centre = centre
        self._scope = scope
        self.sight = Sight(centre, scope)
        self.state = ScopedState(centre, self.sight)
        self.incidents = ScopedIncidents(centre.incidents, centre.state, self.sight)
        self.disaster = centre.disaster.within(self.sight.runs_disasters)
        self.hub = ScopedHub(centre.hub, self.sight)

    @property
    def letters(self) -> ScopedLetters:
        """The dead letters in sight."""
        return ScopedLetters(self._centre.letters, self.sight.whole_gateways)

    @property
    def commissioning(self) -> ScopedCommissioning:
        """The commissioning records in sight."""
        return ScopedCommissioning(self._centre.commissioning, self.sight.whole_gateways)

    def __getattr__(self, name: str) -> Any:
        """Whatever is the same for everybody."""
        return getattr(self._centre, name)

    def sites(self) -> Sequence[SiteView]:
        """The sites in sight."""
        return [each for each in self._centre.sites() if each.id in self.sight.sites]

    def area_names(self) -> Mapping[str, Text]:
        """The areas in sight."""
        return {area: name for area, name in self._centre.area_names().items() if self._scope.sees(area)}

    def gateways(self) -> Sequence[GatewayView]:
        """The gateways in sight."""
        return [each for each in self._centre.gateways() if each.id in self.sight.gateways]

    def gateway(self, gateway: str) -> GatewayView | None:
        """One of them."""
        return self._centre.gateway(gateway) if gateway in self.sight.gateways else None

    def devices(self, wanted: Which = EVERY) -> Sequence[DeviceView]:
        """The devices in sight."""
        return self.sight.devices(wanted)

    def devices_called(self, words: Sequence[str]) -> Sequence[DeviceView]:
        """The devices in sight that are called so."""
        return [each for each in self._centre.devices_called(words) if self.sight.has(each)]

    def site_facts(self) -> Mapping[str, SiteFacts]:
        """What stands at the sites in sight."""
        if self.sight.is_of_sectors:
            return facts_by_site(self.devices())
        return {site: facts for site, facts in self._centre.site_facts().items() if site in self.sight.sites}

    async def sector_fleet(self) -> SectorFleet:
        """The devices and alarms in sight, sorted for the sectors."""
        alarms = await asyncio.to_thread(self.open_alarms)
        return SectorFleet(self.devices(), alarms, profiles_of_rules(self._centre.rules.running.rules))

    def device_counts(self) -> DeviceCounts:
        """The counts of these."""
        return counts_of(self.devices())

    def open_alarms(self) -> Sequence[AlarmRow]:
        """The open alarms in sight."""
        return list(filter(self.sight.tells_of, self._centre.open_alarms()))

    def device(self, gateway: str, device: str) -> DeviceView | None:
        """One of them."""
        found = self._centre.device(gateway, device)
        return found if found is not None and self.sight.has(found) else None

    def ledger(self, gateway: str | None = None) -> Sequence[AccountView]:
        """The accounts of the gateways in sight."""
        return [each for each in self._centre.ledger(gateway) if each.gateway in self.sight.gateways]

    def ledger_sums(self) -> Mapping[str, int]:
        """Their sums."""
        return sums_of(self.ledger())

    def look_up(self, names: Mapping[str, str]) -> None:
        """UnknownThingError when a thing that the address names lies elsewhere. Synchronous, as `state` is."""
        gateway, device, alarm = names.get("gateway"), names.get("device"), names.get("alarm")
        incident, record = names.get("incident"), names.get("record")
        if gateway is not None and gateway not in self.sight.gateways:
            raise UnknownThingError(f"There is no gateway {gateway!r}.")
        if gateway is not None and device is not None and self.device(gateway, device) is None:
            raise UnknownThingError(f"There is no device {gateway}/{device}.")
        if alarm is not None and self.state.alarm(alarm) is None:
            raise UnknownThingError(f"There is no alarm {alarm!r}.")
        if incident is not None and self.incidents.incident(incident) is None:
            raise UnknownThingError(f"There is no incident {incident!r}.")
        if record is not None and self.commissioning.store.record(record) is None:
            raise UnknownThingError(f"There is no commissioning record {record!r}.")

    def has_place(self, site: str, gateway: str, device: str) -> bool:
        """Whether a place is in sight; one that names nothing is everywhere."""
        if gateway and device:
            return self.sight.has_device(gateway, device)
        if site:
            return site in self.sight.sites
        return not gateway or gateway in self.sight.gateways


def alarms_in_sight(centre: Centre, alarms: Iterable[str]) -> frozenset[str]:
    """Those of the alarms that whoever asks may see or know of. Synchronous, as `state` is."""
    if not isinstance(centre, ScopedCentre):
        return frozenset(alarms)
    return frozenset(each for each in alarms if centre.state.alarm(each) is not None)


def plans_in_sight(centre: Centre, plans: Sequence[SectorPlan]) -> Sequence[SectorPlan]:
    """Those of the pages of sectors that have a device model which whoever asks may see."""
    if not isinstance(centre, ScopedCentre):
        return plans
    return [each for each in plans if not centre.sight.models.isdisjoint(each.profiles)]


def has_place(centre: Centre, site: str, gateway: str, device: str) -> bool:
    """Whether whoever asks sees that place."""
    return not isinstance(centre, ScopedCentre) or centre.has_place(site, gateway, device)


def has_whole(centre: Centre, gateway: str) -> bool:
    """Whether whoever asks sees every device of a gateway."""
    return not isinstance(centre, ScopedCentre) or gateway in centre.sight.whole_gateways


class ScopedState:
    """The state with the alarms in sight."""

    def __init__(self, centre: Centre, sight: Sight) -> None:
        self._centre = centre
        self._state: StateStore = centre.state
        self._sight = sight

    def __getattr__(self, name: str) -> Any:
        """Whatever is the same for everybody."""
        return getattr(self._state, name)

    def alarms(self, wanted: AlarmFilter, *, before: str | None, limit: int) -> Sequence[AlarmRow]:
        """Those in sight, newest first."""
        return self._state.alarms(self._sight.alarms(wanted), before=before, limit=limit)

    def open_alarms(self) -> Sequence[OpenAlarms]:
        """How many of these are open, by site and severity."""
        if not self._sight.is_of_sectors:
            return [each for each in self._state.open_alarms() if each.site in self._sight.around]
        rows = list(filter(self._sight.tells_of, self._centre.open_alarms()))
        waiting = Counter((row.site, row.severity) for row in rows if row.acknowledged_at is None)
        counts = Counter((row.site, row.severity) for row in rows)
        return [OpenAlarms(*key, number, waiting[key]) for key, number in counts.items()]

    def alarm(self, identifier: str) -> AlarmRow | None:
        """One of them."""
        found = self._state.alarm(identifier)
        return found if found is not None and self._sight.tells_of(found) else None


class ScopedIncidents:
    """The incidents in sight: of some sites or areas, and of some sectors."""

    def __init__(self, incidents: IncidentStore, state: StateStore, sight: Sight) -> None:
        self._incidents = incidents
        self._state = state
        self._sight = sight

    def __getattr__(self, name: str) -> Any:
        """Whatever goes by an incident that was looked up."""
        return getattr(self._incidents, name)

    def incidents(self, wanted: IncidentFilter, *, before: str | None, limit: int) -> Sequence[IncidentRow]:
        """Those in sight, newest first."""
        return self._incidents.incidents(self._sight.incidents(wanted), before=before, limit=limit)

    def incident(self, identifier: str) -> IncidentRow | None:
        """One of them."""
        found = self._incidents.incident(identifier)
        if found is None:
            return None
        alarms = map(self._state.alarm, self._incidents.alarms_of(identifier))
        return found if self._sight.shows(found, alarms) else None


class ScopedHub:
    """The live feed with what happens in sight."""

    def __init__(self, hub: Hub, sight: Sight) -> None:
        self._hub = hub
        self._sight = sight

    @property
    def number(self) -> int:
        """The number of the newest change anywhere."""
        return self._hub.number

    async def subscribe(
        self, after: int | None = None, *, quiet_s: float = 15.0
    ) -> AsyncGenerator[Sequence[LiveEvent]]:
        """Changes in sight, oldest first; empty ones where only others changed."""
        async with aclosing(self._hub.subscribe(after, quiet_s=quiet_s)) as told:
            async for changes in told:
                yield [each for each in changes if self._is_here(each)]

    def _is_here(self, event: LiveEvent) -> bool:
        body = event.body
        if event.kind == "reset":
            return True
        if event.kind == "alarm":
            site, gateway, device = (str(body.get(name, "")) for name in ("site", "gateway", "device"))
            return self._sight.tells(str(body.get("rule", "")), site=site, gateway=gateway, device=device)
        if event.kind == "gateway":
            return body.get("id") in self._sight.gateways
        return self._sight.has_device(str(body["gateway"]), str(body["device"]))

"""The centre as somebody of some areas sees it: what lies elsewhere is not there.

It stands between guard.py and the routes, so that no route asks for areas itself. What is not narrowed here is handed
through; access/scope.py lets nobody of some areas come to the routes that use it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cloud.access.scope import Scope
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.hub import Hub, LiveEvent
from cloud.api.scoped_offices import ScopedCommissioning, ScopedLetters
from cloud.api.views import AccountView, DeviceView, GatewayView, SiteView, sums_of
from cloud.api.which import EVERY, DeviceCounts, SiteFacts, Which, counts_of
from cloud.sectors.rules import profiles_of_rules
from cloud.sectors.standing import Fleet as SectorFleet
from cloud.store.base import AlarmFilter, AlarmRow, OpenAlarms, StateStore
from cloud.store.incident_port import IncidentFilter, IncidentRow, IncidentStore
from device_profiles.schema import Text


class ScopedCentre:
    """A centre with the sites of some areas, and all that stands there."""

    def __init__(self, centre: Centre, scope: Scope) -> None:
        self._centre = centre
        self._scope = scope
        self._sites = {each.id: each for each in centre.sites() if scope.sees(each.area)}
        here = frozenset(self._sites)
        self._gateways = frozenset(each.id for each in centre.gateways() if each.site in here)
        self.state = ScopedState(centre.state, here)
        self.incidents = ScopedIncidents(centre.incidents, here, scope.areas or frozenset())
        self.disaster = centre.disaster.within(scope.sees)
        self.hub = ScopedHub(centre.hub, here, self._gateways)
        self.letters = ScopedLetters(centre.letters, self._gateways)
        self.commissioning = ScopedCommissioning(centre.commissioning, self._gateways)

    def __getattr__(self, name: str) -> Any:
        """Whatever is the same for everybody."""
        return getattr(self._centre, name)

    def sites(self) -> Sequence[SiteView]:
        """The sites in sight."""
        return list(self._sites.values())

    def area_names(self) -> Mapping[str, Text]:
        """The areas in sight."""
        return {area: name for area, name in self._centre.area_names().items() if self._scope.sees(area)}

    def gateways(self) -> Sequence[GatewayView]:
        """The gateways in sight."""
        return [each for each in self._centre.gateways() if each.id in self._gateways]

    def gateway(self, gateway: str) -> GatewayView | None:
        """One of them."""
        return self._centre.gateway(gateway) if gateway in self._gateways else None

    def devices(self, wanted: Which = EVERY) -> Sequence[DeviceView]:
        """The devices in sight."""
        return [each for each in self._centre.devices(wanted) if each.site in self._sites]

    def devices_called(self, words: Sequence[str]) -> Sequence[DeviceView]:
        """The devices in sight that are called so."""
        return [each for each in self._centre.devices_called(words) if each.site in self._sites]

    def site_facts(self) -> Mapping[str, SiteFacts]:
        """What stands at the sites in sight."""
        return {site: facts for site, facts in self._centre.site_facts().items() if site in self._sites}

    async def sector_fleet(self) -> SectorFleet:
        """The devices and alarms in sight, sorted for the sectors."""
        alarms = await asyncio.to_thread(self.open_alarms)
        return SectorFleet(self.devices(), alarms, profiles_of_rules(self._centre.rules.running.rules))

    def device_counts(self) -> DeviceCounts:
        """The counts of these."""
        return counts_of(self.devices())

    def open_alarms(self) -> Sequence[AlarmRow]:
        """The open alarms in sight."""
        return [each for each in self._centre.open_alarms() if each.site in self._sites]

    def device(self, gateway: str, device: str) -> DeviceView | None:
        """One of them."""
        found = self._centre.device(gateway, device)
        return found if found is not None and found.site in self._sites else None

    def ledger(self, gateway: str | None = None) -> Sequence[AccountView]:
        """The accounts of the gateways in sight."""
        return [each for each in self._centre.ledger(gateway) if each.gateway in self._gateways]

    def ledger_sums(self) -> Mapping[str, int]:
        """Their sums."""
        return sums_of(self.ledger())

    def look_up(self, names: Mapping[str, str]) -> None:
        """UnknownThingError when a thing that the address names lies elsewhere. Synchronous, as `state` is."""
        gateway, alarm, incident, record = (names.get(name) for name in ("gateway", "alarm", "incident", "record"))
        if gateway is not None and gateway not in self._gateways:
            raise UnknownThingError(f"There is no gateway {gateway!r}.")
        if alarm is not None and self.state.alarm(alarm) is None:
            raise UnknownThingError(f"There is no alarm {alarm!r}.")
        if incident is not None and self.incidents.incident(incident) is None:
            raise UnknownThingError(f"There is no incident {incident!r}.")
        if record is not None and self.commissioning.store.record(record) is None:
            raise UnknownThingError(f"There is no commissioning record {record!r}.")

    def has_place(self, site: str, gateway: str) -> bool:
        """Whether a place is in sight; one that names neither is everywhere."""
        if site:
            return site in self._sites
        return not gateway or gateway in self._gateways


def alarms_in_sight(centre: Centre, alarms: Iterable[str]) -> frozenset[str]:
    """Those of the alarms that whoever asks may see or know of. Synchronous, as `state` is."""
    if not isinstance(centre, ScopedCentre):
        return frozenset(alarms)
    return frozenset(each for each in alarms if centre.state.alarm(each) is not None)


def has_place(centre: Centre, site: str, gateway: str) -> bool:
    """Whether whoever asks sees that place."""
    return not isinstance(centre, ScopedCentre) or centre.has_place(site, gateway)


class ScopedState:
    """The state with the alarms of some sites."""

    def __init__(self, state: StateStore, sites: frozenset[str]) -> None:
        self._state = state
        self._here = sites

    def __getattr__(self, name: str) -> Any:
        """Whatever is the same for everybody."""
        return getattr(self._state, name)

    def alarms(self, wanted: AlarmFilter, *, before: str | None, limit: int) -> Sequence[AlarmRow]:
        """Those of the sites, newest first."""
        return self._state.alarms(replace(wanted, sites=self._here), before=before, limit=limit)

    def open_alarms(self) -> Sequence[OpenAlarms]:
        """How many are open, by site of these and severity."""
        return [each for each in self._state.open_alarms() if each.site in self._here]

    def alarm(self, identifier: str) -> AlarmRow | None:
        """One of them."""
        found = self._state.alarm(identifier)
        return found if found is not None and found.site in self._here else None


class ScopedIncidents:
    """The incidents that lie at some sites, or were sent to their areas."""

    def __init__(self, incidents: IncidentStore, sites: frozenset[str], areas: frozenset[str]) -> None:
        self._incidents = incidents
        self._here = sites
        self._areas = areas

    def __getattr__(self, name: str) -> Any:
        """Whatever goes by an incident that was looked up."""
        return getattr(self._incidents, name)

    def incidents(self, wanted: IncidentFilter, *, before: str | None, limit: int) -> Sequence[IncidentRow]:
        """Those in sight, newest first."""
        narrow = replace(wanted, sites=self._here, areas=self._areas)
        return self._incidents.incidents(narrow, before=before, limit=limit)

    def incident(self, identifier: str) -> IncidentRow | None:
        """One of them."""
        found = self._incidents.incident(identifier)
        return found if found is not None and (found.site in self._here or found.area in self._areas) else None


class ScopedHub:
    """The live feed with what happens at some sites."""

    def __init__(self, hub: Hub, sites: frozenset[str], gateways: frozenset[str]) -> None:
        self._hub = hub
        self._here = sites
        self._gateways = gateways

    @property
    def number(self) -> int:
        """The number of the newest change anywhere."""
        return self._hub.number

    async def subscribe(self, after: int | None = None, *, quiet_s: float = 15.0) -> AsyncIterator[Sequence[LiveEvent]]:
        """Changes in sight, oldest first; empty ones where only others changed."""
        async for changes in self._hub.subscribe(after, quiet_s=quiet_s):
            yield [each for each in changes if self._is_here(each)]

    def _is_here(self, event: LiveEvent) -> bool:
        if event.kind == "reset":
            return True
        if event.kind == "alarm":
            return event.body.get("site") in self._here
        return event.body.get("gateway", event.body.get("id")) in self._gateways

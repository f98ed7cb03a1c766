"""The real enrolment, around the sample's sites and a broker that only notes what it is told."""

from __future__ import annotations

from pathlib import Path

from cloud.enrolment.authority import make_authority
from cloud.enrolment.config import EnrolmentConfig
from cloud.enrolment.house import Enrolment, Ground
from cloud.enrolment.security import SecurityLog
from cloud.enrolment.welcome import Surroundings
from cloud.inventory.live import LiveInventory
from cloud.inventory.sites import Inventory, Site
from cloud.store.sql import SqlStateStore
from device_profiles.clock import Clock
from tests.cloud.api import sample_fleet
from tests.cloud.enrolment.bench import NotedDoor


def sample_enrolment(folder: Path, state: SqlStateStore, clock: Clock) -> tuple[Enrolment, NotedDoor]:
    """Open from the beginning: nothing is kept yet."""
    names = {each.id: each.name for each in sample_fleet.gateways(clock.now_ms())}
    sites = {
        view.id: Site.model_validate(
            {
                "id": view.id, "name": view.name, "area": view.area, "lat": view.lat, "lon": view.lon,
                "gateways": [{"id": each, "name": names[each]} for each in view.gateways],
            }
        )
        for view in sample_fleet.SITES
    }  # fmt: skip
    inventory = LiveInventory(
        Inventory(sites, {}, {each.id: site for site in sites.values() for each in site.gateways})
    )
    door = NotedDoor()
    ground = Ground(
        config=EnrolmentConfig.model_validate({}),
        store=state.enrolment,
        audit=state.put_audit,
        inventory=inventory,
        profiles=sample_fleet.PROFILES,
        authority=make_authority(folder / "authority", "Thacba", now=clock.now_ms()),
        folder=folder / "authority",
        door=door,
        surroundings=Surroundings("https://centre.test", "mqtts://broker.test:8883"),
        moved=lambda gateway: None,
        events=SecurityLog(state.enrolment, state.put_audit, clock),
        clock=clock,
    )
    return Enrolment(ground), door

"""Puts the two offices together: what gateways shall run, and the waves in which it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.configuring.keyring import CertificateKeys
from cloud.configuring.office import ConfigurationOffice
from cloud.configuring.rollouts import RolloutDesk, RolloutOffice
from cloud.configuring.sheet import Profiles
from cloud.configuring.targets import Candidate
from cloud.configuring.terms import Desk
from cloud.ingest.subscriber import Link
from cloud.inventory.fleet import Fleet
from cloud.inventory.live import LiveInventory
from cloud.store.sql import SqlStateStore
from device_profiles.clock import Clock


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the centre lends the offices."""

    state: SqlStateStore
    fleet: Fleet
    link: Link
    inventory: LiveInventory
    profiles: Profiles
    key: Ed25519PrivateKey | None
    clock: Clock


@dataclass(frozen=True, slots=True)
class Configuring:
    """The offices, and the keys of gateways."""

    office: ConfigurationOffice
    rollouts: RolloutOffice
    keys: CertificateKeys

    async def open(self) -> None:
        """Takes up where the database stands."""
        await self.office.open()
        await self.rollouts.open()


def configuring(given: Surroundings) -> Configuring:
    """Both offices around one database."""
    store = given.state.configurations
    keys = CertificateKeys(given.state.enrolment.certificates)
    office = ConfigurationOffice(
        Desk(
            store=store,
            fleet=given.fleet,
            link=given.link,
            keys=keys,
            knows=given.inventory.__contains__,
            profiles=given.profiles,
            key=given.key,
            audit=given.state.put_audit,
            clock=given.clock,
        )
    )
    rollouts = RolloutOffice(
        RolloutDesk(
            store=store,
            configurations=office,
            fleet=given.fleet,
            candidates=lambda: candidates(given.inventory, given.fleet),
            audit=given.state.put_audit,
            clock=given.clock,
        )
    )
    return Configuring(office, rollouts, keys)


def candidates(inventory: LiveInventory, fleet: Fleet) -> Sequence[Candidate]:
    """Every gateway of the inventory with what it can be chosen by."""
    return [
        Candidate(
            gateway=gateway,
            site=site.id,
            areas=tuple(area.id for area in inventory.path_of(site.area)),
            labels=site.labels,
            profiles=_profiles_of(gateway, fleet),
        )
        for gateway, site in inventory.gateways.items()
    ]


def _profiles_of(gateway: str, fleet: Fleet) -> tuple[str, ...]:
    standing = fleet.gateway(gateway)
    return tuple(sorted({device.profile for device in standing.devices.values()})) if standing else ()

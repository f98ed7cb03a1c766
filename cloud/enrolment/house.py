"""Puts the parts of enrolment together around one authority and one registry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from cloud.brokering.port import BrokerDoor
from cloud.enrolment.authority import Authority
from cloud.enrolment.config import EnrolmentConfig
from cloud.enrolment.desk import EnrolmentDesk
from cloud.enrolment.joining import Joining, Reception
from cloud.enrolment.registry import Registrar, Registry
from cloud.enrolment.revoking import Revoker
from cloud.enrolment.security import SecurityLog
from cloud.enrolment.verifying import Verifier
from cloud.enrolment.welcome import Surroundings, Welcomer
from cloud.inventory.live import LiveInventory
from cloud.store.base import AuditRow
from cloud.store.enrolment_port import EnrolmentStore
from device_profiles.clock import Clock


@dataclass(frozen=True, slots=True)
class Ground:
    """What enrolment stands on. `folder`: of the authority; `moved`: told of gateways that came, went or moved."""

    config: EnrolmentConfig
    store: EnrolmentStore
    audit: Callable[[AuditRow], None]
    inventory: LiveInventory
    profiles: Mapping[str, Any]
    authority: Authority | None
    folder: Path
    door: BrokerDoor
    surroundings: Surroundings
    moved: Callable[[str], None]
    events: SecurityLog
    clock: Clock


class Enrolment:
    """Claims, certificates, the registry and the security log of one centre."""

    def __init__(self, ground: Ground) -> None:
        self.config = ground.config
        self.centre_url = ground.surroundings.centre_url
        self.store = ground.store
        self.authority = ground.authority
        clock, store, authority = ground.clock, ground.store, ground.authority
        self.events = ground.events
        self.revoker = Revoker(store, authority, ground.folder, ground.door, clock=clock)
        self.registry = Registry(
            Registrar(
                store=store,
                authority=authority,
                inventory=ground.inventory,
                revoker=self.revoker,
                clock=clock,
                config=ground.config,
                audit=ground.audit,
                centre_url=ground.surroundings.centre_url,
                profiles=ground.profiles,
                moved=ground.moved,
            )
        )
        self.joining = Joining(
            Reception(
                store=store,
                authority=authority,
                registry=self.registry,
                revoker=self.revoker,
                door=ground.door,
                events=self.events,
                clock=clock,
                audit=ground.audit,
                welcome=Welcomer(ground.surroundings, ground.inventory.filed, authority).welcome,
            )
        )
        self.desk = EnrolmentDesk(store, self.registry, ground.inventory, clock=clock)
        self.verifier = Verifier(store, self.registry, self.events, clock=clock)

    async def open(self) -> None:
        """Takes up where the database stands."""
        await self.registry.open()
        await self.events.restore()

    async def run(self) -> NoReturn:
        """Carries revocations out and counts events, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.events.run())
            await self.revoker.run()

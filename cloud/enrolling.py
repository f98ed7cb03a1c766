"""Lets the rest of the centre follow the registry: the fleet at once, the rules as soon as the database takes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NoReturn

from cloud.brokering.port import BrokerDoor
from cloud.brokering.suspicion import Standing
from cloud.config import CentreConfig
from cloud.enrolment.authority import FOLDER, read_authority
from cloud.enrolment.house import Enrolment, Ground
from cloud.enrolment.registry import GONE, Registry
from cloud.enrolment.security import SecurityLog
from cloud.enrolment.welcome import Surroundings
from cloud.errors import ConfigurationError, StoreUnavailableError
from cloud.inventory.fleet import Fleet
from cloud.inventory.live import LiveInventory
from cloud.keys import public_text
from cloud.recorder import Recorder
from cloud.settings import Settings
from cloud.store.configuration_port import ConfigurationStore
from cloud.store.sql import SqlStateStore
from device_profiles.clock import Clock
from device_profiles.wire.configuration import SignedConfiguration

log = logging.getLogger(__name__)

AGAIN_S: Final = 3.0  # what was on its way when a gateway went has arrived by then


class Followers:
    """Is told of every gateway that came, went or moved."""

    def __init__(self, inventory: LiveInventory, fleet: Fleet, recorder: Recorder, *, clock: Clock) -> None:
        self._inventory = inventory
        self._fleet = fleet
        self._recorder = recorder
        self._clock = clock
        self._gone: dict[str, None] = {}
        self._work = asyncio.Event()

    def moved(self, gateway: str) -> None:
        """Follows at once in memory; what must be committed follows in `run`."""
        site = self._inventory.site_of(gateway)
        self._fleet.moved(gateway, site.id if site is not None else None)
        if site is None:
            self.forget(gateway)
        else:
            self._gone.pop(gateway, None)

    def forget(self, gateway: str) -> None:
        """Has the rules forget a gateway; again does no harm."""
        self._gone[gateway] = None
        self._work.set()

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._forget_all()
            except StoreUnavailableError as error:
                log.warning("gateway not forgotten yet", extra={"error": str(error)})
                await self._clock.sleep(AGAIN_S)
                self._work.set()

    async def _forget_all(self) -> None:
        gone = list(self._gone)
        await self._leave(gone)
        await self._clock.sleep(AGAIN_S)
        await self._leave(gone)
        for gateway in gone:
            self._gone.pop(gateway, None)

    async def _leave(self, gone: Iterable[str]) -> None:
        for gateway in gone:
            if gateway not in self._inventory:  # else it is back
                self._fleet.moved(gateway, None)
                await self._recorder.leave(gateway)


def enrolment_of(
    settings: Settings, state: SqlStateStore, followers: Followers, *, live: tuple[LiveInventory, SecurityLog],
    door: BrokerDoor, clock: Clock,
) -> Enrolment:  # fmt: skip
    """The enrolment of a centre, as its configuration says."""
    config = settings.config
    folder = config.data_dir / FOLDER
    inventory, events = live
    return Enrolment(
        Ground(
            config=config.enrolment,
            store=state.enrolment,
            audit=state.put_audit,
            inventory=inventory,
            profiles=settings.catalogue.profiles,
            authority=read_authority(folder),
            folder=folder,
            door=door,
            surroundings=_surroundings(settings, config, state.configurations),
            moved=followers.moved,
            events=events,
            clock=clock,
        )
    )


def standing_in(inventory: LiveInventory, registry: Callable[[], Registry]) -> Callable[[str], Standing]:
    """What the broker's watch must know of a gateway that comes in: is it ours, is it gone?"""

    def standing(gateway: str) -> Standing:
        row = registry().row(gateway)
        if row is not None and row.state in GONE:
            return "revoked"
        return "good" if gateway in inventory else "unknown"

    return standing


async def open_enrolment(enrolment: Enrolment, followers: Followers) -> None:
    """Takes up where the database stands; what was retired before a cut is forgotten now."""
    await enrolment.open()
    for row in enrolment.registry.rows():
        if row.state in GONE:
            followers.forget(row.gateway)


def _surroundings(settings: Settings, config: CentreConfig, configurations: ConfigurationStore) -> Surroundings:
    given = config.enrolment
    return Surroundings(
        centre_url=given.centre_url or config.http.public_url or _on_this_machine(config),
        broker_url=given.broker_url or config.broker.url,
        broker_authorities=_text_of(given.broker_authorities) if given.broker_authorities is not None else "",
        command_key=public_text(settings.key) if settings.key is not None else "",
        configuration=_configuration_in(configurations),
    )


def _on_this_machine(config: CentreConfig) -> str:
    """For a trial on one machine; nobody else reaches it there."""
    http = config.http
    return f"http://127.0.0.1:{http.port}" if http.host == "127.0.0.1" and http.port else ""


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"enrolment.broker_authorities: {path} cannot be read ({error})") from error


def _configuration_in(store: ConfigurationStore) -> Callable[[str], SignedConfiguration | None]:
    def newest(gateway: str) -> SignedConfiguration | None:
        row = store.newest(gateway)
        return SignedConfiguration(row.body, row.signature) if row is not None and row.signature else None

    return newest

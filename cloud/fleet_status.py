"""The standing of every gateway as readings of the centre's own, once a minute, for dashboards and rules."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NoReturn, Protocol

from cloud.errors import StoreUnavailableError
from cloud.ingest.account import Account
from cloud.inventory.fleet import GatewayStanding
from cloud.inventory.sites import Site
from cloud.store.base import Columns
from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from device_profiles.wire.messages import Cell

log = logging.getLogger(__name__)

PROFILE = "index_gateway"
DEVICE = "gateway"  # the gateway itself, beside its devices
PERIOD_S = 60.0


class Standings(Protocol):
    """Whoever was ever heard."""

    def gateways(self) -> Sequence[GatewayStanding]:
        """Every gateway."""


class Accounts(Protocol):
    """The ledger."""

    def accounts(self) -> Sequence[tuple[str, str, Account]]:
        """Every account with its gateway and epoch."""


class Records(Protocol):
    """Judges and stores what the centre says itself."""

    @property
    def ledger(self) -> Accounts:
        """What became of every reading."""

    async def derive(self, columns: Sequence[Columns]) -> None:
        """StoreUnavailableError when it was not kept."""


class Placement(Protocol):
    """Where gateways stand."""

    def site_of(self, gateway: str) -> Site | None:
        """The site; None for a gateway that nobody has listed."""


class FleetStatus:
    """Says once a minute how the gateways stand."""

    def __init__(
        self, profile: DeviceProfile, *, fleet: Standings, records: Records, places: Placement, clock: Clock
    ) -> None:
        self._types = {point.key: point.type for point in profile.points}
        self._fleet = fleet
        self._records = records
        self._places = places
        self._clock = clock

    async def run(self) -> NoReturn:
        """Until cancelled. A minute that cannot be kept is left out: the next one says it all again."""
        while True:
            await self._clock.sleep(PERIOD_S)
            try:
                await self._records.derive(self.columns())
            except StoreUnavailableError as error:
                log.warning("standing of gateways not kept", extra={"error": str(error)})

    def columns(self) -> list[Columns]:
        """One row per gateway that was ever heard and stands in the inventory."""
        sums: dict[str, list[Account]] = {}
        for gateway, _, account in self._records.ledger.accounts():
            sums.setdefault(gateway, []).append(account)
        now = self._clock.now_ms()
        return [
            self._row(standing, site.id, sums.get(standing.gateway, []), now)
            for standing in self._fleet.gateways()
            if (site := self._places.site_of(standing.gateway)) is not None
        ]

    def _row(self, standing: GatewayStanding, site: str, accounts: Sequence[Account], now: int) -> Columns:
        values = {**_said_of(standing), **_sums_of(accounts)}
        return Columns(
            site=site,
            gateway=standing.gateway,
            device=DEVICE,
            profile=PROFILE,
            times=[now],
            points={key: [value] for key, value in values.items()},
            quality={},
            types={key: self._types[key] for key in values},
        )


def _said_of(standing: GatewayStanding) -> dict[str, Cell]:
    """What the gateway last said of itself; nothing of what it has not said yet."""
    online: dict[str, Cell] = {"online": standing.presence == "online"}
    health = standing.health
    if health is None:
        return online
    room: dict[str, Cell] = {} if health.hours_left is None else {"hours_left": float(health.hours_left)}
    return {
        **online,
        **room,
        "clock_doubtful": health.clock != "good",
        "devices_ill": sum(1 for each in health.devices if each.fault),
        "backlog_readings": health.backlog_readings,
    }


def _sums_of(accounts: Sequence[Account]) -> dict[str, Cell]:
    return {
        "accepted": sum(each.accepted for each in accounts),
        "stored": sum(each.stored for each in accounts),
        "dead_lettered": sum(each.dead_lettered for each in accounts),
        "dropped": sum(each.dropped_readings for each in accounts),
        "awaited": sum(each.awaited for each in accounts),
    }

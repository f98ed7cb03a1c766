"""Dashboards see each gateway as the ledger does, minute by minute."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cloud.errors import StoreUnavailableError
from cloud.fleet_status import DEVICE, PERIOD_S, PROFILE, FleetStatus
from cloud.ingest.ledger import Ledger, Settlement
from cloud.inventory.fleet import Fleet
from cloud.inventory.sites import Site
from cloud.store.base import Columns
from device_profiles.load import load_catalogue
from device_profiles.wire import Channel, DeviceHealth, Health
from tests.fakes import ManualClock, settle

GATEWAY = "gw-1"


class Records:
    """Keeps what it is given; `away` makes it fail once."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.kept: list[Columns] = []
        self.away = False

    async def derive(self, columns: Sequence[Columns]) -> None:
        if self.away:
            self.away = False
            raise StoreUnavailableError("away")
        self.kept.extend(columns)


SITE = Site.model_validate(
    {"id": "tram", "name": {"vi": "Trạm", "en": "Station"}, "area": "yen-bai", "lat": 21.7, "lon": 104.9}
)


class Places:
    """One gateway has a site, all others are strangers."""

    def site_of(self, gateway: str) -> Site | None:
        return SITE if gateway == GATEWAY else None


def health(**fields: object) -> Health:
    usual = {"v": 1, "at": 1, "epoch": "e1", "next_sequence": 3, "accepted": 30, "backlog_batches": 1,
             "backlog_readings": 10, "backlog_bytes": 99, "dropped_readings": 0, "reconnects": 0}  # fmt: skip
    return Health(**{**usual, **fields})  # type: ignore[arg-type]


def status(records: Records, fleet: Fleet, clock: ManualClock) -> FleetStatus:
    profile = load_catalogue()[PROFILE]
    return FleetStatus(profile, fleet=fleet, records=records, places=Places(), clock=clock)


def test_a_row_says_what_the_gateway_and_the_ledger_say() -> None:
    records, fleet, clock = Records(), Fleet(), ManualClock()
    ill = [DeviceHealth("a", 1), DeviceHealth("b", 0, "timeout")]
    fleet.healthy(GATEWAY, health(hours_left=71.5, clock="doubtful", devices=ill), received_at=1)
    fleet.healthy("stranger", health(), received_at=1)
    settled = [Settlement(GATEWAY, "e1", 1, 0, Channel.READINGS, stored=16, dead=4, reasons=(("range", 4),))]
    records.ledger.heard(GATEWAY, "e1", next_sequence=3, accepted=30)
    records.ledger.install(records.ledger.draft(settled), settled)
    [row] = status(records, fleet, clock).columns()
    assert (row.site, row.gateway, row.device, row.profile) == ("tram", GATEWAY, DEVICE, PROFILE)
    said = {key: column[0] for key, column in row.points.items()}
    assert said == {
        "online": False, "clock_doubtful": True, "devices_ill": 1, "backlog_readings": 10, "hours_left": 71.5,
        "accepted": 30, "stored": 16, "dead_lettered": 4, "dropped": 0, "awaited": 10,
    }  # fmt: skip
    assert set(said) == set(row.types) == {point.key for point in load_catalogue()[PROFILE].points}


async def test_each_minute_is_told_and_one_without_a_store_is_left_out() -> None:
    records, fleet, clock = Records(), Fleet(), ManualClock()
    fleet.healthy(GATEWAY, health(), received_at=1)
    task = asyncio.create_task(status(records, fleet, clock).run())
    await clock.advance(PERIOD_S)
    records.away = True
    await clock.advance(PERIOD_S)
    await clock.advance(PERIOD_S)
    assert [row.times[0] for row in records.kept] == [clock.now_ms() - 2 * 60_000, clock.now_ms()]
    task.cancel()
    await settle()

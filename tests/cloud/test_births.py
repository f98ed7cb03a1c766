"""What came late stays on the charts when the centre starts again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cloud.births import Births
from cloud.inventory.fleet import Fleet
from cloud.store.base import BirthRow, Columns
from cloud.store.sql import SqlStateStore
from device_profiles.wire import BirthDevice, State
from tests.cloud.letters import CATALOGUE, DEVICE, GATEWAY, INVENTORY, PROFILE
from tests.fakes import ManualClock
from tests.waiting import eventually


async def test_health_is_kept_once_a_minute_also_when_the_clock_was_set_back(tmp_path: Path) -> None:
    clock, state = ManualClock(), SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    state.migrate()
    births = Births(Fleet(), state, CATALOGUE.profiles, clock=clock)
    rows: list[int] = []

    async def kept() -> int:
        births.changed(GATEWAY, at_once=False)
        await clock.advance(1.0)
        await eventually(lambda: clock.sleepers == 1)
        return next((row.updated_at for row in state.births()), 0)

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(births.run())
        await eventually(lambda: clock.sleepers == 1)
        rows = [await kept(), await kept()]
        clock.set_wall(clock.now_ms() - 86_400_000)
        rows.append(await kept())
        await clock.advance(60.0)
        await eventually(lambda: clock.sleepers == 1)
        rows.append(await kept())
        keeping.cancel()
    state.close()
    assert 0 < rows[3] < rows[0] == rows[1] == rows[2]


async def test_late_readings_are_remembered_over_a_restart(tmp_path: Path) -> None:
    clock, state = ManualClock(), SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    state.migrate()
    now = clock.now_ms()
    fleet = Fleet()
    birth = State(1, "online", now, devices=[BirthDevice(DEVICE, PROFILE, "0" * 12, "Trạm", "Gauge")])
    fleet.born(GATEWAY, birth, site="site", received_at=now)
    late = Columns("site", GATEWAY, DEVICE, PROFILE, [now - 600_000], {"level_m": [27.5]}, {}, {})
    fleet.observed(late, received_at=now)
    births = Births(fleet, state, CATALOGUE.profiles, clock=clock)
    births.changed(GATEWAY, at_once=True)

    async def kept_after(seconds: float) -> bool:
        await clock.advance(seconds)
        return bool(state.births())

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(births.run())
        await eventually(lambda: kept_after(1.0))
        keeping.cancel()
    again = Fleet()
    await Births(again, state, CATALOGUE.profiles, clock=clock).restore(INVENTORY)
    before, after = fleet.device(GATEWAY, DEVICE), again.device(GATEWAY, DEVICE)
    assert before is not None
    assert after is not None
    assert before.passages == after.passages != []
    state.put_births([BirthRow(GATEWAY, "", "", now, "{torn")])
    await Births(Fleet(), state, CATALOGUE.profiles, clock=clock).restore(INVENTORY)
    state.close()

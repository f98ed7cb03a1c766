"""Each kind of store, opened: what contract suites run over."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.store.influx import InfluxSettings, InfluxStore
from cloud.store.influx_roll_ups import InfluxRollUps
from cloud.store.memory import MemoryStore
from cloud.store.memory_roll_ups import MemoryRollUps
from cloud.store.roll_up import GRAINS, RawStore, RollUpStore
from cloud.store.sqlite import SqliteStore
from cloud.store.sqlite_roll_ups import SqliteRollUps
from tests.servers import InfluxServer

KINDS = ("memory", "sqlite", "influx")
numbers = itertools.count()


def influx_settings(server: InfluxServer, database: str) -> InfluxSettings:
    """How the centre would be told of this server."""
    return InfluxSettings(server.url, database, server.username, server.password, organisation=server.organisation)


@asynccontextmanager
async def both_stores(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[tuple[RawStore, RollUpStore]]:
    """Raw readings and roll-ups of the kind that the fixture's parameter names, both open."""
    raw: RawStore
    rolled: RollUpStore
    if request.param == "memory":
        raw, rolled = MemoryStore(), MemoryRollUps()
    elif request.param == "sqlite":
        raw, rolled = SqliteStore(folder / "readings.sqlite3"), SqliteRollUps(folder / "roll_ups.sqlite3")
    else:
        server: InfluxServer = request.getfixturevalue("influx_server")
        settings = influx_settings(server, f"rolled_{next(numbers)}")
        raw, rolled = InfluxStore(settings), InfluxRollUps(settings, dict.fromkeys(GRAINS, 0))
    await raw.open()
    await rolled.open()
    yield raw, rolled
    await rolled.close()
    await raw.close()

"""The contract of raw readings over memory, SQLite and a real InfluxDB 1.6."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.errors import StoreUnavailableError
from cloud.store import influx_raw, sqlite_raw
from cloud.store.base import RawColumn, ReadingStore, SeriesKey, StoredSeries
from cloud.store.influx import InfluxSettings, InfluxStore
from cloud.store.memory import MemoryStore
from cloud.store.sqlite import SqliteStore
from device_profiles.schema import PointType
from tests.cloud.store.blocks import LEVEL, NOW, block
from tests.cloud.store.stores import influx_settings
from tests.servers import InfluxServer, free_port

numbers = itertools.count()


@pytest.fixture(params=["memory", "sqlite", "influx"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReadingStore]:
    opened: ReadingStore
    if request.param == "memory":
        opened = MemoryStore()
    elif request.param == "sqlite":
        opened = SqliteStore(tmp_path / "readings.sqlite3")
    else:
        server: InfluxServer = request.getfixturevalue("influx_server")
        opened = InfluxStore(influx_settings(server, f"raw_{next(numbers)}"))
    await opened.open()
    yield opened
    await opened.close()


async def test_readings_come_back_rising_the_end_excluded(store: ReadingStore) -> None:
    await store.write([block(3.0, 4.0, begin=NOW + 2000)], [])
    await store.write([block(1.0, 2.0)], [])
    assert await store.raw(LEVEL, begin=NOW, end=NOW + 3000) == RawColumn(
        [NOW, NOW + 1000, NOW + 2000], [1.0, 2.0, 3.0]
    )
    assert await store.raw(LEVEL, begin=NOW + 9000, end=NOW + 99_000) == RawColumn([], [])


async def test_what_is_uncertain_or_bad_is_left_out(store: ReadingStore) -> None:
    marks = {"level_m": [(1, "bad:range"), (2, "uncertain:rate")]}
    await store.write([block(1.0, None, 9.0, 2.0, quality=marks)], [])
    await store.write([block(7.0, device="other", quality={"level_m": [(0, "uncertain:rate")]})], [])
    assert await store.raw(LEVEL, begin=NOW, end=NOW + 60_000) == RawColumn([NOW, NOW + 3000], [1.0, 2.0])


@pytest.mark.parametrize(
    ("kind", "values", "found"),
    [
        (PointType.BOOL, [True, False], [1.0, 0.0]),
        (PointType.ENUM, [2, 0], [2.0, 0.0]),
        (PointType.STRING, ["mở", "đóng"], []),
    ],
)
async def test_truths_and_whole_numbers_become_floats_and_texts_are_none(
    store: ReadingStore, kind: PointType, values: list[object], found: list[float]
) -> None:
    await store.write([block(1, 2, profile="cabinet", points={"mode": values}, types={"mode": kind})], [])
    column = await store.raw(SeriesKey("cabinet", "gw1", "river", "mode"), begin=NOW, end=NOW + 60_000)
    assert column.values == found
    assert all(type(value) is float for value in column.values)


async def test_a_long_stretch_comes_in_pages_and_is_whole(store: ReadingStore) -> None:
    amount = max(influx_raw.PAGE, sqlite_raw.PAGE) + 5
    marks = {"level_m": [(position, "uncertain:rate") for position in (0, influx_raw.PAGE, amount - 1)]}
    await store.write([block(*map(float, range(amount)), quality=marks)], [])
    column = await store.raw(LEVEL, begin=NOW, end=NOW + amount * 1000)
    doubted = {0.0, float(influx_raw.PAGE), float(amount - 1)}
    assert column.values == [float(number) for number in range(amount) if number not in doubted]
    assert column.times[-1] == NOW + (amount - 2) * 1000


async def test_a_device_that_moved_has_one_series_and_its_last_site(store: ReadingStore) -> None:
    await store.write([block(1.0, 2.0)], [])
    await store.write([block(2.0, 3.0, begin=NOW + 1000, site="lao-cai")], [])
    assert (await store.raw(LEVEL, begin=NOW, end=NOW + 60_000)).times == [NOW, NOW + 1000, NOW + 2000]
    assert await store.stored("river_gauge", "level_m", begin=NOW, end=NOW + 60_000) == [StoredSeries("lao-cai", LEVEL)]


async def test_devices_are_found_by_what_they_have_read_in_that_time(store: ReadingStore) -> None:
    await store.write([block(1.0, gateway=gateway, begin=NOW + late) for gateway, late in (("gw2", 0), ("gw1", 0))], [])
    await store.write([block(1.0, gateway="gw3", begin=NOW + 90_000)], [])
    found = await store.stored("river_gauge", "level_m", begin=NOW, end=NOW + 60_000)
    assert [(each.site, each.key.gateway) for each in found] == [("yen-bai", "gw1"), ("yen-bai", "gw2")]
    assert await store.stored("river_gauge", "velocity_m_s", begin=NOW, end=NOW + 60_000) == []


async def test_a_name_that_no_series_can_have_finds_nothing(store: ReadingStore) -> None:
    key = SeriesKey("x'; DROP", 'g"w', "d\\", "p")
    assert await store.raw(key, begin=0, end=NOW) == RawColumn([], [])
    assert await store.stored(key.profile, key.point, begin=0, end=NOW) == []


async def test_a_store_that_is_away_says_so(tmp_path: Path) -> None:
    away: list[ReadingStore] = [
        InfluxStore(InfluxSettings(f"http://127.0.0.1:{free_port()}", "raw")),
        SqliteStore(tmp_path / "never_opened"),
    ]
    for store in away:
        with pytest.raises(StoreUnavailableError):
            await store.raw(LEVEL, begin=0, end=NOW)
        with pytest.raises(StoreUnavailableError):
            await store.stored("river_gauge", "level_m", begin=0, end=NOW)
        await store.close()

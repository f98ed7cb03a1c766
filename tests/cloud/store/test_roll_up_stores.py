"""The contracts of roll-ups over memory, SQLite and a real InfluxDB 1.6: minutes of a device, windows that are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.errors import StoreUnavailableError
from cloud.store.base import SeriesKey
from cloud.store.influx_roll_ups import InfluxRollUps
from cloud.store.roll_up import GRAINS, HOUR, MINUTE, DeviceKey, RawStore, Rolled, RolledPoint, RollUpStore
from cloud.store.sqlite_roll_ups import SqliteRollUps
from device_profiles.schema import PointType
from tests.cloud.store.blocks import LEVEL, NOW, block, rating
from tests.cloud.store.stores import KINDS, both_stores, influx_settings
from tests.servers import InfluxServer

RIVER = DeviceKey("river_gauge", "gw1", "river")
MIN = 60_000
Both = tuple[RawStore, RollUpStore]


@pytest.fixture(params=KINDS)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Both]:
    async with both_stores(request, tmp_path) as both:
        yield both


async def test_a_device_in_minutes(stores: Both) -> None:
    raw, _ = stores
    points = {"level_m": [2.0, 4.5, None, 1.0], "door": [True, None, False, True], "word": ["a", "b", None, "c"]}
    types = {"level_m": PointType.FLOAT, "door": PointType.BOOL, "word": PointType.STRING}
    await raw.write([block(points=points, types=types, times=[NOW, NOW + 1, NOW + 2, NOW + 2 * MIN])], [])
    await raw.write([block(99.0, device="other"), block(99.0, begin=NOW + 3 * MIN)], [])
    found = await raw.minutes(RIVER, begin=NOW, end=NOW + 3 * MIN)
    assert {point.key.point: list(point.windows) for point in found} == {
        "level_m": [Rolled(NOW, 2, 4.5, 6.5, 2, 4.5), Rolled(NOW + 2 * MIN, 1, 1, 1, 1, 1)],
        "door": [Rolled(NOW, 0, 1, 1, 2, 0), Rolled(NOW + 2 * MIN, 1, 1, 1, 1, 1)],
    }
    assert {point.site for point in found} == {"yen-bai"}
    assert {point.key for point in found} == {LEVEL, replace(LEVEL, point="door")}
    assert await raw.minutes(DeviceKey("x'; DROP", 'g"w', "d\\"), begin=0, end=NOW) == []


async def test_numbers_beyond_the_reach_of_a_sum_of_whole_numbers(stores: Both) -> None:
    raw, _ = stores
    points = {"points": {"big": [2**62, 2**62]}, "types": {"big": PointType.INT}}
    await raw.write([block(1, 2, profile="meter", **points)], [])
    (point,) = await raw.minutes(DeviceKey("meter", "gw1", "river"), begin=NOW, end=NOW + MIN)
    assert point.windows[0].count == 2
    assert point.windows[0].maximum == 2.0**62


async def test_a_profile_may_not_take_the_name_of_a_roll_up(stores: Both) -> None:
    raw, _ = stores
    (rejection,) = await raw.write([block(1.0, profile="river_gauge_15m"), block(1.0)], [])
    assert (rejection.index, rejection.reason) == (0, "name")


async def test_windows_are_kept_replaced_and_found(stores: Both) -> None:
    _, rolled = stores
    window = Rolled(NOW, 0.1, 1e30, 7.0, 3, -2.5)
    later = replace(window, begin=NOW + MIN)
    point = RolledPoint("yen-bai", LEVEL, [replace(window, last=9.0), later])
    pair = RolledPoint("yen-bai", replace(LEVEL, point="level_m_min"), [window])
    await rolled.write(MINUTE, [point, pair])
    await rolled.write(MINUTE, [replace(point, windows=[window])])
    await rolled.write(HOUR, [])
    assert await rolled.windows(LEVEL, MINUTE, begin=NOW, end=NOW + MIN) == [window]
    assert await rolled.windows(LEVEL, MINUTE, begin=NOW, end=NOW + MIN + 1) == [window, later]
    assert await rolled.windows(pair.key, MINUTE, begin=0, end=NOW + MIN) == [window]
    assert await rolled.windows(LEVEL, HOUR, begin=0, end=NOW + MIN) == []
    assert await rolled.windows(SeriesKey("x'; DROP", 'g"w', "d\\", "p"), MINUTE, begin=0, end=NOW) == []


@pytest.mark.parametrize("stores", KINDS[:2], indirect=True)
async def test_what_is_too_old_is_forgotten(stores: Both) -> None:
    raw, rolled = stores
    day = 24 * 60 * MIN
    marks = {"level_m": [(0, "bad:range")]}
    for age in range(4):
        await raw.write([block(None, 1.0, begin=NOW - age * day, quality=marks)], [rating(f"e{age}", NOW - age * day)])
    assert await raw.purge(begin=NOW - 3 * day + 2000, end=NOW - day + 1001) == 4, "two values and two codes"
    assert [each.begin for each in await raw.series(LEVEL, begin=0, end=NOW + MIN, step_ms=MIN)] == [NOW - 3 * day, NOW]
    assert await raw.purge(begin=0, end=NOW - 4 * day) == 0
    await rolled.write(
        MINUTE, [RolledPoint("s", LEVEL, [Rolled(NOW, 1, 1, 1, 1, 1), Rolled(NOW + MIN, 1, 1, 1, 1, 1)])]
    )
    await rolled.write(HOUR, [RolledPoint("s", LEVEL, [Rolled(NOW, 1, 1, 1, 1, 1)])])
    assert await rolled.purge(MINUTE, before=NOW + MIN) == 1
    assert len(await rolled.windows(LEVEL, MINUTE, begin=0, end=NOW + 2 * MIN)) == 1
    assert len(await rolled.windows(LEVEL, HOUR, begin=0, end=NOW + 2 * MIN)) == 1


async def test_a_device_that_moved_is_rolled_up_at_each_of_its_sites_in_influx(influx_server: InfluxServer) -> None:
    settings = influx_settings(influx_server, "rolled_moves")
    rolled = InfluxRollUps(settings, {grain: grain.keep_days for grain in GRAINS})
    await rolled.open()
    await rolled.open()
    for site, last in (("lao-cai", 1.0), ("yen-bai", 2.0)):
        await rolled.write(HOUR, [RolledPoint(site, LEVEL, [Rolled(NOW, 1, 1, 1, 1, last)])])
    assert len(await rolled.windows(LEVEL, HOUR, begin=NOW, end=NOW + 1)) == 2
    assert influx_server.kept_s("rolled_moves_1h") == 1825 * 86_400
    rows = influx_server.query("SELECT * FROM river_gauge_1h WHERE site = 'lao-cai'", "rolled_moves_1h")
    assert rows == [
        {"time": NOW, "site": "lao-cai", "gateway": "gw1", "device": "river", "level_m_min": 1, "level_m_max": 1,
         "level_m_sum": 1, "level_m_count": 1, "level_m_last": 1}
    ]  # fmt: skip
    await rolled.close()


async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    store = SqliteRollUps(tmp_path / "nowhere" / "roll_ups.sqlite3")
    with pytest.raises(StoreUnavailableError, match="unable to open"):
        await store.open()
    with pytest.raises(StoreUnavailableError, match="not open"):
        await store.windows(LEVEL, HOUR, begin=0, end=1)
    await store.close()

"""The contract of the ReadingStore over memory, SQLite and a real InfluxDB 1.6."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.store.base import Bucket, ReadingStore, SeriesKey
from cloud.store.influx import InfluxStore
from cloud.store.memory import MemoryStore
from cloud.store.sqlite import SqliteStore
from device_profiles.schema import PointType
from tests.cloud.store.blocks import LEVEL, NOW, block, rating
from tests.cloud.store.stores import influx_settings
from tests.servers import InfluxServer

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
        opened = InfluxStore(influx_settings(server, f"contract_{next(numbers)}"))
    await opened.open()
    yield opened
    await opened.close()


async def test_what_was_written_is_found(store: ReadingStore) -> None:
    assert await store.write([block(30.0, 30.5, 29.25)], []) == []
    assert await store.count(LEVEL) == 3
    assert await store.latest(LEVEL) == (NOW + 2000, 29.25)


async def test_what_nobody_wrote_is_not_there(store: ReadingStore) -> None:
    for key in (LEVEL, SeriesKey("x'; DROP", 'g"w', "d\\", "p")):
        assert await store.count(key) == 0
        assert await store.latest(key) is None
        assert await store.series(key, begin=0, end=NOW, step_ms=60_000) == []
    assert await store.write([], []) == []


async def test_writing_again_changes_nothing_and_new_values_replace(store: ReadingStore) -> None:
    event = rating("e1", rating=4)
    for _ in range(2):
        assert await store.write([block(1.0, 2.0)], [event]) == []
    assert await store.count(LEVEL) == 2
    await store.write([block(1.0, 7.0)], [])
    assert await store.latest(LEVEL) == (NOW + 1000, 7.0)


async def test_buckets_are_aligned_and_empty_ones_left_out(store: ReadingStore) -> None:
    begin = NOW - 10_000  # ten seconds before a full minute
    await store.write([block(*map(float, range(20)), begin=begin)], [])
    await store.write([block(50.0, begin=NOW + 150_000)], [])
    assert await store.series(LEVEL, begin=begin, end=NOW + 151_000, step_ms=60_000) == [
        Bucket(NOW - 60_000, 0, 9, 4.5, 9, 10),
        Bucket(NOW, 10, 19, 14.5, 19, 10),
        Bucket(NOW + 120_000, 50, 50, 50, 50, 1),
    ]
    edge = await store.series(LEVEL, begin=begin + 1000, end=begin + 3000, step_ms=1000)
    assert [each.last for each in edge] == [1.0, 2.0], "the begin belongs to it, the end does not"


async def test_cells_without_value_are_no_readings_and_bad_ones_have_a_code(store: ReadingStore) -> None:
    marks = {"level_m": [(1, "bad:range"), (2, "uncertain:rate")]}
    await store.write([block(1.0, None, 2.0, None, quality=marks)], [])
    assert await store.count(LEVEL) == 2
    assert await store.latest(LEVEL) == (NOW + 2000, 2.0)


async def test_a_block_with_nothing_usable_is_kept_as_quality(store: ReadingStore) -> None:
    assert await store.write([block(None, None, quality={"level_m": [(0, "bad:timeout")]})], []) == []
    assert await store.count(LEVEL) == 0


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (PointType.INT, [0, -3, 2**53, -(2**62)]),
        (PointType.ENUM, [0, 1, 2]),
        (PointType.BOOL, [True, False, True]),
        (PointType.FLOAT, [0.1, -1e-9, 1e30, 5e-324, 123456789.123456789, 3]),
        (PointType.STRING, ["mở cửa", 'a "quoted" \\ text', "a,b=c d", ""]),
    ],
)
async def test_every_type_comes_back_equal(store: ReadingStore, kind: PointType, values: list[object]) -> None:
    key = SeriesKey("cabinet", "gw1", "river", "point_1")
    for number, value in enumerate(values):
        point: dict[str, object] = {"points": {"point_1": [value]}, "types": {"point_1": kind}}
        assert await store.write([block(None, begin=NOW + number, profile="cabinet", **point)], []) == []
        found = await store.latest(key)
        assert found == (NOW + number, value)
    assert await store.count(key) == len(values)


async def test_a_point_may_be_missing_in_some_rows(store: ReadingStore) -> None:
    points = {"level_m": [1.0, None, 3.0], "velocity_m_s": [None, 0.5, None], "door": [True, None, None]}
    types = {"level_m": PointType.FLOAT, "velocity_m_s": PointType.FLOAT, "door": PointType.BOOL}
    assert await store.write([block(1, 2, 3, points=points, types=types)], []) == []
    velocity = SeriesKey("river_gauge", "gw1", "river", "velocity_m_s")
    assert [await store.count(LEVEL), await store.count(velocity)] == [2, 1]
    assert await store.latest(velocity) == (NOW + 1000, 0.5)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [(float("nan"), "not_a_number"), (float("inf"), "not_a_number"), ("12,5", "type")],
)
async def test_what_is_no_number_is_rejected_and_the_rest_kept(store: ReadingStore, cell: object, reason: str) -> None:
    good, bad = block(1.0), block(2.0, cell, gateway="gw2")
    (rejection,) = await store.write([bad, good], [])
    assert (rejection.index, rejection.times, rejection.readings) == (0, (NOW, NOW + 1000), 2)
    assert rejection.reason == reason
    assert await store.count(LEVEL) == 1


async def test_a_whole_number_beyond_64_bits_is_rejected(store: ReadingStore) -> None:
    (rejection,) = await store.write([block(2**64, gateway="gw2", types={"level_m": PointType.INT}), block(1)], [])
    assert (rejection.index, rejection.times, rejection.readings) == (0, (NOW,), 1)
    assert rejection.reason.partition(":")[0] == "range"
    assert await store.count(LEVEL) == 1


async def test_a_device_that_moves_to_another_site_keeps_its_series(store: ReadingStore) -> None:
    await store.write([block(1.0)], [])
    await store.write([block(2.0, begin=NOW + 5000, site="lao-cai")], [])
    assert await store.count(LEVEL) == 2
    assert await store.latest(LEVEL) == (NOW + 5000, 2.0)


async def test_a_thousand_blocks_in_one_write(store: ReadingStore) -> None:
    blocks = [block(*[float(n)] * 20, gateway=f"gw{n}") for n in range(1000)]
    assert await store.write(blocks, []) == []
    for number in (0, 999):
        assert await store.count(SeriesKey("river_gauge", f"gw{number}", "river", "level_m")) == 20


async def test_the_canary_sings(store: ReadingStore) -> None:
    assert await store.check()
    assert await store.check()

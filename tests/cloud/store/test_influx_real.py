"""The store on a real InfluxDB: faults of the server, wrong settings, and values that come back as they went.

Debian's 1.6.7, or the 2.x that tests/influx2.py is given.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.store.base import Columns, PlacedEvent
from cloud.store.influx import InfluxSettings, InfluxStore
from device_profiles.schema import RESERVED_KEYS, PointType
from device_profiles.wire import Event
from device_profiles.wire.messages import Cell
from tests.cloud.store.blocks import LEVEL, NOW, block, rating
from tests.cloud.store.stores import influx_settings
from tests.influx2 import run_chosen
from tests.servers import InfluxServer, run_influxd
from tests.waiting import eventually

numbers = itertools.count()


@pytest.fixture(scope="module")
def mortal() -> Iterator[InfluxServer]:
    """A server that may be killed."""
    with run_chosen(username="centre", password="secret") as server:
        yield server


@pytest.fixture(scope="module")
def narrow() -> Iterator[InfluxServer]:
    """A 1.6 with small bodies and few values per tag: limits that 2.x has not."""
    options = {
        "INFLUXDB_HTTP_MAX_BODY_SIZE": "20000",
        "INFLUXDB_DATA_INDEX_VERSION": "inmem",  # only this index knows the next limit
        "INFLUXDB_DATA_MAX_VALUES_PER_TAG": "40",
    }
    with run_influxd(username="centre", password="secret", options=options) as server:
        yield server


def settings_for(server: InfluxServer, **other: object) -> InfluxSettings:
    known = replace(influx_settings(server, f"real_{next(numbers)}"), timeout_s=2.0)
    return replace(known, **other)  # type: ignore[arg-type]


async def opened(server: InfluxServer, **other: object) -> InfluxStore:
    store = InfluxStore(settings_for(server, **other))
    await store.open()
    return store


async def test_the_layout_is_the_agreed_one(influx_server: InfluxServer) -> None:
    store = InfluxStore(wanted := settings_for(influx_server))
    await store.open()
    marks = {"level_m": [(1, "bad:range")]}
    await store.write([block(30.5, None, quality=marks)], [rating("e1", rating=4), rating("e2", rating=5, word="tốt")])
    await store.close()
    tags = {"site": "yen-bai", "gateway": "gw1", "device": "river"}
    level = influx_server.query("SELECT * FROM river_gauge", wanted.database)
    quality = influx_server.query("SELECT * FROM quality", wanted.database)
    assert level == [{"time": NOW, "level_m": 30.5, **tags}]
    assert quality == [{"time": NOW + 1000, "code": "bad:range", "point": "level_m", **tags}]
    events = influx_server.query("SELECT * FROM event", wanted.database)
    assert {(row["id"], row["rating"], row["kind"]) for row in events} == {("e1", 4, "rating"), ("e2", 5, "rating")}
    assert '"word":"tốt"' in str(events)
    assert influx_server.kept_s(wanted.database) == 30 * 86_400


async def test_a_body_that_the_server_finds_too_large_is_halved(narrow: InfluxServer) -> None:
    store = await opened(narrow, gzip=False)
    assert await store.write([block(*map(float, range(3000)))], []) == []
    assert await store.count(LEVEL) == 3000
    await store.close()


async def test_a_value_of_another_type_is_rejected_alone(mortal: InfluxServer) -> None:
    store = await opened(mortal)
    await store.write([block(1.0)], [])
    wrong = block(1, 2, begin=NOW + 5000, types={"level_m": PointType.INT})
    (rejection,) = await store.write([block(2.0, begin=NOW + 3000), wrong, block(3.0, begin=NOW + 9000)], [])
    assert (rejection.index, rejection.readings) == (1, 2)
    assert re.match("type_conflict: .*partial write: field type conflict", rejection.reason)
    assert await store.count(LEVEL) == 3
    await store.close()


async def test_readings_beyond_the_retention_are_rejected(mortal: InfluxServer) -> None:
    store = await opened(mortal, retention_days=7)
    (rejection,) = await store.write([block(1.0, begin=NOW - 8 * 86_400_000), block(2.0)], [])
    assert re.match("retention: .*partial write: .*retention policy", rejection.reason)
    assert await store.count(LEVEL) == 1
    await store.close()


async def test_what_the_index_of_the_server_refuses_is_rejected(narrow: InfluxServer) -> None:
    store = await opened(narrow)
    assert await store.write([block(1.0, gateway=f"gw{n}") for n in range(41)], []) == []
    rejections = await store.write([block(1.0, gateway=f"gw{n}") for n in range(36, 46)], [])
    assert [each.index for each in rejections] == [5, 6, 7, 8, 9], "forty-one values are there, the server wants forty"
    assert {each.reason.partition(":")[0] for each in rejections} == {"cardinality"}
    await store.close()


async def test_wrong_credentials_database_and_policy_are_settings(mortal: InfluxServer) -> None:
    store = InfluxStore(settings_for(mortal, password="wrong"))
    for attempt in (store.open(), store.write([block(1.0)], [])):
        with pytest.raises(StoreMisconfiguredError, match="401"):
            await attempt
    await store.close()
    store = InfluxStore(settings_for(mortal))
    with pytest.raises(StoreMisconfiguredError, match=r"database not found|no dbrp mapping found"):
        await store.write([block(1.0)], [])
    await store.open()
    assert await store.write([block(1.0)], []) == [], "opening again mends it"
    await store.close()
    store = InfluxStore(settings_for(mortal, retention_policy="week"))
    await store.open()
    assert await store.write([block(1.0)], []) == []
    assert await store.count(LEVEL) == 1
    assert re.match(r"InfluxDB [12]\.", await store.check())
    await store.close()


async def test_a_policy_is_added_to_a_database_that_is_there(mortal: InfluxServer) -> None:
    first = settings_for(mortal)
    await (await opened(mortal, database=first.database)).close()
    store = InfluxStore(replace(first, retention_policy="raw_400"))
    await store.open()
    names = {row["name"] for row in mortal.query(f"SHOW RETENTION POLICIES ON {first.database}")}
    assert len(names) == 2
    assert "raw_400" in names
    assert await store.write([block(1.0)], []) == []
    await store.close()


async def test_a_kill_in_the_middle_loses_nothing_that_was_taken(mortal: InfluxServer) -> None:
    store = await opened(mortal)
    taken: set[int] = set()

    async def write_on() -> None:
        for number in range(60):
            while True:
                try:
                    await store.write([block(float(number), begin=NOW + number)], [])
                except StoreUnavailableError:
                    await eventually(lambda: mortal.running)
                    continue
                taken.add(number)
                break

    async with asyncio.TaskGroup() as group:
        group.create_task(write_on())
        await eventually(lambda: len(taken) > 20)
        mortal.kill()
        await asyncio.to_thread(mortal.start)
    assert len(taken) == 60
    assert await store.count(LEVEL) == 60
    await store.close()


async def test_a_server_that_hangs_is_an_unknown_outcome(mortal: InfluxServer) -> None:
    store = await opened(mortal, timeout_s=0.3)
    mortal.pause()
    try:
        with pytest.raises(StoreUnavailableError):
            await store.write([block(1.0)], [])
    finally:
        mortal.resume()
    assert await store.write([block(1.0)], []) == []
    assert await store.count(LEVEL) == 1
    await store.close()


IDS = st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True).filter(lambda name: name not in RESERVED_KEYS)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)
VALUES: dict[PointType, st.SearchStrategy[Cell]] = {
    PointType.FLOAT: st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True),
    PointType.INT: st.integers(-(2**63), 2**63 - 1),
    PointType.BOOL: st.booleans(),
    PointType.ENUM: st.integers(0, 99),
    PointType.STRING: TEXTS,
}


@st.composite
def any_block(draw: st.DrawFn) -> Columns:
    """Whatever is legal: any names and ids, any mixture of types, holes anywhere."""
    types = draw(st.dictionaries(NAMES, st.sampled_from(PointType), min_size=1, max_size=6))
    rows = draw(st.integers(1, 6))
    points: dict[str, list[Cell]] = {
        key: draw(st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)) for key, kind in types.items()
    }
    site, gateway, device = draw(IDS), draw(IDS), draw(IDS)
    times = [NOW + 7 * number for number in range(rows)]
    return Columns(site, gateway, device, draw(NAMES), times, points, {}, types)


def test_whatever_is_legal_comes_back_equal(influx_server: InfluxServer) -> None:
    fuzz = provided(influx_server)

    @settings(max_examples=120, deadline=None, phases=[Phase.generate])
    @given(any_block())
    def proves(drawn: Columns) -> None:
        # a measurement of its own: InfluxDB pins the type of a field for all devices of a profile
        one = replace(drawn, profile=f"p{next(numbers)}_{drawn.profile}")
        assert asyncio.run(_written(fuzz, [one], [])) == []
        rows = {row["time"]: row for row in influx_server.query(all_of(one.profile), fuzz.database)}
        for number, at in enumerate(one.times):
            sent = {key: cells[number] for key, cells in one.points.items() if cells[number] is not None}
            if not sent:
                assert at not in rows
                continue
            row = rows[at]
            assert (row["site"], row["gateway"], row["device"]) == (one.site, one.gateway, one.device)
            for key, value in sent.items():
                found = row[key]
                # the server prints 7.05e16 without a point, and JSON then reads another whole number
                assert value == (float(found) if isinstance(value, float) and isinstance(found, int) else found)

    proves()


def test_any_fact_of_an_event_comes_back_equal(influx_server: InfluxServer) -> None:
    fuzz = provided(influx_server)
    facts = st.dictionaries(NAMES, TEXTS | st.booleans() | st.integers(-(2**53), 2**53), max_size=4)

    @settings(max_examples=60, deadline=None, phases=[Phase.generate])
    @given(IDS, NAMES, facts)
    def proves(identifier: str, kind: str, facts: dict[str, int | float | bool | str]) -> None:
        gateway = f"gw{next(numbers)}"
        placed = PlacedEvent("yen-bai", gateway, Event(identifier, "kiosk", kind, NOW, facts))
        assert asyncio.run(_written(fuzz, [], [placed])) == []
        (row,) = influx_server.query(f"{all_of('event')} WHERE gateway = '{gateway}'", fuzz.database)
        assert (row["id"], row["kind"]) == (identifier, kind)
        assert json.loads(str(row["facts"])) == facts

    proves()


def all_of(measurement: str) -> str:
    return f'SELECT * FROM "{measurement}"'  # noqa: S608 -- a generated name


def provided(server: InfluxServer) -> InfluxSettings:
    """A database that is there already."""

    async def make() -> None:
        await (await opened(server, database="fuzz")).close()

    asyncio.run(make())
    return settings_for(server, database="fuzz")


async def _written(fuzz: InfluxSettings, columns: list[Columns], events: list[PlacedEvent]) -> list[object]:
    store = InfluxStore(fuzz)
    try:
        return list(await store.write(columns, events))
    finally:
        await store.close()

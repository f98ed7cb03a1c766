"""Every panel of every dashboard shows something: each query runs on a real InfluxDB with simulated readings."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.grafana.boards import boards
from cloud.grafana.export import files, variable_query
from cloud.store.base import Columns, PlacedEvent, SeriesKey
from cloud.store.influx import InfluxStore
from cloud.store.influx_roll_ups import InfluxRollUps
from cloud.store.roll_up import HOUR, HOUR_MS, Rolled, RolledPoint
from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile, Point, PointType, Sector
from device_profiles.wire import Event
from device_profiles.wire.messages import Cell
from simulators.models import MODELS
from tests.cloud.store.stores import influx_settings
from tests.servers import InfluxServer

CATALOGUE = load_catalogue()
OWN = {name: profile for name, profile in CATALOGUE.profiles.items() if not profile.reports_as}
BEGIN = 1_725_926_400_000  # 2024-09-10 00:00 UTC: two hours of the flood
END = BEGIN + 2 * HOUR_MS
STEP_MS = 600_000
CELLS: dict[PointType, Callable[[Any], Cell]] = {
    PointType.FLOAT: float, PointType.INT: int, PointType.ENUM: int, PointType.BOOL: bool, PointType.STRING: str,
}  # fmt: skip
DATABASES = {"thacba-live": "panels", "thacba-1h": "panels_1h"}
PORTABLE = re.compile(
    r'SELECT [a-z]+\("\w+"\)( / [a-z]+\("\w+"\))? FROM "\w+" '
    r'WHERE \$timeFilter AND "site" =~ /\^\$site\$/ AND "device" =~ /\^\$device\$/ '
    r'GROUP BY time\(\$__interval\)(, "\w+")+ fill\(none\)'
)


def value_of(point: Point) -> Cell:
    """A likely value of a point that no device measures."""
    if point.type is PointType.ENUM:
        return int(min(point.choices, key=int))
    return {PointType.BOOL: True, PointType.STRING: "A"}.get(point.type, 1)


def readings_of(profile: DeviceProfile) -> Columns:
    times = list(range(BEGIN, END, STEP_MS))
    signal = MODELS[profile.profile](1) if profile.profile in MODELS else None
    points: dict[str, list[Cell]] = {}
    for point in profile.points:
        simulated = [signal((at - BEGIN) / 1000).get(point.key) if signal else None for at in times]
        column = [value if value is not None else value_of(point) for value in simulated]
        points[point.key] = [CELLS[point.type](cell) for cell in column]
    types = {point.key: point.type for point in profile.points}
    return Columns("tram", "gw-1", f"d-{profile.profile}", profile.profile, times, points, {}, types)


def rolled(block: Columns) -> Iterator[RolledPoint]:
    for key, column in block.points.items():
        numbers = [float(cell) for cell in column if isinstance(cell, int | float)]
        if numbers:
            window = Rolled(BEGIN, min(numbers), max(numbers), sum(numbers), len(numbers), numbers[-1])
            yield RolledPoint(block.site, SeriesKey(block.profile, block.gateway, block.device, key), [window])


@pytest.fixture(scope="module")
def filled(influx_server: InfluxServer) -> InfluxServer:
    asyncio.run(fill(influx_server))
    return influx_server


async def fill(influx_server: InfluxServer) -> None:
    settings = replace(influx_settings(influx_server, "panels"), retention_days=0)
    store, roll_ups = InfluxStore(settings), InfluxRollUps(settings, {HOUR: 0})
    blocks = [readings_of(profile) for profile in OWN.values()]
    blocks[0].quality["p"] = [(0, "uncertain:rate")]
    try:
        await store.open()
        await roll_ups.open()
        assert not await store.write(blocks, [PlacedEvent("tram", "gw-1", Event("e1", "kiosk", "rating", BEGIN))])
        await roll_ups.write(HOUR, [point for block in blocks for point in rolled(block)])
    finally:
        await store.close()
        await roll_ups.close()


def queries() -> list[tuple[str, str, str]]:
    """Data source, panel, query of everything that Grafana would ask."""
    asked = []
    for path, text in files(boards(CATALOGUE, "en"), "en", url="u", database="panels", path="/p"):
        if path.suffix == ".json":
            board = json.loads(text)
            asked += [
                (each["datasource"]["uid"], f"{board['uid']}: {each['title']}", target["query"])
                for each in board["panels"]
                for target in each["targets"]
            ]
    return asked


def as_asked(query: str) -> str:
    """The query as Grafana sends it for two hours, every site and every device."""
    span = f"time >= {BEGIN}ms AND time < {END}ms"
    return (
        query.replace("$timeFilter", span).replace("$__interval", "1h").replace("$site", ".*").replace("$device", ".*")
    )


def test_every_panel_of_every_dashboard_returns_rows(filled: InfluxServer) -> None:
    empty = []
    for source, panel, query in queries():
        rows = filled.query(as_asked(query), DATABASES[source])
        if not any(value is not None for row in rows for key, value in row.items() if key not in ("time", "device")):
            empty.append((panel, query))
    assert not empty
    assert len(queries()) > 500


def test_the_variables_list_sites_and_devices(filled: InfluxServer) -> None:
    for database in DATABASES.values():
        sites = filled.query(variable_query("site"), database)
        devices = filled.query(variable_query("device").replace("$site", "tram"), database)
        assert {row["value"] for row in sites} == {"tram"}
        assert {f"d-{name}" for name in OWN if name != "reserved"} <= {row["value"] for row in devices}


def test_queries_are_portable() -> None:
    assert not [query for _, _, query in queries() if not PORTABLE.fullmatch(query)]


def test_every_sector_and_every_point_has_its_panel() -> None:
    asked = " ".join(query for _, _, query in queries())
    for name, profile in OWN.items():
        shown = [point for point in profile.points if point.type is not PointType.STRING]
        assert not [point.key for point in shown if f'("{point.key}") FROM "{name}" ' not in asked], name


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_dashboards_are_whole(lang: str, tmp_path: Path) -> None:
    made = dict(files(boards(CATALOGUE, lang), lang, url="http://influx:8086", database="thacba", path="/p"))
    models = [json.loads(text) for path, text in made.items() if path.suffix == ".json"]
    assert len({each["uid"] for each in models}) == len(models) == 2 * len(Sector) + 4
    assert all(each["panels"] and each["timezone"] == "Asia/Ho_Chi_Minh" for each in models)
    assert "password: $THACBA_INFLUX_PASSWORD" in made[Path("provisioning/datasources/thacba.yaml")]
    titles = {each["uid"]: each["title"] for each in models}
    assert titles["thacba-flood"] == {"vi": "Lũ", "en": "Flood"}[lang]

"""What the analyst's guide shows can be typed as it stands: each query gives rows on a real InfluxDB."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.store.base import Columns, SeriesKey
from cloud.store.influx import InfluxStore
from cloud.store.influx_roll_ups import InfluxRollUps
from cloud.store.roll_up import HOUR, HOUR_MS, Rolled, RolledPoint
from device_profiles.load import load_catalogue
from device_profiles.wire.messages import Cell
from tests.cloud.store.stores import influx_settings
from tests.servers import InfluxServer

DOCS = Path(__file__).parents[3] / "docs"
CATALOGUE = load_catalogue()
JUNE = 1_781_629_200_000  # 2026-06-16 17:00 UTC: the day of Vietnam that the guide looks at begins
GAUGE = "song-thao-yen-bai"


def queries(language: str) -> list[str]:
    """Every InfluxQL statement of the guide, its remarks left out."""
    text = (DOCS / f"analyst.{language}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sql\n(.*?)^```", text, re.M | re.S)
    plain = (re.sub(r"^--.*\n", "", block, flags=re.M) for block in blocks)
    return [" ".join(each.split()) for block in plain for each in block.split("\n\n") if each.strip()]


def block(profile: str, device: str, at: int, cells: dict[str, Cell]) -> Columns:
    """One reading of a device."""
    types = {point.key: point.type for point in CATALOGUE.profiles[profile].points}
    return Columns("tram", "gw-1", device, profile, [at], {key: [cell] for key, cell in cells.items()}, {}, types)


@pytest.fixture(scope="module")
def filled(influx_server: InfluxServer) -> InfluxServer:
    asyncio.run(fill(influx_server))
    return influx_server


async def fill(server: InfluxServer) -> None:
    """A level in June and one an hour ago with a doubt, its hour rolled up, and sums of the ledger."""
    settings = replace(influx_settings(server, "guide"), retention_days=0)
    store, roll_ups = InfluxStore(settings), InfluxRollUps(settings, {HOUR: 0})
    recent = (int(time.time()) * 1000 // HOUR_MS - 1) * HOUR_MS
    doubted = block("river_gauge_radar", GAUGE, recent, {"level_m": 31.2})
    doubted.quality["level_m"] = [(0, "uncertain:rate")]
    status = block("index_gateway", "gw-1", recent, {"accepted": 12, "stored": 10, "dropped": 2})
    hour = RolledPoint(
        "tram",
        SeriesKey("river_gauge_radar", "gw-1", GAUGE, "level_m"),
        [Rolled(recent, 31.2, 31.2, 31.2, 1, 31.2)],
    )
    try:
        await store.open()
        await roll_ups.open()
        june = block("river_gauge_radar", GAUGE, JUNE + HOUR_MS, {"level_m": 30.1})
        assert not await store.write([june, doubted, status], [])
        await roll_ups.write(HOUR, [hour])
    finally:
        await store.close()
        await roll_ups.close()


@pytest.mark.parametrize("query", queries("en"))
def test_a_query_of_the_guide_gives_rows(filled: InfluxServer, query: str) -> None:
    rows = filled.query(query, "guide_1h" if '_1h"' in query else "guide")
    values = [value for row in rows for key, value in row.items() if key not in {"time", "gateway", "device", "point"}]
    assert values
    assert None not in values


def test_both_guides_show_the_same_queries() -> None:
    assert queries("vi") == queries("en")
    assert len(queries("en")) >= 4

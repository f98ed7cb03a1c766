"""An export is ordered, travels as a stream, says how far it is, and belongs to whoever ordered it."""

from __future__ import annotations

import csv
import io

import httpx
import pyarrow.parquet
import pytest

from tests.cloud.api.fake_centre import FakeCentre

DAY_MS = 86_400_000
EXPORTS = "/api/v1/exports"


def wish(centre: FakeCentre, **more: object) -> dict[str, object]:
    """Three days of the level."""
    end = centre.clock.now_ms()
    named = {"gateway": "gw-thao", "device": "gauge-yen-bai", "points": ["level_m"]}
    return {**named, "begin": end - 3 * DAY_MS, "end": end, **more}


async def test_csv_has_every_reading_and_the_progress_ends_at_its_end(
    operator: httpx.AsyncClient, admin: httpx.AsyncClient, centre: FakeCentre
) -> None:
    ordered = (await operator.post(EXPORTS, json=wish(centre))).json()
    assert (ordered["state"], ordered["parts"], ordered["parts_done"]) == ("waiting", 3, 0)
    answer = await operator.get(ordered["content"])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    times = [int(row["at"]) for row in rows]
    assert times == sorted(set(times))
    assert (rows[0]["point"], rows[0]["unit"], rows[0]["count"]) == ("level_m", "m", "1")
    assert rows[0]["time_utc"].endswith("Z")
    after = (await operator.get(f"{EXPORTS}/{ordered['id']}")).json()
    assert (after["state"], after["parts_done"], after["rows"]) == ("done", 3, len(rows))
    assert [each["id"] for each in (await operator.get(EXPORTS)).json()["items"]] == [ordered["id"]]
    assert (await admin.get(ordered["content"])).status_code == 404
    assert (await admin.get("/api/v1/audit")).json()["items"][0]["action"] == "export"


async def test_parquet_has_the_buckets_of_all_figures(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    ordered = (await operator.post(EXPORTS, json=wish(centre, points=[], step_ms=3_600_000, form="parquet"))).json()
    assert ordered["points"] == ["level_m", "velocity_m_s", "batt_v"]
    assert ordered["begin"] % 3_600_000 == 0
    table = pyarrow.parquet.read_table(io.BytesIO((await operator.get(ordered["content"])).content))
    assert table.column_names == ["at", "point", "unit", "minimum", "maximum", "mean", "last", "count"]
    assert set(table["point"].to_pylist()) == {"level_m", "velocity_m_s"}  # the battery has no whole hour yet


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"device": "none"}, 404, "unknown"),
        ({"points": ["smell"]}, 422, "refused"),
        ({"begin": 9, "end": 9}, 422, "range"),
        ({"step_ms": 10}, 422, "range"),
        ({"form": "xlsx"}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_exported_is_said_at_once(
    operator: httpx.AsyncClient, centre: FakeCentre, more: dict[str, object], status: int, code: str
) -> None:
    answer = await operator.post(EXPORTS, json=wish(centre, **more))
    assert (answer.status_code, answer.json()["code"]) == (status, code)

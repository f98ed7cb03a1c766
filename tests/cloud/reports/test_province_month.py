"""Some days of the simulated province, stored as a centre stores them, become a report."""

from __future__ import annotations

import asyncio
import csv
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.reports.month import month_of
from cloud.reports.promise import promises, together
from cloud.store.sqlite import SqliteStore
from device_profiles.load import read_toml
from simulators.scenarios.scenario import ScenarioFile
from tests.cloud.reports.province_month import STORY, fill

CUT_OFF = "gw-pvhcc-xa-che-tao-1"  # seven days without a line, and room for five
FIRST, DAYS = 18, 11
JUNE = month_of("2026-06")


async def centre(folder: Path) -> Path:
    """The stores of a centre that ran from the 19th to the 29th with one gateway."""
    story = read_toml(STORY, ScenarioFile)
    begin = story.begin + timedelta(days=FIRST)
    some = story.model_copy(update={"begin": begin, "end": begin + timedelta(days=DAYS)})
    return await fill(folder, story=some, only=[CUT_OFF])


async def test_what_a_gateway_dropped_in_a_month_is_told_by_the_ledger_and_the_month_by_the_report(
    tmp_path: Path,
) -> None:
    config = await centre(tmp_path)
    store = SqliteStore(tmp_path / "data" / "readings.sqlite3")
    await store.open()
    june = together((await promises(store, begin=JUNE.begin, end=JUNE.end)).values())
    await store.close()
    assert june.gateways == 1
    assert june.dropped > 0
    assert june.accepted == june.stored + june.dropped
    assert june.stored_pct == pytest.approx(100 * june.stored / june.accepted)
    found = await reported(config)
    stored_pct = float(found["kiosk_wait"]["ledger_stored_pct"])
    assert stored_pct == pytest.approx(june.stored_pct)
    kiosks = found["op_kiosks"]
    assert 0 < float(kiosks["value"]) < 100 * DAYS / 30
    assert kiosks["verdict"] == "missed"


async def reported(config: Path) -> dict[str, dict[str, str]]:
    """The lines of the report of June, by indicator."""
    options = ["report", "month", "2026-06", "--config", str(config), "--out", str(config.parent / "out")]
    result = await asyncio.to_thread(CliRunner().invoke, app, options)
    assert result.exit_code == 0, result.output
    with (config.parent / "out" / "report-2026-06.csv").open(encoding="utf-8-sig", newline="") as file:
        return {line["indicator"]: line for line in csv.DictReader(file)}

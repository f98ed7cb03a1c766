"""The console makes the report of a month from the configured stores: figures, verdicts, paper, digest."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from cloud.incidents.workflow import Move
from cloud.reports.month import month_of
from cloud.reports.shelf import ReportShelf
from cloud.reports.table import as_csv
from cloud.store.base import Columns
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.schema import PointType
from tests.cloud.reports.duty import Duty
from tests.cloud.stage import write_config

HALF_HOUR = 1_800_000
JUNE = month_of("2024-06")


async def fill(folder: Path, values: list[float], begin: int) -> None:
    store = SqliteStore(folder / "data" / "readings.sqlite3")
    await store.open()
    times = [begin + HALF_HOUR * number for number in range(len(values))]
    types = {"temp_c": PointType.FLOAT}
    await store.write([Columns("tyt", "gw", "fridge", "vaccine_fridge", times, {"temp_c": [*values]}, {}, types)], [])
    await store.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A centre that has kept a fridge's June: one hour in thirty days too warm."""
    (tmp_path / "data").mkdir()
    asyncio.run(fill(tmp_path, [5.0] * 1438 + [9.0] * 2, JUNE.begin))
    return write_config(tmp_path, "mqtt://127.0.0.1:1")


def report(config: Path, month: str = "2024-06", *more: str) -> Result:
    out = config.parent / "out"
    return CliRunner().invoke(app, ["report", "month", month, "--config", str(config), "--out", str(out), *more])


async def forget(folder: Path, *, begin: int, end: int) -> None:
    store = SqliteStore(folder / "data" / "readings.sqlite3")
    await store.open()
    await store.purge(begin=begin, end=end)
    await store.close()


def lines_of(config: Path, month: str = "2024-06") -> dict[str, dict[str, str]]:
    with (config.parent / "out" / f"report-{month}.csv").open(encoding="utf-8-sig", newline="") as file:
        return {line["indicator"]: line for line in csv.DictReader(file)}


def test_a_month_is_told_on_paper_and_in_a_table(config: Path) -> None:
    result = report(config)
    assert result.exit_code == 0, result.output
    fridge, camera = lines_of(config)["fridges_in_range"], lines_of(config)["camera_online"]
    assert float(fridge["value"]) == pytest.approx(100 * 1438 / 1440)
    assert (fridge["covered_pct"], fridge["verdict"], fridge["month_before"]) == ("100.0", "missed", "")
    assert (camera["value"], camera["verdict"]) == ("", "none")
    assert fridge["inputs_sha256"] in result.stdout
    assert (config.parent / "out" / "report-2024-06-vi.pdf").read_bytes().startswith(b"%PDF-")
    kept = ReportShelf(config.parent / "data" / "reports")
    assert kept.months() == [JUNE]
    report_of_june = kept.report(JUNE)
    assert report_of_june is not None
    assert report_of_june.sha256 == fridge["inputs_sha256"]
    assert as_csv(report_of_june) == (config.parent / "out" / "report-2024-06.csv").read_bytes().decode("utf-8-sig")


def test_the_digest_changes_with_the_inputs_alone(config: Path) -> None:
    first, again = (report(config, "2024-06", "--language", "en").stdout.splitlines()[-1] for _ in range(2))
    asyncio.run(fill(config.parent, [6.0], JUNE.before.begin))
    assert first == again
    assert report(config).stdout.splitlines()[-1] != first


def test_the_month_before_outlives_its_readings(config: Path) -> None:
    july = month_of("2024-07")
    report(config)
    asyncio.run(forget(config.parent, begin=JUNE.begin, end=JUNE.end))
    asyncio.run(fill(config.parent, [5.0] * 10, july.begin))
    assert report(config, "2024-07").exit_code == 0
    fridge = lines_of(config, "2024-07")["fridges_in_range"]
    assert float(fridge["value"]) == 100
    assert float(fridge["month_before"]) == pytest.approx(100 * 1438 / 1440)


def test_earlier_months_stand_beside_this_one_and_a_damaged_one_is_a_gap(config: Path) -> None:
    for month, value in (("2024-06", 9.0), ("2024-07", 5.0), ("2024-08", 5.0)):
        asyncio.run(forget(config.parent, begin=0, end=month_of(month).begin))
        asyncio.run(fill(config.parent, [value], month_of(month).begin + 60 * HALF_HOUR))
        said = report(config, month).stdout.splitlines()[-1]
    august = lines_of(config, "2024-08")["fridges_in_range"]
    assert (august["value"], august["month_before"], august["months_ago_3"]) == ("100.0", "100.0", "")
    assert 99 < float(august["months_ago_2"]) < 100
    assert report(config, "2024-08").stdout.splitlines()[-1] == said
    (config.parent / "data" / "reports" / "2024-06.json").write_text("{}", encoding="utf-8")
    assert report(config, "2024-08").exit_code == 0
    assert lines_of(config, "2024-08")["fridges_in_range"]["months_ago_2"] == ""


def test_a_month_that_is_not_over_is_refused(config: Path) -> None:
    result = report(config, "2099-01")
    assert result.exit_code == 2
    assert "not over" in result.output


def test_the_report_tells_how_soon_people_reacted_and_of_what_it_knows_nothing(config: Path) -> None:
    state = SqlStateStore(f"sqlite:///{config.parent / 'data' / 'centre.sqlite3'}")
    state.migrate()
    duty = Duty(state)
    empty = report(config, "2026-06").stdout.splitlines()[-1]
    nothing = lines_of(config, "2026-06")["dispatch"]
    assert (nothing["kind"], nothing["value"], nothing["verdict"]) == ("reaction", "", "none")
    assert "hold nothing of this month" in nothing["reason_en"]
    alarm = duty.raised(10)
    duty.moved(duty.opened(alarm, 12), 17, Move.RECEIVE, Move.CLASSIFY, Move.DISPATCH)
    first, again = (report(config, "2026-06").stdout.splitlines()[-1] for _ in range(2))
    found = lines_of(config, "2026-06")
    assert (found["dispatch"]["value"], found["dispatch"]["counted"], found["dispatch"]["unit"]) == ("7.0", "1", "min")
    assert (found["acknowledge"]["value"], found["acknowledge"]["waiting"]) == ("", "1")
    assert found["camera_dispatch"]["verdict"] == "idle"
    assert found["false_alarms"]["verdict"] == "idle"
    assert first == again != empty
    state.close()

"""The console names the indices, and marks a stretch of the past to be worked out again."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from cloud.store.base import Columns
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.schema import PointType
from tests.cloud.indices.tables import FOLDER, HOUR_MS, MIDNIGHT
from tests.cloud.stage import DEVICE, GATEWAY, write_config

runner = CliRunner()


async def _fill(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    times = [MIDNIGHT + 10 * HOUR_MS, MIDNIGHT + 11 * HOUR_MS]
    block = Columns(
        "yen-bai", GATEWAY, DEVICE, "air_node", times, {"pm25": [20.0, 30.0]}, {}, {"pm25": PointType.FLOAT}
    )
    await store.write([block], [])
    await store.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A centre that has the air of one morning, and indices."""
    path = write_config(tmp_path, "mqtt://127.0.0.1:1")
    path.write_text('indices_dir = "indices"\n' + path.read_text("utf-8"), encoding="utf-8")
    shutil.copytree(FOLDER, tmp_path / "indices")
    (tmp_path / "data").mkdir()
    asyncio.run(_fill(tmp_path / "data" / "readings.sqlite3"))
    return path


def indices(*arguments: str | Path) -> Result:
    """Runs the command line."""
    return runner.invoke(app, ["indices", *(str(each) for each in arguments)])


def test_the_indices_are_named(config: Path) -> None:
    result = indices("list", "--config", config)
    assert result.exit_code == 0, result.output
    rows = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "rain 1 rain_gauge_tipping index_rain 10 min no" in rows
    assert "vn_aqi_hour 1 air_node index_vn_aqi_hour 1 h yes" in rows


def test_a_stretch_of_the_past_is_marked_for_the_devices_that_were_there(config: Path) -> None:
    result = indices("again", "--config", config, "--from", "2024-09-08T09:30:00", "--to", "2024-09-08T12:00:00")
    assert result.exit_code == 0, result.output
    assert result.stdout == "3 hours of 1 devices are marked; the running centre works them out.\n"
    state = SqlStateStore(f"sqlite:///{config.parent / 'data' / 'centre.sqlite3'}")
    rows = state.index_log.due(now=2**50, devices=9)
    state.close()
    assert {(row.device, row.profile, (row.hour - MIDNIGHT) // HOUR_MS) for row in rows} == {
        (DEVICE, "air_node", hour) for hour in (9, 10, 11)
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from", "1990-01-01", "--to", "2024-09-09"), "too much at a time"),
        (("--from", "2024-09-08", "--to", "2024-09-09", "--profile", "market_price"), "no index is worked out from it"),
    ],
)
def test_what_is_too_much_or_unknown_is_said(config: Path, arguments: tuple[str, ...], sentence: str) -> None:
    result = indices("again", "--config", config, *arguments)
    assert result.exit_code == 2
    assert sentence in result.output

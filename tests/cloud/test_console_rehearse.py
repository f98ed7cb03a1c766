"""The console rehearses rules on the configured stores: sums, alarms, nights, differences, and reasons why not."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from cloud.births import packed
from cloud.inventory.passages import Passage
from cloud.rules.rehearse_summary import VIETNAM
from cloud.store.base import BirthRow, Columns
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.schema import PointType
from tests.cloud.stage import DEVICE, GATEWAY, PROFILE, RULE, write_config

runner = CliRunner()
MINUTE = 60_000
BEGIN = round(datetime(2024, 8, 1, 21, 0, tzinfo=VIETNAM).timestamp() * 1000)
LEVELS = [29.0, 29.6, 30.2, 30.4, 29.8, 29.0] + [29.0] * 6 + [30.1, 29.0]  # 21:20 to 21:50, and 23:00
TIME = ("--from", "2024-08-01", "--to", "2024-08-03")


async def fill(folder: Path) -> None:
    store = SqliteStore(folder / "data" / "readings.sqlite3")
    await store.open()
    times = [BEGIN + 10 * MINUTE * number for number in range(len(LEVELS))]
    types = {"level_m": PointType.FLOAT}
    await store.write([Columns("yen-bai", GATEWAY, DEVICE, PROFILE, times, {"level_m": list(LEVELS)}, {}, types)], [])
    await store.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A centre that has seen one evening."""
    path = write_config(tmp_path, "mqtt://127.0.0.1:1")
    (tmp_path / "data").mkdir()
    asyncio.run(fill(tmp_path))
    state = SqlStateStore(f"sqlite:///{tmp_path / 'data' / 'centre.sqlite3'}")
    state.migrate()
    state.close()
    return path


def rehearse(*arguments: str | Path) -> Result:
    """Runs the command line."""
    return runner.invoke(app, ["rules", "rehearse", *(str(each) for each in arguments)])


def test_alarms_and_nights_are_told_in_the_time_of_vietnam(config: Path) -> None:
    result = rehearse("river_high", "--config", config, *TIME)
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "river_high, version 1, 01/08/2024 00:00:00 to 03/08/2024 00:00:00"
    assert "2 alarms at 1 of 1 devices; 14 readings" in lines
    assert "4 notices, 2 of them at night (22:00 to 06:00)" in lines
    assert "longest 0:30:00; most on one day 2 (2024-08-01)" in lines
    assert f"01/08/2024 21:20:00 01/08/2024 21:50:00 yen-bai {GATEWAY}/{DEVICE} I 30.2 2" in lines
    assert "2024-08-01 2 1" in lines


def test_levels_are_told_in_words_and_kept_under_their_names(config: Path) -> None:
    rule = config.parent / "rules" / "river_high.toml"
    named = RULE.replace('name = "I"', 'name = "I"\nshown = { vi = "mức một", en = "level one" }')
    rule.write_text(named, encoding="utf-8")
    assert rehearse("river_high", "--config", config, *TIME).stdout.count("  level one  ") == 2
    report = json.loads(rehearse("river_high", "--config", config, *TIME, "--json").stdout)
    words = {"vi": "mức một", "en": "level one"}
    assert [(each["level"], each["level_shown"]) for each in report["alarms"]] == [("I", words)] * 2
    assert report["chart"][0]["thresholds"][0]["level_shown"] == words


def test_programs_get_the_whole_report(config: Path) -> None:
    report = json.loads(rehearse("river_high", "--config", config, *TIME, "--json").stdout)
    assert [each["level"] for each in report["alarms"]] == ["I", "I"]
    assert report["chart"][0]["thresholds"] == [
        {"level": "I", "level_shown": {"vi": "I", "en": "I"}, "severity": 3, "value": 30.0}
    ]


def test_a_draft_is_held_against_the_running_rule(config: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(RULE.replace("above = 30.0", "above = 30.15").replace("version = 1", "version = 2"))
    result = rehearse("river_high", "--config", config, *TIME, "--file", draft, "--against", "live")
    assert result.exit_code == 0, result.output
    assert "against the running rule: 1 the same, 0 only here, 1 only there" in result.stdout


def test_a_rule_of_another_folder_is_held_against_what_was_really_raised(config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "river_high.toml").write_text(RULE)
    result = rehearse("river_high", "--config", config, *TIME, "--rules", folder, "--against", "live")
    assert "against what was really raised: 0 the same, 2 only here" in result.stdout


def test_what_came_late_told_nobody(config: Path, tmp_path: Path) -> None:
    state = SqlStateStore(f"sqlite:///{tmp_path / 'data' / 'centre.sqlite3'}")
    arrived = BEGIN + 110 * MINUTE
    late = Passage("late", BEGIN, BEGIN + 50 * MINUTE, 6, arrived, arrived)
    state.put_births([BirthRow(GATEWAY, "", "", arrived, packed({DEVICE: [late]}))])
    state.close()
    report = json.loads(rehearse("river_high", "--config", config, *TIME, "--json").stdout)
    assert [(each["missed"], each["notices"]) for each in report["alarms"]] == [(True, 0), (False, 2)]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["river_hihg"], 2, "river_hihg: is no rule here"),
        (["river_high", "--from", "2023-08-01", "--to", "2023-08-02"], 1, "the store holds no readings"),
        (["river_high", "--from", "2024-08-02", "--to", "2024-08-01"], 1, "ends before it begins"),
        (["river_high", "--file", "nowhere.toml"], 2, "nowhere.toml: is not a file"),
        (["river_high", "--rules", "nowhere"], 2, "nowhere: is not a folder"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(config: Path, arguments: list[str], code: int, said: str) -> None:
    result = rehearse(arguments[0], "--config", config, *TIME, *arguments[1:])
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_centre_that_never_ran_has_no_readings(tmp_path: Path) -> None:
    result = rehearse("river_high", "--config", write_config(tmp_path, "mqtt://127.0.0.1:1"), *TIME)
    assert result.exit_code == 1
    assert "there are no readings yet" in result.stderr

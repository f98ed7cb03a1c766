"""The commands on the province: what a person gets to read."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from simulators.province.command import app


def test_the_list_counts_and_names_every_device() -> None:
    told = CliRunner().invoke(app, ["list"])
    assert told.exit_code == 0
    assert "ip_camera                 155" in told.stdout
    rows = [json.loads(line) for line in CliRunner().invoke(app, ["list", "--json"]).stdout.splitlines()]
    assert {"song-thao-yen-bai", "ho-thac-ba"} <= {row["device"] for row in rows}


def test_a_device_says_its_story_hour_by_hour() -> None:
    words = [
        "say",
        "false_alarm_2024",
        "--device",
        "song-thao-yen-bai",
        "--begin",
        "2024-10-01T18:00:00",
        "--hours",
        "4",
    ]
    lines = [json.loads(line) for line in CliRunner().invoke(app, words).stdout.splitlines()]
    assert [line["at"][:16] for line in lines] == [f"2024-10-01T{hour}:00" for hour in range(18, 23)]
    assert lines[-1]["values"]["level_m"] > lines[0]["values"]["level_m"] > 31


def test_what_does_not_exist_is_named_with_a_hint() -> None:
    told = CliRunner().invoke(app, ["say", "yagi_2023", "--device", "song-thao-yen-bai"])
    assert (told.exit_code, "did you mean 'yagi_2024'?" in told.stderr) == (2, True)
    told = CliRunner().invoke(app, ["say", "quiet_day", "--device", "song-thao-yen-bay"])
    assert (told.exit_code, "did you mean 'song-thao-yen-bai'?" in told.stderr) == (2, True)


def test_the_scenarios_of_the_house_hold() -> None:
    told = CliRunner().invoke(app, ["check"])
    assert (told.exit_code, told.stdout.strip()) == (0, "10 scenarios, 0 faults")

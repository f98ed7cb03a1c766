"""The console on people: what is wrong with their files, and who is on duty."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from tests.cloud.people.test_load import GOOD
from tests.cloud.stage import RULE, write_config

runner = CliRunner()
CHANNELS = """
[[notify.channels]]
kind = "webhook"
name = "ops"
url = "https://ops.example/hook"
[[notify.channels]]
kind = "email"
name = "mail"
host = "mail.example"
sender = "ioc@example.vn"
recipients = ["duty@example.vn"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A centre with two people and a team."""
    path = write_config(tmp_path, "mqtt://127.0.0.1:1", more=CHANNELS)
    path.write_text('people_dir = "people"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "people").mkdir()
    people = GOOD.replace('"sms", "mail"', '"mail"').replace('["ops"]', '["ops", "mail"]\nemail = "b@example.vn"')
    (tmp_path / "people" / "ioc.toml").write_text(people, encoding="utf-8")
    return path


def people(*arguments: str | Path) -> Result:
    """Runs the command line."""
    return runner.invoke(app, ["people", *(str(each) for each in arguments)])


def test_good_files_are_told_with_the_hours_that_nobody_covers(config: Path) -> None:
    told = people("check", "--config", config).stdout.splitlines()
    assert told[0] == "good: 2 persons, 1 teams"
    assert told[1].startswith("desk: person:binh is told mon 18:00 - tue 06:00, tue 18:00 - wed 06:00, ")
    assert json.loads(people("check", "--config", config, "--json").stdout)["uncovered"]["desk"][-1] == (
        "sun 18:00 - mon 06:00"
    )


def test_faults_are_told_with_file_and_key(config: Path) -> None:
    file = config.parent / "people" / "ioc.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('deputy = "binh"', 'deputy = "bin"'), encoding="utf-8")
    result = people("check", "--config", config, "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert [(each["key"], each["hint"]) for each in told["faults"]] == [
        ("persons[an].absences.deputy", "did you mean 'binh'?")
    ]
    assert people("duty", "--config", config).exit_code == 2


def test_who_is_on_duty_is_told_for_a_moment_at_hanoi(config: Path) -> None:
    told = json.loads(people("duty", "--config", config, "--at", "2026-11-25T17:59", "--json").stdout)
    assert [(each["person"], each["channels"], each["quiet_until"]) for each in told["duty"]] == [
        ("an", ["mail", "call_list"], None)
    ]
    assert "binh" in people("duty", "--config", config, "--at", "2026-12-01T12:00").stdout
    assert "is no time" in people("duty", "--config", config, "--at", "noon").output


def test_a_rule_that_names_an_unknown_team_is_refused_with_a_hint(config: Path) -> None:
    rule = config.parent / "rules" / "river_high.toml"
    rule.write_text(RULE + '\n[notice]\nteams = ["desk", "dessk"]\n', encoding="utf-8")
    result = runner.invoke(app, ["rules", "check", "--config", str(config)])
    assert result.exit_code == 2
    assert "notice.teams: 'dessk' is no team (did you mean 'desk'?)" in result.output
    rule.write_text(RULE + '\n[notice]\nteams = ["desk"]\n', encoding="utf-8")
    assert runner.invoke(app, ["rules", "check", "--config", str(config)]).exit_code == 0


def test_a_team_for_the_platform_s_alarms_must_exist(config: Path) -> None:
    notify = '[notify]\nplatform_teams = ["dessk"]\n[[notify.channels]]'
    text = config.read_text(encoding="utf-8").replace("[[notify.channels]]", notify, 1)
    config.write_text(text, encoding="utf-8")
    result = people("check", "--config", config)
    assert result.exit_code == 2
    assert "notify.platform_teams: 'dessk' is no team (did you mean 'desk'?)" in result.output

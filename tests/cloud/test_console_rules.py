"""The console on rules: what is wrong, which tests fail, what a rule does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from tests.cloud.stage import RULE, write_config

runner = CliRunner()
TEST = """
[[case]]
name = "flood"
readings = [[0, 29.0], [10, 30.0], [20, 29.5]]
expect = ["10 raised I", "20 cleared I"]
[[case]]
name = "rain"
readings = [[0, 29.0], [10, 29.9]]
expect = []
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one rule and its tests."""
    (tmp_path / "river_high.toml").write_text(RULE, encoding="utf-8")
    (tmp_path / "river_high.test.toml").write_text(TEST, encoding="utf-8")
    return tmp_path


def rules(*arguments: str | Path) -> Result:
    """Runs the command line."""
    return runner.invoke(app, ["rules", *(str(each) for each in arguments)])


def test_good_rules_and_tests_are_told_in_one_line(folder: Path) -> None:
    assert rules("check", "--rules", folder).stdout == "good: 1 rules\n"
    result = rules("test", "--rules", folder)
    assert result.exit_code == 0, result.output
    assert "2 of 2 cases pass; 0 rules without tests" in result.stdout


@pytest.mark.parametrize("name", ["very low", "tràn / spilling", "rét đậm", "x 2", "2 nodes", "over 55", "blind"])
def test_a_level_that_is_read_in_one_language_only_is_noted_and_runs(folder: Path, name: str) -> None:
    rule = folder / "river_high.toml"
    rule.write_text(RULE.replace('name = "I"', f'name = "{name}"'), encoding="utf-8")
    (folder / "river_high.test.toml").unlink()
    result = rules("check", "--rules", folder)
    assert result.exit_code == 0
    assert result.stdout == (
        "good: 1 rules\n"
        f"note: river_high.toml: kind.levels[{name}]: '{name}' is not the same in Vietnamese and English "
        f'(add shown = {{ vi = "…", en = "{name}" }}; the name stays, alarms are kept under it)\n'
    )
    found = json.loads(rules("check", "--rules", folder, "--json").stdout)
    assert (found["good"], [each["key"] for each in found["notes"]]) == (True, [f"kind.levels[{name}]"])
    shown = f'name = "{name}"\nshown = {{ vi = "mức một", en = "level one" }}'
    rule.write_text(RULE.replace('name = "I"', shown), encoding="utf-8")
    assert rules("check", "--rules", folder).stdout == "good: 1 rules\n"


@pytest.mark.parametrize(
    "name", ["III", "III - 1 m", "0.5", "+5 %", "-1 °C", "C", "2 NTU", "500 mg/l", "2/3", "1 h", "85%"]
)
def test_figures_units_and_roman_numerals_are_read_in_both_languages(folder: Path, name: str) -> None:
    (folder / "river_high.toml").write_text(RULE.replace('name = "I"', f'name = "{name}"'), encoding="utf-8")
    (folder / "river_high.test.toml").unlink()
    assert rules("check", "--rules", folder).stdout == "good: 1 rules\n"


def test_the_configuration_names_the_folder(tmp_path: Path) -> None:
    config = write_config(tmp_path, "mqtt://127.0.0.1:1")
    assert rules("check", "--config", config).stdout == "good: 1 rules\n"
    result = rules("test", "--config", config)
    assert result.exit_code == 1
    assert "no river_high.test.toml" in result.stdout


def test_every_fault_of_a_test_file_is_told_at_once(folder: Path) -> None:
    wrong = '[[case]]\nname = "a"\nreadings = [["noon", 1], [0, "high"], [0, 1, "odd"]]\nexpect = ["later raised"]\n'
    (folder / "river_high.test.toml").write_text(wrong, encoding="utf-8")
    (folder / "river_hihg.test.toml").write_text(TEST, encoding="utf-8")
    result = rules("check", "--rules", folder, "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    keys = {fault["key"] for fault in told["faults"]}
    assert {"case[a].readings[1]", "case[a].readings[2]", "case[a].readings[3]", "case[a].expect[1]"} <= keys
    assert any("did you mean 'river_high'" in fault["hint"] for fault in told["faults"])
    assert not told["good"]


def test_faults_of_rules_and_of_tests_are_told_together(folder: Path) -> None:
    (folder / "river_high.toml").write_text("nonsense", encoding="utf-8")
    (folder / "river_high.test.toml").write_text('[[case]]\nname = "a"\n', encoding="utf-8")
    told = rules("check", "--rules", folder).stderr
    assert "river_high.toml: is not TOML" in told
    assert "river_high.test.toml: case[a].expect: is missing" in told


def test_a_wrong_rule_is_told_as_the_centre_would(folder: Path) -> None:
    (folder / "river_high.toml").write_text(RULE.replace('unit = "m"', 'unit = "mm"'), encoding="utf-8")
    for command in ("check", "test"):
        result = rules(command, "--rules", folder)
        assert result.exit_code == 2
        assert "kind.unit: mm does not fit level_m" in result.stderr


def test_a_case_that_fails_says_where_rule_and_case_part(folder: Path) -> None:
    (folder / "river_high.toml").write_text(RULE.replace("above = 30.0", "above = 30.1"), encoding="utf-8")
    result = rules("test", "river_high", "--rules", folder, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["failed"] == 1
    assert told["outcomes"][0]["fault"] == "expected '10 raised I', the rule said nothing more"


def test_a_rule_is_explained_in_both_languages(folder: Path) -> None:
    result = rules("explain", "river_high", "--rules", folder)
    assert "Mức I (trung bình): từ 30 m trở lên, hết khi về 29,5 m." in result.stdout
    assert "Level I (medium): at or above 30 m, left at 29.5 m." in result.stdout
    assert "NOT confirmed" in result.stdout
    explained = json.loads(rules("explain", "river_high", "--rules", folder, "--json").stdout)
    assert explained["kind"]["levels"][0]["above"] == 30.0
    assert explained["explained"]["vi"].startswith("river_high, phiên bản 1")


def test_an_unknown_rule_and_a_missing_folder_are_sentences(folder: Path) -> None:
    assert "did you mean 'river_high'?" in rules("explain", "river_hihg", "--rules", folder).stderr
    assert "is not a folder" in rules("check", "--rules", folder / "none").stderr
    assert "--config or --rules" in rules("check").stderr

"""`thacba-edge profiles`: finding, showing, checking and making device models on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from device_profiles.load import CATALOGUE, load_catalogue, load_profile
from edge_agent.__main__ import cli

GOLDEN = Path(__file__).parents[2] / "golden" / "profiles"
GAUGE = CATALOGUE / "generic_river_gauge_radar.toml"
MODBUS = [
    "Soil", "soil_probe",  # the first identifier is refused: capitals
    "Đầu đo ẩm đất", "Soil probe", "Renke", "RS-WS", "agricultur", "agriculture", "modbus", "600", "Sở Nông nghiệp",
    "manual 3.2, page 7",
    "vwc_pct", "Độ ẩm đất", "Soil moisture", "%", "float",
    "coil", "16", "", "", "", "", "",  # a coil holds no u16: Enter, and once more
    "holding", "two", "0x10", "", "", "0.1", "", "60", "0", "", "0", "60",  # limits the wrong way round first
    "state", "Trạng thái", "State", "", "enum", "0=Tắt/Off, 1=Bật/On", "", "7", "", "", "", "",
    "",
]  # fmt: skip


def run(*words: str, typed: list[str] | None = None) -> Result:
    return CliRunner().invoke(cli, ["profiles", *words], input="\n".join(typed or []) + "\n")


def test_list_finds_by_words_sector_and_protocol() -> None:
    hits = json.loads(run("list", "muc", "nuoc", "--protocol", "modbus", "--json").stdout)
    assert hits[0]["profile"] == "river_gauge_radar"
    assert {hit["protocol"] for hit in hits} == {"modbus"}
    labour = json.loads(run("list", "--sector", "labour", "--json").stdout)
    assert {"job_exchange", "payout_point"} <= {hit["profile"] for hit in labour}
    assert "river_gauge_radar" in run("list", "radar").stdout


def test_show_tells_everything_about_a_model() -> None:
    said = json.loads(run("show", "river_gauge_radar", "--json").stdout)
    assert said["hash"] == load_catalogue().hash_of("river_gauge_radar")
    assert [point["key"] for point in said["points"]] == ["level_m", "velocity_m_s", "batt_v"]
    sheet = run("show", "river_gauge_radar").stdout
    assert "Phòng, chống thiên tai" in sheet
    assert "level_m" in sheet


def test_a_model_that_is_not_there_is_said_with_the_nearest_one() -> None:
    result = run("show", "river_gauge_rader")
    assert result.exit_code == 2
    assert "river_gauge_radar" in result.stderr


def test_check_reads_a_recorded_answer_through_the_model(tmp_path: Path) -> None:
    own = tmp_path / "own_gauge.toml"
    own.write_text(GAUGE.read_text(encoding="utf-8").replace('"river_gauge_radar"', '"own_gauge"'), encoding="utf-8")
    golden = GOLDEN / "river_gauge_radar.sensor_fault.json"
    result = run("check", str(own), "--recorded", str(golden), "--json")
    (good,) = json.loads(result.stdout)["good"]
    assert good["readings"]["level_m"] == {"value": None, "quality": "bad:not_a_number"}
    bare = tmp_path / "answer.json"
    bare.write_text(json.dumps({"input": {"0": 0x4207, "1": 0xEB85, "2": 0, "3": 0, "4": 1263}}), encoding="utf-8")
    assert "33.98 good" in run("check", str(own), "--recorded", str(bare)).stdout


@pytest.mark.parametrize("answer", ["{", "[" * 100_000, ""], ids=["cut", "deep", "empty"])
def test_a_recorded_answer_that_is_no_json_is_a_fault_of_its_file(answer: str, tmp_path: Path) -> None:
    bad = tmp_path / "answer.json"
    bad.write_text(answer, encoding="utf-8")
    result = run("check", str(GAUGE), "--recorded", str(bad))
    assert result.exit_code == 2
    assert "answer.json" in result.stderr


def test_check_names_every_fault_of_every_file(tmp_path: Path) -> None:
    text = GAUGE.read_text(encoding="utf-8")
    (tmp_path / "a_a.toml").write_text(text.replace('"disaster"', '"disastr"'), encoding="utf-8")
    stranger = text.replace('profile = "river_gauge_radar"', 'profile = "other"\nreports_as = "air_node"')
    (tmp_path / "b_b.toml").write_text(stranger, encoding="utf-8")
    result = run("check", str(tmp_path / "a_a.toml"), str(tmp_path / "b_b.toml"), str(GAUGE), "--json")
    assert result.exit_code == 2
    said = json.loads(result.stdout)
    assert {Path(fault["file"]).name for fault in said["faults"]} == {"a_a.toml", "b_b.toml"}
    assert any("disaster" in fault["hint"] for fault in said["faults"])
    assert [good["profile"] for good in said["good"]] == ["river_gauge_radar"]


def test_new_asks_until_a_good_profile_stands_in_a_file(tmp_path: Path) -> None:
    result = run("new", str(tmp_path), typed=MODBUS)
    assert result.exit_code == 0, result.output
    assert "did you mean 'agriculture'" in result.stdout
    assert "'two' is not a number" in result.stdout
    assert "table coil and encoding u16 do not go together" in result.stdout
    assert "minimum 60.0 is not below maximum 0.0" in result.stdout
    profile = load_profile(tmp_path / "renke_rsws.toml")
    moisture, state = profile.points
    assert moisture.source.model_dump(exclude_defaults=True) == {"table": "holding", "address": 16, "scale": 0.1}
    assert (moisture.limits.minimum, moisture.limits.maximum) == (0, 60)
    assert state.choices["0"].vi == "Tắt"
    assert run("check", str(tmp_path / "renke_rsws.toml")).exit_code == 0


def test_new_never_writes_over_a_file(tmp_path: Path) -> None:
    run("new", str(tmp_path), typed=MODBUS)
    again = run("new", str(tmp_path), typed=MODBUS)
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def test_new_like_another_model_reports_as_it(tmp_path: Path) -> None:
    head = ["hall_co2", "", "", "Milesight", "AM103", "", "", "", "", "user guide 1.2"]
    points = ["y", "data.co2", "", "", "y", "data.t", "0.1", "", "n", "n", "n"]
    result = run("new", str(tmp_path), "--like", "classroom_iaq", typed=head + points)
    assert result.exit_code == 0, result.output
    profile = load_profile(tmp_path / "hall_co2.toml")
    assert profile.reports_as == "classroom_iaq"
    assert [point.key for point in profile.points] == ["co2_ppm", "temp_c"]
    assert run("check", str(tmp_path / "hall_co2.toml")).exit_code == 0


def test_schema_is_json() -> None:
    assert json.loads(run("schema").stdout)["title"] == "Thacba device profile"

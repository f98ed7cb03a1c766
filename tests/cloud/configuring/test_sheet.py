"""A configuration's text: every fault at once, with a hint, and no secret ever in clear."""

from __future__ import annotations

import pytest

from cloud.configuring.sheet import ConfigurationRefusedError, read, table_of, text_of
from device_profiles.load import load_catalogue

PROFILES = load_catalogue().profiles
GOOD = """
release = "1.2.0"
[outbox]
max_days = 20
[[devices]]
id = "gauge"
profile = "river_gauge_radar"
name = { vi = "Mực nước", en = "River gauge" }
limits = { level_m = { maximum = 40.0 } }
connection = { kind = "modbus", transport = "tcp", host = "10.0.0.7" }
[[devices]]
id = "cam"
profile = "ip_camera"
name = { vi = "Camera", en = "Camera" }
connection = { kind = "camera", url = "rtsp://10.0.0.8/1", username = "xem", password_file = "sealed:cam" }
"""


def faults_of(text: str, *, given: tuple[str, ...] = ()) -> dict[str, str]:
    """Place and reason with hint of every fault."""
    with pytest.raises(ConfigurationRefusedError) as refused:
        read(text, PROFILES, given=given)
    return {each.key: f"{each.reason} | {each.hint}" for each in refused.value.faults}


def test_a_good_text_becomes_settings_and_back() -> None:
    found = read(GOOD, PROFILES, given=["cam"])
    assert found.secrets == ("cam",)
    assert found.settings.release == "1.2.0"
    assert [each["id"] for each in found.settings.devices or ()] == ["gauge", "cam"]
    assert found.settings.broker is None
    again = read(text_of(table_of(found.settings)), PROFILES, known=["cam"])
    assert again.settings == found.settings


def test_every_fault_is_named_at_once_with_a_hint() -> None:
    text = GOOD.replace("river_gauge_radar", "river_guage_radar").replace('kind = "camera"', 'kind = "modbus"')
    text += '[gateway]\nid = "gw-9"\n'
    found = faults_of(text, given=("cam",))
    assert found == {
        "gateway.id": "is said by the gateway's own file | leave it out",
        "devices[gauge].profile": "river_guage_radar is not in the catalogue | did you mean 'river_gauge_radar'?",
        "devices[cam].connection.kind": "modbus does not speak camera, which ip_camera needs | known: camera",
    }


def test_points_and_twins_are_found() -> None:
    found = faults_of(GOOD.replace("level_m", "levle_m").replace('id = "cam"', 'id = "gauge"'), given=("cam",))
    assert found["devices[gauge].limits.levle_m"].endswith("did you mean 'level_m'?")
    assert found["devices[gauge]"].startswith("is named twice")


def test_an_unknown_key_and_a_wrong_type_are_faults() -> None:
    found = faults_of(GOOD.replace("[outbox]", "[outbux]").replace('"gauge"', "7"), given=("cam",))
    assert "did you mean 'outbox'?" in found["outbux"]
    assert "must be a text" in found["devices[river_gauge_radar].id"]


def test_what_is_no_toml_is_a_fault() -> None:
    assert "is not TOML" in next(iter(faults_of("devices = [").values()))


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('password = "cam-2024"', "broker.password"),
        ('url = "mqtts://gw:hunter2@broker:8883"', "broker.url"),
        ('api_key = "abcd"', "broker.api_key"),
        ('snmp = { community = "public" }', "broker.snmp.community"),
        ('headers = { Authorization = "Bearer x" }', "broker.headers.Authorization"),
    ],
)
def test_no_secret_stands_in_the_text(line: str, place: str) -> None:
    found = faults_of(f"[broker]\n{line}\n")
    assert "hunter2" not in str(found)
    assert "sealed:" in found[place]


def test_secrets_are_given_once_for_each_name() -> None:
    assert "nobody has given" in faults_of(GOOD)["sealed:cam"]
    assert "did you mean 'cam'?" in faults_of(GOOD, given=("cam", "cma"))["cma"]
    assert "no name of a secret" in faults_of('[broker]\npassword_file = "sealed:../x"\n')["sealed:../x"]

"""Two devices cannot have one address, one sender, one station, or one serial port in two ways."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from device_profiles.load import FileFaultsError, build, load_catalogue
from edge_agent.config import GatewayConfig
from edge_agent.registry import resolve
from edge_agent.secrets_there import secret_faults

CATALOGUE = load_catalogue()
NAME = {"vi": "Thiết bị", "en": "Device"}
READMES = ("syslog", "station_file", "sdi12")


def configured(profile: str, *connections: dict[str, object]) -> GatewayConfig:
    devices = [
        {"id": f"d{number}", "profile": profile, "name": NAME, "connection": connection}
        for number, connection in enumerate(connections)
    ]
    table = {"gateway": {"id": "gw", "name": NAME, "data_dir": "data"}, "devices": devices}
    return build(table, GatewayConfig, file="gateway.toml")


def faults_of(profile: str, *connections: dict[str, object]) -> list[str]:
    try:
        resolve(configured(profile, *connections), CATALOGUE, file="gateway.toml")
    except FileFaultsError as error:
        return [str(fault) for fault in error.faults]
    return []


SENDER: dict[str, object] = {"kind": "syslog", "senders": ["10.0.0.1"]}
STATION: dict[str, object] = {"kind": "station_file", "folder": "/srv/in", "station": "A"}
PROBE: dict[str, object] = {"kind": "sdi12", "serial_port": "/dev/ttyUSB0"}


@pytest.mark.parametrize(
    ("profile", "first", "second", "reason"),
    [
        ("debian_host", SENDER, SENDER, "the sender 10.0.0.1 is what d0 has already"),
        ("debian_host", SENDER, SENDER | {"port": 5515}, ""),
        ("debian_host", SENDER, SENDER | {"hostname": "web-02"}, ""),
        ("circular10_air", STATION, STATION, "the station A in /srv/in is what d0 has already"),
        ("circular10_air", STATION, STATION | {"station": "A_2"}, ""),
        ("campbell_cs650", PROBE, PROBE, "address 0 on /dev/ttyUSB0 is what d0 has already"),
        ("campbell_cs650", PROBE, PROBE | {"address": "1"}, ""),
        ("campbell_cs650", PROBE, PROBE | {"address": "1", "baud_rate": 1200}, "uses /dev/ttyUSB0 otherwise than d0"),
    ],
    ids=[
        "sender", "other port", "other name", "station", "other station", "address", "other address", "other speed",
    ],
)  # fmt: skip
def test_what_two_devices_claim(profile: str, first: dict[str, object], second: dict[str, object], reason: str) -> None:
    found = faults_of(profile, first, second)
    assert len(found) == bool(reason)
    assert reason in "".join(found)


@pytest.mark.parametrize("room", READMES)
def test_the_example_of_a_room_is_a_good_configuration(room: str) -> None:
    readme = Path(__file__).parents[2] / "edge_agent" / "connectors" / room / "README.md"
    example = tomllib.loads(readme.read_text(encoding="utf-8").split("```toml")[1].split("```")[0])
    [device] = example["devices"]
    assert faults_of(device["profile"], device["connection"]) == []


def test_a_certificate_that_cannot_be_read_is_found_by_check(tmp_path: Path) -> None:
    (tmp_path / "door.pem").write_text("-")
    files: dict[str, object] = {"certificate_file": str(tmp_path / "door.pem"), "key_file": str(tmp_path / "key.pem")}
    config = configured("debian_host", SENDER | {"transport": "tls"} | files)
    assert [fault.reason for fault in secret_faults(config, file="gateway.toml")] == [
        f"key_file {tmp_path}/key.pem cannot be read"
    ]

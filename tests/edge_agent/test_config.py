"""gateway.toml: everything wrong is named at once, nothing is guessed, secrets stay secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_profiles.load import Catalogue, FileFaultsError, load_catalogue, parse_toml
from edge_agent.config import BrokerConfig, GatewayConfig, load_gateway, read_secret
from edge_agent.device import Surroundings
from edge_agent.planning import plan_for
from edge_agent.registry import build_connectors, resolve
from tests.fakes import ManualClock

CATALOGUE = load_catalogue()
HEAD = """
[gateway]
id = "gw-tram-yen-bai"
name = { vi = "Cổng Yên Bái", en = "Yên Bái gateway" }
data_dir = "state"
[broker]
url = "mqtt://broker.example:1884"
"""
GAUGE = """
[[devices]]
id = "gauge-1"
profile = "river_gauge_radar"
name = { vi = "Mực nước", en = "Level" }
connection = { kind = "modbus", host = "10.0.0.5" }
"""


def config(text: str) -> GatewayConfig:
    return parse_toml(text, GatewayConfig, file="gateway.toml")


def broker_of(made: GatewayConfig) -> BrokerConfig:
    assert made.broker is not None
    return made.broker


def faults(text: str) -> list[str]:
    with pytest.raises(FileFaultsError) as caught:
        resolve(config(text), CATALOGUE, file="gateway.toml")
    return [str(fault) for fault in caught.value.faults]


def test_a_small_file_has_real_defaults() -> None:
    made = config(HEAD + GAUGE)
    assert broker_of(made).address == ("broker.example", 1884)
    assert (broker_of(made).compression, broker_of(made).receipt_timeout_s, broker_of(made).keep_alive_s) == (
        "zstd",
        20,
        20,
    )
    assert (made.listen.host, made.outbox.max_days) == ("127.0.0.1", 30)
    [device] = resolve(made, CATALOGUE, file="gateway.toml")
    assert device.period_s == CATALOGUE["river_gauge_radar"].period_s
    assert device.hash == CATALOGUE.hash_of("river_gauge_radar")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://10.0.0.1", ("10.0.0.1", 1883)),
        ("mqtts://broker", ("broker", 8883)),
        ("mqtt://[fd00::1]:1", ("fd00::1", 1)),
    ],
)
def test_where_the_broker_is(url: str, address: tuple[str, int]) -> None:
    made = config(HEAD.replace("mqtt://broker.example:1884", url) + GAUGE)
    assert broker_of(made).address == address
    assert broker_of(made).encrypted is url.startswith("mqtts")


@pytest.mark.parametrize(
    "url",
    [
        "http://broker",
        "broker:1883",
        "mqtt://",
        "mqtt://a:99999",
        "mqtt://user:pw@host",
        "mqtt://broker..example",  # no resolver takes these two: Python raises UnicodeError
        f"mqtt://{'a' * 64}.example",
    ],
)
def test_what_is_no_broker(url: str) -> None:
    assert "does not read mqtt://host:port" in faults(HEAD.replace("mqtt://broker.example:1884", url) + GAUGE)[0]


def test_every_fault_is_named_at_once() -> None:
    wrong = GAUGE.replace("river_gauge_radar", "river_gauge_rader") + GAUGE.replace("gauge-1", "gauge-2").replace(
        'kind = "modbus", host = "10.0.0.5"', 'kind = "kiosk", url = "http://10.0.0.5"'
    )
    wrong += "[devices.limits]\nlevel = { maximum = 40 }\n[devices.report]\nvelocity = { deadband = 1 }\n"
    found = faults(HEAD + wrong)
    assert len(found) == 4
    assert "devices[gauge-1].profile" in found[0]
    assert "did you mean 'river_gauge_radar'" in found[0]
    assert "devices[gauge-2].connection.kind" in found[1]
    assert "use modbus" in found[1]
    assert "devices[gauge-2].limits.level" in found[2]
    assert "level_m" in found[2]
    assert "devices[gauge-2].report.velocity" in found[3]


def test_a_device_id_stands_once() -> None:
    assert "devices named twice: gauge-1" in faults(HEAD + GAUGE + GAUGE)[0]


def test_a_site_overrides_only_what_it_names() -> None:
    text = (
        HEAD + GAUGE + "[devices.limits]\nlevel_m = { rate_per_s = 9 }\n[devices.report]\nlevel_m = { deadband = 2 }\n"
    )
    [device] = resolve(config(text), CATALOGUE, file="gateway.toml")
    own, packaged = device.profile.point("level_m"), CATALOGUE["river_gauge_radar"].point("level_m")
    assert own is not None
    assert packaged is not None
    assert (own.limits.rate_per_s, own.limits.maximum) == (9, packaged.limits.maximum)
    assert (own.report.deadband, own.report.heartbeat_s) == (2, packaged.report.heartbeat_s)
    assert device.hash == CATALOGUE.hash_of("river_gauge_radar")


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    push = GAUGE.replace("river_gauge_radar", "air_node").replace(
        'kind = "modbus", host = "10.0.0.5"', 'kind = "http_push", key_file = "keys/air"'
    )
    path = tmp_path / "gateway.toml"
    path.write_text(HEAD + 'password_file = "secret"\n' + push, encoding="utf-8")
    made = load_gateway(path)
    assert made.gateway.data_dir == tmp_path / "state"
    assert broker_of(made).password_file == tmp_path / "secret"
    assert getattr(made.devices[0].connection, "key_file") == tmp_path / "keys" / "air"  # noqa: B009 -- one of a union


def test_a_password_file_that_holds_no_text_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFaultsError, match="not UTF-8"):
        read_secret(env="", file=tmp_path / "secret")


def test_a_password_is_read_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("nghia-lo\n")
    monkeypatch.setenv("THACBA_TEST_PASSWORD", "thac-ba-2024")
    by_file, by_env = read_secret(env="", file=tmp_path / "secret"), read_secret(env="THACBA_TEST_PASSWORD", file=None)
    assert by_file is not None
    assert by_env is not None
    assert (by_file.get_secret_value(), by_env.get_secret_value()) == ("nghia-lo", "thac-ba-2024")
    assert "thac-ba-2024" not in repr(by_env)
    plan = plan_for(config(HEAD + 'password_env = "THACBA_TEST_PASSWORD"\n' + GAUGE), CATALOGUE, file="gateway.toml")
    assert plan.link is not None
    assert plan.link.password == "thac-ba-2024"
    assert "thac-ba-2024" not in repr(plan)


def test_a_missing_secret_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FileFaultsError, match="NOWHERE_SET"):
        read_secret(env="NOWHERE_SET", file=None)
    with pytest.raises(FileFaultsError, match="cannot be read"):
        read_secret(env="", file=tmp_path / "none")
    assert read_secret(env="", file=None) is None


async def test_each_kind_of_connection_gets_its_connector(tmp_path: Path) -> None:
    kinds = {
        "m": ("power_meter_sdm630", '{ kind = "modbus", host = "127.0.0.1", port = 1502 }'),
        "h": ("air_node", '{ kind = "http_json", url = "http://127.0.0.1:9/" }'),
        "k": ("kiosk_queue", '{ kind = "kiosk", url = "http://127.0.0.1:9" }'),
        "c": ("ip_camera", '{ kind = "camera", url = "rtsp://127.0.0.1:9/x" }'),
        "p": ("rain_gauge_tipping", '{ kind = "http_push", key_env = "THACBA_TEST_KEY" }'),
    }
    text = HEAD + "".join(
        GAUGE.replace("gauge-1", name)
        .replace("river_gauge_radar", profile)
        .replace('{ kind = "modbus", host = "10.0.0.5" }', connection)
        for name, (profile, connection) in kinds.items()
    )
    made = config(text)
    devices = resolve(made, CATALOGUE, file="gateway.toml")
    built = build_connectors(devices, Surroundings(made.listen, tmp_path, ManualClock()))
    assert set(built.pollers) == {"m", "h", "k"}
    assert set(built.listeners) == {"push", "c"}
    assert set(built.writers) == {"k"}
    for poller in built.pollers.values():
        await poller.close()


def test_a_vendor_s_model_is_read_its_own_way_and_reports_as_what_everybody_knows(tmp_path: Path) -> None:
    known = CATALOGUE["river_gauge_radar"]
    point = known.points[0].model_copy(update={"source": known.points[0].source.model_copy(update={"address": 40})})
    vendor = known.model_copy(update={"profile": "maker_m1", "reports_as": known.profile, "points": (point,)})
    catalogue = Catalogue({known.profile: known, "maker_m1": vendor})
    text = (HEAD + GAUGE).replace('"river_gauge_radar"', '"maker_m1"')
    [device] = resolve(config(text), catalogue, file="gateway.toml")
    assert (device.profile.profile, device.hash) == ("river_gauge_radar", CATALOGUE.hash_of("river_gauge_radar"))
    assert device.profile.points == (point,)


def test_a_gauge_has_the_zero_of_its_station() -> None:
    text = HEAD + GAUGE.replace("connection", "offset = { level_m = 24.5 }\nconnection")
    [device] = resolve(config(text), CATALOGUE, file="gateway.toml")
    moved = {point.key: getattr(point.source, "offset", None) for point in device.profile.points}
    assert moved == {"level_m": 24.5, "velocity_m_s": 0.0, "batt_v": 0.0}
    assert faults(text.replace("level_m =", "lefel_m =")) == [
        "gateway.toml: devices[gauge-1].offset.lefel_m: a river_gauge_radar has no such point (did you mean 'level_m'?)"
    ]
    camera = GAUGE.replace("river_gauge_radar", "ip_camera").replace(
        '"modbus", host = "10.0.0.5"', '"camera", url = "rtsp://h/x"'
    )
    [fault] = faults(HEAD + camera.replace("connection", "offset = { fps = 1.0 }\nconnection"))
    assert fault.startswith("gateway.toml: devices[gauge-1].offset.fps: no number of a camera can be moved")

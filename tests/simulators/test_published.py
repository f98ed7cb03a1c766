"""What simulated devices publish is what the product's own rooms read, and their orders take effect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device_profiles.load import load_catalogue, parse_profile
from device_profiles.schema import DeviceProfile
from device_profiles.sources.mqtt_json import MqttJsonSource
from edge_agent.connectors.lorawan.build import build as build_lorawan
from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.connectors.mqtt_json.build import build as build_mqtt
from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.profiles.recorded import tell
from simulators.broker_device import BrokerDevice
from simulators.device import constant
from simulators.devices.lorawan import ChirpStack
from simulators.devices.mqtt_json import OwnWords
from simulators.encoding import Value
from simulators.faults import FaultKind
from simulators.fleet import Fleet
from simulators.fleet_config import FleetConfig, SimulatedLorawan, SimulatedMqttJson
from simulators.models import signal_of
from simulators.published import uplink_of, words_of
from simulators.signals import DAY_S, HOUR_S
from tests.edge_agent.connectors.brokered import device, site
from tests.readme_check import assert_documented
from tests.servers import Server
from tests.waiting import eventually

CATALOGUE = load_catalogue()
EUI, APPLICATION = "24e124445d1000aa", "17c82e96-be03-4f38-aef3-f83d48582d97"


def models(protocol: str) -> list[DeviceProfile]:
    return [each for each in CATALOGUE.profiles.values() if each.protocol == protocol]


@pytest.mark.parametrize("profile", models("lorawan"), ids=lambda each: each.profile)
def test_a_frame_says_the_values_of_the_device(profile: DeviceProfile) -> None:
    values = signal_of(profile, 3)(DAY_S + 10 * HOUR_S)
    event = uplink_of(profile, values, dev_eui=EUI, application=APPLICATION, f_cnt=0, at_ms=1_725_926_400_000)
    _compare(profile, event, values)


@pytest.mark.parametrize("profile", models("mqtt_json"), ids=lambda each: each.profile)
def test_messages_say_the_values_of_the_device(profile: DeviceProfile) -> None:
    values = signal_of(profile, 3)(DAY_S + 10 * HOUR_S)
    said = words_of(profile, "here", values, at_ms=1_725_926_400_000)
    _compare(profile, [{"topic": each.topic, "payload": each.payload.decode()} for each in said], values)


def _compare(profile: DeviceProfile, raw: object, values: object) -> None:
    readings = tell(profile, json.loads(json.dumps(raw))).readings
    for point in profile.points:
        if getattr(point.source, "radio", None) is None:
            step = abs(getattr(point.source, "scale", 1.0))
            expected = values[point.key]  # type: ignore[index]
            assert readings[point.key].quality == ""
            assert readings[point.key].value == pytest.approx(expected, rel=1e-4, abs=step), point.key


ODD = parse_profile(
    """
profile = "odd"
name = { vi = "Lạ", en = "Odd" }
vendor = "generic"
model = "test"
sector = "urban"
protocol = "lorawan"
period_s = 60
owner = "test"
source = "test"
points = [
  { key = "real", name = { vi = "a", en = "a" }, source = { layout = { at = 0, encoding = "f32" } } },
  { key = "low", name = { vi = "a", en = "a" }, source = { layout = { at = 4, encoding = "u16", mask = 0x0fff } } },
  { key = "high", name = { vi = "a", en = "a" }, source = { layout = { at = 4, encoding = "u16", mask = 0xf000 } } },
  { key = "deep", name = { vi = "a", en = "a" }, source = { path = "tank.level", scale = 0.1 } },
  { key = "word", name = { vi = "a", en = "a" }, type = "string", source = { path = "state" } },
  { key = "absent", name = { vi = "a", en = "a" }, source = { path = "never" } },
]
"""
)


def test_every_way_to_lay_out_a_number_is_read_again() -> None:
    values: dict[str, Value] = {"real": 1.5, "low": 291, "high": 9, "deep": 2.5, "word": "ok"}
    event = uplink_of(ODD, values, dev_eui=EUI, application=APPLICATION, f_cnt=3, at_ms=1_725_926_400_000)
    read = {key: reading.value for key, reading in tell(ODD, event).readings.items()}
    assert read == values


def test_a_gateway_of_many_devices_nests_its_records() -> None:
    nested = ODD.model_copy(
        update={
            "points": tuple(
                ODD.points[0].model_copy(
                    update={
                        "key": key,
                        "source": MqttJsonSource(topic="t", records="{name}.all", path=key, time="ts", time_unit="s"),
                    }
                )
                for key in ("real", "low")
            )
        }
    )
    (said,) = words_of(nested, "p1", {"real": 1.0, "low": 2.0}, at_ms=5000)
    assert json.loads(said.payload) == {"p1": {"all": [{"ts": 5.0, "real": 1.0, "low": 2.0}]}}


async def test_a_simulated_siren_is_sounded_through_its_radio(mosquitto_server: Server, tmp_path: Path) -> None:
    profile = CATALOGUE["milesight_uc300"]
    url = mosquitto_server.url
    connection = LorawanConnection(url=url, application=APPLICATION, dev_eui=EUI, device_class="C")
    tongue = ChirpStack(profile, dev_eui=EUI, application=APPLICATION)
    async with (
        site(build_lorawan, [device(profile, connection)], tmp_path) as place,
        BrokerDevice(tongue, constant(stage_m=1.5, siren=0), url=url, period_s=60.0),
    ):
        await eventually(lambda: place.said() == {"stage_m": 1.5, "siren": 0})
        assert await place.writer().write("set_siren", {"siren": 2}) == "confirmed by the device, siren is 2"
        assert place.said()["siren"] == 2


async def test_a_simulated_relay_is_switched_and_may_talk_nonsense(mosquitto_server: Server, tmp_path: Path) -> None:
    profile = CATALOGUE["shelly_pro_1pm"]
    url = mosquitto_server.url
    lamps = constant(u1_v=230.0, i1_a=1.0, p_w=230.0, energy_kwh=5.0, pf=1.0, contactor=False)
    async with (
        site(build_mqtt, [device(profile, MqttJsonConnection(url=url, name="lamps"))], tmp_path) as place,
        BrokerDevice(OwnWords(profile, "lamps"), lamps, url=url, period_s=0.05) as relay,
    ):
        await eventually(lambda: place.said().get("contactor") is False)
        assert await place.writer().write("switch", {"on": True}) == "contactor is True"
        relay.faults.start(FaultKind.GARBAGE)
        await eventually(lambda: place.said().get("p_w") == "device")
        relay.faults.stop()
        await eventually(lambda: place.said().get("p_w") == 230.0)


async def test_a_fleet_holds_devices_of_brokers(mosquitto_server: Server, tmp_path: Path) -> None:
    url = mosquitto_server.url
    bin_ = SimulatedLorawan(id="bin", kind="lorawan", profile="milesight_em400_mud", url=url, dev_eui=EUI)
    room = SimulatedMqttJson(id="room", kind="mqtt_json", profile="ikea_vindstyrka", url=url, name="room", period_s=0.1)
    connection = MqttJsonConnection(url=url, name="room")
    async with (
        site(build_mqtt, [device(CATALOGUE["ikea_vindstyrka"], connection)], tmp_path) as place,
        Fleet(FleetConfig(devices=(bin_, room)), CATALOGUE) as fleet,
    ):
        assert fleet.addresses["bin"] == {"kind": "lorawan", "url": url}
        await eventually(lambda: set(place.said()) == {"temp_c", "rh", "pm25"})


def test_each_field_of_their_configuration_is_described() -> None:
    assert_documented("simulators/devices", SimulatedLorawan, SimulatedMqttJson)

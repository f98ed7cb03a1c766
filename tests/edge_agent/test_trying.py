"""Devices behind brokers from nothing but an address."""

from __future__ import annotations

import pytest

from device_profiles.load import FileFaultsError, load_catalogue
from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.trying import PASSWORD_ENV, device_at

CATALOGUE = load_catalogue()


def test_a_relay_is_named_behind_its_broker() -> None:
    found = device_at("mqtt://edge@10.0.0.5:1884/nha/den_thon_3?profile=sonoff_powr316", CATALOGUE)
    assert found.connection == MqttJsonConnection(
        url="mqtt://10.0.0.5:1884", name="nha/den_thon_3", username="edge", key_env=PASSWORD_ENV
    )


def test_a_radio_device_is_named_as_its_topic_is() -> None:
    url = "mqtts://ns.example/application/17c8/device/24E124710B434521?profile=milesight_am307"
    assert device_at(url, CATALOGUE).connection == LorawanConnection(
        url="mqtts://ns.example", application="17c8", dev_eui="24E124710B434521"
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mqtt://edge:secret@h/x?profile=sonoff_powr316", "leave the password out"),
        ("mqtt://h/24E124710B434521?profile=milesight_am307", "application/ID/device/EUI"),
        ("mqtt://h/a/%23?profile=sonoff_powr316", "name"),
        ("mqtt://h/?profile=sonoff_powr316", "name"),
        ("mqtt://h/x?profile=air_node", "not reached by mqtt"),
    ],
    ids=["password", "eui_only", "wildcard", "no_name", "other_protocol"],
)
def test_an_address_that_makes_no_sense_says_why(url: str, reason: str) -> None:
    with pytest.raises(FileFaultsError, match=reason):
        device_at(url, CATALOGUE)

"""Devices behind brokers from nothing but an address."""

from __future__ import annotations

import pytest

from device_profiles.load import FileFaultsError, load_catalogue
from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.connectors.snmp.config import SnmpConnection
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


def test_a_switch_and_a_scada_server_are_reached_by_their_addresses() -> None:
    community = device_at("snmp://10.0.0.2?profile=generic_if_mib_switch&uplink=24", CATALOGUE).connection
    secret = {"community_env": PASSWORD_ENV, "version": "2c"}
    assert community == SnmpConnection.model_validate({"host": "10.0.0.2", "rows": {"uplink": 24}, **secret})
    building = device_at("bacnet://10.0.0.9/700001?profile=siemens_md_bmed", CATALOGUE).connection
    assert (building.kind, building.port, building.device) == ("bacnet", 47808, 700001)  # type: ignore[attr-defined]
    user = device_at("snmp://giam-sat@10.0.0.2:1161?profile=generic_ups_mib", CATALOGUE).connection
    assert isinstance(user, SnmpConnection)
    assert (user.version, user.username, user.port) == ("3", "giam-sat", 1161)
    plain = device_at("opc.tcp://10.0.0.5?profile=canal_gate&security=none", CATALOGUE).connection
    assert plain == OpcUaConnection(url="opc.tcp://10.0.0.5:4840", security="none")
    known = device_at("opc.tcp://giam-sat@10.0.0.5:49320/a?profile=canal_gate", CATALOGUE).connection
    assert isinstance(known, OpcUaConnection)
    assert (known.url, known.username, known.password_env) == ("opc.tcp://10.0.0.5:49320/a", "giam-sat", PASSWORD_ENV)

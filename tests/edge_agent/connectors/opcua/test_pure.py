"""The pure parts of the OPC UA room: configuration, nodes, status codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from device_profiles.load import load_catalogue
from device_profiles.schema import Command, Text
from device_profiles.sources.opcua import OpcUaSource
from device_profiles.writing import Write
from edge_agent.connector import CommandError
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.connectors.opcua.readout import Told, in_namespace, sample, spots_of
from edge_agent.connectors.opcua.recorded import observe
from edge_agent.ordering import value_of
from tests.readme_check import assert_documented

GATE = load_catalogue()["canal_gate"]
FILE = Path("secret")
URL = "opc.tcp://10.0.0.5:4840"
CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_every_field_of_the_configuration_is_described() -> None:
    assert_documented("edge_agent/connectors/opcua", OpcUaConnection)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"url": "http://10.0.0.5"}, "opc.tcp"),
        ({"url": "opc.tcp://user:word@10.0.0.5"}, "do not belong"),
        ({"username": "u"}, "username goes with"),
        ({"username": "u", "password_env": "P", "security": "none"}, "to everybody on the way"),
        ({"certificate_file": FILE}, "go together"),
        ({"user_certificate_file": FILE}, "go together"),
        ({"username": "u", "password_env": "P", "user_certificate_file": FILE, "user_key_file": FILE}, "not with both"),
        ({"server_certificate_file": FILE, "security": "none"}, "uses no certificates"),
    ],
    ids=["scheme", "login", "half", "clear", "certificate", "user", "both", "unused"],
)
def test_a_connection_that_is_not_safe_or_not_whole_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        OpcUaConnection(**{"url": URL, **fields})


def test_the_port_of_the_standard_is_filled_in() -> None:
    assert OpcUaConnection(url="opc.tcp://10.0.0.5/plant").url == "opc.tcp://10.0.0.5:4840/plant"


@pytest.mark.parametrize("node", ["Level", "ns=2", "ns=2;x=1", "nsu=;s=Level", "s=", "ns=2;i=abc"])
def test_what_is_no_node_is_refused(node: str) -> None:
    with pytest.raises(ValidationError):
        OpcUaSource(node=node)


def test_a_namespace_is_found_wherever_the_server_put_it() -> None:
    assert in_namespace("nsu=urn:plant;s=a;b", ["", "urn:other", "urn:plant"]) == "ns=2;s=a;b"
    assert in_namespace("nsu=urn:gone;s=a", ["urn:plant"]) == ""
    assert in_namespace("ns=4;i=7", []) == "ns=4;i=7"


@CALM
@given(
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.integers()),
    severity=st.sampled_from(["good", "uncertain", "bad"]),
    status=st.text(max_size=40),
)
def test_whatever_a_server_says_becomes_a_sample(value: object, severity: Any, status: str) -> None:
    for spot in spots_of(GATE):
        found = sample("d", spot, Told(value, severity, status))
        assert (found.value is None) == bool(found.fault)
        assert found.value is None or severity != "bad"
        assert bool(found.doubt) == (severity == "uncertain" and found.value is not None)
        assert observe("d", GATE, {spot.source.node: value})


@CALM
@given(st.booleans() | st.integers() | st.floats() | st.text())
def test_nothing_beyond_the_limits_is_ever_written(value: Any) -> None:
    node = OpcUaSource(node="ns=2;s=Gate")
    command = Command(verb="v", name=Text(vi="v", en="v"), arguments=("x",))
    try:
        wanted = value_of(command, Write(source=node, minimum=0, maximum=100), {"x": value})
    except CommandError:
        return
    assert not isinstance(wanted, bool | str)
    assert 0 <= wanted <= 100


def test_a_choice_is_one_of_those_allowed_and_of_their_type() -> None:
    node = OpcUaSource(node="ns=2;s=Mode")
    command = Command(verb="v", name=Text(vi="v", en="v"), arguments=("x",))
    write = Write(source=node, allowed=(1, 2, "auto"))
    assert value_of(command, write, {"x": 2}) == 2
    for wrong in (3, True, 2.0, "2"):
        with pytest.raises(CommandError):
            value_of(command, write, {"x": wrong})


@pytest.mark.parametrize("fields", [{}, {"minimum": 0}, {"value": 1, "allowed": (1,)}, {"minimum": 2, "maximum": 1}])
def test_a_write_without_clear_bounds_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Write(source=OpcUaSource(node="ns=2;s=Gate"), **fields)

"""Cameras that answer WS-Discovery, and SNMP agents made by somebody else's library."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.config import DeviceConfig
from edge_agent.discovery.ber import BerError, get_request, response
from edge_agent.discovery.datagrams import multicast
from edge_agent.discovery.onvif import GROUP, OnvifRoom, read_match
from edge_agent.discovery.snmp import SnmpRoom
from simulators.devices.onvif import OnvifCamera
from simulators.devices.snmp import SnmpAgent, switch
from tests.edge_agent.discovery.places import found, loopback

BOMB = '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


async def test_a_camera_is_found_with_its_name_and_the_start_of_a_connection() -> None:
    async with OnvifCamera("Cổng chợ", "DM-200") as camera:
        (finding,) = await found(OnvifRoom()(loopback(onvif_port=camera.port)))
    assert (finding.what, finding.profiles) == ("Cổng chợ DM-200", ("ip_camera",))
    assert finding.unfinished == ("url", "username", "password_file")
    device = {"id": "c", "profile": "ip_camera", "name": {"vi": "a", "en": "b"}, "connection": finding.connection}
    assert DeviceConfig.model_validate(device).connection.kind == "camera"


async def test_a_camera_hears_the_multicast_of_its_network() -> None:
    async with OnvifCamera(group=GROUP) as camera:
        asked = multicast(
            b"<Probe><MessageID>uuid:7</MessageID></Probe>", (GROUP, camera.port), sources=["127.0.0.1"], quiet_s=0.3
        )
        answers = [(address, read_match(answer, "7")) async for address, answer in asked]
    assert [(address, match.scopes["hardware"]) for address, match in answers if match] == [("127.0.0.1", "DM-200")]


async def test_an_answer_with_entities_is_not_read() -> None:
    async with OnvifCamera(extra=BOMB) as camera:
        assert await found(OnvifRoom()(loopback(onvif_port=camera.port))) == []
        assert camera.heard == 1


def test_an_answer_to_somebody_elses_question_is_none() -> None:
    assert read_match(b"<a/>", "1") is None
    assert read_match(b"\x00\xff", "1") is None


async def test_a_switch_says_what_it_is() -> None:
    async with SnmpAgent(switch("sw-cho-01")) as agent:
        (finding,) = await found(SnmpRoom()(loopback(snmp_port=agent.port)))
        assert (agent.heard, agent.written) == (1, 0)
    assert finding.what == "MikroTik: RouterOS RB260GS"
    assert finding.evidence["sysName"] == "sw-cho-01"
    assert (finding.profiles, finding.connection) == ((), {})  # we say what it is, and cannot read it yet


async def test_another_community_stays_silent() -> None:
    async with SnmpAgent(switch(), community="secret") as agent:
        assert await found(SnmpRoom()(loopback(snmp_port=agent.port))) == []
        assert agent.heard == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_refused(answer: bytes) -> None:
    with suppress(BerError):
        response(answer)


@given(st.integers(0, 60), st.integers(0, 255))
def test_an_answer_with_a_changed_byte_never_breaks_us(place: int, byte: int) -> None:
    answer = bytearray(get_request(("1.3.6.1.2.1.1.1.0",), community="public", request=77))
    answer[place % len(answer)] = byte
    with suppress(BerError):
        response(bytes(answer))


def test_a_question_is_no_answer() -> None:
    with pytest.raises(BerError):
        response(get_request(("1.3.6.1.2.1.1.1.0",), community="public", request=1))

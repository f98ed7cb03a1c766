"""Two gateways with one name (F27) find out about each other, say so, and stop throwing each other out every second."""

from __future__ import annotations

import logging

import pytest

from edge_agent.uplink.link import Link
from edge_agent.uplink.rival import LOSSES, Rival
from tests.edge_agent.uplink.carrier import carrying
from tests.servers import Server
from tests.waiting import eventually


async def test_two_gateways_of_one_name_say_so(mosquitto_server: Server, caplog: pytest.LogCaptureFixture) -> None:
    link = Link("127.0.0.1", mosquitto_server.port)
    with caplog.at_level(logging.WARNING):
        async with carrying(link, gateway="gw-twin"), carrying(link, gateway="gw-twin"):
            await eventually(lambda: "taken_over" in words(caplog), 30)


def words(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.__dict__["fault"]) for record in caplog.records if record.message == "link down"]


def test_one_that_is_alone_is_no_rival_of_itself() -> None:
    rival = Rival()
    for since in (100, 200, 300):
        rival.said(since)
    assert not any(rival.is_rival(since) for since in (100, 200, 300))
    assert rival.is_rival(250)


def test_it_asks_only_after_losses_in_a_row() -> None:
    rival = Rival()
    for number in range(LOSSES):
        assert not rival.suspected(float(number))
        rival.lost(float(number))
    assert rival.suspected(10.0)
    assert not rival.suspected(100.0)

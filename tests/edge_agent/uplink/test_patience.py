"""A broker that shakes ten thousand hands after a restart is slow: who gives up and comes again makes it slower."""

from __future__ import annotations

import logging
import time

import pytest

from cloud.enrolment.certificates import pem_of
from edge_agent.uplink.link import Credential, Link
from tests.cloud.brokering.guarded import guarded_broker
from tests.edge_agent.uplink.carrier import carrying
from tests.waiting import eventually

BUSY_S = 3.5  # longer than a connection may take to be accepted


async def test_a_handshake_may_take_longer_than_a_connection(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with guarded_broker() as broker:
        box = broker.identity("gw-1")
        link = Link(
            "localhost",
            broker.plan.fleet_port,
            encrypted=True,
            authorities=pem_of(broker.authority.root),
            credential=Credential(box.certificate, box.key),
        )
        broker.server.pause()  # its system still accepts connections
        began = time.monotonic()
        async with carrying(link, gateway="gw-1") as carrier:
            await eventually(lambda: time.monotonic() - began > BUSY_S or carrier.work.done(), BUSY_S + 1)
            broker.server.resume()
            await eventually(lambda: carrier.uplink.standing.is_up or "link down" in caplog.text, 5)
        assert "link down" not in caplog.text
        assert broker.log_file.read_text().count("as gw-1") == 1

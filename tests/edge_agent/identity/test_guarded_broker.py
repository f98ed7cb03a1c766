"""The gateway's own uplink at a broker with the settings that we generate: let in, put out, and then quiet."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.enrolment.certificates import pem_of, read_request
from device_profiles.clock import SystemClock
from device_profiles.wire.claims import JoinAnswer, JoinRequest
from edge_agent.identity.membership import credential_of
from edge_agent.identity.papers import request_pem, signing_request
from edge_agent.uplink.link import Link
from tests.cloud.brokering.guarded import GuardedBroker, Identity, guarded_broker
from tests.cloud.brokering.watched import watched
from tests.edge_agent.identity.box import Boxed, kept
from tests.edge_agent.identity.stand import CODE, GATEWAY, Stand, standing
from tests.edge_agent.uplink.carrier import carrying
from tests.waiting import eventually


@pytest.fixture
def broker() -> Iterator[GuardedBroker]:
    with guarded_broker() as running:
        yield running


def member(broker: GuardedBroker, stand: Stand, folder: Path) -> tuple[Boxed, Identity]:
    """A gateway of the broker's authority that asks the stand, and what the registry knows of its certificate."""
    boxed = Boxed(folder)
    csr = request_pem(signing_request(boxed.store.claim_key(), name="box"))
    now = SystemClock().now_ms()
    issued = broker.authority.issue(read_request(csr), GATEWAY, now=now, days=90)
    roots = stand.authority.pem + pem_of(broker.authority.root)
    welcome = stand.joined(JoinRequest(CODE, csr)).welcome
    boxed.store.take(JoinAnswer(GATEWAY, issued.pem, pem_of(broker.authority.issuing), roots, welcome))
    return boxed, Identity(GATEWAY, boxed.store.certificate_file, boxed.store.key_file, issued)


async def test_a_gateway_that_is_revoked_while_it_works_is_put_out_hears_why_and_is_quiet(
    broker: GuardedBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with standing(tmp_path) as stand, watched(broker, gw_tram_yen_bai="good") as centre:
        boxed, known = member(broker, stand, tmp_path / "box")
        stand.refuse = (403, "certificate_revoked")
        credential = credential_of(boxed.store, boxed.keeper)
        link = Link(
            "localhost",
            broker.plan.fleet_port,
            encrypted=True,
            authorities=pem_of(broker.authority.root),
            credential=credential,
        )
        async with carrying(link, gateway=GATEWAY) as carrier, kept(boxed) as keeper:
            await eventually(lambda: carrier.uplink.standing.is_up)
            await carrier.event(1)
            await centre.door.revoke(GATEWAY, broker.revocation_list(known))
            await eventually(lambda: keeper.standing().state == "revoked")
            assert carrier.uplink.standing.fault == "own_certificate_revoked"
            assert carrier.outbox.counters().backlog_batches == 1
        assert stand.reenrolments == 1

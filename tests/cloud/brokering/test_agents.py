"""A real gateway's uplink does nothing at a guarded broker that anybody would suspect."""

from __future__ import annotations

from cloud.brokering.settings import CENTRE
from cloud.enrolment.certificates import pem_of
from cloud.ingest.fleet_client import FleetClient
from device_profiles.wire import Channel, parse_topic
from edge_agent.uplink.link import Credential, Link
from tests.cloud.brokering.guarded import guarded_broker
from tests.cloud.brokering.watched import watched
from tests.edge_agent.uplink.carrier import carrying
from tests.servers import HOST
from tests.waiting import eventually


async def test_its_birth_batches_health_and_farewell_arrive_and_nobody_is_told() -> None:
    heard: set[Channel] = set()
    with guarded_broker() as broker:
        box = broker.identity("gw-1")
        link = Link(
            "localhost",
            broker.plan.fleet_port,
            encrypted=True,
            authorities=pem_of(broker.authority.root),
            credential=Credential(box.certificate, box.key),
            health_period_s=0.2,
        )
        ears = FleetClient(
            HOST,
            broker.plan.centre_port,
            hear=lambda topic, _: heard.add(parse_topic(topic).channel),
            username=CENTRE,
            password=broker.password,
            identifier=CENTRE,
        )
        async with watched(broker, gw_1="good") as centre, ears:
            await ears.subscribe([(f"thacba/1/+/+/{channel}", 0) for channel in Channel])
            async with carrying(link, gateway="gw-1") as carrier:
                await carrier.event(1)
                await eventually(lambda: heard >= {Channel.STATE, Channel.HEALTH, Channel.EVENTS}, 10)
            await eventually(lambda: "as gw-1" in broker.log_file.read_text(), 5)
            await eventually(lambda: "Received DISCONNECT from gw-1" in broker.log_file.read_text(), 5)
            assert "Denied" not in broker.log_file.read_text()
            assert centre.kinds() == []

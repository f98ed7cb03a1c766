"""The centre reaches its broker over TLS with a certificate of its own; a gateway's is not enough there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.brokering.cut import SessionCutter
from cloud.brokering.port import DoorError
from cloud.enrolment.certificates import pem_of
from cloud.ingest.inbox import Inbox
from cloud.ingest.subscriber import MqttLink
from cloud.metrics import Metrics
from device_profiles.wire import Channel, topic_for
from tests.cloud.brokering.guarded import CLOCK, GuardedBroker, RefusedError, calling, guarded_broker
from tests.cloud.brokering.watched import centre_config
from tests.waiting import eventually


@pytest.fixture(scope="module")
def broker() -> Iterator[GuardedBroker]:
    with guarded_broker(centre_tls=True) as running:
        yield running


async def test_it_hears_the_fleet_and_cuts_sessions(broker: GuardedBroker) -> None:
    config, metrics = centre_config(broker), Metrics()
    link = MqttLink(config, CLOCK, metrics)
    inbox = Inbox(CLOCK, metrics, most_messages=1000, most_bytes=1_000_000)
    receipts = topic_for("gw-1", Channel.RECEIPT)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(link.run(inbox))
        await eventually(lambda: not link.fault(), 5)
        async with calling(broker, broker.identity("gw-1")) as gateway:
            await gateway.subscribe(receipts)
            for number in range(300):
                await gateway.publish(topic_for("gw-1", Channel.READINGS), f"batch {number}".encode())
            await eventually(lambda: len(inbox) == 300, 5)
            for number in range(300):
                link.send(receipts, f"receipt {number}".encode() * 100, qos=0)
            for number in range(300):
                assert await gateway.heard() == (receipts, f"receipt {number}".encode() * 100)
            await SessionCutter(config)("gw-1")
            async with asyncio.timeout(5):
                await gateway.lost()
        listening.cancel()


async def test_a_gateways_certificate_is_not_enough(broker: GuardedBroker) -> None:
    with pytest.raises(RefusedError):
        async with calling(broker, broker.identity("gw-1"), port=broker.plan.centre_port):
            pass


@pytest.mark.parametrize("wrong", ["no certificate", "another authority"])
async def test_a_door_that_cannot_be_used_is_said_in_a_sentence(
    wrong: str, broker: GuardedBroker, tmp_path: Path
) -> None:
    config = centre_config(broker)
    if wrong == "no certificate":
        config = config.model_copy(update={"certificate_file": None, "key_file": None})
    else:
        other = tmp_path / "other.pem"
        other.write_text(pem_of(broker.stranger().root))
        config = config.model_copy(update={"ca_file": other})
    with pytest.raises(DoorError, match="could not be cut"):
        await SessionCutter(config)("gw-1")

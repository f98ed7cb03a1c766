"""`thacba-sim load --mtls` against the generated settings: all come, speak, are lost, come back, and are counted."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.brokering.settings import CENTRE
from cloud.ingest.fleet_client import FleetClient
from device_profiles.wire import Channel, Receipt, decode_batch, encode, filter_for, parse_topic, topic_for
from simulators.load.course import Latencies
from tests.cloud.brokering.guarded import GuardedBroker, guarded_broker
from tests.servers import HOST

GATEWAYS = 20


@pytest.fixture(scope="module")
def broker() -> Iterator[GuardedBroker]:
    with guarded_broker() as running:
        yield running


@asynccontextmanager
async def loading(broker: GuardedBroker, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = [sys.executable, "-m", "simulators", "load", f"mqtts://localhost:{broker.plan.fleet_port}"]
    process = await asyncio.create_subprocess_exec(
        *command, "--gateways", str(GATEWAYS), *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def line_of(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        answer: dict[str, Any] = json.loads(await process.stdout.readline())
        return answer


@asynccontextmanager
async def centre_of_three_lines(broker: GuardedBroker) -> AsyncIterator[None]:
    """It gives a receipt for every batch that it hears."""

    def hear(topic: str, payload: bytes) -> None:
        batch, gateway = decode_batch(payload), parse_topic(topic).gateway
        receipt = Receipt(v=1, epoch=batch.epoch, committed=[(batch.sequence, batch.sequence)])
        client.publish_unconfirmed([(topic_for(gateway, Channel.RECEIPT), encode(receipt))])

    client = FleetClient(
        HOST, broker.plan.centre_port, hear=hear, username=CENTRE, password=broker.password, identifier=CENTRE
    )
    async with client:
        await client.subscribe([(filter_for(each), 0) for each in (Channel.READINGS, Channel.BACKLOG)])
        yield


async def test_a_fleet_with_certificates_loses_its_broker_and_comes_back(broker: GuardedBroker) -> None:
    options = ["--mtls", "--authority", str(broker.folder / "authority"), "--returns", "1"]
    async with loading(broker, *options, "--seconds", "0", "--period-s", "0") as load:
        assert (await line_of(load))["certificates"] == GATEWAYS
        assert (await line_of(load))["up"] == GATEWAYS
        broker.server.kill()
        broker.server.start()
        assert (await line_of(load))["back_s"] > 0
        assert (await line_of(load))["sessions"] == 2 * GATEWAYS


async def test_what_it_says_is_counted_with_its_receipts(broker: GuardedBroker) -> None:
    options = ["--mtls", "--authority", str(broker.folder / "authority"), "--seconds", "1", "--period-s", "0.5"]
    async with centre_of_three_lines(broker), loading(broker, *options) as load:
        figures = [await line_of(load) for _ in range(3)][-1]
    assert figures["settled"]
    assert 0 < figures["said"] == figures["sent"] == figures["receipted"] <= 2 * GATEWAYS
    assert sum(figures["latency"]["histogram_ms"].values()) == figures["receipted"]


async def test_without_an_authority_it_says_what_is_missing(broker: GuardedBroker, tmp_path: Path) -> None:
    for options in (["--mtls"], ["--mtls", "--authority", str(tmp_path)]):
        async with loading(broker, *options) as load:
            _, said = await load.communicate()
            assert load.returncode == 2
            assert b"authority" in said or b"issuing.pem" in said


@given(st.lists(st.floats(min_value=0.01, max_value=100_000), min_size=1), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_no_smaller_share_of_the_receipts_took_so_long(taken_ms: list[float], share: float) -> None:
    latencies = Latencies()
    for each in taken_ms:
        latencies.add(each)
    bound = latencies.quantile_ms(share)
    assert sum(each <= bound for each in taken_ms) >= share * len(taken_ms)
    assert bound <= max(taken_ms)

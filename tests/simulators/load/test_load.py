"""The load client speaks MQTT as brokers do, and its messages are the wire contract's."""

from __future__ import annotations

import asyncio

import pytest

from device_profiles.wire import Channel, Receipt, decode_batch, encode, parse_topic, size_of, topic_for
from simulators.load.client import LoadClient
from simulators.load.mqtt_wire import (
    CONNACK,
    PUBLISH,
    SUBACK,
    connect_packet,
    publish_packet,
    published,
    read_packet,
    subscribe_packet,
    take_packets,
)
from simulators.load.traffic import EPOCH, Traffic, gateway_id, messages
from tests.servers import Server

TRAFFIC = Traffic(gateways=3, rounds=2, begin=1_725_954_600_000)


async def _read(content: bytes) -> tuple[int, bytes]:
    reader = asyncio.StreamReader()
    reader.feed_data(content)
    reader.feed_eof()
    return await read_packet(reader)


@pytest.mark.parametrize("size", [0, 100, 127, 128, 20_000, 300_000])
async def test_a_packet_of_any_length_is_read_back(size: int) -> None:
    kind, body = await _read(publish_packet("a/b", b"x" * size, 7))
    assert kind == PUBLISH
    assert len(body) == 2 + 3 + 2 + size


@pytest.mark.parametrize("cut", [1, 2, 3, 60, 200, 399])
def test_packets_are_taken_whole_however_the_bytes_come(cut: int) -> None:
    sent = [publish_packet("a/b", b"x" * size, 7) for size in (0, 100, 290)]
    content, buffer, taken = b"".join(sent), bytearray(), []
    for first in range(0, len(content), cut):
        buffer += content[first : first + cut]
        taken += take_packets(buffer)
    assert [(kind, len(body)) for kind, body in taken] == [(PUBLISH, 7), (PUBLISH, 107), (PUBLISH, 297)]
    assert not buffer


def test_a_message_at_qos_0_gives_topic_and_payload() -> None:
    assert published(b"\x00\x03a/bhello") == ("a/b", b"hello")


def test_every_message_is_a_batch_of_the_contract() -> None:
    ready = list(messages(TRAFFIC))
    assert len(ready) == TRAFFIC.batches == 6
    assert sum(size_of(decode_batch(payload)) for _, payload in ready) == TRAFFIC.readings
    assert {parse_topic(topic).gateway for topic, _ in ready} == {gateway_id(number) for number in range(3)}
    last = decode_batch(ready[-1][1])
    assert (last.sequence, last.base) == (2, 100)


async def test_it_waits_for_its_receipts(mosquitto_server: Server) -> None:
    """A centre of three lines: it receipts every batch that it hears."""
    ready = list(messages(TRAFFIC))
    reader, writer = await asyncio.open_connection("127.0.0.1", mosquitto_server.port)
    writer.write(connect_packet("receipts") + subscribe_packet("thacba/1/+/+/readings"))
    assert (await read_packet(reader))[0] == CONNACK
    assert (await read_packet(reader))[0] == SUBACK

    async def receipts() -> None:
        for number in range(len(ready)):
            kind, body = await read_packet(reader)
            while kind != PUBLISH:  # the broker acknowledges our receipts in between
                kind, body = await read_packet(reader)
            topic, payload = published(body)
            batch = decode_batch(payload)
            receipt = Receipt(v=1, epoch=EPOCH, committed=[(batch.sequence, batch.sequence)])
            back = topic_for(parse_topic(topic).gateway, Channel.RECEIPT)
            writer.write(publish_packet(back, encode(receipt), number + 1))

    try:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(receipts())
            run = await LoadClient(mosquitto_server.url, window=2).run(ready)
    finally:
        writer.close()
        await writer.wait_closed()
    assert run.batches == 6
    assert run.seconds > 0

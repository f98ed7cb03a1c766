"""The fleet's client against the real broker: what it touches of aiomqtt and paho is still there and does its work."""

from __future__ import annotations

import asyncio
import socket

import aiomqtt
import pytest

from cloud.ingest.fleet_client import BufferedSocket, FleetClient, encrypted
from tests.fakes import settle
from tests.resets import complaints_about
from tests.servers import Server
from tests.waiting import eventually

MANY = 500


async def test_it_reads_many_packets_and_publishes_without_waiting(mosquitto_server: Server) -> None:
    port = mosquitto_server.port
    heard: list[bytes] = []
    async with FleetClient("127.0.0.1", port) as client:
        assert isinstance(client._client._sock, BufferedSocket)
        await client.subscribe("fleet/#", qos=0)
        async with asyncio.timeout(20):
            client.publish_unconfirmed(("fleet/a", str(number).encode() * 50) for number in range(MANY))
            async for message in client.messages:
                heard.append(bytes(message.payload))  # type: ignore[arg-type]
                if len(heard) == MANY:
                    break
    assert heard == [str(number).encode() * 50 for number in range(MANY)]


async def test_who_hears_is_told_at_once(mosquitto_server: Server) -> None:
    heard: list[tuple[str, bytes]] = []
    async with FleetClient("127.0.0.1", mosquitto_server.port, hear=lambda *each: heard.append(each)) as client:
        await client.subscribe("told/#", qos=1)
        await client.publish("told/a", b"", qos=1)
        client.publish_unconfirmed([("told/b", b"x" * 200), ("told/ệ", b"x" * 20_000), ("told/c", b"")])
        await eventually(lambda: len(heard) == 4, 10)
    assert heard == [("told/a", b""), ("told/b", b"x" * 200), ("told/ệ", b"x" * 20_000), ("told/c", b"")]


async def test_a_lost_connection_is_said_when_publishing(mosquitto_server: Server) -> None:
    client = FleetClient("127.0.0.1", mosquitto_server.port)
    async with client:
        pass
    with pytest.raises(aiomqtt.MqttError):
        client.publish_unconfirmed([("fleet/a", b"x")])


async def test_a_socket_that_is_gone_is_not_watched(mosquitto_server: Server, caplog: pytest.LogCaptureFixture) -> None:
    async with FleetClient("127.0.0.1", mosquitto_server.port) as client:
        client._on_socket_register_write(client._client, None, client._client.socket())
        client._client._sock_close()
        await settle()
    assert "Exception in callback" not in caplog.text


def test_who_hangs_up_before_the_handshake_leaves_no_socket_open() -> None:
    assert complaints_about(encrypted(None)) == []


async def test_a_cancellation_beside_the_answer_is_obeyed() -> None:
    client, answer = FleetClient("127.0.0.1", 1), asyncio.Event()
    for turns in range(4):
        answer.clear()
        waiting = asyncio.ensure_future(client._wait_for(answer.wait(), 5))
        await settle()
        answer.set()
        await settle(turns)
        was_done = waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled() or was_done


def test_reading_ahead_changes_nothing_but_the_number_of_calls() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        ahead = BufferedSocket(ours)
        with pytest.raises(BlockingIOError):
            ahead.recv(1)
        theirs.sendall(b"abcdef")
        assert (ahead.recv(1), ahead.pending()) == (b"a", 5)
        assert (ahead.recv(2), ahead.recv(10), ahead.pending()) == (b"bc", b"def", 0)
        theirs.close()
        assert ahead.recv(4) == b""
        assert ahead.fileno() == ours.fileno()

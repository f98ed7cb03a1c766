"""The uplink ends when it is told to, in whatever moment of a session that happens."""

from __future__ import annotations

import asyncio

import pytest

from edge_agent.mqtt_client import GatewayClient
from edge_agent.uplink.link import Link
from tests.edge_agent.uplink.carrier import carrying
from tests.edge_agent.uplink.stand_in import Packet, StandIn, honest, stand_in
from tests.fakes import settle
from tests.waiting import eventually

STAGES = ("CONNECT", "SUBSCRIBE", "SUBSCRIBE", "birth", "health")
TURNS = 12  # of the loop until what is on its way over loopback has been taken in


@pytest.mark.parametrize("stage", range(len(STAGES)), ids=[f"{n}-{name}" for n, name in enumerate(STAGES)])
async def test_it_ends_in_whatever_turn_of_the_loop_after_an_answer_it_is_stopped(stage: int) -> None:
    """A stop while an answer is being taken in was swallowed, and the session went on for ever."""
    for turns in range(TURNS):
        answered = asyncio.Event()

        def manner(broker: StandIn, packet: Packet, answered: asyncio.Event = answered) -> None:
            honest(broker, packet)
            if len(broker.packets) == stage + 1:
                answered.set()

        async with stand_in(manner) as broker, carrying(Link("127.0.0.1", broker.port), within_s=3):
            await asyncio.wait_for(answered.wait(), 5)
            for _ in range(turns):
                await asyncio.sleep(0)


@pytest.mark.parametrize("stage", range(4), ids=STAGES[:4])
async def test_a_link_that_is_lost_before_any_answer_is_replaced_at_once(stage: int) -> None:
    """Not after the 60 s of this keep-alive: the birth, for which the broker went away, is waited for no longer."""

    def manner(broker: StandIn, packet: Packet) -> None:
        if len(broker.packets) == stage + 1 and broker.writer is not None:
            broker.writer.close()
        else:
            honest(broker, packet)

    async with stand_in(manner) as broker, carrying(Link("127.0.0.1", broker.port, keep_alive_s=60)):
        await eventually(lambda: broker.connections == 2 and broker.published("/health"), 10)


async def test_a_socket_that_is_gone_is_not_watched(caplog: pytest.LogCaptureFixture) -> None:
    """Its number would be nobody's (an error in the log) or already another's (a loop that never rests)."""
    async with stand_in() as broker, GatewayClient("127.0.0.1", broker.port) as client:
        sock = client._client.socket()
        client._on_socket_register_write(client._client, None, sock)
        client._client._sock_close()
        await settle()
    assert "Exception in callback" not in caplog.text
